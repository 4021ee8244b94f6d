"""The bell: loops that wait for work sleep on it, and every commit that changed something rings it.

A ring means "look again", never "there is work": the database is the truth and every loop also looks by itself now and then. A unit that makes
work for a loop names that loop's work (`ring_for`), and a loop that listens for its own work sleeps through all other commits of this process;
those of other processes wake everybody. They are heard on SQLite through `PRAGMA data_version`, which the writer looks at, on PostgreSQL through LISTEN.
"""

import asyncio
import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from typing import Literal

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

CHANNEL = "postroom"
RECONNECT_SECONDS = 1.0


Work = Literal["inbox", "outbox"]


def ring_for(session: Session, work: Work) -> None:
    """Has the commit of this unit wake who does that work."""
    session.info.setdefault("work", set()).add(work)


class Bell:
    """Wakes waiting loops, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: dict[asyncio.Event, tuple[asyncio.AbstractEventLoop, Work | None]] = {}

    def ring(self, works: frozenset[Work] | None = None) -> None:
        """Wakes who listens for one of these kinds of work, and who listens for everything; None: everybody."""
        with self._lock:
            waiters = list(self._waiters.items())
        for heard, (loop, own) in waiters:
            if works is None or own is None or own in works:
                with contextlib.suppress(RuntimeError):  # that loop is closing
                    loop.call_soon_threadsafe(heard.set)

    @contextlib.contextmanager
    def listener(self, work: Work | None = None) -> Iterator[asyncio.Event]:
        """An event that rings for this work set, or every ring; clear it before looking. Belongs to the running loop."""
        heard = asyncio.Event()
        with self._lock:
            self._waiters[heard] = asyncio.get_running_loop(), work
        try:
            yield heard
        finally:
            with self._lock:
                del self._waiters[heard]


class PostgresWatcher:
    """LISTENs on a connection of its own, and connects again when it is lost. What this process (`own`) said itself has rung already."""

    def __init__(self, engine: Engine, bell: Bell, own: str) -> None:
        self._bell, self._own, self._stop = bell, own, threading.Event()
        self._heard, self._told = socket.socketpair()  # that it is over
        self._address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with self._heard:
            while not self._stop.is_set():
                try:
                    with psycopg.connect(self._address, autocommit=True) as connection:
                        connection.execute(f"LISTEN {CHANNEL}")
                        self._bell.ring()  # whatever was committed while nobody listened
                        self._listen(connection)
                except (psycopg.Error, SQLAlchemyError, OSError):
                    self._stop.wait(RECONNECT_SECONDS)

    def _listen(self, connection: psycopg.Connection) -> None:
        with selectors.DefaultSelector() as either:
            either.register(connection, selectors.EVENT_READ)
            either.register(self._heard, selectors.EVENT_READ)
            while not self._stop.is_set():
                if any(notice.payload != self._own for notice in list(connection.notifies(timeout=0))):
                    self._bell.ring()
                either.select()

    def close(self) -> None:
        self._stop.set()
        self._told.close()
        self._thread.join(timeout=5)
