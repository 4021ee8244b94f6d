"""An issue made anew, before any copy left: one of its posts was deleted, or its words withdrawn (core/audience/withdrawing).

    scheduled | paused, without its words ──freeze──▶ the same, with what is left; cancelled when nothing is

It stays the same issue with the same copies, so nobody gets two. A copy whose reader chose only what is gone is ended, and does not come back with a reader who
left. What SIGKILL leaves behind: an issue without words, none of whose copies leaves; the next tick goes on. Two processes at it do no harm: the second finds
it whole. A try is counted before it is begun, so that one that ends the process counts, too; after MOST_TRIES the issue is paused and its owner told. It is
tried again once they let it go on, or delete another of its posts.
"""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session, selectinload

from gateway.core.audience.withdrawing import NOTHING, is_to_be_made_anew
from gateway.core.errors import Unavailable
from gateway.core.house import House
from gateway.core.ledger.outbox import LEFT
from gateway.core.store.models import Delivery, Issue, IssuePost, Post, Subscriber
from gateway.newsletter import owner_notices, stages
from gateway.newsletter.attempts import collected
from gateway.newsletter.drafts import Draft, Next
from gateway.newsletter.issues import PATIENCE, Chosen, Freeze, Ready, made_ready
from gateway.newsletter.selection import would_not_get

FOR_NOBODY = "What this reader had chosen was deleted before it left."
WHY = "Something of it was deleted, and it could not be made anew of the rest."
MOST_TRIES = 10
_ONCE_CUT = ("scheduled", "paused")
_AT_ONCE = 5000
_ENDING = (Delivery.status == "queued", and_(Delivery.status == "suppressed", Delivery.reason == LEFT))


def remake_due(house: House, freeze: Freeze) -> None:
    """Makes issues anew whose words were withdrawn, once all their copies are queued."""
    bare = (Issue.status.in_(_ONCE_CUT), Issue.segments == NOTHING)
    hopeful = or_(Issue.tries < MOST_TRIES, Issue.paused_why != WHY)
    with house.database.read() as session:
        found = session.scalars(select(Issue.id).where(*bare, hopeful).order_by(Issue.id)).all()
    with collected("some issues could not be made anew; they are tried again") as attempt:
        for issue_id in found:
            attempt(f"issue {issue_id}", partial(_remake, house, freeze, issue_id))


def _remake(house: House, freeze: Freeze, issue_id: int) -> None:
    if not house.database.writer.run(partial(_begin, house=house, issue_id=issue_id)):
        return
    for ending in _ENDING:
        after = 0
        while ids := _for_nobody(house, issue_id, ending, after):
            house.database.writer.run(partial(_end, house=house, ids=ids))
            after = ids[-1]
    for _ in range(PATIENCE):
        with house.database.read() as session:
            left = _left_of(session, issue_id)
            ready = made_ready(house, freeze, left) if left.of.posts or left.of.intro else None
        if house.database.writer.run(partial(_put, house=house, issue_id=issue_id, ready=ready)):
            return
    raise Unavailable("The posts of this issue keep changing; nothing was sent.", hint="It is tried again.")


def _begin(session: Session, house: House, issue_id: int) -> bool:
    """Counts the try; False when nothing is to be done any more, or there were too many."""
    issue = session.get_one(Issue, issue_id, with_for_update=True)
    if issue.status not in _ONCE_CUT or not is_to_be_made_anew(issue):
        return False
    if issue.tries < MOST_TRIES:
        issue.tries += 1
        return True
    if issue.paused_why != WHY:
        issue.status, issue.paused_why = "paused", WHY
        owner_notices.tell_stuck(session, issue, house.now())
    return False


def _for_nobody(house: House, issue_id: int, ending: ColumnElement[bool], after: int) -> Sequence[int]:
    """The next copies of a state, behind the one of this id, whose readers would not get what is left. Each copy is looked at once, however many there are."""
    with house.database.read() as session:
        issue = session.get_one(Issue, issue_id)
        found = select(Delivery.id).join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        found = found.where(Delivery.issue_id == issue_id, ending, Delivery.id > after, would_not_get(session, issue))
        return session.scalars(found.order_by(Delivery.id).limit(_AT_ONCE)).all()


def _end(session: Session, house: House, ids: Sequence[int]) -> None:
    """Ends these copies. Who has left or come back since has theirs in the other state, and it is ended all the same."""
    waiting = (Delivery.id.in_(ids), or_(*_ENDING))
    ended = update(Delivery).where(*waiting).values(status="cancelled", reason=FOR_NOBODY, finished_at=house.now())
    session.execute(ended.execution_options(synchronize_session=False))


def _left_of(session: Session, issue_id: int) -> Chosen:
    """What the issue holds now, in the order it had, with its owner's words."""
    issue = session.get_one(Issue, issue_id)
    own = Draft(issue_id, issue.intro, issue.wanted_subject, ())
    return Chosen(issue.cadence, issue.period, Next(issue.blog, own, tuple(_posts_of(session, issue_id)), ()))


def _posts_of(session: Session, issue_id: int) -> Sequence[Post]:
    inside = (IssuePost.issue_id == issue_id, ~IssuePost.left_out, Post.status == "published")
    found = select(Post).join(IssuePost, IssuePost.post_id == Post.id).where(*inside).order_by(IssuePost.position)
    return session.scalars(
        found.options(selectinload(Post.media), selectinload(Post.author), selectinload(Post.blog))
    ).all()


def _put(session: Session, house: House, issue_id: int, ready: Ready | None) -> bool:
    """Gives the issue its words, or cancels it when there are none or nobody would get them; False when its posts are others than were read.

    The posts' rows come first, as with whoever deletes one.
    """
    ids = [post_id for post_id, _ in ready.posts] if ready is not None else []
    session.execute(select(Post.id).where(Post.id.in_(ids)).order_by(Post.id).with_for_update())
    issue = session.get_one(Issue, issue_id, with_for_update=True)
    if issue.status not in _ONCE_CUT or not is_to_be_made_anew(issue):
        return True
    now_inside = tuple((post.id, post.edited_at) for post in _posts_of(session, issue_id))
    if now_inside != (ready.posts if ready is not None else ()):
        return False
    if ready is None or stages.nothing_waits(session, issue):
        issue.status, issue.paused_why = "cancelled", ""
        return True
    for name, words in ready.words().items():
        setattr(issue, name, words)
    issue.tries = 0
    if ready.rendered.fault:
        owner_notices.tell_templates(session, issue, ready.rendered.fault, house.now())
    return True
