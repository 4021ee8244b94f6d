"""Where a post is on its blog, for good: `/YYYY/MM/DD/slug`, of a page `/slug`."""

from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from gateway.core.errors import Conflict
from gateway.core.store.models import Blog, Post
from gateway.core.words import N, later
from gateway.core.writing.titles import slug

TAKEN = frozenset({"archive", "categories", "feed", "newsletters", "subscribe", "unsubscribe"})  # by a blog's own pages
TRIES = 20  # only who publishes at the same moment makes a third turn
TOO_MANY = N("Too many posts take this address at this moment.")
TOO_MANY_HINT = N("Try again, or choose another title.")
_FREEZE = update(Post).where(Post.id == bindparam("frozen_id")).values(path=bindparam("frozen_path"))


def freeze(session: Session, post: Post, blog: Blog) -> None:
    """Gives a post its path; a collision gets `-2`. The constraint decides, whoever else publishes at the same moment. Raises Conflict."""
    path = first = stem(post, blog)
    session.flush()
    connection = session.connection()  # a savepoint of the session's own flushes and looks at every object first
    for _ in range(TRIES):
        try:
            with connection.begin_nested():
                connection.execute(_FREEZE, {"frozen_id": post.id, "frozen_path": path})
        except IntegrityError:
            path = following(session, post.blog_id, first)
            continue
        set_committed_value(post, "path", path)
        return
    raise Conflict(later(TOO_MANY), hint=later(TOO_MANY_HINT))


def following(session: Session, blog_id: int | None, stem: str) -> str:
    """The first of `stem-2`, `stem-3` … that no post of the blog has."""
    taken = set(session.scalars(select(Post.path).where(Post.blog_id == blog_id, Post.path.startswith(f"{stem}-"))))
    return next(path for number in count(2) if (path := f"{stem}-{number}") not in taken)


def stem(post: Post, blog: Blog) -> str:
    """The path that a published post would have if nothing else had it: its title in the blog's language, its moment as clocks there show it."""
    assert post.published_at is not None
    local = post.published_at.astimezone(ZoneInfo(blog.time_zone))
    name = post.slug or slug(post.title, blog.language)
    if post.kind != "page":
        return f"{local:/%Y/%m/%d}/{name or f'{local:%H%M%S}'}"
    return f"/{name}-page" if name in TAKEN else f"/{name or 'page'}"
