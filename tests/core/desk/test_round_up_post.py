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
from gateway.core.ledger.inbox import LostLease
from gateway.core.store.db import Database
from gateway.core.store.models import Post
from tests.conftest import Cast
from tests.core.hands import do, member
from tests.test_changes_while_sending import somebody_waits, until


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    """SQLite has one transaction at a time."""
    return new_database("postgresql")


def test_whoever_commits_second_publishes_nothing(house: House, cast: Cast) -> None:
    do(
        house,
        lambda s: micro_monday.recommend(s, house.community, member(s, "alice"), member(s, "bob"), "Tea", house.now()),
    )
    do(house, lambda s: micro_monday.round_up(s, "2026-W48", house.now()))
    with house.database.read() as session:
        written = round_up_post.write(session, house.community, "carol", "2026-W48")
    assert written is not None
    begun = threading.Event()

    def first(session: Session) -> None:
        assert round_up_post.publish(session, house.community, written, house.now()) is not None
        begun.set()
        until(lambda: somebody_waits(session))

    other = replace(house, database=Database(house.database.url))
    try:
        ours = house.database.writer.submit(first)
        assert begun.wait(20)
        with pytest.raises(LostLease):
            do(other, lambda s: round_up_post.publish(s, house.community, written, house.now()))
        ours.result(20)
    finally:
        other.database.close()
    with house.database.read() as session:
        assert [post.status for post in session.scalars(select(Post))] == ["published"]
        assert round_up_post.write(session, house.community, "carol", "2026-W48") is None
