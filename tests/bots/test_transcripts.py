"""The same talk on every channel, as alice and bob see it: docs/members/transcripts is what came of it."""

import re
from collections.abc import Awaitable, Sequence
from datetime import timedelta

import pytest

from gateway.core.house import House
from gateway.email.workers import Workers
from tests.bots.contract import JOINER, Person, Shown, Stage, stage_with
from tests.bots.harness import ChatHarness
from tests.bots.test_contract import DRIVERS
from tests.conftest import Cast, Clock
from tests.pages import says

TITLES = {"telegram": "On Telegram", "slack": "On Slack", "console": "On the console", "email": "By mail"}
WINDOW = timedelta(seconds=60)
HEAD = """# {title}

What stands in front of alice and bob in the end; where messages change with their posts, they are changed. tests/bots/test_transcripts.py had them talk and
wrote it down. The same [elsewhere](README.md).
"""
SECRETS = (
    (re.compile(r"\blink [a-z2-7]{20,}"), "link CODE"),
    (re.compile(r"\br\.[a-z2-7]{20,}@"), "r.…@"),
    (re.compile(r"/undo/[\w.-]+"), "/undo/…"),
)


async def told(stage: Stage) -> None:
    """Writing, taking back, being told, answering, changing, drafting, and what goes wrong."""
    alice, bob, able = stage.alice, stage.bob, stage.driver.capabilities
    await heard(stage, alice.say("The fery is late"), alice, "Published")
    await heard(stage, alice.say("undo"), alice, "Taken back")
    await alice.say("The ferry is late again.")
    await stage.harness.until(lambda: len(stage.harness.posts()) == 2, "the second post")
    await stage.harness.idle()
    stage.harness.forward(seconds=61)
    if able.news:
        await bob.wait_for("The ferry is late again.")
    await stage.harness.idle()
    await heard(stage, bob.say("timeline"), bob, "Your timeline")
    reference = stage.harness.posts()[-1].short_reference
    if able.threads:
        shown = await heard(stage, bob.say(f"thread {reference}"), bob, "Answer with")
        await heard(stage, bob.reply(shown, "Same here, since eight o'clock."), bob, "is out")
    else:
        await heard(stage, bob.say(f"reply {reference} Same here, since eight o'clock."), bob, "is out")
    stage.harness.forward(seconds=61)
    if able.unasked:
        await alice.wait_for("Same here")
    await stage.harness.idle()
    await heard(stage, alice.say(f"edit {reference} The ferry is late again, by an hour."), alice, "Changed")
    await heard(stage, alice.say("draft: On waiting"), alice, "Kept as a draft")
    await heard(stage, alice.say("drafts"), alice, "Your drafts")
    await heard(stage, alice.say("!tiemline"), alice, "There is no command")
    await heard(stage, bob.say("follow @nobody"), bob, "no member called")
    await heard(stage, bob.say("help recommend"), bob, "recommend @name")
    await heard(stage, bob.say("mute @carol"), bob, "muted")


async def heard(stage: Stage, said: Awaitable[str], by: Person, answer: str) -> Shown:
    """What answers, once everything that follows from it is over."""
    await said
    shown = await by.wait_for(answer)
    await stage.harness.idle()
    return shown


@pytest.mark.parametrize("channel", DRIVERS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.asyncio(loop_scope="session")  # the workers'
async def test_the_transcript_is_what_people_see(
    channel: str, house: House, cast: Cast, clock: Clock, workers: Workers
) -> None:
    harness, driver = ChatHarness(house, clock, workers), DRIVERS[channel]()
    harness.allow_undo(WINDOW)
    try:
        stage = await stage_with(driver, harness)
        await told(stage)
        seen = {"alice": await stage.alice.seen(), "bob": await stage.bob.seen()}
    finally:
        await harness.stop()
        await driver.stop()
    parts = [f"\n## {who}\n\n```console\n{written(who, messages)}\n```\n" for who, messages in seen.items()]
    says(f"members/transcripts/{channel}.md", HEAD.format(title=TITLES[channel]) + "".join(parts))


def written(who: str, messages: Sequence[Shown]) -> str:
    return "\n\n".join(_written("Demo Town" if one.from_bot else who, one) for one in messages)


def _written(who: str, one: Shown) -> str:
    """A message as lines, all but the first of them indented."""
    buttons = [" ".join(f"[ {label} ]" for label in one.buttons)] if one.buttons else []
    text = "\n".join([f"{who}{f' (to {one.to})' if one.to else ''}: {one.text}", *buttons]).replace(JOINER, "")
    for secret, shown in SECRETS:
        text = secret.sub(shown, text)
    return "\n".join(f"    {line}".rstrip() if number else line for number, line in enumerate(text.split("\n")))
