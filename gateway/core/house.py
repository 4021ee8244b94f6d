"""What every part in the middle is handed: the opened database and blobs, the community's facts, the clock and randomness."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_bytes

from gateway.core.ledger.outbox import OnAmbiguous
from gateway.core.people.accounts import Randomness
from gateway.core.people.community import Community
from gateway.core.store.blobs import Blobs
from gateway.core.store.db import Database


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
