"""SIGKILL at the two worst moments: nothing is lost, nothing happens twice."""

import asyncio
import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.store.db import Database
from gateway.core.store.models import Delivery, Inbound, Issue, Post, Subscriber
from tests.fakes.relay import FakeRelay
from tests.system.processes import Home

pytestmark = pytest.mark.system


def send(home: Home, subject: str, text: str = "Hello", sender: str = "alice@example.com") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "alice@post.localhost", subject
    message["Message-ID"] = f"<{subject}@example.com>"
    message.set_content(text)
    with smtplib.SMTP("127.0.0.1", home.smtp) as client:
        client.send_message(message)


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    """Looks at what the processes do."""
    opened = Database(home.environment["POSTROOM_DATABASE_URL"])
    yield opened
    opened.close()


def outcomes(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Inbound.status)))


def test_mail_that_got_250_survives_a_kill_before_it_is_processed(home: Home, database: Database) -> None:
    assert home.run("member", "add", "alice", "alice@example.com").returncode == 0
    door = home.serve("smtp")
    for number in range(5):
        send(home, f"n{number}")
    home.kill(door)
    assert outcomes(database) == ["received"] * 5
    home.serve("intake,deliver")
    home.until(lambda: outcomes(database) == ["published"] * 5, "publishing")
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Post)) == 5


def test_a_kill_in_the_middle_of_processing_publishes_once(home: Home, database: Database) -> None:
    home.run("member", "add", "alice", "alice@example.com")
    home.serve("smtp")
    for number in range(6):
        send(home, f"n{number}")
    for _ in range(2):  # a third would be the third attempt, after which a mail is dead
        intake = home.serve("intake", wait=False)
        home.until(lambda: "claimed" in outcomes(database) or set(outcomes(database)) == {"published"}, "claiming")
        home.kill(intake)
    home.serve("intake")
    home.until(lambda: outcomes(database) == ["published"] * 6, "processing")
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Post)) == 6


async def test_a_kill_between_cutting_an_issue_and_sending_it_misses_nobody(home: Home, database: Database) -> None:
    """What got a second copy is on the list of uncertain ones: at most two for each connection that was open, and one commit."""
    readers, connections, kills = 200, 4, 2
    async with FakeRelay() as relay:
        home.environment |= {
            "POSTROOM_RELAY_HOST": "127.0.0.1",
            "POSTROOM_RELAY_PORT": str(relay.port),
            "POSTROOM_RELAY_TLS": "none",
            "POSTROOM_RELAY_CONNECTIONS": str(connections),
        }
        await asyncio.to_thread(_send_an_issue_and_kill, home, database, readers, kills)
        got = [one.rcpt for one in relay.received if "reader" in one.rcpt]
    uncertain = {row["to"] for row in home.json("outbox", "uncertain")}
    assert set(got) == {f"reader{n}@example.net" for n in range(readers)}
    twice = {one for one in got if got.count(one) > 1}
    assert twice <= uncertain
    assert len(twice) <= kills * (2 * connections + 2 * connections)


def _send_an_issue_and_kill(home: Home, database: Database, readers: int, kills: int) -> None:
    home.run("member", "add", "alice", "alice@example.com")
    clock = home.serve("smtp,intake,clock")
    send(home, "A post")
    home.until(lambda: outcomes(database) == ["published"], "publishing")
    subscribe(database, readers)
    send(home, "Another post")
    home.until(lambda: issue_status(database) in {"cutting", "sending"}, "cutting")
    home.kill(clock)
    home.serve("clock")
    home.until(lambda: issue_status(database) == "sending" and copies(database) == readers, "cutting to its end")
    for kill in range(1, kills + 1):
        carrier = home.serve("deliver", wait=False)
        enough = kill * readers // 10
        home.until(partial(_sent_more_than, database, enough), "sending")
        home.kill(carrier)
    home.serve("deliver")
    home.until(lambda: issue_status(database) == "finished", "sending")


def _sent_more_than(database: Database, enough: int) -> bool:
    return sent(database) > enough


def sent(database: Database) -> int:
    with database.read() as session:
        where = (Delivery.kind == "issue", Delivery.status == "sent")
        return session.scalar(select(func.count()).select_from(Delivery).where(*where)) or 0


def subscribe(database: Database, readers: int) -> None:
    def unit(session: Session) -> None:
        now = datetime.now(UTC)
        blog = session.scalars(select(Post.blog_id)).first()
        session.add_all(
            Subscriber(
                blog_id=blog,
                address=f"reader{n}@example.net",
                status="active",
                cadence="each",
                asked_at=now,
                confirmed_at=now,
            )
            for n in range(readers)
        )

    database.writer.run(unit)


def issue_status(database: Database) -> str:
    with database.read() as session:
        return session.scalar(select(Issue.status)) or ""


def copies(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Delivery).where(Delivery.kind == "issue")) or 0
