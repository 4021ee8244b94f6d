"""A new post's row, past the mapping: two statements, with no savepoint and no search of the session for changes.

Everybody's writing waits for the writer, and a flush of one row costs several times what its statement does. The post that comes back is as if it had
been loaded, so what is changed of it later is flushed as ever.
"""

from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Insert, Table, bindparam, update
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
# What follows from a new row's id.
_NAME = (
    update(_TABLE)
    .where(Post.id == bindparam("named_id"))
    .values(short_reference=bindparam("new_short_reference"), conversation_id=bindparam("new_conversation_id"))
)


def begin(**values: Any) -> Post:
    """A post that is stored nowhere yet, for `store`."""
    post = Post()
    vars(post).update(values)
    return post


def store(session: Session, post: Post, stem: str | None) -> None:
    """Stores a new post under the first path of `stem`, `stem-2` … that is free (None: under none yet), with its short reference. Raises Conflict."""
    given = vars(post)
    row = {name: given.get(name, default) for name, default in _COLUMNS.items()} | {"path": stem}
    connection = session.connection()
    insert = _insert(connection.dialect.name)
    for _ in range(permalinks.TRIES):
        found: int | None = connection.execute(insert, row).scalar_one_or_none()
        if found is not None:
            break
        assert stem is not None, "only a path can be taken"
        row["path"] = permalinks.following(session, row["blog_id"], stem)
    else:
        raise Conflict(later(permalinks.TOO_MANY), hint=later(permalinks.TOO_MANY_HINT))
    row["short_reference"], row["conversation_id"] = short_reference(found), row["conversation_id"] or found
    connection.execute(
        _NAME,
        {
            "named_id": found,
            "new_short_reference": row["short_reference"],
            "new_conversation_id": row["conversation_id"],
        },
    )
    for name in ("media", "categories"):
        set_committed_value(post, name, [])
    session.add(as_loaded(post, {"id": found, **row}))


@lru_cache
def _insert(dialect: str) -> Insert:
    build: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    made: Insert = build(_TABLE).on_conflict_do_nothing(index_elements=["blog_id", "path"]).returning(Post.id)
    return made
