"""Homes for whole processes, on each kind of database."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from gateway.core.people import accounts
from gateway.core.store.db import Database
from gateway.core.writing import blogs
from tests.conftest import DATABASES
from tests.system.processes import Home


@pytest.fixture(params=DATABASES)
def home(request: pytest.FixtureRequest, new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Home]:
    """A home whose processes are gone when the test is."""
    made = Home(tmp_path, {"POSTROOM_DATABASE_URL": new_database(request.param)})
    yield made
    made.close()


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    """Looks at what the processes do."""
    opened = Database(home.environment["POSTROOM_DATABASE_URL"])
    yield opened
    opened.close()


@pytest.fixture
def alice(database: Database) -> int:
    """A member at alice@example.com; her blog's id."""

    def unit(session: Session) -> int:
        now = datetime.now(UTC)
        return blogs.create(
            session, accounts.join(session, handle="alice", address="alice@example.com", now=now), now
        ).id

    return database.writer.run(unit)
