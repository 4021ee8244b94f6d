"""The `postroom` command: what it prints, as JSON too, and how it exits."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from gateway import __version__, cli
from gateway.cli import main
from gateway.configuration import load
from gateway.core.ledger import inbox, outbox
from gateway.core.ledger.inbox import Arrival
from gateway.core.store.db import Database
from tests import shell

MAIL = b"From: alice@example.com\r\nTo: alice@post.example.org\r\nSubject: Harbour\r\nMessage-ID: <1@example.com>\r\n\r\nHello.\r\n"
NOTHING_LISTENS = "postgresql://postroom:s3cret@127.0.0.1:1/postroom"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without settings, and no settings in the environment."""
    shell.away(tmp_path, monkeypatch)


Run = Callable[..., Result]


@pytest.fixture
def environment(tmp_path: Path, new_database: Callable[[str], str]) -> dict[str, str]:
    """Settings of a community in an empty database, where nothing checks who sent a mail."""
    (tmp_path / "data").mkdir()
    return {
        "POSTROOM_SECRET_KEYS": "0:" + "ab" * 32,
        "POSTROOM_DATA_DIR": str(tmp_path / "data"),
        "POSTROOM_DATABASE_URL": new_database("sqlite"),
        "POSTROOM_DOMAIN": "post.example.org",
        "POSTROOM_BASE_URL": "https://post.example.org",
        "POSTROOM_AUTHENTICATION": "off",
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Runs one command in that community; `more` are further settings."""

    def run(*arguments: str, stdin: bytes = b"", **more: str) -> Result:
        return CliRunner().invoke(main, list(arguments), input=stdin, env={**environment, **more})

    return run


@pytest.fixture
def database(environment: dict[str, str]) -> Iterator[Database]:
    opened = Database(load(environment).database)
    yield opened
    opened.close()


def store(database: Database, key: str, **envelope: Any) -> int:
    from gateway.core.house import utc_now

    arrival = Arrival("email", key, key, raw=MAIL, recipient="alice@post.example.org", envelope=envelope)
    row_id = database.writer.run(lambda s: inbox.store(s, arrival, utc_now()))
    assert row_id is not None
    return row_id


def with_json(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that takes --json."""
    for name, one in getattr(command, "commands", {}).items():
        yield from with_json(one, (*path, name))
    if any("--json" in parameter.opts for parameter in command.params):
        yield path


REPORTING = sorted(with_json(typer.main.get_command(main)))


def test_listing_and_reporting_commands_take_json() -> None:
    assert REPORTING == [
        ("config",),
        ("inbox", "discard"),
        ("inbox", "list"),
        ("inbox", "raw"),
        ("inbox", "refused"),
        ("inbox", "release"),
        ("inbox", "replay"),
        ("inbox", "show"),
        ("newsletter", "cancel"),
        ("newsletter", "copies"),
        ("newsletter", "list"),
        ("newsletter", "pause"),
        ("newsletter", "resume"),
        ("newsletter", "retry"),
        ("newsletter", "show"),
        ("outbox", "list"),
        ("outbox", "resend"),
        ("outbox", "uncertain"),
        ("reports", "close"),
        ("reports", "list"),
        ("reports", "show"),
        ("schedule",),
        ("subscribers", "import"),
        ("suppressed", "lift"),
        ("suppressed", "list"),
        ("theme", "reset"),
        ("theme", "set"),
        ("theme", "show"),
    ]


LISTS = [
    one
    for one in REPORTING
    if (
        one[0] not in {"inbox", "newsletter", "suppressed", "reports", "subscribers", "theme"}
        and one[1:] != ("resend",)
    )
    or one in {("inbox", "list"), ("inbox", "show"), ("suppressed", "list")}
]  # the rest: test_cli_inbox, test_cli_newsletter, test_cli_people, test_cli_subscribers, test_cli_themes


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
def test_json_is_json_and_its_table_names_the_same(run: Run, database: Database, command: tuple[str, ...]) -> None:
    row_id = store(database, "1", subject="Häfen")
    run("member", "add", "alice", "alice@example.com")
    run("member", "invite", "new@example.com")
    arguments = (*command, str(row_id)) if command[-1] == "show" else command
    printed = run(*arguments, "--json")
    assert printed.exit_code == 0, printed.output
    values = json.loads(printed.stdout)
    assert isinstance(values, dict if command[-1] in {"config", "show"} else list)
    text = run(*arguments)
    assert text.exit_code == 0
    for value in values if isinstance(values, list) else [values]:
        assert str(value.get("id", value.get("subject", ""))) in text.stdout


def test_an_empty_list_says_so(run: Run) -> None:
    assert run("outbox", "list").stdout == "There is nothing to list.\n"
    assert json.loads(run("outbox", "list", "--json").stdout) == []


def test_an_unknown_id_is_said_and_exits_1(run: Run) -> None:
    for command in ("show", "raw", "replay", "release", "discard"):
        done = run("inbox", command, "4711")
        assert (done.exit_code, done.stdout) == (1, ""), command
        assert done.stderr == "There is no inbound message 4711.\n"


def test_a_message_is_shown_read_dropped_and_taken_up_again(run: Run, database: Database) -> None:
    row_id = str(store(database, "1", subject="Harbour", **{"from": "alice@example.com"}))
    assert "subject: Harbour" in run("inbox", "show", row_id).stdout
    assert run("inbox", "raw", row_id).stdout_bytes == MAIL
    assert run("inbox", "discard", row_id).exit_code == 0
    assert json.loads(run("inbox", "show", row_id, "--json").stdout)["reason"] == "Discarded by the operator."
    assert run("inbox", "list", "--status", "rejected", "--json").stdout.count('"id"') == 1
    assert run("inbox", "replay", row_id).exit_code == 0
    again = run("inbox", "replay", row_id)
    assert (again.exit_code, again.stderr) == (1, f"Inbound message {row_id} is waiting to be processed already.\n")


def test_mail_to_the_managers_is_not_shown_to_operators(run: Run, database: Database) -> None:
    row_id = store(database, "1", kind="managers", **{"from": "eve@example.net"})
    payload = {"inbound": row_id, "for": "managers", "from": "eve@example.net"}
    intent = outbox.Intent("pass_on", "email", "carol@example.com", "1", payload)
    from gateway.core.house import utc_now

    database.writer.run(lambda s: outbox.queue(s, intent, utc_now()))
    for command in ("inbox", "outbox"):
        assert json.loads(run(command, "list", "--json").stdout) == []
    for command in ("show", "raw"):
        assert run("inbox", command, str(row_id)).exit_code == 1


def test_a_member_is_added_with_everything_they_need(run: Run) -> None:
    done = run(
        "member", "add", "Alice", "alice@example.com", "--name", "Alice L.", "--time-zone", "Asia/Tokyo", "--operator"
    )
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "@alice is a member.",
        "Blog: https://alice.post.example.org",
        "Post by mail to alice@post.example.org",
    ]
    assert lines[3].startswith("Secret posting address: alice.")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("member", "add", "alice", "other@example.com"), "The name alice is taken."),
        (("member", "add", "a b", "other@example.com"), "can't be a name"),
        (("member", "add", "dora", "ALICE@example.com"), "belongs to a member already"),
        (("member", "add", "dora", "nonsense"), "is no mail address"),
        (("member", "add", "dora", "dora@example.com", "--time-zone", "Mars"), "is no time zone"),
        (("member", "invite", "alice@example.com"), "belongs to a member already"),
        (("member", "link-code", "nobody", "telegram"), "no member called @nobody"),
    ],
)
def test_what_can_not_be_done_is_said_and_exits_1(run: Run, arguments: tuple[str, ...], words: str) -> None:
    run("member", "add", "alice", "alice@example.com")
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_invitation_and_a_code(run: Run) -> None:
    run("member", "add", "alice", "alice@example.com")
    assert run("member", "invite", "new@example.com").exit_code == 0
    [row] = json.loads(run("outbox", "list", "--json").stdout)
    assert (row["kind"], row["to"]) == ("invitation", "new@example.com")
    assert len(run("member", "link-code", "alice", "telegram").stdout.strip()) >= 16
    wrong = run("member", "link-code", "alice", "pigeon")
    assert (wrong.exit_code, "telegram, slack" in wrong.stderr) == (64, True)


# Settings and roles


@pytest.mark.parametrize(
    "command",
    [
        "config",
        "migrate",
        "serve",
        "run",
        "inbox list",
        "outbox uncertain",
        "schedule",
        "slack manifest",
        "chat --as alice",
    ],
)
@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("POSTROOM_DOMAN", "x", "POSTROOM_DOMAN"),
        ("POSTROOM_RELAY_PORT", "many", "relay_port"),
        ("POSTROOM_DATABASE_URL", "mysql://x/y", "database_url"),
        ("POSTROOM_DOMAIN", "not a domain", "domain"),
    ],
)
def test_a_mistake_in_the_settings_exits_78_and_names_the_key(
    run: Run, command: str, name: str, value: str, key: str
) -> None:
    done = run(*command.split(), **{name: value})
    assert (done.exit_code, done.stdout) == (78, "")
    assert key in done.stderr
    assert "Traceback" not in done.stderr


def test_secret_keys_that_are_none_exit_78(run: Run) -> None:
    done = run("inbox", "list", POSTROOM_SECRET_KEYS="nonsense")
    assert (done.exit_code, "secret_keys" in done.stderr, "nonsense" in done.stderr) == (78, True, False)


def test_an_unknown_role_exits_64_and_names_those_there_are(run: Run) -> None:
    done = run("serve", "--roles", "web,cook")
    assert done.exit_code == 64
    assert "no role cook" in done.stderr
    assert "smtp, lmtp, web, bots, intake, deliver, clock" in done.stderr


def test_a_database_that_is_down_exits_69_without_its_password(run: Run) -> None:
    done = run("inbox", "list", POSTROOM_DATABASE_URL=NOTHING_LISTENS)
    assert done.exit_code == 69
    assert "database_url" in done.stderr
    assert "s3cret" not in done.output


def test_a_port_that_is_taken_exits_69(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run("serve", "--roles", "smtp", POSTROOM_SMTP_LISTEN=listen)
    assert done.exit_code == 69
    assert "can't listen" in done.stderr


def test_settings_are_printed_with_secrets_masked(run: Run) -> None:
    shown = json.loads(run("config", "--json", POSTROOM_RELAY_PASSWORD="s3cret").stdout)
    assert (shown["domain"], shown["relay_password"]) == ("post.example.org", "(set)")
    assert "relay_password = (set)" in run("config", POSTROOM_RELAY_PASSWORD="s3cret").stdout


def test_the_dns_records_can_be_printed_again(run: Run) -> None:
    lines = json.loads(run("config", "--dns", "--json", POSTROOM_DKIM_ED25519_SELECTOR="ed").stdout)
    assert [line.split("._domainkey")[0].strip() for line in lines if "_domainkey" in line] == ["postroom", "ed"]
    assert "v=spf1" in run("config", "--dns").stdout


def test_the_manifest_for_slack_is_json_with_every_command(run: Run) -> None:
    shown = json.loads(run("slack", "manifest").stdout)
    assert {one["command"] for one in shown["features"]["slash_commands"]} >= {"/timeline", "/follow"}


def test_the_module_and_the_command_are_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "--version"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == f"postroom {__version__}\n"
    assert CliRunner().invoke(cli.main, ["--version"]).stdout == done.stdout


# receive, as an MTA's pipe transport calls it


def receive(run: Run, sender: str, recipient: str, raw: bytes = MAIL, **more: str) -> tuple[int, dict[str, Any]]:
    done = run("receive", "--mail-from", sender, "--rcpt", recipient, stdin=raw, **more)
    return done.exit_code, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("sender", "recipient", "more", "code"),
    [
        ("alice@example.com", "nobody@post.example.org", {}, 67),
        ("eve@example.net", "alice@post.example.org", {}, 77),
        ("alice@example.com", "alice@elsewhere.example", {}, 67),
        ("alice@example.com", "alice@post.example.org", {"POSTROOM_MAX_MESSAGE_SIZE": "50"}, 65),
        ("alice@example.com", "alice@post.example.org", {"POSTROOM_MIN_FREE_BYTES": str(10**18)}, 75),
        ("alice@example.com", "alice@post.example.org", {"POSTROOM_DATABASE_URL": NOTHING_LISTENS}, 75),
        ("alice@example.com", "alice@post.example.org", {"POSTROOM_DOMAN": "a mistake"}, 75),
    ],
)
def test_a_mail_that_is_not_taken_exits_by_sysexits(
    run: Run, sender: str, recipient: str, more: dict[str, str], code: int
) -> None:
    run("member", "add", "alice", "alice@example.com")
    raw = MAIL.replace(b"From: alice@example.com", f"From: {sender}".encode())
    got, outcome = receive(run, sender, recipient, raw, **more)
    assert got == code, outcome
    assert outcome["status"] in {"refused", "not stored"}
    assert outcome["reason"]
    assert "s3cret" not in str(outcome)
    assert json.loads(run("inbox", "list", "--json").stdout) == []


@pytest.mark.system
def test_a_mail_that_is_taken_is_published_once_and_its_outcome_printed(run: Run) -> None:
    run("member", "add", "alice", "alice@example.com")
    code, outcome = receive(run, "alice@example.com", "alice@post.example.org")
    assert (code, outcome["status"], outcome["subject"]) == (0, "published", "Harbour"), outcome
    code, again = receive(run, "alice@example.com", "alice@post.example.org")
    assert (code, again["id"], again["post"]) == (0, outcome["id"], outcome["post"])


@pytest.mark.system
def test_a_mail_to_the_managers_is_taken_and_nothing_of_it_is_said(run: Run) -> None:
    run("member", "add", "alice", "alice@example.com", "--operator")
    code, outcome = receive(run, "eve@example.net", "community@post.example.org", MAIL.replace(b"alice@ex", b"eve@ex"))
    assert (code, set(outcome), outcome["status"]) == (0, {"id", "status"}, "recorded")


@pytest.mark.parametrize(
    "arguments", [("inbox", "list"), ("member", "--help"), ("config", "--dns")], ids=lambda given: " ".join(given)
)
def test_nothing_is_said_about_a_pipe_that_was_closed(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    """As by `postroom inbox list | true`: what is printed is short, and leaves only when the process ends."""
    with closed_pipe() as shut:
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *arguments],
            env=os.environ | environment | {"PYTHONUNBUFFERED": ""},
            stdout=shut,
            stderr=subprocess.PIPE,
            timeout=120,
        )
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("at_once", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_chat_ends_when_nobody_reads_it_any_more(run: Run, environment: dict[str, str], at_once: str) -> None:
    """Its input stays open: it does not wait for more of it. What was said before is published."""
    assert run("member", "add", "alice", "alice@example.com").exit_code == 0
    chat = subprocess.Popen(
        [sys.executable, "-m", "gateway", "chat", "--as", "alice"],
        env=os.environ | environment | {"PYTHONUNBUFFERED": at_once},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert chat.stdin is not None
    assert chat.stdout is not None
    assert chat.stderr is not None
    with chat, chat.stdin, chat.stderr:
        try:
            assert (chat.stdout.readline()[:14], chat.stdout.read(2)) == (b"You are alice ", b"> ")
            chat.stdout.close()
            chat.stdin.write(b"From the harbour\n")
            chat.stdin.flush()
            assert chat.wait(60) == 1
        finally:
            chat.kill()
        assert chat.stderr.read() == b""
    assert "published" in run("inbox", "list").stdout


@contextmanager
def closed_pipe() -> Iterator[int]:
    """The end to write to of a pipe that nobody reads from."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)
