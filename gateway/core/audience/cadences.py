"""How often a reader is mailed, changed so that no post is lost by it and none is mailed for it.

    has weekly ──wants monthly──▶ nothing waits for a weekly issue: has monthly from now on
                          └─────▶ a post waits: has weekly still ──its issue is cut──▶ has monthly from then on

A reader has one cadence at a time, so a post waits for them in one place; what they change to begins where what they had has mailed all.
Whether it has is asked of posts and issues at each tick (`take_up`), and of nothing that somebody must remember to do: a post that is deleted,
left out or too old waits no more, and who takes a change back before that has changed nothing.

An issue that somebody waits for holds all that waits, more than others do (newsletter/selection), so it is the last one of theirs. Where even that is not
enough, a blog writes more than its readers are ever mailed: they change when all that waited as they asked has come, or is too old (`REACH`).

Who changes cadences and who makes an issue hold their blog's row, so that one comes after the other in any process: an issue that is made finds its readers
as they are, and who is changed is so before it, or after its copies are queued.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from gateway.core.store.models import Blog, Category, Issue, IssuePost, Post, Subscriber, SubscriberCategory
from gateway.core.store.sql import changed

REACH = {"each": timedelta(days=7), "weekly": timedelta(days=15), "monthly": timedelta(days=63)}
"""How far back an issue looks: a missed one is made up for by the next, a blog that was quiet for long mails nothing old."""


def to_be_told(since: datetime, now: datetime) -> ColumnElement[bool]:
    """Posts that a newsletter mails and that were to be told of in this time."""
    return and_(
        Post.kind == "post",
        Post.status == "published",
        Post.newsletter,
        Post.published_at >= Post.created_at,
        Post.published_at <= now,
        Post.notify_at > since,
        Post.notify_at <= now,
    )


def want(session: Session, row: Subscriber, cadence: str, now: datetime) -> None:
    """The reader gets this cadence: at once, or when what waits for them has come with the one they have. From here on their row is as it is now, and theirs."""
    hold(session, row.blog_id)
    session.refresh(row, with_for_update={"key_share": True})
    if cadence != row.wanted_cadence:
        row.next_cadence, row.next_since = (cadence, now) if cadence != row.cadence else (None, None)
    session.flush()
    if row.next_cadence is not None:
        _take_up(session, row.blog_id, row.cadence, now, Subscriber.id == row.id)
        session.refresh(row)


def hold(session: Session, blog_id: int) -> None:
    """Nobody else changes a cadence of this blog's readers, or makes an issue of it, until this transaction ends. Before any row of a reader or an issue is held."""
    session.execute(select(Blog.id).where(Blog.id == blog_id).with_for_update(key_share=True))


def anybody_waits(session: Session) -> bool:
    """Whether a reader wants another cadence than they have."""
    return session.scalar(select(Subscriber.id).where(*_CHANGING).limit(1)) is not None


def anybody_leaves(session: Session, blog_id: int, cadence: str) -> bool:
    """Whether a reader of a blog waits for the last issue of this cadence."""
    leaving = (Subscriber.blog_id == blog_id, Subscriber.cadence == cadence, *_CHANGING)
    return session.scalar(select(Subscriber.id).where(*leaving).limit(1)) is not None


def take_up(session: Session, now: datetime) -> int:
    """Gives readers the cadence that they want, for whom no post waits any more with the one they have; how many."""
    groups = session.execute(select(Subscriber.blog_id, Subscriber.cadence).where(*_CHANGING).distinct()).all()
    number = 0
    for blog_id, cadence in sorted((row.blog_id, row.cadence) for row in groups):  # in one order for all processes
        hold(session, blog_id)
        number += _take_up(session, blog_id, cadence, now)
    return number


_CHANGING = (Subscriber.next_cadence.is_not(None), Subscriber.status == "active")


def _take_up(session: Session, blog_id: int, cadence: str, now: datetime, *who: ColumnElement[bool]) -> int:
    waiting = session.scalars(_waiting(blog_id, cadence, now)).all()
    cutting = (Issue.blog_id == blog_id, Issue.cadence == cadence, Issue.status == "cutting")
    if session.scalar(select(Issue.id).where(*cutting).limit(1)) is not None:
        return 0  # its copies go to those who have the cadence still
    ready = update(Subscriber).where(Subscriber.blog_id == blog_id, Subscriber.cadence == cadence, *_CHANGING, *who)
    if waiting:
        ready = ready.where(or_(~_waits_for_them(waiting), Subscriber.next_since <= now - REACH[cadence]))
    values: dict[str, Any] = {"cadence": Subscriber.next_cadence, "cadence_since": now}
    ready = ready.values(values | {"next_cadence": None, "next_since": None})
    return changed(session, ready.execution_options(synchronize_session=False))


def _waiting(blog_id: int, cadence: str, now: datetime) -> Select[int]:
    """The posts that come in an issue of the cadence that is not cut yet. What an owner arranges beforehand is none."""
    cut = exists().where(Issue.id == IssuePost.issue_id, Issue.status != "draft")
    mailed = exists().where(IssuePost.post_id == Post.id, IssuePost.cadence == cadence, or_(IssuePost.left_out, cut))
    posts = select(Post.id).join(Blog, Blog.id == Post.blog_id)
    posts = posts.where(Post.blog_id == blog_id, to_be_told(now - REACH[cadence], now), ~mailed)
    if cadence == "each":
        posts = posts.where(Post.published_at > now - REACH[cadence])
    again = or_(Blog.newsletter_since.is_(None), Post.notify_at > Blog.newsletter_since)
    return posts.where(Blog.newsletter != "off", again)


def _waits_for_them(posts: Any) -> ColumnElement[bool]:
    """Whether one of these came since the reader has the cadence, and is about what they chose."""
    chosen = exists().where(SubscriberCategory.subscriber_id == Subscriber.id).correlate(Subscriber, Post)
    borne = chosen.where(Category.post_id == Post.id, Category.name == SubscriberCategory.name)
    return (
        exists()
        .where(
            Post.id.in_(posts),
            or_(
                and_(Subscriber.cadence_since.is_(None), Subscriber.confirmed_at <= Post.notify_at),
                Subscriber.cadence_since < Post.notify_at,
            ),
            or_(~chosen, borne),
        )
        .correlate(Subscriber)
    )
