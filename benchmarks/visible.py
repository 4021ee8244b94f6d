"""From 250 to the blog: how long after its acceptance a plain mail can be seen, beside Postfix delivering into a mailbox; prints one JSON line.

    python -m benchmarks.visible [mails]

A whole `postroom serve` on SQLite, every role in one process, takes a mail over SMTP; its blog's page is asked for over HTTP until the post is on it. In turn a
Postfix of our own takes the same mail; its mailbox is looked at until the mail is there. Both are asked as fast as they answer. Milliseconds, medians.
"""

import json
import os
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.door import SENDER
from benchmarks.intake import free_port
from benchmarks.postfix import Missing, running

RECIPIENT = "alice@post.localhost"
PATIENCE = 60


def letter(number: int) -> bytes:
    """A plain mail whose subject is found again."""
    words = "The harbour was quiet; we walked to the pier and back.\r\n" * 10
    head = f"From: Alice <{SENDER}>\r\nTo: {RECIPIENT}\r\nSubject: Number-{number}-x\r\nMessage-ID: <{number}@example.com>\r\n"
    return f"{head}Date: Sun, 22 Nov 2026 09:00:00 +0000\r\n\r\n{words}".encode()


def milliseconds(port: int, number: int, is_there: Callable[[bytes], bool]) -> float:
    """From the reply to the mail's end until it is there."""
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.sendmail(SENDER, [RECIPIENT], letter(number))
        begun, mark = time.perf_counter(), b"Number-%d-x" % number
        while not is_there(mark):
            if time.perf_counter() - begun > PATIENCE:
                raise SystemExit(f"visible: mail {number} did not become visible")
        return (time.perf_counter() - begun) * 1000


@contextmanager
def our_service(folder: Path) -> Iterator[tuple[int, Callable[[bytes], bool]]]:
    """The SMTP port of a whole service, and whether a mark is on alice's blog."""
    smtp, web = free_port(), free_port()
    settings = {
        "POSTROOM_DATA_DIR": str(folder),
        "POSTROOM_DOMAIN": "post.localhost",
        "POSTROOM_BASE_URL": f"http://localhost:{web}",
        "POSTROOM_AUTHENTICATION": "off",
        "POSTROOM_SMTP_LISTEN": f"127.0.0.1:{smtp}",
        "POSTROOM_WEB_LISTEN": f"127.0.0.1:{web}",
        "POSTROOM_MAIL_VIEWER_LISTEN": "",
    }
    environment = {**os.environ, **settings}
    command = [sys.executable, "-m", "gateway"]
    subprocess.run([*command, "member", "add", "alice", SENDER], env=environment, check=True, capture_output=True)
    with subprocess.Popen(
        [*command, "serve"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            blog = urllib.request.Request(f"http://127.0.0.1:{web}/", headers={"Host": f"alice.localhost:{web}"})

            def is_there(mark: bytes) -> bool:
                with urllib.request.urlopen(blog, timeout=PATIENCE) as page:
                    return mark in page.read()

            wait_for(lambda: not is_there(b"\0"))
            yield smtp, is_there
        finally:
            process.terminate()


def wait_for(answered: Callable[[], bool]) -> None:
    """Until the service serves."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if answered():
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("visible: the service did not start")


@contextmanager
def their_mailbox(folder: Path) -> Iterator[tuple[int, Callable[[bytes], bool]]]:
    """The SMTP port of a Postfix, and whether a mark is in its mailbox."""
    with running(folder, free_port(), delivers_to=RECIPIENT.partition("@")[2]) as postfix:
        seen: set[str] = set()

        def is_there(mark: bytes) -> bool:
            arrived = postfix.mailbox / "new"
            new = set(os.listdir(arrived)) - seen if arrived.is_dir() else set()
            seen.update(new)
            return any(mark in (arrived / name).read_bytes() for name in new)

        yield postfix.port, is_there


def run(count: int) -> dict[str, object]:
    """Both in turn."""
    taken: dict[str, list[float]] = {"postroom": [], "postfix": []}
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "ours").mkdir()
        (folder / "theirs").mkdir()
        with our_service(folder / "ours") as ours, their_mailbox(folder / "theirs") as theirs:
            for number in range(-3, count):
                for who, (port, is_there) in (("postroom", ours), ("postfix", theirs)):
                    taken[who].append(milliseconds(port, number, is_there))
    medians = {who: statistics.median(values[3:]) for who, values in taken.items()}
    slowest = {f"{who}_p95": round(sorted(values[3:])[len(values[3:]) * 95 // 100], 1) for who, values in taken.items()}
    rounded = {who: round(value, 1) for who, value in medians.items()}
    return {
        "benchmark": "visible",
        "milliseconds": {**rounded, **slowest},
        "ratio": round(medians["postfix"] / medians["postroom"], 2),
    }


def main() -> None:
    """Print the measurements as one line of JSON."""
    try:
        print(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else 60)))
    except Missing as missing:
        print(f"visible: not measured: {missing}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
