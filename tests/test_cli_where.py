"""Where a command looks for the community: beside the settings file, and nothing is made where there is none."""

import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import main
from gateway.core.store.db import Database
from tests import shell

MAIL = b"From: alice@example.com\r\nSubject: Harbour\r\n\r\nHello.\r\n"
RECEIVE = ("receive", "--mail-from", "alice@example.com", "--rcpt", "alice@post.example.org")
LOOKING = [
    "inbox list",
    "inbox refused",
    "outbox list",
    "schedule",
    "suppressed list",
    "chat --as alice",
    "member invite a@b.c",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to call from, and no settings in the environment."""
    here = tmp_path / "here"
    here.mkdir()
    shell.away(here, monkeypatch)
    return here


def run(*arguments: str, stdin: bytes = b"", settings: Mapping[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin, env=settings)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A settings file in another folder, that names no folder for its data."""
    file = tmp_path / "there" / "postroom.toml"
    file.parent.mkdir()
    file.write_text('domain = "post.example.org"\nauthentication = "off"\n')
    return file


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("command", LOOKING)
def test_where_there_is_no_community_none_is_made(folder: Path, elsewhere: Path, command: str) -> None:
    done = run(*command.split())
    assert (done.exit_code, done.stdout) == (78, "")
    for words in ("There is no community here", str(folder / "data"), "there is no postroom.toml in", str(folder)):
        assert words in done.stderr
    named = run(*command.split(), settings={"POSTROOM_SETTINGS": str(elsewhere)})
    assert named.exit_code == 78
    assert str(elsewhere.parent / "data") in named.stderr
    assert str(elsewhere) in named.stderr
    assert everything(folder) == set()
    assert everything(elsewhere.parent) == {"postroom.toml"}


def test_mail_waits_at_the_mta_until_the_community_is_found(folder: Path, elsewhere: Path) -> None:
    """Neither the settings nor the data are there for whoever calls: that says nothing about the recipient."""
    (folder / "file").write_text("no folder")
    for settings, words in (
        ({}, "domain: it is not set"),
        ({"POSTROOM_SETTINGS": str(folder / "none.toml")}, "none.toml"),
        ({"POSTROOM_SETTINGS": str(elsewhere)}, "There is no community here"),
        ({"POSTROOM_DOMAIN": "post.example.org"}, "There is no community here"),
        ({"POSTROOM_DOMAIN": "post.example.org", "POSTROOM_DATA_DIR": "file/data"}, "data_dir"),
        ({"POSTROOM_DOMAIN": "post.example.org", "POSTROOM_MAX_RECIPIENTS": "0"}, "max_recipients"),
    ):
        done = run(*RECEIVE, stdin=MAIL, settings=settings)
        assert done.exit_code == 75, (settings, done.output)
        outcome = json.loads(done.stdout)
        assert outcome["status"] == "not stored"
        assert words in outcome["reason"]
        assert "Traceback" not in done.stderr
    assert everything(folder) == {"file"}


def test_the_data_are_beside_the_settings_file_wherever_one_calls(folder: Path, elsewhere: Path) -> None:
    named = {"POSTROOM_SETTINGS": str(elsewhere)}
    assert run("member", "add", "alice", "alice@example.com", settings=named).exit_code == 0
    assert everything(folder) == set()
    assert {"data/postroom.db", "data/secret_keys"} <= everything(elsewhere.parent)
    done = run(
        "receive",
        "--mail-from",
        "eve@example.net",
        "--rcpt",
        "alice@post.example.org",
        stdin=MAIL.replace(b"alice", b"eve"),
        settings=named,
    )
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (77, "refused")


@pytest.mark.parametrize("lost", ["secret_keys", "postroom.db", "tables"])
def test_data_without_keys_or_tables_are_no_community(folder: Path, elsewhere: Path, lost: str) -> None:
    named, data = {"POSTROOM_SETTINGS": str(elsewhere)}, elsewhere.parent / "data"
    assert run("migrate", settings=named).exit_code == 0
    assert run("member", "add", "alice", "alice@example.com", settings=named).exit_code == 0
    (data / ("postroom.db" if lost == "tables" else lost)).unlink()
    if lost == "tables":
        Database(f"sqlite:///{data}/postroom.db").close()
    before = everything(data)
    assert run("inbox", "list", settings=named).exit_code == 78
    assert run(*RECEIVE, stdin=MAIL, settings=named).exit_code == 75
    assert everything(data) == before


@pytest.mark.parametrize("command", ["serve", "migrate", "run", "member add alice alice@example.com"])
def test_no_folder_is_made_for_a_database_elsewhere(tmp_path: Path, folder: Path, command: str) -> None:
    url = f"sqlite:///{tmp_path}/none/postroom.db"
    done = run(*command.split(), settings={"POSTROOM_DATABASE_URL": url, "POSTROOM_DOMAIN": "post.example.org"})
    assert (done.exit_code, done.stdout) == (78, "")
    assert f"database_url: there is no folder {tmp_path / 'none'}" in done.stderr
    assert everything(folder) == set()
    assert not (tmp_path / "none").exists()


@pytest.fixture
def loose_mask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("loose_mask")
def test_what_a_command_makes_is_readable_for_its_owner_only(folder: Path, elsewhere: Path) -> None:
    """Also in a folder that was there before, and was open to all."""
    data = elsewhere.parent / "data"
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    assert (
        run("member", "add", "alice", "alice@example.com", settings={"POSTROOM_SETTINGS": str(elsewhere)}).exit_code
        == 0
    )
    made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.rglob("*")}
    assert {"postroom.db", "secret_keys", "blobs"} <= set(made)
    assert [name for name, mode in made.items() if mode & 0o077] == []
    assert os.umask(0o022) == 0o022


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("receive",),
        ("receive", "--mail-from", "a@b.c"),
        (*RECEIVE, "--nonsense"),
        ("inbox", "show", "one"),
        ("inbox", "list", "--limit", "0"),
        ("member", "add", "alice"),
        ("serve", "--roles"),
    ],
)
def test_a_fault_in_the_arguments_ends_64(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (64, "")
    assert done.stderr


def test_several_recipients_are_taken_in_both_forms_and_reported_one_a_line(elsewhere: Path) -> None:
    named = {"POSTROOM_SETTINGS": str(elsewhere)}
    assert run("member", "add", "alice", "alice@example.com", settings=named).exit_code == 0
    names = ("a1", "b1", "c1")
    a, b, c = (f"{name}@post.example.org" for name in names)
    for arguments in (("--rcpt", a, b, c), ("--rcpt", a, "--rcpt", b, c), ("--rcpt", a, "--rcpt", b, "--rcpt", c, a)):
        done = run("receive", "--mail-from", "", *arguments, "--client-ip", "unknown", stdin=MAIL, settings=named)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert {line["recipient"] for line in lines} == {a, b, c}
        assert [line["status"] for line in lines] == ["refused"] * 3
        assert done.exit_code == 67
        assert "--client-ip: 'unknown' is no IP address" in done.stderr
    alone = run("receive", "--mail-from", "", "--rcpt", a, stdin=MAIL, settings=named)
    assert set(json.loads(alone.stdout)) == {"status", "reply", "reason"}
