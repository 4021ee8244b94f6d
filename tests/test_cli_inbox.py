"""`postroom inbox …` and `postroom suppressed …`, on both databases: what they print, what they change, and what they refuse."""

import base64
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from gateway.cli import main
from gateway.configuration import load
from gateway.core.audience import suppression
from gateway.core.ledger import inbox, sweeping
from gateway.core.ledger.inbox import Arrival
from gateway.core.store.db import Database
from gateway.core.store.models import Inbound, Refusal
from gateway.opening import open_house
from tests import shell

NOW = datetime.now(UTC)
MAIL = (
    b"Received: from out.example.com by mx.example.org with ESMTPS; Wed, 25 Nov 2026 12:00:00 +0000\r\n"
    b"From: alice@example.com\r\nSubject: Harbour\r\nMessage-ID: <1@example.com>\r\n\r\nHello \xff.\r\n"
)
COMMANDS = ("show", "raw", "replay", "release", "discard")


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    """A community of its own; nothing of whoever runs the tests."""
    shell.settle(tmp_path, monkeypatch, database_url)
    monkeypatch.setenv("POSTROOM_RAW_MAIL_DAYS", "10")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def as_json(*arguments: str) -> Any:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def arrive(database: Database, outcome: str = "", **more: Any) -> str:
    """A mail in the inbox, ended if told; its number."""
    facts = {"from": "alice@example.com", "subject": "Harbour", **more.pop("envelope", {})}
    arrival = Arrival("email", str(more), str(more), raw=MAIL, envelope=facts, **more)

    def unit(session: Session) -> int:
        row_id = inbox.store(session, arrival, NOW)
        assert row_id is not None
        if outcome:
            [held] = inbox.claim(session, NOW, limit=1, lease=timedelta(60))
            inbox.finish(session, held, outcome, NOW, reason="because")
        return row_id

    return str(database.writer.run(unit))


def status(database: Database, row_id: str) -> str:
    with database.read() as session:
        return session.get_one(Inbound, int(row_id)).status


def test_a_message_is_shown_with_its_way_and_until_when_it_is_kept(database: Database) -> None:
    row_id = arrive(database, "published")
    shown = as_json("inbox", "show", row_id)
    assert shown["content"] == f"kept until {(NOW + timedelta(days=10)).date()}"
    assert [(hop["sender"], hop["server"]) for hop in shown["route"]] == [("out.example.com", "mx.example.org")]
    text = run("inbox", "show", row_id).stdout
    for words in ("status: published", "reason: because", "by way of: out.example.com to mx.example.org", "kept until"):
        assert words in text


def test_what_is_not_known_has_no_line(database: Database) -> None:
    text = run("inbox", "show", arrive(database, recipient="alice@example.org")).stdout
    assert "status: received" in text
    for name in ("post:", "reason:", "finished:", "None"):
        assert name not in text


def test_the_bytes_come_as_they_came(database: Database) -> None:
    row_id = arrive(database)
    assert run("inbox", "raw", row_id).stdout_bytes == MAIL
    shown = as_json("inbox", "raw", row_id)
    assert (base64.b64decode(shown["base64"]), shown["size"], shown["id"]) == (MAIL, len(MAIL), int(row_id))


def test_incinerated_mail_says_so_and_since_when(database: Database) -> None:
    row_id = arrive(database, "published")
    later = NOW + timedelta(days=10)
    database.writer.run(lambda s: sweeping.rows(s, later, raw_days=10))
    assert as_json("inbox", "show", row_id)["content"] == f"incinerated on {later.date()}"
    for command in ("raw", "replay"):
        done = run("inbox", command, row_id)
        assert (done.exit_code, done.stdout) == (1, "")
        assert "no longer kept" in done.stderr
    assert f"incinerated on {later.date()}" in run("inbox", "raw", row_id).stderr


@pytest.mark.parametrize(
    ("command", "before", "after", "said"),
    [
        ("replay", "rejected", "received", "will be processed again."),
        ("replay", "dead", "received", "will be processed again."),
        ("release", "held", "received", "is released and will be published."),
        ("discard", "held", "rejected", "is discarded."),
        ("discard", "dead", "rejected", "is discarded."),
        ("discard", "", "rejected", "is discarded."),
    ],
)
@pytest.mark.parametrize("json_wanted", [False, True])
def test_what_an_operator_decides_is_done_and_said(
    database: Database, command: str, before: str, after: str, said: str, json_wanted: bool
) -> None:
    row_id = arrive(database, before)
    if json_wanted:
        shown = as_json("inbox", command, row_id)
        assert (shown["id"], shown["status"], shown["subject"]) == (int(row_id), after, "Harbour")
    else:
        assert run("inbox", command, row_id).stdout == f"Inbound message {row_id} {said}\n"
    assert status(database, row_id) == after


@pytest.mark.parametrize(
    ("command", "before", "why"),
    [
        ("replay", "", "is waiting to be processed already"),
        ("replay", "merged", "is part of an album"),
        ("release", "", "is received; only a held one"),
        ("release", "published", "is published; only a held one"),
        ("release", "rejected", "is rejected; only a held one"),
        ("discard", "published", "is published; only a held, waiting or dead one can be discarded"),
        ("discard", "recorded", "is recorded; only a held, waiting or dead one can be discarded"),
    ],
)
def test_what_can_not_be_is_refused_and_changes_nothing(
    database: Database, command: str, before: str, why: str
) -> None:
    row_id = arrive(database, before)
    for more in ((), ("--json",)):
        done = run("inbox", command, row_id, *more)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith(f"Inbound message {row_id} {why}")
    assert status(database, row_id) == (before or "received")


def test_what_is_not_there_or_sealed_can_be_neither_seen_nor_touched(database: Database) -> None:
    sealed = arrive(database, "held", envelope={"kind": "managers"})
    for row_id in ("4711", sealed):
        for command in COMMANDS:
            done = run("inbox", command, row_id)
            assert (done.exit_code, done.stdout) == (1, ""), command
            assert done.stderr == f"There is no inbound message {row_id}.\n"
    assert status(database, sealed) == "held"
    assert as_json("inbox", "list") == []


def test_the_list_is_narrowed_by_state_and_length(database: Database) -> None:
    rows = [arrive(database, outcome, recipient=str(number)) for number, outcome in enumerate(("held", "dead", "held"))]
    assert [one["id"] for one in as_json("inbox", "list")] == [int(row) for row in reversed(rows)]
    assert [one["id"] for one in as_json("inbox", "list", "--status", "held")] == [int(rows[2]), int(rows[0])]
    assert [one["id"] for one in as_json("inbox", "list", "--limit", "1")] == [int(rows[2])]
    wrong = run("inbox", "list", "--status", "hold")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "There is no state 'hold'." in wrong.stderr
    assert run("inbox", "list", "--limit", "0").exit_code == 64
    assert run("inbox", "show", "one").exit_code == 64


def suppress(address: str) -> None:
    house = open_house(load(os.environ))
    keyring = house.community.keyring
    house.database.writer.run(lambda s: suppression.suppress(s, keyring, address, "complaint", NOW))
    house.database.close()


def test_who_is_not_mailed_is_listed_and_can_be_mailed_again(database: Database) -> None:
    assert run("member", "add", "alice", "alice@example.com").exit_code == 0
    assert run("suppressed", "list").stdout == "There is nothing to list.\n"
    for address in ("alice@example.com", "gone@example.net"):
        suppress(address)
    listed = {one["address"].partition(",")[0]: one["reason"] for one in as_json("suppressed", "list")}
    assert listed == {"alice@example.com": "complaint", "unknown": "complaint"}
    assert "gone" not in run("suppressed", "list").stdout
    assert run("suppressed", "lift", "Alice@example.com").stdout == "Alice@example.com is mailed again.\n"
    assert as_json("suppressed", "lift", "alice@example.com") == {"address": "alice@example.com", "lifted": False}
    assert [one["address"].partition(",")[0] for one in as_json("suppressed", "list")] == ["unknown"]
    nonsense = run("suppressed", "lift", "nonsense")
    assert (nonsense.exit_code, "is no mail address" in nonsense.stderr) == (1, True)


def refuse(database: Database, *rows: dict[str, str]) -> None:
    facts = {"sender": "eve@example.net", "recipient": "alice@post.example.org", "peer": "203.0.113.66"}
    refusals = [
        Refusal(
            **{**facts, "at": NOW, "code": "550 5.7.1", "reason": "This blog takes mail from its owner only.", **row}
        )
        for row in rows
    ]
    database.writer.run(lambda session: session.add_all(refusals))


def test_what_was_refused_can_be_looked_up(database: Database) -> None:
    assert run("inbox", "refused").stdout == "There is nothing to list.\n"
    bobs = {"sender": "Bob@Example.com", "recipient": "bob.…@post.example.org", "reason": "DMARC says no."}
    refuse(database, {}, bobs, {"recipient": "100%@post.example.org"}, {"recipient": "Community@post.example.org"})
    listed = as_json("inbox", "refused")
    assert [one["to"].partition("@")[0] for one in listed] == ["100%", "bob.…", "alice"]  # and nothing of the managers'
    assert listed[1] == {
        "id": 2, "at": NOW.isoformat(timespec="seconds"), "from": "Bob@Example.com", "to": "bob.…@post.example.org",
        "peer": "203.0.113.66", "code": "550 5.7.1", "reason": "DMARC says no.",
    }  # fmt: skip
    text = run("inbox", "refused").stdout
    for words in ("Bob@Example.com", "203.0.113.66", "550 5.7.1", "DMARC says no."):
        assert words in text
    for wanted, ids in (
        ("bob@example.com", [2]),
        ("ALICE@post", [1]),
        ("@post.example.org", [3, 2, 1]),
        ("bob.a2myykxzymorzxcj6mgv@post.example.org", [2]),  # a secret is not kept, and finds what stands for it
        ("0%@", [3]),
        ("%", [3]),
        ("carol@", []),
    ):
        assert [one["id"] for one in as_json("inbox", "refused", "--address", wanted)] == ids, wanted
    assert [one["id"] for one in as_json("inbox", "refused", "--limit", "1")] == [3]


def test_a_message_whose_file_is_gone_is_shown_with_all_the_rest(database: Database, tmp_path: Path) -> None:
    facts = {"from": "alice@example.com", "subject": "Harbour"}
    arrival = Arrival("email", "gone", "gone", raw=None, raw_blob="ab" * 32, raw_size=70_000, envelope=facts)
    row_id = str(database.writer.run(lambda session: inbox.store(session, arrival, NOW)))
    shown = as_json("inbox", "show", row_id)
    assert (shown["subject"], shown["size"], shown["route"]) == ("Harbour", 70_000, [])
    assert shown["content"].startswith(f"missing: {tmp_path / 'data' / 'blobs'}")
    done = run("inbox", "raw", row_id)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"The content of inbound message {row_id} is missing: ")
    assert "No such file or directory" in done.stderr
