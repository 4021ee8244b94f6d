"""Migrations: the schema they make is the models', once, however often and by however many they are run, and after a kill."""

import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, make_url, text

from gateway.core.errors import Conflict
from gateway.core.store.db import Database, make_engine, normal_url
from gateway.core.store.migrate import head, upgrade
from gateway.core.store.models import Base
from tests.conftest import DATABASES

T = TypeVar("T")
UPGRADE = "import sys; from gateway.core.store.migrate import upgrade; upgrade(sys.argv[1])"
KILLED_HALF_WAY = """
import os, signal, sys
from sqlalchemy import Engine, event
from gateway.core.store.migrate import upgrade

made = []

@event.listens_for(Engine, "before_cursor_execute")
def _die(connection, cursor, statement, *_):
    if statement.strip().upper().startswith("CREATE TABLE"):
        made.append(statement)
        if len(made) == 12:
            os.kill(os.getpid(), signal.SIGKILL)

upgrade(sys.argv[1])
"""


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: str = request.getfixturevalue("postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE postroom_empty")
        yield normal_url(make_url(server).set(database="postroom_empty").render_as_string(hide_password=False))
        connection.execute("DROP DATABASE postroom_empty WITH (FORCE)")


def tables(url: str) -> set[str]:
    return look(url, lambda engine: set(inspect(engine).get_table_names()))


def revision(url: str) -> str | None:
    def read(engine: Engine) -> str | None:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    return look(url, read)


def look(url: str, read: Callable[[Engine], T]) -> T:
    engine = make_engine(normal_url(url), writing=False)
    try:
        return read(engine)
    finally:
        engine.dispose()


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    engine = create_engine(database.url)
    try:
        with engine.connect() as connection, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLite can't tell the expressions of partial indexes
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []
    finally:
        engine.dispose()


def test_an_empty_database_gets_every_table_and_the_newest_one_nothing(empty: str) -> None:
    upgrade(empty)
    assert tables(empty) == {*Base.metadata.tables, "alembic_version"}
    assert revision(empty) == head()
    upgrade(empty)
    assert revision(empty) == head()


def test_an_upgrade_keeps_what_is_there(database: Database) -> None:
    database.writer.run(lambda s: s.execute(text("INSERT INTO name VALUES ('kept', '2026-11-25 12:00:00')")))
    upgrade(database.url)
    with database.read() as session:
        assert session.scalar(text("SELECT name FROM name")) == "kept"


def test_processes_that_start_together_upgrade_once(empty: str) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", UPGRADE, empty], stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for process in started:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert (revision(empty), tables(empty)) == (head(), {*Base.metadata.tables, "alembic_version"})


def test_what_a_kill_left_half_done_is_undone_and_completed_by_the_next_start(empty: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED_HALF_WAY, empty], capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert tables(empty) == set()
    upgrade(empty)
    assert (revision(empty), tables(empty)) == (head(), {*Base.metadata.tables, "alembic_version"})


def test_a_database_of_a_newer_postroom_is_left_alone(empty: str) -> None:
    upgrade(empty)
    engine = make_engine(empty, writing=True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(Conflict, match=r"revision 9999.*Nothing was changed"):
        upgrade(empty)
    assert revision(empty) == "9999"
