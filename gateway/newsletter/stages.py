"""An issue's way once its copies are queued. Each step is a look, and a write only where something is due; any process may take any of them, at any time.

    cutting ──all copies queued──▶ scheduled ──send_at──▶ sending | paused ──nothing on its way──▶ finished
                                       └────── pause, cancel: core/audience/issue_controls ──────▶ paused, cancelled

`scheduled` is the undo window of an issue: no copy is handed out, and its owner knows how many are about to leave. A post's own issue (`each`) has had its
post's window and leaves at once. A clock that is set forward ends the window, one that is set back makes it longer; nothing comes twice, for a step names the
state that it starts from. When a post of it is deleted meanwhile it waits until it is made anew (remaking.py).

What SIGKILL leaves behind: copies that are still to be ended or queued again, of an issue that says so; the next tick goes on, 5,000 in a transaction.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from gateway.core.audience.issue_progress import Tally, tally
from gateway.core.audience.offering import SWITCHED_OFF
from gateway.core.audience.withdrawing import WHOLE, is_to_be_made_anew
from gateway.core.house import House
from gateway.core.ledger import issue_copies
from gateway.core.ledger.outbox import UNFINISHED
from gateway.core.people.community import Community
from gateway.core.store.bell import ring_for
from gateway.core.store.models import Delivery, Issue
from gateway.newsletter import owner_notices
from gateway.newsletter.attempts import collected

CANCELLED = "The issue was cancelled."
_GOES_AGAIN = ("sending", "paused")  # the states in which copies that failed may be queued again
_ON_ITS_WAY = exists().where(Delivery.issue_id == Issue.id, Delivery.status.in_(UNFINISHED))


def copies_are_queued(session: Session, community: Community, issue: Issue, now: datetime) -> None:
    """Ends the cutting of an issue: it leaves at once, or when its owner has had time to think again, or not if they have switched the newsletter off.

    One that nobody gets, such as a post about what no reader has chosen, ends here, and is listed nowhere.
    """
    if session.scalar(select(Delivery.id).where(Delivery.issue_id == issue.id).limit(1)) is None:
        issue.status, issue.finished_at = "cancelled", now
        return
    ring_for(session, "outbox")
    is_alone = issue.cadence == "each" or not community.undo_issues
    issue.send_at = issue.send_at if is_alone else now + community.undo_issues
    if issue.blog.newsletter == "off":
        issue.status, issue.paused_why = "paused", SWITCHED_OFF
        return
    if is_alone:
        issue.status = "scheduled" if is_to_be_made_anew(issue) else "sending"
        return
    issue.status = "scheduled"
    owner_notices.tell_owner(session, issue, "issue_scheduled", now)


def begin_due(house: House) -> int:
    """Lets issues leave whose undo window is over, and that have their words; how many."""
    due = (Issue.status == "scheduled", Issue.send_at <= house.now(), WHOLE)
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
    with collected("some cancelled issues could not be ended; they are tried again") as attempt:
        for issue_id in _found(house, *cancelled):
            attempt(f"issue {issue_id}", partial(_end, house, issue_id, cancelled))


def _end(house: House, issue_id: int, cancelled: tuple[ColumnElement[bool], ...]) -> None:
    _in_batches(house, partial(issue_copies.end_queued, issue_id=issue_id, reason=CANCELLED))
    _change(house, (Issue.id == issue_id, *cancelled, ~_ON_ITS_WAY), finished_at=house.now())


def queue_failed_again(house: House) -> None:
    """Queues the copies that failed of issues whose owner wants them tried once more."""
    with collected("some copies could not be queued again; they are tried again") as attempt:
        for issue_id in _found(house, Issue.retry_before.is_not(None)):
            attempt(f"issue {issue_id}", partial(_in_batches, house, partial(_queue_again, issue_id=issue_id)))


def _queue_again(session: Session, issue_id: int, now: datetime) -> bool:
    """Queues the next of them, as long as the issue still is on its way; False when that was all."""
    issue = session.get_one(Issue, issue_id, with_for_update=True)
    if issue.retry_before is None:  # it was cancelled meanwhile, or another process was faster
        return False
    if issue.status in _GOES_AGAIN and issue_copies.queue_again(session, issue_id, issue.retry_before, now):
        return True
    issue.retry_before = None
    return False


def _in_batches(house: House, batch: Callable[..., int]) -> None:
    """Until there is nothing left to do; other work gets its turn between two."""
    while house.database.writer.run(lambda session: batch(session, now=house.now())):
        pass


def _change(house: House, where: tuple[ColumnElement[bool], ...], **values: datetime | None) -> None:
    def unit(session: Session) -> None:
        session.execute(update(Issue).where(*where).values(**values))

    house.database.writer.run(unit)


def finish_due(house: House) -> dict[int, Tally]:
    """Marks issues finished of which no copy is on its way, paused ones too, and says what became of their copies."""
    over = (Issue.status.in_(("sending", "paused")), Issue.retry_before.is_(None), ~_ON_ITS_WAY)
    finished: dict[int, Tally] = {}

    def unit(session: Session, issue_id: int) -> bool:
        session.get(Issue, issue_id, with_for_update=True)  # who comes back has copies queued again under this lock
        ending = update(Issue).where(Issue.id == issue_id, *over).values(status="finished", finished_at=house.now())
        if session.scalar(ending.returning(Issue.id)) is None:
            return False
        issue = session.get_one(Issue, issue_id)
        owner_notices.tell_end(session, issue, house.now())
        issue.paused_why = ""
        return True

    def finish(issue_id: int) -> None:
        if house.database.writer.run(partial(unit, issue_id=issue_id)):
            with house.database.read() as session:
                finished[issue_id] = tally(session, issue_id)

    with collected("some issues could not be finished; they are tried again") as attempt:
        for issue_id in _found(house, *over):
            attempt(f"issue {issue_id}", partial(finish, issue_id))
    return finished


def nothing_waits(session: Session, issue: Issue) -> bool:
    """Whether no copy of it is on its way, nor to be queued again."""
    return (
        issue.retry_before is None
        and session.scalar(select(Issue.id).where(Issue.id == issue.id, ~_ON_ITS_WAY)) is not None
    )


def _found(house: House, *where: ColumnElement[bool]) -> Sequence[int]:
    """A look, which costs no write transaction."""
    with house.database.read() as session:
        return session.scalars(select(Issue.id).where(*where).order_by(Issue.id)).all()
