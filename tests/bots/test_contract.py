"""Every chat channel passes the same scenes, on both databases."""

import pytest

from tests.bots.console_driver import ConsoleDriver
from tests.bots.contract import PLAYS, Driver, Play, stage_with
from tests.bots.harness import ChatHarness
from tests.bots.slack.driver import SlackDriver
from tests.bots.telegram.driver import TelegramDriver

DRIVERS: dict[str, type[Driver]] = {"telegram": TelegramDriver, "slack": SlackDriver, "console": ConsoleDriver}
CASES = [(channel, play) for channel, driver in DRIVERS.items() for play in PLAYS if play.fits(driver.abilities)]


@pytest.mark.parametrize(("channel", "play"), CASES, ids=[f"{channel}-{play.name}" for channel, play in CASES])
async def test_channel(channel: str, play: Play, harness: ChatHarness) -> None:
    driver = DRIVERS[channel]()
    try:
        await play.scene(await stage_with(driver, harness))
    finally:
        await harness.stop()
        await driver.stop()


def test_every_scene_is_played_somewhere() -> None:
    assert {play.name for play in PLAYS} == {play.name for _, play in CASES}
