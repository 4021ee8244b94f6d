"""A new post's row, past the mapping: its number first, then one INSERT, with no savepoint and no search of the session for changes.

Everybody's writing waits for the writer, and a flush of one row costs several times what its statement does. What follows from the number (the short
reference, the conversation) stands in the row from the start: to write it again, with its text and in its indexes, was a third of what a post cost to store.
The post that comes back is as if it had been loaded, so what is changed of it later is flushed as ever.
"""

from typing import Any, cast

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from gateway.core.errors import Conflict
from gateway.core.store.models import Post
from gateway.core.store.sql import Ready
from gateway.core.words import later
from gateway.core.writing import permalinks
from gateway.core.writing.references import short_reference

_TABLE = cast("Table", Post.__table__)
_COLUMNS = {
    column.key: column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None
    for column in _TABLE.columns
    if not column.primary_key
}
_BUILDERS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_INSERT = {
    dialect: Ready(build(_TABLE).on_conflict_do_nothing(index_elements=["blog_id", "path"]).returning(Post.id))
    for dialect, build in _BUILDERS.items()
}
_NUMBER = {
    "postgresql": Ready(select(func.nextval(func.pg_get_serial_sequence("post", "id")))),
    # nobody else writes before this transaction ends
    "sqlite": Ready(select(func.coalesce(func.max(_TABLE.c.id), 0) + 1)),
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
    insert = _INSERT[connection.dialect.name]
    for _ in range(permalinks.TRIES):
        if insert.first(connection, row) is not None:
            break
        assert stem is not None, "only a path can be taken"
        row["path"] = permalinks.following(session, row["blog_id"], stem)
    else:
        raise Conflict(later(permalinks.TOO_MANY), hint=later(permalinks.TOO_MANY_HINT))
    for name in ("media", "categories"):
        set_committed_value(post, name, [])
    given.update(row)  # no history is kept of what was never anything else
    make_transient_to_detached(post)
    session.add(post)


def _next_number(connection: Connection) -> int:
    row = _NUMBER[connection.dialect.name].first(connection, {})
    assert row is not None, "an aggregate and a sequence always answer"
    number: int = row[0]
    return number
