"""What subscribers want: how often, and posts of which categories. Who chose none gets all."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from gateway.core.errors import Invalid
from gateway.core.store.models import Blog, Category, Post, SubscriberCategory

CADENCES = ("each", "weekly", "monthly")
MOST_CATEGORIES = 40  # that a form offers


def known_cadence(cadence: str) -> str:
    """The cadence. Raises Invalid."""
    if cadence not in CADENCES:
        raise Invalid(f"{cadence!r} is no cadence.", hint=f"Choose one of: {', '.join(CADENCES)}.")
    return cadence


def offered_first(blog: Blog) -> str:
    """The cadence that a blog offers first."""
    return blog.newsletter if blog.newsletter in CADENCES else "weekly"


def offered(session: Session, blog_id: int, subscriber_id: int | None = None) -> Sequence[str]:
    """The categories that this blog's posts bear, and those that a subscriber has chosen, though no post bears them any more."""
    statement = select(Category.name).join(Post).where(Post.blog_id == blog_id, Post.status == "published")
    names = set(session.scalars(statement.distinct().order_by(Category.name).limit(MOST_CATEGORIES)))
    return sorted(names | set(chosen(session, subscriber_id)))


def chosen(session: Session, subscriber_id: int | None) -> Sequence[str]:
    """The categories that a subscriber wants; none means all."""
    mine = select(SubscriberCategory.name).where(SubscriberCategory.subscriber_id == subscriber_id)
    return session.scalars(mine.order_by(SubscriberCategory.name)).all()


def known_categories(session: Session, blog_id: int, names: Sequence[str], subscriber_id: int | None = None) -> None:
    """Raises Invalid for one that is not offered: no word of a stranger's is kept."""
    known = offered(session, blog_id, subscriber_id) if names else ()
    if unknown := [name for name in names if name not in known]:
        raise Invalid(
            f"This blog has no category {unknown[0][:60]!r}.",
            hint=f"It has: {', '.join(known)}. Nothing was saved." if known else "It has none. Nothing was saved.",
        )


def choose(session: Session, subscriber_id: int, names: Sequence[str]) -> None:
    """From now on they want these, which are known; none means all."""
    session.execute(delete(SubscriberCategory).where(SubscriberCategory.subscriber_id == subscriber_id))
    if names:
        rows = [{"subscriber_id": subscriber_id, "name": name} for name in dict.fromkeys(names)]
        session.execute(insert(SubscriberCategory), rows)
