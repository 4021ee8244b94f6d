"""Who reads a blog by mail, for its owner: numbers, and a list by address."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.audience.subscribers import ERASED
from gateway.core.store.models import Subscriber


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """Readers of one state who came one way and want one cadence."""

    status: str
    cadence: str
    source: str
    readers: int


def groups(session: Session, blog_id: int) -> Sequence[Group]:
    """All readers of a blog, in groups; in one statement."""
    columns = (Subscriber.status, Subscriber.cadence, Subscriber.source)
    statement = select(*columns, func.count()).where(Subscriber.blog_id == blog_id, Subscriber.status != ERASED)
    return sorted(Group(*row) for row in session.execute(statement.group_by(*columns)))


def by_address(session: Session, blog_id: int, *, after: int = 0, limit: int) -> Sequence[Subscriber]:
    """The next readers of a blog, after the one of this id."""
    before = select(Subscriber.address).where(Subscriber.id == after, Subscriber.blog_id == blog_id)
    here = (
        Subscriber.blog_id == blog_id,
        Subscriber.status != ERASED,
        Subscriber.address > (session.scalar(before) or ""),
    )
    return session.scalars(select(Subscriber).where(*here).order_by(Subscriber.address).limit(limit)).all()
