"""How far an issue is, and what became of each of its copies: for its owner, for the command line, for notices. Reads only.

A look at all copies costs by their number and is for people who ask. The rate and what was reported are read from indexes of their own, and the list comes in
pages by id.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, case, func, literal_column, select, union_all
from sqlalchemy.orm import Session

from gateway.core.audience.bounces import COMPLAINTS
from gateway.core.errors import Invalid
from gateway.core.ledger.outbox import FINISHED, UNFINISHED
from gateway.core.ledger.send_windows import SendWindow
from gateway.core.store.models import Delivery, Issue
from gateway.core.words import later

PAGE = 50
STATUSES = (*UNFINISHED, *FINISHED)
REPORTED = "reported"  # instead of a status: what came back or was complained about
_LATELY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Tally:
    """How far an issue is: copies by what became of them. `uncertain` may have left without our knowing; they count elsewhere too, except those
    that stay so: these are `held`, and nothing else.
    """

    waiting: int = 0
    sent: int = 0
    failed: int = 0
    suppressed: int = 0
    cancelled: int = 0
    uncertain: int = 0
    held: int = 0

    @property
    def copies(self) -> int:
        return self.waiting + self.sent + self.failed + self.suppressed + self.cancelled + self.held

    def __str__(self) -> str:
        shown = f"{self.sent} sent, {self.failed} failed, {self.suppressed} suppressed, {self.uncertain} uncertain"
        return f"{shown}, {self.waiting} waiting" if self.waiting else shown


@dataclass(frozen=True, slots=True)
class Progress:
    """The tally, what was reported since, and how it goes on.

    `a_minute` is how many copies ended in the last minute, while it is being sent; `done_at` when all will have, as it goes now; `leaves_at` when copies
    leave, while they wait for the end of the undo window or the blog's hours.
    """

    tally: Tally
    bounced: int = 0
    complained: int = 0
    a_minute: int = 0
    done_at: datetime | None = None
    leaves_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CopyOf:
    """One reader's copy. `answered` is what the relay said last, `reported` what a bounce or a complaint said later."""

    id: int
    recipient: str
    status: str
    at: datetime | None
    attempts: int
    answered: str
    reported: str
    doubtful: bool


def tally(session: Session, issue_id: int) -> Tally:
    """What has become of an issue's copies up to now."""
    statement = select(Delivery.status, func.count()).where(Delivery.issue_id == issue_id).group_by(Delivery.status)
    by_status: dict[str, int] = {row[0]: row[1] for row in session.execute(statement)}
    doubtful = select(func.count()).where(*_doubtful(issue_id))
    return Tally(
        waiting=sum(by_status.get(status, 0) for status in UNFINISHED),
        sent=by_status.get("sent", 0),
        failed=by_status.get("failed", 0),
        suppressed=by_status.get("suppressed", 0),
        cancelled=by_status.get("cancelled", 0),
        uncertain=session.scalar(doubtful) or 0,
        held=by_status.get("uncertain", 0),
    )


def on_the_way(session: Session, issue_id: int) -> int:
    """How many copies are being handed over right now; pausing or cancelling comes too late for them."""
    leaving = (Delivery.issue_id == issue_id, Delivery.status == "attempting")
    return session.scalar(select(func.count()).where(*leaving)) or 0


def progress(session: Session, issue: Issue, now: datetime) -> Progress:
    """How far it is, how fast it goes, and when it will be done."""
    counted = tally(session, issue.id)
    begins = {
        kind: func.sum(case((Delivery.reported.startswith(words), 1), else_=0)) for kind, words in COMPLAINTS.items()
    }
    reports, complained, taken_back = session.execute(
        select(func.count(), begins["arf"], begins["not-spam"]).where(*_reported(issue.id))
    ).one()
    complained, bounced = complained or 0, reports - (complained or 0) - (taken_back or 0)
    rate = _rate(session, issue.id, now) if issue.status == "sending" else 0.0
    leaves = leaves_at(issue, now)
    moves = issue.status == "sending" and leaves == now
    done_at = now + timedelta(minutes=counted.waiting / rate) if moves and rate and counted.waiting else None
    waits_until = leaves if issue.status in {"scheduled", "sending"} and leaves > now else None
    return Progress(counted, bounced, complained, round(rate), done_at, waits_until)


def leaves_at(issue: Issue, now: datetime) -> datetime:
    """When its copies leave, unless it is stopped: now, or once the undo window is over and the blog's hours have come."""
    window = SendWindow(issue.blog.time_zone, issue.blog.send_from, issue.blog.send_until)
    return window.opens_at(max(issue.send_at, now) if issue.status == "scheduled" else now)


def _rate(session: Session, issue_id: int, now: datetime) -> float:
    """Copies a minute, from those that ended in the last one; of an issue that began since, from as long as it is at it."""
    ended = (Delivery.issue_id == issue_id, Delivery.finished_at > now - _LATELY)
    number, first = session.execute(select(func.count(), func.min(Delivery.finished_at)).where(*ended)).one()
    if first is None:
        return 0.0
    earlier = select(Delivery.id).where(Delivery.issue_id == issue_id, Delivery.finished_at <= now - _LATELY).limit(1)
    since = now - _LATELY if session.scalar(earlier) is not None else first
    return float(number * _LATELY / max(now - since, timedelta(seconds=1)))


def copies(session: Session, issue_id: int, *, after: int = 0, only: str = "", most: int = PAGE) -> Sequence[CopyOf]:
    """A page of an issue's copies, those with a higher id than `after`: all, of one status, or those that were `reported`. Of `uncertain` ones
    also those that were sent since. Raises Invalid.
    """
    if only in {REPORTED, "uncertain"}:
        few = _reported(issue_id) if only == REPORTED else _doubtful(issue_id)
        return [_copy(row) for row in session.scalars(_page(after, most, *few))]
    if only and only not in STATUSES:
        raise Invalid(
            later("“{word}” is no choice.", word=only),
            hint=later("It is one of: {words}.", words=", ".join((*STATUSES, REPORTED))),
        )
    # From each status a page, in the order of the index; a million copies are not sorted for the first fifty.
    wanted = (only,) if only else STATUSES
    each = [_page(after, most, Delivery.issue_id == issue_id, Delivery.status == status) for status in wanted]
    ids = union_all(*(select(one.with_only_columns(Delivery.id).subquery().c.id) for one in each)).subquery()
    first = select(ids.c.id).order_by(ids.c.id).limit(most)
    return [_copy(row) for row in session.scalars(select(Delivery).where(Delivery.id.in_(first)).order_by(Delivery.id))]


def all_copies(session: Session, issue_id: int, *, only: str = "") -> Iterator[CopyOf]:
    """All of them, read as they are asked for."""
    after = 0
    while page := copies(session, issue_id, after=after, only=only, most=500):
        yield from page
        session.expunge_all()
        after = page[-1].id


def _page(after: int, most: int, *where: ColumnElement[bool]) -> Select[Delivery]:
    return select(Delivery).where(*where, Delivery.id > after).order_by(Delivery.id).limit(most)


def _reported(issue_id: int) -> tuple[ColumnElement[bool], ...]:
    """Written out, for a partial index is found by its words."""
    return (Delivery.issue_id == issue_id, Delivery.reported != literal_column("''"))


def _doubtful(issue_id: int) -> tuple[ColumnElement[bool], ...]:
    return (Delivery.issue_id == issue_id, Delivery.doubtful > literal_column("0"))


def _copy(row: Delivery) -> CopyOf:
    return CopyOf(
        id=row.id,
        recipient=row.recipient,
        status=row.status,
        at=row.finished_at,
        attempts=row.attempts,
        answered=row.reason,
        reported=row.reported,
        doubtful=row.doubtful > 0,
    )
