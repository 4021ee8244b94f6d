"""Send windows: the hours of a blog's own clock between which copies of its issues leave.

What counts is what the clock on the wall shows. So a window is an hour shorter in the night in which clocks go forward, and one that lies in the missing
hour does not open that night; in the night in which they go back, one that holds the hour that comes twice is an hour longer.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_STEP = timedelta(minutes=15)  # every zone is off UTC by a multiple of it
_FAR = timedelta(days=3)  # a window opens at least every other day


@dataclass(frozen=True, slots=True)
class SendWindow:
    """From one full hour until another, over midnight when the first is the later; None: at any time."""

    time_zone: str
    send_from: int | None
    send_until: int | None

    def is_open(self, now: datetime) -> bool:
        """Whether copies may leave."""
        if self.send_from is None or self.send_until is None:
            return True
        hour = now.astimezone(_zone(self.time_zone)).hour
        if self.send_from < self.send_until:
            return self.send_from <= hour < self.send_until
        return hour >= self.send_from or hour < self.send_until

    def opens_at(self, now: datetime) -> datetime:
        """When copies may leave next: now, or a moment to come."""
        if self.is_open(now):
            return now
        first = now.astimezone(UTC).replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
        steps = (first + _STEP * n for n in range(1, _FAR // _STEP))
        return next((at for at in steps if self.is_open(at)), first + _FAR)


def _zone(name: str) -> ZoneInfo:
    """UTC for a zone that the time zone data no longer knows: mail must not stand still for that."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
