"""What runs past the mapping gives objects like any other."""

from sqlalchemy import bindparam, inspect, select
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.store.models import Blog, Member
from gateway.core.store.sql import Ready, by_id
from tests.conftest import Cast
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
