"""The night when an hour comes twice, as the clock of a whole process: faketime's (Debian), set back by an hour while it runs."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.people import accounts
from gateway.core.people.community import Community
from gateway.core.people.tokens import Keyring
from gateway.core.store.db import Database
from gateway.core.store.models import Issue, Occurrence, Subscriber
from gateway.core.writing import blogs, posting
from tests.system.processes import Home
from tests.system.test_whole_way import faketime_library

pytestmark = pytest.mark.system

SECOND = datetime(2026, 10, 25, 1, 5, tzinfo=UTC)  # 02:05 in Berlin, for the second time
FIRST = SECOND - timedelta(hours=1)


def tell_time(home: Home, moment: datetime) -> None:
    """From now on it is this."""
    ahead = int((moment - datetime.now(UTC)).total_seconds())
    (home.folder / "time.part").write_text(f"{ahead:+d}")
    (home.folder / "time.part").replace(home.folder / "time")


def test_an_issue_of_the_hour_that_comes_twice_is_cut_once_though_the_clock_is_set_back(
    new_database: Callable[[str], str], tmp_path: Path
) -> None:
    library = faketime_library()
    if library is None:
        pytest.skip("faketime is not installed")
    home = Home(tmp_path, {"POSTROOM_DATABASE_URL": new_database("sqlite"), "LD_PRELOAD": str(library)})
    home.environment |= {
        "FAKETIME_TIMESTAMP_FILE": str(tmp_path / "time"),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    database = Database(home.environment["POSTROOM_DATABASE_URL"])
    try:
        database.writer.run(_a_weekly_at_two)
        tell_time(home, SECOND)
        home.serve("clock")
        home.until(lambda: _issues(database), "cutting")
        tell_time(home, FIRST)
        database.writer.run(_something_due)
        home.until(lambda: _is_worked(database), "ticking on")
        assert _issues(database) == 1
    finally:
        home.close()
        database.close()


def _a_weekly_at_two(session: Session) -> None:
    """alice's blog in Berlin, mailed on Sundays at two, with a post of Saturday and a reader."""
    now = SECOND - timedelta(days=1)
    community = Community("Town", "post.localhost", "http://localhost", Keyring({0: os.urandom(32)}, 0))
    alice = accounts.join(session, handle="alice", address="alice@example.com", now=now - timedelta(days=30))
    blog = blogs.create(session, alice, now - timedelta(days=30))
    blog.time_zone, blog.newsletter_weekday, blog.newsletter_hour = "Europe/Berlin", 6, 2
    long_ago = now - timedelta(days=20)
    session.add(
        Subscriber(
            blog_id=blog.id,
            address="eve@example.net",
            status="active",
            cadence="weekly",
            asked_at=long_ago,
            confirmed_at=long_ago,
        )
    )
    acts.publish(session, community, blog, alice, posting.write(session, community, "Words"), now)


def _something_due(session: Session) -> None:
    """By which one sees that the clock still ticks."""
    session.add(Occurrence(schedule="nothing:1", period="1", due_at=FIRST - timedelta(days=1), state="due", note=""))


def _is_worked(database: Database) -> bool:
    with database.read() as session:
        return session.scalar(select(Occurrence.state).where(Occurrence.schedule == "nothing:1")) == "failed"


def _issues(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Issue)) or 0
