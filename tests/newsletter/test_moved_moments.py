"""A newsletter or digest is moved to another weekday, hour or zone: what lies before the change was not missed, and the next moment counts."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from gateway.core.people import choices, preferences
from gateway.core.store.models import Blog, Member
from gateway.core.writing import blogs
from gateway.newsletter import schedule
from tests.newsletter.conftest import Press, at, freeze

ZONE = "America/Los_Angeles"


def move(press: Press, **changes: Any) -> None:
    """alice's newsletter."""

    def unit(session: Session) -> None:
        blog, alice = session.get_one(Blog, press.cast.blog), session.get_one(Member, press.cast.alice)
        blogs.change(session, blog, alice, now=press.clock.now, **changes)

    press.run(unit)


def issues(press: Press) -> list[tuple[str, str]]:
    return [(one.period, f"{one.created_at:%Y-%m-%d %H:%M}") for one in press.issues()]


def days(press: Press, end: str) -> None:
    while press.clock.now < at(end):
        press.clock.forward(hours=1)
        schedule.expect_due(press.house)
        schedule.work_due(press.house, freeze)


@pytest.fixture
def friday(press: Press) -> Press:
    """A weekly newsletter of Fridays at nine, with an issue of last week and a post since; it is Wednesday the 2nd."""
    press.quiet().reader()
    press.change(Blog, press.cast.blog, newsletter_weekday=4)
    days(press, "2026-11-26 12:00")
    press.publish("Of November")
    days(press, "2026-12-01 12:00")
    press.publish("Of December")
    days(press, "2026-12-02 12:00")
    return press


@pytest.mark.parametrize("late", ["send", "draft", "skip"])
def test_an_issue_moved_to_a_day_that_is_over_comes_on_the_next_one(friday: Press, late: str) -> None:
    friday.change(Blog, friday.cast.blog, newsletter_late=late)
    move(friday, newsletter_weekday=0)
    days(friday, "2026-12-15 00:00")
    assert issues(friday) == [("2026-W48", "2026-11-27 09:00"), ("2026-W50", "2026-12-07 09:00")]
    assert friday.queued("issue_late") == []


def test_an_issue_moved_to_a_later_day_comes_once_in_its_week(friday: Press) -> None:
    move(friday, newsletter_weekday=5)
    days(friday, "2026-12-06 00:00")
    assert issues(friday)[1:] == [("2026-W49", "2026-12-05 09:00")]
    friday.publish("Of Sunday")
    move(friday, newsletter_weekday=6)
    days(friday, "2026-12-14 00:00")
    assert issues(friday)[2:] == [("2026-W50", "2026-12-13 09:00")]


def test_another_zone_or_hour_brings_no_issue_by_itself(friday: Press) -> None:
    days(friday, "2026-12-04 08:00")
    move(friday, newsletter_hour=7)
    friday.tick()
    move(friday, time_zone="Asia/Tokyo")
    friday.tick()
    assert len(friday.issues()) == 1
    move(friday, time_zone=ZONE)
    days(friday, "2026-12-13 00:00")
    assert issues(friday)[1:] == [("2026-W49", "2026-12-04 15:00")]


def test_what_is_saved_as_it_was_is_no_move(friday: Press) -> None:
    friday.clock.now = at("2026-12-04 09:00")
    move(friday, newsletter_weekday=4, newsletter_hour=9, time_zone="UTC")
    friday.tick()
    assert issues(friday)[1:] == [("2026-W49", "2026-12-04 09:00")]


def test_what_was_due_before_and_nobody_has_noted_is_not_lost_by_the_move(friday: Press) -> None:
    days(friday, "2026-12-04 08:00")
    friday.clock.now = at("2026-12-04 11:00")  # nobody ticked since
    move(friday, newsletter_hour=10)
    friday.tick()
    assert issues(friday)[1:] == [("2026-W49", "2026-12-04 11:00")]
    friday.publish("Of Friday")
    days(friday, "2026-12-11 12:00")
    assert issues(friday)[2:] == [("2026-W50", "2026-12-11 10:00")]
    assert [(row.state, row.note) for row in friday.occurrences("moved")] == [("done", "Noted: 1.")]


@pytest.mark.parametrize("minutes", [1, 60 * 24 * 3])
def test_whoever_moves_it_twice_before_the_clock_looks_gets_it_once(friday: Press, minutes: int) -> None:
    days(friday, "2026-12-04 08:00")
    friday.clock.now = at("2026-12-04 09:01")
    move(friday, newsletter_weekday=3)
    friday.clock.forward(minutes=1)
    move(friday, newsletter_hour=20, time_zone=ZONE)
    friday.clock.forward(minutes=minutes)
    days(friday, "2026-12-10 00:00")
    assert [period for period, _ in issues(friday)[1:]] == ["2026-W49"]


@pytest.mark.parametrize("late", ["send", "draft", "skip"])
def test_what_was_due_hours_before_the_move_is_late_as_its_owner_chose(friday: Press, late: str) -> None:
    friday.change(Blog, friday.cast.blog, newsletter_late=late)
    days(friday, "2026-12-04 08:00")
    friday.clock.now = at("2026-12-04 16:00")
    move(friday, newsletter_weekday=0)
    friday.tick()
    assert len(issues(friday)) == (2 if late == "send" else 1)
    [row] = [one for one in friday.occurrences("issue") if one.period == "2026-W49"]
    assert row.state == {"send": "done", "draft": "held", "skip": "skipped"}[late]


def test_of_a_move_before_which_nothing_was_due_nothing_comes(friday: Press) -> None:
    friday.reader("new@example.net", "monthly")
    friday.publish("Of Wednesday")
    move(friday, newsletter_weekday=1)  # yesterday
    friday.clock.forward(minutes=1)
    move(friday, newsletter_weekday=2, newsletter_hour=11)  # an hour ago
    friday.tick()
    assert len(issues(friday)) == 1
    assert {row.state for row in friday.occurrences("moved")} == {"skipped"}


def test_a_newsletter_that_is_switched_off_or_on_by_the_move_owes_nothing_from_before(friday: Press) -> None:
    days(friday, "2026-12-04 08:00")
    friday.clock.now = at("2026-12-04 09:01")
    friday.change(Blog, friday.cast.blog, newsletter_since=friday.clock.now)
    move(friday, newsletter_hour=10)
    friday.tick()
    assert len(issues(friday)) == 1


def test_another_weekday_does_not_move_the_monthly_issue(press: Press) -> None:
    press.quiet().reader("monthly@example.net", "monthly")
    press.clock.forward(hours=1)
    press.publish("Of November")
    days(press, "2026-12-01 08:00")
    press.clock.now = at("2026-12-01 09:01")
    move(press, newsletter_weekday=3)
    press.tick()
    assert issues(press) == [("2026-12", "2026-12-01 09:01")]
    move(press, newsletter_weekday=4)
    days(press, "2026-12-05 00:00")
    assert len(issues(press)) == 1


def choose(press: Press, **changes: Any) -> None:
    """bob's digest, as under Settings."""
    values: dict[str, Any] = {
        "display_name": "",
        "bio": "",
        "time_zone": "UTC",
        "language": "",
        "tell": {},
        "quiet": None,
        "confirmations": True,
        "ask_first": False,
        "timeline_replies": "all",
        "digest": "weekly",
        "digest_weekday": 4,
        "digest_hour": 9,
        "micro_monday": False,
        "recommendable": True,
    }
    chosen = preferences.Preferences(**(values | changes))
    press.run(lambda s: preferences.change(s, s.get_one(Member, press.cast.bob), chosen, press.clock.now))


@pytest.fixture
def digest(press: Press) -> Press:
    """bob's, of Fridays at nine; carol's on Mondays, so that somebody has those already; it is Wednesday the 2nd."""
    press.quiet()
    press.change(Member, press.cast.bob, created_at=at("2026-01-01 00:00"))
    press.change(Member, press.cast.carol, digest="weekly", digest_weekday=0, created_at=at("2026-01-01 00:00"))
    choose(press)
    days(press, "2026-12-02 12:00")
    return press


def digests(press: Press) -> list[str]:
    return [f"{one.created_at:%Y-%m-%d %H:%M}" for one in press.queued("digest") if one.recipient == "bob@example.com"]


@pytest.mark.parametrize(
    ("changes", "coming"),
    [
        ({"digest_weekday": 0}, ["2026-12-07 09:00"]),
        ({"digest_weekday": 2, "digest_hour": 11}, ["2026-12-09 11:00"]),
        ({"digest_weekday": 1, "time_zone": ZONE}, ["2026-12-08 17:00"]),
        ({"digest_hour": 10}, ["2026-12-04 10:00"]),
        ({"digest": "daily", "digest_hour": 11}, [f"2026-12-{day:02} 11:00" for day in range(3, 10)]),
    ],
)
def test_a_digest_that_is_moved_comes_at_its_next_moment(
    digest: Press, changes: dict[str, object], coming: list[str]
) -> None:
    assert digests(digest) == ["2026-11-27 09:00"]
    choose(digest, **changes)
    days(digest, "2026-12-09 18:00")
    assert digests(digest)[1:] == coming


@pytest.mark.parametrize("of_alice", [True, False])
def test_who_puts_something_into_a_digest_and_had_none_gets_the_next(digest: Press, *, of_alice: bool) -> None:
    choose(digest, digest="off")
    digest.clock.now = at("2026-12-05 20:00")
    digest.publish("Of Saturday")

    def unit(session: Session) -> None:
        bob, alice = session.get_one(Member, digest.cast.bob), session.get_one(Member, digest.cast.alice)
        if of_alice:
            choices.choose_of(session, bob, alice, "email", choices.DIGEST, digest.clock.now)
        else:
            choices.choose(session, bob, "email", choices.POSTS, choices.DIGEST, digest.clock.now)

    digest.run(unit)
    digest.tick()
    assert digests(digest)[1:] == []
    days(digest, "2026-12-06 12:00")
    assert digests(digest)[1:] == ["2026-12-06 09:00"]


def test_another_weekday_does_not_move_a_digest_of_every_day(digest: Press) -> None:
    choose(digest, digest="daily")
    digest.publish("Of Wednesday")
    days(digest, "2026-12-04 08:00")
    digest.clock.now = at("2026-12-04 09:00")
    choose(digest, digest="daily", digest_weekday=2)
    digest.tick()
    assert digests(digest)[-1] == "2026-12-04 09:00"


def test_who_moves_to_a_moment_that_a_server_missed_gets_the_next(digest: Press) -> None:
    digest.clock.now = at("2026-12-07 10:00")
    choose(digest, digest_weekday=0)
    digest.tick()
    assert [row.state for row in digest.occurrences("digest:weekly:0")] == ["done", "done"]
    assert digests(digest) == ["2026-11-27 09:00"]
