"""What becomes of deliveries other than being sent: a lease that ran out, a change of mind, a place that moved; and the list of what is doubtful. States: outbox.py."""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Update, and_, exists, literal_column, or_, select, update
from sqlalchemy.orm import Session, aliased

from gateway.core.ledger.outbox import OnAmbiguous
from gateway.core.store.bell import ring_for
from gateway.core.store.models import Delivery, Issue
from gateway.core.store.sql import changed, skip_locked

_PAGE = 500


def expire(session: Session, now: datetime, *, on_ambiguous: OnAmbiguous) -> int:
    """Mends what a killed or stopped process left: claimed rows are queued again, attempting ones are doubtful. Returns the doubtful ones."""
    ring_for(session, "outbox")
    session.execute(_over(session, "claimed", now).values(status="queued", lease_until=None))
    doubtful = _over(session, "attempting", now)
    reason = "The process stopped while this was being handed over; it may have left."
    if on_ambiguous == "resend":
        doubtful = doubtful.values(status="queued", doubtful=Delivery.doubtful + 1, lease_until=None, reason=reason)
    else:
        doubtful = doubtful.values(
            status="uncertain", doubtful=Delivery.doubtful + 1, lease_until=None, reason=reason, finished_at=now
        )
    return changed(session, doubtful)


def _over(session: Session, status: str, now: datetime) -> Update:
    """An update of these; of what a process holds that was stopped in the middle of a transaction another time, for none may wait for it."""
    found = select(Delivery.id).where(Delivery.status == status, Delivery.lease_until <= now)
    these = Delivery.id.in_(skip_locked(session, found).correlate(None))
    return update(Delivery).where(these).execution_options(synchronize_session=False)


def cancel(
    session: Session, now: datetime, *, reason: str, post_id: int | None = None, cause: str | None = None
) -> int:
    """Cancels what was not handed over yet, by post or by cause; returns how many."""
    where: list[ColumnElement[bool]] = [Delivery.status.in_(("queued", "claimed"))]
    if post_id is not None:
        where.append(Delivery.post_id == post_id)
    if cause is not None:
        where.append(Delivery.cause == cause)
    assert len(where) > 1, "cancel what?"
    statement = (
        update(Delivery).where(*where).values(status="cancelled", reason=reason, finished_at=now, lease_until=None)
    )
    return changed(session, statement)


def look_again(session: Session, member_id: int, reason: str, now: datetime) -> None:
    """What was put off for this reason is due now."""
    waiting = (Delivery.member_id == member_id, Delivery.status == "queued", Delivery.reason == reason)
    session.execute(update(Delivery).where(*waiting, Delivery.due_at > now).values(due_at=now))
    ring_for(session, "outbox")


def move(session: Session, channel: str, old: str, new: str, *, also: int | None = None) -> int:
    """Sends what waits for one place to another, for the platform moved the chat, and says so of the delivery that found out (`also`); returns how many.

    What stands there for the same cause already stays alone.
    """
    there = aliased(Delivery)
    twin = exists().where(there.cause == Delivery.cause, there.channel == channel, there.recipient == new)
    waiting = and_(
        Delivery.channel == channel, Delivery.recipient == old, or_(Delivery.status == "queued", Delivery.id == also)
    )
    ring_for(session, "outbox")
    return changed(session, update(Delivery).where(waiting, ~twin).values(recipient=new))


def resend(session: Session, now: datetime, *, ids: Collection[int] = (), issue_id: int | None = None) -> list[int]:
    """Queues again what stays `uncertain`, of these numbers or one issue, as if it had never been tried, and returns which; it stays on the list of what is doubtful.

    Not what an issue that was cancelled holds. One that is finished is sent again, so that its copies are claimed.
    """
    ring_for(session, "outbox")
    cancelled = exists().where(Issue.id == Delivery.issue_id, Issue.status == "cancelled")
    chosen = Delivery.id.in_(ids) if issue_id is None else Delivery.issue_id == issue_id
    again = (
        update(Delivery)
        .where(Delivery.status == "uncertain", chosen, ~cancelled)
        .values(status="queued", attempts=0, due_at=now, finished_at=None)
        .returning(Delivery.id, Delivery.issue_id)
    )
    rows = session.execute(again.execution_options(synchronize_session=False)).all()
    issues = {row.issue_id for row in rows if row.issue_id is not None}
    finished = (Issue.id.in_(issues), Issue.status == "finished")
    session.execute(update(Issue).where(*finished).values(status="sending", finished_at=None))
    return sorted(row.id for row in rows)


def uncertain(session: Session, *, issue_id: int | None = None) -> Iterator[Delivery]:
    """The deliveries that may have left more than once, or not at all, of one issue or all: the list that the promises speak of. It is read as it is asked for."""
    doubtful = select(Delivery).where(Delivery.doubtful > literal_column("0"))
    if issue_id is not None:
        doubtful = doubtful.where(Delivery.issue_id == issue_id)
    after = 0
    while page := session.scalars(doubtful.where(Delivery.id > after).order_by(Delivery.id).limit(_PAGE)).all():
        yield from page
        after = page[-1].id
