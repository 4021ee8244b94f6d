"""The writer: units are grouped, fail alone, and are acknowledged only when durable."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select, text
from sqlalchemy.orm import Session

from gateway.core.errors import Unavailable
from gateway.core.store.bell import ring_for
from gateway.core.store.db import Database
from gateway.core.store.models import Name

NewDatabase = Callable[[str], str]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PATIENCE = 60  # seconds a starved machine may take
OPENING = 3  # rings of an opening, at most, that come whenever the machine has time for them


def add(name: str) -> Callable[[Session], str]:
    def unit(session: Session) -> str:
        session.add(Name(name=name, created_at=NOW))
        return name

    return unit


class Held:
    """A writer whose (first) thread is inside a unit until `let_go`: what is submitted meanwhile waits in its queue."""

    def __init__(self, database: Database) -> None:
        begun, self._gate = threading.Event(), threading.Event()

        def unit(_: Session) -> None:
            begun.set()
            self._gate.wait(PATIENCE)

        self.future = database.writer.submit(unit)
        assert begun.wait(PATIENCE)

    def let_go(self) -> None:
        self._gate.set()
        self.future.result(PATIENCE)


def count(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Name)) or 0


def test_a_unit_is_durable_when_its_future_completes(database: Database) -> None:
    assert database.writer.run(add("alice")) == "alice"
    assert count(database) == 1


def test_a_unit_that_fails_fails_alone(database: Database) -> None:
    held = Held(database)
    futures = [database.writer.submit(add(name)) for name in ("alice", "bob", "alice", "carol")]
    held.let_go()
    assert sum(future.exception(PATIENCE) is not None for future in futures) == 1
    assert all(futures[n].exception() is None for n in (1, 3))
    assert count(database) == 3


def test_what_a_failed_unit_did_before_failing_is_undone(database: Database) -> None:
    def unit(session: Session) -> None:
        session.add(Name(name="eve", created_at=NOW))
        session.flush()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.writer.run(unit)
    assert count(database) == 0


def test_units_queued_during_a_commit_share_the_next_one(new_database: NewDatabase) -> None:
    database = Database(new_database("sqlite"))
    transactions: set[object] = set()

    def unit(session: Session) -> None:
        transactions.add(session.connection().get_transaction())

    held = Held(database)
    futures = [database.writer.submit(unit) for _ in range(20)]
    held.let_go()
    for future in futures:
        future.result(PATIENCE)
    database.close()
    assert len(transactions) == 1


def test_acknowledgements_go_before_other_work(database: Database) -> None:
    order: list[str] = []
    held = Held(database)
    work: Future[Any] = database.writer.submit(lambda _: order.append("work"))
    ack: Future[Any] = database.writer.submit(lambda _: order.append("ack"), ack=True)
    held.let_go()
    for future in (work, ack):
        future.result(PATIENCE)
    if database.is_sqlite:
        assert order == ["ack", "work"]
    assert sorted(order) == ["ack", "work"]


def test_a_lost_transaction_fails_every_unit_of_the_batch(new_database: NewDatabase) -> None:
    """SQLite rolls the whole transaction back on some errors; then nobody may be told that their unit was saved."""
    database = Database(new_database("sqlite"))

    def lose(session: Session) -> None:
        session.connection().connection.driver_connection.execute("ROLLBACK")  # type: ignore[union-attr]
        session.execute(text("SELECT * FROM no_such_table"))

    held = Held(database)
    futures: list[Future[Any]] = [database.writer.submit(unit) for unit in (add("alice"), lose, add("bob"))]
    held.let_go()
    failures = [future.exception(PATIENCE) for future in futures]
    assert all(isinstance(failure, Unavailable) for failure in failures), failures
    assert count(database) == 0
    assert database.writer.run(add("carol")) == "carol"
    database.close()


def test_a_failing_commit_fails_every_unit(new_database: NewDatabase) -> None:
    """A deferred foreign key is checked by COMMIT itself, which then fails."""
    database = Database(new_database("sqlite"))

    def dangle(session: Session) -> None:
        session.execute(text("PRAGMA defer_foreign_keys=ON"))
        session.execute(
            text(
                "INSERT INTO web_session (hash, member_id, csrf, created_at, expires_at) VALUES ('h', 99, 'c', 'x', 'x')"
            )
        )

    held = Held(database)
    futures: list[Future[Any]] = [database.writer.submit(add("alice")), database.writer.submit(dangle)]
    held.let_go()
    assert all(isinstance(future.exception(PATIENCE), Unavailable) for future in futures)
    assert count(database) == 0
    assert database.writer.run(add("bob")) == "bob"
    database.close()


def test_a_full_disk_fails_the_units_and_reading_goes_on(new_database: NewDatabase) -> None:
    """`max_page_count` gives SQLITE_FULL just as a full disk does; when there is room again, writing goes on."""
    database = Database(new_database("sqlite"))
    database.writer.run(add("alice"))

    def fill(session: Session) -> None:
        session.add_all(Name(name=f"n{n}" + "x" * 4000, created_at=NOW) for n in range(2000))
        session.flush()

    def limit(pages: int) -> Callable[[Session], object]:
        return lambda session: session.execute(text(f"PRAGMA max_page_count={pages}")).scalar()

    pages = database.writer.run(lambda session: session.execute(text("PRAGMA page_count")).scalar())
    assert pages
    database.writer.run(limit(int(pages) + 5))
    with pytest.raises(Unavailable, match="nothing was saved"):
        database.writer.run(fill)
    assert count(database) == 1
    database.writer.run(limit(1_000_000))
    database.writer.run(add("bob"))
    assert count(database) == 2
    database.close()


def test_close_finishes_what_was_submitted(database_url: str) -> None:
    database = Database(database_url)
    futures: list[Future[Any]] = [database.writer.submit(add(f"name{n}")) for n in range(50)]
    database.close()
    assert all(future.done() and future.exception() is None for future in futures)
    with pytest.raises(Unavailable):
        database.writer.submit(add("late"))


def test_a_commit_of_another_process_rings_the_bell(database_url: str) -> None:
    async def scenario() -> None:
        mine, other = Database(database_url), Database(database_url)
        try:
            with mine.bell.listener() as heard:
                other.writer.run(add("alice"))
                async with asyncio.timeout(PATIENCE):
                    await heard.wait()
        finally:
            await asyncio.to_thread(mine.close)
            await asyncio.to_thread(other.close)

    asyncio.run(scenario())


def test_readers_cannot_write(new_database: NewDatabase) -> None:
    database = Database(new_database("sqlite"))
    with database.read() as session, pytest.raises(Exception, match="readonly"):
        session.execute(text("DELETE FROM name"))
    database.close()


def test_whoever_stops_waiting_takes_nobody_else_along(database: Database) -> None:
    """A cancelled future must not end the writer's thread: `asyncio.wrap_future` passes a cancellation on."""
    held = Held(database)
    for name in ("alice", "bob", "carol", "dave"):
        database.writer.submit(add(name)).cancel()
    held.let_go()
    assert database.writer.submit(add("erin")).result(PATIENCE) == "erin"


def test_a_commit_that_changed_nothing_rings_no_bell(database_url: str) -> None:
    """Otherwise a loop that looks for work would wake itself for ever, and every other process."""

    async def scenario() -> None:
        mine, other = Database(database_url), Database(database_url)
        try:
            with mine.bell.listener() as here, other.bell.listener() as there:
                await asyncio.wrap_future(mine.writer.submit(add("alice")))
                async with asyncio.timeout(PATIENCE):
                    await here.wait()
                    await there.wait()

                async def all_is_quiet() -> bool:
                    here.clear()
                    there.clear()
                    await asyncio.wrap_future(mine.writer.submit(lambda session: session.scalars(select(Name)).all()))
                    await asyncio.sleep(0.3)
                    return not (here.is_set() or there.is_set())

                # A ring of the opening may come late on a busy machine, but not one for each commit.
                assert any([await all_is_quiet() for _ in range(OPENING + 1)])
        finally:
            await asyncio.to_thread(mine.close)
            await asyncio.to_thread(other.close)

    asyncio.run(scenario())


def test_an_error_of_the_database_holds_no_values(database: Database) -> None:
    database.writer.run(add("alice"))
    failure = database.writer.submit(add("alice")).exception(PATIENCE)
    assert failure is not None
    assert "alice" not in str(failure).replace("Key (name)=(alice)", "")


async def test_a_loop_sleeps_through_commits_that_make_no_work_for_it(database_url: str) -> None:
    """Neither what others do in this process wakes it, nor the second hearing of its own process's commits."""
    database = Database(database_url)
    bell = database.bell

    async def others_sleep(number: int) -> bool:
        def unit(session: Session) -> None:
            session.add(Name(name=f"alice{number}", created_at=NOW))
            ring_for(session, "outbox")

        with bell.listener("inbox") as inbox, bell.listener("outbox") as outbox, bell.listener() as anything:
            await asyncio.wrap_future(database.writer.submit(unit))
            async with asyncio.timeout(PATIENCE):
                await outbox.wait()
                await anything.wait()
            outbox.clear()
            await asyncio.sleep(0.3)
            return not (inbox.is_set() or outbox.is_set())

    try:
        assert any([await others_sleep(number) for number in range(OPENING + 1)])
    finally:
        await asyncio.to_thread(database.close)


async def test_a_unit_that_fails_wakes_nobody(database: Database) -> None:
    def unit(session: Session) -> None:
        ring_for(session, "inbox")
        raise ValueError("no")

    async def all_sleep(number: int) -> bool:
        with database.bell.listener("inbox") as heard:
            with pytest.raises(ValueError, match="no"):
                await asyncio.wrap_future(database.writer.submit(unit))
            await asyncio.wrap_future(database.writer.submit(add(f"bob{number}")))
            return not heard.is_set()

    assert any([await all_sleep(number) for number in range(OPENING + 1)])


def test_a_unit_whose_process_was_stopped_in_the_middle_lets_go_of_its_locks_and_is_run_again(
    new_database: NewDatabase,
) -> None:
    """On PostgreSQL the server ends a write transaction that waits for its process, so that nobody else waits for that."""
    database = Database(new_database("postgresql"))
    tries = []

    def unit(session: Session) -> str:
        session.add(Name(name="alice", created_at=NOW))
        session.flush()
        tries.append(session.scalar(text("SELECT pg_backend_pid()")))
        assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "20s"
        if len(tries) == 1:
            session.execute(text("SET idle_in_transaction_session_timeout = '10ms'"))
            assert _is_gone(database, tries[0])
        return str(session.scalar(text("SELECT current_user")))

    assert database.writer.submit(unit).result(PATIENCE)
    assert len(set(tries)) == 2
    assert count(database) == 1
    database.close()


def test_a_unit_whose_connection_is_cut_is_run_again_and_one_that_is_being_committed_is_not(
    new_database: NewDatabase,
) -> None:
    """Of the one it is known that nothing is saved. Of a COMMIT that was cut off nothing is known, and twice is worse than a word about it."""
    database = Database(new_database("postgresql"))
    tries: list[int] = []

    def unit(session: Session) -> None:
        session.add(Name(name=f"alice{len(tries)}", created_at=NOW))
        session.flush()
        tries.append(session.scalar(text("SELECT pg_backend_pid()")) or 0)
        if len(tries) == 1:
            cut(session)
            session.scalar(text("SELECT 1"))

    def last(session: Session) -> None:
        tries.append(0)
        session.add(Name(name="bob", created_at=NOW))
        event.listen(session.connection().engine, "commit", lambda connection: cut(connection), once=True)

    def cut(session: Session | Connection) -> None:
        """As when the network goes away, and whatever the server had to say with it."""
        connection = session.connection() if isinstance(session, Session) else session
        driver = connection.connection.driver_connection
        assert driver is not None
        with socket.socket(fileno=os.dup(driver.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    assert database.writer.submit(unit).exception(PATIENCE) is None
    assert len(tries) == 2
    assert count(database) == 1
    assert isinstance(database.writer.submit(last).exception(PATIENCE), Unavailable)
    assert len(tries) == 3
    database.close()


def _is_gone(database: Database, pid: int) -> bool:
    """Waits for a server process to end, 20 s at most."""
    pause = threading.Event()

    def is_there() -> bool:
        with database.read() as session:  # each sees the list as it was at first
            found = session.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid"), {"pid": pid})
            return bool(found)

    return any(not is_there() or pause.wait(0.01) for _ in range(6000))
