"""Many rows in one statement: what is done and said is as if it were done row by row."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from gateway.core.house import House
from gateway.core.store.at_once import ForEach, ManyClaimable, OfIds, insert_many_if_new
from gateway.core.store.models import Subscriber, Suppression
from tests.conftest import NOON, Cast
from tests.core.hands import do

READER = cast("Table", Subscriber.__table__)


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
    rows: list[dict[str, Any]] = [
        {"address_hash": "1", "reason": None, "created_at": NOON},
        {"address_hash": "2", "reason": "asked", "created_at": NOON},
    ]
    with pytest.raises(IntegrityError):
        do(house, lambda session: insert_many_if_new(session, Suppression, rows))
    with house.database.read() as session:
        assert session.scalars(select(Suppression)).all() == []


@pytest.fixture
def readers(house: House, cast: Cast) -> list[int]:
    """The ids of 300 readers."""
    rows = [
        {"blog_id": 1, "address": f"{one}@example.com", "status": "pending", "cadence": "each", "asked_at": NOON}
        for one in range(300)
    ]
    do(house, lambda session: insert_many_if_new(session, Subscriber, rows))
    with house.database.read() as session:
        return list(session.scalars(select(Subscriber.id).order_by(Subscriber.id)))


def sources(house: House, ids: Sequence[int]) -> list[str]:
    with house.database.read() as session:
        return [session.get_one(Subscriber, row_id).source for row_id in ids]


AWKWARD = ["", 'it\'s "quoted"', "a\0b", "\ud83d", "\U0001f600", "[1]", "null", "line\nbreak", "\\u0041"]


def test_each_row_is_changed_by_its_own_values_and_those_that_all_share(house: House, readers: list[int]) -> None:
    changing = ForEach(
        {"row_id": READER.c.id.type, "came": READER.c.source.type, "was": READER.c.status.type},
        lambda row: (
            update(READER)
            .where(READER.c.id == row.row_id, READER.c.status == row.was)
            .values(source=row.came, cadence=bindparam("cadence"))
        ),
    )
    rows = [{"row_id": row_id, "came": said, "was": "pending"} for row_id, said in zip(readers, AWKWARD, strict=False)]
    rows[1] |= {"was": "active"}  # which it is not
    assert do(house, lambda session: changing.run(session, rows, cadence="monthly")) == len(AWKWARD) - 1
    stored = [
        "\N{REPLACEMENT CHARACTER}".join(said.split("\0")).replace("\ud83d", "\N{REPLACEMENT CHARACTER}")
        for said in AWKWARD
    ]
    assert sources(house, readers[: len(AWKWARD) + 1]) == [stored[0], "form", *stored[2:], "form"]
    with house.database.read() as session:
        assert session.get_one(Subscriber, readers[0]).cadence == "monthly"
        assert session.get_one(Subscriber, readers[1]).cadence == "each"


def test_of_the_rows_with_these_ids_those_that_fulfil_conditions_are_changed_and_named(
    house: House, readers: list[int]
) -> None:
    leaving = OfIds(
        READER,
        [READER.c.status == "pending", READER.c.asked_at < bindparam("now", type_=READER.c.asked_at.type)],
        {"status": "unsubscribed", "source": READER.c.source + "!", "left_at": bindparam("left")},
    )
    some, later = [*readers[10:60], 10**12], NOON + timedelta(seconds=1)
    assert do(house, lambda session: leaving.run(session, some, now=NOON, left=later)) == []
    found = do(house, lambda session: leaving.run(session, some, now=later, left=later))
    assert sorted(found) == readers[10:60]
    assert do(house, lambda session: leaving.run(session, some, now=later, left=later)) == []
    assert do(house, lambda session: leaving.run(session, [], now=later, left=later)) == []
    assert sources(house, readers[9:61]) == ["form", *["form!"] * 50, "form"]
    with house.database.read() as session:
        assert session.get_one(Subscriber, readers[10]).left_at == later


def test_without_conditions_those_that_are_there_are_changed(house: House, readers: list[int]) -> None:
    marking = OfIds(READER, [], {"source": "import"})
    assert sorted(do(house, lambda session: marking.run(session, [*readers[:3], 10**12]))) == readers[:3]


def test_many_rows_come_in_their_order_and_with_the_values_of_the_mapping(house: House, readers: list[int]) -> None:
    asked = (
        select(*[READER.c[name] for name in ("id", "address", "asked_at", "left_at", "hash_key")])
        .where(READER.c.id > bindparam("after"))
        .order_by(READER.c.id.desc())
        .limit(bindparam("most"))
    )

    def rows(**values: Any) -> list[tuple[Any, ...]]:
        return do(house, lambda session: [tuple(row) for row in ManyClaimable(asked).rows(session, **values)])

    with house.database.read() as session:
        theirs = [tuple(row) for row in session.execute(asked, {"after": readers[40], "most": 200})]
    assert len(theirs) == 200
    assert rows(after=readers[40], most=200) == theirs
    assert rows(after=readers[-1], most=200) == []
