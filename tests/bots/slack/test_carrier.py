"""What leaves for Slack, and what becomes of it when Slack does not want it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.bots.slack.carrier import SlackCarrier, Sleep
from gateway.bots.slack.payloads import nodes
from gateway.bots.slack.workspaces import Workspaces
from gateway.core.house import House
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Answer, Attached, Button, Outgoing, Picture
from gateway.core.words import speaking
from tests.bots.contract import JOINER
from tests.bots.harness import PATIENCE
from tests.conftest import Clock
from tests.fakes.slack import SlackFake
from tests.fakes.slack_people import Conversation

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the carrier asks no database


@pytest.fixture
async def fake() -> AsyncIterator[SlackFake]:
    async with SlackFake() as fake:
        yield fake


@pytest.fixture
def bob(fake: SlackFake) -> Conversation:
    return fake.user("U0BOB", name="bob").dm()


@pytest.fixture
def carrier(house: House, fake: SlackFake, clock: Clock) -> SlackCarrier:
    workspaces = Workspaces(house, fake.base_url, PATIENCE, token=fake.bot_token)
    return SlackCarrier(house, workspaces, sleep=forwarding(clock))


@pytest.fixture
def impatient(house: House, fake: SlackFake, clock: Clock) -> SlackCarrier:
    """One that soon gives up waiting for an answer."""
    workspaces = Workspaces(house, fake.base_url, 0.5, token=fake.bot_token)
    return SlackCarrier(house, workspaces, sleep=forwarding(clock))


def forwarding(clock: Clock, waits: list[float] | None = None) -> Sleep:
    """A sleep that moves the clock instead, and notes how long it was."""

    async def forward(seconds: float) -> None:
        clock.forward(seconds=seconds)
        if waits is not None:
            waits.append(round(seconds, 3))

    return forward


def to(place: Conversation, answer: Answer | str, **more: Any) -> Outgoing:
    said = Answer(answer) if isinstance(answer, str) else answer
    return Outgoing(more.pop("delivery_id", 1), more.pop("kind", "post"), "slack", f"T07:{place.id}", said, **more)


def calls(fake: SlackFake, method: str) -> list[dict[str, Any]]:
    return [one.params for one in fake.requests if one.method == method]


# What is shown


async def test_a_message_shows_words_photo_buttons_and_reference(
    carrier: SlackCarrier, fake: SlackFake, bob: Conversation
) -> None:
    picture = Picture("0" * 64, "image/jpeg", "https://example.org/media/1", alt="A rose")
    buttons = ((Button("Open", url="https://example.org/p"), Button("Delete", action="delete k7f")),)
    answer = Answer("**Alice** wrote:\n\nHi", buttons=buttons, pictures=(picture,), short_reference="k7f")
    result = await carrier.send(to(bob, answer))
    [shown] = bob.answers
    assert result == Result("sent", remote_id=shown.ts)
    assert [block["type"] for block in shown.raw["blocks"]] == ["rich_text", "image", "actions", "context"]
    assert shown.text == "Alice wrote:\n\nHi\n[A rose]\n[k7f]"
    assert [(one.label, one.value, one.url) for one in shown.buttons] == [
        ("Open", "", "https://example.org/p"),
        ("Delete", "delete k7f", ""),
    ]
    [sent] = calls(fake, "chat.postMessage")
    assert (sent["unfurl_links"], sent["unfurl_media"]) in {("0", "0"), (False, False), ("False", "False")}
    assert sent["text"] == "Alice wrote:\n\nHi"


PINGS = "<!channel> <!here> <@U0BOB> <!subteam^S1> @channel @everyone @bob `@here` **@**everyone &lt;!channel&gt; [x](https://a.b/<@U0BOB>)"


async def test_nothing_in_a_message_pings_anybody(carrier: SlackCarrier, bob: Conversation) -> None:
    picture = Picture("0" * 64, "image/jpeg", "https://example.org/1", alt="<!channel> @here")
    answer = Answer(PINGS, subject="<!channel>", buttons=((Button("<!here>", action="x"),),), pictures=(picture,))
    for parcel in (to(bob, answer), to(bob, Answer("", subject=PINGS, pictures=(picture,)), delivery_id=2)):
        result = await carrier.send(parcel)
        assert result.status == "sent"
        assert bob.message(result.remote_id).pings == ()
        await carrier.send(replace(parcel, kind="edit", edits=result.remote_id))
        assert bob.message(result.remote_id).pings == ()
    assert f"@{JOINER}channel" in bob.answers[0].text


async def test_it_goes_into_its_thread(carrier: SlackCarrier, bob: Conversation) -> None:
    root = bob.say("First")
    await carrier.send(to(bob, "in the thread", thread=root.ts, reply_to="1.000000"))
    await carrier.send(to(bob, "below it", reply_to=root.ts, delivery_id=2))
    await carrier.send(to(bob, "outside", thread="0", reply_to=root.ts, delivery_id=3))
    assert [one.thread_ts for one in bob.answers] == [root.ts, root.ts, ""]


async def test_a_thread_that_is_gone_is_left(carrier: SlackCarrier, bob: Conversation) -> None:
    assert (await carrier.send(to(bob, "Hello", thread="1234567890.000001"))).status == "sent"
    assert [one.text for one in bob.answers] == ["Hello"]


async def test_a_long_answer_comes_in_several_messages_and_is_taken_back_whole(
    carrier: SlackCarrier, bob: Conversation
) -> None:
    words = [f"word{number}" for number in range(4000)]
    result = await carrier.send(to(bob, " ".join(words)))
    assert (result.remote_id, *result.also) == tuple(one.ts for one in bob.answers)
    assert len(result.also) >= 3
    assert " ".join(one.text for one in bob.answers).split() == words
    assert all(len(one.raw["text"]) <= 4000 for one in bob.answers)
    await carrier.send(to(bob, "", kind="retract", edits=result.remote_id, parts=result.also))
    assert bob.answers == []


async def test_photos_that_slack_can_not_fetch_are_uploaded_into_the_thread(
    carrier: SlackCarrier, house: House, bob: Conversation
) -> None:
    pictures = tuple(
        Picture(house.blobs.put(data), "image/png", "http://127.0.0.1/media/1", alt="A rose")
        for data in (b"one", b"two")
    )
    result = await carrier.send(to(bob, Answer("Look", pictures=pictures)))
    words, *photos = bob.answers
    assert [one.files for one in photos] == [(b"one",), (b"two",)]
    assert {one.thread_ts for one in photos} == {words.ts}
    assert photos[0].raw["files"][0]["alt_txt"] == "A rose"
    await carrier.send(to(bob, "gone", kind="retract", edits=result.remote_id, parts=result.also))
    assert bob.answers == []


async def test_photos_are_uploaded_when_slack_could_not_fetch_them(
    carrier: SlackCarrier, house: House, fake: SlackFake, bob: Conversation
) -> None:
    fake.fail_next("chat.postMessage", error="invalid_blocks")
    picture = Picture(house.blobs.put(b"one"), "image/png", "https://example.org/1")
    result = await carrier.send(to(bob, Answer("Look", pictures=(picture,))))
    assert result.status == "sent"
    assert [(one.text, one.files) for one in bob.answers] == [("Look", ()), ("", (b"one",))]


async def test_a_photo_that_is_no_longer_kept_is_left_out(carrier: SlackCarrier, bob: Conversation) -> None:
    picture = Picture("0" * 64, "image/png", "http://127.0.0.1/1")
    assert (await carrier.send(to(bob, Answer("Look", pictures=(picture,))))).status == "sent"
    assert [one.text for one in bob.answers] == ["Look"]


async def test_blocks_that_slack_refuses_become_words(
    carrier: SlackCarrier, fake: SlackFake, bob: Conversation
) -> None:
    fake.fail_next("chat.postMessage", error="invalid_blocks")
    assert (await carrier.send(to(bob, "**Hello** @channel"))).status == "sent"
    [shown] = bob.answers
    assert (shown.text.replace(JOINER, ""), shown.raw.get("blocks"), shown.pings) == ("Hello @channel", None, ())


async def test_nothing_to_say_is_cancelled(carrier: SlackCarrier, bob: Conversation) -> None:
    assert (await carrier.send(to(bob, ""))).status == "cancelled"


# Changes


async def test_an_edit_changes_the_message_however_long(carrier: SlackCarrier, bob: Conversation) -> None:
    first = await carrier.send(to(bob, "Helo"))
    ampersands = "&" * 20_000  # each is five characters for chat.update, which takes 4000
    for text in ("Hello", ampersands):
        result = await carrier.send(to(bob, text, kind="edit", edits=first.remote_id))
        assert result.status == "sent"
        assert bob.message(first.remote_id).text.startswith(text[:1000])
    assert len(bob.answers) == 1


async def test_what_is_gone_needs_no_change(carrier: SlackCarrier, fake: SlackFake, bob: Conversation) -> None:
    for kind in ("edit", "retract"):
        result = await carrier.send(
            to(bob, "Hello", kind=kind, edits="1234567890.000001", parts=("2.000002", "F0GONE"))
        )
        assert (result.status, "gone" in result.reason) == ("sent", True)


async def test_a_change_that_may_have_been_made_is_made_again(
    carrier: SlackCarrier, impatient: SlackCarrier, fake: SlackFake, bob: Conversation
) -> None:
    first = await carrier.send(to(bob, "Helo"))
    fake.fail_next("chat.update", status="timeout after send")
    assert (await impatient.send(to(bob, "Hello", kind="edit", edits=first.remote_id))).status == "deferred"
    assert (await carrier.send(to(bob, "Hello", kind="edit", edits=first.remote_id))).status == "sent"


# Troubles


async def test_a_429_shuts_its_place_for_as_long_as_slack_asks(
    carrier: SlackCarrier, fake: SlackFake, bob: Conversation, clock: Clock
) -> None:
    fake.fail_next("chat.postMessage", status=429, retry_after=7, channel=bob.id)
    result = await carrier.send(to(bob, "one"))
    assert (result.status, result.shut_until) == ("deferred", clock() + timedelta(seconds=7))


async def test_further_messages_of_one_answer_wait_for_their_turns(
    house: House, fake: SlackFake, bob: Conversation, clock: Clock
) -> None:
    waits: list[float] = []
    workspaces = Workspaces(house, fake.base_url, PATIENCE, token=fake.bot_token)
    carrier = SlackCarrier(house, workspaces, sleep=forwarding(clock, waits))
    picture = Picture(house.blobs.put(b"one"), "image/png", "http://127.0.0.1/1")
    result = await carrier.send(to(bob, Answer("word " * 4000, pictures=(picture,))))
    assert (result.status, len(result.also)) == ("sent", 3)
    assert waits == [1.01] * 3  # for each but the first, whose turn had come
    await carrier.send(to(bob, "", kind="retract", edits=result.remote_id, parts=result.also))
    assert (bob.answers, len(waits)) == ([], 6)


async def test_a_429_in_the_middle_is_waited_for_and_says_nothing_twice(
    house: House, fake: SlackFake, bob: Conversation, clock: Clock
) -> None:
    waits: list[float] = []

    async def forward(seconds: float) -> None:
        if not waits:
            fake.fail_next("chat.postMessage", status=429, retry_after=7)
            fake.fail_next("files.getUploadURLExternal", status=429, retry_after=9)
        waits.append(seconds)
        clock.forward(seconds=seconds)

    carrier = SlackCarrier(house, Workspaces(house, fake.base_url, PATIENCE, token=fake.bot_token), sleep=forward)
    picture = Picture(house.blobs.put(b"one"), "image/png", "http://127.0.0.1/1")
    result = await carrier.send(to(bob, Answer(" ".join(["word"] * 4000), pictures=(picture,))))
    assert result.status == "sent"
    assert {7, 9} <= set(waits)
    assert " ".join(one.text for one in bob.answers).split() == ["word"] * 4000
    assert [one.files for one in bob.answers if one.files] == [(b"one",)]


async def test_what_stays_half_out_is_uncertain(house: House, fake: SlackFake, bob: Conversation, clock: Clock) -> None:
    async def forward(seconds: float) -> None:
        fake.fail_next("chat.postMessage", status=429, retry_after=600)

    carrier = SlackCarrier(house, Workspaces(house, fake.base_url, PATIENCE, token=fake.bot_token), sleep=forward)
    result = await carrier.send(to(bob, "word " * 4000))
    assert (result.status, result.remote_id) == ("uncertain", bob.answers[0].ts)
    assert "Only 1 of 3 messages went out" in result.reason


async def test_files_of_every_kind_go_along_in_the_thread(
    carrier: SlackCarrier, house: House, bob: Conversation
) -> None:
    sound = Attached("audio", house.blobs.put(b"waves"), "audio/mpeg", "waves.mp3", "https://example.org/w")
    gone = Attached("file", "0" * 64, "text/plain", "gone.txt", "https://example.org/g")
    result = await carrier.send(to(bob, Answer("Listen", attached=(sound, gone))))
    words, file = bob.answers
    assert (words.text, file.files, file.thread_ts) == ("Listen", (b"waves",), words.ts)
    assert file.raw["files"][0]["name"] == "waves.mp3"
    assert result.also == (file.raw["files"][0]["id"],)


async def test_files_that_slack_does_not_take_are_told_by_their_addresses_in_the_thread(
    carrier: SlackCarrier, house: House, fake: SlackFake, bob: Conversation
) -> None:
    """With one message for all of them, which goes with the others when it is taken back."""
    rose = Picture(house.blobs.put(b"one"), "image/png", "http://127.0.0.1/media/1", alt="A *rose*")
    bud = Picture(house.blobs.put(b"two"), "image/png", "http://127.0.0.1/media/2")
    sound = Attached("audio", house.blobs.put(b"waves"), "audio/mpeg", "waves.mp3", "https://example.org/w?a&b")
    fake.fail_next("files.getUploadURLExternal", error="missing_scope", times=2)
    with speaking("de"):  # the language of whoever it goes to
        result = await carrier.send(to(bob, Answer("Look", pictures=(rose, bud), attached=(sound,))))
    words, uploaded, told = bob.answers
    assert result == Result("sent", remote_id=words.ts, also=(uploaded.raw["files"][0]["id"], told.ts))
    assert (uploaded.files, told.thread_ts) == ((b"waves",), words.ts)
    links = [node for node in nodes(tuple(told.raw["blocks"])) if node.get("type") == "link"]
    assert {(one["text"], one["url"]) for one in links} == {("A *rose*", rose.url), ("Ein Foto", bud.url)}
    await carrier.send(to(bob, "", kind="retract", edits=result.remote_id, parts=result.also))
    assert bob.answers == []


@pytest.mark.parametrize(("error", "status"), [("internal_error", "uncertain"), ("restricted_action", "sent")])
async def test_a_file_that_was_neither_taken_nor_told_of_leaves_a_doubt_where_trying_again_may_help(
    house: House, fake: SlackFake, bob: Conversation, clock: Clock, error: str, status: str
) -> None:
    async def forward(seconds: float) -> None:
        fake.fail_next("chat.postMessage", error=error)
        clock.forward(seconds=seconds)

    carrier = SlackCarrier(house, Workspaces(house, fake.base_url, PATIENCE, token=fake.bot_token), sleep=forward)
    fake.fail_next("files.completeUploadExternal", error="file_update_failed")
    sound = Attached("audio", house.blobs.put(b"waves"), "audio/mpeg", "waves.mp3", "https://example.org/w")
    result = await carrier.send(to(bob, Answer("Listen", attached=(sound,))))
    assert (result.status, result.remote_id) == (status, bob.answers[0].ts)
    assert f"1 of 1 files did not: Slack said {error}" in result.reason


@pytest.mark.parametrize("error", ["channel_not_found", "not_in_channel", "is_archived"])
async def test_a_closed_place_is_unreachable(
    carrier: SlackCarrier, fake: SlackFake, bob: Conversation, error: str
) -> None:
    fake.fail_next("chat.postMessage", error=error)
    result = await carrier.send(to(bob, "Hello"))
    assert (result.status, result.unreachable, error in result.reason) == ("failed", True, True)


async def test_trouble_of_slack_s_or_of_the_operator_s_is_waited_out(
    carrier: SlackCarrier, fake: SlackFake, bob: Conversation
) -> None:
    errors = ("internal_error", "invalid_auth", "account_inactive", "token_revoked")
    troubles: list[dict[str, Any]] = [{"status": 503}, {"status": 500}, *({"error": error} for error in errors)]
    for trouble in troubles:
        fake.fail_next("chat.postMessage", **trouble)
        result = await carrier.send(to(bob, "Hello"))
        assert (result.status, result.unreachable) == ("deferred", False), trouble
    assert bob.answers == []


async def test_any_other_refusal_is_a_failure_of_this_message_only(
    carrier: SlackCarrier, fake: SlackFake, bob: Conversation
) -> None:
    fake.fail_next("chat.postMessage", error="restricted_action")
    result = await carrier.send(to(bob, "Hello"))
    assert (result.status, result.unreachable) == ("failed", False)


@pytest.mark.parametrize("mishap", ["timeout after send", "disconnect after send"])
async def test_silence_after_sending_is_uncertain_and_never_retried_by_the_library(
    impatient: SlackCarrier, fake: SlackFake, bob: Conversation, mishap: Any
) -> None:
    fake.fail_next("chat.postMessage", status=mishap)
    assert (await impatient.send(to(bob, "Hello"))).status == "uncertain"
    assert len(calls(fake, "chat.postMessage")) == 1


async def test_nobody_at_home_is_waited_out(house: House, fake: SlackFake, bob: Conversation) -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    carrier = SlackCarrier(house, Workspaces(house, f"http://127.0.0.1:{port}/api/", 0.3, token=fake.bot_token))
    assert (await carrier.send(to(bob, "Hello"))).status == "deferred"
