"""A message that nobody could read: a report among them stays out of every listing of the server's operators, where it can be known."""

import json
from base64 import encodebytes
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy.orm import Session

from gateway.core.desk import dead, reports
from gateway.core.errors import NotFound
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.ledger.inbox import MAX_ATTEMPTS, Arrival
from tests.conftest import Cast, Clock
from tests.core.hands import deliveries, do

HEAD = b"From: bob@example.com\r\nTo: do@post.example.org\r\nSubject: Hello\r\n"
PACKED = b"Content-Transfer-Encoding: base64\r\n"
WORDS = "reprot @alice Sie beleidigt mich, übel. ".encode() * 5
TO_DO = {"kind": "commands", "from": "bob@example.com", "subject": "Hello"}


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


def die(house: House, clock: Clock, channel: str, raw: bytes, envelope: Mapping[str, Any], member_id: int) -> int:
    """Each process that claims the row is killed before it says what became of it."""
    arrival = Arrival(channel, "a", "a", raw=raw, sender="bob", envelope=dict(envelope), member_id=member_id)
    row_id = do(house, lambda s: inbox.store(s, arrival, house.now()))
    assert row_id is not None

    def claim(session: Session) -> None:
        def given_up(row_id: int) -> None:
            dead.tell(session, house.community, row_id, house.now())

        inbox.claim(session, house.now(), limit=9, lease=house.lease, given_up=given_up)

    for _ in range(MAX_ATTEMPTS + 1):
        do(house, claim)
        clock.forward(seconds=house.lease.total_seconds() + 1)
    return row_id


@pytest.mark.parametrize(
    ("channel", "envelope", "raw"),
    [
        ("telegram", {}, json.dumps({"update_id": 1, "message": {"text": "report @alice spam"}}).encode()),
        ("telegram", {}, json.dumps({"message": [{"text": "/reprot@postroom_bot k7f"}]}).encode()),
        ("slack", {"kind": "command"}, json.dumps({"command": "/report", "text": "@alice spam"}).encode()),
        ("console", {}, b"report @alice spam"),
        ("email", TO_DO, HEAD + b"\r\nreport alice, please\r\n"),
        ("email", TO_DO, HEAD + b"\r\n<html><div>Report @alice</div>"),
        ("email", TO_DO, HEAD + PACKED + b"\r\n" + encodebytes(WORDS) + b"--part--\r\n"),
        ("email", {**TO_DO, "subject": "report @alice"}, HEAD + b"\r\n\x00"),
    ],
)
def test_a_dead_report_is_in_no_listing(
    house: House, cast: Cast, clock: Clock, channel: str, envelope: dict[str, Any], raw: bytes
) -> None:
    row_id = die(house, clock, channel, raw, envelope, cast.bob)
    assert [row.recipient for row in deliveries(house, "answer")] == ["bob@example.com"] * (channel == "email")
    with house.database.read() as session:
        assert reports.outcome(session, row_id) == {"id": row_id, "status": "dead"}
        assert reports.inbound(session) == reports.deliveries(session) == []
        with pytest.raises(NotFound):
            reports.raw(session, house.blobs, row_id)


@pytest.mark.parametrize(
    ("channel", "envelope", "raw"),
    [
        ("telegram", {}, json.dumps({"message": {"text": "report the ferry is late"}}).encode()),
        ("telegram", {}, b"[" * 60_000),
        ("email", TO_DO, HEAD + PACKED + b"\r\n" + encodebytes(b"settings") + b"\r\n"),
        ("email", {**TO_DO, "kind": "blog"}, HEAD + b"\r\nReport from the ferry\r\n"),
    ],
)
def test_any_other_dead_message_is(
    house: House, cast: Cast, clock: Clock, channel: str, envelope: dict[str, Any], raw: bytes
) -> None:
    row_id = die(house, clock, channel, raw, envelope, cast.bob)
    with house.database.read() as session:
        assert [(row["id"], row["status"]) for row in reports.inbound(session)] == [(row_id, "dead")]
