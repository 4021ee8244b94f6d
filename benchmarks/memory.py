"""How much memory one mail of 25 MB takes, in the server and in the worker that reads it, beside the usual libraries; prints one JSON line.

    python -m benchmarks.memory [megabytes]

Each figure is the growth of a process's peak (VmHWM) by this mail, in sizes of the mail. The peers: aiosmtpd's own reader of DATA with a handler that keeps
nothing, and mail-parser in a fresh process.
"""

import asyncio
import json
import re
import smtplib
import subprocess
import sys
import tempfile
from email.message import EmailMessage
from pathlib import Path

from benchmarks.door import RECIPIENT, SENDER
from benchmarks.intake import free_port
from gateway.email.workers import Workers

PATIENCE = 120
STOCK = """
import sys
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
controller = Controller(Sink(), hostname="127.0.0.1", port=0, data_size_limit=2**26)
controller.port = int(sys.argv[1])
controller.start()
print(controller.port, flush=True)
sys.stdin.read()
"""
PARSER = """
import sys, mailparser
from pathlib import Path
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024
mailparser.parse_from_bytes(b"Subject: x\\r\\n\\r\\nx")
before = peak()
mailparser.parse_from_bytes(Path(sys.argv[1]).read_bytes())
print(peak() - before)
"""


def letter(size: int) -> bytes:
    """A mail of about so many bytes: words and one file that is no picture."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SENDER, RECIPIENT, "Large"
    mail["Message-ID"], mail["Date"] = "<large@example.com>", "Sun, 22 Nov 2026 09:00:00 +0000"
    mail.set_content("See the file.\n")
    mail.add_attachment(
        bytes(range(256)) * (size * 3 // 4 // 256), maintype="application", subtype="octet-stream", filename="large.bin"
    )
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


def peak(pid: int) -> int:
    """The most memory that a process ever held, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def growth_of_server(command: list[str], raw: bytes) -> float:
    """By how many times the mail's size a server grows that says its port and then takes the mail."""
    with subprocess.Popen(
        [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        send(port, letter(10_000))
        before = peak(process.pid)
        send(port, raw)
        after = peak(process.pid)
        process.communicate(timeout=PATIENCE)
    return round((after - before) / len(raw), 2)


def send(port: int, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.sendmail(SENDER, [RECIPIENT], raw)


async def growth_of_worker(path: Path, size: int) -> float:
    """By how many times the mail's size the reading process grows, which is given the file as the server gives a large mail."""
    workers = Workers(1)
    await workers.start()
    try:
        await workers.read(letter(10_000))
        (pid,) = workers.pids
        before = peak(pid)
        await workers.read(path)
        assert workers.pids == {pid}, "the worker did not survive the mail"
        return round((peak(pid) - before) / size, 2)
    finally:
        await workers.stop()


def growth_of_parser(path: Path, size: int) -> float:
    """By how many times the mail's size mail-parser grows."""
    said = subprocess.run(
        [sys.executable, "-c", PARSER, str(path)], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    return round(int(said.stdout) / size, 2)


def run(megabytes: int) -> dict[str, object]:
    """All four."""
    raw = letter(megabytes * 1024 * 1024)
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as name:
        folder = Path(name)
        (folder / "mail.eml").write_bytes(raw)
        ours = {
            "server": growth_of_server(["-m", "benchmarks.door", str(folder)], raw),
            "worker": asyncio.run(growth_of_worker(folder / "mail.eml", len(raw))),
        }
        peers = {
            "aiosmtpd": growth_of_server(["-c", STOCK, str(free_port())], raw),
            "mail-parser": growth_of_parser(folder / "mail.eml", len(raw)),
        }
    ratios = {
        "server": round(peers["aiosmtpd"] / max(ours["server"], 0.01), 2),
        "worker": round(peers["mail-parser"] / max(ours["worker"], 0.01), 2),
    }
    return {"benchmark": "memory", "bytes": len(raw), "sizes_of_the_mail": {**ours, **peers}, "ratio": ratios}


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else 25)))
