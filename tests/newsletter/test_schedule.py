"""The clock: each period once, through DST days, moved clocks, changed zones, absence and several processes."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from gateway.core.ledger import occurrences
from gateway.core.messages import RenderedIssue
from gateway.core.store.db import Database
from gateway.core.store.models import Blog, Issue, Member
from gateway.newsletter import schedule
from gateway.newsletter.issues import Masthead
from tests.newsletter.conftest import Press, at, freeze
from tests.test_changes_while_sending import until


@pytest.fixture
def daily(press: Press) -> Press:
    """bob alone gets a digest, daily at two in the night, in Berlin; he was never seen."""
    press.quiet()
    press.change(Member, press.cast.bob, digest="daily", digest_hour=2, time_zone="Europe/Berlin")
    press.change(Member, press.cast.bob, created_at=at("2026-01-01 00:00"))
    return press


def every_half_hour(press: Press, start: str, end: str) -> None:
    press.clock.now = at(start)
    while press.clock.now <= at(end):
        press.tick()
        press.clock.forward(minutes=30)


def test_the_spring_night_without_a_two_o_clock_brings_one_digest_when_the_gap_ends(daily: Press) -> None:
    every_half_hour(daily, "2026-03-28 01:00", "2026-03-29 12:00")
    assert [(d.cause, d.created_at) for d in daily.queued("digest")] == [
        ("digest:2026-03-28:2", at("2026-03-28 01:00")),
        ("digest:2026-03-29:2", at("2026-03-29 01:00")),
    ]


def test_the_autumn_night_with_two_two_o_clocks_brings_one_digest_at_the_first(daily: Press) -> None:
    every_half_hour(daily, "2026-10-24 00:00", "2026-10-25 12:00")
    assert [(d.cause, d.created_at) for d in daily.queued("digest")] == [
        ("digest:2026-10-24:2", at("2026-10-24 00:00")),
        ("digest:2026-10-25:2", at("2026-10-25 00:00")),
    ]


def test_a_clock_that_jumps_ahead_a_day_and_back_brings_nothing_twice_and_skips_nothing(daily: Press) -> None:
    daily.clock.now = at("2026-11-25 12:00")
    daily.tick()
    for step in (timedelta(days=1), timedelta(days=-1), timedelta(hours=-1), timedelta(hours=2), timedelta(days=1)):
        daily.clock.now += step
        daily.tick()
    daily.clock.forward(days=1)
    daily.tick()
    causes = [d.cause for d in daily.queued("digest")]
    assert causes == ["digest:2026-11-25:2", "digest:2026-11-26:2", "digest:2026-11-27:2"]


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_member_who_moves_to_another_zone_gets_one_digest_a_period(daily: Press, zone: str) -> None:
    daily.change(Member, daily.cast.bob, digest="weekly", digest_weekday=5, digest_hour=9)
    daily.clock.now = at("2026-11-25 08:00")
    for _ in range(3 * 15):
        daily.clock.forward(hours=8)
        if daily.clock.now == at("2026-11-28 08:00"):  # nine in Berlin
            daily.tick()
            daily.change(Member, daily.cast.bob, time_zone=zone)
        daily.tick()
    assert [d.cause for d in daily.queued("digest")] == ["digest:2026-W48:2", "digest:2026-W49:2"]


def test_a_blog_that_moves_to_another_zone_sends_one_issue_a_week(press: Press) -> None:
    press.quiet().reader()
    press.change(Blog, press.cast.blog, time_zone="Europe/Berlin")
    for hour in range(0, 24 * 14, 3):
        press.clock.forward(hours=3)
        if hour % 24 == 0:
            press.publish(f"Number {hour}")
        if press.clock.now == at("2026-11-30 09:00"):
            press.change(Blog, press.cast.blog, time_zone="America/Los_Angeles")
        if press.clock.now == at("2026-12-02 09:00"):
            press.change(Blog, press.cast.blog, time_zone="Asia/Tokyo")
        press.tick()
    assert [issue.period for issue in press.issues()] == ["2026-W49", "2026-W50"]


def test_week_53_and_the_first_week_of_the_year_are_two(press: Press) -> None:
    press.clock.now = at("2026-12-30 12:00")
    press.quiet().reader()
    press.change(Blog, press.cast.blog, newsletter_weekday=4)
    for _ in range(10):
        press.publish()
        press.clock.forward(days=1)
        press.tick()
    assert [issue.period for issue in press.issues()] == ["2026-W53", "2027-W01"]


def test_months_of_every_length_bring_one_issue_each(press: Press) -> None:
    press.clock.now = at("2027-12-31 23:00")
    press.quiet().reader(cadence="monthly")
    press.change(Blog, press.cast.blog, time_zone="America/New_York", newsletter_hour=0)
    for _ in range(105):
        press.clock.forward(hours=20)
        press.publish()
        press.tick()
    assert [issue.period for issue in press.issues()] == ["2028-01", "2028-02", "2028-03"]


def test_down_across_the_due_time_within_grace_is_done_once_at_start(daily: Press) -> None:
    daily.tick()
    daily.clock.now = at("2026-11-29 20:00")
    daily.tick()
    daily.tick()
    assert [d.cause for d in daily.queued("digest")][1:] == ["digest:2026-11-29:2"]


def test_down_for_longer_than_grace_is_skipped_and_noted(press: Press) -> None:
    press.quiet()
    press.change(Member, press.cast.bob, micro_monday=True)
    press.clock.now = at("2026-11-30 09:00")
    press.tick()
    assert len(press.queued("micro_monday_prompt")) == 1
    press.clock.now = at("2026-12-08 10:00")  # a day and an hour after the next one
    press.tick()
    assert len(press.queued("micro_monday_prompt")) == 1
    prompts = press.occurrences("micro_monday_prompt")
    assert [(row.period, row.state, row.note) for row in prompts] == [
        ("2026-W49", "done", "1 member."),
        ("2026-W50", "skipped", "Nobody was there to do it; 25 hours later it is too late."),
    ]


def test_an_issue_waits_a_week_for_its_process_and_a_missed_one_is_in_the_next(press: Press) -> None:
    press.quiet().reader(cadence="monthly")
    press.clock.forward(hours=1)
    press.publish("Of November")
    press.clock.now = at("2026-12-01 09:00")
    press.change(Blog, press.cast.blog, newsletter="off")  # nothing is cut, and the month goes by
    press.clock.now = at("2026-12-09 09:00")
    press.change(Blog, press.cast.blog, newsletter="monthly")
    press.tick()
    assert press.issues() == []
    press.clock.now = at("2027-01-05 09:00")
    press.tick()
    assert [(issue.period, issue.subject) for issue in press.issues()] == [("2027-01", "Of November")]


def test_who_chooses_another_hour_gets_nothing_that_was_due_before_it_was_theirs(press: Press) -> None:
    press.quiet()
    press.change(Member, press.cast.bob, digest="weekly", digest_weekday=0)  # last Monday is two days ago
    press.tick()
    assert press.queued("digest") == []
    assert press.occurrences() == []


def test_a_new_reader_causes_no_issue_for_a_time_before_they_came(press: Press) -> None:
    press.quiet().publish("Long ago")
    press.clock.now = at("2026-12-01 10:00")  # this Monday and this month's first are over
    press.reader("a@example.net", "weekly")
    press.reader("b@example.net", "monthly")
    press.clock.forward(minutes=1)
    press.tick()
    assert press.issues() == []
    assert press.occurrences() == []


def test_two_processes_tick_at_once_and_everybody_gets_one_digest_and_one_question(press: Press) -> None:
    press.clock.now = at("2026-11-30 09:00")
    for member_id in (press.cast.alice, press.cast.bob, press.cast.carol):
        press.change(Member, member_id, digest="daily", digest_hour=9)
    databases = [Database(press.house.database.url) for _ in range(2)]
    together = threading.Barrier(2)
    failures: list[BaseException] = []

    def work(database: Database) -> None:
        try:
            together.wait(timeout=60)
            for _ in range(3):
                schedule.tick(replace(press.house, database=database), freeze=freeze)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for database in databases:
        database.close()
    assert failures == []
    everybody = ["alice@example.com", "bob@example.com", "carol@example.com"]
    assert sorted(press.recipients("digest")) == everybody
    assert sorted(press.recipients("micro_monday_prompt")) == everybody


def test_what_a_dead_process_held_is_done_by_the_next_when_its_lease_is_over(daily: Press) -> None:
    daily.clock.now = at("2026-11-26 01:00")
    schedule.expect_due(daily.house)
    daily.run(lambda s: occurrences.claim(s, daily.clock.now, limit=9, lease=daily.house.lease))
    daily.tick()
    assert daily.queued("digest") == []
    daily.clock.forward(minutes=2)
    daily.tick()
    assert len(daily.queued("digest")) == 1


def test_one_part_that_fails_stops_no_other(daily: Press) -> None:
    daily.reader()
    daily.clock.forward(hours=1)
    daily.publish()
    daily.run(lambda s: occurrences.expect(s, "tea:party", "2026", daily.clock.now))
    daily.run(lambda s: occurrences.expect(s, "issue:nobody:weekly", "2026-W48", daily.clock.now))
    daily.clock.now = at("2026-11-30 09:00")
    daily.change(Blog, daily.cast.blog, time_zone="UTC")
    daily.tick()
    states = {row.schedule: row.state for row in daily.occurrences()}
    assert states["tea:party"] == "failed"
    assert states["issue:nobody:weekly"] == "due"
    assert states[f"issue:{daily.cast.blog}:weekly"] == "done"
    assert len(daily.queued()) == len(daily.queued("digest")) == 1


def test_an_idle_tick_writes_nothing(daily: Press) -> None:
    daily.tick()
    written: list[Callable[[Session], object]] = []

    class Watched:
        def run(self, unit: Callable[[Session], object]) -> object:
            written.append(unit)
            return daily.house.database.writer.run(unit)

    class Looked:
        read = daily.house.database.read
        writer = Watched()

    schedule.tick(replace(daily.house, database=Looked()), freeze=freeze)  # type: ignore[arg-type]
    assert written == []


def test_what_comes_next_and_what_happened_can_be_listed(daily: Press) -> None:
    daily.reader()
    daily.clock.forward(minutes=1)
    daily.tick()
    comes = [(entry.schedule, entry.period, entry.due_at, entry.state) for entry in schedule.upcoming(daily.house)]
    assert comes == [
        ("digest:daily:0:2:Europe/Berlin", "2026-11-26", at("2026-11-26 01:00"), "upcoming"),
        (f"issue:{daily.cast.blog}:weekly", "2026-W49", at("2026-11-30 09:00"), "upcoming"),
    ]
    [past] = schedule.history(daily.house)
    assert (past.schedule, past.period, past.state) == ("digest:daily:0:2:Europe/Berlin", "2026-11-25", "done")
    assert past.note == "1 member."


async def test_the_clock_ticks_by_itself_until_it_is_stopped(daily: Press) -> None:
    stop = asyncio.Event()
    daily.clock.now = at("2026-11-25 12:00")
    running = asyncio.create_task(schedule.run_clock(daily.house, freeze, stop, every=0.05))
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(daily.queued, "digest"):
            await asyncio.sleep(0.02)
        daily.clock.forward(days=1)
        while len(await asyncio.to_thread(daily.queued, "digest")) < 2:
            await asyncio.sleep(0.02)
        stop.set()
        await running
    assert [d.cause for d in daily.queued("digest")] == ["digest:2026-11-25:2", "digest:2026-11-26:2"]


def test_work_that_outlasts_its_lease_is_taken_over_by_no_other_clock(daily: Press) -> None:
    daily.reader()
    daily.publish()
    daily.change(Blog, daily.cast.blog, time_zone="UTC")
    daily.clock.now = at("2026-11-30 09:00")
    other = replace(daily.house, database=Database(daily.house.database.url))
    brief = replace(daily.house, lease=timedelta(seconds=0.3))
    taken: list[int] = []

    def slow(rendered: RenderedIssue, head: Masthead) -> bytes:
        for _ in range(2):
            daily.clock.forward(seconds=1)
            until(lambda: held_until(daily) > daily.clock.now)
            taken.append(schedule.work_due(other, freeze))
        return freeze(rendered, head)

    schedule.tick(brief, freeze=slow)
    other.database.close()
    assert taken == [0, 0]
    [done] = daily.occurrences("issue")
    assert (done.state, done.attempts) == ("done", 1)


def held_until(press: Press) -> datetime:
    [row] = press.occurrences("issue")
    assert row.lease_until is not None
    return row.lease_until


async def test_what_is_on_its_way_does_not_wait_for_what_is_being_made(daily: Press) -> None:
    daily.reader()
    daily.publish()
    daily.change(Blog, daily.cast.blog, time_zone="UTC")
    now = daily.clock.now = at("2026-11-30 09:00")
    values = {"blog_id": daily.cast.blog, "cadence": "weekly", "period": "2026-W40", "status": "scheduled"}
    daily.run(lambda s: s.execute(insert(Issue).values(**values, created_at=now, send_at=now)))
    stop, made, begun = asyncio.Event(), threading.Event(), threading.Event()

    def long(rendered: RenderedIssue, head: Masthead) -> bytes:
        begun.set()
        assert made.wait(60)
        return freeze(rendered, head)

    running = asyncio.create_task(schedule.run_clock(daily.house, long, stop, every=0.05))
    try:
        async with asyncio.timeout(60):
            assert await asyncio.to_thread(begun.wait, 60)
            daily.change(Issue, daily.issues()[0].id, status="scheduled", finished_at=None)
            while [issue.status for issue in daily.issues()] == ["scheduled"]:
                await asyncio.sleep(0.02)
    finally:
        made.set()
        stop.set()
        await running
    assert [issue.period for issue in daily.issues()] == ["2026-W40", "2026-W49"]
