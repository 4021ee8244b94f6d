"""Brings a database to the newest schema, once, however many processes start together.

Each revision runs in one transaction (SQLite and PostgreSQL both undo schema changes), so a kill in the middle leaves the old schema and the next
start completes it. Processes wait for each other: PostgreSQL by an advisory lock, SQLite by BEGIN IMMEDIATE.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from gateway.core.errors import Conflict
from gateway.core.store.db import make_engine, normal_url

_LOCK = 0x706F7374  # "post"


def upgrade(url: str, *, may_create: bool = True) -> bool:
    """The database at `url` has the newest schema when this returns True; False when it is empty and has to stay so."""
    engine = make_engine(normal_url(url), writing=True)
    try:
        with engine.connect() as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            stands = MigrationContext.configure(connection).get_current_revision()
            if stands is None and not may_create:
                return False
            if stands == head():
                return True
            if stands is not None and stands not in _known():
                raise Conflict(
                    f"The database is at revision {stands}, which this Postroom does not know.",
                    hint="Nothing was changed. Run the newer Postroom that made it.",
                )
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return True
    finally:
        engine.dispose()


def head() -> str | None:
    """The newest revision this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _known() -> set[str]:
    return {one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
