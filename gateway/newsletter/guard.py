"""Pauses an issue by itself when too many of its copies are refused, before more harm is done to how our mail is seen. One of which no copy waits is
finished instead, and its owner hears of the refusals all the same.

What counts are the last 200 copies of an issue that ended since it was resumed last, so that it does not stop again for what its owner knows of. What a relay
puts off (4xx, greylisting) does not count: it is tried again. Nor does what was given up after days of that.
"""

from dataclasses import dataclass
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.ledger.retries import GIVEN_UP
from gateway.core.store.models import Delivery, Issue
from gateway.newsletter import owner_notices, stages
from gateway.newsletter.attempts import collected

LOOKED_AT = 200
AT_LEAST = 10  # refusals, so that a small issue is not paused for a few dead addresses
WHY = "{refused} of the last {of} copies were refused for good. The last answer was: {said}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """How many of how many copies were refused, and what was said of the last."""

    refused: int
    of: int
    said: str


def watch(house: House) -> list[int]:
    """The issues that are paused now because of it; their owners and the operators are told."""
    percent = house.community.pause_at_percent
    if not percent:
        return []
    with house.database.read() as session:
        sent = session.scalars(select(Issue).where(Issue.status == "sending").order_by(Issue.id)).all()
        troubled = [issue.id for issue in sent if _trouble(session, issue, percent) is not None]
    paused: list[int] = []
    with collected("some issues could not be paused; it is tried again") as attempt:
        for issue_id in troubled:
            attempt(f"issue {issue_id}", partial(_pause, house, issue_id, paused))
    return paused


def _trouble(session: Session, issue: Issue, percent: int) -> Trouble | None:
    """Read from an index of how copies ended: it costs as much for a million copies as for a thousand."""
    since = issue.resumed_at or issue.created_at
    ended = (
        select(Delivery.status, Delivery.reason, Delivery.reported)
        .where(Delivery.issue_id == issue.id, Delivery.finished_at >= since)
        .order_by(Delivery.finished_at.desc())
        .limit(LOOKED_AT)
    )
    handed_over = [row for row in session.execute(ended) if row.status not in {"suppressed", "cancelled"}]
    refused = [row for row in handed_over if row.status == "failed" and not row.reason.startswith(GIVEN_UP)]
    if len(refused) < AT_LEAST or 100 * len(refused) < percent * len(handed_over):
        return None
    last = refused[0]  # one that came back had been taken, and `reason` still says so
    return Trouble(len(refused), len(handed_over), last.reported or last.reason)


def _pause(house: House, issue_id: int, paused: list[int]) -> None:
    if house.database.writer.run(partial(_paused, house=house, issue_id=issue_id)):
        paused.append(issue_id)


def _paused(session: Session, house: House, issue_id: int) -> bool:
    """Looks once more, for it may have been resumed or paused meanwhile."""
    issue = session.get_one(Issue, issue_id, with_for_update=True)
    trouble = _trouble(session, issue, house.community.pause_at_percent) if issue.status == "sending" else None
    if trouble is None:
        return False
    owner_notices.tell_paused(session, issue, trouble.refused, trouble.of, trouble.said, house.now())
    if stages.nothing_waits(session, issue):  # then there is nothing to pause
        issue.status, issue.finished_at = "finished", house.now()
        return False
    issue.status = "paused"
    issue.paused_why = WHY.format(refused=trouble.refused, of=trouble.of, said=trouble.said)[:1000]
    return True
