"""What a process has in hand, and until when: asked right before anything is handed over, for a process may be stopped at any moment and go on much later.

The database says whose a delivery is, but it can't be asked between its answer and the write to the relay. So a process that claims or renews also notes, by
a clock that goes on while the process or the machine sleeps, until when what it got is safely its own: a sixth of the lease before others may take it over.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.core.ledger.outbox import Claim

_MARGIN = 6  # of a lease, the part that is left to clocks that differ


_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def steady() -> float:
    """Seconds since some moment: never set back, and counting while the machine sleeps where the system has such a clock."""
    return time.clock_gettime(_CLOCK)


@dataclass(slots=True)
class Leases:
    """The claims that a process works on. `now` is the clock of the database's times, `steady` the one that they are counted down by."""

    lease: timedelta
    now: Callable[[], datetime]
    steady: Callable[[], float] = steady
    _held: dict[int, Claim] = field(default_factory=dict)
    _until: dict[int, float] = field(default_factory=dict)

    def take(self, claims: Iterable[Claim]) -> None:
        """Holds what was claimed just now, together."""
        countdowns: dict[datetime, float] = {}
        for one in claims:
            if one.lease_until not in countdowns:
                countdowns[one.lease_until] = self._countdown(one.lease_until)
            self._held[one.id] = one
            self._until[one.id] = countdowns[one.lease_until]

    def __getitem__(self, row_id: int) -> Claim:
        return self._held[row_id]

    def ours(self, row_id: int) -> bool:
        """Whether it may be handed over now, as far as this process can know."""
        return self.steady() < self._until.get(row_id, float("-inf"))

    def all(self) -> list[Claim]:
        """What is held, for renewing."""
        return list(self._held.values())

    def renewed(self, asked: Iterable[Claim], kept: set[int], until: datetime) -> None:
        """Notes what renewing came to: the database `kept` some for us; the rest is somebody else's now."""
        countdown = self._countdown(until)
        for one in asked:
            if one.id in self._held:
                self._until[one.id] = countdown if one.id in kept else float("-inf")

    def done(self, row_id: int) -> None:
        """Lets go of what is recorded, or was not allowed to leave."""
        self._held.pop(row_id, None)
        self._until.pop(row_id, None)

    def _countdown(self, until: datetime) -> float:
        steady_now = self.steady()  # first: whatever time passes between the two makes it earlier
        return steady_now + (until - self.now() - self.lease / _MARGIN).total_seconds()
