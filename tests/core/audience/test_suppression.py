"""Suppression: nothing is mailed to a suppressed address, through erasure and key rotation."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience.suppression import (
    SOFT_BOUNCES,
    address_hash,
    carry_over,
    count_soft,
    is_suppressed,
    lift,
    suppress,
    why_suppressed,
)
from gateway.core.house import House
from gateway.core.people.tokens import Keyring
from gateway.core.store.models import SoftBounce, Suppression
from tests.conftest import Clock

OLD, NEW = b"o" * 32, b"n" * 32
FIRST = Keyring({0: OLD}, 0)
ROTATED = Keyring({0: OLD, 1: NEW}, 1)
SECOND_ONLY = Keyring({1: NEW}, 1)


def run(house: House, unit: Callable[[Session], Any]) -> Any:
    return house.database.writer.run(unit)


def test_the_same_address_in_other_letters_is_suppressed_too_and_once_is_enough(house: House) -> None:
    for _ in range(2):
        run(house, lambda s: suppress(s, FIRST, "Eve@Example.net", "complaint", house.now()))
    with house.database.read() as session:
        assert is_suppressed(session, FIRST, " eve@example.NET ")
        assert not is_suppressed(session, FIRST, "bob@example.com")
        [row] = session.scalars(select(Suppression))
        assert "eve" not in row.address_hash
        assert row.address_hash == address_hash(FIRST, "eve@example.net")


def test_a_rotated_key_forgets_nobody(house: House) -> None:
    run(house, lambda s: suppress(s, FIRST, "eve@example.net", "complaint", house.now()))
    with house.database.read() as session:
        assert is_suppressed(session, ROTATED, "eve@example.net")


def test_an_address_met_after_rotation_outlives_the_old_key(house: House) -> None:
    run(house, lambda s: suppress(s, FIRST, "eve@example.net", "complaint", house.now()))
    for _ in range(2):
        run(house, lambda s: carry_over(s, ROTATED, ["bob@example.com", "eve@example.net"]))
    with house.database.read() as session:
        assert is_suppressed(session, SECOND_ONLY, "eve@example.net")
        assert not is_suppressed(session, SECOND_ONLY, "bob@example.com")


def test_a_suppression_is_found_by_copies_hashed_before_and_after_a_rotation(house: House) -> None:
    run(house, lambda s: suppress(s, ROTATED, "eve@example.net", "hard bounce", house.now()))
    with house.database.read() as session:
        kept = set(session.scalars(select(Suppression.address_hash)))
    assert {address_hash(FIRST, "eve@example.net"), address_hash(ROTATED, "eve@example.net")} <= kept


def days_until_suppressed(house: House, clock: Clock, *, every: int, most: int) -> int:
    """How long mail may come back for now, `every` so many days, before it is not sent any more; 0 when that never comes."""
    for number in range(most):
        for _ in range(3):  # reports of one day count once
            if run(house, lambda s: count_soft(s, FIRST, "eve@example.net", house.now())):
                return number * every + 1
        clock.forward(days=every)
    return 0


def test_mail_that_comes_back_for_now_is_given_up_when_it_keeps_coming_back(house: House, clock: Clock) -> None:
    assert days_until_suppressed(house, clock, every=1, most=20) == 6
    with house.database.read() as session:
        assert why_suppressed(session, FIRST, "eve@example.net") == "soft bounces"
        assert why_suppressed(session, FIRST, "bob@example.com") == ""
    assert run(house, lambda s: lift(s, FIRST, "eve@example.net")) is True
    assert days_until_suppressed(house, clock, every=7, most=20) == 57


def test_mail_that_comes_back_now_and_then_is_sent_on(house: House, clock: Clock) -> None:
    assert days_until_suppressed(house, clock, every=60, most=40) == 0
    with house.database.read() as session:
        assert session.scalars(select(SoftBounce.weight)).one() < SOFT_BOUNCES / 2


def test_what_was_lifted_is_mailed_again_whatever_key_it_was_hashed_with(house: House) -> None:
    run(house, lambda s: suppress(s, FIRST, "eve@example.net", "complaint", house.now()))
    run(house, lambda s: suppress(s, ROTATED, "eve@example.net", "hard bounce", house.now()))
    assert run(house, lambda s: lift(s, ROTATED, "Eve@example.net")) is True
    with house.database.read() as session:
        assert not is_suppressed(session, ROTATED, "eve@example.net")
    assert run(house, lambda s: lift(s, ROTATED, "Eve@example.net")) is False
