"""Who reads a blog by mail, for its owner: numbers, and a list by address."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
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
    """The next readers of a blog, after the one of this id, as far as its owner may know them."""
    before = select(Subscriber.address).where(Subscriber.id == after, Subscriber.blog_id == blog_id)
    here = (
        Subscriber.blog_id == blog_id,
        shown_to_owner(),
        Subscriber.address > (session.scalar(before) or ""),
    )
    return session.scalars(select(Subscriber).where(*here).order_by(Subscriber.address).limit(limit)).all()


def shown_to_owner() -> ColumnElement[bool]:
    """Whose address a blog's owner sees: who reads it or has read it. Who was only asked may have been entered by anybody."""
    return and_(Subscriber.status != ERASED, or_(Subscriber.status != "pending", Subscriber.left_at.is_not(None)))


def state(row: Subscriber) -> str:
    """Its status; of somebody who left, and was asked since, that they left."""
    return "unsubscribed" if row.status == "pending" and row.left_at is not None else row.status
