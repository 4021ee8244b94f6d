"""Which posts an issue holds, and who gets a copy.

A post is mailed to each cadence of its blog at most once (IssuePost's key), edited or re-dated as it may be. Never mailed are replies, pages,
posts whose authors said so, posts dated before they were written (back-dated, imported), posts whose undo window is open, and those of periods
before the cadence had its first reader.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from gateway.core.store.models import Blog, Issue, IssuePost, Member, Post, Subscriber

REACH = {"each": timedelta(days=7), "weekly": timedelta(days=15), "monthly": timedelta(days=63)}
"""How far back an issue looks: a missed one is made up for by the next, a blog that was quiet for long mails nothing old."""
PERIOD = {"weekly": timedelta(days=7), "monthly": timedelta(days=31)}
"""What a first reader finds in their first issue: the period they joined in, and nothing older."""
MOST_POSTS = 100


def posts_for(session: Session, blog: Blog, cadence: str, now: datetime) -> Sequence[Post]:
    """What a weekly or monthly issue would hold now, oldest first."""
    since = readers_since(session, blog.id, cadence)
    if since is None:
        return ()
    since = max(min(since, now - PERIOD[cadence]), now - REACH[cadence])
    statement = select(Post).where(Post.blog_id == blog.id, _mailable(cadence, since, now))
    return session.scalars(_whole(statement).limit(MOST_POSTS)).all()


def posts_alone(session: Session, now: datetime, *, limit: int) -> Sequence[Post]:
    """The posts of all blogs that are due as issues of their own, oldest first: readers of every post had confirmed before."""
    readers = exists().where(
        Subscriber.blog_id == Post.blog_id,
        Subscriber.status == "active",
        Subscriber.cadence == "each",
        _since() <= Post.notify_at,
    )
    statement = (
        select(Post)
        .join(Blog, Blog.id == Post.blog_id)
        .join(Member, Member.id == Blog.member_id)
        .where(
            _mailable("each", now - REACH["each"], now),
            Post.published_at > now - REACH["each"],
            Blog.newsletter != "off",
            Member.status == "active",
            readers,
        )
    )
    return session.scalars(_whole(statement).limit(limit)).all()


def _mailable(cadence: str, since: datetime, now: datetime) -> ColumnElement[bool]:
    mailed = exists().where(IssuePost.post_id == Post.id, IssuePost.cadence == cadence)
    return and_(
        Post.kind == "post",
        Post.status == "published",
        Post.newsletter,
        Post.published_at >= Post.created_at,
        Post.published_at <= now,
        Post.notify_at > since,
        Post.notify_at <= now,
        ~mailed,
    )


def _whole(statement: Select[Post]) -> Select[Post]:
    loaded = statement.options(selectinload(Post.media), selectinload(Post.author), selectinload(Post.blog))
    return loaded.order_by(Post.notify_at, Post.id)


def readers_since(session: Session, blog_id: int, cadence: str) -> datetime | None:
    """Since when the cadence has had the reader it has had longest; None when nobody reads it."""
    return session.scalar(select(func.min(_since())).where(Subscriber.blog_id == blog_id, *_reads(cadence)))


def cadences_with_readers(session: Session) -> Sequence[tuple[Blog, str]]:
    """Every blog with a newsletter, with each of weekly and monthly that is read there. Costs by blogs, not by readers."""
    found: list[tuple[Blog, str]] = []
    for cadence in ("weekly", "monthly"):
        readers = exists().where(Subscriber.blog_id == Blog.id, *_reads(cadence))
        statement = select(Blog).join(Member).where(Blog.newsletter != "off", Member.status == "active", readers)
        found += [(blog, cadence) for blog in session.scalars(statement.order_by(Blog.id))]
    return found


def copies_after(session: Session, issue: Issue, *, limit: int) -> Sequence[tuple[int, str]]:
    """The next readers of an issue, as (subscriber id, address): the snapshot is who had confirmed when it was cut.

    Who changed to this cadence gets it when at least one of its posts came after the change: what they changed from has mailed the rest.
    """
    newest = select(func.max(Post.notify_at)).join(IssuePost, IssuePost.post_id == Post.id)
    newest = newest.where(IssuePost.issue_id == issue.id)
    last_post = session.scalar(newest)
    until = last_post if issue.cadence == "each" and last_post is not None else issue.created_at
    where = [
        Subscriber.blog_id == issue.blog_id,
        *_reads(issue.cadence),
        Subscriber.id > issue.cut_cursor,
        Subscriber.confirmed_at <= until,
        or_(Subscriber.cadence_since.is_(None), Subscriber.cadence_since <= (last_post or issue.created_at)),
    ]
    statement = select(Subscriber.id, Subscriber.address).where(*where).order_by(Subscriber.id).limit(limit)
    return [(subscriber_id, address) for subscriber_id, address in session.execute(statement)]


def _reads(cadence: str) -> tuple[ColumnElement[bool], ...]:
    return (Subscriber.status == "active", Subscriber.cadence == cadence)


def _since() -> ColumnElement[datetime]:
    return func.coalesce(Subscriber.cadence_since, Subscriber.confirmed_at)
