"""Alembic's entry: runs the revisions on the connection that `migrate.upgrade` opened and holds."""

from typing import Any, Literal

from alembic import context

from gateway.core.store.models import Base, UtcDateTime
from gateway.core.store.models.base import StoredText


def plain(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Our own types as the database's, so that a revision does not change when they do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return "sa.String()" if kind == "type" and isinstance(item, StoredText) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=plain,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
