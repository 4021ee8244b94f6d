"""The bell across processes: what another has committed is heard, on both databases."""

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
from sqlalchemy.orm import Session

from gateway.core.people import accounts
from gateway.core.store.db import Database

PATIENCE = 60.0  # seconds
LISTENING = "FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN postroom' AND state = 'idle'"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def until_listening(database: Database, opened: int) -> None:
    """Waits until all of those that opened this database hear what others say; on SQLite each looks now and then."""
    if database.is_sqlite:
        return
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as connection:
        while len(connection.execute(f"SELECT 1 {LISTENING}").fetchall()) < opened:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def cut_lines(database: Database) -> None:
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as connection:
        assert connection.execute(f"SELECT pg_terminate_backend(pid) {LISTENING}").fetchall()


async def commit(database: Database, handle: str) -> None:
    def unit(session: Session) -> None:
        accounts.join(session, handle=handle, address=f"{handle}@example.com", now=NOW)

    await asyncio.wrap_future(database.writer.submit(unit))


async def test_what_another_process_commits_is_heard(database: Database) -> None:
    other = Database(database.url)
    try:
        with database.bell.listener() as heard:
            await asyncio.to_thread(until_listening, database, 2)
            for handle in ("alice", "bob"):
                heard.clear()
                await commit(other, handle)
                await asyncio.wait_for(heard.wait(), PATIENCE)
    finally:
        other.close()


async def test_it_listens_again_after_its_line_was_cut(new_database: Callable[[str], str]) -> None:
    url = new_database("postgresql")
    database, other = Database(url), Database(url)
    try:
        with database.bell.listener() as heard:
            await asyncio.to_thread(until_listening, database, 2)
            heard.clear()
            cut_lines(database)
            await asyncio.wait_for(heard.wait(), PATIENCE)  # it looks for what it may have missed
            heard.clear()
            await commit(other, "alice")
            await asyncio.wait_for(heard.wait(), PATIENCE)
    finally:
        other.close()
        database.close()


async def test_closing_ends_its_thread_though_nothing_is_ever_said(new_database: Callable[[str], str]) -> None:
    database = Database(new_database("postgresql"))
    await asyncio.to_thread(until_listening, database, 1)
    [thread] = [one for one in threading.enumerate() if one.name == "bell"]
    await asyncio.to_thread(database.close)
    assert not thread.is_alive()
