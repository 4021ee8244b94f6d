"""Many rows in one statement, past the mapping.

For each row that it is to change (executemany) or gives back, SQLite's driver gives the interpreter's lock away and waits for it again; with an event loop and other
threads that want it, this costs more than the row. So rows go in as one INSERT, or as one array in JSON that an UPDATE reads, and come out as such an array. PostgreSQL's driver
has no such cost.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from gateway.core.store.driver import ask, change
from gateway.core.store.forms import Form
from gateway.core.store.models.base import Base
from gateway.core.store.sql import Claimable

R = TypeVar("R")
_STEPS = (128, 16)


def insert_many_if_new(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts the rows that are not there yet, each with the columns of the first, in as few statements as can be; how many these were."""
    if not rows:
        return 0
    session.flush()  # rows they name may wait in the session; a table's insert does not see to it
    connection = session.connection()
    if connection.dialect.name == "sqlite" and (one := _row_insert(connection.dialect, model, tuple(rows[0]))):
        return sum(_insert(connection, one, some) for some in _in_steps(rows))
    return connection.execute(_insert_or_leave(connection.dialect.name, model), list(rows)).rowcount


def _insert(connection: Connection, one: Form, rows: Sequence[Mapping[str, Any]]) -> int:
    place = f"({', '.join('?' * len(one.names))})"
    sql = one.sql.replace(place, ", ".join([place] * len(rows)))
    return change(connection, sql, [value for row in one.of_many(rows, {}) for value in row])


@lru_cache
def _row_insert(dialect: Dialect, model: type[Base], names: tuple[str, ...]) -> Form | None:
    """None when the mapping gives a column that is not named a value of its own."""
    named: dict[str, Any] = {name: bindparam(name) for name in names}
    form = Form.of(_insert_or_leave("sqlite", model).values(named), dialect)
    return form if set(form.names) == set(names) else None


@lru_cache
def _insert_or_leave(dialect: str, model: type[Base]) -> Insert:
    build: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement: Any = build(model.__table__).on_conflict_do_nothing()
    return cast("Insert", statement.execution_options(preserve_rowcount=True))  # else PostgreSQL's, of many rows, is -1


def _in_steps(rows: Sequence[R]) -> Iterator[Sequence[R]]:
    """In parts of few different lengths, as the driver keeps 128 statements."""
    at = 0
    while left := len(rows) - at:
        step = next((size for size in _STEPS if size <= left), left)
        yield rows[at : at + step]
        at += step


class ManyClaimable:
    """As `Claimable`, for rows by the hundred. Its columns hold no bytes, which JSON has no word for."""

    def __init__(self, statement: "Select[Any]") -> None:
        self._statement, self._elsewhere = statement, Claimable(statement)
        self._forms: tuple[Form, Form] | None = None  # of the statement, and of what gives all of its rows in one

    def rows(self, session: Session, **values: Any) -> Sequence[Sequence[Any]]:
        """Those that no other process is taking now, in their order, for the values of the statement's parameters."""
        session.flush()
        connection = session.connection()
        if connection.dialect.name != "sqlite":
            return self._elsewhere.rows(session, **values)
        each, together = self._forms = self._forms or self._made(connection.dialect)
        found = ask(connection, together.sql, together.of_one(values))
        assert found is not None
        return [each.as_read(row) for row in json.loads(found[0])]

    def _made(self, dialect: Dialect) -> tuple[Form, Form]:
        rows = self._statement.subquery()  # SQLite takes them in its order, since that has a limit
        together = select(func.json_group_array(func.json_array(*rows.c)))
        return Form.of(self._statement, dialect), Form.of(together, dialect)


class ForEach:
    """An UPDATE for many rows, which have values of their own."""

    def __init__(self, types: Mapping[str, TypeEngine[Any]], statement: Callable[[Any], Update]) -> None:
        """`types` are those of the values that each row has of its own; `statement` is given where they stand, by their names."""
        self._types, self._statement = types, statement
        self._forms: dict[str, Form] = {}

    def run(self, session: Session, rows: Sequence[Mapping[str, Any]], **shared: Any) -> int:
        """Runs it with the values of each row and those that all have `shared`; how many rows it changed."""
        session.flush()
        connection = session.connection()
        dialect = connection.dialect
        if dialect.name not in self._forms:
            self._forms[dialect.name] = Form.of(self._made(dialect), dialect)
        form = self._forms[dialect.name]
        if dialect.name != "sqlite":
            return connection.exec_driver_sql(form.sql, form.of_many(rows, shared)).rowcount
        return change(connection, form.sql, form.of_one({"rows": self._in_json(rows, dialect), **shared}))

    def _made(self, dialect: Dialect) -> Update:
        if dialect.name != "sqlite":
            given = {name: bindparam(name, type_=kind) for name, kind in self._types.items()}
            return self._statement(SimpleNamespace(**given))
        row = func.json_each(bindparam("rows")).table_valued("value").c.value
        values = [
            func.json_extract(row, literal_column(f"'$[{place}]'"), type_=kind).label(name)
            for place, (name, kind) in enumerate(self._types.items())
        ]
        return self._statement(select(*values).subquery("own").c)

    def _in_json(self, rows: Sequence[Mapping[str, Any]], dialect: Dialect) -> str:
        binds = [(name, kind.dialect_impl(dialect).bind_processor(dialect)) for name, kind in self._types.items()]
        return json.dumps([[bind(row[name]) if bind else row[name] for name, bind in binds] for row in rows])


class OfIds:
    """An UPDATE of those rows named by their ids that fulfil conditions. It is the same for any number of them, as an IN is not."""

    def __init__(self, table: Table, where: Sequence[ColumnElement[bool]], values: Mapping[str, Any]) -> None:
        self._table, self._where, self._values = table, where, values
        self._forms: dict[str, tuple[Form, Form]] = {}

    def run(self, session: Session, ids: Sequence[int], **values: Any) -> list[int]:
        """Runs it on these, and returns the ids of those that it changed."""
        session.flush()
        connection = session.connection()
        name = connection.dialect.name
        if name not in self._forms:
            self._forms[name] = self._made(connection.dialect)
        which, changing = self._forms[name]
        if name != "sqlite":
            return [one for (one,) in connection.exec_driver_sql(changing.sql, changing.of_one({"ids": ids, **values}))]
        found = ask(connection, which.sql, which.of_one({"ids": json.dumps(ids), **values}))
        assert found is not None
        change(connection, changing.sql, changing.of_one({"ids": found[0], **values}))
        return cast("list[int]", json.loads(found[0]))

    def _made(self, dialect: Dialect) -> tuple[Form, Form]:
        changing, row_id = update(self._table).values(**self._values), self._table.c.id
        if dialect.name != "sqlite":
            among = text(f"{self._table.name}.id = ANY(:ids)")
            form = Form.of(changing.where(*self._where, among).returning(row_id), dialect)
            return form, form
        these = row_id.in_(select(func.json_each(bindparam("ids")).table_valued("value").c.value))
        which = select(func.json_group_array(row_id)).where(*self._where, these)
        return Form.of(which, dialect), Form.of(changing.where(these), dialect)
