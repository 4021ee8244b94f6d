"""The bell: loops that wait for work sleep on it, and every commit rings it.

A ring means "look again", never "there is work": the database is the truth and every loop also looks by itself now and then.
Commits of other processes ring it too: on SQLite through `PRAGMA data_version`, on PostgreSQL through LISTEN.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Protocol

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

CHANNEL = "postroom"
SQLITE_LOOK_SECONDS = 0.05
RECONNECT_SECONDS = 1.0


class Bell:
    """Wakes every waiting loop, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def ring(self) -> None:
        with self._lock:
            waiters = list(self._waiters.items())
        for heard, loop in waiters:
            with contextlib.suppress(RuntimeError):  # that loop is closing
                loop.call_soon_threadsafe(heard.set)

    @contextlib.contextmanager
    def listener(self) -> Iterator[asyncio.Event]:
        """An event that every ring sets; clear it before looking for work. Belongs to the running loop."""
        heard = asyncio.Event()
        with self._lock:
            self._waiters[heard] = asyncio.get_running_loop()
        try:
            yield heard
        finally:
            with self._lock:
                del self._waiters[heard]


class Watcher(Protocol):
    def close(self) -> None: ...


def watch(engine: Engine, bell: Bell, *, is_sqlite: bool) -> Watcher:
    """A thread that rings the bell when another process has committed."""
    return SqliteWatcher(engine, bell) if is_sqlite else PostgresWatcher(engine, bell)


class SqliteWatcher:
    """Looks at `PRAGMA data_version`, which changes when any other connection commits (SQLite docs, pragma.html)."""

    def __init__(self, engine: Engine, bell: Bell) -> None:
        self._bell, self._stop = bell, threading.Event()
        self._connection = engine.raw_connection()
        self._seen = self._version()
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(SQLITE_LOOK_SECONDS):
            if (version := self._version()) != self._seen:
                self._seen = version
                self._bell.ring()

    def _version(self) -> int:
        cursor = self._connection.cursor()
        try:
            return int(cursor.execute("PRAGMA data_version").fetchone()[0])
        finally:
            cursor.close()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._connection.close()


class PostgresWatcher:
    """LISTENs on a connection of its own, and connects again when it is lost."""

    def __init__(self, engine: Engine, bell: Bell) -> None:
        self._bell, self._stop = bell, threading.Event()
        self._address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with psycopg.connect(self._address, autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._bell.ring()  # whatever was committed while nobody listened
                    self._listen(connection)
            except (psycopg.Error, SQLAlchemyError, OSError):
                self._stop.wait(RECONNECT_SECONDS)

    def _listen(self, connection: psycopg.Connection) -> None:
        while not self._stop.is_set():
            for _ in connection.notifies(timeout=0.2, stop_after=1):
                self._bell.ring()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
