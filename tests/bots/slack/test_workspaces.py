"""Several workspaces that install the app: each spoken to with its own token, none mistaken for another, and each gone when it says so."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import select

from gateway.bots.slack import at_once
from gateway.bots.slack.workspaces import REFUSALS
from gateway.core.store.models import Delivery, LinkedAccount, SlackInstall
from tests.bots.harness import ChatHarness
from tests.bots.slack.conftest import Slacking
from tests.bots.slack.workspaces_stage import Town, hears, town
from tests.fakes.slack_people import Conversation

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def both(harness: ChatHarness) -> AsyncIterator[Town]:
    """The app is in both workspaces."""
    async with town(harness) as made:
        for world in (made.one, made.two):
            status, page = await made.browser().installs(world)
            assert (status, f"Installed in {world.team['name']}" in page) == (200, True)
        yield made


def links(harness: ChatHarness) -> dict[str, tuple[str, str]]:
    with harness.house.database.read() as session:
        return {
            row.account: (row.status, row.paused_reason)
            for row in session.scalars(select(LinkedAccount).where(LinkedAccount.channel == "slack"))
        }


def installs(harness: ChatHarness) -> dict[str, str]:
    with harness.house.database.read() as session:
        return {row.workspace: row.status for row in session.scalars(select(SlackInstall))}


def told_by_mail(harness: ChatHarness) -> list[str]:
    """Who is told by mail that a chat of theirs is closed."""
    with harness.house.database.read() as session:
        rows = session.scalars(select(Delivery).where(Delivery.channel == "email", Delivery.kind == "closed"))
        return [row.recipient for row in rows.all() if "the app was removed" in row.payload["answer"]["text"]]


async def test_members_of_two_workspaces_meet_though_their_ids_are_the_same(both: Town) -> None:
    alice, alice_s = await both.linked("alice", both.one)
    bob, bob_s = await both.linked("bob", both.two)
    assert (alice.id, alice_s.id) == (bob.id, bob_s.id)
    assert set(links(both.harness)) == {f"{world.team['id']}:{alice.id}" for world in (both.one, both.two)}
    for dm, words in ((alice_s, "From the harbour"), (bob_s, "From the bay")):
        dm.say(words)
        await hears(dm, "Published")
    await hears(bob_s, "From the harbour")  # he follows her
    await both.harness.idle()
    assert [(post.markdown, post.source) for post in both.harness.posts()] == [
        ("From the harbour", "slack"),
        ("From the bay", "slack"),
    ]
    assert not any("From the bay" in one.text for one in alice_s.answers)
    called = [one for one in both.fake.requests if one.method == "chat.postMessage"]
    assert {one.token for one in called} == {both.one.app.bot_token, both.two.app.bot_token}
    assert all(one.answer["ok"] for one in called)


@on_sqlite
async def test_a_form_of_one_workspace_is_not_taken_for_that_of_another(both: Town) -> None:
    """Views, too, have the same ids."""
    views = set()
    for handle, world in (("alice", both.one), ("bob", both.two)):
        person, dm = await both.linked(handle, world)
        await person.slash("/post")
        assert person.view is not None
        views.add(person.view["id"])
        assert await person.submit({"words": f"By {handle}"}) == {}
        await hears(dm, "Published")
    assert len(views) == 1
    assert [post.markdown for post in both.harness.posts()] == ["By alice", "By bob"]


async def test_who_removes_the_app_is_told_nothing_more_there_and_hears_so_elsewhere(both: Town) -> None:
    _, alice_s = await both.linked("alice", both.one)
    _, bob_s = await both.linked("bob", both.two)
    both.harness.forward(minutes=5)
    for told in both.fake.uninstall(both.two):
        assert await told == {}
    await both.harness.idle()
    two = both.two.team["id"]
    assert installs(both.harness) == {both.one.team["id"]: "active", two: "removed"}
    assert [state for account, state in links(both.harness).items() if account.startswith(two)] == [
        ("paused", "removed")
    ]
    assert told_by_mail(both.harness) == ["bob@example.com"]
    alice_s.say("Nobody in the bay reads this in Slack")
    await hears(alice_s, "Published")
    await both.harness.idle()
    assert not any("Nobody in the bay" in one.text for one in bob_s.messages)


async def test_installing_anew_opens_the_chats_again_and_a_late_word_of_the_removal_does_not_close_them(
    both: Town,
) -> None:
    _, bob_s = await both.linked("bob", both.two)
    both.harness.forward(minutes=5)
    for told in both.fake.uninstall(both.two):
        await told
    await both.harness.idle()
    removal = both.two.events[-1]
    both.harness.forward(minutes=5)
    await both.browser().installs(both.two)
    await both.fake.redeliver(removal | {"event_id": "Ev0LATE"})
    await both.harness.idle()
    assert set(installs(both.harness).values()) == {"active"}
    assert set(links(both.harness).values()) == {("active", "")}
    bob_s.say("Back again")
    await hears(bob_s, "Published")
    assert bob_s.answers


@on_sqlite
@pytest.mark.parametrize("error", sorted(REFUSALS))
async def test_a_token_that_slack_refuses_ends_the_install(both: Town, error: str) -> None:
    await both.linked("bob", both.two)
    both.harness.forward(minutes=5)
    both.fake.fail_next("chat.postMessage", error=error)
    both.harness.publish("alice", "To her followers")
    await both.harness.until(lambda: installs(both.harness)[both.two.team["id"]] == "refused", "the end")
    await both.harness.idle()
    assert set(links(both.harness).values()) == {("paused", "removed")}
    assert told_by_mail(both.harness) == ["bob@example.com"]
    assert [one.status for one in both.harness.deliveries("post")] == ["failed"]


@on_sqlite
async def test_what_comes_from_where_the_app_is_not_installed_leads_to_nothing(harness: ChatHarness) -> None:
    async with town(harness) as made:
        await made.browser().installs(made.one)
        made.two.app.bot_token = "xoxb-of-another-app"
        stranger = made.fake.user(name="eve", of=made.two)
        stranger.dm().say("post Let me in")
        await harness.until(lambda: harness.inbound(), "storing")
        await harness.idle()
        assert [one.status for one in harness.inbound()] == ["ignored"]
        assert f"not installed in Slack workspace {made.two.team['id']}" in harness.inbound()[0].reason
        for words in ("", "Let me in"):
            assert await stranger.slash("/post", words) == {"text": at_once.NOT_HERE}
        assert len(harness.inbound()) == 1
        assert [(one.text, one.ephemeral) for one in stranger.dm().answers] == [(at_once.NOT_HERE, True)] * 2


async def gone(made: Town) -> None:
    """The app is removed from the second workspace."""
    made.harness.forward(minutes=5)
    for told in made.fake.uninstall(made.two):
        await told


async def unwanted(made: Town) -> None:
    """The operator takes the second workspace out of the settings."""
    made.driver.wanted = [made.one.team["id"]]
    await made.restart()


@on_sqlite
@pytest.mark.parametrize("ends", [gone, unwanted])
async def test_who_does_something_where_the_app_is_not_any_more_is_told_so_and_keeps_their_words(
    both: Town, ends: Callable[[Town], Awaitable[None]]
) -> None:
    """In a form, which stays open, in answer to a command, and below a message whose menu or button it was."""
    bob, dm = await both.linked("bob", both.two)
    dm.say("draft: Not yet")
    await hears(dm, "Kept as a draft")
    kept = next(one for one in dm.answers if "Kept as a draft" in one.text)
    await bob.slash("/post")
    await ends(both)
    await both.harness.idle()
    stored, before = len(both.harness.inbound()), len(dm.answers)
    assert await bob.submit({"words": "Hours of work"}) == {"words": at_once.NOT_HERE}
    assert bob.view is not None
    assert await bob.slash("/post", "At once") == {"text": at_once.NOT_HERE}
    assert await dm.press(kept.ts, "Publish") == {}
    assert await dm.shortcut(kept.ts, "post_message") == {}
    assert [(one.text, one.ephemeral) for one in dm.answers[before:]] == [(at_once.NOT_HERE, True)] * 3
    assert len(both.harness.inbound()) == stored
    assert {post.status for post in both.harness.posts()} == {"draft"}


@on_sqlite
async def test_an_organisation_is_one_place_wherever_its_people_are(harness: ChatHarness) -> None:
    async with town(harness) as made:
        north, south = (made.fake.workspace(name, organisation="E07WHOLE") for name in ("North", "South"))
        status, page = await made.browser().installs(north, as_whole=True)
        assert (status, "Installed in The Whole" in page) == (200, True)
        assert installs(harness) == {"E07WHOLE": "active"}
        alice, _ = await made.linked("alice", north)
        assert list(links(harness)) == [f"E07WHOLE:{alice.id}"]
        south.users[alice.id] = north.users[alice.id]
        elsewhere = type(alice)(south, alice.id)  # the same person, in the organisation's other workspace
        channel = made.fake.channel("general", elsewhere)
        south.channels[channel.id] = made.one.channels.pop(channel.id)
        south.channels[channel.id].members |= {south.app.user_id}
        await elsewhere.slash("/post", "From the south", Conversation(south, south.channels[channel.id], alice.id))
        await harness.until(lambda: harness.posts(), "publishing")
        await harness.idle()
        assert [post.markdown for post in harness.posts()] == ["From the south"]
        harness.forward(minutes=5)
        for told in made.fake.uninstall(north):
            await told
        await harness.idle()
        assert (installs(harness), set(links(harness).values())) == (
            {"E07WHOLE": "removed"},
            {("paused", "removed")},
        )


@on_sqlite
async def test_the_one_workspace_of_a_token_is_left_when_it_removes_the_app_and_told_again_when_its_member_writes(
    slack: Slacking,
) -> None:
    for told in slack.fake.uninstall():
        await told
    await slack.harness.idle()
    assert set(links(slack.harness).values()) == {("paused", "removed")}
    assert sorted(told_by_mail(slack.harness)) == ["alice@example.com", "bob@example.com"]
    slack.fake.world.app.revoked = False  # the operator installed it again
    slack.alice.dm.say("Are you there?")
    await slack.alice.wait_for("Published")
    assert sorted(links(slack.harness).values()) == [("active", ""), ("paused", "removed")]


@on_sqlite
async def test_people_s_own_tokens_being_revoked_ends_nothing(slack: Slacking) -> None:
    await slack.fake.tell({"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}})
    await slack.harness.idle()
    assert set(links(slack.harness).values()) == {("active", "")}
