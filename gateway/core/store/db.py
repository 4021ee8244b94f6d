"""The database, opened: engines for reading and writing, the writer, the bell.

SQLite: WAL, synchronous=FULL, foreign keys on; readers are query-only; every write transaction begins IMMEDIATE so that it waits
for its turn instead of failing half-way. PostgreSQL: psycopg 3 behind SQLAlchemy's pool, times in UTC.
"""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session

from gateway.core.errors import Invalid
from gateway.core.store.bell import Bell, PostgresWatcher
from gateway.core.store.driver import ask
from gateway.core.store.writer import Writer

BUSY_TIMEOUT_MS = 15_000
CHECKPOINT_PAGES = (
    4_000  # 16 MB of log, four times SQLite's default, so that a quarter as many checkpoints stand between commits
)

IDLE_SECONDS = 20
"""How long PostgreSQL lets a write transaction wait for its process, and hold its locks, should that be stopped in the middle; a third of the usual lease."""
_ALWAYS = "-c timezone=UTC"
_WRITING = f"{_ALWAYS} -c idle_in_transaction_session_timeout={IDLE_SECONDS}s"


class Database:
    """Engines, writer and bell of one process. `close()` finishes what was submitted and lets go of every connection."""

    def __init__(self, url: str) -> None:
        self.url = normal_url(url)
        self.is_sqlite = make_url(self.url).get_backend_name() == "sqlite"
        self.bell = Bell()
        self._read_engine = make_engine(self.url, writing=False)
        self._write_engine = make_engine(self.url, writing=True)
        self.writer = Writer(self._write_engine, self.bell, threads=1 if self.is_sqlite else 3)
        self._watcher = None if self.is_sqlite else PostgresWatcher(self._read_engine, self.bell, self.writer.name)

    def read(self) -> Session:
        """A session on one snapshot, for reading only, to be closed by `with`."""
        return Session(self._read_engine, expire_on_commit=False, autoflush=False)

    def close(self) -> None:
        if self._watcher:
            self._watcher.close()
        self.writer.close()
        self._read_engine.dispose()
        self._write_engine.dispose()


def normal_url(url: str) -> str:
    """The URL with our drivers named: `postgresql://` and `postgres://` mean psycopg 3; a bare path means SQLite."""
    if "://" not in url:
        return f"sqlite:///{url}"
    scheme, rest = url.split("://", 1)
    if scheme in {"postgres", "postgresql", "postgresql+psycopg"}:
        return f"postgresql+psycopg://{rest}"
    if scheme in {"sqlite", "sqlite+pysqlite"}:
        return f"sqlite://{rest}"
    raise Invalid(f"database_url: Postroom keeps its data in SQLite or PostgreSQL, not in {scheme!r}.")


def file_of(url: str) -> Path | None:
    """The file of an SQLite database; None for one in memory or on a server."""
    parsed = make_url(normal_url(url))
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database not in {None, "", ":memory:"}
    return Path(str(parsed.database)) if is_file else None


def make_engine(url: str, *, writing: bool) -> Engine:
    """An engine for one kind of work; on SQLite a reader's connection refuses to write. Errors hold no values of rows."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=6,
            max_overflow=10,
            connect_args={"options": _WRITING if writing else _ALWAYS},
        )
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=2 if writing else 8,
        max_overflow=24,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: SqliteConnection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are ours to begin
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-32000",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            *(() if writing else ("query_only=ON",)),
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        ask(connection, "BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
