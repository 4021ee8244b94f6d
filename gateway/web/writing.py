"""Writing in a plain form: a post, a draft, an edit, a deletion."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from starlette.responses import Response

from gateway.core.desk import acts
from gateway.core.errors import NotFound
from gateway.core.store.models import Post
from gateway.core.writing import blogs, posting
from gateway.web.answers import go, page
from gateway.web.entries import entry
from gateway.web.visit import Unit, Visit

LATEST = 15


def write_page(visit: Visit, session: Session) -> Response:
    """The form for a post, with drafts and the latest posts below it."""
    me = visit.me(session)
    statement = (
        select(Post)
        .where(Post.author_id == me.id, Post.status == "published")
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(LATEST)
        .options(selectinload(Post.author), selectinload(Post.blog), selectinload(Post.media))
    )
    return page(
        visit,
        "write.html",
        blog=blogs.of_member(session, me.id),
        drafts=posting.drafts(session, me.id),
        scheduled=posting.is_scheduled,
        latest=[entry(visit.community, one) for one in session.scalars(statement)],
    )


def write(visit: Visit, session: Session) -> Unit:
    """Publishes, or keeps a draft."""
    words = posting.write(session, visit.community, visit.typed("text"), title=visit.typed("title"))
    names = tuple(name for part in visit.typed("categories").split(",") if (name := " ".join(part.split())[:60]))
    draft = visit.typed("do") == "draft"

    def unit(session: Session) -> Response:
        me = visit.me(session)
        blog = blogs.of_member(session, me.id)
        if blog is None:
            raise NotFound("You have no blog yet.", hint="Nothing was published.")
        post = acts.publish(
            session, visit.community, blog, me, words, visit.now, categories=names[:10], source="web", draft=draft
        )
        return (
            go(visit, "/write", "drafted")
            if draft
            else go(visit, f"/conversations/{post.short_reference}", "published")
        )

    return unit


def edit_page(visit: Visit, session: Session) -> Response:
    """The form with what the post says now."""
    post = _own(visit, session)
    categories = ", ".join(category.name for category in post.categories)
    return page(visit, "edit.html", post=post, categories=categories)


def edit(visit: Visit, session: Session) -> Unit:
    """Changes a post or draft; a draft is published when its writer pressed that."""
    was = _own(visit, session)
    words = posting.write(
        session, visit.community, visit.typed("text", was.markdown), title=visit.typed("title", was.title)
    )
    if was.kind == "reply":
        words = replace(words, title="")

    def unit(session: Session) -> Response:
        me, post = visit.me(session), _own(visit, session)
        changed = acts.edit(session, post, me, words, visit.now)
        if post.status == "draft" and visit.typed("do") == "publish":
            acts.publish_draft(session, visit.community, post, me, visit.now)
            return go(visit, f"/conversations/{post.short_reference}", "published")
        if post.status == "draft":
            return go(visit, "/write", "drafted")
        return go(visit, f"/conversations/{post.short_reference}", "changed" if changed else "same")

    return unit


def delete_page(visit: Visit, session: Session) -> Response:
    """The question before a deletion."""
    post = _own(visit, session)
    return page(visit, "delete.html", post=post, words=(post.title or post.markdown)[:200])


def delete(visit: Visit, session: Session) -> Unit:
    """The post is gone."""

    def unit(session: Session) -> Response:
        acts.delete(session, _own(visit, session), visit.me(session), visit.now)
        return go(visit, "/write", "deleted")

    return unit


def _own(visit: Visit, session: Session) -> Post:
    """The member's own post of that reference; anybody else's is not there."""
    post = posting.by_reference(session, visit.path("reference"))
    if visit.who is None or post.author_id != visit.who.member_id:
        raise NotFound("You have no such post.", hint="Nothing was changed.")
    return post
