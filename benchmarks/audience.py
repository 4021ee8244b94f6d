"""A blog's readers in numbers: a list of them imported, and an issue cut for them, beside the plain way of an ORM in the same run.

    python -m benchmarks.audience [readers]

Prints one JSON line. SQLite, synchronous=FULL. `import` takes a CSV file of 100,000 lines, a tenth of which left, bounced or stand there twice; `cut` queues a copy
for each of 1,000,000 readers (or the argument's number), `rehashed` as many again after the key of their hashes was changed. The plain way reads the same file with
`csv.DictReader` and adds a `Subscriber` for each line; and it selects the readers and adds a `Delivery` for each, both 1000 a commit; of the cut it does 100,000 at most.
Seconds on the clock and of CPU, readers a second, and the ratio of these.
"""

import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from benchmarks.databases import new_database
from gateway.core.audience.importing import File, import_subscribers
from gateway.core.audience.suppression import address_hash
from gateway.core.house import House
from gateway.core.people import accounts
from gateway.core.people.community import Community
from gateway.core.people.tokens import Keyring
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database
from gateway.core.store.models import Delivery, Issue, Subscriber
from gateway.core.writing import blogs
from gateway.newsletter import cutting

LINES = 100_000
OLD, NEW = b"0" * 32, b"1" * 32


@contextmanager
def house_of_alice() -> Iterator[tuple[House, int]]:
    """A fresh house on SQLite, with a blog."""
    with new_database("sqlite") as url, TemporaryDirectory() as folder:
        database = Database(url)
        community = Community("Demo Town", "post.example.org", "https://example.org", Keyring({0: OLD}, 0))
        house = House(database, FileBlobs(Path(folder)), community)

        def unit(session: Session) -> int:
            alice = accounts.join(session, handle="alice", address="alice@example.com", now=house.now())
            blog = blogs.create(session, alice, house.now())
            session.flush()
            return blog.id

        yield house, database.writer.run(unit)
        database.close()


def the_list() -> str:
    """As a service exports it."""
    lines = ["email,status,subscribed_at,unsubscribed_at,name"]
    for number in range(LINES):
        state, left = (
            ("unsubscribed", "2024-03-01")
            if number % 20 == 0
            else ("bounced", "")
            if number % 33 == 0
            else ("active", "")
        )
        lines.append(
            f"reader{number - number % 50 // 49}@example.net,{state},2023-05-06T07:08:09Z,{left},Reader {number}"
        )
    return "\n".join(lines)


def imported(house: House, blog_id: int, path: Path) -> None:
    with path.open("rb") as stream:
        import_subscribers(house.database, house.community.keyring, blog_id, [File("list.csv", stream)], house.now())


def imported_plainly(house: House, blog_id: int, path: Path) -> None:
    """Without a look at who left, is known or stands there twice, but the one that a constraint forces."""
    seen: set[str] = set()
    now, waiting = house.now(), list[Subscriber]()

    def save(session: Session) -> None:
        session.add_all(waiting)

    for line in csv.DictReader(path.read_text().splitlines()):
        if line["email"] not in seen and line["status"] == "active":
            seen.add(line["email"])
            facts = {"status": "active", "cadence": "weekly", "asked_at": now, "confirmed_at": now}
            waiting.append(Subscriber(blog_id=blog_id, address=line["email"], **facts))
        if len(waiting) == 1000:
            house.database.writer.run(save)
            waiting = []
    house.database.writer.run(save)


def subscribe(house: House, blog_id: int, count: int) -> None:
    """So many readers, as an import leaves them."""
    now, keyring = house.now(), house.community.keyring
    facts = {
        "blog_id": blog_id,
        "status": "active",
        "cadence": "weekly",
        "asked_at": now,
        "confirmed_at": now,
        "hash_key": 0,
    }

    def unit(session: Session, numbers: range) -> None:
        addresses = [f"reader{number * 7919 % 1_000_003}@example.net" for number in numbers]
        rows = [facts | {"address": one, "address_hash": address_hash(keyring, one)} for one in addresses]
        session.execute(insert(Subscriber), rows)

    for start in range(0, count, 5000):
        house.database.writer.run(partial(unit, numbers=range(start, min(start + 5000, count))))


def an_issue(house: House, blog_id: int, period: str) -> int:
    """One that is about to be cut."""
    now = house.now() + timedelta(seconds=1)

    def unit(session: Session) -> int:
        issue = Issue(blog_id=blog_id, cadence="weekly", period=period, status="cutting", created_at=now, send_at=now)
        session.add(issue)
        session.flush()
        return issue.id

    return house.database.writer.run(unit)


def cut_plainly(house: House, issue_id: int, most: int) -> None:
    """The readers by an ORM, and a delivery added for each."""
    keyring, last, done = house.community.keyring, 0, 0

    def unit(session: Session, last: int) -> int:
        issue = session.get_one(Issue, issue_id)
        here = (Subscriber.blog_id == issue.blog_id, Subscriber.status == "active", Subscriber.cadence == issue.cadence)
        found = select(Subscriber).where(*here, Subscriber.id > last).order_by(Subscriber.id).limit(1000)
        readers = session.scalars(found).all()
        session.add_all(
            Delivery(
                kind="issue",
                channel="newsletter",
                recipient=one.address,
                cause=f"issue:{issue_id}",
                payload={},
                subscriber_id=one.id,
                issue_id=issue_id,
                status="queued",
                due_at=issue.send_at,
                created_at=issue.created_at,
                address_hash=address_hash(keyring, one.address),
            )
            for one in readers
        )
        return readers[-1].id

    while done < most:
        last = house.database.writer.run(partial(unit, last=last))
        done += 1000


def measured(work: Callable[[], object], number: int) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"seconds": round(wall, 2), "cpu": round(cpu, 2), "per_second": round(number / wall)}


def compared(ours: dict[str, float], plain: dict[str, float]) -> dict[str, object]:
    return {**ours, "plain": plain, "ratio": round(ours["per_second"] / plain["per_second"], 2)}


def the_import() -> dict[str, object]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_text(the_list())
        with house_of_alice() as (house, blog_id):
            ours = measured(lambda: imported(house, blog_id, path), LINES)
        with house_of_alice() as (house, blog_id):
            plain = measured(lambda: imported_plainly(house, blog_id, path), LINES)
    return compared(ours, plain)


def the_cut(count: int) -> tuple[dict[str, object], dict[str, float]]:
    with house_of_alice() as (house, blog_id):
        subscribe(house, blog_id, count)
        issue_id = an_issue(house, blog_id, "2026-W49")
        ours = measured(lambda: cutting.queue_copies(house, issue_id), count)
        with house.database.read() as session:
            assert session.scalar(select(func.count()).where(Delivery.issue_id == issue_id)) == count
        rotated = replace(house, community=replace(house.community, keyring=Keyring({0: OLD, 1: NEW}, 1)))
        issue_id = an_issue(house, blog_id, "2026-W50")
        rehashed = measured(lambda: cutting.queue_copies(rotated, issue_id), count)
    most = min(count, 100_000)
    with house_of_alice() as (house, blog_id):
        subscribe(house, blog_id, most)
        issue_id = an_issue(house, blog_id, "2026-W49")
        plain = measured(lambda: cut_plainly(house, issue_id, most), most)
    return compared(ours, plain), rehashed


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    cut, rehashed = the_cut(count)
    print(json.dumps({"readers": count, "import": the_import(), "cut": cut, "rehashed": rehashed}))


if __name__ == "__main__":
    main()
