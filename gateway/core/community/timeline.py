"""Timelines, pulled: the people one follows and oneself, newest first, paged by cursor. Nothing else orders them.

A titleless post shows in full up to 300 characters (600 with a block quote); a titled one as its title.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from gateway.core.errors import Invalid
from gateway.core.people.community import Community
from gateway.core.store.models import Follow, Media, Member, Mention, Post, Shun
from gateway.core.writing.posting import renditions
from gateway.core.writing.text import plain, timeline_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture in a timeline: its address, size in pixels, and what it shows."""

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Item:
    """One post as a timeline shows it. `html` is safe and may be cut short (`truncated`); `plain` is the same without markup."""

    post_id: int
    short_reference: str
    kind: str
    author_handle: str
    author_name: str
    title: str
    html: str
    plain: str
    truncated: bool
    url: str
    published_at: datetime
    answers: str  # whom a reply answers, by name
    pictures: tuple[Photo, ...]

    @property
    def photos(self) -> int:
        return len(self.pictures)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a timeline. `next` is the cursor of the following page, empty on the last."""

    items: tuple[Item, ...]
    next: str = ""


def timeline_page(session: Session, community: Community, member_id: int, *, limit: int = 20, before: str = "") -> Page:
    """What the member follows and wrote, newest first, without whom they muted. Raises Invalid for a foreign cursor."""
    followed = select(Follow.followed_id).where(Follow.follower_id == member_id)
    silent = select(Shun.target_id).where(Shun.member_id == member_id)
    blocking = select(Shun.member_id).where(Shun.target_id == member_id, Shun.kind == "block")
    where = and_(
        or_(Post.author_id.in_(followed), Post.author_id == member_id),
        Post.author_id.not_in(silent),
        Post.author_id.not_in(blocking),
    )
    return page_of(session, community, where, limit, before)


def mentions_page(session: Session, community: Community, member_id: int, *, limit: int = 20, before: str = "") -> Page:
    """What was said to the member: replies to what they wrote, and mentions."""
    mentioning = select(Mention.post_id).where(Mention.member_id == member_id)
    mine = select(Post.id).where(Post.author_id == member_id)
    silent = select(Shun.target_id).where(Shun.member_id == member_id)
    where = and_(
        or_(Post.id.in_(mentioning), Post.reply_to_id.in_(mine)),
        Post.author_id != member_id,
        Post.author_id.not_in(silent),
    )
    return page_of(session, community, where, limit, before)


def page_of(session: Session, community: Community, where: ColumnElement[bool], limit: int, before: str) -> Page:
    """The published posts that `where` allows, newest first, from a cursor on. Raises Invalid for a foreign cursor."""
    statement: Select[Post] = select(Post).where(Post.status == "published", where)
    if before:
        at, post_id = _read_cursor(before)
        statement = statement.where(or_(Post.published_at < at, and_(Post.published_at == at, Post.id < post_id)))
    statement = statement.order_by(Post.published_at.desc(), Post.id.desc()).limit(limit + 1)
    posts = session.scalars(
        statement.options(selectinload(Post.author), selectinload(Post.blog), selectinload(Post.media))
    ).all()
    answered = _answered_names(session, posts[:limit])
    items = tuple(item(community, post, answered.get(post.reply_to_id or 0, "")) for post in posts[:limit])
    return Page(items, _cursor(posts[limit - 1]) if len(posts) > limit else "")


def _answered_names(session: Session, posts: Sequence[Post]) -> dict[int, str]:
    parents = [post.reply_to_id for post in posts if post.reply_to_id is not None]
    if not parents:
        return {}
    name = func.coalesce(func.nullif(Member.display_name, ""), Member.handle)
    statement = select(Post.id, name).join(Member, Member.id == Post.author_id).where(Post.id.in_(parents))
    return {row[0]: row[1] for row in session.execute(statement)}


def item(community: Community, post: Post, answers: str = "") -> Item:
    """A post as a timeline shows it."""
    assert post.published_at is not None
    shown = timeline_text(post.html, post.title)
    if post.blog is not None and post.path:
        url = community.post_url(post.blog.name, post.path)
    else:
        url = community.conversation_url(post.short_reference)
    return Item(
        post_id=post.id,
        short_reference=post.short_reference,
        kind=post.kind,
        author_handle=post.author.handle,
        author_name=post.author.shown_name,
        title=post.title,
        html=shown.html,
        plain=plain(shown.html),
        truncated=shown.truncated,
        url=url,
        published_at=post.published_at,
        answers=answers,
        pictures=tuple(photo(community, media) for media in post.media if media.kind == "image"),
    )


def photo(community: Community, media: Media) -> Photo:
    """A stored picture in the size for the web."""
    largest = renditions(media)[0]
    return Photo(community.media_url(largest.blob), media.alt, largest.width, largest.height)


def _cursor(post: Post) -> str:
    assert post.published_at is not None
    return f"{(post.published_at - _EPOCH) // timedelta(microseconds=1)}-{post.id}"


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    microseconds, _, post_id = cursor.partition("-")
    if not (
        cursor.isascii() and microseconds.isdigit() and post_id.isdigit() and max(len(microseconds), len(post_id)) < 17
    ):
        raise Invalid("This page does not exist.", hint="Go back to the first page.")
    return _EPOCH + timedelta(microseconds=int(microseconds)), int(post_id)
