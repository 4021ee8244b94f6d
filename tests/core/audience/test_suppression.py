"""Suppression: nothing is mailed to a suppressed address, through erasure and key rotation."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience.suppression import address_hash, carry_over, is_suppressed, suppress
from gateway.core.house import House
from gateway.core.people.tokens import Keyring
from gateway.core.store.models import Suppression

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
        run(house, lambda s: carry_over(s, ROTATED, ["bob@example.com", "Eve@example.net"]))
    with house.database.read() as session:
        assert is_suppressed(session, SECOND_ONLY, "eve@example.net")
        assert not is_suppressed(session, SECOND_ONLY, "bob@example.com")


def test_a_suppression_is_found_by_copies_hashed_before_and_after_a_rotation(house: House) -> None:
    run(house, lambda s: suppress(s, ROTATED, "eve@example.net", "hard bounce", house.now()))
    with house.database.read() as session:
        kept = set(session.scalars(select(Suppression.address_hash)))
    assert {address_hash(FIRST, "eve@example.net"), address_hash(ROTATED, "eve@example.net")} <= kept
