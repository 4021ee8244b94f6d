"""Whether the process lives, and whether it can do its work: `/livez` and `/readyz`, at any host."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import delete, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.core.errors import PostroomError
from gateway.core.house import House
from gateway.core.store import migrate
from gateway.core.store.models import OneTimeToken

PATIENCE = 5.0  # seconds for the writer
KEPT = timedelta(seconds=1)  # how long an answer serves all who ask, so that asking often costs no commits


def routes(house: House, trouble: Callable[[], str] = str) -> list[Route]:
    """`trouble` says what else keeps this machine from its work, as a full disk does; empty when nothing does."""
    return [Route("/livez", livez), Route("/readyz", _Readiness(house, trouble).answer)]


class _Readiness:
    """Looks at most once in KEPT, whoever asks and how many at once."""

    def __init__(self, house: House, elsewhere: Callable[[], str]) -> None:
        self._house, self._elsewhere = house, elsewhere
        self._looking = asyncio.Lock()
        self._looked: datetime | None = None
        self._trouble = ""

    async def answer(self, _: Request) -> Response:
        async with self._looking:
            now = self._house.now()
            if self._looked is None or not timedelta() <= now - self._looked < KEPT:
                self._trouble = await self._look()
                self._looked = now
            trouble = self._trouble
        return PlainTextResponse(trouble or "ready\n", 503 if trouble else 200, headers={"Cache-Control": "no-store"})

    async def _look(self) -> str:
        found = await run_in_threadpool(self._elsewhere)
        return f"{found}\n" if found else await run_in_threadpool(_reading, self._house) or await _writing(self._house)


async def livez(_: Request) -> Response:
    """The event loop turns."""
    return PlainTextResponse("alive\n", headers={"Cache-Control": "no-store"})


def _reading(house: House) -> str:
    """What is wrong with reading, or with the schema; empty when nothing is."""
    try:
        with house.database.read() as session:
            revision = session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError as error:
        return f"the database can't be read: {type(error).__name__}\n"
    if revision != _head():
        return f"the database is at schema {revision}, this code at {_head()}: run `postroom migrate`\n"
    return ""


@cache
def _head() -> str | None:
    return migrate.head()


async def _writing(house: House) -> str:
    """What is wrong with writing: a row goes in and out again in one unit, so the commit is a real one and leaves nothing."""
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.wrap_future(house.database.writer.submit(_write_nothing(house)))
    except TimeoutError:
        return f"the database took no change within {PATIENCE:g} s\n"
    except (PostroomError, SQLAlchemyError) as error:
        of_database = error.__cause__ if isinstance(error, PostroomError) else error
        return f"the database can't be written: {type(of_database or error).__name__}\n"
    return ""


def _write_nothing(house: House) -> Callable[[Session], None]:
    now, name = house.now(), f"readyz {house.randomness(16).hex()}"

    def unit(session: Session) -> None:
        session.add(
            OneTimeToken(hash=name, purpose="readyz", subject={}, created_at=now, expires_at=now - timedelta(days=1))
        )
        session.flush()
        session.execute(delete(OneTimeToken).where(OneTimeToken.hash == name))

    return unit
