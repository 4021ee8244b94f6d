"""The owner's hand on an issue: pause, resume, cancel, send now, and once more what failed.

    scheduled | sending ──pause──▶ paused ──resume──▶ scheduled | sending
    draft | cutting | scheduled | sending | paused ──cancel──▶ cancelled
    finished ──retry──▶ sending; a sending or paused one stays what it is

Each changes one row, however many copies there are, and from that commit on no copy is allowed to leave that must not: `outbox.attempt` asks for the
issue's state. What was allowed before leaves all the same: what is being handed over, one copy for each connection, and with a quick relay what
leaves within some tens of milliseconds (email/ahead.py). What follows for the copies is done by the clock in short transactions (newsletter/stages.py), until there is nothing left to do: a cancelled
issue without `finished_at` still has copies to end, one with `retry_before` still has some to queue.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.audience.withdrawing import is_to_be_made_anew
from gateway.core.errors import Conflict, NotAllowed, NotFound
from gateway.core.ledger.issue_copies import may_go_again
from gateway.core.store.bell import ring_for
from gateway.core.store.models import Blog, Issue, Member, Post
from gateway.core.words import Later, N, later

STATES = {
    "draft": N("a draft"),
    "cutting": N("being prepared"),
    "scheduled": N("about to leave"),
    "sending": N("being sent"),
    "paused": N("paused"),
    "finished": N("finished"),
    "cancelled": N("cancelled"),
}
ON_ITS_WAY = ("cutting", "scheduled", "sending", "paused")


def of_owner(session: Session, issue_id: int, owner: Member) -> Issue:
    """The issue, if its blog is theirs; whether there is another's, nobody is told. Raises NotFound."""
    where = (Issue.id == issue_id, Issue.blog_id == Blog.id, Blog.member_id == owner.id)
    issue = session.scalar(select(Issue).where(*where))
    if issue is None:
        raise _no_such_issue()
    return issue


def by_number(session: Session, issue_id: int) -> Issue:
    """The issue of that number. Raises NotFound."""
    issue = session.get(Issue, issue_id)
    if issue is None:
        raise _no_such_issue()
    return issue


def on_their_way(session: Session, owner: Member) -> Sequence[Issue]:
    """The issues of a member's blogs that were cut and are not sent yet."""
    mine = select(Issue).join(Blog, Blog.id == Issue.blog_id).where(Blog.member_id == owner.id)
    return session.scalars(mine.where(Issue.status.in_(ON_ITS_WAY)).order_by(Issue.id)).all()


def pause(session: Session, issue: Issue, by: Member | None) -> None:
    """Nothing more is handed over until it is resumed. `by` is None for an operator. Raises NotAllowed, Conflict."""
    _held(session, issue, by)
    if issue.status not in {"scheduled", "sending"}:
        raise _not_possible(issue, later("It can be paused while it waits to leave or is being sent."))
    issue.status, issue.paused_why = "paused", ""


def resume(session: Session, issue: Issue, by: Member | None, now: datetime) -> None:
    """It goes on where it was stopped; what was refused before does not pause it again. Raises NotAllowed, Conflict."""
    _held(session, issue, by)
    if issue.status != "paused":
        raise _not_possible(issue, later("Only a paused one can go on."))
    issue.status = "scheduled" if issue.send_at > now or is_to_be_made_anew(issue) else "sending"
    issue.paused_why, issue.resumed_at, issue.tries = "", now, 0
    ring_for(session, "outbox")


def send_now(session: Session, issue: Issue, by: Member | None, now: datetime) -> None:
    """It does not wait for the end of its undo window; only to be made anew, if one of its posts was deleted. Raises NotAllowed, Conflict."""
    _held(session, issue, by)
    if issue.status != "scheduled":
        raise _not_possible(issue, later("Only one that is about to leave can leave at once."))
    issue.status, issue.send_at = "scheduled" if is_to_be_made_anew(issue) else "sending", now
    ring_for(session, "outbox")


def cancel(session: Session, issue: Issue, by: Member | None) -> None:
    """No further copy leaves, for ever; the posts that it holds come in no other issue of its cadence. Raises NotAllowed, Conflict."""
    _held(session, issue, by)
    if issue.status not in {"draft", *ON_ITS_WAY}:
        raise _not_possible(issue, later("Copies that left can't be called back."))
    issue.status, issue.paused_why, issue.retry_before = "cancelled", "", None


def retry_failed(session: Session, issue: Issue, by: Member | None, now: datetime) -> int:
    """Sends again to whom it failed, if they may be mailed; to so many. Raises NotAllowed, Conflict."""
    _held(session, issue, by)
    if issue.status not in {"sending", "paused", "finished"}:
        raise _not_possible(issue, later("Copies that failed can be sent again once it has been sent."))
    number = failed_that_may_go_again(session, issue, now)
    if not number:
        raise Conflict(
            later("No copy of this issue can be sent again."),
            hint=later("Addresses that do not exist and readers who left are not mailed. Nothing was changed."),
        )
    issue.retry_before = issue.resumed_at = now
    if issue.status == "finished":
        issue.status, issue.finished_at = "sending", None
    return number


def failed_that_may_go_again(session: Session, issue: Issue, now: datetime) -> int:
    """How many copies failed that another try may bring to their readers."""
    if issue.cadence == "each" and session.get_one(Post, int(issue.period)).status != "published":
        return 0
    return session.scalar(select(func.count()).where(*may_go_again(issue.id, now))) or 0


def _held(session: Session, issue: Issue, by: Member | None) -> None:
    """Nobody else changes it until the end of this transaction, and it is as it is now."""
    session.refresh(issue, with_for_update=True)
    if by is not None and issue.blog.member_id != by.id:
        raise NotAllowed(later("Only its owner may do this with an issue."), hint=later("Nothing was changed."))


def _not_possible(issue: Issue, when: Later) -> Conflict:
    return Conflict(later("This issue is {state}.", state=later(STATES[issue.status])), hint=when)


def _no_such_issue() -> NotFound:
    return NotFound(later("There is no such issue."))
