"""Local calendar rules: DST days, week 53, month ends, zones far ahead and behind."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from gateway.newsletter.calendar import Rule, following, latest, moment, period_of
from tests.newsletter.conftest import at

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def test_a_wall_time_in_the_spring_gap_is_the_moment_the_gap_ends() -> None:
    assert moment(date(2026, 3, 29), 2, BERLIN) == at("2026-03-29 01:00")
    assert moment(date(2026, 3, 29), 2, BERLIN).astimezone(BERLIN).hour == 3


def test_a_wall_time_that_comes_twice_in_autumn_is_its_first() -> None:
    assert moment(date(2026, 10, 25), 2, BERLIN) == at("2026-10-25 00:00")
    assert moment(date(2026, 11, 1), 1, NEW_YORK) == at("2026-11-01 05:00")


def test_a_gap_of_half_an_hour_and_a_day_that_was_skipped_end_where_they_end() -> None:
    assert moment(date(2026, 10, 4), 2, ZoneInfo("Australia/Lord_Howe")) == at("2026-10-03 15:30")
    assert moment(date(2011, 12, 30), 9, ZoneInfo("Pacific/Apia")) == at("2011-12-30 10:00")


def test_labels_are_of_the_local_calendar() -> None:
    assert period_of("week", date(2027, 1, 3)) == "2026-W53"
    assert period_of("week", date(2027, 1, 4)) == "2027-W01"
    assert period_of("week", date(2024, 12, 30)) == "2025-W01"
    assert period_of("month", date(2026, 12, 31)) == "2026-12"
    assert period_of("day", date(2026, 2, 28)) == "2026-02-28"


@pytest.mark.parametrize(
    ("rule", "now", "period", "due"),
    [
        (Rule("week", 9), "2026-11-23 07:59", "2026-W47", "2026-11-16 08:00"),
        (Rule("week", 9), "2026-11-23 08:00", "2026-W48", "2026-11-23 08:00"),
        (Rule("week", 9, 4), "2027-01-01 09:00", "2026-W53", "2027-01-01 08:00"),
        (Rule("month", 9), "2027-01-01 07:59", "2026-12", "2026-12-01 08:00"),
        (
            Rule("month", 9),
            "2026-03-31 22:30",
            "2026-03",
            "2026-03-01 08:00",
        ),  # April has begun in Berlin, not yet at 9
        (Rule("month", 0), "2026-03-31 22:30", "2026-04", "2026-03-31 22:00"),
        (Rule("day", 2), "2026-03-29 01:00", "2026-03-29", "2026-03-29 01:00"),
        (Rule("day", 2), "2026-10-25 01:30", "2026-10-25", "2026-10-25 00:00"),  # the second 02:30 that night
    ],
)
def test_the_latest_due_moment(rule: Rule, now: str, period: str, due: str) -> None:
    found = latest(rule, BERLIN, at(now))
    assert (found.period, found.at) == (period, at(due))


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Australia/Lord_Howe", "UTC"]
)
@pytest.mark.parametrize("rule", [Rule("day", 2), Rule("week", 2, 6), Rule("month", 0)])
def test_over_two_years_every_period_is_due_once_and_in_order(zone: str, rule: Rule) -> None:
    place, now = ZoneInfo(zone), datetime(2026, 1, 15, tzinfo=UTC)
    seen: dict[str, datetime] = {}
    while now < datetime(2028, 1, 15, tzinfo=UTC):
        due = latest(rule, place, now)
        assert due.at <= now < following(rule, place, now).at
        assert seen.setdefault(due.period, due.at) == due.at
        now += timedelta(hours=11)
    moments = list(seen.values())
    assert moments == sorted(moments)
    longest = {"day": timedelta(hours=25), "week": timedelta(days=7, hours=1), "month": timedelta(days=31, hours=1)}
    steps = [later - earlier for earlier, later in pairwise(moments)]
    assert max(steps) <= longest[rule.every]
    assert min(steps) >= timedelta(hours=23)


def test_a_question_waits_until_the_day_has_begun_in_the_other_zone() -> None:
    rule = Rule("week", 9, begun_in=ZoneInfo("UTC"))
    ahead = latest(rule, ZoneInfo("Pacific/Kiritimati"), at("2026-11-23 00:00"))
    assert (ahead.period, ahead.at) == ("2026-W48", at("2026-11-23 00:00"))
    behind = latest(rule, ZoneInfo("Pacific/Honolulu"), at("2026-11-23 19:00"))
    assert (behind.period, behind.at) == ("2026-W48", at("2026-11-23 19:00"))
