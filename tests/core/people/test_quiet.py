"""Quiet hours, by the clock on the wall, also in the nights when clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.core.errors import Invalid
from gateway.core.people import quiet
from gateway.core.store.models import Member


def end(hours: tuple[int, int] | None, zone: str, at: str) -> str:
    """Until when it is quiet at a moment of UTC, in UTC; empty when it is not."""
    member = Member(handle="bob", time_zone=zone)
    quiet.keep(member, hours)
    until = quiet.quiet_until(member, datetime.fromisoformat(at).replace(tzinfo=UTC))
    return "" if until is None else f"{until:%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("hours", "zone", "at", "until"),
    [
        (None, "UTC", "2026-11-25 03:00", ""),
        ((22, 7), "UTC", "2026-11-25 21:59", ""),
        ((22, 7), "UTC", "2026-11-25 22:00", "11-26 07:00"),
        ((22, 7), "UTC", "2026-11-26 06:59", "11-26 07:00"),
        ((22, 7), "UTC", "2026-11-26 07:00", ""),
        ((9, 17), "UTC", "2026-11-25 08:59", ""),
        ((9, 17), "UTC", "2026-11-25 09:00", "11-25 17:00"),
        ((22, 0), "UTC", "2026-11-25 23:59", "11-26 00:00"),
        ((22, 0), "UTC", "2026-11-26 00:00", ""),
        ((0, 6), "UTC", "2026-11-26 00:00", "11-26 06:00"),
        ((22, 7), "Asia/Tokyo", "2026-11-25 13:00", "11-25 22:00"),
        ((22, 7), "America/Los_Angeles", "2026-11-25 06:00", "11-25 15:00"),
        # Forward, 29 March: 2:00 is 3:00. The night is an hour shorter.
        ((22, 7), "Europe/Berlin", "2026-03-28 21:30", "03-29 05:00"),
        ((22, 2), "Europe/Berlin", "2026-03-29 00:59", "03-29 01:00"),
        ((22, 2), "Europe/Berlin", "2026-03-29 01:00", ""),
        ((2, 5), "Europe/Berlin", "2026-03-29 01:00", "03-29 03:00"),
        # Back, 25 October: 3:00 is 2:00 again. The night is an hour longer.
        ((22, 7), "Europe/Berlin", "2026-10-24 20:00", "10-25 06:00"),
        ((22, 3), "Europe/Berlin", "2026-10-25 00:30", "10-25 02:00"),
        ((22, 3), "Europe/Berlin", "2026-10-25 01:30", "10-25 02:00"),
        ((22, 3), "Europe/Berlin", "2026-10-25 02:00", ""),
        ((22, 2), "Europe/Berlin", "2026-10-24 23:30", "10-25 00:00"),
        ((22, 2), "Europe/Berlin", "2026-10-25 01:00", ""),  # the second 2:00
        # Half an hour back, from 2:00 to 1:30.
        ((22, 2), "Australia/Lord_Howe", "2026-04-04 14:59", "04-04 15:30"),
    ],
)
def test_it_is_quiet_by_the_clock_on_the_wall(hours: tuple[int, int] | None, zone: str, at: str, until: str) -> None:
    assert end(hours, zone, at) == until


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Asia/Beirut", "Atlantic/Azores"]
)
def test_the_end_is_to_come_and_then_it_is_quiet_no_more(zone: str) -> None:
    """At every quarter of an hour of the days when clocks change, for every two hours."""
    days = {(3, 8), (3, 28), (3, 29), (4, 4), (4, 5), (10, 4), (10, 24), (10, 25), (11, 1)}
    for since in range(24):
        until = (since + 7) % 24
        for month, day in days:
            for quarter in range(96):
                at = datetime(2026, month, day, quarter // 4, quarter % 4 * 15, tzinfo=UTC)
                member = Member(handle="bob", time_zone=zone, quiet_from=since, quiet_until=until)
                found = quiet.quiet_until(member, at)
                hour = at.astimezone(ZoneInfo(zone)).hour
                inside = since <= hour < until if since < until else hour >= since or hour < until
                assert (found is not None) == inside
                if found is not None:
                    assert at < found
                    assert quiet.quiet_until(member, found) is None, (since, at)


@pytest.mark.parametrize("hours", [(7, 7), (24, 7), (22, 24), (-1, 7)])
def test_hours_that_are_none_are_refused(hours: tuple[int, int]) -> None:
    member = Member(handle="bob", time_zone="UTC", quiet_from=1, quiet_until=2)
    with pytest.raises(Invalid):
        quiet.keep(member, hours)
    assert (member.quiet_from, member.quiet_until) == (1, 2)
