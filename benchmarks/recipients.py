"""How large the processes get that cut an issue and send it, for 10,000 recipients and for 1,000,000; prints one JSON line.

    python -m benchmarks.recipients [recipients]

SQLite. The readers are put in by SQL. Each figure is the peak (VmHWM, in MB) of a process of its own. `cut` queues a copy for each of them. `send` opens that
database and sends 10,000 of the copies that wait, signed, over 20 connections to Postfix's smtp-sink: what a sender holds is what it has claimed, and how many wait
behind that must not show. `send_all`, for the argument `all`, sends every one of the million, which takes a quarter of an hour.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from benchmarks.databases import new_database
from benchmarks.memory import peak
from benchmarks.newsletter import CONNECTIONS, SIGNER, prepared, sink
from gateway import delivering
from gateway.core.house import House
from gateway.core.people import accounts
from gateway.core.people.community import Community
from gateway.core.people.tokens import Keyring
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database
from gateway.core.store.models import Delivery, Issue
from gateway.core.writing import blogs
from gateway.email.copies import IssueCopies, NewsletterCarrier
from gateway.email.relay import Relay
from gateway.newsletter import cutting

FEW, MANY = 10_000, 1_000_000
READERS = """
WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :count)
INSERT INTO subscriber (blog_id, address, address_hash, hash_key, status, cadence, asked_at, confirmed_at, source)
SELECT :blog, printf('reader%07d@example.net', n), printf('%064d', n), 0, 'active', 'weekly', :now, :now, 'import' FROM number
"""


def measure(count: int, *, everything: bool) -> dict[str, float]:
    """Both processes, one after the other, on one database with so many readers."""
    with new_database("sqlite") as url:
        fill(url, count)
        began = time.perf_counter()
        cut = child("cut", url)
        seconds = time.perf_counter() - began
        return {
            "cut_mb": cut,
            "cut_seconds": round(seconds, 1),
            "send_mb": child("send", url, count if everything else FEW),
        }


def child(what: str, url: str, count: int = 0) -> float:
    """The peak of a process that does this."""
    command = [sys.executable, "-m", "benchmarks.recipients", f"--{what}", url, str(count)]
    return round(float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) / 1_048_576, 1)


def fill(url: str, count: int) -> None:
    """alice's blog, its readers, and an issue for them."""
    database, now = Database(url), datetime.now(UTC)

    def unit(session: Session) -> None:
        alice = accounts.join(session, handle="alice", address="alice@example.com", now=now)
        blog = blogs.create(session, alice, now)
        issue = Issue(
            blog_id=blog.id, cadence="weekly", period="2026-W49", status="cutting", created_at=now, send_at=now
        )
        issue.segments = prepared(marks=("unsubscribe-name", "unsubscribe-leave")).to_bytes()
        session.add(issue)
        session.flush()
        session.execute(text(READERS), {"count": count, "blog": blog.id, "now": now.isoformat(" ")[:26]})

    database.writer.run(unit)
    database.close()


def house_at(url: str, folder: str) -> House:
    community = Community("Demo Town", "post.example.org", "https://example.org", Keyring({0: b"0" * 32}, 0))
    return House(Database(url), FileBlobs(Path(folder)), community)


def cut(house: House) -> None:
    cutting.resume(house)


async def send(house: House, count: int) -> None:
    """At least so many of the copies that wait."""
    async with sink() as (port, _):
        make, stop = IssueCopies(house, [SIGNER]).make, asyncio.Event()
        carrier = NewsletterCarrier(house, Relay("127.0.0.1", port), Path("unused"), make, CONNECTIONS)
        sending = asyncio.create_task(delivering.run_bulk(house, carrier, stop))
        while sent(house) < count:
            await asyncio.sleep(0.5)
        stop.set()
        await sending


def sent(house: House) -> int:
    with house.database.read() as session:
        return session.scalar(select(func.count()).select_from(Delivery).where(Delivery.status == "sent")) or 0


def run(count: int, *, everything: bool) -> dict[str, object]:
    few, many = measure(FEW, everything=False), measure(count, everything=everything)
    ratio = {name: round(many[name] / few[name], 2) for name in ("cut_mb", "send_mb")}
    return {
        "benchmark": "recipients",
        "sent": count if everything else FEW,
        str(FEW): few,
        str(count): many,
        "ratio": ratio,
    }


def main() -> None:
    """Print the measurements as one line of JSON."""
    what, *rest = sys.argv[1:] or [""]
    if what not in {"--cut", "--send"}:
        everything = what == "all"
        print(json.dumps(run(int(what) if what and not everything else MANY, everything=everything)))
        return
    with TemporaryDirectory() as folder:
        house = house_at(rest[0], folder)
        if what == "--cut":
            cut(house)
        else:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(send(house, int(rest[1])))
        house.database.close()
    print(peak(os.getpid()))


if __name__ == "__main__":
    main()
