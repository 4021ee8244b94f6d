"""How often and when a member's digest comes. What was due before they chose it so was never owed to them (newsletter/digests)."""

from datetime import datetime

from gateway.core.store.models import Member


def keep(
    member: Member,
    now: datetime,
    *,
    cadence: str | None = None,
    weekday: int | None = None,
    hour: int | None = None,
    time_zone: str | None = None,
) -> str:
    """From now on it comes so; what is not given stays as it was. Returns how often it came before."""
    before, moments = member.digest, _moments(member)
    member.digest = before if cadence is None else cadence
    member.digest_weekday = member.digest_weekday if weekday is None else weekday
    member.digest_hour = member.digest_hour if hour is None else hour
    member.time_zone = member.time_zone if time_zone is None else time_zone
    if _moments(member) != moments:
        member.digest_moved_at = now
    return before


def _moments(member: Member) -> tuple[str, int, int, str]:
    """What says when it comes: the weekday of a weekly one only."""
    weekday = member.digest_weekday if member.digest == "weekly" else 0
    return member.digest, weekday, member.digest_hour, member.time_zone
