"""Which posts an issue holds, and who gets a copy.

A post is mailed to each cadence of its blog at most once (IssuePost's key), edited or re-dated as it may be. Never mailed are replies, pages,
posts whose authors said so, posts dated before they were written (back-dated, imported), posts whose undo window is open, and those of periods
before the cadence had its first reader, or before the newsletter was switched on again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from gateway.core.audience.cadences import REACH, anybody_leaves, to_be_told
from gateway.core.store.models import Blog, Category, Issue, IssuePost, Member, Post, Subscriber, SubscriberCategory

PERIOD = {"weekly": timedelta(days=7), "monthly": timedelta(days=31)}
"""What a first reader finds in their first issue: the period they joined in, and nothing older."""
MOST_POSTS = 100  # of an issue, so that mail programs show it whole
# Of one that somebody waits for who changes to another cadence: what is not in it they would never get.
MOST_FOR_LEAVERS = 1000


def posts_for(
    session: Session, blog: Blog, cadence: str, now: datetime, *, draft_id: int | None = None
) -> Sequence[Post]:
    """What a weekly or monthly issue would hold now, oldest first; what a draft has put in its order already is still to come."""
    since = readers_since(session, blog.id, cadence)
    if since is None:
        return ()
    since = max(min(since, now - PERIOD[cadence]), now - REACH[cadence])
    since = max(since, blog.newsletter_since) if blog.newsletter_since is not None else since
    statement = select(Post).where(Post.blog_id == blog.id, _mailable(cadence, since, now, draft_id=draft_id))
    most = MOST_FOR_LEAVERS if anybody_leaves(session, blog.id, cadence) else MOST_POSTS
    return session.scalars(_whole(statement).limit(most)).all()


def posts_alone(
    session: Session, now: datetime, *, limit: int, after: tuple[datetime, int] | None = None
) -> Sequence[tuple[int, datetime]]:
    """The posts (id, and when they were to be told of) of all blogs that are due as issues of their own, oldest first: readers of every post had confirmed before.

    `after` is the last one of those that are known. It costs by posts, not by readers.
    """
    stayed, changed = (longest.scalar_subquery() for longest in _longest(Post.blog_id, "each"))
    statement = (
        select(Post.id, Post.notify_at)
        .join(Blog, Blog.id == Post.blog_id)
        .join(Member, Member.id == Blog.member_id)
        .where(
            _mailable("each", now - REACH["each"], now),
            Post.published_at > now - REACH["each"],
            Blog.newsletter != "off",
            or_(Blog.newsletter_since.is_(None), Post.notify_at > Blog.newsletter_since),
            Member.status == "active",
            or_(stayed <= Post.notify_at, changed < Post.notify_at),
        )
    )
    if after is not None:
        at, post_id = after
        statement = statement.where(or_(Post.notify_at > at, and_(Post.notify_at == at, Post.id > post_id)))
    found = session.execute(statement.order_by(Post.notify_at, Post.id).limit(limit))
    return [(post_id, told_at) for post_id, told_at in found if told_at is not None]


def _mailable(cadence: str, since: datetime, now: datetime, *, draft_id: int | None = None) -> ColumnElement[bool]:
    mailed = exists().where(IssuePost.post_id == Post.id, IssuePost.cadence == cadence)
    mailed = mailed if draft_id is None else mailed.where(IssuePost.issue_id != draft_id)
    return and_(to_be_told(since, now), ~mailed)


def _whole(statement: Select[Post]) -> Select[Post]:
    loaded = statement.options(selectinload(Post.media), selectinload(Post.author), selectinload(Post.blog))
    return loaded.order_by(Post.notify_at, Post.id)


def readers_since(session: Session, blog_id: int, cadence: str) -> datetime | None:
    """Since when the cadence has had the reader it has had longest; None when nobody reads it."""
    found = (session.scalar(longest) for longest in _longest(blog_id, cadence))
    return min((at for at in found if at is not None), default=None)


def _longest(blog_id: int | InstrumentedAttribute[int | None], cadence: str) -> tuple[Select[Any], Select[Any]]:
    """Since when the cadence has had the reader it has had longest: of those who never changed to it, and of those who did. Each is one look into an index.

    In the order of `ix_subscriber_since`, word for word, and not by whether there is one: else PostgreSQL reads through the table.
    """
    here = (Subscriber.blog_id == blog_id, *_reads(cadence))
    stayed = select(Subscriber.confirmed_at).where(
        *here, Subscriber.cadence_since.is_(None), Subscriber.confirmed_at.is_not(None)
    )
    changed = select(Subscriber.cadence_since).where(*here, Subscriber.cadence_since.is_not(None))
    return (
        stayed.order_by(Subscriber.cadence_since, Subscriber.confirmed_at).limit(1),
        changed.order_by(Subscriber.cadence_since, Subscriber.confirmed_at).limit(1),
    )


def is_read(session: Session, blog_id: int, cadence: str) -> bool:
    """Whether the cadence has a reader at this blog."""
    readers = select(Subscriber.id).where(Subscriber.blog_id == blog_id, *_reads(cadence))
    return session.scalar(readers.limit(1)) is not None


def cadences_with_readers(session: Session) -> Sequence[tuple[Blog, str]]:
    """Every blog with a newsletter, with each of weekly and monthly that is read there. Costs by blogs, not by readers."""
    found: list[tuple[Blog, str]] = []
    for cadence in ("weekly", "monthly"):
        readers = exists().where(Subscriber.blog_id == Blog.id, *_reads(cadence))
        statement = select(Blog).join(Member).where(Blog.newsletter != "off", Member.status == "active", readers)
        found += [(blog, cadence) for blog in session.scalars(statement.order_by(Blog.id))]
    return found


def recipients(
    blog_id: int, cadence: str, posts: Select[int] | Sequence[int], newest: datetime | None, now: datetime
) -> Select[int]:
    """The ids of the subscribers who get a copy of an issue of these posts (ids), the latest of which was to be told of at `newest`, made `now`.

    They had confirmed by then: of a post of its own when it was to be told of. Who changed to this cadence gets it when at least one post came
    since they have it: what they had before has mailed the rest (audience/cadences). Who chose categories gets the whole issue when one of its posts bears one of
    them; an issue is made once for all, so nothing in it can be left out for one.
    """
    readers = select(Subscriber.id).where(Subscriber.blog_id == blog_id, *_reads(cadence))
    return readers.where(_is_new_to_them(cadence, newest, now), _is_about_what_they_chose(posts))


def recipients_of(session: Session, issue: Issue) -> Select[int]:
    """The same of an issue that is made."""
    posts, newest = _held(session, issue)
    return recipients(issue.blog_id, issue.cadence, posts, newest, issue.created_at)


def would_not_get(session: Session, issue: Issue) -> ColumnElement[bool]:
    """Which of the readers who have a copy of an issue would get none of what is in it now, whether they have left since or not. Asked of each by itself, so
    that it costs by their number. Of who has another cadence by now, nobody knows any more what was new to them."""
    posts, newest = _held(session, issue)
    known = and_(Subscriber.cadence == issue.cadence, ~_is_new_to_them(issue.cadence, newest, issue.created_at))
    return or_(~_is_about_what_they_chose(posts), known)


def _held(session: Session, issue: Issue) -> tuple[Select[int], datetime | None]:
    posts = select(IssuePost.post_id).where(IssuePost.issue_id == issue.id, ~IssuePost.left_out)
    return posts, session.scalar(select(func.max(Post.notify_at)).where(Post.id.in_(posts)))


def _is_new_to_them(cadence: str, newest: datetime | None, now: datetime) -> ColumnElement[bool]:
    until = newest if cadence == "each" and newest is not None else now
    changed_before = or_(Subscriber.cadence_since.is_(None), Subscriber.cadence_since < (newest or now))
    return and_(Subscriber.confirmed_at <= until, changed_before)


def _is_about_what_they_chose(posts: Select[int] | Sequence[int]) -> ColumnElement[bool]:
    chosen = SubscriberCategory.subscriber_id == Subscriber.id
    borne = select(Category.name).where(Category.post_id.in_(posts))
    return or_(~exists().where(chosen), exists().where(chosen, SubscriberCategory.name.in_(borne)))


def stretch_after(session: Session, issue: Issue, address: str, most: int) -> tuple[int, str] | None:
    """Who (id, address) ends the next stretch of so many that read the issue's cadence, by address; None when nobody is left. Found in an index alone."""
    here = select(Subscriber.id, Subscriber.address).where(
        Subscriber.blog_id == issue.blog_id, *_reads(issue.cadence), Subscriber.address > address
    )
    full = session.execute(here.order_by(Subscriber.address).offset(most - 1).limit(1)).first()
    last = full or session.execute(here.order_by(Subscriber.address.desc()).limit(1)).first()
    return (last.id, last.address) if last is not None else None


def count_recipients(session: Session, blog: Blog, cadence: str, posts: Sequence[Post], now: datetime) -> int:
    """How many copies an issue of these posts would have now."""
    readers = _would_get(blog, cadence, posts, now)
    return session.scalar(select(func.count()).select_from(readers.subquery())) or 0


def has_recipients(session: Session, blog: Blog, cadence: str, posts: Sequence[Post], now: datetime) -> bool:
    """Whether it would have any."""
    return session.scalar(_would_get(blog, cadence, posts, now).limit(1)) is not None


def _would_get(blog: Blog, cadence: str, posts: Sequence[Post], now: datetime) -> Select[int]:
    newest = max((post.notify_at for post in posts if post.notify_at is not None), default=None)
    return recipients(blog.id, cadence, [post.id for post in posts], newest, now)


def _reads(cadence: str) -> tuple[ColumnElement[bool], ...]:
    return (Subscriber.status == "active", Subscriber.cadence == cadence)
