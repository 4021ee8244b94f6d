"""What a process may hand over: what it claimed or renewed lately, by a clock that goes on while it is stopped."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.ledger.leases import Leases, steady
from gateway.core.ledger.outbox import Claim

LEASE = timedelta(seconds=60)
NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)


class Clocks:
    """One for the database's times and one that nobody sets."""

    def __init__(self) -> None:
        self.wall, self.running = NOW, 1000.0

    def now(self) -> datetime:
        return self.wall

    def steady(self) -> float:
        return self.running

    def forward(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.running += seconds


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def leases(clocks: Clocks) -> Leases:
    held = Leases(LEASE, clocks.now, clocks.steady)
    held.take([claim(1), claim(2)])
    return held


def claim(row_id: int) -> Claim:
    until = NOW + LEASE
    return Claim(row_id, 1, "issue", "newsletter", "bob@example.com", "issue:1", {}, None, 1, 1, None, 0, 0, NOW, until)


def test_a_claim_is_ours_for_its_lease_but_a_sixth(leases: Leases, clocks: Clocks) -> None:
    clocks.forward(49)
    assert leases.ours(1)
    clocks.forward(2)
    assert not leases.ours(1)


def test_a_wall_clock_that_is_set_back_makes_no_lease_longer(leases: Leases, clocks: Clocks) -> None:
    clocks.forward(49)
    clocks.wall -= timedelta(hours=1)
    clocks.forward(2)
    assert not leases.ours(1)


def test_renewing_keeps_what_the_database_kept_and_gives_up_the_rest_at_once(leases: Leases, clocks: Clocks) -> None:
    clocks.forward(20)
    leases.renewed(leases.all(), {1}, clocks.now() + LEASE)
    assert (leases.ours(1), leases.ours(2)) == (True, False)
    clocks.forward(40)
    assert leases.ours(1)


def test_what_is_recorded_is_not_renewed_any_more(leases: Leases) -> None:
    asked = leases.all()
    leases.done(2)
    leases.renewed(asked, {1, 2}, NOW + LEASE)
    assert [one.id for one in leases.all()] == [1]
    assert not leases.ours(2)


def test_nothing_is_ours_that_was_never_claimed(leases: Leases) -> None:
    assert not leases.ours(3)


def test_the_steady_clock_goes_forward() -> None:
    assert 0 < steady() <= steady()
