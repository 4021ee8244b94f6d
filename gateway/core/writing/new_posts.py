"""A new post's row, past the mapping: its number first, then one INSERT, with no savepoint and no search of the session for changes.

Everybody's writing waits for the writer, and a flush of one row costs several times what its statement does. What follows from the number (the short
reference, the conversation) stands in the row from the start: to write it again, with its text and in its indexes, was a third of what a post cost to store.
The post that comes back is as if it had been loaded, so what is changed of it later is flushed as ever.
"""

from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Insert, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from gateway.core.errors import Conflict
from gateway.core.store.models import Post
from gateway.core.store.sql import as_loaded
from gateway.core.words import later
from gateway.core.writing import permalinks
from gateway.core.writing.references import short_reference

_TABLE = cast("Table", Post.__table__)
_COLUMNS = {
    column.key: column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None
    for column in _TABLE.columns
    if not column.primary_key
}
_NUMBER = {
    "postgresql": text("SELECT nextval(pg_get_serial_sequence('post', 'id'))"),
    "sqlite": text("SELECT coalesce(max(id), 0) + 1 FROM post"),  # nobody else writes before this transaction ends
}


def begin(**values: Any) -> Post:
    """A post that is stored nowhere yet, for `store`."""
    post = Post()
    vars(post).update(values)
    return post


def store(session: Session, post: Post, stem: str | None) -> None:
    """Stores a new post under the first path of `stem`, `stem-2` … that is free (None: under none yet), with its short reference. Raises Conflict."""
    given, connection = vars(post), session.connection()
    number = _next_number(connection)
    row = {name: given.get(name, default) for name, default in _COLUMNS.items()}
    row |= {
        "id": number,
        "path": stem,
        "short_reference": short_reference(number),
        "conversation_id": row["conversation_id"] or number,
    }
    insert = _insert(connection.dialect.name)
    for _ in range(permalinks.TRIES):
        if connection.execute(insert, row).scalar_one_or_none() is not None:
            break
        assert stem is not None, "only a path can be taken"
        row["path"] = permalinks.following(session, row["blog_id"], stem)
    else:
        raise Conflict(later(permalinks.TOO_MANY), hint=later(permalinks.TOO_MANY_HINT))
    for name in ("media", "categories"):
        set_committed_value(post, name, [])
    session.add(as_loaded(post, row))


def _next_number(connection: Connection) -> int:
    number: int = connection.execute(_NUMBER[connection.dialect.name]).scalar_one()
    return number


@lru_cache
def _insert(dialect: str) -> Insert:
    build: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    made: Insert = build(_TABLE).on_conflict_do_nothing(index_elements=["blog_id", "path"]).returning(Post.id)
    return made
