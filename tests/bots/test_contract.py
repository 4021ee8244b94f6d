"""Every chat channel passes the same scenes, on both databases."""

from collections.abc import Callable

import pytest

from tests.bots.contract import PLAYS, Driver, Play, stage_with
from tests.bots.harness import ChatHarness
from tests.bots.slack.driver import SlackDriver
from tests.bots.telegram.driver import TelegramDriver

DRIVERS: dict[str, Callable[[], Driver]] = {"telegram": TelegramDriver, "slack": SlackDriver}


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
@pytest.mark.parametrize("channel", DRIVERS)
async def test_channel(channel: str, play: Play, harness: ChatHarness) -> None:
    driver = DRIVERS[channel]()
    if not play.fits(driver.abilities):
        pytest.skip(f"{channel} has no {', '.join(play.needs)}")
    try:
        await play.scene(await stage_with(driver, harness))
    finally:
        await harness.stop()
        await driver.stop()
