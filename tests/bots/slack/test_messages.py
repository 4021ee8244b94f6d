"""What people do in Slack, and what becomes of it."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from sqlalchemy import select

from gateway.bots.slack.arrivals import take
from gateway.bots.slack.at_once import LOOK_THERE
from gateway.bots.slack.manifest import SHORTCUTS
from gateway.core.house import House
from gateway.core.store.models import Inbound, LinkedAccount
from tests.bots.slack.conftest import Slacking
from tests.fakes.wire import Json

# Edits and deletions


async def test_a_preview_of_a_link_changes_nothing(slack: Slacking) -> None:
    said = slack.alice.dm.say("See https://example.org/a_page")
    await slack.alice.wait_for("Published")
    slack.alice.dm.unfurl(said.ts, "https://example.org/a_page")
    await slack.harness.received(2)
    await slack.harness.idle()
    assert ("ignored", "Nothing in its words changed.") in outcomes(slack)
    assert [post.markdown for post in slack.harness.posts()] == ["See <https://example.org/a_page>"]


async def test_what_the_bot_says_and_changes_itself_leads_to_nothing(slack: Slacking) -> None:
    said = slack.alice.dm.say("Helo")
    await slack.bob.wait_for("Helo")
    await slack.alice.edit(said.ts, "Hello")
    await slack.bob.wait_for("Hello")
    await slack.harness.idle()
    assert {outcome for outcome, _ in outcomes(slack)} == {"published", "answered", "edited", "ignored"}
    assert len(slack.harness.posts()) == 1


async def test_a_deleted_message_with_a_thread_leaves_a_tombstone_and_its_post_is_deleted(slack: Slacking) -> None:
    """Slack calls that a change."""
    said = slack.alice.dm.say("Oh no")
    await slack.bob.wait_for("Oh no")
    message = slack.alice.dm.message(said.ts).raw
    stone = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": said.ts, "thread_ts": said.ts}
    slack.fake.world.change(slack.fake.world.channels[slack.alice.dm.id], said.ts, message | stone)
    answer = await slack.alice.wait_for("Deleted")
    await slack.harness.idle()
    assert [post.status for post in slack.harness.posts()] == ["deleted"]
    assert answer.answers == ""
    assert not any("Oh no" in one.text for one in slack.bob.dm.answers)


async def test_an_edited_command_changes_what_it_wrote(slack: Slacking) -> None:
    said = slack.alice.dm.say("post: Helo *there*")
    await slack.alice.wait_for("Published")
    await slack.alice.edit(said.ts, "post: Hello *there*")
    await slack.alice.wait_for("Changed")
    assert [post.markdown for post in slack.harness.posts()] == ["Hello **there**"]


# Threads


async def test_a_thread_answers_the_last_thing_told_in_it(slack: Slacking) -> None:
    """Of two replies in alice's thread she answers the later one; her own confirmations are nobody's words."""
    said = slack.alice.dm.say("A question")
    told = await slack.bob.wait_for("A question")
    for words in ("First answer", "Second answer"):
        await slack.bob.reply(told, words)
        await slack.alice.wait_for(words)
    slack.alice.dm.say("Thanks", thread_ts=said.ts)
    await slack.bob.wait_for("Thanks")
    slack.alice.dm.say("Thanks again", thread_ts=said.ts)
    await slack.bob.wait_for("Thanks again")
    question, _first, second, *thanks = slack.harness.posts()
    assert [post.reply_to_id for post in thanks] == [second.id, second.id]
    assert {one.thread_ts for one in slack.bob.dm.answers if "Thanks" in one.text} == {told.id}
    assert question.conversation_id == thanks[0].conversation_id


async def test_a_thread_that_is_no_post_is_not_guessed_at(slack: Slacking) -> None:
    asked = slack.alice.dm.say("timeline")
    await slack.alice.wait_for("Your timeline")
    slack.alice.dm.say("Interesting", thread_ts=asked.ts)
    await slack.alice.wait_for("I can't tell which post you answer")
    assert slack.harness.posts() == []


# Channels


async def test_in_a_channel_only_what_is_said_to_the_bot_counts(slack: Slacking) -> None:
    place = slack.fake.channel("town", slack.alice.person)
    place.say("post: not for you")
    bot = slack.fake.world.app.user_id
    said = place.say(f"<@{bot}> post: Hello *town*")
    slack.fake.tell(said.raw | {"type": "app_mention", "channel": place.id, "event_ts": said.ts})
    answer = await place.wait_for("Published")
    await slack.harness.idle()
    assert [post.markdown for post in slack.harness.posts()] == ["Hello **town**"]
    assert answer.thread_ts == said.ts
    assert ("ignored", "Said in a group, to somebody else.") in outcomes(slack)


async def test_plain_words_to_the_bot_in_a_channel_are_not_published(slack: Slacking) -> None:
    place = slack.fake.channel("town", slack.alice.person)
    said = place.say(f"<@{slack.fake.world.app.user_id}> how are you?")
    slack.fake.tell(said.raw | {"type": "app_mention", "channel": place.id, "event_ts": said.ts})
    await slack.harness.received(2)
    await slack.harness.idle()
    assert slack.harness.posts() == []
    assert place.answers == []


async def test_in_a_channel_nobody_is_shown_private_things(slack: Slacking) -> None:
    place = slack.fake.channel("town", slack.alice.person)
    said = place.say(f"<@{slack.fake.world.app.user_id}> settings")
    slack.fake.tell(said.raw | {"type": "app_mention", "channel": place.id, "event_ts": said.ts})
    answer = await place.wait_for("Ask me that in private")
    assert "alice." not in answer.text


async def test_other_bots_are_ignored(slack: Slacking) -> None:
    world = slack.fake.world
    channel = world.channels[slack.alice.dm.id]
    world.post(
        channel, {"type": "message", "ts": world.ts(), "user": "U0OTHER", "bot_id": "B0OTHER", "text": "I am a bot"}
    )
    world.post(channel, {"type": "message", "ts": world.ts(), "subtype": "bot_message", "text": "Me too"})
    world.post(
        channel, {"type": "message", "ts": world.ts(), "subtype": "channel_topic", "user": slack.alice.person.id}
    )
    await slack.harness.received(3)
    await slack.harness.idle()
    assert {outcome for outcome, _ in outcomes(slack)[-3:]} == {"ignored"}
    assert slack.harness.posts() == []


# Slash commands and buttons


async def test_a_slash_command_is_answered_in_private_wherever_it_is_typed(either: Slacking) -> None:
    place = either.fake.channel("town", either.alice.person, with_bot=False)
    answer = await either.alice.person.slash("/post", "Hello *all* &amp; sundry", place)
    assert answer == {"text": LOOK_THERE}
    told = await either.alice.wait_for("Published")
    assert [post.markdown for post in either.harness.posts()] == ["Hello **all** & sundry"]
    assert (told.answers, [(one.text, one.ephemeral) for one in place.answers]) == ("", [(LOOK_THERE, True)])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_command_counts_and_is_answered_though_the_conversation_can_not_be_opened(slack: Slacking) -> None:
    """A person's own id serves as their conversation's."""
    slack.fake.fail_next("conversations.open", error="missing_scope")
    await slack.alice.person.slash("/post", "All the same")
    await slack.alice.wait_for("Published")
    assert [post.markdown for post in slack.harness.posts()] == ["All the same"]


async def test_a_command_that_slack_has_itself_has_another_name(slack: Slacking) -> None:
    await slack.alice.person.slash("/blog-mute", "@bob")
    await slack.alice.wait_for("@bob is muted")
    await slack.alice.person.slash("/timelin", "")
    await slack.alice.wait_for("There is no command")


async def test_a_button_can_be_pressed_over_http_too(either: Slacking) -> None:
    either.alice.dm.say("draft: Not yet")
    kept = await either.alice.wait_for("Kept as a draft")
    await either.alice.press(kept, "Publish")
    await either.alice.wait_for("Published")
    assert [post.status for post in either.harness.posts()] == ["published"]


async def test_a_button_that_opens_a_page_leads_to_nothing(slack: Slacking) -> None:
    slack.alice.dm.say("Hello")
    told = await slack.bob.wait_for("Hello")
    await slack.bob.press(told, "Open")
    await slack.harness.idle()
    assert ("ignored", "A button that opens a page.") in outcomes(slack)


# People


async def test_a_linked_chat_is_listed_under_the_person_s_name_in_slack(slack: Slacking) -> None:
    assert await asyncio.to_thread(_shown_as, slack.harness.house) == {
        "alice": "@alice_on_slack",
        "bob": "@bob_on_slack",
    }


def _shown_as(house: House) -> dict[str, str]:
    with house.database.read() as session:
        return {one.member.handle: one.shown_as for one in session.scalars(select(LinkedAccount))}


async def test_who_is_mentioned_in_slack_is_mentioned_by_their_name_here_if_they_have_one(slack: Slacking) -> None:
    eve = slack.fake.user(name="eve")
    slack.alice.dm.say(f"Thanks <@{slack.bob.person.id}> and <@{eve.id}>")
    await slack.alice.wait_for("Published")
    assert [post.markdown for post in slack.harness.posts()] == ["Thanks @bob and somebody"]
    await slack.bob.wait_for("mentions you")


async def test_follow_takes_a_mention(slack: Slacking) -> None:
    slack.alice.dm.say(f"follow <@{slack.bob.person.id}>")
    await slack.alice.wait_for("You follow Bob now")


# The workspace


async def test_a_removed_app_is_recorded(slack: Slacking) -> None:
    slack.fake.uninstall()
    await slack.harness.received(2)
    await slack.harness.idle()
    assert [outcome for outcome, _ in outcomes(slack)[-2:]] == ["recorded", "recorded"]
    assert "removed from workspace" in outcomes(slack)[-1][1]


def outcomes(slack: Slacking) -> list[tuple[str, str]]:
    return [(one.status, one.reason) for one in slack.harness.inbound()]


SHAPES: list[Any] = [
    {},
    {"type": "event_callback"},
    {"type": "event_callback", "event_id": 7, "event": [], "authorizations": "x"},
    {"type": "event_callback", "event": {"type": "message"}},
    {
        "type": "event_callback",
        "event": {"type": "message", "user": "U1", "channel": {"id": "D1"}, "blocks": 5, "files": {}},
    },
    {
        "type": "event_callback",
        "event": {"type": "message", "user": "U1", "channel": "D1", "blocks": [[[]], None, {"elements": 3}]},
    },
    {"type": "event_callback", "event": {"type": "message", "subtype": "message_changed", "message": None}},
    {"type": "event_callback", "event": {"type": "message", "subtype": "message_deleted", "channel": "D1"}},
    {"type": "event_callback", "event": {"type": "app_mention", "user": "U1", "channel": "C1", "text": None, "ts": 5}},
    {"type": "block_actions", "actions": [{"value": 5}], "user": "U1", "team": None},
    {"type": "event_callback", "event_time": 10**30, "event": {"type": "app_uninstalled"}},
    {"type": "event_callback", "event_time": "x", "event": {"type": "tokens_revoked", "tokens": {"bot": [{}]}}},
    {"type": "view_submission", "view": {}},
    {"type": ["block_actions"], "trigger_id": {}},
    {"command": 5},
    {"callback_id": "x", "team": {"id": "T" * 5000}, "channel": {"id": "C" * 5000}},
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_any_shape_is_stored_and_ends_in_an_outcome(slack: Slacking) -> None:
    """What is no payload of Slack's leads to nothing, and harms nobody."""
    for shape in SHAPES:
        assert await take(slack.harness.house, shape), shape
        assert not await take(slack.harness.house, shape), shape
    await slack.harness.idle()
    stored = slack.harness.inbound()[-len(SHAPES) :]
    assert {one.status for one in stored} <= {"ignored", "rejected", "recorded"}, slack.harness.story()
    assert slack.harness.posts() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_recorded_payloads_end_in_an_outcome(slack: Slacking, caplog: pytest.LogCaptureFixture) -> None:
    """What Slack's own libraries test with, and what people recorded, brought through Bolt; forms that can't open there are not our fault."""
    corpora = os.environ.get("TEST_CORPORA")
    if not corpora:
        pytest.skip("TEST_CORPORA names no folder of recorded payloads")
    text = await asyncio.to_thread((Path(corpora) / "slack" / "payloads.json").read_text)
    payloads = [payload for _, payload in json.loads(text) if isinstance(payload, dict)]
    shortcuts = [payload | {"response_url": ""} for payload in payloads if payload.get("type") == "message_action"]
    forms = [payload for payload in payloads if payload.get("type") == "view_submission"]
    ours = [payload | {"callback_id": name} for payload in shortcuts for name in SHORTCUTS]
    ours += [form | {"view": form.get("view", {}) | {"callback_id": "composer"}} for form in forms]
    assert min(len(shortcuts), len(forms)) > 5
    for start in range(0, len(payloads), 50):
        for payload in payloads[start : start + 50]:
            assert await dispatched(slack, payload) == 200, payload
        await slack.harness.idle()
    for payload in ours:
        assert await dispatched(slack, payload) in {200, 503}, payload  # a form can't be opened without a trigger
    stored = slack.harness.inbound()
    assert len(stored) > 200
    assert not [one for one in stored if one.status in {"dead", "received", "claimed"}], slack.harness.story()
    assert [one.message for one in caplog.records if one.exc_info] == []


async def dispatched(slack: Slacking, payload: Json) -> int:
    """The status of Bolt's answer."""
    answer = await slack.driver.door.bolt.async_dispatch(AsyncBoltRequest(body=payload, mode="socket_mode"))
    return int(answer.status)


async def test_what_is_stored_is_what_slack_sent(slack: Slacking) -> None:
    slack.alice.dm.say("Raw *words*")
    await slack.harness.received(1)
    [event] = [one for one in slack.fake.events if one["event"].get("text") == "Raw *words*"]

    def read() -> bytes | None:
        with slack.harness.house.database.read() as session:
            return session.scalar(select(Inbound.raw).where(Inbound.unique_key == event["event_id"]))

    kept = await asyncio.to_thread(read)
    assert json.loads(kept or b"") == {name: value for name, value in event.items() if name != "token"}
