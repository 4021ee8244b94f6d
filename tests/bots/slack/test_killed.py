"""SIGKILL between Slack's acknowledgement and our processing: nothing lost, nothing twice."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.bots.contract import link
from tests.bots.harness import ChatHarness
from tests.bots.slack.driver import SlackDriver, SlackPerson


@asynccontextmanager
async def door_process(
    driver: SlackDriver, harness: ChatHarness, tmp_path: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process with the door, on the same database; killed in the end."""
    about = (harness.house.database.url, str(tmp_path / "blobs"), driver.fake.base_url, driver.fake.bot_token)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bots.slack.door_process", *about, driver.fake.app_token, cwd=Path.cwd()
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
            await driver.fake.connected(timeout=30)
            before = len(driver.fake.attempts)
            for number in range(5):
                alice.dm.say(f"Post {number}")
            tried = (await driver.fake.delivered(before + 5))[before:]
            assert {one.outcome for one in tried} == {"ok"}
            process.kill()
            await process.wait()
        await driver.open_door()
        for one in tried:  # as Slack would, had the kill come a moment earlier
            assert await driver.fake.redeliver(one.payload) == {}
        await harness.resume()
        await harness.idle()
        assert sorted(post.markdown for post in harness.posts()) == [f"Post {number}" for number in range(5)]
        assert len([one for one in alice.dm.answers if "Published" in one.text]) == 5
    finally:
        await harness.stop()
        await driver.stop()
