"""SQLite asked by its driver itself answers and refuses as it does through SQLAlchemy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from gateway.core.store.db import make_engine
from gateway.core.store.driver import ask


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'postroom.db'}", writing=True)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("INSERT INTO name VALUES (?)", ("alice",)),  # is there already
        ("INSERT INTO nowhere VALUES (?)", ("alice",)),
        ("INSERT INTO name VALUES (?, ?)", ("alice",)),  # a value is missing
    ],
)
def test_what_sqlite_refuses_is_raised_as_sqlalchemy_raises_it(
    engine: Engine, sql: str, values: tuple[object, ...]
) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE name (name TEXT PRIMARY KEY)")
        assert ask(connection, "INSERT INTO name VALUES (?) RETURNING name", ("alice",)) == ("alice",)
        with pytest.raises(DBAPIError) as ours:
            ask(connection, sql, values)
        with pytest.raises(DBAPIError) as theirs:
            connection.exec_driver_sql(sql, values)
        assert type(ours.value) is type(theirs.value)
        assert type(ours.value.orig) is type(theirs.value.orig)
        assert "alice" not in str(ours.value)
        assert ask(connection, "SELECT count(*) FROM name") == (1,)


def test_no_row_is_none(engine: Engine) -> None:
    with engine.connect() as connection:
        assert ask(connection, "SELECT 1 WHERE 0") is None


def test_a_database_that_another_holds_is_refused_as_sqlalchemy_would(engine: Engine) -> None:
    with engine.connect() as one, engine.connect() as other, one.begin():
        other.connection.cursor().execute("PRAGMA busy_timeout=0")
        other.rollback()
        with pytest.raises(DBAPIError, match="locked"):
            other.begin()
