"""Occurrences: each period of a schedule happens once, however many look."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.core.house import House
from gateway.core.ledger import occurrences
from gateway.core.ledger.inbox import LostLease
from gateway.core.store.models import Occurrence
from tests.conftest import Clock

LEASE = timedelta(seconds=60)


def run(house: House, unit: Any) -> Any:
    return house.database.writer.run(unit)


def claim(house: House) -> list[occurrences.Claim]:
    claims: list[occurrences.Claim] = run(
        house, lambda session: occurrences.claim(session, house.now(), limit=10, lease=LEASE)
    )
    return claims


def test_a_period_is_expected_once_and_due_once(house: House, clock: Clock) -> None:
    due = house.now() + timedelta(hours=1)
    assert run(house, lambda s: occurrences.expect(s, "digest", "2026-W48", due))
    assert not run(house, lambda s: occurrences.expect(s, "digest", "2026-W48", due + timedelta(hours=1)))
    assert claim(house) == []
    clock.forward(hours=1)
    [held] = claim(house)
    assert claim(house) == []
    run(house, lambda s: occurrences.finish(s, held, "done", house.now()))
    clock.forward(days=1)
    assert claim(house) == []


def test_a_period_whose_worker_died_is_claimed_again_and_the_late_one_records_nothing(
    house: House, clock: Clock
) -> None:
    run(house, lambda s: occurrences.expect(s, "digest", "2026-W48", house.now()))
    [first] = claim(house)
    clock.forward(seconds=61)
    [second] = claim(house)
    with pytest.raises(LostLease):
        run(house, lambda s: occurrences.finish(s, first, "done", house.now()))
    run(house, lambda s: occurrences.finish(s, second, "skipped", house.now(), note="too late"))
    with house.database.read() as session:
        assert session.get_one(Occurrence, ("digest", "2026-W48")).note == "too late"


def test_a_period_that_fails_again_and_again_has_failed(house: House, clock: Clock) -> None:
    run(house, lambda s: occurrences.expect(s, "digest", "2026-W48", house.now()))
    for _ in range(occurrences.MAX_ATTEMPTS):
        assert len(claim(house)) == 1
        clock.forward(seconds=61)
    assert claim(house) == []
    with house.database.read() as session:
        assert session.get_one(Occurrence, ("digest", "2026-W48")).state == "failed"
