"""What the tests of chat channels share."""

from collections.abc import AsyncIterator

import pytest

from gateway.core.house import House
from tests.bots.harness import ChatHarness
from tests.conftest import Cast, Clock


@pytest.fixture
async def harness(house: House, cast: Cast, clock: Clock) -> AsyncIterator[ChatHarness]:
    """Intake and deliveries of one channel, on both databases; alice, bob (who follows her) and carol are members."""
    harness = ChatHarness(house, clock)
    yield harness
    await harness.stop()
