"""A category's name on one blog: as its author spelt it first, so that `Sailing` and `sailing` are one."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from gateway.core.store.models import Category, Post


def spelt_as_before(session: Session, blog_id: int, names: Sequence[str]) -> list[str]:
    """The names in their order, each once, as the blog's earliest post that bears them has them, in whatever case they come."""
    if not names:
        return []
    # lower() of SQLite knows the letters of ASCII alone.
    written = {form for name in names for form in (name, name.lower(), name.upper(), name.title(), name.capitalize())}
    alike = or_(func.lower(Category.name).in_({name.lower() for name in names}), Category.name.in_(written))
    found = session.execute(
        select(Category.name, func.min(Post.id))
        .join(Post)
        .where(Post.blog_id == blog_id, alike)
        .group_by(Category.name)
    )
    known: dict[str, str] = {}
    for name, _ in sorted(found, key=lambda row: row[1]):
        known.setdefault(name.casefold(), name)
    for name in names:
        known.setdefault(name.casefold(), name)
    return list(dict.fromkeys(known[name.casefold()] for name in names))
