"""`postroom member …` and `postroom reports …`: chats, roles, and what members reported."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from gateway.cli import main
from gateway.configuration import load
from gateway.core.community import reports
from gateway.core.house import utc_now
from gateway.core.store.db import Database
from gateway.core.store.models import LinkedAccount, Member, Report
from tests import shell
from tests.core.hands import member

NOW = utc_now()  # roughly the commands', and the day that is compared


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_database: Callable[[str], str]) -> None:
    """A community of its own; nothing of whoever runs the tests."""
    shell.settle(tmp_path, monkeypatch, new_database("sqlite"))
    monkeypatch.setenv("POSTROOM_DOMAIN", "post.example.org")
    monkeypatch.setenv("POSTROOM_BASE_URL", "https://post.example.org")
    monkeypatch.setenv("POSTROOM_AUTHENTICATION", "off")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def database() -> Iterator[Database]:
    """alice has two chats; bob has reported her."""
    for name in ("alice", "bob"):
        run("member", "add", name, f"{name}@example.com")
    opened = Database(load(os.environ).database)

    def unit(session: Session) -> None:
        alice, bob = member(session, "alice"), member(session, "bob")
        for place in ("100", "101"):
            chat = {"channel": "telegram", "account": place, "place": place, "created_at": NOW}
            session.add(LinkedAccount(member_id=alice.id, **chat))
        reports.report(session, bob, alice, None, "She is unkind", NOW)

    opened.writer.run(unit)
    yield opened
    opened.close()


def places(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(LinkedAccount.place).order_by(LinkedAccount.id)))


def test_a_chat_is_unlinked_by_its_number_or_channel(database: Database) -> None:
    several = run("member", "unlink", "alice", "telegram")
    assert (several.exit_code, places(database)) == (1, ["100", "101"])
    assert "by its number: 1, 2" in several.stderr
    assert run("member", "unlink", "@alice", "2").stdout == "A Telegram chat of @alice is no longer linked.\n"
    assert run("member", "unlink", "alice", "telegram").exit_code == 0
    assert places(database) == []
    assert "no such chat" in run("member", "unlink", "alice", "telegram").stderr


def test_a_role_is_given(database: Database) -> None:
    assert run("member", "role", "bob", "manager").stdout == "@bob is a manager.\n"
    with database.read() as session:
        assert session.scalars(select(Member.role).order_by(Member.id)).all() == ["member", "manager"]
    wrong = run("member", "role", "bob", "king")
    assert (wrong.exit_code, "member, manager, operator" in wrong.stderr) == (1, True)


def test_reports_are_listed_shown_and_closed_without_who_reported(database: Database) -> None:
    [listed] = json.loads(run("reports", "list", "--json").stdout)
    assert (listed["number"], listed["member"], listed["reason"]) == (1, "@alice", "She is unkind")
    shown = json.loads(run("reports", "show", "1", "--json").stdout)
    assert shown == {**listed, "words": "", "outcome": "", "others": 0, "closed": None}
    assert listed["at"] == NOW.date().isoformat()
    assert json.loads(run("reports", "close", "1", "We talked", "--json").stdout) == {**listed, "status": "closed"}
    assert run("reports", "list").stdout == "There is nothing to list.\n"
    everything = run("reports", "list", "--all").stdout + run("reports", "show", "1").stdout
    assert "We talked" in everything
    assert "bob" not in everything + str(shown)
    again = run("reports", "close", "1")
    assert (again.exit_code, again.stdout, "closed already" in again.stderr) == (1, "", True)
    with database.read() as session:
        assert session.scalars(select(Report.closed_by_id)).all() == [None]


@pytest.mark.parametrize(("bob", "alice"), [("manager", "member"), ("member", "operator")])
def test_what_a_report_says_is_for_managers_and_never_for_whom_it_is_about(
    database: Database, bob: str, alice: str
) -> None:
    """With a manager there is, or about an operator: number, day, state, and what it is about."""
    for handle, role in (("bob", bob), ("alice", alice)):
        run("member", "role", handle, role)
    [listed] = json.loads(run("reports", "list", "--json").stdout)
    assert listed == {
        "number": 1,
        "at": NOW.date().isoformat(),
        "status": "open",
        "member": "@alice",
        "post": "",
    }
    assert json.loads(run("reports", "show", "1", "--json").stdout) == {**listed, "others": 0, "closed": None}
    assert json.loads(run("reports", "close", "1", "We talked", "--json").stdout) == {**listed, "status": "closed"}
    told = run("reports", "list", "--all").stdout + run("reports", "show", "1").stdout
    assert "@alice" in told
    assert not [words for words in ("unkind", "We talked", "bob", "None") if words in told]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("bob", "notanaddress"), "is no mail address"),
        (("not a name", "bob@example.com"), "can't be a name"),
        (("bob", "bob@example.com", "--time-zone", "Mars"), "is no time zone"),
    ],
)
def test_a_member_who_cannot_be_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], why: str
) -> None:
    place = tmp_path / "fresh" / "data"
    monkeypatch.setenv("POSTROOM_DATA_DIR", str(place))
    monkeypatch.delenv("POSTROOM_DATABASE_URL")
    done = run("member", "add", *arguments)
    assert (done.exit_code, why in done.stderr) == (1, True)
    assert not place.parent.exists()
