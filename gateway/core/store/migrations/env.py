"""Alembic's entry: runs the revisions on the connection that `migrate.upgrade` opened and holds."""

from alembic import context

from gateway.core.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
