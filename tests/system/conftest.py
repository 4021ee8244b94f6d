"""Homes for whole processes, on each kind of database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import DATABASES
from tests.system.processes import Home


@pytest.fixture(params=DATABASES)
def home(request: pytest.FixtureRequest, new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Home]:
    """A home whose processes are gone when the test is."""
    made = Home(tmp_path, {"POSTROOM_DATABASE_URL": new_database(request.param)})
    yield made
    made.close()
