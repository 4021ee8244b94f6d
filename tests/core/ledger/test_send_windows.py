"""Send windows: what the clock on a blog's wall shows decides, over midnight and on both days on which clocks are changed."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.ledger.send_windows import SendWindow


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "now", "opens"),
    [
        (("UTC", None, None), "2026-11-25 03:17", "2026-11-25 03:17"),
        (("UTC", 8, 20), "2026-11-25 19:59:59", "2026-11-25 19:59:59"),
        (("UTC", 8, 20), "2026-11-25 20:00", "2026-11-26 08:00"),
        (("UTC", 8, 20), "2026-11-25 07:59:59", "2026-11-25 08:00"),
        (("UTC", 22, 6), "2026-11-25 05:59", "2026-11-25 05:59"),
        (("UTC", 22, 6), "2026-11-25 06:00", "2026-11-25 22:00"),
        (("UTC", 22, 6), "2026-11-25 23:30", "2026-11-25 23:30"),
        (("Asia/Kathmandu", 8, 9), "2026-11-25 00:00", "2026-11-25 02:15"),
        (("Europe/Berlin", 2, 3), "2026-03-29 00:30", "2026-03-30 00:00"),  # that hour is left out
        (("Europe/Berlin", 2, 5), "2026-03-29 00:30", "2026-03-29 01:00"),  # 03:00, when it would have begun
        (("Europe/Berlin", 2, 3), "2026-10-25 00:30", "2026-10-25 00:30"),  # 02:30 for the first time
        (("Europe/Berlin", 2, 3), "2026-10-25 01:30", "2026-10-25 01:30"),  # and for the second
        (("Europe/Berlin", 2, 3), "2026-10-25 02:00", "2026-10-26 01:00"),
        (("Mars/Olympus", 8, 20), "2026-11-25 07:00", "2026-11-25 08:00"),
    ],
)
def test_copies_leave_in_the_window_and_wait_for_it(
    window: tuple[str, int | None, int | None], now: str, opens: str
) -> None:
    assert SendWindow(*window).opens_at(at(now)) == at(opens)
    assert SendWindow(*window).is_open(at(now)) is (now == opens)


def test_on_a_day_with_a_missing_or_a_second_hour_the_window_is_that_much_shorter_or_longer() -> None:
    night = SendWindow("Europe/Berlin", 22, 6)
    hours = [
        sum(night.is_open(at(noon) + timedelta(hours=n)) for n in range(24))
        for noon in ("2026-03-28 12:00", "2026-06-28 12:00", "2026-10-24 12:00")
    ]
    assert hours == [7, 8, 9]
