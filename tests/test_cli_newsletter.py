"""`postroom newsletter …`: what is printed of issues and copies, what it changes, and what is refused."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from gateway.cli import main
from gateway.core.store.db import Database
from gateway.core.store.models import Delivery, Issue, Subscriber
from tests import shell

NOW = datetime.now(UTC).replace(microsecond=0)
COPIES = 1203


@pytest.fixture(autouse=True)
def _community(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_database: Callable[[str], str]) -> str:
    """alice's blog with an issue that is being sent, to three pages of readers; the first copy failed, the last waits."""
    url = new_database("sqlite")
    shell.settle(tmp_path, monkeypatch, url)
    assert run("member", "add", "alice", "alice@example.com").exit_code == 0
    database = Database(url)
    try:
        database.writer.run(_sending)
    finally:
        database.close()
    return url


@pytest.fixture
def database(_community: str) -> Iterator[Database]:
    opened = Database(_community)
    yield opened
    opened.close()


def _sending(session: Session) -> None:
    issue = Issue(blog_id=1, cadence="weekly", period="2026-W48", status="sending", subject="Grüße, \x1b[31mred")
    issue.created_at = issue.send_at = NOW
    reader = Subscriber(blog_id=1, address="r0@example.net", status="active", cadence="weekly", asked_at=NOW)
    session.add_all([issue, reader])
    session.flush()
    copy = {"kind": "issue", "channel": "newsletter", "cause": "issue:1", "payload": {}, "issue_id": 1}
    copy |= {"subscriber_id": 1, "status": "sent", "reason": "250 ok", "due_at": NOW, "created_at": NOW}
    ended = NOW - timedelta(minutes=5)
    rows = [{**copy, "recipient": f"r{n}@example.net", "finished_at": ended} for n in range(COPIES)]
    rows[0] |= {"status": "failed", "reason": "554 5.7.1\tnot\ntoday"}
    rows[-1] |= {"status": "queued", "finished_at": None, "reason": ""}
    session.execute(insert(Delivery), rows)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def told(*arguments: str) -> Any:
    done = run("newsletter", *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_issues_are_listed_and_shown_and_their_copies_come_whole() -> None:
    assert [(one["id"], one["blog"], one["status"]) for one in told("list", "--blog", "alice")] == [
        (1, "alice", "sending")
    ]
    shown = told("show", "1")
    assert {name: shown[name] for name in ("copies", "sent", "failed", "waiting", "a_minute")} == {
        "copies": COPIES,
        "sent": COPIES - 2,
        "failed": 1,
        "waiting": 1,
        "a_minute": 0,
    }
    assert [one["recipient"] for one in told("copies", "1")] == [f"r{n}@example.net" for n in range(COPIES)]
    lines = run("newsletter", "copies", "1", "--status", "failed").stdout.splitlines()
    assert lines[1].split("\t")[1:3] == ["r0@example.net", "failed"]
    assert (len(lines), lines[1].split("\t")[4]) == (2, "554 5.7.1 not today")
    assert told("copies", "1", "--status", "reported") == []
    assert "sent: 1201" in run("newsletter", "show", "1").stdout


def test_the_subject_that_a_waiting_issue_was_given_is_listed(database: Database) -> None:
    draft = {"blog_id": 1, "cadence": "monthly", "period": "2026-12", "status": "draft", "wanted_subject": "Of rivers"}
    database.writer.run(lambda s: s.add(Issue(**draft, created_at=NOW, send_at=NOW)))
    assert "Of rivers" in [one["subject"] for one in told("list")]


def test_what_is_changed_is_told_and_what_makes_no_sense_is_refused() -> None:
    assert told("pause", "1")["status"] == "paused"
    assert [row["state"] for row in json.loads(run("schedule", "--json").stdout) if "Issue 1" in row["note"]] == [
        "paused"
    ]
    again = run("newsletter", "pause", "1")
    assert (again.exit_code, "This issue is paused." in again.stderr) == (1, True)
    assert told("resume", "1")["status"] == "sending"
    assert "is sent again to those where it failed" in run("newsletter", "retry", "1").stdout
    assert told("cancel", "1")["status"] == "cancelled"
    none = run("outbox", "uncertain", "--issue", "99")
    assert (none.exit_code, "There is no such issue." in none.stderr) == (1, True)
    for wrong in (("resume", "1"), ("show", "7"), ("copies", "1", "--status", "lost"), ("list", "--blog", "nobody")):
        assert run("newsletter", *wrong).exit_code == 1


def test_uncertain_copies_are_sent_again_when_the_operator_says_so(database: Database) -> None:
    """As `on_ambiguous = "hold"` leaves them; of a cancelled issue nothing is sent again."""

    def leave_in_doubt(session: Session) -> None:
        session.execute(
            update(Delivery).values(status="uncertain", doubtful=1, attempts=1).where(Delivery.id.in_([2, 3, 4]))
        )
        session.execute(update(Issue).values(status="finished", finished_at=NOW))

    database.writer.run(leave_in_doubt)
    assert run("outbox", "resend").exit_code == 64
    assert run("outbox", "resend", "2", "--issue", "1").exit_code == 64
    assert json.loads(run("outbox", "resend", "2", "5", "--json").stdout) == {"again": [2], "left": [5]}
    assert run("outbox", "resend", "--issue", "1").stdout == "2 are sent again.\n"
    assert [row["id"] for row in json.loads(run("outbox", "uncertain", "--json").stdout)] == [2, 3, 4]
    with database.read() as session:
        rows = session.execute(
            select(Delivery.status, Delivery.attempts, Delivery.doubtful).where(Delivery.id.in_([2, 3, 4]))
        )
        assert set(map(tuple, rows)) == {("queued", 0, 1)}
        assert session.scalar(select(Issue.status)) == "sending"
    database.writer.run(leave_in_doubt)
    database.writer.run(lambda session: session.execute(update(Issue).values(status="cancelled")))
    assert "of a cancelled issue" in run("outbox", "resend", "2").stdout
