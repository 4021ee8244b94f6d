"""The writer: every change of a process goes through here, in short units, grouped into few commits.

On SQLite one thread takes all units that queued during the last commit, runs each in a new Session under its own savepoint, commits once,
and only then completes their futures. So:

- a unit that raises fails alone; its savepoint is rolled back, the others are kept (a unit without company needs none: the transaction is its own);
- when the transaction itself is lost (full disk, I/O error) or COMMIT fails, every unit of the batch fails: nothing was acknowledged;
- a unit's result is handed out only after its commit is durable (synchronous=FULL).

Acknowledgements (`ack=True`: the inbox behind SMTP 250 and chat acks) go first. Units are short: no rendering, parsing or network; and
never submit another unit and wait for it, which would wait for ever. On PostgreSQL several threads do the same; acknowledgements are
grouped, other units commit one by one, and a unit lost to a deadlock or serialization failure is run again. So is one during which the process was
stopped for so long that the server took its locks away (db.IDLE_SECONDS), and one whose connection was cut before its COMMIT.

A SIGKILL at any moment leaves whole batches or nothing; nobody was told of a batch that is not there.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from secrets import token_hex
from sqlite3 import Connection as SqliteConnection
from sqlite3 import Error as SqliteError
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.orm import Session

from gateway.core.errors import Unavailable
from gateway.core.store.bell import CHANNEL, Bell, Work

T = TypeVar("T")
BATCH = 500
LOOK_SECONDS = 0.05  # between looks whether another process has changed an SQLite database
# A transaction that changed nothing has no id yet (PostgreSQL, 9.27), and then nobody is told.
_NOTIFY = text(f"SELECT pg_notify('{CHANNEL}', :name) WHERE pg_current_xact_id_if_assigned() IS NOT NULL")
PATIENCE = 3  # how often a unit lost to another's transaction is run again


@dataclass(slots=True)
class _Unit:
    work: Callable[[Session], Any]
    future: "Future[Any]" = field(default_factory=Future)
    result: Any = None
    failure: BaseException | None = None
    makes: frozenset[Work] = frozenset()

    def done(self, session: Session, result: Any) -> None:
        self.result, self.failure, self.makes = result, None, frozenset(session.info.get("work", ()))

    def failed(self, failure: BaseException) -> None:
        self.result, self.failure, self.makes = None, failure, frozenset()


class Writer:
    """Runs units of change. `submit` returns at once; its future completes when the change is durable, or says why not."""

    def __init__(self, engine: Engine, bell: Bell, *, threads: int = 1) -> None:
        self.name = token_hex(8)  # by which PostgreSQL's notices of this process are known
        self._engine, self._bell = engine, bell
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._acks: deque[_Unit] = deque()
        self._work: deque[_Unit] = deque()
        self._ready = threading.Condition()
        self._closed = False
        self._looked = 0.0
        self._kept: Connection | None = None
        self._threads = [threading.Thread(target=self._run, name=f"writer-{n}", daemon=True) for n in range(threads)]
        if self._is_sqlite:
            self._look()
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[Session], T], *, ack: bool = False) -> "Future[T]":
        unit = _Unit(work)
        with self._ready:
            if self._closed:
                raise Unavailable("Postroom is stopping; nothing was saved.", hint="Try again in a minute.")
            (self._acks if ack else self._work).append(unit)
            self._ready.notify()
        return unit.future

    def run(self, work: Callable[[Session], T]) -> T:
        """Submits and waits: for the CLI and for tests, never from a unit or an event loop."""
        return self.submit(work).result()

    def close(self) -> None:
        """Finishes all that was submitted, then stops."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (units := self._take()) is not None:
            if self._is_sqlite and time.monotonic() - self._looked >= LOOK_SECONDS:
                self._look()
            if units:
                self._commit(units)
        self._let_go()

    def _take(self) -> list[_Unit] | None:
        """What waits; nothing now and then on SQLite, for a look around; None when all is done."""
        with self._ready:
            while not (self._acks or self._work):
                if self._closed:
                    return None
                if not self._ready.wait(LOOK_SECONDS if self._is_sqlite else None):
                    return []
            if not self._is_sqlite and not self._acks:
                return [self._work.popleft()]
            units = [self._acks.popleft() for _ in range(min(BATCH, len(self._acks)))]
            if self._is_sqlite:
                units += [self._work.popleft() for _ in range(min(BATCH - len(units), len(self._work)))]
            return units

    def _look(self) -> None:
        """Rings for what other connections have committed (SQLite docs, pragma.html: data_version); our own commits don't count."""
        self._looked = time.monotonic()
        try:
            with self._connection() as connection:
                version = connection.connection.cursor().execute("PRAGMA data_version").fetchone()
                seen = connection.info.setdefault("data_version", version)
                connection.info["data_version"] = version
        except (SQLAlchemyError, SqliteError):
            return
        if version != seen:
            self._bell.ring()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """SQLite: one that is kept, for taking it from the pool and giving it back costs as much as an insert. Elsewhere one from the pool, which sees to lost ones."""
        if not self._is_sqlite:
            with self._engine.connect() as connection:
                yield connection
            return
        if self._kept is None:
            self._kept = self._engine.connect()
        try:
            yield self._kept
        except BaseException:
            self._let_go()
            raise

    def _let_go(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def _commit(self, units: list[_Unit]) -> None:
        # From here on nobody can cancel a unit; whoever stopped waiting before has it left out.
        units = [unit for unit in units if unit.future.set_running_or_notify_cancel()]
        if not units:
            return
        changed = False
        run = _run_under_savepoint if len(units) > 1 else _run_alone
        for left in reversed(range(PATIENCE)):
            running = False
            try:
                with self._connection() as connection, connection.begin():
                    running, before = True, _changes(connection)
                    for unit in units:
                        run(connection, unit)
                    changed = any(unit.failure is None for unit in units) and self._tell_others(connection, before)
                    running = False
            except BaseException as error:
                if left and (_worth_another_try(error) or (running and _was_cut_off(error))):
                    continue
                for unit in units:
                    unit.future.set_exception(_lost(error))
                return
            break
        for unit in units:
            unit.future.set_exception(unit.failure) if unit.failure else unit.future.set_result(unit.result)
        if changed:
            self._bell.ring(frozenset().union(*(unit.makes for unit in units)))

    def _tell_others(self, connection: Connection, before: int) -> bool:
        """Whether this transaction changed anything; only then is it worth waking anybody, here or in other processes."""
        if self._is_sqlite:
            return _changes(connection) != before
        return connection.execute(_NOTIFY, {"name": self.name}).first() is not None


def _run_under_savepoint(connection: Connection, unit: _Unit) -> None:
    """Runs it; a failure of its own has its changes undone. Raises when the whole transaction is lost."""
    session = Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
    try:
        unit.done(session, unit.work(session))
        session.commit()
    except BaseException as error:
        if _transaction_lost(connection, error):
            raise
        session.rollback()
        unit.failed(error)
    finally:
        session.close()


def _run_alone(connection: Connection, unit: _Unit) -> None:
    """As `_run_under_savepoint`, for the only unit of a transaction: two statements less."""
    session = Session(connection, join_transaction_mode="rollback_only", expire_on_commit=False)
    try:
        unit.done(session, unit.work(session))
        session.flush()
    except BaseException as error:
        if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError | DataError | ProgrammingError):
            raise
        session.rollback()
        unit.failed(error)
    finally:
        session.close()


def _changes(connection: Connection) -> int:
    """SQLite's count of rows changed so far on this connection; 0 elsewhere."""
    driver = connection.connection.driver_connection
    return driver.total_changes if isinstance(driver, SqliteConnection) else 0


def _transaction_lost(connection: Connection, error: BaseException) -> bool:
    if _worth_another_try(error):
        return True
    driver = connection.connection.driver_connection
    if driver is None or connection.invalidated:
        return True
    return connection.dialect.name == "sqlite" and not driver.in_transaction


def _worth_another_try(error: BaseException) -> bool:
    """PostgreSQL: serialization_failure 40001, deadlock_detected 40P01, idle_in_transaction_session_timeout 25P03 (appendix A): all undone by the server."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in {"40001", "40P01", "25P03"}


def _was_cut_off(error: BaseException) -> bool:
    """PostgreSQL: the connection is gone, so that what was not being committed is undone. That is all one hears of a 25P03 when its words are lost on the way."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _lost(error: BaseException) -> BaseException:
    if not isinstance(error, SQLAlchemyError):
        return error
    failure = Unavailable("The database could not save this; nothing was saved.", hint="Try again in a few minutes.")
    failure.__cause__ = error
    return failure
