"""A blog's own pages: newest posts, one post with its conversation, the archive, categories."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload
from starlette.responses import Response

from gateway.core.errors import Invalid, NotFound
from gateway.core.store.models import Blog, Category, Post
from gateway.core.writing import blogs
from gateway.core.writing.conversations import conversation
from gateway.core.writing.references import is_reference
from gateway.web.answers import page, sorry
from gateway.web.entries import Entry, entry
from gateway.web.visit import Visit

ON_A_PAGE = 20
LONGEST_MONTH = 500


def home(visit: Visit, session: Session) -> Response:
    """The newest posts."""
    blog = blog_of(visit, session)
    entries, following = listed(visit, session, blog, posts_of(blog))
    return blog_page(visit, blog, "blog_home.html", entries=entries, next=following)


def category(visit: Visit, session: Session) -> Response:
    """The posts of one category."""
    blog, name = blog_of(visit, session), visit.path("name")
    here = select(Category.post_id).where(Category.name == name)
    entries, following = listed(visit, session, blog, and_(posts_of(blog), Post.id.in_(here)))
    if not entries and not visit.query("before"):
        raise NotFound(f"{blog.shown_title} has no posts in “{name[:60]}”.")
    return blog_page(visit, blog, "category.html", entries=entries, next=following, category=name)


def post(visit: Visit, session: Session) -> Response:
    """One post and what was said in answer to it."""
    blog = blog_of(visit, session)
    path = visit.request.url.path
    found = session.scalar(select(Post).where(Post.blog_id == blog.id, Post.path == path))
    if found is not None and found.status == "deleted":
        return sorry(visit, NotFound("This post was deleted.", hint="The blog is still here."), status=410)
    if found is None or found.status != "published":
        raise NotFound(
            "There is no post at this address.", hint="It may have been deleted. The archive lists all posts."
        )
    whole = conversation(session, found.conversation_id or found.id)
    names = {one.id: one.author.shown_name for one in whole}
    replies = [
        entry(visit.community, one, answers=names.get(one.reply_to_id or 0, ""))
        for one in whole
        if one.id != found.id and one.author.status == "active"
    ]
    return blog_page(visit, blog, "post.html", entry=entry(visit.community, found), replies=replies)


def standing_page(visit: Visit, session: Session) -> Response:
    """A page that stands beside the posts."""
    blog = blog_of(visit, session)
    found = session.scalar(select(Post).where(Post.blog_id == blog.id, Post.path == visit.request.url.path))
    if found is None or found.kind != "page" or found.status != "published":
        raise NotFound("There is no such page on this blog.", hint="The archive lists all posts.")
    return blog_page(visit, blog, "page.html", entry=entry(visit.community, found))


def archive(visit: Visit, session: Session) -> Response:
    """The months that have posts, by year."""
    blog = blog_of(visit, session)
    month = func.substr(Post.path, 2, 7)
    statement = select(month, func.count()).where(posts_of(blog)).group_by(month).order_by(month.desc())
    years: dict[str, list[tuple[date, int]]] = {}
    for label, posts in session.execute(statement):
        year, number = label.split("/")
        years.setdefault(year, []).append((date(int(year), int(number), 1), posts))
    names = select(Category.name).join(Post).where(posts_of(blog)).distinct().order_by(Category.name)
    return blog_page(visit, blog, "archive.html", years=years, categories=session.scalars(names).all())


def month(visit: Visit, session: Session) -> Response:
    """The posts of one month, in the blog's own calendar."""
    blog, year, number = blog_of(visit, session), visit.path("year"), visit.path("month")
    if not (year.isdecimal() and number.isdecimal() and len(year) == 4 and len(number) == 2 and 1 <= int(number) <= 12):
        raise NotFound("There is no such page on this blog.")
    statement = _newest(and_(posts_of(blog), Post.path.startswith(f"/{year}/{number}/"))).limit(LONGEST_MONTH)
    entries = [entry(visit.community, one) for one in session.scalars(statement)]
    if not entries:
        raise NotFound("There are no posts in this month.")
    return blog_page(visit, blog, "month.html", entries=entries, month=date(int(year) or 1, int(number), 1))


def blog_of(visit: Visit, session: Session) -> Blog:
    """The blog whose host was asked. Raises NotFound."""
    return blogs.by_name(session, visit.blog_name)


def blog_page(visit: Visit, blog: Blog, template: str, **values: Any) -> Response:
    """A page in the blog's frame and time zone."""
    return page(visit, template, blog=blog, zone=ZoneInfo(blog.time_zone), **values)


def listed(visit: Visit, session: Session, blog: Blog, where: ColumnElement[bool]) -> tuple[list[Entry], str]:
    """A page of posts and the cursor of the next one, empty on the last. The cursor is the last post's short reference."""
    statement = _newest(where).limit(ON_A_PAGE + 1)
    if before := visit.query("before"):
        last = session.scalar(select(Post).where(Post.short_reference == before)) if is_reference(before) else None
        if last is None or last.published_at is None or last.blog_id != blog.id:
            raise Invalid("This page does not exist.", hint="Go back to the first page.")
        at = last.published_at
        statement = statement.where(or_(Post.published_at < at, and_(Post.published_at == at, Post.id < last.id)))
    posts = session.scalars(statement).all()
    shown = posts[:ON_A_PAGE]
    entries = [entry(visit.community, one, whole=False) for one in shown]
    return entries, shown[-1].short_reference if len(posts) > ON_A_PAGE else ""


def newest(session: Session, where: ColumnElement[bool], limit: int) -> Sequence[Post]:
    """The newest of these posts."""
    return session.scalars(_newest(where).limit(limit)).all()


def posts_of(blog: Blog) -> ColumnElement[bool]:
    """All that a blog lists."""
    return and_(Post.blog_id == blog.id, Post.kind == "post", Post.status == "published")


def _newest(where: ColumnElement[bool]) -> Select[Post]:
    return (
        select(Post)
        .where(where)
        .order_by(Post.published_at.desc(), Post.id.desc())
        .options(
            selectinload(Post.author), selectinload(Post.blog), selectinload(Post.media), selectinload(Post.categories)
        )
    )
