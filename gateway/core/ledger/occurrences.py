"""Occurrences: one row per due moment of a schedule, so that what is due happens once, whoever ticks and however often.

    due ──claim──▶ claimed ──finish──▶ done | skipped | failed | held
     ▲               │                                        │
     ├── lease over ─┘                                        │
     └────────────────── release, by who decides about it ────┘

`period` is a label of the *local* calendar (`2026-W45`, `2026-11-22`, `2026-11`), and (schedule, period) the primary key: a clock that jumps,
a daylight-saving hour that comes twice, a second process, all insert the same key, and the second insert does nothing.

Whoever works on one renews its lease (`renew`) until it is finished, so that only what a dead process held is claimed again.

What SIGKILL leaves behind: a `claimed` row, claimed again when its lease is over. Whatever the work did, it did under unique keys of its own
(issue, delivery), so doing it again adds nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.core.ledger.inbox import LostLease
from gateway.core.store.models import Occurrence
from gateway.core.store.sql import changed, insert_if_new, skip_locked

MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Claim:
    schedule: str
    period: str
    due_at: datetime
    fence: int


def expect(session: Session, schedule: str, period: str, due_at: datetime) -> bool:
    """Notes that `schedule` is due at `due_at`; False when that period is known already."""
    values = {
        "schedule": schedule,
        "period": period,
        "due_at": due_at,
        "state": "due",
        "attempts": 0,
        "fence": 0,
        "note": "",
    }
    return insert_if_new(session, Occurrence, values) is not None


def claim(session: Session, now: datetime, *, limit: int, lease: timedelta) -> list[Claim]:
    """Up to `limit` occurrences that are due, oldest first; one tried MAX_ATTEMPTS times has failed."""
    due = ((Occurrence.state == "due") & (Occurrence.due_at <= now)) | (
        (Occurrence.state == "claimed") & (Occurrence.lease_until <= now)
    )
    claims = []
    for row in session.scalars(
        skip_locked(session, select(Occurrence).where(due).order_by(Occurrence.due_at).limit(limit))
    ):
        if row.attempts >= MAX_ATTEMPTS:
            row.state, row.finished_at, row.note = "failed", now, f"tried {row.attempts} times: {row.note}"
            continue
        row.state, row.attempts, row.fence, row.lease_until = "claimed", row.attempts + 1, row.fence + 1, now + lease
        claims.append(Claim(row.schedule, row.period, row.due_at, row.fence))
    return claims


def renew(session: Session, held: Claim, until: datetime) -> None:
    """Keeps what is still being worked on from looking abandoned. Raises LostLease."""
    _update_held(session, held, lease_until=until)


def finish(session: Session, held: Claim, state: str, now: datetime, *, note: str = "") -> None:
    """Ends an occurrence as done, skipped or failed, or holds it until somebody releases it. Raises LostLease."""
    assert state in {"done", "skipped", "failed", "held"}, state
    _update_held(session, held, state=state, note=note, finished_at=now, lease_until=None)


def defer(session: Session, held: Claim, until: datetime, *, note: str) -> None:
    """Puts an occurrence back until a later time. Raises LostLease."""
    _update_held(session, held, state="due", note=note, due_at=until, lease_until=None)


def release(session: Session, schedule: str, period: str, now: datetime) -> bool:
    """Has an occurrence done that was held; False when it is not held any more."""
    where = (Occurrence.schedule == schedule, Occurrence.period == period, Occurrence.state == "held")
    values = {"state": "due", "due_at": now, "attempts": 0, "finished_at": None, "note": ""}
    return bool(changed(session, update(Occurrence).where(*where).values(**values)))


def let_go(session: Session, schedule: str, note: str) -> None:
    """What is held of a schedule is held no more, for something later was done."""
    held = update(Occurrence).where(Occurrence.schedule == schedule, Occurrence.state == "held")
    session.execute(held.values(state="skipped", note=note))


def _update_held(session: Session, held: Claim, **values: object) -> None:
    done = changed(
        session,
        update(Occurrence)
        .where(
            Occurrence.schedule == held.schedule,
            Occurrence.period == held.period,
            Occurrence.fence == held.fence,
            Occurrence.state == "claimed",
        )
        .values(**values),
    )
    if not done:
        raise LostLease(f"The occurrence {held.schedule} {held.period} was taken over by another process.")
