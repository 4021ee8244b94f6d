"""An issue's way once its copies are queued. Each step is a look, and a write only where something is due; any process may take any of them, at any time.

    cutting ──all copies queued──▶ scheduled ──send_at──▶ sending ──nothing on its way──▶ finished
                                       └────── pause, cancel: core/audience/issue_controls ──────▶ paused, cancelled

`scheduled` is the undo window of an issue: no copy is handed out, and its owner knows how many are about to leave. A post's own issue (`each`) has had its
post's window and leaves at once. A clock that is set forward ends the window, one that is set back makes it longer; nothing comes twice, for a step names the
state that it starts from.

What SIGKILL leaves behind: copies that are still to be ended or queued again, of an issue that says so; the next tick goes on, 5,000 in a transaction.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from gateway.core.audience.issue_progress import Tally, tally
from gateway.core.house import House
from gateway.core.ledger import issue_copies
from gateway.core.ledger.outbox import UNFINISHED
from gateway.core.people.community import Community
from gateway.core.store.bell import ring_for
from gateway.core.store.models import Delivery, Issue
from gateway.newsletter import owner_notices

CANCELLED = "The issue was cancelled."
_ON_ITS_WAY = exists().where(Delivery.issue_id == Issue.id, Delivery.status.in_(UNFINISHED))


def copies_are_queued(session: Session, community: Community, issue: Issue, now: datetime) -> None:
    """Ends the cutting of an issue: it leaves at once, or when its owner has had time to think again."""
    ring_for(session, "outbox")
    if issue.cadence == "each" or not community.undo_issues:
        issue.status = "sending"
        return
    issue.status, issue.send_at = "scheduled", now + community.undo_issues
    owner_notices.tell_owner(session, issue, "issue_scheduled", now)


def begin_due(house: House) -> int:
    """Lets issues leave whose undo window is over; how many."""
    due = (Issue.status == "scheduled", Issue.send_at <= house.now())
    ready = _found(house, *due)
    if not ready:
        return 0

    def unit(session: Session) -> int:
        ring_for(session, "outbox")
        begun = update(Issue).where(Issue.id.in_(ready), *due).values(status="sending")
        return len(session.scalars(begun.returning(Issue.id)).all())

    return house.database.writer.run(unit)


def end_cancelled(house: House) -> None:
    """Ends the copies of cancelled issues, and the issues when none is left."""
    cancelled = (Issue.status == "cancelled", Issue.finished_at.is_(None))
    for issue_id in _found(house, *cancelled):
        _in_batches(house, partial(issue_copies.end_queued, issue_id=issue_id, reason=CANCELLED))
        _change(house, (Issue.id == issue_id, *cancelled, ~_ON_ITS_WAY), finished_at=house.now())


def queue_failed_again(house: House) -> None:
    """Queues the copies that failed of issues whose owner wants them tried once more."""
    with house.database.read() as session:
        wanted = session.scalars(select(Issue).where(Issue.retry_before.is_not(None)).order_by(Issue.id)).all()
    for issue in wanted:
        before = issue.retry_before
        assert before is not None
        _in_batches(house, partial(issue_copies.queue_again, issue_id=issue.id, before=before))
        _change(house, (Issue.id == issue.id, Issue.retry_before == before), retry_before=None)


def _in_batches(house: House, batch: Callable[..., int]) -> None:
    """Until there is nothing left to do; other work gets its turn between two."""
    while house.database.writer.run(lambda session: batch(session, now=house.now())):
        pass


def _change(house: House, where: tuple[ColumnElement[bool], ...], **values: datetime | None) -> None:
    def unit(session: Session) -> None:
        session.execute(update(Issue).where(*where).values(**values))

    house.database.writer.run(unit)


def finish_due(house: House) -> dict[int, Tally]:
    """Marks issues finished of which no copy is on its way, and says what became of their copies."""
    over = (Issue.status == "sending", Issue.retry_before.is_(None), ~_ON_ITS_WAY)
    ready = _found(house, *over)
    if not ready:
        return {}

    def unit(session: Session) -> list[int]:
        ending = update(Issue).where(Issue.id.in_(ready), *over).values(status="finished", finished_at=house.now())
        ended = list(session.scalars(ending.returning(Issue.id)))
        for issue in session.scalars(select(Issue).where(Issue.id.in_(ended))):
            owner_notices.tell_end(session, issue, house.now())
        return ended

    finished = house.database.writer.run(unit)
    with house.database.read() as session:
        return {issue_id: tally(session, issue_id) for issue_id in finished}


def _found(house: House, *where: ColumnElement[bool]) -> Sequence[int]:
    """A look, which costs no write transaction."""
    with house.database.read() as session:
        return session.scalars(select(Issue.id).where(*where).order_by(Issue.id)).all()
