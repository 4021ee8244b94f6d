"""Words that are taken back before any reader has them: a post is deleted, or must say less, while its weekly or monthly issue waits to leave.

The issue loses its frozen words in the transaction that takes the post's away, and none of its copies leaves until it is made anew of what is left
(newsletter/remaking.py), in whatever process and however often one was killed. Once a copy was claimed, mail may have left: then nothing is changed.
"""

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from gateway.core.ledger.outbox import FINISHED
from gateway.core.store.models import Delivery, Issue, IssuePost

NOTHING = b""  # instead of the wire form of an issue that is to be made anew
WHOLE = or_(Issue.segments.is_(None), Issue.segments != NOTHING)
_WAITS = ("cutting", "scheduled", "paused")
_CLAIMED_ONCE = ("claimed", "attempting", *FINISHED)


def withdraw(session: Session, post_id: int, *, wholly: bool = True) -> None:
    """Takes the words of a post out of the issues that hold it and of which no copy was claimed; not `wholly` when others of its words stay.

    After the post's row was changed: whoever makes an issue asks for that row, so that it stands here or finds the post as it is now.
    """
    session.flush()
    holding = select(IssuePost.issue_id).where(IssuePost.post_id == post_id, ~IssuePost.left_out)
    waiting = (Issue.id.in_(holding), Issue.cadence != "each", Issue.status.in_(_WAITS))
    for issue_id in session.scalars(select(Issue.id).where(*waiting).order_by(Issue.id)).all():
        _make_anew(session, issue_id, post_id, wholly=wholly)


def is_to_be_made_anew(issue: Issue) -> bool:
    """Whether its words were taken from it."""
    return issue.segments == NOTHING


def _make_anew(session: Session, issue_id: int, post_id: int, *, wholly: bool) -> None:
    issue = session.get_one(Issue, issue_id, with_for_update=True, populate_existing=True)
    if issue.status not in _WAITS or _was_claimed(session, issue_id):
        return
    issue.segments, issue.html, issue.text, issue.tries = NOTHING, "", "", 0
    if wholly:
        inside = (IssuePost.issue_id == issue_id, IssuePost.post_id == post_id)
        session.execute(update(IssuePost).where(*inside).values(left_out=True))


def _was_claimed(session: Session, issue_id: int) -> bool:
    """Whether a copy was ever about to be handed over. Those that wait are claimed in order, so the first one tells for all: it costs no more with many."""
    ended = (Delivery.issue_id == issue_id, Delivery.status.in_(_CLAIMED_ONCE), Delivery.fence > 0)
    if session.scalar(select(Delivery.id).where(*ended).limit(1)) is not None:
        return True
    queued = select(Delivery.fence).where(Delivery.issue_id == issue_id, Delivery.status == "queued")
    return bool(session.scalar(queued.order_by(Delivery.id).limit(1)))
