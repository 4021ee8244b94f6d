"""The whole path of a newsletter with the ledger durable: claim, join, sign, send, record; beside nodemailer, the usual way and smtp-source in the same run.

    python -m benchmarks.whole_path [copies]

Prints one JSON line. 12 KB of text + HTML, 20 connections, Postfix's smtp-sink. Runs are interleaved and the median counts. CPU is the sender's: of ours the
process with its database (SQLite, synchronous=FULL), which does nothing else before, of nodemailer the node process; both without their start. `slow` is a relay that takes a second for each DATA, over 200
connections. `memory` is the peak, in MB, of a process of its own that cuts the issue and sends so many copies, unsigned.
"""

import asyncio
import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from benchmarks.databases import new_database
from benchmarks.newsletter import CONNECTIONS, ISSUE, KEY, SIGNER, prepared, sink, usual
from gateway import delivering
from gateway.cli.serving import settle
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.people import accounts
from gateway.core.people.community import Community
from gateway.core.people.tokens import Keyring
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database
from gateway.core.store.models import Delivery, Issue, Subscriber
from gateway.core.writing import blogs
from gateway.email.copies import IssueCopies, NewsletterCarrier
from gateway.email.relay import Relay
from gateway.email.signing import Signer
from gateway.newsletter import cutting

ROUNDS = 3
NODEMAILER = Path(__file__).parent / "nodemailer"
NO_NODEMAILER = "nodemailer is not installed: npm ci --prefix benchmarks/nodemailer"

Spent = tuple[float, float]
"""Seconds on the clock and of CPU."""


@contextmanager
def waiting(kind: str, count: int) -> Iterator[House]:
    """A house with an issue that is cut for so many readers and waits to be sent."""
    with new_database(kind) as url, TemporaryDirectory() as folder:
        database = Database(url)
        community = Community("Demo Town", "post.example.org", "https://example.org", Keyring({0: b"0" * 32}, 0))
        house = House(database, FileBlobs(Path(folder)), community)
        blog_id = database.writer.run(lambda session: _blog(session, house.now()))
        for start in range(0, count, 5000):
            readers = range(start, min(start + 5000, count))
            database.writer.run(partial(_subscribe, blog_id=blog_id, numbers=readers, now=house.now()))
        issue_id = database.writer.run(lambda session: _issue(session, blog_id, house.now()))
        cutting.queue_copies(house, issue_id)
        yield house
        database.close()


def _blog(session: Session, now: datetime) -> int:
    alice = accounts.join(session, handle="alice", address="alice@example.com", now=now, display_name="Alice")
    blog = blogs.create(session, alice, now)
    session.flush()
    return blog.id


def _subscribe(session: Session, blog_id: int, numbers: range, now: datetime) -> None:
    facts = {"blog_id": blog_id, "status": "active", "cadence": "weekly", "asked_at": now, "confirmed_at": now}
    session.execute(insert(Subscriber), [facts | {"address": f"bob{number}@example.net"} for number in numbers])


def _issue(session: Session, blog_id: int, now: datetime) -> int:
    frozen = prepared(marks=("unsubscribe-name", "unsubscribe-leave")).to_bytes()
    issue = Issue(blog_id=blog_id, cadence="weekly", period="2026-W49", status="cutting", created_at=now, send_at=now)
    issue.segments = frozen
    session.add(issue)
    session.flush()
    return issue.id


async def whole(port: int, count: int, connections: int = CONNECTIONS) -> Spent:
    """Everything from the claim to the record, in a process of its own."""
    wall, cpu = await asyncio.to_thread(_of_its_own, "--ours", port, count, connections)
    return float(wall), float(cpu)


async def _ours(port: int, count: int, connections: int) -> str:
    with waiting("sqlite", count) as house:
        wall, cpu = await sent(house, port, count, connections, [SIGNER])
    return f"{wall} {cpu}"


async def sent(house: House, port: int, count: int, connections: int, signers: list[Signer]) -> Spent:
    """Sends what waits."""
    relay, copies = Relay("127.0.0.1", port), IssueCopies(house, signers)
    carrier = NewsletterCarrier(house, relay, Path("unused"), copies.make, connections)
    stop = asyncio.Event()
    wall, cpu = time.perf_counter(), time.process_time()
    sending = asyncio.create_task(delivering.run_bulk(house, carrier, stop))
    while unfinished(house):
        await asyncio.sleep(0.1)
    spent = time.perf_counter() - wall, time.process_time() - cpu
    stop.set()
    await sending
    with house.database.read() as session:
        done = select(func.count()).select_from(Delivery).where(Delivery.status == "sent")
        assert session.scalar(done) == count
    return spent


def unfinished(house: House) -> bool:
    with house.database.read() as session:
        some = select(Delivery.id).where(Delivery.status.in_(outbox.UNFINISHED)).limit(1)
        return session.scalar(some) is not None


async def nodemailer(port: int, count: int) -> Spent:
    """nodemailer's pool with DKIM, as its manual shows it."""
    issue = {"key": KEY, "subject": ISSUE.subject, "text": ISSUE.text, "html": ISSUE.html}
    command = ["node", str(NODEMAILER / "send.mjs"), str(port), str(count), str(CONNECTIONS)]
    done = await asyncio.to_thread(
        subprocess.run, command, input=json.dumps(issue).encode(), stdout=subprocess.PIPE, check=True
    )
    told = json.loads(done.stdout)
    return told["wall"], told["cpu"]


async def usual_way(port: int, count: int) -> Spent:
    """EmailMessage + dkimpy + aiosmtplib."""
    wall, cpu = time.perf_counter(), time.process_time()
    await usual(port, count)
    return time.perf_counter() - wall, time.process_time() - cpu


async def smtp_source(port: int, count: int) -> Spent:
    """Postfix's generator with one message for all: what the sink can take."""
    program = shutil.which("smtp-source", path="/usr/sbin:/usr/lib/postfix/sbin:/usr/bin") or "smtp-source"
    command = [program, "-d", "-s", str(CONNECTIONS), "-m", str(count), "-l", "12000", f"127.0.0.1:{port}"]
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    await asyncio.to_thread(subprocess.run, command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - wall, cpu


async def run(count: int) -> dict[str, object]:
    """Measure every way against one sink."""
    ways: dict[str, tuple[Callable[[int, int], Awaitable[Spent]], int]] = {
        "postroom": (whole, count),
        "emailmessage_dkimpy_aiosmtplib": (usual_way, max(count // 20, CONNECTIONS)),
        "smtp_source": (smtp_source, count),
    }
    if (NODEMAILER / "node_modules").exists():
        ways["nodemailer"] = (nodemailer, count // 4)
    runs: dict[str, list[Spent]] = {name: [] for name in ways}
    async with sink() as (port, receiver):
        for _ in range(ROUNDS):
            for name, (way, number) in ways.items():
                wall, cpu = await way(port, number)
                runs[name].append((number / wall, cpu / number * 1000))
    async with sink("-w", "1") as (port, _):
        wall, cpu = await whole(port, 2000, 200)
    table = {
        name: {
            "copies_per_second": round(statistics.median(rate for rate, _ in each)),
            "cpu_seconds_per_1000": round(statistics.median(cpu for _, cpu in each), 3),
        }
        for name, each in runs.items()
    }
    return {
        "benchmark": "whole_path",
        "receiver": receiver,
        "copies": count,
        "ways": table,
        "ratio": {f"to_{name}": beside(runs["postroom"], each) for name, each in runs.items() if name != "postroom"},
        "raw_rsa_cpu_seconds_per_1000": raw_rsa(),
        "slow": {"copies_per_second": round(2000 / wall), "cpu_seconds_per_1000": round(cpu / 2, 3)},
        "memory": {str(number): round(peak(number)) for number in (count, 10 * count)},
        **({} if "nodemailer" in ways else {"missing": NO_NODEMAILER}),
    }


def raw_rsa() -> float:
    """CPU of 1,000 signatures alone, as this machine makes them now: no copy can cost less."""
    key = load_pem_private_key(KEY.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    cpu = time.process_time()
    for number in range(1000):
        key.sign(b"%d" % number, PKCS1v15(), SHA256())
    return round(time.process_time() - cpu, 3)


def beside(ours: list[Spent], theirs: list[Spent]) -> dict[str, float]:
    """How many times faster we are, and how many times less CPU a copy costs us: medians of the rounds' own ratios."""
    pairs = list(zip(ours, theirs, strict=True))
    return {
        "copies_per_second": round(statistics.median(us[0] / them[0] for us, them in pairs), 2),
        "cpu": round(statistics.median(them[1] / us[1] for us, them in pairs), 2),
    }


def peak(count: int) -> float:
    """How large a process of its own gets that sends so many, unsigned; in MB."""
    (size,) = _of_its_own("--peak", count)
    return float(size)


async def _peak(count: int) -> str:
    async with sink() as (port, _):
        with waiting("sqlite", count) as house:
            await sent(house, port, count, CONNECTIONS, [])
    return str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _of_its_own(part: str, *numbers: int) -> list[str]:
    """What a process said that did one part and nothing before it."""
    command = [sys.executable, "-m", "benchmarks.whole_path", part, *map(str, numbers)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()


def main() -> None:
    """Print the measurements as one line of JSON."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        settle()  # as a process that serves does
        part, numbers = sys.argv[1:2], [int(one) for one in sys.argv[2:]]
        if part == ["--peak"]:
            print(runner.run(_peak(*numbers)))
        elif part == ["--ours"]:
            print(runner.run(_ours(*numbers)))
        else:
            print(json.dumps(runner.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 4000))))


if __name__ == "__main__":
    main()
