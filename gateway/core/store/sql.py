"""Statements that SQLite and PostgreSQL spell alike and SQLAlchemy's common dialect does not, and what runs for each message past the mapping."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import (
    Connection,
    CursorResult,
    Delete,
    Insert,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    inspect,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state

from gateway.core.store.driver import ask
from gateway.core.store.forms import Form
from gateway.core.store.models.base import Base

M = TypeVar("M", bound=Base)


def insert_if_new(session: Session, model: type[Base], values: dict[str, Any]) -> int | None:
    """The new row's first key column, or None when a unique constraint says that it was there already."""
    session.flush()  # rows it names may wait in the session; a table's insert does not see to it
    statement = _insert_or_leave(session.get_bind().dialect.name, model)
    found: int | None = session.connection().execute(statement, values).scalar_one_or_none()
    return found


def insert_selected_if_new(session: Session, model: type[Base], rows: "Select[*tuple[Any, ...]]") -> None:
    """Inserts those of the select's rows that are not there yet; its columns are called as the table's. On SQLite it must have a WHERE."""
    session.flush()
    build: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    names = [column.name for column in rows.selected_columns]
    session.execute(build(model.__table__).from_select(names, rows, include_defaults=False).on_conflict_do_nothing())


def skip_locked(session: Session, statement: "Select[Any]") -> "Select[Any]":
    """The rows that no other process is taking now; on SQLite BEGIN IMMEDIATE has seen to that."""
    if session.get_bind().dialect.name == "postgresql":
        return statement.with_for_update(skip_locked=True)
    return statement


class Claimable:
    """Rows that may be taken, as a statement that is built once and not for each claim; building costs more than running it."""

    def __init__(self, statement: "Select[Any]") -> None:
        self._forms = {"sqlite": statement, "postgresql": statement.with_for_update(skip_locked=True)}

    def rows(self, session: Session, **values: Any) -> "Sequence[Row[Any]]":
        """Those that no other process is taking now, for the values of the statement's parameters."""
        session.flush()
        connection = session.connection()
        return connection.execute(self._forms[connection.dialect.name], values).all()


class Ready:
    """What every message asks for, in one row. On SQLite its SQL is taken from SQLAlchemy once and its driver is asked; PostgreSQL's answer costs more than the asking."""

    def __init__(self, statement: "Select[Any] | Insert") -> None:
        self._statement = statement
        self._form: Form | None = None

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row of its answer, None when there is none."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, values).first()
        form = self._form = self._form or Form.of(self._statement, connection.dialect)
        row = ask(connection, form.sql, form.of_one(values))
        return None if row is None else form.as_read(row)


@lru_cache
def _insert_or_leave(dialect: str, model: type[Base]) -> Any:
    """Into the table and past the mapping, built once: acknowledgements of mail wait for it."""
    build: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return build(model.__table__).on_conflict_do_nothing().returning(inspect(model).primary_key[0])


def by_id(session: Session, model: type[M], row_id: int) -> M | None:
    """As `session.get`, for a fraction of its time: for what every message asks for."""
    asked = _asked_by_id(model)
    identity = asked.identity_key((row_id,))
    known: M | None = session.identity_map.get(identity)
    if known is not None:
        return known
    row = asked.select.first(session.connection(), {"wanted_id": row_id})
    if row is None:
        return None
    one = model()
    vars(one).update(zip(asked.columns, row, strict=True))
    # From here on it is as the mapping's own loader does it.
    state = instance_state(one)
    state.key, state.session_id = identity, session.hash_key
    session.identity_map.add(state)
    return one


@dataclass(frozen=True, slots=True)
class _AskedById:
    """A table asked for one row, and what the session knows that row by."""

    select: Ready
    columns: list[str]
    identity_key: Callable[[tuple[int]], Any]


@lru_cache
def _asked_by_id(model: type[Base]) -> _AskedById:
    table = cast("Table", model.__table__)
    wanted = select(table).where(table.c.id == bindparam("wanted_id"))
    return _AskedById(Ready(wanted), table.columns.keys(), inspect(model).identity_key_from_primary_key)


def changed(session: Session, statement: "Update | Delete") -> int:
    """How many rows the statement changed."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
