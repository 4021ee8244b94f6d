"""SIGKILL at any moment, and every update one to five times and out of order: one post, one answer, and a second one only where that is known."""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.ledger.inbox import OPEN
from gateway.core.ledger.outbox import UNFINISHED
from gateway.core.people import accounts
from gateway.core.store.models import Delivery, Inbound, Post
from gateway.core.writing import posting
from tests.bots.harness import ChatHarness
from tests.conftest import Cast, Clock
from tests.fakes.telegram import TelegramFake
from tests.fakes.telegram_chats import Chat
from tests.fakes.wire import Json

pytestmark = pytest.mark.system

PATIENCE = 60.0  # seconds
TEXTS, PHOTOS = 8, 3


@pytest.fixture
def database_url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    return new_database(request.node.callspec.params["kind"])


def linked(house: House, fake: TelegramFake, handle: str) -> Chat:
    """A member's private chat with the bot."""
    chat = fake.private_chat(first_name=handle.title())

    def unit(session: Session) -> None:
        now, place = house.now(), str(chat.id)
        code = accounts.link_code(session, accounts.by_handle(session, handle), "telegram", now, house.randomness)
        accounts.link(session, "telegram", place, place, code, now)

    house.database.writer.run(unit)
    return chat


def said(fake: TelegramFake, chat: Chat, jpeg: Callable[..., bytes]) -> list[Json]:
    """What alice writes: words, an album, and words that she changes twice. The updates are kept back."""
    before = len(fake.home().updates.everything)
    for number in range(TEXTS):
        chat.say(f"Words number {number}.")
    chat.album([jpeg(width=300 + number) for number in range(PHOTOS)], "The album.")
    changed = chat.say("First thought.")
    chat.edit(changed.id, "Second thought.")
    chat.edit(changed.id, "Last thought.")
    fake.home().updates.drop_pending()
    return fake.home().updates.everything[before:]


@asynccontextmanager
async def process(house: House, fake: TelegramFake, blobs: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A bot at work; killed in the end."""
    about = (house.database.url, str(blobs), fake.url, fake.token)
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bots.telegram.bot_process", *about, cwd=Path.cwd()
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


def came_so_far(house: House, fake: TelegramFake, calls: int) -> bool:
    """Whether so many calls were made, or there is nothing to call for."""
    return len(fake.requests) >= calls or not (fake.home().updates.pending or work_left(house, 0))


async def until(condition: Callable[[], object], what: Callable[[], str]) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, what()
        await asyncio.sleep(0.003)


def work_left(house: House, expected: int) -> list[object]:
    """The rows that wait, and None while updates are still at Telegram."""
    with house.database.read() as session:
        rows = list(session.scalars(select(Inbound.status)))
        out = [
            (row.kind, row.status, row.reason)
            for row in session.scalars(select(Delivery).where(Delivery.status.in_(UNFINISHED)))
        ]
        return [status for status in rows if status in OPEN] + out + [None] * (len(rows) < expected)


@pytest.mark.parametrize(("kind", "kills"), [("sqlite", 4), ("postgresql", 2)])
async def test_updates_out_of_order_and_kills_make_one_post_and_one_answer_each(
    kind: str, kills: int, house: House, clock: Clock, cast: Cast, tmp_path: Path
) -> None:
    chance = random.Random(kills)
    async with TelegramFake(judge=True) as fake:
        alice, bob = linked(house, fake, "alice"), linked(house, fake, "bob")
        updates = said(fake, alice, ChatHarness(house, clock).jpeg)
        coming = [update for update in updates for _ in range(chance.randint(1, 5))]
        chance.shuffle(coming)
        share = -(-len(coming) // (kills + 1))
        for number in range(kills):
            for update in coming[share * number : share * (number + 1)]:
                fake.home().updates.put_again(update)
            calls = len(fake.requests)
            async with process(house, fake, tmp_path / "blobs"):
                moment = calls + chance.randint(3, 25)
                await until(partial(came_so_far, house, fake, moment), lambda: "no work was done")
        for update in coming[share * kills :]:
            fake.home().updates.put_again(update)
        async with process(house, fake, tmp_path / "blobs"):
            await until(
                lambda: not fake.home().updates.pending and not work_left(house, len(updates)),
                lambda: (
                    f"not all was done: {work_left(house, len(updates))}, {len(fake.home().updates.pending)} pending"
                ),
            )
        posts = published(house)
        assert Counter(words for words, _ in posts) == Counter(
            [*(f"Words number {number}." for number in range(TEXTS)), "The album.", "Last thought."]
        )
        assert dict(posts)["The album."] == [300 + number for number in range(PHOTOS)]
        assert told_too_often(house, alice, bob) == []


def published(house: House) -> list[tuple[str, list[int]]]:
    """Every post's words, and the widths of its photos."""
    with house.database.read() as session:
        return [
            (post.markdown, [posting.renditions(item)[0].width for item in post.media])
            for post in session.scalars(select(Post))
        ]


def told_too_often(house: House, *chats: Chat) -> list[str]:
    """Messages of the bot that stand in a chat more often than their delivery is known to be doubtful, or not at all."""
    shown = {str(chat.id): [one.text for one in chat.answers] for chat in chats}
    faults = []
    with house.database.read() as session:
        about_posts = Delivery.kind.in_(("answer", "post")) & Delivery.post_id.is_not(None)
        for row in session.scalars(select(Delivery).where(about_posts)):
            mark = f"[{session.get_one(Post, row.post_id).short_reference}]"
            lead = "Published" if row.kind == "answer" else "Alice wrote"
            copies = sum(text.startswith(lead) and mark in text for text in shown[row.recipient])
            if not 1 <= copies <= 1 + row.doubtful:
                faults.append(f"{row.kind} {mark} to {row.recipient}: {copies} copies, {row.doubtful} doubtful")
    return faults
