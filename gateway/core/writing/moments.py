"""Dates and delays as people write them: what `date:` and `delay:` may hold, read against a local clock.

What is left open is filled in the plain way: without a time the time of day stays, without a day it is the next such time, a weekday is the
next one of that name. What has two meanings (`3/4/2026`) has none.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

LONGEST_DELAY = timedelta(days=3660)
_LONGEST = 60  # characters
_YEARS = range(1900, 2200)
_MONTHS = """
    january jan januar jänner janvier enero | february feb februar février febrero | march mar märz mars marzo
    | april apr avril abril | may mai mayo | june jun juni juin junio | july jul juli juillet julio
    | august aug août agosto | september sep sept septembre septiembre | october oct oktober okt octobre octubre
    | november nov novembre noviembre | december dec dezember dez décembre diciembre
"""
_DAYS = """
    monday mon montag lundi lunes | tuesday tue dienstag mardi martes | wednesday wed mittwoch mercredi miércoles
    | thursday thu donnerstag jeudi jueves | friday fri freitag vendredi viernes | saturday sat samstag sonnabend samedi sábado
    | sunday sun sonntag dimanche domingo
"""
_NEAR = {
    **dict.fromkeys(("today", "heute", "aujourd'hui", "hoy"), 0),
    **dict.fromkeys(("tomorrow", "morgen", "demain", "mañana"), 1),
    **dict.fromkeys(("yesterday", "gestern", "hier", "ayer"), -1),
}
_FILLERS = frozenset({"at", "on", "next", "um", "am", "uhr", "à", "le", "a", "las", "el", "de", "of", "the", "o'clock"})
_UNITS = {
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "minuten"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "stunde", "stunden"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days", "tag", "tage", "tagen"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks", "woche", "wochen"), timedelta(weeks=1)),
}


def _numbered(words: str) -> dict[str, int]:
    return {word: number for number, group in enumerate(words.split("|"), 1) for word in group.split()}


_MONTH, _WEEKDAY = _numbered(_MONTHS), _numbered(_DAYS)


def moment(text: str, now: datetime) -> datetime | None:
    """The moment that `text` names on the clock of `now` (which has its zone), as UTC; None when it names none, or two."""
    if len(text) > _LONGEST:
        return None
    reader = _Reader(now)
    for word in text.lower().replace(",", " ").split():
        if not reader.take(word):
            return None
    return reader.moment()


def delay(text: str) -> timedelta | None:
    """`2h`, `1d12h`, `+3 days`, `1 hour 30 minutes`; None for anything else, and for nothing or too much."""
    if len(text) > _LONGEST:
        return None
    total, number, unit = timedelta(0), "", ""
    for mark in text.lower().strip().removeprefix("+").strip() + "0":  # a digit ends the last unit
        if mark.isascii() and mark.isdigit():
            if unit:
                if not number or unit not in _UNITS:
                    return None
                total, number, unit = total + int(number[:6]) * _UNITS[unit], "", ""
            number += mark
        elif mark.isalpha():
            unit += mark
        elif not (mark.isspace() or mark in ",+"):
            return None
    return total if number == "0" and not unit and timedelta(0) < total <= LONGEST_DELAY else None


class _Reader:
    """Takes words one by one; each says a day, a time or a zone, at most one of each."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._day: date | None = None
        self._numbers: list[int] = []
        self._month = 0
        self._time: time | None = None
        self._zone: tzinfo | None = None
        self._weekday = 0

    def take(self, word: str) -> bool:
        if word in {"am", "pm"} and self._numbers and self._time is None:
            return self._take_time(f"{self._numbers.pop()}{word}")
        if word in {"am", "pm"} and self._time is not None and 1 <= self._time.hour <= 12:
            self._time = self._time.replace(hour=self._time.hour % 12 + (12 if word == "pm" else 0))
            return True
        if word in _FILLERS:
            return True
        ways: tuple[Callable[[str], bool], ...] = (
            self._take_name,
            self._take_date,
            self._take_zone,
            self._take_time,
            self._take_number,
        )
        return any(way(word) for way in ways)

    def moment(self) -> datetime | None:
        day = self._chosen_day()
        if day is None and (self._time is None or self._numbers or self._month):
            return None
        zone = self._zone or self._now.tzinfo
        now = self._now.astimezone(zone)
        at = self._time or now.time().replace(microsecond=0)
        try:
            found = datetime.combine(day or now.date(), at, zone)
            if (day is None or self._weekday) and found <= now:
                found += timedelta(days=7 if self._weekday else 1)
            return found.astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def _chosen_day(self) -> date | None:
        if self._day is not None:
            return None if self._numbers or self._month else self._day
        if self._month:
            return self._from_month()
        if self._weekday and not self._numbers:
            today = self._now.date()
            return today + timedelta(days=(self._weekday - 1 - today.weekday()) % 7)
        return None

    def _from_month(self) -> date | None:
        years = [number for number in self._numbers if number in _YEARS]
        days = [number for number in self._numbers if 1 <= number <= 31]
        if len(days) != 1 or len(years) + 1 != len(self._numbers):
            return None
        self._weekday = 0  # a full date says it already
        today = self._now.date()
        found = _date(years[0] if years else today.year, self._month, days[0])
        if found is not None and not years and found < today:
            found = _date(today.year + 1, self._month, days[0])
        return found

    def _take_name(self, word: str) -> bool:
        bare = word.rstrip(".")
        if bare in _NEAR and self._day is None:
            self._day = self._now.date() + timedelta(days=_NEAR[bare])
        elif bare in _MONTH and not self._month:
            self._month = _MONTH[bare]
        elif bare in _WEEKDAY and not self._weekday:
            self._weekday = _WEEKDAY[bare]
        else:
            return False
        return True

    def _take_date(self, word: str) -> bool:
        """`2026-12-24`, `2026-12-24T18:00:00Z`, `24.12.2026`, `24/12/2026`."""
        if word[4:5] == "-" and "t" in word:
            try:
                both = datetime.fromisoformat(word.upper())
            except ValueError:
                return False
            self._zone = both.tzinfo or self._zone
            return self._set_day(both.date()) and self._set_time(both.time())
        mark = next((mark for mark in "-./" if word.count(mark) == 2), "")
        parts = word.split(mark) if mark else []
        if not parts or not all(_is_number(part) for part in parts):
            return False
        first, second, third = map(int, parts)
        if len(parts[0]) == 4:
            return self._set_day(_date(first, second, third))
        if len(parts[2]) != 4 or mark == "-":
            return False
        if mark == "/" and first <= 12 and second <= 12 and first != second:
            return False  # the one thing here, the other elsewhere
        day, month = (second, first) if second > 12 else (first, second)
        return self._set_day(_date(third, month, day))

    def _take_zone(self, word: str) -> bool:
        if word in {"z", "utc", "gmt"} and self._zone is None:
            self._zone = UTC
            return True
        digits = word[1:].replace(":", "")
        if word[:1] not in {"+", "-"} or len(digits) != 4 or not _is_number(digits) or self._zone is not None:
            return False
        try:
            self._zone = datetime.strptime(f"{word[0]}{digits}", "%z").tzinfo
        except ValueError:
            return False
        return True

    def _take_time(self, word: str) -> bool:
        """`18:00`, `18:00:30`, `6pm`, `6:30pm`, `18h`, `18h30`."""
        half = word[-2:] if word[-2:] in {"am", "pm"} else ""
        bare = word.removesuffix(half).replace("h", ":", 1).rstrip(":")
        parts = bare.split(":")
        if not (1 <= len(parts) <= 3) or not all(_is_number(part) and len(part) <= 2 for part in parts):
            return False
        if len(parts) == 1 and not half and "h" not in word:
            return False
        hour, minute, second = (int(part) for part in (*parts, "0", "0")[:3])
        if half and not 1 <= hour <= 12:
            return False
        hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
        return hour < 24 and minute < 60 and second < 60 and self._set_time(time(hour, minute, second))

    def _take_number(self, word: str) -> bool:
        bare = word.rstrip(".")
        for ending in ("st", "nd", "rd", "th", "er"):
            bare = bare.removesuffix(ending)
        if not _is_number(bare) or len(bare) > 4 or len(self._numbers) > 2:
            return False
        self._numbers.append(int(bare))
        return True

    def _set_day(self, day: date | None) -> bool:
        if day is None or self._day is not None:
            return False
        self._day, self._weekday = day, 0
        return True

    def _set_time(self, at: time) -> bool:
        if self._time is not None:
            return False
        self._time = at
        return True


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None
