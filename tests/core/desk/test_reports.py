"""What operators see of what came and left: plain values, no secrets, nothing of the community managers' mail."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from gateway.core.desk import reports
from gateway.core.errors import Invalid, NotFound
from gateway.core.house import House
from gateway.core.ledger import inbox, outbox
from gateway.core.ledger.inbox import Arrival
from gateway.core.ledger.outbox import Intent
from gateway.core.store.models import Delivery
from tests.conftest import Cast, Clock
from tests.core.hands import delete, do, publish
from tests.counting import steps

SECRET = "eve-tells-on-mallory"


def arrive(
    house: House, key: str, *, kind: str = "blog", recipient: str = "alice@post.example.org", **more: object
) -> int:
    envelope = {"kind": kind, "from": f"{SECRET}@example.net" if kind == "managers" else "bob@example.com", **more}
    arrival = Arrival("email", key, key, raw=b"Hello", recipient=recipient, sender="bob@example.com", envelope=envelope)
    row_id = do(house, lambda s: inbox.store(s, arrival, house.now()))
    assert row_id is not None
    return row_id


def test_what_came_in_is_listed_newest_first_and_by_status(house: House, clock: Clock) -> None:
    ids = [arrive(house, key) for key in ("a", "b", "c")]
    [held, *_] = do(house, lambda s: inbox.claim(s, clock.now, limit=1, lease=timedelta(60)))
    do(house, lambda s: inbox.finish(s, held, "held", clock.now, reason="Was it you?"))
    with house.database.read() as session:
        assert [row["id"] for row in reports.inbound(session)] == ids[::-1]
        assert [row["id"] for row in reports.inbound(session, limit=2)] == ids[:0:-1]
        [one] = reports.inbound(session, status="held")
    assert one == {
        "id": ids[0],
        "at": "2026-11-25T12:00:00+00:00",
        "channel": "email",
        "from": "bob@example.com",
        "to": "alice@post.example.org",
        "status": "held",
        "reason": "Was it you?",
    }


def test_one_message_is_shown_whole_and_as_json(house: House) -> None:
    row_id = arrive(house, "a", subject="Hello", hold="nothing proves that it came from you.")
    with house.database.read() as session:
        shown = reports.inbound_one(session, row_id)
        assert (shown["subject"], shown["size"], shown["attempts"]) == ("Hello", 5, 0)
        assert shown["held because"] == "nothing proves that it came from you."
        assert json.loads(json.dumps(shown)) == shown
        assert reports.raw(session, house.blobs, row_id) == b"Hello"
        with pytest.raises(NotFound, match="no inbound message 999"):
            reports.inbound_one(session, 999)


def test_the_post_that_a_message_made_is_named_and_what_became_of_it(house: House, cast: Cast, clock: Clock) -> None:
    post = publish(house, "alice", "Hello")
    row_id = arrive(house, "a", recipient="alice+quiet@post.example.org")
    [claimed] = do(house, lambda s: inbox.claim(s, clock.now, limit=1, lease=timedelta(60)))
    do(house, lambda s: inbox.finish(s, claimed, "answered", clock.now, reason="It waits.", post_id=post.id))

    def shown() -> tuple[str, str]:
        with house.database.read() as session:
            one = reports.inbound_one(session, row_id)
        assert one["to"] == "alice+quiet@post.example.org"
        return one["post"], one["reason"]

    assert shown() == (f"[{post.short_reference}], published", "")
    clock.forward(hours=1)
    delete(house, "alice", post)
    assert shown() == (f"[{post.short_reference}], deleted", "")


def test_what_is_held_is_not_finished(house: House, clock: Clock) -> None:
    row_id = arrive(house, "a")
    [claimed] = do(house, lambda s: inbox.claim(s, clock.now, limit=1, lease=timedelta(60)))
    do(house, lambda s: inbox.finish(s, claimed, "held", clock.now, reason="Was it you?"))
    with house.database.read() as session:
        assert reports.inbound_one(session, row_id)["finished"] is None


def test_large_mail_is_read_from_its_blob_until_it_is_forgotten(house: House) -> None:
    key = house.blobs.put(b"Large")
    row_id = do(house, lambda s: inbox.store(s, Arrival("email", "a", "a", raw_blob=key), house.now()))
    empty = do(house, lambda s: inbox.store(s, Arrival("email", "b", "b"), house.now()))
    assert row_id is not None
    assert empty is not None
    with house.database.read() as session:
        assert reports.raw(session, house.blobs, row_id) == b"Large"
        with pytest.raises(NotFound, match="no longer kept"):
            reports.raw(session, house.blobs, empty)


def test_mail_to_the_managers_is_in_no_listing(house: House, clock: Clock) -> None:
    sealed = [arrive(house, f"m{n}", kind="managers", recipient="community@post.example.org") for n in range(3)]
    mine = arrive(house, "a")
    hand_over(house, sealed[0])
    with house.database.read() as session:
        listings = [
            reports.inbound(session),
            reports.inbound(session, limit=1),
            reports.deliveries(session),
            reports.uncertain(session),
        ]
        assert [len(rows) for rows in listings] == [1, 1, 1, 1]
        assert listings[0][0]["id"] == listings[1][0]["id"] == mine
        assert {rows[0]["to"] for rows in listings[2:]} == {"bob@example.com"}
        for sight in (
            lambda: reports.inbound_one(session, sealed[0]),
            lambda: reports.raw(session, house.blobs, sealed[0]),
        ):
            with pytest.raises(NotFound):
                sight()
        assert reports.outcome(session, sealed[0]) == {"id": sealed[0], "status": "received"}
        assert reports.outcome(session, mine)["from"] == "bob@example.com"


def hand_over(house: House, inbound_id: int) -> None:
    """One delivery to a manager and one to bob, both doubtful."""

    def unit(session: Session) -> None:
        payload = {"inbound": inbound_id, "for": "managers", "from": SECRET}
        outbox.queue(session, Intent("pass_on", "email", "carol@example.com", "1", payload), house.now())
        outbox.queue(session, Intent("answer", "email", "bob@example.com", "2", {}), house.now())
        session.execute(update(Delivery).values(doubtful=1))

    do(house, unit)


def test_deliveries_are_listed_newest_first_and_by_status(house: House) -> None:
    def unit(session: Session) -> None:
        for name in ("bob", "carol"):
            outbox.queue(session, Intent("reply", "email", f"{name}@example.com", "post:1"), house.now())
        session.execute(
            update(Delivery).where(Delivery.recipient == "bob@example.com").values(status="failed", reason="No.")
        )

    do(house, unit)
    with house.database.read() as session:
        assert [row["to"] for row in reports.deliveries(session)] == ["carol@example.com", "bob@example.com"]
        [failed] = reports.deliveries(session, status="failed")
    assert (failed["kind"], failed["channel"], failed["reason"]) == ("reply", "email", "No.")


@pytest.mark.parametrize("status", sorted({*outbox.UNFINISHED, *outbox.FINISHED} - {"sent"}))
def test_the_few_of_a_state_are_found_beside_all_that_was_sent(house: House, status: str) -> None:
    def unit(session: Session) -> None:
        for number in range(40):
            outbox.queue(session, Intent("reply", "email", f"bob{number}@example.com", "post:1"), house.now())
        session.execute(update(Delivery).where(Delivery.id > 2).values(status="sent"))
        session.execute(update(Delivery).where(Delivery.id <= 2).values(status=status, lease_until=house.now()))

    do(house, unit)
    with house.database.read() as session:
        assert [row["id"] for row in reports.deliveries(session, status=status)] == [2, 1]
        if house.database.is_sqlite:
            sent = steps(session, lambda: reports.deliveries(session, status="sent", limit=1000))
            assert 3 * steps(session, lambda: reports.deliveries(session, status=status)) < sent


def test_a_state_that_does_not_exist_is_named_with_those_that_do(house: House) -> None:
    with house.database.read() as session:
        for listing in (reports.inbound, reports.deliveries):
            with pytest.raises(Invalid, match=r"no state 'helt'.*The states are"):
                listing(session, status="helt")
