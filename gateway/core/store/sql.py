"""Statements that SQLite and PostgreSQL spell alike and SQLAlchemy's common dialect does not, and what runs for each message past the mapping."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import (
    Connection,
    CursorResult,
    Delete,
    Dialect,
    Insert,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.sql.dml import ReturningUpdate

from gateway.core.store.driver import ask, change
from gateway.core.store.models.base import Base

M = TypeVar("M", bound=Base)
R = TypeVar("R")


def insert_if_new(session: Session, model: type[Base], values: dict[str, Any]) -> int | None:
    """The new row's first key column, or None when a unique constraint says that it was there already."""
    session.flush()  # rows it names may wait in the session; a table's insert does not see to it
    statement = _insert_or_leave(session.get_bind().dialect.name, model, returning=True)
    found: int | None = session.connection().execute(statement, values).scalar_one_or_none()
    return found


def insert_many_if_new(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> int:
    """Inserts the rows that are not there yet, each with the columns of the first, in as few statements as can be; how many these were."""
    if not rows:
        return 0
    session.flush()
    connection = session.connection()
    if connection.dialect.name == "sqlite" and (ready := _rows_insert(connection.dialect, model, tuple(rows[0]))):
        return sum(ready.run(connection, some) for some in _in_steps(rows))
    statement = _insert_or_leave(connection.dialect.name, model, returning=False)
    return connection.execute(statement, rows).rowcount


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
        self._form: _Form | None = None

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row of its answer, None when there is none."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, values).first()
        form = self._form = self._form or _Form.of(self._statement, connection.dialect)
        row = ask(connection, form.sql, form.of_one(values))
        return None if row is None else form.as_read(row)


class ForEach:
    """An UPDATE for many rows. Its SQL is taken from SQLAlchemy once, whose care for each row's values would cost as much as the row."""

    def __init__(self, statement: Update) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}

    def run(self, session: Session, rows: Sequence[Mapping[str, Any]], **shared: Any) -> int:
        """Runs it with the values of each row and those that all have `shared`; how many rows it changed."""
        session.flush()
        connection = session.connection()
        name = connection.dialect.name
        form = self._forms[name] if name in self._forms else _Form.of(self._statement, connection.dialect)
        self._forms[name] = form
        return connection.exec_driver_sql(form.sql, form.values(rows, shared)).rowcount


class OfIds:
    """An UPDATE … RETURNING id, for rows that are named by their ids. Its SQL is taken from SQLAlchemy once, and is the same for any number of them, as an IN is not."""

    def __init__(self, table: Table, statement: ReturningUpdate[tuple[int]]) -> None:
        self._table, self._statement = table, statement
        self._forms: dict[str, _Form] = {}

    def run(self, session: Session, ids: Sequence[int], **values: Any) -> list[int]:
        """Runs it on these, and returns the ids of those that it changed."""
        session.flush()
        connection = session.connection()
        name = connection.dialect.name
        if name not in self._forms:
            these = self._statement.where(text(f"{self._table.name}.id {_AMONG[name]}"))
            self._forms[name] = _Form.of(these, connection.dialect)
        form, given = self._forms[name], json.dumps(ids) if name == "sqlite" else ids
        return [found for (found,) in connection.exec_driver_sql(form.sql, form.of_one({"ids": given, **values}))]


_AMONG = {"sqlite": "IN (SELECT value FROM json_each(:ids))", "postgresql": "= ANY(:ids)"}
_OWN = object()  # stands for what each row has of its own


@dataclass(frozen=True, slots=True)
class _Form:
    """A statement as one driver wants it: its SQL, its parameters in order, how their values are bound, those that it has itself, and how what comes back is read."""

    sql: str
    by_name: bool
    names: list[str]
    bind: Mapping[str, Callable[[Any], Any]]
    fixed: dict[str, Any]
    read: Sequence[tuple[int, Callable[[Any], Any]]]  # the columns for which something is to be done, by their place

    @classmethod
    def of(cls, statement: "Select[Any] | Insert | Update", dialect: Dialect) -> "_Form":
        compiled = statement.compile(dialect=dialect)
        names = compiled.positiontup or list(compiled.params)
        processors = {name: compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names}
        bind = {name: process or _as_it_is for name, process in processors.items()}
        fixed = {name: compiled.params[name] for name in names if not compiled.binds[name].required}
        columns = statement.exported_columns
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        read = [(place, reader) for place, reader in enumerate(readers) if reader]
        return cls(str(compiled), compiled.positiontup is None, names, bind, fixed, read)

    def of_one(self, values: Mapping[str, Any]) -> Any:
        given = {**self.fixed, **values}
        bound = [self.bind[name](given[name]) for name in self.names]
        return dict(zip(self.names, bound, strict=True)) if self.by_name else tuple(bound)

    def as_read(self, row: Sequence[Any]) -> list[Any]:
        made = list(row)
        for place, reader in self.read:
            made[place] = reader(made[place])
        return made

    def values(self, rows: Sequence[Mapping[str, Any]], shared: Mapping[str, Any]) -> Any:
        same = {name: self.bind[name](value) for name, value in (self.fixed | dict(shared)).items()}
        plan = [(name, self.bind[name], same.get(name, _OWN)) for name in self.names]
        if self.by_name:
            return [{name: bind(row[name]) if one is _OWN else one for name, bind, one in plan} for row in rows]
        return [tuple([bind(row[name]) if one is _OWN else one for name, bind, one in plan]) for row in rows]


def _as_it_is(value: Any) -> Any:
    return value


@lru_cache
def _insert_or_leave(dialect: str, model: type[Base], *, returning: bool) -> Insert:
    """Into the table and past the mapping, built once: acknowledgements of mail wait for it."""
    build: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement: Any = build(model.__table__).on_conflict_do_nothing()
    if returning:
        statement = statement.returning(inspect(model).primary_key[0])
    made: Insert = statement.execution_options(preserve_rowcount=True)  # else PostgreSQL's, of many rows, is -1
    return made


@dataclass(frozen=True, slots=True)
class _RowsInsert:
    """One INSERT of several rows for SQLite's driver. Its executemany gives the interpreter's lock away for each row, and must wait for it again."""

    one: "_Form"
    row: str

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        sql = self.one.sql.replace(self.row, ", ".join([self.row] * len(rows)))
        return change(connection, sql, [value for row in self.one.values(rows, {}) for value in row])


@lru_cache
def _rows_insert(dialect: Dialect, model: type[Base], names: tuple[str, ...]) -> _RowsInsert | None:
    """None when the mapping gives a column that is not named a value of its own for each row."""
    named: dict[str, Any] = {name: bindparam(name) for name in names}
    form = _Form.of(_insert_or_leave("sqlite", model, returning=False).values(named), dialect)
    return _RowsInsert(form, f"({', '.join('?' * len(names))})") if set(form.names) == set(names) else None


def _in_steps(rows: Sequence[R]) -> Iterator[Sequence[R]]:
    """In parts of few different lengths, as the driver keeps 128 statements."""
    at = 0
    while left := len(rows) - at:
        step = next((size for size in _STEPS if size <= left), left)
        yield rows[at : at + step]
        at += step


_STEPS = (128, 16)


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
