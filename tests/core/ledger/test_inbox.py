"""The inbox: stored once, claimed in order, ended in one outcome, whatever dies in between."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gateway.core.errors import Conflict
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.ledger.inbox import Arrival, Claim, LostLease
from gateway.core.store.models import Inbound
from tests.conftest import Clock

LEASE = timedelta(seconds=60)


def run(house: House, unit: Callable[..., Any]) -> Any:
    return house.database.writer.run(unit)


def store(house: House, key: str, *, order: str = "a", album: str | None = None) -> int | None:
    arrival = Arrival("telegram", key, order, raw=key.encode(), album=album)
    stored: int | None = run(house, lambda session: inbox.store(session, arrival, house.now()))
    return stored


def claim(house: House, limit: int = 10) -> list[Claim]:
    claims: list[Claim] = run(house, lambda session: inbox.claim(session, house.now(), limit=limit, lease=LEASE))
    return claims


def row(house: House, row_id: int | None) -> Inbound:
    with house.database.read() as session:
        return session.get_one(Inbound, row_id)


def test_a_second_delivery_changes_nothing(house: House) -> None:
    assert store(house, "1") is not None
    assert store(house, "1") is None
    assert len(claim(house)) == 1


def test_one_message_of_an_ordering_key_is_worked_on_at_a_time_oldest_first(house: House) -> None:
    for key, order in (("1", "a"), ("2", "a"), ("3", "b")):
        store(house, key, order=order)
    first = claim(house)
    assert [held.raw for held in first] == [b"1", b"3"]
    assert claim(house) == []
    run(house, lambda session: inbox.finish(session, first[0], "published", house.now()))
    assert [held.raw for held in claim(house)] == [b"2"]


def test_a_claim_whose_process_died_is_claimed_again_after_its_lease(house: House, clock: Clock) -> None:
    store(house, "1")
    [first] = claim(house)
    clock.forward(seconds=61)
    [second] = claim(house)
    assert (second.attempts, second.fence) == (2, first.fence + 1)


def test_who_lost_the_lease_can_record_nothing_and_what_it_did_is_undone(house: House, clock: Clock) -> None:
    row_id = store(house, "1")
    [first] = claim(house)
    clock.forward(seconds=61)
    claim(house)

    def late(session: Any) -> None:
        inbox.store(session, Arrival("telegram", "effect", "z", raw=b""), house.now())
        inbox.finish(session, first, "published", house.now())

    with pytest.raises(LostLease):
        run(house, late)
    assert row(house, row_id).status == "claimed"
    assert store(house, "effect", order="z") is not None


def test_a_message_that_kills_its_reader_is_dead_after_three_claims(house: House, clock: Clock) -> None:
    row_id = store(house, "1")
    for _ in range(3):
        assert len(claim(house)) == 1
        clock.forward(seconds=61)
    assert claim(house) == []
    dead = row(house, row_id)
    assert dead.status == "dead"
    assert "Nothing was published" in dead.reason


def test_a_deferred_message_waits_and_may_keep_its_attempt(house: House, clock: Clock) -> None:
    store(house, "1")
    [held] = claim(house)
    later = house.now() + timedelta(minutes=5)
    run(house, lambda session: inbox.defer(session, held, later, reason="DNS", counts=False))
    assert claim(house) == []
    clock.forward(minutes=5)
    [again] = claim(house)
    assert again.attempts == 1


def test_an_album_waits_for_its_late_part_and_is_claimed_once(house: House, clock: Clock) -> None:
    store(house, "1", album="x")
    clock.forward(seconds=2)
    store(house, "2", album="x")
    clock.forward(seconds=2)
    assert claim(house) == []
    clock.forward(seconds=0.5)
    [held] = claim(house)
    with house.database.read() as session:
        parts = inbox.album_parts(session, held)
    assert (held.raw, [part.raw for part in parts]) == (b"1", [b"2"])


def test_an_album_waits_ten_seconds_at_most(house: House, clock: Clock) -> None:
    for number in range(8):
        store(house, str(number), album="x")
        clock.forward(seconds=2)
    assert len(claim(house)) == 1


def test_a_message_that_ended_can_be_processed_again_while_its_bytes_are_kept(house: House) -> None:
    row_id = store(house, "1")
    assert row_id is not None
    [held] = claim(house)
    run(house, lambda session: inbox.finish(session, held, "held", house.now(), reason="who are you?"))
    run(house, lambda session: inbox.release(session, row_id, house.now()))
    [again] = claim(house)
    assert again.envelope["released"] is True
    with pytest.raises(Conflict):
        run(house, lambda session: inbox.replay(session, row_id, house.now()))


def test_a_held_message_can_be_discarded_and_a_published_one_cannot(house: House) -> None:
    first, second = store(house, "1", order="a"), store(house, "2", order="b")
    assert first is not None
    assert second is not None
    for held, outcome in zip(claim(house), ("held", "published"), strict=True):
        run(house, lambda session, held=held, outcome=outcome: inbox.finish(session, held, outcome, house.now()))
    run(house, lambda session: inbox.discard(session, first, house.now(), reason="spam"))
    assert row(house, first).status == "rejected"
    with pytest.raises(Conflict):
        run(house, lambda session: inbox.discard(session, second, house.now(), reason="spam"))
