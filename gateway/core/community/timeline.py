"""Timelines, pulled: the people one follows and oneself, newest first, paged by cursor. Nothing else orders them.

A titleless post shows in full up to 300 characters (600 with a block quote); a titled one as its title.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from gateway.core.community.showing import shown
from gateway.core.community.timeline_read import NEWEST, Place, places
from gateway.core.errors import Invalid
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Media, Member, Mention, Post, Shun
from gateway.core.words import later
from gateway.core.writing.posting import renditions

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture in a timeline: its address, size in pixels, and what it shows."""

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Attached:
    """A sound, film or file in a timeline; `name` is what it is called or shows."""

    kind: str
    url: str
    name: str


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
    files: tuple[Attached, ...] = ()

    @property
    def photos(self) -> int:
        return len(self.pictures)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a timeline. `next` is the cursor of the following page, empty on the last."""

    items: tuple[Item, ...]
    next: str = ""


def timeline_page(session: Session, community: Community, member_id: int, *, limit: int = 20, before: str = "") -> Page:
    """What the member follows and wrote, newest first, without whom they muted or who blocks them.

    Replies appear as the member's `timeline_replies` says: all, those to people they follow and to them and their own, or
    none; never one to somebody hidden from them. Raises Invalid for a foreign cursor.
    """
    place = _read_cursor(before) if before else NEWEST
    return _page(session, community, places(session, member_id, limit=limit + 1, before=place), limit)


def mentions_page(
    session: Session,
    community: Community,
    member_id: int,
    *,
    limit: int = 20,
    before: str = "",
    only: Literal["", "mentions", "replies"] = "",
) -> Page:
    """What was said to the member: replies to what they wrote, and mentions; or `only` one of both."""
    mine = select(Post.id).where(Post.author_id == member_id)
    naming = select(Mention.post_id).where(Mention.member_id == member_id)
    answering = select(Post.id).where(Post.reply_to_id.in_(mine))
    said = naming if only == "mentions" else answering if only == "replies" else union(naming, answering)
    where = and_(Post.id.in_(said), Post.kind != "page", _by_others(member_id))
    return page_of(session, community, where, limit, before)


def conversations_page(
    session: Session, community: Community, member_id: int, *, limit: int = 20, before: str = ""
) -> Page:
    """What others said to each other in conversations that the member takes part in."""
    mine = select(Post.conversation_id).where(Post.author_id == member_id, Post.status == "published")
    answered = aliased(Post)
    to_me = exists().where(answered.id == Post.reply_to_id, answered.author_id == member_id)
    where = and_(Post.kind == "reply", Post.conversation_id.in_(mine), ~to_me, _by_others(member_id))
    return page_of(session, community, where, limit, before)


def _by_others(member_id: int) -> ColumnElement[bool]:
    """Not by the member, nor by whom they muted or who blocks them."""
    silent = select(Shun.target_id).where(Shun.member_id == member_id)
    blocking = select(Shun.member_id).where(Shun.target_id == member_id, Shun.kind == "block")
    return and_(Post.author_id != member_id, Post.author_id.not_in(silent), Post.author_id.not_in(blocking))


def page_of(session: Session, community: Community, where: ColumnElement[bool], limit: int, before: str) -> Page:
    """The published posts that `where` allows, newest first, from a cursor on. Raises Invalid for a foreign cursor."""
    statement = select(Post.published_at, Post.id).where(Post.status == "published", where)
    if before:
        at, post_id = _read_cursor(before)
        statement = statement.where(or_(Post.published_at < at, and_(Post.published_at == at, Post.id < post_id)))
    rows = session.execute(statement.order_by(Post.published_at.desc(), Post.id.desc()).limit(limit + 1))
    return _page(session, community, [(at, post_id) for at, post_id in rows if at is not None], limit)


def _page(session: Session, community: Community, found: Sequence[Place], limit: int) -> Page:
    ids = [post_id for _, post_id in found[:limit]]
    return Page(_items(session, community, ids), _cursor(found[limit - 1]) if len(found) > limit else "")


# Tables, not entities: a page is only read, and tracking its rows would cost more than finding them.
_post, _blog, _media = Post.__table__, Blog.__table__, Media.__table__
_answered, _author, _other = _post.alias(), Member.__table__.alias(), Member.__table__.alias()
_BODIES = (
    select(
        _post.c.id,
        _post.c.short_reference,
        _post.c.kind,
        _post.c.title,
        _post.c.html,
        _post.c.path,
        _post.c.published_at,
        _author.c.handle,
        _author.c.display_name,
        _blog.c.name.label("blog_name"),
        func.coalesce(func.nullif(_other.c.display_name, ""), _other.c.handle, "").label("answers"),
    )
    .select_from(_post)
    .join(_author, _author.c.id == _post.c.author_id)
    .outerjoin(_blog, _blog.c.id == _post.c.blog_id)
    .outerjoin(_answered, _answered.c.id == _post.c.reply_to_id)
    .outerjoin(_other, _other.c.id == _answered.c.author_id)
    .where(_post.c.id.in_(bindparam("ids", expanding=True)))
)
_FILES = (
    select(_media.c.post_id, _media.c.kind, _media.c.filename, _media.c.alt, _media.c.renditions)
    .where(_media.c.post_id.in_(bindparam("ids", expanding=True)))
    .order_by(_media.c.post_id, _media.c.position)
)


def _items(session: Session, community: Community, ids: Sequence[int]) -> tuple[Item, ...]:
    """The bodies of these posts, in this order, in two queries."""
    if not ids:
        return ()
    connection = session.connection()
    bodies = {row.id: row for row in connection.execute(_BODIES, {"ids": ids})}
    pictures: dict[int, list[Photo]] = {}
    files: dict[int, list[Attached]] = {}
    for post_id, kind, filename, alt, stored in connection.execute(_FILES, {"ids": ids}):
        largest = stored["sizes"][0]
        url = community.media_url(largest["blob"])
        if kind == "image":
            pictures.setdefault(post_id, []).append(Photo(url, alt, largest["width"], largest["height"]))
        else:
            files.setdefault(post_id, []).append(Attached(kind, url, alt or filename or "File"))
    return tuple(
        _item(community, bodies[post_id], tuple(pictures.get(post_id, ())), tuple(files.get(post_id, ())))
        for post_id in ids
    )


def _item(community: Community, row: Any, pictures: tuple[Photo, ...], files: tuple[Attached, ...]) -> Item:
    words, without_markup = shown(row.html, row.title)
    return Item(
        post_id=row.id,
        short_reference=row.short_reference,
        kind=row.kind,
        author_handle=row.handle,
        author_name=row.display_name or row.handle,
        title=row.title,
        html=words.html,
        plain=without_markup,
        truncated=words.truncated,
        url=_url(community, row.blog_name, row.path, row.short_reference),
        published_at=row.published_at,
        answers=row.answers,
        pictures=pictures,
        files=files,
    )


def item(community: Community, post: Post, answers: str = "") -> Item:
    """A post as a timeline shows it."""
    assert post.published_at is not None
    words, without_markup = shown(post.html, post.title)
    return Item(
        post_id=post.id,
        short_reference=post.short_reference,
        kind=post.kind,
        author_handle=post.author.handle,
        author_name=post.author.shown_name,
        title=post.title,
        html=words.html,
        plain=without_markup,
        truncated=words.truncated,
        url=_url(community, post.blog.name if post.blog else None, post.path, post.short_reference),
        published_at=post.published_at,
        answers=answers,
        pictures=tuple(photo(community, media) for media in post.media if media.kind == "image"),
        files=tuple(_attached(community, media) for media in post.media if media.kind != "image"),
    )


def photo(community: Community, media: Media) -> Photo:
    """A stored picture in the size for the web."""
    largest = renditions(media)[0]
    return Photo(community.media_url(largest.blob), media.alt, largest.width, largest.height)


def _attached(community: Community, media: Media) -> Attached:
    return Attached(media.kind, community.media_url(renditions(media)[0].blob), media.alt or media.filename or "File")


def _url(community: Community, blog_name: str | None, path: str | None, short_reference: str) -> str:
    if blog_name and path:
        return community.post_url(blog_name, path)
    return community.conversation_url(short_reference)


def _cursor(place: Place) -> str:
    at, post_id = place
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}-{post_id}"


def _read_cursor(cursor: str) -> Place:
    microseconds, _, post_id = cursor.partition("-")
    if not (
        cursor.isascii() and microseconds.isdigit() and post_id.isdigit() and max(len(microseconds), len(post_id)) < 17
    ):
        raise Invalid(later("This page does not exist."), hint=later("Go back to the first page."))
    return _EPOCH + timedelta(microseconds=int(microseconds)), int(post_id)
