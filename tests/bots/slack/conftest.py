"""What the tests of Slack share: a stage on each way in, and who stands on it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from gateway.bots.slack import at_once, judging
from tests.bots.contract import link
from tests.bots.harness import PATIENCE, ChatHarness
from tests.bots.slack.driver import Mode, SlackDriver, SlackPerson
from tests.fakes.slack import SlackFake


@pytest.fixture(autouse=True)
def in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is done while Slack waits gets done, however long the machine takes for it."""
    for module, names in ((judging, ("IN_TIME",)), (at_once, ("IN_TIME", "BRIEFLY", "AFTER_STORING"))):
        for name in names:
            monkeypatch.setattr(module, name, PATIENCE)


@dataclass(frozen=True)
class Slacking:
    """alice, whom bob follows, both linked, at work with a driver."""

    driver: SlackDriver
    harness: ChatHarness
    alice: SlackPerson
    bob: SlackPerson

    @property
    def fake(self) -> SlackFake:
        return self.driver.fake


async def begin(driver: SlackDriver, harness: ChatHarness) -> Slacking:
    await driver.start(harness)
    people = [await link(driver, harness, handle) for handle in ("alice", "bob")]
    await harness.idle()
    harness.begin()
    alice, bob = (person for person in people if isinstance(person, SlackPerson))
    return Slacking(driver, harness, alice, bob)


@pytest.fixture(params=["socket", "http"])
def mode(request: pytest.FixtureRequest) -> Mode:
    return "socket" if request.param == "socket" else "http"


@pytest.fixture
async def slack(harness: ChatHarness) -> AsyncIterator[Slacking]:
    """By Socket Mode."""
    driver = SlackDriver()
    yield await begin(driver, harness)
    await harness.stop()
    await driver.stop()


@pytest.fixture
async def either(mode: Mode, harness: ChatHarness) -> AsyncIterator[Slacking]:
    """By Socket Mode, and over HTTP."""
    driver = SlackDriver(mode)
    yield await begin(driver, harness)
    await harness.stop()
    await driver.stop()
