"""Real `postroom serve --roles deliver` processes that send one issue to a relay which keeps its own book, and what the two books say when all is over."""

import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from gateway.core.ledger import outbox
from gateway.core.messages import RenderedIssue
from gateway.core.people import accounts
from gateway.core.store.db import Database
from gateway.core.store.models import Delivery, Issue, Subscriber
from gateway.core.store.sql import skip_locked
from gateway.core.writing import blogs
from gateway.email import wire
from tests.faults import recorder
from tests.system.processes import PATIENCE, Home

CONNECTIONS = 5
ALLOWED = 2 * CONNECTIONS + 2 * CONNECTIONS
"""Extra copies after one kill: two of each connection, and one group commit, which holds two of each connection at most and what came within 10 ms."""
KILLS = int(os.environ.get("FAULTS_KILLS", "6"))
RECIPIENTS = int(os.environ.get("FAULTS_RECIPIENTS", "600"))
LONG = KILLS > 6

Process = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Taken:
    """A copy that the relay has."""

    at: int  # nanoseconds
    sender: str  # what the process called itself
    connection: int
    rcpt: str
    message_id: str


class Town:
    """A home, its database, the relay, and the senders."""

    def __init__(
        self, folder: Path, url: str, recipients: int, on_ambiguous: str, thinks: float, dice: random.Random
    ) -> None:
        self.recipients, self.dice = 0, dice
        self._book = folder / "book"
        self._book.touch()
        self._relay = subprocess.Popen(
            [sys.executable, recorder.__file__, str(self._book), str(thinks), str(dice.random())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._relay.stdout is not None
        port = self._relay.stdout.readline().decode().strip()
        settings = {
            "POSTROOM_DATABASE_URL": url,
            "POSTROOM_RELAY_HOST": "127.0.0.1",
            "POSTROOM_RELAY_PORT": port,
            "POSTROOM_RELAY_TLS": "none",
            "POSTROOM_RELAY_CONNECTIONS": str(CONNECTIONS),
            "POSTROOM_ON_AMBIGUOUS": on_ambiguous,
            "POSTROOM_LEASE_SECONDS": "2",
        }
        self.home = Home(folder, settings)
        self.database = Database(url)
        self._issue = self.database.writer.run(self._put_an_issue)
        self.have_more_readers(recipients)
        self._started = 0

    def close(self) -> None:
        self.home.close()
        self.database.close()
        self._relay.communicate(timeout=PATIENCE)

    def start(self, *, wait: bool = False) -> Process:
        """One more sender, with a name of its own."""
        self._started += 1
        self.home.environment["POSTROOM_SMTP_HOSTNAME"] = f"sender{self._started}.example.org"
        return self.home.serve("deliver", wait=wait)

    def copies(self) -> int:
        """How many the relay has."""
        return self._book.read_bytes().count(b"\n")

    def taken(self) -> list[Taken]:
        """What the relay has, in the order in which it came."""
        lines = (line.split(" ") for line in self._book.read_text().splitlines())
        return [Taken(int(at), sender, int(number), rcpt, name) for at, sender, number, rcpt, name in lines]

    def wait_for_more(self, copies: int) -> None:
        """Until the relay has so many more, or there are no more; each may take a while, for a lease is short and a machine may be busy."""
        enough = self.copies() + copies
        while (had := self.copies()) < enough and not self.is_over():
            self.home.until(partial(self._has_more_than, had), "sending", seconds=2 * PATIENCE)

    def _has_more_than(self, had: int) -> bool:
        return self.copies() > had or self.is_over()

    def wait_until_over(self) -> None:
        """Until nothing waits and nobody holds anything."""
        while not self.is_over():
            self.wait_for_more(1)

    def is_over(self) -> bool:
        with self.database.read() as session:
            some = select(Delivery.id).where(Delivery.status.in_(outbox.UNFINISHED)).limit(1)
            return session.scalar(some) is None

    def held(self, *, free: bool = False) -> set[tuple[int, int]]:
        """What processes have in hand: row and fence; with `free` only what no transaction holds just now."""
        rows: Any = select(Delivery.id, Delivery.fence).where(Delivery.status.in_(("claimed", "attempting")))
        with self.database.read() as session:
            return {(row.id, row.fence) for row in session.execute(skip_locked(session, rows) if free else rows)}

    def stop_past_its_lease(self, process: Process) -> None:
        """SIGSTOP, until what it had is in other hands, and SIGCONT.

        In the middle of a transaction it keeps what that has locked: PostgreSQL takes that from it after some time (IDLE_SECONDS),
        or, amid several statements sent at once, not at all. Then it finishes that transaction when it goes on.
        """
        process.send_signal(signal.SIGSTOP)
        before = self.held()
        self.home.until(lambda: not before & self.held(free=True), "another's taking over")
        process.send_signal(signal.SIGCONT)

    def have_more_readers(self, count: int) -> None:
        """The issue goes to so many more."""
        numbers = range(self.recipients, self.recipients + count)
        for start in range(numbers.start, numbers.stop, 1000):
            some = numbers[start - numbers.start :][:1000]
            self.database.writer.run(partial(self._put_readers, numbers=some))
        self.recipients = numbers.stop

    def _put_an_issue(self, session: Session) -> tuple[int, int]:
        """The numbers of the issue and of its blog."""
        now = datetime.now(UTC)
        alice = accounts.join(session, handle="alice", address="alice@example.com", now=now)
        blog = blogs.create(session, alice, now)
        issue = Issue(blog_id=blog.id, cadence="each", period="1", status="sending", created_at=now, send_at=now)
        issue.segments = wire.prepare(ISSUE, sender="alice@post.localhost", list_help="https://help.example").to_bytes()
        session.add(issue)
        session.flush()
        return issue.id, blog.id

    def _put_readers(self, session: Session, numbers: range) -> None:
        now, (issue_id, blog_id) = datetime.now(UTC), self._issue
        facts = {"blog_id": blog_id, "status": "active", "cadence": "each", "asked_at": now, "confirmed_at": now}
        people = session.execute(
            insert(Subscriber).returning(Subscriber.id, Subscriber.address),
            [facts | {"address": reader(number)} for number in numbers],
        ).all()
        outbox.queue_many(session, [_copy(issue_id, *person) for person in people], now)


def reader(number: int) -> str:
    return f"reader{number:07}@example.net"


def _copy(issue_id: int, subscriber_id: int, address: str) -> outbox.Intent:
    cause = f"issue:{issue_id}"
    return outbox.Intent("issue", "newsletter", address, cause, subscriber_id=subscriber_id, issue_id=issue_id)


ISSUE = RenderedIssue(
    subject="Hello",
    html="<p>Hello</p>" + "<p>Words and more words.</p>" * 100,
    text="Hello\n" + "Words and more words.\n" * 100,
    from_name="Alice",
    list_id="alice.post.localhost",
    archive_url="",
    marks=(),
)


@dataclass(frozen=True, slots=True)
class Books:
    """What the relay's book and the list of uncertain ones say together."""

    missing: frozenset[str]
    twice: frozenset[str]
    listed: frozenset[str]
    extra: dict[str, list[Taken]]  # by sender: the copies that it got out and another sent again
    grouped: dict[str, int]  # by sender: how many of these are not among the last two of their connection
    two_names: frozenset[str]  # recipients whose copies differ in their Message-ID

    @property
    def extras(self) -> int:
        return sum(map(len, self.extra.values()))

    @property
    def most(self) -> int:
        """Extra copies after one process."""
        return max(map(len, self.extra.values()), default=0)

    def told(self, what: str) -> str:
        """For who reads the proof."""
        return (
            f"{what}: {len(self.missing)} missing, {self.extras} extra; after one process {self.most} at most, {ALLOWED} are allowed"
            f" (not of the last two of {CONNECTIONS} connections: {max(self.grouped.values(), default=0)});"
            f" {len(self.listed)} listed as uncertain; not listed: {len(self.twice - self.listed)} that came twice,"
            f" {len(self.missing - self.listed)} that are missing; {len(self.two_names)} with two Message-IDs"
        )


def books(town: Town) -> Books:
    """Read when all is over."""
    uncertain: list[dict[str, Any]] = town.home.json("outbox", "uncertain")
    by_rcpt: defaultdict[str, list[Taken]] = defaultdict(list)
    by_connection: defaultdict[int, list[Taken]] = defaultdict(list)
    for one in town.taken():
        by_rcpt[one.rcpt].append(one)
        by_connection[one.connection].append(one)
    everybody = {reader(number) for number in range(town.recipients)}
    assert by_rcpt.keys() <= everybody
    extra: defaultdict[str, list[Taken]] = defaultdict(list)
    for several in by_rcpt.values():
        for one in several[:-1]:
            extra[one.sender].append(one)
    last = {one for several in by_connection.values() for one in several[-2:]}
    return Books(
        missing=frozenset(everybody - by_rcpt.keys()),
        twice=frozenset(rcpt for rcpt, several in by_rcpt.items() if len(several) > 1),
        listed=frozenset(row["to"] for row in uncertain),
        extra=dict(extra),
        grouped={sender: len(set(those) - last) for sender, those in extra.items()},
        two_names=frozenset(rcpt for rcpt, several in by_rcpt.items() if len({one.message_id for one in several}) > 1),
    )
