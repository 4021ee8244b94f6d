"""Where a post is on its blog, for good: `/YYYY/MM/DD/slug`, of a page `/slug`."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.core.errors import Conflict
from gateway.core.store.models import Post
from gateway.core.writing.titles import slug

TAKEN = frozenset({"archive", "categories", "feed", "newsletters", "subscribe", "unsubscribe"})  # by a blog's own pages


def freeze(session: Session, post: Post, local: datetime) -> None:
    """Gives a post its path; a collision gets `-2`. The constraint decides, whoever else publishes at the same moment. Raises Conflict."""
    stem = _stem(post, local)
    for number in range(1, 1000):
        path = stem if number == 1 else f"{stem}-{number}"
        try:
            with session.begin_nested():
                post.path = path
                session.flush()
        except IntegrityError:
            continue
        return
    raise Conflict("A thousand posts of that day have this address.", hint="Choose another title.")


def _stem(post: Post, local: datetime) -> str:
    name = post.slug or slug(post.title)
    if post.kind != "page":
        return f"{local:/%Y/%m/%d}/{name or f'{local:%H%M%S}'}"
    return f"/{name}-page" if name in TAKEN else f"/{name or 'page'}"
