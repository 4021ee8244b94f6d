"""Slack's way in: stored before it is acknowledged, whichever way it comes."""

import asyncio
import io
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import aiohttp
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gateway.bots.slack import Slack
from gateway.bots.slack.door import NOT_STORED
from gateway.core.errors import Invalid
from gateway.core.house import House
from gateway.core.store.models import Inbound
from tests.bots.harness import ChatHarness
from tests.bots.slack.conftest import Slacking
from tests.fakes.slack_delivery import Attempt
from tests.fakes.wire import Json


async def test_an_event_delivered_three_times_is_one_post_and_one_answer(either: Slacking) -> None:
    either.alice.dm.say("Only once")
    [event] = [one for one in either.fake.events if one["event"].get("text") == "Only once"]
    again = [await either.fake.redeliver(event) for _ in range(2)]
    await either.alice.wait_for("Published")
    await either.harness.idle()
    assert again == [{}, {}]
    assert [post.markdown for post in either.harness.posts()] == ["Only once"]
    assert len([one for one in either.alice.dm.answers if "Published" in one.text]) == 1
    assert len([one for one in either.bob.dm.answers if "Only once" in one.text]) == 1


def _of(attempts: Sequence[Attempt], text: str) -> list[Attempt]:
    return [one for one in attempts if one.payload.get("event", {}).get("text") == text]


async def _tried(either: Slacking, before: int, text: str) -> Attempt:
    """The first try to bring a message with this text; Slack brings the bot's own words, too, when it likes."""
    count = before
    while not (tried := _of(either.fake.attempts[before:], text)):
        count += 1
        await either.fake.delivered(count)
    return tried[0]


async def test_nothing_is_acknowledged_before_it_is_committed(either: Slacking) -> None:
    """While the writer can't commit, Slack waits in vain and tries again; then its retry is acknowledged, and counts once."""
    house, before = either.harness.house, len(either.fake.attempts)
    with held_up(house), either.fake.impatient(0.5):
        either.alice.dm.say("Was I heard?")
        first = await _tried(either, before, "Was I heard?")
        assert first.outcome in {"timeout", "http_timeout"}
        assert "Was I heard?" not in [post.markdown for post in either.harness.posts()]
    await either.alice.wait_for("Published")
    await either.harness.idle()
    tried = _of(either.fake.attempts, "Was I heard?")
    [event] = [one for one in either.fake.events if one["event"].get("text") == "Was I heard?"]
    assert await either.fake.redeliver(event) == {}
    assert len([one for one in either.harness.inbound() if one.unique_key == tried[0].payload["event_id"]]) == 1
    assert [post.markdown for post in either.harness.posts()] == ["Was I heard?"]


async def test_what_can_not_be_stored_is_not_acknowledged_and_comes_again(either: Slacking) -> None:
    before = len(either.fake.attempts)
    await either.harness.rest()
    with no_inbox(either.harness.house), either.fake.impatient(0.5):
        either.alice.dm.say("Disk full")
        tried = _of((await either.fake.delivered(before + 4))[before:], "Disk full")
        assert tried
        assert {one.outcome for one in tried} <= {"timeout", "http_timeout", "http_error"}
    [event] = [one for one in either.fake.events if one["event"].get("text") == "Disk full"]
    assert await either.fake.redeliver(event) == {}
    await either.harness.resume()
    await either.alice.wait_for("Published")
    assert [post.markdown for post in either.harness.posts()] == ["Disk full"]


async def test_who_types_a_command_is_told_when_it_can_not_be_stored(either: Slacking) -> None:
    """Slack never brings a slash command a second time."""
    await either.harness.rest()
    with no_inbox(either.harness.house):
        answer = await either.alice.person.slash("/post", "Into the void")
    assert answer == {"text": NOT_STORED}
    await either.harness.resume()


async def test_a_line_that_slack_closes_is_opened_again(slack: Slacking) -> None:
    await slack.fake.disconnect("refresh_requested")
    slack.alice.dm.say("Still there?")
    await slack.alice.wait_for("Published")


async def test_what_was_acknowledged_while_we_stopped_is_done_by_the_next_process(either: Slacking) -> None:
    await either.harness.rest()
    either.alice.dm.say("Before the end")
    await either.harness.received(1)
    await either.driver.close_door()
    either.fake._delivery.request_url = ""
    either.alice.dm.say("While nobody listens")
    await either.driver.open_door()
    await either.harness.resume()
    await either.harness.received(2)
    await either.harness.idle()
    assert [post.markdown for post in either.harness.posts()] == ["Before the end", "While nobody listens"]


# HTTP only

over_http = pytest.mark.parametrize("mode", ["http"])
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FORGED = {
    "a wrong signature": {"X-Slack-Signature": "v0=" + "0" * 64},
    "a signature that is none": {"X-Slack-Signature": "v0=\xe4"},
    "no signature": {"X-Slack-Signature": ""},
    "a garbage timestamp": {"X-Slack-Request-Timestamp": "yesterday"},
    "digits of another script": {"X-Slack-Request-Timestamp": "\xb2\xb3"},
    "an endless timestamp": {"X-Slack-Request-Timestamp": "9" * 400},
    "no timestamp": {"X-Slack-Request-Timestamp": ""},
}


@over_http
@on_sqlite
async def test_what_slack_did_not_sign_is_turned_away(either: Slacking) -> None:
    body = json.dumps(an_event()).encode()
    signed = {**either.fake.signed(body), "Content-Type": "application/json"}
    for why, headers in FORGED.items():
        for path in ("events", "commands", "interactive"):
            status, answer = await posted(either, path, body, signed | headers)
            assert (status, "Nothing was saved" in answer) == (401, True), why
    assert "Ev0ONE" not in [one.unique_key for one in either.harness.inbound()]
    assert await posted(either, "events", body, signed) == (200, "")
    assert [one.unique_key for one in either.harness.inbound()].count("Ev0ONE") == 1


@over_http
@on_sqlite
async def test_an_old_request_played_again_is_turned_away(either: Slacking) -> None:
    body = json.dumps(an_event()).encode()
    assert (await posted(either, "events", body, either.fake.signed(body, int(time.time()) - 301)))[0] == 401
    assert (await posted(either, "events", body, either.fake.signed(body, int(time.time()) + 400)))[0] == 401
    assert "Ev0ONE" not in [one.unique_key for one in either.harness.inbound()]


@over_http
@on_sqlite
async def test_garbage_is_answered_without_harm(either: Slacking) -> None:
    assert (await posted(either, "events", b"\xff\xfe", either.fake.signed(b"") | {}))[0] == 401
    for body, expected in ((b"{", 400), (b"payload=%7B", 400), (b"payload=1", 400), (b"", 200), (b"a=b", 200)):
        assert (await posted(either, "events", body, either.fake.signed(body)))[0] == expected, body
    assert (await posted(either, "events", io.BytesIO(b" " * 1_100_000), {}))[0] == 413
    await either.harness.idle()
    assert either.harness.posts() == []


@over_http
@on_sqlite
async def test_slack_is_given_its_challenge_back_and_nothing_is_stored(either: Slacking) -> None:
    before = len(either.harness.inbound())
    await either.fake.set_request_url(either.fake._delivery.request_url)  # which asserts it
    assert len(either.harness.inbound()) == before


async def test_a_door_without_its_secrets_does_not_open(harness: ChatHarness) -> None:
    with pytest.raises(Invalid, match="an app token"):
        Slack(harness.house, bot_token="xoxb-1", mode="socket", filer=harness.filer)
    with pytest.raises(Invalid, match="a signing secret"):
        Slack(harness.house, bot_token="xoxb-1", mode="http", filer=harness.filer)


# How things are held up


@contextmanager
def held_up(house: House) -> Iterator[None]:
    """Every thread of the writer busy with something else."""
    release, busy = threading.Event(), threading.Semaphore(0)

    def unit(session: Session) -> None:
        busy.release()
        release.wait(60)

    count = 1 if house.database.is_sqlite else 3
    waiting = [house.database.writer.submit(unit) for _ in range(count)]
    try:
        for _ in waiting:
            assert busy.acquire(timeout=60)
        yield
    finally:
        release.set()
        for one in waiting:
            one.result(60)


@contextmanager
def no_inbox(house: House) -> Iterator[None]:
    """A database that refuses every new message."""

    def rename(old: str, new: str) -> None:
        house.database.writer.run(lambda session: session.execute(text(f"ALTER TABLE {old} RENAME TO {new}")))

    rename("inbound", "inbound_away")
    try:
        yield
    finally:
        rename("inbound_away", "inbound")


async def posted(slack: Slacking, path: str, body: bytes | io.BytesIO, headers: dict[str, str]) -> tuple[int, str]:
    url = slack.fake._delivery.request_url.replace("events", path)
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        return response.status, await response.text()


def an_event() -> Json:
    event = {"type": "message", "subtype": "channel_join", "channel": "C1", "user": "U1", "ts": "1.2"}
    return {"type": "event_callback", "event_id": "Ev0ONE", "team_id": "T1", "event": event}


async def test_what_is_stored_holds_no_token(slack: Slacking) -> None:
    """The legacy verification token in every payload is a secret of the app's."""
    slack.alice.dm.say("Hello")
    await slack.harness.received(1)

    def read() -> list[bytes]:
        with slack.harness.house.database.read() as session:
            return [raw for raw in session.scalars(select(Inbound.raw)) if raw is not None]

    for raw in await asyncio.to_thread(read):
        assert "token" not in json.loads(raw)
