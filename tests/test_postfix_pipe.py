"""The pipe of docs/operators/mail.md in a real Postfix: what it calls, and that `postroom receive` takes exactly that.

Postfix runs no pipe as root, and whoever it runs one as may not be able to read this checkout. So a script in place of `postroom` writes down how it was
called; then the real command is called in the same way. Without root, or without Postfix, the test is skipped.
"""

import json
import re
import shutil
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.postfix import Postfix, program
from gateway.cli import main
from tests.postfix import started

pytestmark = pytest.mark.system

PAGE = (Path(__file__).parents[1] / "docs/operators/mail.md").read_text(encoding="utf-8")
MASTER, MAIN = re.findall(r"```console\n# \w+\.cf\n(.*?)```", PAGE.partition("## A pipe")[2], re.DOTALL)[:2]
ALICE, BOB = "alice@post.example.org", "bob@post.example.org"
WRITES_DOWN = r"""#!/bin/sh
call=$(mktemp {calls}/.XXXXXX)
printf '%s\0' "$POSTROOM_SETTINGS" "$PWD" "$@" > "$call"
cat > "$call.mail"
mv "$call" {calls}/call.$$
"""


@dataclass(frozen=True)
class Call:
    settings: str
    folder: str
    arguments: tuple[str, ...]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that Postfix's own users may enter, with the script, the settings and a folder for calls."""
    with tempfile.TemporaryDirectory(prefix="postroom-pipe-", dir="/tmp") as name:
        path = Path(name)
        path.chmod(0o755)
        for one in ("calls", "home", "postfix"):
            (path / one).mkdir()
            (path / one).chmod(0o777)
        (path / "receive").write_text(WRITES_DOWN.format(calls=path / "calls"))
        (path / "receive").chmod(0o755)
        (path / "postroom.toml").write_text('domain = "post.example.org"\nauthentication = "off"\nmin_free_bytes = 0\n')
        yield path


@pytest.fixture
def postfix(folder: Path) -> Iterator[Postfix]:
    """Postfix with the page's pipe, and with one like it that has no limit of recipients."""
    settings = {
        "relay_domains": "post.example.org, several.example.org",
        "transport_maps": "inline:{ post.example.org=postroom: several.example.org=several: }",
        "smtpd_relay_restrictions": "reject_unauth_destination",
        "smtpd_authorized_xclient_hosts": "127.0.0.1",
        "notify_classes": "",
        **dict(line.split(" = ") for line in MAIN.splitlines()),
    }
    with started(folder / "postfix", settings) as one:
        pipes = as_here(folder)
        with (folder / "postfix" / "etc" / "master.cf").open("a") as file:
            file.write(pipes + pipes.replace("postroom unix", "several unix"))
        etc = str(folder / "postfix" / "etc")
        subprocess.run([program("postfix"), "-c", etc, "reload"], check=True, capture_output=True, timeout=60)
        until(lambda: (folder / "postfix" / "queue" / "private" / "several").exists(), "a pipe")
        yield one


def as_here(folder: Path) -> str:
    """The page's lines, with what is elsewhere on this machine."""
    changed = {
        "user=postroom": "user=nobody",
        "/var/lib/postroom": str(folder / "home"),
        "/etc/postroom/postroom.toml": str(folder / "postroom.toml"),
        "/opt/postroom/bin/postroom receive": str(folder / "receive"),
        "/usr/bin/env": str(shutil.which("env")),
    }
    lines: str = MASTER
    for old, new in changed.items():
        assert old in lines, f"the page has no {old} any more"
        lines = lines.replace(old, new)
    return lines


def until(look: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 60
    while not look():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.02)


def bring(port: int, sender: str, recipients: list[str], client: str = "") -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="before.example", timeout=60) as connection:
        connection.ehlo()
        if client:
            assert connection.docmd("XCLIENT", f"NAME=[UNAVAILABLE] ADDR={client}")[0] == 220
        connection.ehlo("mail.example.com")
        connection.sendmail(sender, recipients, b"From: alice@example.com\r\nSubject: Harbour\r\n\r\nHello.\r\n")


def calls(folder: Path, count: int) -> list[Call]:
    """So many calls, once they were made, and as if nothing had been called."""
    until(lambda: len(list((folder / "calls").glob("call.*"))) >= count, "a call")
    found = []
    for file in sorted((folder / "calls").glob("call.*")):
        settings, place, *arguments = file.read_bytes().decode().split("\0")[:-1]
        found.append(Call(settings, place, tuple(arguments)))
        file.unlink()
    assert len(found) == count
    return found


def receive(call: Call, mail: bytes) -> tuple[int, list[str]]:
    """The real command, called so: its exit code, and what became of each recipient."""
    done = CliRunner().invoke(main, ["receive", *call.arguments], input=mail, env={"POSTROOM_SETTINGS": call.settings})
    assert "Traceback" not in done.stderr
    return done.exit_code, [json.loads(line)["status"] for line in done.stdout.splitlines()]


def test_what_postfix_calls_is_taken(postfix: Postfix, folder: Path) -> None:
    mail = b"From: alice@example.com\nSubject: Harbour\n\nHello.\n"
    bring(postfix.port, "alice@example.com", [ALICE], "192.0.2.10")
    [one] = calls(folder, 1)
    assert (one.settings, one.folder) == (str(folder / "postroom.toml"), str(folder / "home"))
    assert one.arguments == (
        *("--mail-from", "alice@example.com", "--rcpt", ALICE),
        *("--client-ip", "192.0.2.10", "--helo", "mail.example.com"),
    )
    assert receive(one, mail) == (75, ["not stored"])  # there is no community yet, and the mail stays with Postfix
    settings = {"POSTROOM_SETTINGS": str(folder / "postroom.toml")}
    for name in ("alice", "bob"):
        assert CliRunner().invoke(main, ["member", "add", name, f"{name}@example.com"], env=settings).exit_code == 0
    assert receive(one, mail) == (0, ["published"])

    bring(postfix.port, "", [ALICE, BOB])
    each = sorted(calls(folder, 2), key=lambda call: call.arguments)
    assert [call.arguments[:4] for call in each] == [("--mail-from", "", "--rcpt", one) for one in (ALICE, BOB)]

    several = ["carol@several.example.org", "dora@several.example.org"]
    bring(postfix.port, "alice@example.com", several)
    [both] = calls(folder, 1)
    assert both.arguments[2:5] == ("--rcpt", *several)
    assert receive(both, mail) == (67, ["refused", "refused"])
