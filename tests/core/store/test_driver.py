"""SQLite asked by its driver itself answers and refuses as it does through SQLAlchemy."""

from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gateway.core.store.db import make_engine
from gateway.core.store.driver import ask


def refusal(connection: Connection, sql: str, values: tuple[object, ...]) -> DBAPIError:
    with pytest.raises(DBAPIError) as raised:
        ask(connection, sql, values)
    return raised.value


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("INSERT INTO name VALUES (?)", ("alice",)),  # is there already
        ("INSERT INTO nowhere VALUES (?)", ("alice",)),
        ("INSERT INTO name VALUES (?, ?)", ("alice",)),  # a value is missing
    ],
)
def test_what_sqlite_refuses_is_raised_as_sqlalchemy_raises_it(
    tmp_path: Path, sql: str, values: tuple[object, ...]
) -> None:
    with make_engine(f"sqlite:///{tmp_path / 'postroom.db'}", writing=True).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE name (name TEXT PRIMARY KEY)")
        assert ask(connection, "INSERT INTO name VALUES (?) RETURNING name", ("alice",)) == ("alice",)
        ours = refusal(connection, sql, values)
        with pytest.raises(DBAPIError) as theirs:
            connection.exec_driver_sql(sql, values)
        assert type(ours) is type(theirs.value)
        assert type(ours.orig) is type(theirs.value.orig)
        assert "alice" not in str(ours)
        assert ask(connection, "SELECT count(*) FROM name") == (1,)


def test_no_row_is_none(tmp_path: Path) -> None:
    with make_engine(f"sqlite:///{tmp_path / 'postroom.db'}", writing=False).connect() as connection:
        assert ask(connection, "SELECT 1 WHERE 0") is None


def test_a_database_that_another_holds_is_refused_as_sqlalchemy_would(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'postroom.db'}", writing=True)
    with engine.connect() as one, engine.connect() as other, one.begin():
        other.connection.cursor().execute("PRAGMA busy_timeout=0")
        other.rollback()
        with pytest.raises(DBAPIError, match="locked"):
            other.begin()
