"""A disk that is full, and a disk that fails to sync: mail is put off, never lost and never half taken."""

import os
import smtplib
import sqlite3
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tests.email.test_server_clients import client
from tests.system.processes import PATIENCE, Home

pytestmark = pytest.mark.system

DISK = 24 * 1024 * 1024
SMALL, LARGE = 2_000, 300_000  # bytes: one stands in its row, the other is a file


def not_here(why: str) -> None:
    """Skips, unless everything is required to run."""
    if os.environ.get("POSTROOM_CLIENTS") == "required":
        pytest.fail(f"{why}, and POSTROOM_CLIENTS=required asks for it")
    pytest.skip(why)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        not_here(f"a small disk can't be mounted ({mounted.stderr.strip()})")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def home(small_disk: Path) -> Iterator[Home]:
    """A home on the small disk, with SQLite."""
    made = Home(small_disk, {"POSTROOM_DATABASE_URL": f"sqlite:///{small_disk}/postroom.db"})
    yield made
    made.close()


class Sender:
    """Sends numbered mails and remembers what was answered."""

    def __init__(self, home: Home) -> None:
        self.home, self.number, self.taken = home, 0, 0

    def send(self, size: int) -> str:
        """The reply that settled it."""
        self.number += 1
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = (
            "alice@example.com",
            "alice@post.localhost",
            f"{self.number}",
        )
        message.set_content("A line of text.\n" * (size // 16))
        with smtplib.SMTP("127.0.0.1", self.home.smtp, timeout=60) as connection:
            connection.ehlo()
            code, text = connection.mail("alice@example.com")  # without SIZE, so that nothing is known before
            if code == 250:
                assert connection.rcpt("alice@post.localhost")[0] == 250
                code, text = connection.data(message.as_bytes())
        self.taken += code == 250
        return f"{code} {text.decode()}"

    def stored(self) -> int:
        with sqlite3.connect(self.home.folder / "postroom.db") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return int(connection.execute("SELECT count(*) FROM inbound").fetchone()[0])


def fill(folder: Path) -> Path:
    """Takes every byte that is left."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1024 * 1024, 4096):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    assert os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize < 8192
    return filler


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_on_a_full_disk_mail_is_put_off_and_taken_again_when_there_is_room(home: Home, size: int) -> None:
    assert home.run("member", "add", "alice", "alice@example.com").returncode == 0
    door = home.serve("smtp,web,intake,deliver,clock")
    sender = Sender(home)
    assert sender.send(size).startswith("250 ")
    assert readiness(home) == (200, "ready")
    filler = fill(home.folder)
    replies = [sender.send(size) for _ in range(40)]
    refused = [reply for reply in replies if not reply.startswith("250 ")]
    assert refused, "the disk was never full"
    assert all(reply.startswith(("451 4.3.0 ", "452 4.3.1 ")) for reply in refused), refused
    assert door.poll() is None
    home.until(lambda: readiness(home)[0] == 503, "not being ready")
    assert "the disk is full" in readiness(home)[1]
    filler.unlink()
    home.until(lambda: sender.send(size).startswith("250 "), "taking mail again")
    home.until(lambda: readiness(home) == (200, "ready"), "being ready again")
    assert sender.stored() == sender.taken
    written = next(home.folder.glob("*.log")).read_text()
    assert written.count("The disk is full: nothing can be saved") == 1
    assert "Traceback" not in written


def readiness(home: Home) -> tuple[int, str]:
    """What /readyz says."""
    answer = httpx.get(f"http://127.0.0.1:{home.web}/readyz", timeout=PATIENCE)
    return answer.status_code, answer.text.strip()


def test_when_the_disk_is_low_mail_is_refused_before_it_is_sent(home: Home) -> None:
    home.environment["POSTROOM_MIN_FREE_BYTES"] = str(4 * 1024 * 1024)
    assert home.run("member", "add", "alice", "alice@example.com").returncode == 0
    door = home.serve("smtp")
    sender = Sender(home)
    assert sender.send(SMALL).startswith("250 ")
    filler = fill(home.folder)
    home.until(lambda: sender.send(SMALL).startswith("452 4.3.1 "), "the disk's being low")
    with smtplib.SMTP("127.0.0.1", home.smtp, timeout=60) as connection:
        connection.ehlo()
        assert connection.mail("alice@example.com")[0] == 452
    filler.unlink()
    home.until(lambda: sender.send(SMALL).startswith("250 "), "taking mail again")
    assert sender.stored() == sender.taken
    assert home.stop(door) == 0
    written = next(home.folder.glob("*.log")).read_text()
    assert written.count("Mail is turned away (452 4.3.1)") == 1
    assert written.index("told to stop") < written.index("INFO postroom: stopped")


class FailingDisk:
    """While it lasts, no fsync of a process succeeds: strace makes each fail."""

    def __init__(self, process: int, log: Path) -> None:
        self._command = [
            client("strace"), "-f", "-p", str(process), "-o", str(log), "-e", "trace=fsync,fdatasync",
            "-e", "inject=fsync,fdatasync:error=EIO",
        ]  # fmt: skip
        self.log = log

    def __enter__(self) -> "FailingDisk":
        self._strace = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        assert self._strace.stderr is not None
        said = self._strace.stderr.readline()
        if "attached" not in said:
            self._strace.wait(60)
            not_here(f"strace can't attach ({said.strip()})")
        return self

    def __exit__(self, *_: object) -> None:
        self._strace.terminate()
        self._strace.communicate(timeout=60)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_mail_that_could_not_be_synced_is_never_acknowledged(tmp_path: Path, size: int) -> None:
    home = Home(tmp_path, {"POSTROOM_DATABASE_URL": f"sqlite:///{tmp_path}/postroom.db"})
    try:
        assert home.run("member", "add", "alice", "alice@example.com").returncode == 0
        door = home.serve("smtp")
        sender = Sender(home)
        assert sender.send(size).startswith("250 ")
        with FailingDisk(door.pid, tmp_path / "strace") as failing:
            replies = [sender.send(size) for _ in range(5)]
        assert "EIO" in failing.log.read_text()
        assert all(reply.startswith("451 4.3.0 ") for reply in replies), replies
        assert sender.send(size).startswith("250 ")
        assert sender.stored() == sender.taken == 2
        home.kill(door)
        assert sender.stored() == 2
    finally:
        home.close()
