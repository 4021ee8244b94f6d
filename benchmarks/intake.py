"""Mails accepted durably per second: our SMTP door beside a real Postfix queue in the same run; prints one JSON line.

    python -m benchmarks.intake [mails for each run]

Postfix's smtp-source sends mails of 10 KB to both in turn, over 1, 10 and 50 sessions, one mail for each connection or connections kept.
Both store before they say 250, on the same file system. CPU is the server's whole process tree; Postfix's includes throwing the mail away again.
Without Postfix, or without root to start it, this says so and exits 1.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.door import RECIPIENT, SENDER
from benchmarks.postfix import Missing, program, running

BYTES = 10_240
SESSIONS = (1, 10, 50)
ROUNDS = 3
PATIENCE = 120  # seconds for one run


@dataclass(frozen=True, slots=True)
class Case:
    """How the generator behaves."""

    sessions: int
    kept: bool

    @property
    def name(self) -> str:
        return f"{self.sessions}_{'kept' if self.kept else 'new'}"


@dataclass(frozen=True, slots=True)
class Server:
    """Somebody who takes mail, and when all the work of it is done."""

    port: int
    pid: int
    rested: Callable[[], bool] = lambda: True


CASES = [Case(sessions, kept) for kept in (False, True) for sessions in SESSIONS]


def send(port: int, count: int, case: Case) -> float:
    """Seconds that smtp-source needs to have `count` mails acknowledged."""
    kept = ["-d"] if case.kept else []
    amounts = ["-s", str(case.sessions), "-m", str(count), "-l", str(BYTES)]
    begun = time.perf_counter()
    subprocess.run(
        [program("smtp-source"), *kept, *amounts, "-f", SENDER, "-t", RECIPIENT, f"127.0.0.1:{port}"],
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    return time.perf_counter() - begun


def cpu_seconds(pid: int) -> float:
    """What a process, its children, and those it has waited for have used."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return 0.0
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_seconds(int(child)) for child in children)


@contextmanager
def our_door(folder: Path) -> Iterator[tuple[Server, subprocess.Popen[str]]]:
    """Our server in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.door", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Server(int(process.stdout.readline()), process.pid), process
        finally:
            process.terminate()


def run(count: int) -> dict[str, object]:
    """Every case on both servers in turn, the median of the rounds."""
    program("smtp-source")
    taken: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as name:
        folder = Path(name)
        (folder / "postfix").mkdir()
        (folder / "ours").mkdir()
        folder.chmod(0o755)
        with running(folder / "postfix", free_port()) as postfix, our_door(folder / "ours") as (ours, process):
            servers = {"postroom": ours, "postfix": Server(postfix.port, postfix.pid, postfix.drained)}
            for server in servers.values():
                send(server.port, 20, CASES[0])
            for _ in range(ROUNDS):
                for case in CASES:
                    for who, server in servers.items():
                        taken.setdefault((case.name, who), []).append(measured(server, count, case))
            stored, _ = process.communicate(timeout=PATIENCE)
    sent = 20 + ROUNDS * len(CASES) * count
    if int(stored) != sent:
        raise SystemExit(f"intake: {sent} mails were acknowledged and {stored.strip()} are stored")
    return {"benchmark": "intake", "bytes": BYTES, "mails_per_run": count, "stored": sent, "cases": table(taken)}


def measured(server: Server, count: int, case: Case) -> tuple[float, float]:
    """Mails each second, and CPU seconds for 1000 mails."""
    before = cpu_seconds(server.pid)
    seconds = send(server.port, count, case)
    deadline = time.monotonic() + PATIENCE
    while not server.rested() and time.monotonic() < deadline:
        time.sleep(0.02)
    return count / seconds, (cpu_seconds(server.pid) - before) / count * 1000


def table(taken: dict[tuple[str, str], list[tuple[float, float]]]) -> dict[str, object]:
    """Medians and ratios by case; a ratio above 1 is in our favour."""
    cases: dict[str, object] = {}
    for case in CASES:
        ours, theirs = (
            [statistics.median(values) for values in zip(*taken[case.name, who], strict=True)]
            for who in ("postroom", "postfix")
        )
        cases[case.name] = {
            "postroom": {"per_second": round(ours[0]), "cpu_seconds_per_1000": round(ours[1], 2)},
            "postfix": {"per_second": round(theirs[0]), "cpu_seconds_per_1000": round(theirs[1], 2)},
            "ratio": {"per_second": round(ours[0] / theirs[0], 2), "cpu": round(theirs[1] / ours[1], 2)},
        }
    return cases


def free_port() -> int:
    """A loopback port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Print the measurements as one line of JSON."""
    try:
        print(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else 600)))
    except Missing as missing:
        print(f"intake: not measured: {missing}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
