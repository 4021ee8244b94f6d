"""SIGKILL between Slack's acknowledgement and our processing, and anywhere: nothing lost, nothing twice."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.core.ledger.inbox import OPEN
from gateway.core.ledger.outbox import UNFINISHED
from gateway.core.store.models import Delivery, Inbound
from tests.bots.contract import link
from tests.bots.harness import ChatHarness
from tests.bots.slack.conftest import Slacking
from tests.bots.slack.driver import SlackDriver, SlackPerson
from tests.bots.slack.scenes import check, check_answers, played
from tests.conftest import Clock

PROCESSES = 3  # so two are killed: a message that three die of is given up


@asynccontextmanager
async def door_process(
    driver: SlackDriver, harness: ChatHarness, tmp_path: Path, *, program: str = "door_process"
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process with the door, or with all that there is, on the same database; killed in the end."""
    about = (harness.house.database.url, str(tmp_path / "blobs"), driver.fake.base_url, driver.fake.bot_token)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"tests.bots.slack.{program}", *about, driver.fake.app_token, cwd=Path.cwd()
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.system
async def test_what_slack_was_told_we_have_is_published_after_a_kill(harness: ChatHarness, tmp_path: Path) -> None:
    driver = SlackDriver(ack_within=5)
    try:
        await driver.start(harness)
        alice = await link(driver, harness, "alice")
        assert isinstance(alice, SlackPerson)
        await harness.rest()
        await driver.close_door()
        async with door_process(driver, harness, tmp_path) as process:
            await driver.fake.connected(timeout=60)
            before = len(driver.fake.attempts)
            for number in range(5):
                alice.dm.say(f"News {number}")
            tried = (await driver.fake.delivered(before + 5))[before:]
            assert {one.outcome for one in tried} == {"ok"}
            process.kill()
            await process.wait()
        await driver.open_door()
        for one in tried:  # as Slack would, had the kill come a moment earlier
            assert await driver.fake.redeliver(one.payload) == {}
        await harness.resume()
        await harness.idle()
        assert sorted(post.markdown for post in harness.posts()) == [f"News {number}" for number in range(5)]
        assert len([one for one in alice.dm.answers if "Published" in one.text]) == 5
    finally:
        await harness.stop()
        await driver.stop()


@pytest.mark.system
async def test_each_event_many_times_in_any_order_with_kills_anywhere_is_one_post_and_one_answer(
    harness: ChatHarness, clock: Clock, tmp_path: Path
) -> None:
    """A second answer only where the kill fell between sending and recording; then it is on the list of uncertain ones."""
    clock.now = datetime.now(UTC) - timedelta(hours=1)  # the processes to come have the real time
    chance = random.Random(7)
    driver = SlackDriver(ack_within=1)
    try:
        await driver.start(harness)
        people = [await link(driver, harness, handle) for handle in ("alice", "bob")]
        alice, bob = (one for one in people if isinstance(one, SlackPerson))
        stage = Slacking(driver, harness, alice, bob)
        await harness.rest()
        await driver.close_door()
        scenes = [played(stage, number, chance) for number in range(8)]
        driver.fake.hold_back()
        events = [event for scene in scenes for event in scene.events for _ in range(chance.randint(1, 5))]
        chance.shuffle(events)
        for number in range(PROCESSES):
            async with door_process(driver, harness, tmp_path, program="town_process") as process:
                await driver.fake.connected(timeout=60)
                before, part = len(driver.fake.attempts), events[number::PROCESSES]
                for event in part:
                    driver.fake.redeliver(event)
                await driver.fake.delivered(before + chance.randint(1, len(part)), timeout=60)
                if number < PROCESSES - 1:
                    process.kill()
                    await process.wait()
                    continue
                await asyncio.gather(*map(driver.fake.redeliver, (one for scene in scenes for one in scene.events)))
                await harness.until(lambda: not _unfinished(harness), "the end")
        for scene in scenes:
            check(stage, scene)
        check_answers(stage, doubtful=_doubtful(harness))
    finally:
        await harness.stop()
        await driver.stop()


def _unfinished(harness: ChatHarness) -> int:
    with harness.house.database.read() as session:
        read = select(func.count()).select_from(Inbound).where(Inbound.status.in_(OPEN))
        sent = select(func.count()).select_from(Delivery).where(Delivery.status.in_(UNFINISHED))
        return (session.scalar(read) or 0) + (session.scalar(sent.where(Delivery.channel == "slack")) or 0)


def _doubtful(harness: ChatHarness) -> int:
    with harness.house.database.read() as session:
        return session.scalar(select(func.sum(Delivery.doubtful))) or 0
