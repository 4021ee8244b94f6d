"""Local calendar rules made into moments: when a rule was due last and is due next in a zone, and the label of that period.

Labels are of the local calendar (`2026-11-22`, `2026-W47`, `2026-11`), so a rule is due once in each, whatever its zone's clocks do. Where a
wall time does not exist (clocks go forward) the next valid moment counts; where it comes twice, the first.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

log = logging.getLogger("postroom")
Every = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A local wall time that comes back. `weekday` (Monday is 0) serves weeks; months mean their first day.

    With `begun_in` it is due no sooner than the day has begun in that zone.
    """

    every: Every
    hour: int
    weekday: int = 0
    begun_in: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """One due moment, the day it was meant for, and its label."""

    period: str
    day: date
    at: datetime


def latest(rule: Rule, zone: ZoneInfo, now: datetime) -> Due:
    """The last moment at or before `now`."""
    return max((due for due in _around(rule, zone, now) if due.at <= now), key=lambda due: due.at)


def following(rule: Rule, zone: ZoneInfo, now: datetime) -> Due:
    """The first moment after `now`."""
    return min((due for due in _around(rule, zone, now) if due.at > now), key=lambda due: due.at)


def period_of(every: Every, day: date) -> str:
    """The label of the day, ISO week or month that a date is in."""
    if every == "day":
        return day.isoformat()
    if every == "month":
        return f"{day:%Y-%m}"
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def moment(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """The moment of a local wall time: the first of two, or the end of the gap that holds it."""
    wall = datetime.combine(day, time(hour), zone)  # fold=0: the first of two
    at = wall.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return at
    return _end_of_gap(wall.replace(fold=1).astimezone(UTC), at, zone)


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC for one that the time zone data no longer knows."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        log.error("there is no time zone %r any more; UTC is used instead", name)
        return ZoneInfo("UTC")


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the offset changes between two moments."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _around(rule: Rule, zone: ZoneInfo, now: datetime) -> list[Due]:
    days = _days(rule, now.astimezone(zone).date())
    return [Due(period_of(rule.every, day), day, _at(rule, day, zone)) for day in days]


def _at(rule: Rule, day: date, zone: ZoneInfo) -> datetime:
    at = moment(day, rule.hour, zone)
    return at if rule.begun_in is None else max(at, moment(day, 0, rule.begun_in))


def _days(rule: Rule, today: date) -> list[date]:
    """The days the rule means, two periods back and ahead: a zone may skip or repeat a whole day."""
    if rule.every == "day":
        return [today + timedelta(days=n) for n in range(-2, 3)]
    if rule.every == "week":
        monday = today - timedelta(days=today.weekday())
        return [monday + timedelta(days=rule.weekday, weeks=n) for n in range(-2, 3)]
    months = today.year * 12 + today.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(months - 2, months + 3)]
