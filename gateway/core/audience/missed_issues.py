"""Weekly and monthly issues whose moment passed while nobody was there, of blogs whose owners want to decide about those themselves.

Such an occurrence is `held`. Its owner sends it, and it is cut like any other; or leaves it, and when the next issue of the cadence is cut its posts are
in that one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.errors import Conflict, NotAllowed
from gateway.core.ledger import occurrences
from gateway.core.store.models import Blog, Member, Occurrence
from gateway.core.words import later

CADENCES = ("weekly", "monthly")


@dataclass(frozen=True, slots=True)
class Missed:
    """An issue that was due at a moment and waits for its owner."""

    cadence: str
    period: str
    due_at: datetime


def missed(session: Session, blog: Blog) -> Sequence[Missed]:
    """What waits for the owner's word."""
    names = {_name(blog, cadence): cadence for cadence in CADENCES}
    held = select(Occurrence).where(Occurrence.state == "held", Occurrence.schedule.in_(names))
    found = session.scalars(held.order_by(Occurrence.due_at))
    return [Missed(names[row.schedule], row.period, row.due_at) for row in found]


def send_missed(session: Session, blog: Blog, cadence: str, by: Member, now: datetime) -> None:
    """Has the last one of a cadence cut after all. Raises NotAllowed, Conflict."""
    if blog.member_id != by.id:
        raise NotAllowed(later("Only its owner may do this with an issue."), hint=later("Nothing was changed."))
    waiting = [one for one in missed(session, blog) if one.cadence == cadence]
    if not waiting or not occurrences.release(session, _name(blog, cadence), waiting[-1].period, now):
        raise Conflict(later("No late issue waits for you."), hint=later("Nothing was changed."))


def _name(blog: Blog, cadence: str) -> str:
    return f"issue:{blog.id}:{cadence}"
