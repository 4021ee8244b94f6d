"""An operator's slip in `secret_keys`: tokens of workspaces can't be read, so all of theirs waits; nothing is closed, and the key put back mends it."""

import logging
from collections.abc import AsyncIterator

import pytest

from gateway.bots.slack import at_once
from gateway.bots.slack.installs import KEY_WAIT, Unreadable
from gateway.cli.logs import QUIET, Calm
from gateway.core.people.tokens import Keyring
from tests.bots.harness import ChatHarness
from tests.bots.slack.test_workspaces import installs, links, told_by_mail
from tests.bots.slack.workspaces_stage import Town, hears, town
from tests.fakes.slack_text import shown

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ANOTHER = Keyring({0: bytes(range(32))}, 0)


@pytest.fixture
async def harbour(harness: ChatHarness) -> AsyncIterator[Town]:
    """The app is in one workspace, `one`."""
    async with town(harness) as made:
        await made.browser().installs(made.one)
        yield made


async def test_while_the_key_is_away_all_waits_and_with_it_all_is_done(harbour: Town) -> None:
    """Both ways, and for a form that was open; nobody is told that the app was removed."""
    harness, keys = harbour.harness, harbour.harness.house.community.keyring
    bob, dm = await harbour.linked("bob", harbour.one)
    await bob.slash("/post")
    await harbour.restart(keyring=ANOTHER)
    harness.publish("alice", "To her followers")
    await harness.until(lambda: [one.reason for one in harness.deliveries("post") if one.reason], "putting off")
    assert "secret_keys" in harness.deliveries("post")[0].reason
    assert await bob.submit({"words": "By a form"}) == {}
    assert at_once.WAITS in shown(bob.view or {})
    bob.close_view()
    assert await bob.slash("/post", "By a command") == {"text": at_once.WAITS}
    assert await bob.slash("/post") == {"text": at_once.NOT_OPENED}
    dm.say("By a message")
    await harness.until(
        lambda: ["secret_keys" in one.reason for one in harness.inbound()].count(True) == 2, "waiting"
    )  # the third is behind one of them
    assert harness.posts()[1:] == []
    assert set(links(harness).values()) == {("active", "")}
    assert (told_by_mail(harness), set(installs(harness).values())) == ([], {"active"})

    await harbour.restart(keyring=keys)
    harness.forward(seconds=KEY_WAIT.total_seconds())
    await hears(dm, "To her followers")
    await harness.until(lambda: len(harness.posts()) == 4, "publishing")
    assert {post.markdown for post in harness.posts()[1:]} == {"By a form", "By a command", "By a message"}


async def test_installing_anew_mends_it_too(harbour: Town) -> None:
    _, dm = await harbour.linked("bob", harbour.one)
    await harbour.restart(keyring=ANOTHER)
    harbour.harness.publish("alice", "To her followers")
    await harbour.harness.until(lambda: harbour.harness.deliveries("post")[0].reason, "putting off")
    await harbour.browser().installs(harbour.one)
    harbour.harness.forward(seconds=KEY_WAIT.total_seconds())
    await hears(dm, "To her followers")


async def test_the_operator_is_told_what_to_do_at_the_start_and_once_a_minute(
    harbour: Town, caplog: pytest.LogCaptureFixture
) -> None:
    seconds = 0.0
    with caplog.filtering(Calm(lambda: seconds)):
        await harbour.restart(keyring=ANOTHER)
        await harbour.harness.until(lambda: caplog.records, "a line at the start")
        workspaces = harbour.driver.door._workspaces
        for _ in range(3):
            with pytest.raises(Unreadable):
                await workspaces.api(harbour.one.team["id"])
        seconds = QUIET
        with pytest.raises(Unreadable):
            await workspaces.api(harbour.one.team["id"])
    told = [one for one in caplog.records if one.name == "postroom.slack"]
    assert {one.levelno for one in told} == {logging.ERROR}
    first, second = [one.getMessage() for one in told]
    assert harbour.one.team["id"] in first
    assert "Put it back and restart, or have the app installed there again" in first
    assert "3 times more" in second
