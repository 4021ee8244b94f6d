"""The read path of timelines gives what a plain reading of the rules gives, in many small worlds, on both databases."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, event, insert, text
from sqlalchemy.orm import Session

from gateway.core.community.timeline_read import MANY, NEWEST, WINDOW, Place, places
from gateway.core.store.db import Database
from gateway.core.store.models import Base, Follow, Member, Name, Post, Shun
from tests.conftest import NOON
from tests.counting import steps

WORLDS = {True: 40, False: 12}  # on SQLite, on PostgreSQL, which is slower to fill
FOLLOWS = 400
TABLES: tuple[type[Base], ...] = (Post, Follow, Shun, Member, Name)


@dataclass
class World:
    """Everything that decides who sees what."""

    replies: dict[int, str] = field(default_factory=dict)
    follows: set[tuple[int, int]] = field(default_factory=set)
    mutes: set[tuple[int, int]] = field(default_factory=set)
    blocks: set[tuple[int, int]] = field(default_factory=set)
    posts: list[dict[str, object]] = field(default_factory=list)

    def timeline(self, me: int) -> list[Place]:
        """By the rules, one after the other."""
        author = {post["id"]: post["author_id"] for post in self.posts}
        seen = [post for post in self.posts if post["status"] == "published" and self._sees(me, post, author)]
        return sorted(((_at(post), _id(post)) for post in seen), reverse=True)

    def _sees(self, me: int, post: dict[str, object], author: dict[object, object]) -> bool:
        who, kind = post["author_id"], post["kind"]
        if who != me and ((me, who) not in self.follows or self._hidden(me, who)):
            return False
        if kind == "post":
            return True
        if self.replies[me] == "none":
            return False
        if who == me:
            return True
        answered = author[post["reply_to_id"]]
        if self._hidden(me, answered):
            return False
        return self.replies[me] == "all" or answered == me or (me, answered) in self.follows

    def _hidden(self, me: int, other: object) -> bool:
        return (me, other) in self.mutes or (me, other) in self.blocks or (other, me) in self.blocks

    def store(self, session: Session) -> None:
        for table in TABLES:
            session.execute(delete(table))
        names = [f"m{number}" for number in self.replies]
        session.execute(insert(Name), [{"name": name, "created_at": NOON} for name in names])
        members = [
            {"id": number, "handle": f"m{number}", "timeline_replies": wish, "created_at": NOON}
            for number, wish in self.replies.items()
        ]
        session.execute(insert(Member), members)
        follows = [{"follower_id": a, "followed_id": b, "created_at": NOON} for a, b in self.follows]
        if follows:
            session.execute(insert(Follow), follows)
        shuns = [("mute", pair) for pair in self.mutes] + [("block", pair) for pair in self.blocks]
        if shuns:
            rows = [{"member_id": a, "target_id": b, "kind": kind, "created_at": NOON} for kind, (a, b) in shuns]
            session.execute(insert(Shun), rows)
        if self.posts:
            session.execute(insert(Post), self.posts)


def _at(post: dict[str, object]) -> datetime:
    at = post["published_at"]
    assert isinstance(at, datetime)
    return at


def _id(post: dict[str, object]) -> int:
    number = post["id"]
    assert isinstance(number, int)
    return number


def a_post(
    number: int, author: int, at: datetime | None, *, status: str = "published", answers: int | None = None
) -> dict[str, object]:
    return {
        "id": number,
        "kind": "post" if answers is None else "reply",
        "status": status,
        "author_id": author,
        "reply_to_id": answers,
        "short_reference": f"r{number}",
        "markdown": "",
        "html": "",
        "published_at": at,
        "created_at": NOON,
    }  # fmt: skip


def a_world(seed: int) -> World:
    """Few people, many ties: posts at the same moment, back-dated, deleted, drafted; replies among all of them."""
    chance = random.Random(seed)
    people = list(range(1, chance.randint(2, 12)))
    world = World({number: chance.choice(["all", "followed", "none"]) for number in people})
    pairs = [(a, b) for a in people for b in people if a != b]
    world.follows = {pair for pair in pairs if chance.random() < 0.6}
    shunned = {pair for pair in pairs if chance.random() < chance.choice([0, 0.15])}
    world.mutes = {pair for pair in shunned if chance.random() < 0.5}
    world.blocks = shunned - world.mutes
    for number in range(1, chance.randint(1, 60)):
        at = NOON + timedelta(minutes=chance.choice([number, number // 4, -number, 0]))
        status = chance.choice(["published"] * 8 + ["deleted", "draft"])
        answers = chance.randint(1, number - 1) if number > 1 and chance.random() < 0.4 else None
        when = None if status == "draft" else at
        world.posts.append(a_post(number, chance.choice(people), when, status=status, answers=answers))
    return world


def pages(session: Session, me: int, *, limit: int, many: int, window: int) -> list[Place]:
    """The whole timeline, page after page."""
    whole: list[Place] = []
    before = NEWEST
    while found := places(session, me, limit=limit, before=before, many=many, window=window):
        assert len(found) <= limit
        whole += found
        before = found[-1]
    return whole


def test_every_page_of_every_small_world_is_what_the_rules_say(database: Database) -> None:
    for seed in range(WORLDS[database.is_sqlite]):
        world, chance = a_world(seed), random.Random(-seed)
        database.writer.run(world.store)
        with database.read() as session:
            for me in world.replies:
                expected = world.timeline(me)
                for many in (0, 1000):  # by time with its fallback, by author
                    limit, window = chance.randint(1, 7), chance.choice([1, 3, 10, 1000])
                    found = pages(session, me, limit=limit, many=many, window=window)
                    assert found == expected, f"world {seed}, member {me}, many={many}, {limit=}, {window=}"


def a_crowd(history: int = 1) -> World:
    """Member 1 follows FOLLOWS people who fell silent; strangers write now, more than a window. Histories can be longer."""
    chance = random.Random(7)
    world = World(dict.fromkeys(range(1, FOLLOWS + 200), "all"))
    world.follows = {(1, other) for other in range(2, FOLLOWS + 2)}
    numbers = iter(range(1, 1_000_000))
    for author in range(2, FOLLOWS + 2):
        for _ in range(chance.randint(1, 3) * history):
            world.posts.append(a_post(next(numbers), author, NOON - timedelta(days=chance.randint(1, 900))))
    for _ in range(WINDOW * 3 // 2 * history):
        at = NOON - timedelta(seconds=chance.randint(1, 3600))
        world.posts.append(a_post(next(numbers), chance.randint(FOLLOWS + 2, FOLLOWS + 199), at))
    return world


@contextmanager
def opened(url: str, history: int = 1) -> Iterator[Database]:
    """A database with a crowd in it."""
    database = Database(url)
    try:
        database.writer.run(a_crowd(history).store)
        yield database
    finally:
        database.close()


def test_a_member_with_hundreds_of_follows_reads_the_same_by_either_way(database: Database) -> None:
    world = a_crowd()
    database.writer.run(world.store)
    expected = world.timeline(1)
    with database.read() as session:
        assert pages(session, 1, limit=50, many=MANY, window=WINDOW) == expected
        assert pages(session, 1, limit=50, many=10_000, window=WINDOW) == expected


def test_dormant_follows_cost_a_bounded_number_of_steps(new_database: Callable[[str], str]) -> None:
    """Counted in steps of SQLite's virtual machine, so the measure has no noise."""
    with opened(new_database("sqlite")) as database, database.read() as session:
        assert page_of_21(session, many=10_000) < 60 * FOLLOWS
        assert page_of_21(session, many=150) < 60 * FOLLOWS + 60 * WINDOW


def test_a_long_history_costs_no_more_steps(new_database: Callable[[str], str]) -> None:
    """Neither of those who are followed nor of strangers."""
    counted = []
    for history in (1, 6):
        with opened(new_database("sqlite"), history) as database, database.read() as session:
            counted.append((page_of_21(session, many=10_000), page_of_21(session, many=150)))
    short, long = counted
    assert long[0] < 1.3 * short[0]
    assert long[1] < 1.3 * short[1]


def page_of_21(session: Session, *, many: int) -> int:
    """How many steps a page of 20 and one takes."""

    def ask() -> None:
        assert len(places(session, 1, limit=21, many=many)) == 21

    return steps(session, ask)


def test_postgresql_reads_few_rows_of_posts(new_database: Callable[[str], str]) -> None:
    """One for each follow and a page for each author on the page, and at most the window before: once it has looked at its tables, as it soon does by itself."""
    with opened(new_database("postgresql"), history=3) as database:
        by_author = FOLLOWS + 1 + 21 * 22
        database.writer.run(lambda session: session.execute(text("ANALYZE")))
        with database.read() as session:
            assert rows_read(session, many=10_000) <= by_author
            assert rows_read(session, many=150) <= by_author + WINDOW


def rows_read(session: Session, *, many: int) -> float:
    """How many posts PostgreSQL looks at for a page of 20 and one, kept or not."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        asked.append((statement, parameters))

    connection = session.connection()
    event.listen(connection.engine, "before_cursor_execute", note)
    assert len(places(session, 1, limit=21, many=many)) == 21
    event.remove(connection.engine, "before_cursor_execute", note)
    plans = [
        connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()[0]["Plan"]
        for statement, parameters in asked
    ]
    return sum(_posts_of(plan) for plan in plans)


def _posts_of(plan: dict[str, Any]) -> float:
    below = sum(_posts_of(child) for child in plan.get("Plans", ()))
    if plan.get("Relation Name") != "post":
        return below
    each: float = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    return below + each * int(plan["Actual Loops"])
