"""SIGKILL at random moments while mail comes in and is processed: every mail that got its 250 is there once and published once.

A sender whose 250 was lost sends the same mail again, as every MTA does; that must not make a second post.
"""

import os
import random
import signal
import smtplib
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.ledger.inbox import OPEN
from gateway.core.people import accounts
from gateway.core.store.db import Database
from gateway.core.store.models import Inbound, Post
from gateway.core.writing import blogs
from tests.conftest import DATABASES, NOON
from tests.email.mailhouse import letter
from tests.ports import free_ports

pytestmark = pytest.mark.system

MAILS, SENDERS = 96, 16
KILLS = 2  # a mail that was being read at three kills is dead by design (inbox.MAX_ATTEMPTS)
PATIENCE = 180.0  # seconds for a start, or for all that is left to do


class Server:
    """`postroom serve` with the mail door and intake, which may be killed and started again."""

    def __init__(self, folder: Path, database_url: str) -> None:
        [self.port] = free_ports(1)
        self._log = folder / "log"
        self._environment = {
            **os.environ,
            "POSTROOM_DATA_DIR": str(folder / "data"),
            "POSTROOM_DATABASE_URL": database_url,
            "POSTROOM_DOMAIN": "post.example.org",
            "POSTROOM_SMTP_LISTEN": f"127.0.0.1:{self.port}",
            "POSTROOM_AUTHENTICATION": "off",
            "POSTROOM_MIN_FREE_BYTES": "0",
            "POSTROOM_LEASE_SECONDS": "8",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "gateway", "serve", "--roles", "smtp,intake"]
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        """Nothing of it is left, whatever happened."""
        if self._process is not None and self._process.poll() is None:
            self.end(signal.SIGKILL)

    @property
    def said(self) -> str:
        """The end of what it printed, for a failure's message."""
        return self._log.read_text()[-3000:]


class Senders:
    """Threads that send numbered mails, each again and again until it is taken."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._numbers = iter(range(MAILS))
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(SENDERS)]
        self.stopping = threading.Event()
        self.taken: list[int] = []

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE)

    def _work(self) -> None:
        while (number := self._next()) is not None:
            mail = letter(f"Number {number}.\n", message_id=f"<{number}@example.com>", subject=f"Mail {number}")
            while not self.stopping.is_set() and not self._sent(mail):
                time.sleep(0.1)
            self.taken.append(number)

    def _next(self) -> int | None:
        with self._lock:
            return None if self.stopping.is_set() else next(self._numbers, None)

    def _sent(self, mail: EmailMessage) -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", self._port, timeout=60) as connection:
                connection.send_message(mail)
        except (OSError, smtplib.SMTPException):
            return False
        return True


@pytest.mark.parametrize("kind", DATABASES)
def test_no_mail_is_lost_or_published_twice_when_the_server_is_killed(
    kind: str, new_database: Callable[[str], str], tmp_path: Path, eventually: Callable[..., None]
) -> None:
    url = new_database(kind)
    database = Database(url)
    _settle(database)
    server = Server(tmp_path, url)
    senders = Senders(server.port)
    chance = random.Random(20261125)
    try:
        senders.start()
        for _ in range(KILLS):
            server.start()
            goal = len(senders.taken) + chance.randint(3, MAILS // (KILLS + 1))
            eventually(lambda goal=goal: len(senders.taken) >= goal, seconds=PATIENCE, what=f"mail {goal}")
            assert server.end(signal.SIGKILL) == -signal.SIGKILL
        server.start()
        eventually(lambda: len(senders.taken) == MAILS, seconds=PATIENCE, what="the last mail")
        eventually(lambda: not _waiting(database), seconds=PATIENCE, what="the last outcome")
        assert server.end(signal.SIGTERM) == 0, server.said
    finally:
        senders.stopping.set()
        senders.join()
        server.close()
        outcomes, posts = _found(database)
        database.close()
    assert outcomes == Counter({"published": MAILS}), server.said
    assert posts == Counter(f"Number {number}." for number in range(MAILS))


def _settle(database: Database) -> None:
    def unit(session: Session) -> None:
        alice = accounts.join(session, handle="alice", address="alice@example.com", now=NOON)
        blogs.create(session, alice, NOON)

    database.writer.run(unit)


def _waiting(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Inbound).where(Inbound.status.in_(OPEN))) or 0


def _found(database: Database) -> tuple[Counter[str], Counter[str]]:
    with database.read() as session:
        outcomes = Counter(session.scalars(select(Inbound.status)))
        return outcomes, Counter(session.scalars(select(Post.markdown)))
