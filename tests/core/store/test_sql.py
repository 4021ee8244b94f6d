"""What runs past the mapping gives objects like any other."""

from collections.abc import Iterable

import pytest
from sqlalchemy import bindparam, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.store.models import Blog, Member, Subscriber, Suppression
from gateway.core.store.sql import Ready, by_id, insert_many_if_new
from tests.conftest import NOON, Cast
from tests.core.hands import do


def test_an_object_by_its_id_is_as_the_mapping_loads_it(house: House, cast: Cast) -> None:
    with house.database.read() as one, house.database.read() as other:
        ours, theirs = by_id(one, Member, cast.alice), other.get_one(Member, cast.alice)
        assert ours is not None
        for column in [attribute.key for attribute in inspect(Member).column_attrs]:
            assert getattr(ours, column) == getattr(theirs, column), column
        blog = by_id(one, Blog, 1)
        assert blog is not None
        assert blog.owner.id == blog.member_id


def test_there_is_one_object_for_a_row_in_a_session(house: House, cast: Cast) -> None:
    with house.database.read() as session:
        assert by_id(session, Member, cast.alice) is session.get(Member, cast.alice)
        bob = by_id(session, Member, cast.bob)
        assert session.get_one(Member, cast.bob) is bob


def test_what_is_changed_of_it_is_saved_and_what_is_undone_is_not(house: House, cast: Cast) -> None:
    def rename(session: Session) -> None:
        alice = by_id(session, Member, cast.alice)
        assert alice is not None
        assert not session.dirty
        alice.display_name = "Alice of the pier"
        session.flush()
        with session.begin_nested() as savepoint:
            alice.display_name = "Nobody"
            session.flush()
            savepoint.rollback()

    do(house, rename)
    with house.database.read() as session:
        assert session.get_one(Member, cast.alice).display_name == "Alice of the pier"


def test_who_is_not_there_is_none(house: House) -> None:
    with house.database.read() as session:
        assert by_id(session, Member, 12345) is None


def test_a_row_asked_for_by_the_driver_is_that_of_sqlalchemy(house: House, cast: Cast) -> None:
    wanted = select(Member).where(Member.id == bindparam("wanted_id"), Member.role == "member")
    with house.database.read() as session:
        row = Ready(wanted).first(session.connection(), {"wanted_id": cast.bob})
        assert row is not None
        assert tuple(row) == tuple(session.connection().execute(wanted, {"wanted_id": cast.bob}).one())


def test_many_rows_are_stored_once_each_and_counted(house: House) -> None:
    """As many as take several statements. Those that are there already stay as they are; what comes twice is stored once."""

    def store(numbers: Iterable[int], reason: str) -> int:
        rows = [{"address_hash": f"{one:04}", "reason": reason, "created_at": NOON} for one in numbers]
        return do(house, lambda session: insert_many_if_new(session, Suppression, rows))

    assert store([], "asked") == 0
    assert store([7, 7, 8], "asked") == 2
    assert store(range(300), "complaint") == 298
    assert store(range(300), "hard bounce") == 0
    assert store(range(1_500, 4_000), "asked") == 2_500
    with house.database.read() as session:
        stored = session.scalars(select(Suppression).order_by(Suppression.address_hash).limit(300)).all()
        assert [one.address_hash for one in stored] == [f"{one:04}" for one in range(300)]
        assert {one.reason for one in stored[7:9]} == {"asked"}
        assert {one.reason for one in [*stored[:7], *stored[9:]]} == {"complaint"}
        assert {one.created_at for one in stored} == {NOON}


def test_a_column_that_is_not_named_gets_the_mappings_value(house: House, cast: Cast) -> None:
    rows = [
        {"blog_id": 1, "address": f"{name}@example.com", "status": "pending", "cadence": "each", "asked_at": NOON}
        for name in ("carol", "dave")
    ]
    assert do(house, lambda session: insert_many_if_new(session, Subscriber, rows)) == 2
    with house.database.read() as session:
        assert session.scalars(select(Subscriber.source)).all() == ["form", "form"]


def test_many_rows_that_the_database_refuses_are_refused_as_sqlalchemy_does(house: House) -> None:
    rows = [
        {"address_hash": "1", "reason": None, "created_at": NOON},
        {"address_hash": "2", "reason": "asked", "created_at": NOON},
    ]
    with pytest.raises(IntegrityError):
        do(house, lambda session: insert_many_if_new(session, Suppression, rows))
    with house.database.read() as session:
        assert session.scalars(select(Suppression)).all() == []
