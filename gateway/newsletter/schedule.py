"""The clock: `tick` looks at what local calendars say is due, notes it as occurrences, and works the ones that are due.

Any number of processes may tick, at any time, as often as they like. What is due is computed anew from wall times and zones at every tick; what
was done stands in the occurrences, keyed by local period, and in issues and deliveries under keys of their own. So a clock that jumps, a changed
time zone, a day with 23 or 25 hours and a process that dies half-way bring nothing twice; and what fell due while nobody ticked is done at
the next tick, or, when that is later than its grace, skipped with a note. Only the last due moment of a rule is looked at: several weeks without
a process bring one issue, not several.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from gateway.core.audience import cadences, issue_controls
from gateway.core.audience.issue_progress import tally
from gateway.core.desk import acts
from gateway.core.house import House
from gateway.core.ledger import occurrences
from gateway.core.ledger.inbox import LostLease
from gateway.core.store.models import Blog, Issue, Occurrence
from gateway.core.writing import blogs
from gateway.newsletter import cutting, digests, guard, issues, lateness, micro_monday, remaking, stages
from gateway.newsletter.attempts import Attempt, collected
from gateway.newsletter.calendar import Due
from gateway.newsletter.holding import holding
from gateway.newsletter.issues import Freeze
from gateway.newsletter.plan import Moments, Scheduled, issue_by, scheduled

log = logging.getLogger("postroom")
EVERY = 5.0  # seconds between ticks
_AGAIN = "some of what is due could not be done; it is tried again"
_AT_ONCE = 500  # pairs of schedule and period in one statement


@dataclass(frozen=True, slots=True)
class Work:
    """How one kind of occurrence is worked, and how late that still makes sense. `run` gives its note; empty for nothing to do."""

    run: Callable[[House, Freeze, occurrences.Claim, Sequence[str]], str]
    grace: timedelta


def tick(house: House, *, freeze: Freeze) -> None:
    """Does all that is due now. What one part raises stops none of the others, and is raised together at the end."""
    with collected(_AGAIN) as attempt:
        _make(house, freeze, attempt)
        _look_after(house, attempt)


def _make(house: House, freeze: Freeze, attempt: Attempt) -> None:
    """Works what is due: an issue with many readers, or one with a large template, takes minutes."""
    attempt("what is due", lambda: expect_due(house))
    attempt("what is worked", lambda: work_due(house, freeze))
    attempt("changed cadences", lambda: _take_up(house))
    attempt("posts alone", lambda: issues.cut_each(house, freeze))
    attempt("what was begun", lambda: cutting.resume(house))
    attempt("what lost words", lambda: remaking.remake_due(house, freeze))


def _look_after(house: House, attempt: Attempt) -> None:
    """Looks after what is made, and on its way."""
    attempt("undo windows", lambda: stages.begin_due(house))
    attempt("the guard", lambda: guard.watch(house))
    attempt("what was cancelled", lambda: stages.end_cancelled(house))
    attempt("what failed", lambda: stages.queue_failed_again(house))
    attempt("what is over", lambda: _finish(house))


def expect_due(house: House) -> int:
    """Notes the occurrences that have fallen due and are not known yet; returns how many."""
    now = house.now()
    with house.database.read() as session:
        plans = [(plan, plan.latest(now)) for plan in scheduled(session, house.community)]
        known = _known(session, [(plan.name, due.period) for plan, due in plans])
        fresh = [(plan, due) for plan, due in plans if (plan.name, due.period) not in known]
        missing = [(plan, due) for plan, due in fresh if _owed(session, plan, due, now)]
    if not missing:
        return 0

    return house.database.writer.run(lambda session: _expect(session, missing))


def _expect(session: Session, missing: Sequence[tuple[Scheduled, Due]]) -> int:
    """How many of these were not known."""
    return sum(occurrences.expect(session, plan.name, due.period, due.at) for plan, due in missing)


def _known(session: Session, pairs: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    key = tuple_(Occurrence.schedule, Occurrence.period)
    known: set[tuple[str, str]] = set()
    for start in range(0, len(pairs), _AT_ONCE):
        statement = select(Occurrence.schedule, Occurrence.period).where(key.in_(pairs[start : start + _AT_ONCE]))
        known.update((name, period) for name, period in session.execute(statement))
    return known


def _work_of(schedule: str) -> Work:
    return WORK[schedule.split(":", 1)[0]]


def _owed(session: Session, plan: Scheduled, due: Due, now: datetime) -> bool:
    """Whether a due moment must be noted: it came after the rule began to concern somebody.

    One past its grace is noted as missed only where the rule was followed before: who has just chosen another hour has missed nothing.
    """
    since = plan.since(session)
    if since is None or due.at <= since:
        return False
    if now - due.at <= _work_of(plan.name).grace:
        return True
    return session.scalar(select(Occurrence.period).where(Occurrence.schedule == plan.name).limit(1)) is not None


def work_due(house: House, freeze: Freeze) -> int:
    """Claims and works what is due, one after the other; returns how many."""
    worked = 0
    while held := _claimed(house):
        _work(house, freeze, held)
        worked += 1
    return worked


def _claimed(house: House) -> occurrences.Claim | None:
    now = house.now()
    open_ones = Occurrence.state.in_(("due", "claimed"))
    with house.database.read() as session:  # a look costs no write transaction
        if session.scalar(select(Occurrence.period).where(open_ones, Occurrence.due_at <= now).limit(1)) is None:
            return None
    claims = house.database.writer.run(lambda s: occurrences.claim(s, now, limit=1, lease=house.lease))
    return claims[0] if claims else None


def _work(house: House, freeze: Freeze, held: occurrences.Claim) -> None:
    name, *facts = held.schedule.split(":")
    work = WORK.get(name)
    late = house.now() - held.due_at
    try:
        if work is None:
            _end(house, held, "failed", "Nobody knows how to do this.")
        elif name == "issue" and late > lateness.LATE and lateness.decide(house, held, _shown(late)):
            pass
        elif late > work.grace:
            _end(house, held, "skipped", f"Nobody was there to do it; {_shown(late)} later it is too late.")
        else:
            with holding(house, held):
                note = work.run(house, freeze, held, facts)
            _end(house, held, "done" if note else "skipped", note or "There was nothing to send.")
    except LostLease:
        log.warning("%s %s was taken over by another process", held.schedule, held.period)
    except Exception as error:
        log.exception("%s %s could not be done", held.schedule, held.period)
        reason = f"{type(error).__name__}: {error}"[:500]
        _put_back(house, held, reason)


def _end(house: House, held: occurrences.Claim, state: str, note: str) -> None:
    house.database.writer.run(lambda session: occurrences.finish(session, held, state, house.now(), note=note))


def _put_back(house: House, held: occurrences.Claim, reason: str) -> None:
    again = house.now() + timedelta(minutes=min(5 ** (held.fence - 1), 240))
    try:
        house.database.writer.run(lambda session: occurrences.defer(session, held, again, note=reason))
    except Exception:
        log.exception("%s %s could not be put back; its lease will end", held.schedule, held.period)


def _issue(house: House, freeze: Freeze, held: occurrences.Claim, facts: Sequence[str]) -> str:
    issue_id = issues.cut(house, int(facts[0]), facts[1], held.period, freeze)
    if issue_id is None:
        return ""
    lateness.forget(house, held)
    with house.database.read() as session:
        return f"Issue {issue_id}, {tally(session, issue_id).copies} copies."


def _moved(house: House, _freeze: Freeze, held: occurrences.Claim, facts: Sequence[str]) -> str:
    """Notes what was due of a newsletter before it was moved, and nobody had noted; it is worked next."""
    number, weekday, hour, zone, since = facts
    moved_before = datetime.fromtimestamp(int(since), UTC) if int(since) else None
    moments = Moments(int(weekday), int(hour), zone, moved_before)
    with house.database.read() as session:
        blog = session.get(Blog, int(number))
        if blog is None or blog.newsletter == "off":
            return ""
        plans = [issue_by(moments, blog, cadence) for cadence in ("weekly", "monthly")]
        dues = [(plan, plan.latest(datetime.fromisoformat(held.period))) for plan in plans]
        missing = [(plan, due) for plan, due in dues if _owed(session, plan, due, house.now())]
    noted = house.database.writer.run(lambda session: _expect(session, missing))
    return f"Noted: {noted}." if noted else ""


def _digest(house: House, _freeze: Freeze, held: occurrences.Claim, facts: Sequence[str]) -> str:
    cadence, weekday, hour, zone = facts
    group = digests.Group(cadence, int(weekday), int(hour), zone)
    return _members(digests.queue_digests(house, group, held.period, held.due_at))


def _prompt(house: House, _freeze: Freeze, held: occurrences.Claim, facts: Sequence[str]) -> str:
    return _members(micro_monday.queue_prompts(house, facts[0], held.period, held.due_at))


def _round_up(house: House, _freeze: Freeze, held: occurrences.Claim, _facts: Sequence[str]) -> str:
    carried = micro_monday.queue_round_up(house, held.period, held.due_at)
    if not carried:
        return ""
    posted = micro_monday.publish_round_up(house, held.period)
    return f"{carried} {'recommendation' if carried == 1 else 'recommendations'}. {posted}".rstrip()


def _members(number: int) -> str:
    return f"{number} {'member' if number == 1 else 'members'}." if number else ""


def _take_up(house: House) -> None:
    """Between what is cut by the calendar and what goes alone, so that who changes to every post has the next one."""
    with house.database.read() as session:
        if not cadences.anybody_waits(session):
            return
    house.database.writer.run(lambda session: cadences.take_up(session, house.now()))


def _finish(house: House) -> None:
    for issue_id, copies in stages.finish_due(house).items():
        log.info("issue %d is finished: %s", issue_id, copies)


def _shown(time: timedelta) -> str:
    hours = int(time.total_seconds()) // 3600
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"


def _publish(house: House, _freeze: Freeze, held: occurrences.Claim, facts: Sequence[str]) -> str:
    return house.database.writer.run(
        lambda s: (
            acts.publish_scheduled(s, house.community, int(facts[0]), house.now()) or "It is not waiting any more."
        )
    )


WORK: dict[str, Work] = {
    acts.SCHEDULED: Work(_publish, grace=timedelta(days=3660)),  # a post is late rather than lost
    "issue": Work(_issue, grace=timedelta(days=7)),
    blogs.MOVED: Work(_moved, grace=timedelta(days=7)),
    "digest": Work(_digest, grace=timedelta(hours=24)),
    "micro_monday_prompt": Work(_prompt, grace=timedelta(hours=24)),
    "micro_monday_round_up": Work(_round_up, grace=timedelta(hours=24)),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of `postroom schedule`. `state` is `upcoming` for what has not fallen due."""

    schedule: str
    period: str
    due_at: datetime
    state: str
    finished_at: datetime | None = None
    note: str = ""


def upcoming(house: House) -> list[Entry]:
    """What comes next of each rule, soonest first, after what is being worked or waits to be."""
    now = house.now()
    with house.database.read() as session:
        waiting = select(Occurrence).where(Occurrence.state.in_(("due", "claimed", "held"))).order_by(Occurrence.due_at)
        entries = [*_on_their_way(session), *(_entry(row) for row in session.scalars(waiting))]
        plans = [(plan, plan.following(now)) for plan in scheduled(session, house.community)]
        known = _known(session, [(plan.name, due.period) for plan, due in plans])
    # A period that was done already (its hour was moved since) is followed by the next one.
    coming = [(plan, plan.following(due.at) if (plan.name, due.period) in known else due) for plan, due in plans]
    entries += [Entry(plan.name, due.period, due.at, "upcoming") for plan, due in sorted(coming, key=lambda c: c[1].at)]
    return entries


def history(house: House, *, limit: int = 50) -> list[Entry]:
    """What was done, skipped or failed, the latest first."""
    ended = select(Occurrence).where(Occurrence.state.in_(("done", "skipped", "failed")))
    with house.database.read() as session:
        return [_entry(row) for row in session.scalars(ended.order_by(Occurrence.due_at.desc()).limit(limit))]


def _on_their_way(session: Session) -> list[Entry]:
    """The issues that are made and not sent yet."""
    made = select(Issue).where(Issue.status.in_(issue_controls.ON_ITS_WAY)).order_by(Issue.send_at, Issue.id)
    return [
        Entry(
            f"issue:{one.blog_id}:{one.cadence}",
            one.period,
            one.send_at,
            one.status,
            note=f"Issue {one.id}. {one.paused_why}".rstrip(),
        )
        for one in session.scalars(made)
    ]


def _entry(row: Occurrence) -> Entry:
    return Entry(row.schedule, row.period, row.due_at, row.state, row.finished_at, row.note)


async def run_clock(house: House, freeze: Freeze, stop: asyncio.Event, *, every: float = EVERY) -> None:
    """Ticks every few seconds until `stop`, and lets a tick that has begun finish.

    What is on its way does not wait for what is being made, which may take minutes: both tick by themselves.
    """
    hands = [_Hand(partial(_make, house, freeze)), _Hand(partial(_look_after, house))]
    scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
    jobs = [
        scheduler.add_job(
            hand.tick, "interval", seconds=every, next_run_time=datetime.now(UTC), misfire_grace_time=None
        )
        for hand in hands
    ]
    scheduler.start()
    try:
        while not await _stopped(stop, every):
            # APScheduler counts by the wall clock: set back by an hour, it would be silent for one.
            for job in jobs:
                if job.next_run_time - datetime.now(UTC) > timedelta(seconds=2 * every):
                    job.modify(next_run_time=datetime.now(UTC))
    finally:
        scheduler.pause()
        async with AsyncExitStack() as ended:
            for hand in hands:
                await ended.enter_async_context(hand.ticking)
            scheduler.shutdown(wait=False)


@dataclass(frozen=True, slots=True)
class _Hand:
    """One part of a tick, which goes on by itself."""

    part: Callable[[Attempt], None]
    ticking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def tick(self) -> None:
        async with self.ticking:
            try:
                await asyncio.to_thread(self._once)
            except Exception:
                log.exception("a tick failed")

    def _once(self) -> None:
        with collected(_AGAIN) as attempt:
            self.part(attempt)


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
