"""The first start: asks a person, or takes the settings; says what to set up outside; and asks nothing the second time."""

import os
import re
import signal
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway import first_start, keys
from gateway.configuration import load
from gateway.core.house import utc_now
from gateway.core.store.db import Database
from gateway.core.store.models import Address, Blog, Member, Name
from gateway.email.signing import generate_key
from gateway.settings import Settings, SettingsError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to start in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Person:
    """Answers from a list, question by question; an empty answer takes what is offered."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, question: str, default: str) -> str:
        self.asked.append(question)
        assert self.answers, f"asked once more: {question}"
        return self.answers.pop(0) or default


def members(settings: Settings) -> list[tuple[str, str, str, str]]:
    database = Database(settings.database)
    try:
        with database.read() as session:
            rows = session.execute(
                select(Member.handle, Address.address, Member.role, Blog.time_zone).join(Address).join(Blog)
            )
            return [(handle, address, role, zone) for handle, address, role, zone in rows]
    finally:
        database.close()


def test_a_person_is_asked_and_everything_is_set_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    person = Person("post.example.org", 'The "Harbour"', "", "alice", "alice@example.com")
    settings = first_start.prepare({}, person)
    assert (settings.domain, settings.community_name) == ("post.example.org", 'The "Harbour"')
    assert (settings.base_url, settings.authentication) == ("https://post.example.org", "on")
    assert tomllib.loads((folder / "postroom.toml").read_text())["domain"] == "post.example.org"
    assert members(settings) == [("alice", "alice@example.com", "operator", "UTC")]
    printed = capsys.readouterr().out
    for words in (
        "@alice is a member.",
        "Post by mail to alice@post.example.org",
        "Secret posting address: alice.",
        "Sign in at https://post.example.org/sign-in",
        "post.example.org. MX 10 post.example.org.",
        "_dmarc.post.example.org. TXT",
        "postroom._domainkey.post.example.org. TXT",
        "*.post.example.org. A",
        "@BotFather",
        "telegram_token",
        "postroom slack manifest",
        "http://127.0.0.1:8026/mail",
    ):
        assert words in printed, words
    assert sorted(path.name for path in folder.iterdir()) == ["data", "postroom.toml"]
    assert (folder / "data").stat().st_mode & 0o777 == 0o700  # people's mail is in it


def test_at_home_mail_is_not_checked_since_nobody_signs_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    person = Person("", "", "alice", "alice@example.com")
    settings = first_start.prepare({}, person)
    assert (settings.domain, settings.base_url, settings.authentication) == (
        "localhost",
        "http://localhost:8025",
        "off",
    )
    assert len(person.asked) == 4
    assert "once the community has a domain of its own" in capsys.readouterr().out


def test_the_second_start_asks_nothing_and_repeats_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = first_start.prepare({}, Person("", "", "alice", "alice@example.com"))
    capsys.readouterr()
    assert first_start.prepare({}, Person()) == first
    assert capsys.readouterr().out == ""


def test_wrong_answers_are_asked_again_and_write_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is asked again at once, before the next question, and a good answer is never asked for twice."""
    person = Person(
        *("not a domain", "post.example.org"),
        "Harbour",
        *("post.example.org/blog", ""),
        *("a b", "postmaster", "alice"),
        *("nonsense", "alice@example.com"),
    )
    settings = first_start.prepare({}, person)
    assert person.answers == []
    assert [question.split()[0] + question.split()[1] for question in person.asked] == [
        *("Domainof", "Domainof", "Nameof", "Addressof", "Addressof"),
        *("Yourhandle", "Yourhandle", "Yourhandle", "Yourmail", "Yourmail"),
    ]
    assert (settings.domain, settings.community_name) == ("post.example.org", "Harbour")
    assert members(settings) == [("alice", "alice@example.com", "operator", "UTC")]
    printed = capsys.readouterr().out
    for words in ("domain: 'not a domain' is not accepted", "base_url:", "can't be a name", "is no mail address"):
        assert words in printed, words


def test_who_answers_nothing_right_ends_with_nothing_written(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"postroom\.toml was not written"):
        first_start.prepare({}, lambda question, default: "not a domain")
    assert list(folder.iterdir()) == []


def test_an_answer_left_open_leaves_the_member_for_later(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = first_start.prepare({}, Person("", "", "", ""))
    assert members(settings) == []
    assert "postroom member add HANDLE ADDRESS --operator" in capsys.readouterr().out
    first_start.prepare({}, Person("alice", "alice@example.com"))
    assert [one[0] for one in members(settings)] == ["alice"]


def test_an_answer_that_only_the_database_refuses_is_offered_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name stays taken when its member is gone: then both are asked for once more, with what was said before."""
    first_start.prepare({}, Person("", "", ""))
    settings = load({})
    database = Database(settings.database)
    database.writer.run(lambda session: session.add(Name(name="alice", created_at=utc_now())))
    database.close()
    offered: list[str] = []
    person = Person("alice", "alice@example.com", "alice2", "")

    def ask(question: str, default: str) -> str:
        offered.append(default)
        return person(question, default)

    assert members(first_start.prepare({}, ask)) == [("alice2", "alice@example.com", "operator", "UTC")]
    assert offered == ["", "", "alice", "alice@example.com"]
    assert "The name alice is taken." in capsys.readouterr().out


def test_the_records_are_those_of_the_page_on_mail(folder: Path) -> None:
    page = (Path(__file__).parents[1] / "docs/operators/mail.md").read_text(encoding="utf-8")
    shown = page.partition("## DNS")[2].partition("```console\n")[2].partition("```")[0].splitlines()
    settings = Settings(
        domain="post.example.org", base_url="https://post.example.org", smtp_hostname="mx.example.org", data_dir=folder
    )
    printed = [re.sub(r"(k=rsa; p=).*", r'\1…"', line) for line in first_start.outside(settings)]
    assert shown == [line for line in printed if line in shown]
    assert len(shown) == 7


def environment(folder: Path, **more: str) -> dict[str, str]:
    names = {
        "DOMAIN": "post.example.org",
        "BASE_URL": "https://town.example.org",
        "DATA_DIR": str(folder / "elsewhere"),
        "TIME_ZONE": "Europe/Berlin",
        "FIRST_HANDLE": "alice",
        "FIRST_ADDRESS": "alice@example.com",
        **more,
    }
    return {f"POSTROOM_{name}": value for name, value in names.items()}


def test_without_a_terminal_the_settings_answer(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = first_start.prepare(environment(folder))
    assert not (folder / "postroom.toml").exists()
    assert members(settings) == [("alice", "alice@example.com", "operator", "Europe/Berlin")]
    printed = capsys.readouterr().out
    assert "Sign in at https://town.example.org/sign-in" in printed
    assert "postroom.toml was not written. Give every command the same ones" in printed
    assert "town.example.org. and *.town.example.org. A" in printed


def test_without_a_terminal_what_is_missing_is_said_not_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = first_start.prepare(environment(folder, FIRST_HANDLE="", FIRST_ADDRESS=""))
    assert members(settings) == []
    first_start.prepare(environment(folder, FIRST_HANDLE="a b"))
    printed = capsys.readouterr().out
    assert "Nobody is a member yet." in printed
    assert "can't be a name" in printed


def test_a_wrong_setting_is_named(folder: Path) -> None:
    with pytest.raises(SettingsError, match="relay_port"):
        first_start.prepare(environment(folder, RELAY_PORT="many"))


def test_with_a_relay_no_local_mail_is_promised() -> None:
    lines = first_start.outside(Settings(domain="post.example.org", relay_host="smtp.example.org"))
    assert not [line for line in lines if "No relay is set" in line]


def test_a_long_key_is_printed_as_a_zone_file_takes_it(folder: Path) -> None:
    """Strings in a TXT record hold at most 255 characters (RFC 1035, 3.3)."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    settings = replace(Settings(domain="post.example.org"), dkim_key=key.decode())
    [line] = [line for line in first_start.outside(settings) if "_domainkey" in line]
    strings = re.findall(r'"([^"]*)"', line)
    assert len(strings) == 2
    assert all(len(one) <= 255 for one in strings)
    assert "".join(strings).startswith("v=DKIM1; k=rsa; p=")


def test_a_second_key_is_made_where_it_has_a_selector_and_its_record_printed_too(folder: Path) -> None:
    settings = Settings(domain="post.example.org", dkim_ed25519_selector="ed")
    lines = [line for line in first_start.outside(settings) if "_domainkey" in line]
    assert ["k=rsa" in lines[0], "k=ed25519" in lines[1]] == [True, True]
    assert lines[1].startswith("  ed._domainkey.post.example.org. TXT ")
    kept = folder / "data" / "dkim-ed25519.pem"
    assert (kept.stat().st_mode & 0o777, first_start.outside(settings)) == (0o600, first_start.outside(settings))
    assert [one.algorithm for one in keys.signers(settings)] == ["rsa", "ed25519"]


def test_an_rsa_key_in_the_place_of_the_second_is_refused(folder: Path) -> None:
    settings = Settings(dkim_ed25519_selector="ed", dkim_ed25519_key=generate_key("rsa"))
    with pytest.raises(SettingsError, match="dkim_ed25519_key, or dkim_ed25519_selector: this key is for RSA"):
        keys.check_dkim(settings)
    assert not (folder / "data").exists()


@pytest.mark.system
def test_a_person_at_a_terminal_who_leaves_is_told_how_to_come_back(folder: Path) -> None:
    """A real terminal: what is asked, and Ctrl-C in the middle."""
    said = at_a_terminal(folder, [("Domain of", "\r"), ("Name of", "\x03")])
    assert "[localhost]:" in said
    assert "Start again with `postroom run`" in said
    assert "Traceback" not in said
    assert list(folder.iterdir()) == []


def at_a_terminal(folder: Path, talk: list[tuple[str, str]]) -> str:
    """What `postroom run` says to somebody who answers each prompt so, and exits."""
    import pty
    import select as ready
    import sys

    child, terminal = pty.fork()
    if child == 0:
        signal.signal(
            signal.SIGINT, signal.SIG_DFL
        )  # a test run in the background ignores it, and its children would, too
        os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
        os.execv(sys.executable, [sys.executable, "-m", "gateway", "run"])
    said, read_to, last = "", 0, ""
    try:
        for _ in range(1000):
            if not ready.select([terminal], [], [], 60 if talk else 3)[0]:
                assert not talk, said
                os.write(
                    terminal, last.encode()
                )  # a key pressed just before `input` listens is lost, so one presses it again
                continue
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            said += piece.decode(errors="replace")
            if talk and re.search(re.escape(talk[0][0]) + r".*: $", said[read_to:]):
                read_to = len(said)
                last = talk.pop(0)[1]
                os.write(terminal, last.encode())
    finally:
        os.close(terminal)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 130, said
    return said
