"""SIGKILL at the two worst moments: nothing is lost, nothing happens twice."""

import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import partial

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from gateway.core.store.db import Database
from gateway.core.store.models import Delivery, Inbound, Issue, Post, Subscriber
from tests.system.processes import Home

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("alice")]


def send(home: Home, subject: str, text: str = "Hello", sender: str = "alice@example.com") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "alice@post.localhost", subject
    message["Message-ID"] = f"<{subject}@example.com>"
    message.set_content(text)
    with smtplib.SMTP("127.0.0.1", home.smtp) as client:
        client.send_message(message)


def outcomes(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Inbound.status)))


def test_mail_that_got_250_survives_a_kill_before_it_is_processed(home: Home, database: Database) -> None:
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


def test_a_kill_in_the_middle_of_cutting_an_issue_misses_nobody(home: Home, database: Database) -> None:
    """Kills while one is being sent: tests/faults."""
    readers = 20_000
    clock = home.serve("smtp,intake,clock")
    send(home, "A post")
    home.until(lambda: outcomes(database) == ["published"], "publishing")
    subscribe(database, readers)
    for tries in range(1, 6):  # it may be done before the kill
        send(home, f"Another post {tries}")
        home.until(partial(are_more_than, database, (tries - 1) * readers), "cutting")
        home.kill(clock)
        if issue_status(database) == "cutting":
            break
        clock = home.serve("smtp,intake,clock")
    assert issue_status(database) == "cutting"
    assert copies(database) % readers > 0
    home.serve("clock")
    home.until(lambda: issue_status(database) == "sending", "cutting to its end")
    with database.read() as session:
        of_issue = session.scalar(select(func.max(Delivery.issue_id)))
        assert set(session.scalars(select(Delivery.recipient).where(Delivery.issue_id == of_issue))) == {
            f"reader{n}@example.net" for n in range(readers)
        }
    assert copies(database) == tries * readers


def subscribe(database: Database, readers: int) -> None:
    def unit(session: Session) -> None:
        blog = session.scalars(select(Post.blog_id)).first()
        now = datetime.now(UTC)
        facts = {"blog_id": blog, "status": "active", "cadence": "each", "asked_at": now, "confirmed_at": now}
        session.execute(insert(Subscriber), [facts | {"address": f"reader{n}@example.net"} for n in range(readers)])

    database.writer.run(unit)


def are_more_than(database: Database, before: int) -> bool:
    return copies(database) > before


def issue_status(database: Database) -> str:
    with database.read() as session:
        return session.scalar(select(Issue.status).order_by(Issue.id.desc()).limit(1)) or ""


def copies(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Delivery).where(Delivery.kind == "issue")) or 0
