"""The archive of a blog's issues. Each is shown as its posts read now, so that what was deleted is gone from here too."""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, load_only, selectinload
from starlette.responses import Response

from gateway.core.errors import Invalid, NotFound
from gateway.core.store.models import Blog, Delivery, Issue, IssuePost, Post
from gateway.core.writing.text import render
from gateway.web.blog import blog_of, blog_page
from gateway.web.entries import entry
from gateway.web.visit import Visit

SENT = ("sending", "finished")
STOPPED = ("paused", "cancelled")
MOST = 100  # on a page


def issues(visit: Visit, session: Session) -> Response:
    """The issues that went out, newest first. The cursor of a page is the number of the last issue before it."""
    blog = blog_of(visit, session)
    statement = select(Issue).where(Issue.blog_id == blog.id, Issue.status.in_(SENT))
    if before := visit.query("before"):
        last = session.get(Issue, int(before)) if _is_number(before) else None
        if last is None or last.blog_id != blog.id:
            raise Invalid("This page does not exist.", hint="Go back to the first page.")
        older = and_(Issue.send_at == last.send_at, Issue.id < last.id)
        statement = statement.where(or_(Issue.send_at < last.send_at, older))
    statement = statement.order_by(Issue.send_at.desc(), Issue.id.desc()).limit(MOST + 1)
    # the words of an issue are long, and a list of issues shows none of them
    found = session.scalars(statement.options(load_only(Issue.subject, Issue.send_at))).all()
    earlier = found[MOST - 1].id if len(found) > MOST else 0
    return blog_page(visit, blog, "issues.html", issues=found[:MOST], earlier=earlier)


def issue(visit: Visit, session: Session) -> Response:
    """One issue."""
    blog = blog_of(visit, session)
    found = _meant(session, blog, visit.path("place"))
    if found is None or found.blog_id != blog.id or not _has_left(session, found):
        raise NotFound("There is no such issue.", hint="The list of issues shows all there are.")
    statement = (
        select(Post)
        .join(IssuePost, IssuePost.post_id == Post.id)
        .where(IssuePost.issue_id == found.id, ~IssuePost.left_out, Post.status == "published")
        .order_by(IssuePost.position)
        .options(selectinload(Post.author), selectinload(Post.blog), selectinload(Post.media))
    )
    entries = [entry(visit.community, one) for one in session.scalars(statement)]
    return blog_page(visit, blog, "issue.html", issue=found, intro=render(found.intro), entries=entries)


def _has_left(session: Session, issue: Issue) -> bool:
    """Whether somebody has it: of one that was stopped half-way, too, since copies link here. What an owner wrote is nobody's before."""
    if issue.status in SENT or issue.status not in STOPPED:
        return issue.status in SENT
    copies = select(Delivery.id).where(Delivery.issue_id == issue.id, Delivery.status == "sent")
    return session.scalar(copies.limit(1)) is not None


def _meant(session: Session, blog: Blog, place: str) -> Issue | None:
    """By its cadence and period, as copies link it (`weekly/2026-W49`), or by its number at the end."""
    before, _, last = place.rpartition("/")
    if before in ("weekly", "monthly"):
        where = (Issue.blog_id == blog.id, Issue.cadence == before, Issue.period == last)
        return session.scalar(select(Issue).where(*where))
    return session.get(Issue, int(last)) if _is_number(last) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
