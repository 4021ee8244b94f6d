"""Cutting: who gets a copy is who the rules name, in many small worlds; each reader is looked at a few times, however many there are."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from gateway.core.audience import erasure, suppression
from gateway.core.people.tokens import Keyring
from gateway.core.store.bell import Bell
from gateway.core.store.models import (
    Base,
    Blog,
    Category,
    Delivery,
    Issue,
    IssuePost,
    Post,
    Subscriber,
    SubscriberCategory,
)
from gateway.newsletter import cutting
from gateway.newsletter.selection import count_recipients
from tests.conftest import NOON
from tests.newsletter.conftest import Press

WORLDS = 25
TABLES: tuple[type[Base], ...] = (Delivery, IssuePost, Issue, Category, Post, SubscriberCategory, Subscriber)
NAMES = ("Birds", "Rivers", "Snails")


@dataclass
class World:
    """An issue, its posts, and readers of two blogs; rows as they are stored."""

    cadence: str
    posts: list[dict[str, Any]]
    about: dict[int, set[str]]  # categories of a post
    left_out: set[int]
    readers: list[dict[str, Any]]
    wanted: dict[int, set[str]]  # categories of a reader

    def addresses(self, blog_id: int) -> list[str]:
        """By the rules, one after the other."""
        return sorted(str(row["address"]) for row in self.readers if row["blog_id"] == blog_id and self._gets(row))

    def _gets(self, row: dict[str, Any]) -> bool:
        inside = [post for post in self.posts if post["id"] not in self.left_out]
        newest = max(post["notify_at"] for post in inside)
        if (row["status"], row["cadence"]) != ("active", self.cadence):
            return False
        if row["confirmed_at"] > (newest if self.cadence == "each" else NOON):
            return False
        if row["cadence_since"] is not None and row["cadence_since"] >= newest:
            return False
        wanted = self.wanted.get(row["id"], set())
        return not wanted or any(wanted & self.about[post["id"]] for post in inside)


def a_world(seed: int, blogs: tuple[int, int], author: int) -> World:
    chance = random.Random(seed)
    cadence = chance.choice(["each", "weekly", "monthly"])

    def around() -> datetime:
        return NOON + timedelta(hours=chance.randint(-4, 4))

    posts = [
        {
            "id": number,
            "kind": "post",
            "status": "published",
            "blog_id": blogs[0],
            "author_id": author,
            "short_reference": f"r{number}",
            "markdown": "",
            "html": "",
            "created_at": NOON,
            "notify_at": NOON - timedelta(hours=chance.randint(0, 4)),
        }
        for number in range(1, 2 if cadence == "each" else chance.randint(2, 5))
    ]
    about = {int(str(post["id"])): set(chance.sample(NAMES, chance.choice([0, 1, 1, 2]))) for post in posts}
    left_out = {number for number in about if number > 1 and chance.random() < 0.3}
    readers = [
        {
            "id": number,
            "blog_id": chance.choice(blogs),
            "address": f"{chance.choice('aäz')}{chance.randint(0, 999):03}.{number}@example.net",
            "status": chance.choice(["active"] * 12 + ["pending", "unsubscribed", "erased"]),
            "cadence": chance.choice([cadence] * 7 + ["each", "weekly", "monthly"]),
            "asked_at": NOON,
            "confirmed_at": around() - timedelta(hours=3),
            "cadence_since": chance.choice([None, None, None, around()]),
        }
        for number in range(1, chance.randint(1, 40))
    ]
    wanted = {int(str(row["id"])): set(chance.sample(NAMES, chance.choice([0, 0, 1, 2]))) for row in readers}
    return World(cadence, posts, about, left_out, readers, wanted)


def emptied(session: Session) -> None:
    for table in TABLES:
        session.execute(delete(table))


def stored(session: Session, world: World, blog_id: int) -> int:
    """The id of the issue, about to be cut."""
    emptied(session)
    session.execute(insert(Post), world.posts)
    filled = [
        (Category, [{"post_id": post, "name": name} for post, names in world.about.items() for name in names]),
        (Subscriber, world.readers),
        (SubscriberCategory, [{"subscriber_id": r, "name": n} for r, names in world.wanted.items() for n in names]),
    ]
    for model, found in filled:
        if found:
            session.execute(insert(model), found)
    issue = Issue(blog_id=blog_id, cadence=world.cadence, period="1", status="cutting", created_at=NOON, send_at=NOON)
    session.add(issue)
    session.flush()
    inside = [
        {"issue_id": issue.id, "post_id": post, "cadence": world.cadence, "position": post} for post in world.about
    ]
    session.execute(insert(IssuePost), [one | {"left_out": one["post_id"] in world.left_out} for one in inside])
    return issue.id


def test_copies_are_for_whom_the_rules_name_in_many_worlds(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    """And they were counted before."""
    monkeypatch.setattr(cutting, "BATCH", 3)
    blogs = press.cast.blog, press.cast.blog + 1
    copies = 0
    for seed in range(WORLDS):
        world = a_world(seed, blogs, press.cast.alice)
        issue_id = press.run(partial(stored, world=world, blog_id=blogs[0]))
        with press.house.database.read() as session:
            inside = [post for post in session.scalars(select(Post)) if post.id not in world.left_out]
            blog = session.get_one(Blog, blogs[0])
            counted = count_recipients(session, blog, world.cadence, inside, NOON)
        cutting.queue_copies(press.house, issue_id)
        expected = world.addresses(blogs[0])
        assert (seed, sorted(press.recipients())) == (seed, expected)
        assert (seed, counted) == (seed, len(expected))
        copies += counted
    assert copies > 2 * WORLDS, copies  # the worlds are not empty


def many(press: Press, count: int, **changes: Any) -> int:
    """An issue that is about to be cut for so many readers."""

    def unit(session: Session) -> int:
        facts = {
            "blog_id": press.cast.blog,
            "status": "active",
            "cadence": "weekly",
            "asked_at": NOON,
            "confirmed_at": NOON,
        }
        rows = [facts | changes | {"address": f"r{number * 7919 % 100_003}@example.net"} for number in range(count)]
        session.execute(insert(Subscriber), rows)
        issue = Issue(
            blog_id=press.cast.blog, cadence="weekly", period="1", status="cutting", created_at=NOON, send_at=NOON
        )
        session.add(issue)
        session.flush()
        return issue.id

    return int(press.run(unit))


@contextmanager
def steps(press: Press) -> Iterator[list[int]]:
    """Counts hundreds of instructions of the SQLite connection that writes."""
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    def driver(session: Session) -> Any:
        return session.connection().connection.driver_connection

    press.run(lambda s: driver(s).set_progress_handler(count, 100))
    yield counted
    press.run(lambda s: driver(s).set_progress_handler(None, 0))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_cost_of_a_cut_grows_as_its_readers_do(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BATCH", 500)
    cost = {}
    for count in (2_000, 8_000):
        press.run(emptied)
        issue_id = many(press, count, hash_key=press.house.community.keyring.current)
        with steps(press) as counted:
            cutting.queue_copies(press.house, issue_id)
        cost[count] = counted[0]
        assert len(press.recipients()) == count
    assert 3.5 < cost[8_000] / cost[2_000] < 4.5
    assert cost[8_000] * 100 / 8_000 < 600  # instructions for each reader


def test_no_unit_queues_more_than_a_batch_and_only_the_last_one_rings(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "BATCH", 4)
    issue_id = many(press, 11)
    sizes: list[int] = []
    rung: list[frozenset[str]] = []

    def now() -> datetime:
        with press.house.database.read() as session:
            sizes.append(session.scalar(select(func.count()).select_from(Delivery)) or 0)
        return press.house.now()

    monkeypatch.setattr(Bell, "ring", lambda self, works=frozenset(): rung.append(works))
    cutting.queue_copies(replace(press.house, now=now), issue_id)
    assert sorted({*sizes, 11}) == [0, 4, 8, 11]
    assert ["outbox" in works for works in rung] == [False] * (len(rung) - 1) + [True]


ROTATED = Keyring({0: b"o" * 32, 1: b"n" * 32}, 1)


def test_a_changed_key_makes_hashes_anew_and_what_the_old_one_says_still_holds(press: Press) -> None:
    old = Keyring({0: ROTATED.keys[0]}, 0)
    issue_id = many(press, 3, hash_key=0)
    who = "r7919@example.net"
    press.run(lambda s: suppression.suppress(s, old, who, "complaint", NOON))
    community = replace(press.house.community, keyring=ROTATED)
    cutting.queue_copies(replace(press.house, community=community), issue_id)
    hashes = {delivery.recipient: delivery.address_hash for delivery in press.queued()}
    assert hashes == {one: suppression.address_hash(ROTATED, one) for one in hashes}
    with press.house.database.read() as session:
        assert session.scalars(select(Subscriber.hash_key)).all() == [1, 1, 1]
        assert suppression.is_suppressed(session, Keyring({1: ROTATED.keys[1]}, 1), who)


def test_a_reader_erased_while_an_issue_is_cut_takes_no_copy_from_another(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cursor is a reader, and the one it names may be anybody."""
    monkeypatch.setattr(cutting, "BATCH", 2)
    issue_id = many(press, 7)
    house, community = press.house, press.house.community
    assert press.run(lambda s: cutting._batch(s, house, issue_id))
    [_, reached] = press.recipients()

    def erase(session: Session) -> None:
        row = session.scalars(select(Subscriber).where(Subscriber.address == reached)).one()
        erasure.erase(session, community, row, NOON)

    press.run(erase)
    cutting.queue_copies(house, issue_id)
    assert len(press.recipients()) == 7
    assert reached not in press.recipients()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("first", ["cut", "erase"])
def test_a_cut_and_an_erasure_that_meet_leave_no_copy_and_no_address(press: Press, first: str) -> None:
    """One of them waits for the other, which has done its work and is not committed; SQLite lets one write at a time."""
    house = press.house
    issue_id = many(press, 3, hash_key=house.community.keyring.current)
    who = "r7919@example.net"
    units: dict[str, Callable[[Session], object]] = {
        "cut": lambda s: cutting._batch(s, house, issue_id),
        "erase": lambda s: erasure.erase(
            s, house.community, s.scalars(select(Subscriber).where(Subscriber.address == who)).one(), NOON
        ),
    }
    done, go_on = threading.Event(), threading.Event()

    def held(session: Session) -> None:
        units.pop(first)(session)
        session.flush()
        done.set()
        go_on.wait(60)

    earlier = house.database.writer.submit(held)
    assert done.wait(60)
    [(_, second)] = units.items()
    later = house.database.writer.submit(second)
    _until_one_waits_for_a_lock(press)
    go_on.set()
    earlier.result(60)
    later.result(60)
    with house.database.read() as session:
        rows = [session.execute(select(table)).all() for table in (Delivery.__table__, Subscriber.__table__)]
        assert session.scalar(select(func.count()).select_from(Delivery).where(Delivery.status == "queued")) == 2
    assert who not in repr(rows)
    assert suppression.address_hash(house.community.keyring, who) not in repr(rows)


def _until_one_waits_for_a_lock(press: Press) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with press.house.database.read() as session:
            if session.scalar(text(waiting)):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waited")
