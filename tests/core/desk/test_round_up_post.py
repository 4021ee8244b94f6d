"""The round-up's post is made once, even by two processes in the same moment."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.community import micro_monday
from gateway.core.desk import round_up_post
from gateway.core.house import House
from gateway.core.store.db import Database
from gateway.core.store.models import Post
from tests.conftest import Cast
from tests.core.hands import do, member
from tests.test_changes_while_sending import somebody_waits, until


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    """SQLite has one transaction at a time."""
    return new_database("postgresql")


def recommend(house: House, who: str, whom: str, why: str) -> None:
    do(
        house,
        lambda s: micro_monday.recommend(s, house.community, member(s, who), member(s, whom), why, house.now()),
    )


def published(house: House, session: Session) -> Post | None:
    """What of the round-up was published now, as it was written before."""
    with house.database.read() as before:
        written = round_up_post.write(before, house.community, "carol", "2026-W48")
    assert written is not None
    return round_up_post.publish(session, house.community, written, house.now())


def refused(house: House, session: Session, who: str) -> None:
    [one] = micro_monday.refusable(session, member(session, who).id)
    round_up_post.refuse(session, house.community, one, house.now())


Act = Callable[[House, Session], object]


def while_uncommitted(house: House, first: Act, second: Act) -> object:
    """What the second comes to in another process, begun before the first commits, which does so once the second waits or is over."""
    begun, ended = threading.Event(), threading.Event()

    def unit(session: Session) -> None:
        first(house, session)
        session.flush()
        begun.set()
        until(lambda: ended.is_set() or somebody_waits(session))

    other = replace(house, database=Database(house.database.url))
    try:
        ours = house.database.writer.submit(unit)
        assert begun.wait(60)
        try:
            return do(other, lambda s: second(other, s))
        finally:
            ended.set()
            ours.result(60)
    finally:
        other.database.close()


def posts(house: House) -> list[tuple[str, str]]:
    with house.database.read() as session:
        return [(post.status, post.markdown) for post in session.scalars(select(Post).order_by(Post.id))]


@pytest.fixture
def gathered(house: House, cast: Cast) -> House:
    """alice recommends bob, and bob carol."""
    recommend(house, "alice", "bob", "Tea")
    recommend(house, "bob", "carol", "Rivers")
    do(house, lambda s: micro_monday.round_up(s, "2026-W48", house.now()))
    return house


def test_whoever_commits_second_publishes_nothing(gathered: House) -> None:
    assert while_uncommitted(gathered, published, published) is None
    assert [status for status, _ in posts(gathered)] == ["published"]
    with gathered.database.read() as session:
        assert round_up_post.write(session, gathered.community, "carol", "2026-W48") is None


def test_a_refusal_in_the_moment_of_publishing_is_in_no_post(gathered: House) -> None:
    assert while_uncommitted(gathered, lambda h, s: refused(h, s, "bob"), published) is None
    assert posts(gathered) == [], "it is to be written again"
    while_uncommitted(gathered, published, lambda h, s: refused(h, s, "carol"))
    assert [status for status, _ in posts(gathered)] == ["deleted"], "nothing of it is left"


def test_two_who_refuse_in_the_same_moment_are_both_gone_from_the_post(gathered: House) -> None:
    do(gathered, lambda s: published(gathered, s))
    while_uncommitted(gathered, lambda h, s: refused(h, s, "bob"), lambda h, s: refused(h, s, "carol"))
    assert [status for status, _ in posts(gathered)] == ["deleted"]
