"""One pool of workers for all mail tests of a process, and a mail house on each kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from gateway.core.house import House
from gateway.email.workers import Workers
from tests.conftest import Cast
from tests.email.mailhouse import MailHouse


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def workers() -> AsyncIterator[Workers]:
    """One worker, started once. Tests that use it run in the session's loop."""
    pool = Workers(1)
    await pool.start()
    yield pool
    await pool.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def post(house: House, cast: Cast, workers: Workers, tmp_path: Path) -> AsyncIterator[MailHouse]:
    """The cast's house with its mail door open."""
    async with MailHouse(house, workers, tmp_path) as opened:
        yield opened
