"""The real loop and carrier against the fake Telegram, with the clock driven: what leaves when, and who waits for whom."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

import pytest
from PIL import Image
from sqlalchemy import select

from gateway import delivering
from gateway.bots.telegram import Telegram
from gateway.bots.telegram.carrier import TelegramCarrier
from gateway.core.desk import notices
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.ledger.pace import LIMITS
from gateway.core.messages import Answer, Filed, Outgoing, Picture
from gateway.core.store.models import Pace
from tests.conftest import Clock
from tests.fakes.telegram import TelegramFake
from tests.fakes.telegram_chats import Chat
from tests.fakes.wire import Request


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    """One database will do here; the ledger's own tests of pace run on both."""
    return new_database("sqlite")


@dataclass(slots=True)
class Office:
    """A bot whose messages leave by a clock that only the test moves; `processes` loops work the outbox."""

    house: House
    clock: Clock
    fake: TelegramFake
    bot: Telegram

    def queue(self, *chats: Chat) -> None:
        rows = [
            Intent("answer", "telegram", str(chat.id), f"cause:{n}", {"answer": Answer(f"Word {n}").to_json()})
            for n, chat in enumerate(chats)
        ]
        self.house.database.writer.run(lambda s: outbox.queue_many(s, rows, self.house.now()))

    def sent(self) -> list[Request]:
        return [one for one in self.fake.requests if one.method.startswith("send") and one.status == 200]

    async def carry(self, count: int, *, processes: int = 2, step: float = 0.1) -> None:
        """Until so many messages went out in all; the clock moves on whenever nothing can leave."""
        stop, bell = asyncio.Event(), self.house.database.bell
        loops = [
            asyncio.create_task(
                delivering.run_deliveries(
                    self.house, self.bot.carrier, notices.RENDERERS, stop, limits=LIMITS["telegram"]
                )
            )
            for _ in range(processes)
        ]
        with bell.listener() as heard:
            for _ in range(2000):
                if len(self.sent()) >= count:
                    break
                heard.clear()
                try:
                    await asyncio.wait_for(heard.wait(), 0.03)
                except TimeoutError:
                    self.clock.forward(seconds=step)
                    bell.ring()
        stop.set()
        await asyncio.gather(*loops)
        assert len(self.sent()) == count


@pytest.fixture
async def office(house: House, clock: Clock) -> AsyncIterator[Office]:
    async def no_files(data: bytes, filename: str) -> Filed:
        return Filed(None)

    async with TelegramFake(judge=True, clock=clock) as fake:
        bot = Telegram(house, fake.token, filer=no_files, api=fake.url)
        yield Office(house, clock, fake, bot)
        await bot.close()


async def test_a_429_of_one_chat_stops_no_other_and_its_own_go_in_order_later(office: Office) -> None:
    bob, carol, dave = (office.fake.private_chat(first_name=name) for name in ("Bob", "Carol", "Dave"))
    office.fake.fail_next("sendMessage", status=429, retry_after=5, chat_id=bob.id)
    office.queue(bob, carol, bob, dave, bob, carol)
    begun = office.clock()
    await office.carry(6)
    waited = {
        place: [one.at - begun for one in office.sent() if one.place == str(place)] for place in (bob.id, carol.id)
    }
    assert waited[bob.id][0] >= timedelta(seconds=5)
    assert waited[carol.id][1] < timedelta(seconds=3)
    assert [one.text for one in bob.answers] == ["Word 0", "Word 2", "Word 4"]
    assert sum(one.place == str(bob.id) for one in office.fake.requests) == 4, "asked once more only when it was time"


async def test_each_chat_gets_one_a_second_from_two_processes_in_order(office: Office) -> None:
    bob, carol = office.fake.private_chat(first_name="Bob"), office.fake.private_chat(first_name="Carol")
    office.queue(bob, bob, carol, bob, carol)
    await office.carry(5)
    for chat, words in ((bob, [0, 1, 3]), (carol, [2, 4])):
        times = [one.at for one in office.sent() if one.place == str(chat.id)]
        assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(times))
        assert [one.text for one in chat.answers] == [f"Word {n}" for n in words]


async def test_the_pages_of_one_answer_wait_for_their_turns_too(office: Office) -> None:
    waits: list[float] = []

    async def forward(seconds: float) -> None:
        waits.append(round(seconds, 3))
        office.clock.forward(seconds=seconds)

    carrier = TelegramCarrier(office.house, office.bot.api, sleep=forward)
    bob = office.fake.private_chat(first_name="Bob")
    parcel = Outgoing(1, "answer", "telegram", str(bob.id), Answer("word " * 2400))
    assert (await carrier.send(parcel)).status == "sent"
    assert waits == [1.01, 0.0, 1.01, 0.0]  # for the chat, then for the bot; the first page's turn had come


async def test_a_429_in_the_middle_of_an_answer_is_waited_for_and_nothing_is_said_twice(office: Office) -> None:
    bob = office.fake.private_chat(first_name="Bob")
    waits: list[float] = []

    async def forward(seconds: float) -> None:
        if not waits:
            office.fake.fail_next("sendMessage", status=429, retry_after=7, chat_id=bob.id)
        waits.append(seconds)
        office.clock.forward(seconds=seconds)

    carrier = TelegramCarrier(office.house, office.bot.api, sleep=forward)
    result = await carrier.send(Outgoing(1, "answer", "telegram", str(bob.id), Answer("word " * 1500)))
    assert (result.status, len(result.also)) == ("sent", 1)
    assert waits[-1] == 7
    assert [one.status for one in office.fake.requests] == [200, 429, 200]


def _photo(office: Office) -> Picture:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return Picture(office.house.blobs.put(out.getvalue()), "image/png", "")


async def test_an_album_counts_as_so_many_messages(office: Office) -> None:
    photo = _photo(office)
    group = office.fake.group("Town")
    parcel = Outgoing(1, "answer", "telegram", str(group.id), Answer("Look", pictures=(photo,) * 4))
    assert (await office.bot.carrier.send(parcel)).status == "sent"
    with office.house.database.read() as session:
        booked = {row.place: len(row.times) for row in session.scalars(select(Pace))}
    assert booked == {str(group.id): 3, "": 3}  # and one more when it is recorded


@pytest.mark.parametrize("what", ["words", "caption"])
async def test_what_takes_a_second_call_waits_for_a_second_turn(office: Office, what: str) -> None:
    """A page that Telegram can't read goes out in plain words; what turns out to be a caption is changed as one."""
    waits: list[float] = []

    async def forward(seconds: float) -> None:
        waits.append(round(seconds, 3))
        office.clock.forward(seconds=seconds)

    carrier = TelegramCarrier(office.house, office.bot.api, sleep=forward)
    bob = office.fake.private_chat(first_name="Bob")
    parcel = Outgoing(1, "answer", "telegram", str(bob.id), Answer("Hello"))
    if what == "words":
        office.fake.fail_next("sendMessage", status=400, description="Bad Request: can't parse entities")
    else:
        sent = await carrier.send(replace(parcel, answer=Answer("Look", pictures=(_photo(office),))))
        parcel = replace(parcel, kind="edit", edits=sent.remote_id)
    assert (await carrier.send(parcel)).status == "sent"
    assert waits == [1.01, 0.0]
    assert [one.text for one in bob.answers] == ["Hello"]
