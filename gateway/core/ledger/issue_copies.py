"""An issue's copies, some at a time: ended when it was cancelled, queued again when those that failed are to be tried once more.

A million of them are never one transaction. Each call is a short one, and looks anew for what is left to do; so whoever is killed between two of them has
lost nothing, and two processes that do it at once do no harm.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select, update
from sqlalchemy.orm import Session

from gateway.core.store.bell import ring_for
from gateway.core.store.models import Delivery, Subscriber, Suppression
from gateway.core.store.sql import changed, skip_locked

AT_ONCE = 5000


def end_queued(session: Session, issue_id: int, reason: str, now: datetime, *, most: int = AT_ONCE) -> int:
    """Ends up to `most` copies that nobody has claimed; how many these were. Claimed ones end when they are to be handed over."""
    waiting = (Delivery.issue_id == issue_id, Delivery.status == "queued")
    return _change(session, waiting, most, status="cancelled", reason=reason, finished_at=now)


def may_go_again(issue_id: int, before: datetime) -> tuple[ColumnElement[bool], ...]:
    """The copies that failed up to a moment and may be tried again: their readers are still there, and may be mailed."""
    suppressed = exists().where(Suppression.address_hash == Delivery.address_hash)
    here = exists().where(Subscriber.id == Delivery.subscriber_id, Subscriber.status == "active")
    return (
        Delivery.issue_id == issue_id,
        Delivery.status == "failed",
        Delivery.finished_at <= before,
        and_(~suppressed, here),
    )


def queue_again(session: Session, issue_id: int, before: datetime, now: datetime, *, most: int = AT_ONCE) -> int:
    """Queues up to `most` of these, as if they had never been tried; how many these were."""
    ring_for(session, "outbox")
    where = may_go_again(issue_id, before)
    return _change(session, where, most, status="queued", attempts=0, due_at=now, finished_at=None)


def _change(session: Session, where: tuple[ColumnElement[bool], ...], most: int, **values: object) -> int:
    some = skip_locked(session, select(Delivery.id).where(*where).order_by(Delivery.id).limit(most))
    statement = update(Delivery).where(Delivery.id.in_(some.correlate(None))).values(**values)
    return changed(session, statement.execution_options(synchronize_session=False))
