"""What every part in the middle is handed: the opened database and blobs, the community's facts, the clock and randomness."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import TypeVar

from sqlalchemy.orm import Session

from gateway.core.audience.newsroom import Newsroom
from gateway.core.ledger.mail_limits import NO_LIMITS, MailLimits
from gateway.core.ledger.outbox import OnAmbiguous
from gateway.core.people.accounts import Randomness
from gateway.core.people.community import Community
from gateway.core.store.blobs import Blobs
from gateway.core.store.db import Database

log = logging.getLogger("postroom")
T = TypeVar("T")


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class House:
    """One process's hold on the community."""

    database: Database
    blobs: Blobs
    community: Community
    now: Callable[[], datetime] = utc_now
    randomness: Randomness = token_bytes
    lease: timedelta = timedelta(seconds=60)
    on_ambiguous: OnAmbiguous = "resend"
    mail_limits: MailLimits = NO_LIMITS
    newsroom: Newsroom | None = None

    def jitter(self) -> float:
        """From 0 to 1, another each time."""
        return self.randomness(1)[0] / 255

    @asynccontextmanager
    async def renewing(
        self, renew: Callable[[Session, datetime], T], renewed: Callable[[T, datetime], None] = lambda kept, until: None
    ) -> AsyncIterator[None]:
        """Calls `renew(session, until)` three times a lease while the work inside goes on, so that nobody takes it over.

        What it returned is given to `renewed` once it is committed.
        """

        async def once() -> None:
            until = self.now() + self.lease
            unit = self.database.writer.submit(lambda session: renew(session, until))
            renewed(await asyncio.wrap_future(unit), until)

        async def beat() -> None:
            while True:
                await asyncio.sleep(self.lease.total_seconds() / 3)
                try:
                    await once()
                except Exception as error:  # the next beat tries again; the lease outlasts two that fail
                    log.warning("a lease could not be renewed: %s", error)

        beating = asyncio.create_task(beat())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
