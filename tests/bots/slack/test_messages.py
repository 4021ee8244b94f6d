"""What people do in Slack, and what becomes of it."""

import asyncio
import io
import json
import os
import wave
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.bots.slack.arrivals import take
from gateway.core.house import House
from gateway.core.store.models import Inbound, LinkedAccount, Media
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
    assert answer == {}
    told = await either.alice.wait_for("Published")
    assert [post.markdown for post in either.harness.posts()] == ["Hello **all** & sundry"]
    assert (told.answers, place.answers) == ("", [])


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
    assert outcomes(slack)[-1] == ("ignored", "A button that opens a page.")


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


# Files


async def test_several_photos_in_one_message_are_one_post_in_their_order(slack: Slacking) -> None:
    photos = [slack.harness.jpeg(width=width) for width in (300, 310, 320)]
    await slack.alice.photo(*photos, caption="Three of them")
    await slack.alice.wait_for("Published")
    [post] = slack.harness.posts()
    assert (post.markdown, post.widths) == ("Three of them", (300, 310, 320))


async def test_files_of_every_kind_are_published_and_a_refused_one_costs_no_words(slack: Slacking) -> None:
    files = (
        (slack.harness.jpeg(), "a.jpg", "image/jpeg"),
        (b"MZ", "b.mp4", "video/mp4"),
        (b"Wind, waves\n3,1.5\n", "c.csv", "text/csv"),
        (a_sound(), "d.wav", "audio/x-wav"),
    )
    slack.alice.files(*files, text="Three of four")
    answer = await slack.alice.wait_for("Published")
    assert "“b.mp4” was left out." in answer.text
    assert [post.markdown for post in slack.harness.posts()] == ["Three of four"]

    def kinds() -> list[str]:
        with slack.harness.house.database.read() as session:
            return list(session.scalars(select(Media.kind).order_by(Media.position)))

    assert await asyncio.to_thread(kinds) == ["image", "file", "audio"]


def a_sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\1" * 800)
    return out.getvalue()


async def test_a_file_without_words_that_can_not_be_published_is_refused_in_words(slack: Slacking) -> None:
    slack.alice.dm.file(b"MZ\0\0", "setup.exe", content_type="application/octet-stream")
    answer = await slack.alice.wait_for("setup.exe")
    assert "Nothing was published" in answer.text
    assert slack.harness.posts() == []


async def test_words_do_not_wait_for_ever_for_a_file_that_slack_can_not_give(slack: Slacking) -> None:
    slack.fake.fail_next("download", status=503, times=2)
    slack.alice.dm.file(slack.harness.jpeg(), "photo.jpg", "Words first")
    await slack.harness.received(1)
    await slack.harness.until(lambda: "503" in slack.harness.inbound()[-1].reason, "waiting")
    slack.harness.forward(hours=2)
    answer = await slack.alice.wait_for("Published")
    assert "It was left out." in answer.text
    assert [(post.markdown, post.photos) for post in slack.harness.posts()] == [("Words first", 0)]


async def test_a_file_of_which_only_the_id_comes_is_asked_for(slack: Slacking) -> None:
    slack.alice.dm.file(slack.harness.jpeg(), "shared.jpg", "From afar", readable=False)
    await slack.alice.wait_for("Published")
    assert [post.photos for post in slack.harness.posts()] == [1]


async def test_the_sign_in_page_is_not_taken_for_a_photo(slack: Slacking) -> None:
    """Without files:read Slack gives a page with status 200 in place of the file."""
    slack.fake.world.app.scopes -= {"files:read"}
    slack.alice.dm.file(slack.harness.jpeg(), "photo.jpg", "Words stay")
    answer = await slack.alice.wait_for("Published")
    assert "“photo.jpg” could not be read: Slack did not let me read it. It was left out." in answer.text
    assert [(post.markdown, post.photos) for post in slack.harness.posts()] == [("Words stay", 0)]


async def test_a_photo_waits_while_slack_can_not_give_it(slack: Slacking) -> None:
    slack.fake.fail_next("download", status=503)
    slack.alice.dm.file(slack.harness.jpeg(), "photo.jpg", "Later")
    await slack.harness.received(1)
    await slack.harness.until(lambda: "503" in slack.harness.inbound()[-1].reason, "waiting")
    assert slack.harness.inbound()[-1].attempts == 0
    slack.harness.forward(seconds=30)
    await slack.alice.wait_for("Published")
    assert [post.photos for post in slack.harness.posts()] == [1]


async def test_the_token_goes_to_slack_only(slack: Slacking) -> None:
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    file = {"id": "F1", "name": "a.jpg", "mimetype": "image/jpeg", "size": 1}
    for url in (f"http://127.0.0.1:{port}/a.jpg", "https://slack.com.example.org/a.jpg", "file:///etc/passwd"):
        message: Json = {"type": "message", "subtype": "file_share", "user": slack.alice.person.id, "text": "Look"}
        ts = slack.fake.world.ts()
        slack.fake.tell(
            message | {"files": [file | {"url_private_download": url}], "channel": slack.alice.dm.id, "ts": ts}
        )
    await slack.harness.received(3)
    await slack.harness.idle()
    server.close()
    await server.wait_closed()
    assert asked == []
    assert [post.photos for post in slack.harness.posts()] == [0, 0, 0]


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
    assert {one.status for one in stored} <= {"ignored", "rejected"}, slack.harness.story()
    assert slack.harness.posts() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_recorded_payloads_end_in_an_outcome(slack: Slacking) -> None:
    """What Slack's own libraries test with, and what people recorded."""
    corpora = os.environ.get("TEST_CORPORA")
    if not corpora:
        pytest.skip("TEST_CORPORA names no folder of recorded payloads")
    text = await asyncio.to_thread((Path(corpora) / "slack" / "payloads.json").read_text)
    payloads = [payload for _, payload in json.loads(text) if isinstance(payload, dict)]
    for start in range(0, len(payloads), 50):
        for payload in payloads[start : start + 50]:
            await take(slack.harness.house, payload)
        await slack.harness.idle()
    stored = slack.harness.inbound()
    assert len(stored) > 200
    assert not [one for one in stored if one.status in {"dead", "received", "claimed"}], slack.harness.story()


async def test_what_is_stored_is_what_slack_sent(slack: Slacking) -> None:
    slack.alice.dm.say("Raw *words*")
    await slack.harness.received(1)
    [event] = [one for one in slack.fake.events if one["event"].get("text") == "Raw *words*"]

    def read() -> bytes | None:
        with slack.harness.house.database.read() as session:
            return session.scalar(select(Inbound.raw).where(Inbound.unique_key == event["event_id"]))

    kept = await asyncio.to_thread(read)
    assert json.loads(kept or b"") == {name: value for name, value in event.items() if name != "token"}
