"""The community's newest posts and people, by time and nothing else. Whoever is signed in does not see whom they muted or who blocked them."""

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import Session

from gateway.core.community.timeline import Page, page_of
from gateway.core.people.community import Community
from gateway.core.store.models import Member, Post, Shun

LOOKED_THROUGH = 200  # posts, to find who wrote lately


def newest(
    session: Session, community: Community, *, viewer_id: int | None = None, limit: int = 20, before: str = ""
) -> Page:
    """Posts of all active members, newest first; no replies. Raises Invalid for a foreign cursor."""
    active = select(Member.id).where(Member.status == "active")
    where = and_(Post.kind == "post", Post.author_id.in_(active), visible_to(viewer_id))
    return page_of(session, community, where, limit, before)


def written_by(
    session: Session,
    community: Community,
    member_id: int,
    *,
    viewer_id: int | None = None,
    limit: int = 20,
    before: str = "",
) -> Page:
    """One member's posts, newest first. Raises Invalid for a foreign cursor."""
    where = and_(Post.kind == "post", Post.author_id == member_id, visible_to(viewer_id))
    return page_of(session, community, where, limit, before)


def visible_to(viewer_id: int | None) -> ColumnElement[bool]:
    """Posts whose author the viewer neither muted nor blocked, and who does not block the viewer."""
    if viewer_id is None:
        return true()
    silent = select(Shun.target_id).where(Shun.member_id == viewer_id)
    blocking = select(Shun.member_id).where(Shun.target_id == viewer_id, Shun.kind == "block")
    return and_(Post.author_id.not_in(silent), Post.author_id.not_in(blocking))


def people(session: Session, *, viewer_id: int | None = None, limit: int = 12) -> list[Member]:
    """Who wrote last."""
    lately = (
        select(Post.author_id)
        .where(Post.status == "published", Post.kind == "post", visible_to(viewer_id))
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(LOOKED_THROUGH)
    )
    order = list(dict.fromkeys(session.scalars(lately)))[:limit]
    members = {
        one.id: one for one in session.scalars(select(Member).where(Member.id.in_(order), Member.status == "active"))
    }
    return [members[member_id] for member_id in order if member_id in members]
