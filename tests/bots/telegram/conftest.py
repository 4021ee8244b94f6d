"""A Telegram with alice and bob in it, both linked, for tests of what only Telegram has."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.bots.contract import stage_with
from tests.bots.harness import ChatHarness
from tests.bots.telegram.driver import TelegramDriver, TelegramPerson
from tests.fakes.telegram import TelegramFake


@dataclass(slots=True)
class TelegramStage:
    """What a test of Telegram needs at hand."""

    driver: TelegramDriver
    harness: ChatHarness
    alice: TelegramPerson
    bob: TelegramPerson

    @property
    def fake(self) -> TelegramFake:
        return self.driver.fake

    def calls(self, method: str) -> int:
        """How often the Bot API's method was called."""
        return sum(request.method == method for request in self.fake.requests)


@pytest.fixture
async def stage(harness: ChatHarness) -> AsyncIterator[TelegramStage]:
    driver = TelegramDriver()
    try:
        stage = await stage_with(driver, harness)
        assert isinstance(stage.alice, TelegramPerson)
        assert isinstance(stage.bob, TelegramPerson)
        yield TelegramStage(driver, harness, stage.alice, stage.bob)
    finally:
        await harness.stop()
        await driver.stop()
