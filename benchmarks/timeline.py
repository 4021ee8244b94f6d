"""A timeline page of 20 at 2,000 members and 100,000 posts: our read path beside a plain ORM query in the same run; prints one JSON line.

    python -m benchmarks.timeline [posts]

Who writes and who is followed follows a power law; a third of the posts are replies. Both ways give the same items (checked), are asked in turn for
the same member, and find the words of posts as timelines show them already made. Times are milliseconds of wall clock, in one process.
"""

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import and_, insert, or_, select, text
from sqlalchemy.orm import Session, selectinload

from benchmarks.databases import new_database
from gateway.core.community.timeline import Page, item, timeline_page
from gateway.core.people.community import Community
from gateway.core.people.tokens import Keyring
from gateway.core.store.db import Database
from gateway.core.store.models import Base, Blog, Follow, Member, Name, Post, Shun

MEMBERS, POSTS, LIMIT = 2000, 100_000, 20
START = datetime(2024, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
COMMUNITY = Community(
    name="Bench", domain="post.example.org", base_url="https://example.org", keyring=Keyring({0: bytes(32)}, 0)
)
DORMANT = MEMBERS  # this member follows everybody who fell silent
SILENT_FROM = MEMBERS // 4  # whoever has a higher number wrote nothing in the last four fifths

Way = Callable[[Session, int, str], Page]


def postroom(session: Session, member_id: int, before: str) -> Page:
    """Our read path."""
    return timeline_page(session, COMMUNITY, member_id, limit=LIMIT, before=before)


def naive(session: Session, member_id: int, before: str) -> Page:
    """The same page as one would write it with the ORM."""
    followed = select(Follow.followed_id).where(Follow.follower_id == member_id)
    silent = select(Shun.target_id).where(Shun.member_id == member_id)
    blocking = select(Shun.member_id).where(Shun.target_id == member_id, Shun.kind == "block")
    statement = select(Post).where(
        Post.status == "published",
        or_(Post.author_id.in_(followed), Post.author_id == member_id),
        Post.author_id.not_in(silent),
        Post.author_id.not_in(blocking),
    )
    if before:
        microseconds, post_id = map(int, before.split("-"))
        at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)
        statement = statement.where(or_(Post.published_at < at, and_(Post.published_at == at, Post.id < post_id)))
    bodies = selectinload(Post.author), selectinload(Post.blog), selectinload(Post.media)
    statement = statement.order_by(Post.published_at.desc(), Post.id.desc()).limit(LIMIT + 1).options(*bodies)
    posts = session.scalars(statement).all()[:LIMIT]
    answered = [post.reply_to_id for post in posts if post.reply_to_id]
    asked = select(Post).where(Post.id.in_(answered)).options(selectinload(Post.author))
    names = {post.id: post.author.shown_name for post in session.scalars(asked)} if answered else {}
    return Page(tuple(item(COMMUNITY, post, names.get(post.reply_to_id or 0, "")) for post in posts))


def world(posts: int) -> Iterator[tuple[type[Base], Sequence[dict[str, Any]]]]:
    """The rows of a community, table by table, in parts."""
    chance = random.Random(1)
    people = range(1, MEMBERS + 1)
    weights = [number**-0.8 for number in people]
    yield Name, [{"name": f"m{number}", "created_at": START} for number in people]
    yield Member, [{"id": n, "handle": f"m{n}", "display_name": f"Member {n}", "created_at": START} for n in people]
    yield Blog, [{"id": n, "member_id": n, "name": f"m{n}", "created_at": START} for n in people]
    follows = {
        (number, other)
        for number in people[:-1]
        for other in chance.choices(people, weights, k=min(1500, int(10 * chance.paretovariate(0.8))))
        if number != other
    } | {(DORMANT, other) for other in range(SILENT_FROM + 1, MEMBERS)}
    yield Follow, [{"follower_id": a, "followed_id": b, "created_at": START} for a, b in sorted(follows)]
    authors = chance.choices(people, weights, k=posts)
    numbered = enumerate(authors, 1)
    while part := list(islice(numbered, 5000)):
        yield Post, [a_post(chance, number, author, posts) for number, author in part]


def a_post(chance: random.Random, number: int, author: int, posts: int) -> dict[str, Any]:
    """One post or reply of some hundred characters."""
    if author > SILENT_FROM and number > posts // 5:
        author = author % SILENT_FROM + 1
    is_reply = number > 1 and chance.random() < 1 / 3
    words = f"Post {number}. " + "Some words about the day, as people write them. " * chance.randint(1, 8)
    return {
        "id": number,
        "kind": "reply" if is_reply else "post",
        "status": "published",
        "author_id": author,
        "blog_id": None if is_reply else author,
        "reply_to_id": chance.randint(max(1, number - 500), number - 1) if is_reply else None,
        "short_reference": f"p{number}",
        "markdown": words,
        "html": f"<p>{words}</p>",
        "path": None if is_reply else f"/{number}",
        "published_at": START + STEP * number,
        "created_at": START,
    }


def measure(url: str, posts: int) -> dict[str, object]:
    """Percentiles of both ways for ordinary members, deep pages and dormant follows."""
    database = Database(url)
    try:
        for table, rows in world(posts):
            database.writer.run(partial(fill, table, rows))
        if not database.is_sqlite:  # where autovacuum sees to it
            database.writer.run(lambda session: session.execute(text("ANALYZE")))
        chance = random.Random(2)
        deep = f"{int((START + STEP * (posts // 2)).timestamp()) * 1_000_000}-{posts}"
        ordinary = chance.sample(range(1, MEMBERS), 150)
        return {
            "first_page": compared(database, [(member, "") for member in ordinary]),
            "half_way_down": compared(database, [(member, deep) for member in ordinary]),
            f"{MEMBERS - SILENT_FROM - 1}_dormant_follows": compared(database, [(DORMANT, "")] * 60),
        }
    finally:
        database.close()


def fill(table: type[Base], rows: Sequence[dict[str, Any]], session: Session) -> None:
    """Rows into a table."""
    session.execute(insert(table), rows)


def compared(database: Database, asked: Sequence[tuple[int, str]]) -> dict[str, object]:
    """Both ways in turn, page by page; the first round only warms."""
    ways: dict[str, Way] = {"postroom": postroom, "naive_orm": naive}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for is_warm in (False, True, True):
        for member, before in asked:
            pages = []
            for name, way in ways.items():
                with database.read() as session:
                    begun = time.perf_counter()
                    pages.append(way(session, member, before).items)
                    took = (time.perf_counter() - begun) * 1000
                if is_warm:
                    times[name].append(took)
            assert pages[0] == pages[1], f"the ways differ for member {member}"
    table = {name: {"p50_ms": percentile(took, 50), "p99_ms": percentile(took, 99)} for name, took in times.items()}
    ratio = {key: round(table["naive_orm"][key] / table["postroom"][key], 2) for key in ("p50_ms", "p99_ms")}
    return {**table, "ratio": ratio}


def percentile(values: Sequence[float], rank: int) -> float:
    """In milliseconds, to the microsecond."""
    return round(statistics.quantiles(values, n=100, method="inclusive")[rank - 1], 3)


def main() -> None:
    """Print the measurements as one line of JSON."""
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else POSTS
    result: dict[str, object] = {"benchmark": "timeline", "members": MEMBERS, "posts": posts, "limit": LIMIT}
    for kind in ("sqlite", "postgresql"):
        with new_database(kind) as url:
            result[kind] = measure(url, posts)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
