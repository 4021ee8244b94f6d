"""A sending process that is stopped past its lease and goes on: another has taken over, and what the first had ready stays where it is."""

import asyncio
import os
import signal
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.ledger import outbox
from gateway.core.messages import RenderedIssue
from gateway.core.store.db import Database, file_of
from gateway.core.store.models import Delivery, Issue, Subscriber
from gateway.email import wire
from tests.fakes.relay import FakeRelay, Rule, Until
from tests.system.processes import Home

pytestmark = pytest.mark.system

READERS, QUICK, CONNECTIONS = 60, 45, 3  # the relay is quick with the first, so that more are made ready


async def test_a_sender_that_was_stopped_past_its_lease_hands_over_nothing_that_it_had_ready(
    home: Home, database: Database, alice: int
) -> None:
    go_on = asyncio.Event()
    async with FakeRelay(Rule("body", Until(go_on), match="late", times=CONNECTIONS)) as relay:
        home.environment |= {
            "POSTROOM_RELAY_HOST": "127.0.0.1",
            "POSTROOM_RELAY_PORT": str(relay.port),
            "POSTROOM_RELAY_TLS": "none",
            "POSTROOM_RELAY_CONNECTIONS": str(CONNECTIONS),
            "POSTROOM_LEASE_SECONDS": "8",  # longer than a busy machine keeps either from renewing it
        }
        issue_id = await asyncio.to_thread(begin, database, alice)
        first = await asyncio.to_thread(home.serve, "deliver")
        await relay.until(lambda: len(late(relay)) == CONNECTIONS)
        await asyncio.to_thread(home.until, lambda: count(database, "sent") == QUICK, "what the relay has answered")
        await asyncio.to_thread(stop_between_commits, first, database)
        handed_over = set(late(relay))
        second = await asyncio.to_thread(home.serve, "deliver")
        await asyncio.to_thread(home.until, lambda: count(database, "sent") == READERS, "the other's sending")
        assert await asyncio.to_thread(home.stop, second) == 0
        go_on.set()
        first.send_signal(signal.SIGCONT)
        await asyncio.to_thread(database.writer.run, lambda session: queue(session, issue_id, READERS))
        await asyncio.to_thread(home.until, lambda: count(database, "sent") == READERS + 1, "going on")
        assert await asyncio.to_thread(home.stop, first) == 0
        got = Counter(one.rcpt for one in relay.received)
    assert set(got) == {reader(n) for n in range(READERS + 1)}
    twice = {address for address, times in got.items() if times > 1}
    assert twice == handed_over, "only what the relay had when the process was stopped"
    assert max(got.values()) == 2
    assert twice <= {row["to"] for row in await asyncio.to_thread(home.json, "outbox", "uncertain")}


def stop_between_commits(process: subprocess.Popen[bytes], database: Database) -> None:
    """Stops it where it holds no lock on an SQLite file, for nobody can take that from it. PostgreSQL sees to that itself."""
    file = file_of(database.url)
    for _ in range(100):
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        if file is None or is_free(file):
            return
        process.send_signal(signal.SIGCONT)
    pytest.fail("it always holds a lock")


def is_free(file: Path) -> bool:
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
    return True


def begin(database: Database, blog_id: int) -> int:
    """An issue that is being sent."""

    def unit(session: Session) -> int:
        now = datetime.now(UTC)
        rendered = RenderedIssue(
            subject="Hello",
            html="<p>Hello</p>",
            text="Hello\n",
            from_name="Alice",
            list_id="alice.post.localhost",
            archive_url="",
            marks=(),
        )
        frozen = wire.prepare(rendered, sender="alice@post.localhost", list_help="https://post.localhost/help")
        issue = Issue(blog_id=blog_id, cadence="each", period="1", status="sending", created_at=now, send_at=now)
        issue.segments = frozen.to_bytes()
        session.add(issue)
        session.flush()
        for number in range(READERS):
            queue(session, issue.id, number)
        return issue.id

    return database.writer.run(unit)


def queue(session: Session, issue_id: int, number: int) -> None:
    now = datetime.now(UTC)
    blog_id = session.get_one(Issue, issue_id).blog_id
    one = Subscriber(blog_id=blog_id, address=reader(number), status="active", cadence="each", asked_at=now)
    session.add(one)
    session.flush()
    cause = f"issue:{issue_id}"
    outbox.queue(
        session,
        outbox.Intent("issue", "newsletter", one.address, cause, subscriber_id=one.id, issue_id=issue_id),
        now,
    )


def reader(number: int) -> str:
    return f"{'reader' if number < QUICK else 'late'}{number}@example.net"


def late(relay: FakeRelay) -> list[str]:
    """Whose copies the relay was given to think about."""
    return [command.removeprefix("BODY ") for command in relay.commands if command.startswith("BODY late")]


def count(database: Database, status: str) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Delivery).where(Delivery.status == status)) or 0
