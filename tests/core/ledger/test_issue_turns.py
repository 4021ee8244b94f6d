"""Claims of copies: only of issues that are being sent, each its share, and as cheap however many others wait or were sent."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.issue_turns import IssueTurns
from gateway.core.ledger.outbox import Claim, Intent
from gateway.core.people import accounts
from gateway.core.store.db import Database
from gateway.core.store.models import Blog, Delivery, Issue
from gateway.core.writing import blogs
from tests.conftest import NOON, Cast
from tests.counting import steps

LEASE = timedelta(seconds=60)


def issue(session: Session, number: int, status: str = "sending") -> int:
    """An issue of the only blog or alice's."""
    blog = session.scalar(select(func.min(Blog.id)))
    one = Issue(blog_id=blog, cadence="weekly", period=str(number), status=status, created_at=NOON, send_at=NOON)
    session.add(one)
    session.flush()
    return one.id


def queue(session: Session, issue_id: int, count: int, *, first: int = 0) -> None:
    readers = range(first, first + count)
    cause = f"issue:{issue_id}"
    outbox.queue_many(
        session, (Intent("issue", "newsletter", f"r{n}@example.net", cause, issue_id=issue_id) for n in readers), NOON
    )


def claim(session: Session, turns: IssueTurns, most: int = 10) -> list[Claim]:
    return outbox.claim(session, "newsletter", NOON, limit=most, lease=LEASE, among=turns)


def shares(claims: list[Claim]) -> dict[int | None, int]:
    return dict(Counter(one.issue_id for one in claims))


def test_issues_share_what_is_claimed_and_one_alone_gets_all(house: House, cast: Cast) -> None:
    def unit(session: Session) -> None:
        turns = IssueTurns()
        large, small, third = (issue(session, n) for n in range(3))
        queue(session, large, 100)
        queue(session, small, 4)
        queue(session, third, 100)
        assert shares(claim(session, turns, 9)) == {large: 3, small: 3, third: 3}
        assert shares(claim(session, turns, 9)) == {large: 3, small: 1, third: 5}
        session.execute(update(Issue).where(Issue.id == third).values(status="paused"))
        assert shares(claim(session, turns, 9)) == {large: 9}

    house.database.writer.run(unit)


def test_with_less_room_than_issues_each_gets_its_turn(house: House, cast: Cast) -> None:
    def unit(session: Session) -> None:
        turns = IssueTurns()
        issues = [issue(session, n) for n in range(3)]
        for one in issues:
            queue(session, one, 5)
        assert [claim(session, turns, 1)[0].issue_id for _ in range(6)] == issues * 2

    house.database.writer.run(unit)


@pytest.mark.parametrize("status", ["cutting", "scheduled", "paused", "cancelled"])
def test_what_waits_is_not_claimed_until_its_issue_goes_on(house: House, cast: Cast, status: str) -> None:
    def unit(session: Session) -> None:
        turns = IssueTurns()
        one = issue(session, 1, status)
        queue(session, one, 3)
        assert claim(session, turns) == []
        session.execute(update(Issue).values(status="sending"))
        assert len(claim(session, turns)) == 3

    house.database.writer.run(unit)


def test_copies_that_are_due_later_wait(house: House, cast: Cast) -> None:
    def unit(session: Session) -> None:
        queue(session, issue(session, 1), 3)
        session.execute(
            update(Delivery).where(Delivery.recipient == "r1@example.net").values(due_at=NOON + timedelta(1))
        )
        assert [one.recipient for one in claim(session, IssueTurns())] == ["r0@example.net", "r2@example.net"]

    house.database.writer.run(unit)


def test_copies_of_a_cancelled_issue_end_without_leaving_and_of_a_paused_one_wait(house: House, cast: Cast) -> None:
    def unit(session: Session) -> None:
        first, second, third = (issue(session, n) for n in range(3))
        for one in (first, second, third):
            queue(session, one, 1)
        claims = claim(session, IssueTurns())
        session.execute(update(Issue).where(Issue.id == first).values(status="cancelled"))
        session.execute(update(Issue).where(Issue.id == second).values(status="paused"))
        assert outbox.attempt(session, claims, NOON) == {one.id for one in claims if one.issue_id == third}
        statuses = {row.issue_id: row.status for row in session.scalars(select(Delivery))}
        assert statuses == {first: "cancelled", second: "queued", third: "attempting"}

    house.database.writer.run(unit)


def test_copies_leave_only_in_the_hours_in_which_their_blog_sends(house: House, cast: Cast) -> None:
    def unit(session: Session) -> None:
        queue(session, issue(session, 1), 3)
        blog = session.get_one(Blog, cast.blog)
        blog.time_zone, blog.send_from, blog.send_until = "Asia/Tokyo", 22, 7  # it is 21:00 there
        assert claim(session, IssueTurns()) == []
        later = NOON + timedelta(hours=1)
        assert len(outbox.claim(session, "newsletter", later, limit=9, lease=LEASE, among=IssueTurns())) == 3

    house.database.writer.run(unit)


# What a claim costs

MANY = 20_000


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """A database with a blog, an issue that is being sent and 1,000 copies of it."""
    database = Database(url)

    def unit(session: Session) -> None:
        alice = accounts.join(session, handle="alice", address="alice@example.com", now=NOON, display_name="Alice")
        blogs.create(session, alice, NOON)
        queue(session, issue(session, 1), 1000)

    database.writer.run(unit)
    yield database
    database.close()


def more(session: Session, number: int, issue_status: str, status: str) -> None:
    """Another issue with many copies."""
    one = issue(session, number, issue_status)
    rows = (
        outbox._row(Intent("issue", "newsletter", f"r{n}@example.net", f"issue:{one}", issue_id=one), NOON)
        | {"status": status}
        for n in range(MANY)
    )
    session.execute(insert(Delivery), list(rows))


def test_a_claim_costs_sqlite_as_much_with_and_without_history_and_waiting_issues(
    new_database: Callable[[str], str],
) -> None:
    with opened(new_database("sqlite")) as database:
        alone = database.writer.run(next_hundred)
        database.writer.run(lambda session: more(session, 2, "finished", "sent"))
        with_history = database.writer.run(next_hundred)
        database.writer.run(lambda session: more(session, 3, "paused", "queued"))
        database.writer.run(lambda session: more(session, 4, "cutting", "queued"))
        with_waiting = database.writer.run(next_hundred)
    assert with_history <= alone * 1.05
    assert with_waiting <= alone * 1.1


def next_hundred(session: Session) -> int:
    """How many steps it takes to find them."""

    def ask() -> None:
        assert len(IssueTurns().rows(session, channel="newsletter", now=NOON, most=100)) == 100

    return steps(session, ask)


def test_a_claim_reads_few_blocks_of_postgresql_beside_history_and_waiting_issues(
    new_database: Callable[[str], str],
) -> None:
    with opened(new_database("postgresql")) as database:
        database.writer.run(analyse)
        alone = database.writer.run(blocks)
        for number, issue_status, status in (
            (2, "finished", "sent"),
            (3, "paused", "queued"),
            (4, "cutting", "queued"),
        ):
            database.writer.run(partial(more, number=number, issue_status=issue_status, status=status))
        database.writer.run(analyse)
        assert database.writer.run(blocks) <= 2 * alone  # looking past what waits would read thousands


def analyse(session: Session) -> None:
    """As autovacuum does, sooner or later; without it a plan depends on how late."""
    session.execute(text("ANALYZE"))


def blocks(session: Session) -> int:
    """How many blocks of the table and its indexes PostgreSQL looks at to find the next 100."""

    def looked() -> int:
        session.execute(text("SELECT pg_stat_clear_snapshot()"))
        seen = "SELECT pg_stat_get_xact_blocks_fetched(oid) FROM pg_class WHERE relname LIKE '%delivery%'"
        return sum(session.scalars(text(seen)))

    before = looked()
    found = IssueTurns().rows(session, channel="newsletter", now=NOON, most=100)
    assert len(found) == 100
    return looked() - before
