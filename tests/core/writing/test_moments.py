"""Dates and delays as people write them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.core.writing.moments import delay, moment

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 12, 30, tzinfo=BERLIN)  # a Wednesday


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-12-24", "2026-12-24 12:30"),
        ("2026-12-24 18:00", "2026-12-24 18:00"),
        ("2026-12-24T18:00", "2026-12-24 18:00"),
        ("2026-12-24T18:00:00Z", "2026-12-24 19:00"),
        ("2026-12-24 18:00 +0000", "2026-12-24 19:00"),
        ("2026-12-24 18:00 UTC", "2026-12-24 19:00"),
        ("2020-02-29 8:05:06", "2020-02-29 08:05:06"),
        ("24.12.2026 18:00", "2026-12-24 18:00"),
        ("24. Dezember 2026, 18:00 Uhr", "2026-12-24 18:00"),
        ("24 December 2026 at 6pm", "2026-12-24 18:00"),
        ("December 24th, 2026 6:30 pm", "2026-12-24 18:30"),
        ("Thu, 24 Dec 2026 18:00:00 +0100", "2026-12-24 18:00"),
        ("24/12/2026", "2026-12-24 12:30"),
        ("12/24/2026", "2026-12-24 12:30"),
        ("24 décembre 18h30", "2026-12-24 18:30"),
        ("1 March", "2027-03-01 12:30"),
        ("tomorrow", "2026-11-26 12:30"),
        ("tomorrow 9am", "2026-11-26 09:00"),
        ("morgen 9:00", "2026-11-26 09:00"),
        ("today 8:00", "2026-11-25 08:00"),
        ("yesterday", "2026-11-24 12:30"),
        ("18:00", "2026-11-25 18:00"),
        ("08:00", "2026-11-26 08:00"),
        ("12 am", "2026-11-26 00:00"),
        ("monday 9:00", "2026-11-30 09:00"),
        ("next Wednesday 9:00", "2026-12-02 09:00"),
        ("wednesday 18:00", "2026-11-25 18:00"),
    ],
)
def test_a_date_is_read_on_the_blogs_clock(written: str, meant: str) -> None:
    found = moment(written, NOW)
    assert found is not None
    assert found == datetime.fromisoformat(meant).replace(tzinfo=BERLIN)
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "written",
    [
        "", "3/4/2026", "2026-13-01", "2026-02-30", "25:00", "soon", "a fruit", "2026", "24", "13pm", "9:60", "December", "0001-01-01",
        "2026-12-24 2026-12-25", "18:00 19:00", "24 25 December", "x" * 100, "²⁰²⁶-12-24", "tomorrow yesterday", "9999999999", "+9999",
        "32 December 2026", "9:00 9:00:00", "2026-12-24T18:00T", "--", "24-12-2026", "2026-12-24 5",
    ],
)  # fmt: skip
def test_what_is_no_date_or_two_is_none(written: str) -> None:
    assert moment(written, NOW) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2h", timedelta(hours=2)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("1d 2h 3m", timedelta(days=1, hours=2, minutes=3)),
        ("+1 hour", timedelta(hours=1)),
        ("+ 90 minutes", timedelta(minutes=90)),
        ("2 days, 1 hour", timedelta(days=2, hours=1)),
        ("1 Woche", timedelta(weeks=1)),
        ("", None), ("0h", None), ("h", None), ("2", None), ("2 hours ago", None), ("-2h", None), ("2x", None), ("99999w", None), ("2h3", None),
        ("of two hours", None), ("1.5h", None), ("²h", None),
    ],
)  # fmt: skip
def test_a_delay_is_numbers_with_units(written: str, meant: timedelta | None) -> None:
    assert delay(written) == meant
