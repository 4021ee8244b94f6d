"""People: profiles, following, muting. Whom somebody follows is public; who follows them nobody is shown, nor how many."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.community import discover, micro_monday, reports
from gateway.core.errors import NotFound
from gateway.core.people import accounts, relations
from gateway.core.store.models import Blog, Follow, Member, Shun
from gateway.web.answers import go, page
from gateway.web.visit import Unit, Visit


def profile(visit: Visit, session: Session) -> Response:
    """Who somebody is, what they write, whom they follow."""
    member = accounts.by_handle(session, visit.path("handle"))
    viewer_id = visit.who.member_id if visit.who else None
    posts = discover.written_by(
        session, visit.community, member.id, viewer_id=viewer_id, limit=10, before=visit.query("before")
    )
    return page(
        visit,
        "profile.html",
        member=member,
        blogs=session.scalars(select(Blog).where(Blog.member_id == member.id).order_by(Blog.id)).all(),
        following=relations.following(session, member.id),
        page=posts,
        path=f"/@{member.handle}",
        pins=micro_monday.pinned(session, member.id, viewer_id=viewer_id),
        follows=viewer_id is not None and session.get(Follow, (viewer_id, member.id)) is not None,
        shun=session.get(Shun, (viewer_id, member.id)) if viewer_id is not None else None,
        own=viewer_id == member.id,
    )


def _follow(session: Session, visit: Visit, me: Member, other: Member) -> None:
    relations.follow(session, me, other, visit.now)


def _unfollow(session: Session, visit: Visit, me: Member, other: Member) -> None:
    relations.unfollow(session, me, other)


def _mute(session: Session, visit: Visit, me: Member, other: Member) -> None:
    relations.shun(session, me, other, "mute", visit.now)


def _block(session: Session, visit: Visit, me: Member, other: Member) -> None:
    relations.shun(session, me, other, "block", visit.now)


def _unmute(session: Session, visit: Visit, me: Member, other: Member) -> None:
    relations.unshun(session, me, other)


def _report(session: Session, visit: Visit, me: Member, other: Member) -> None:
    reports.report(session, me, other, None, visit.typed("reason"), visit.now)


BUTTONS: dict[str, tuple[Callable[[Session, Visit, Member, Member], None], str]] = {
    "follow": (_follow, "followed"),
    "unfollow": (_unfollow, "unfollowed"),
    "mute": (_mute, "muted"),
    "unmute": (_unmute, "unmuted"),
    "block": (_block, "blocked"),
    "report": (_report, "reported"),
}


def press(visit: Visit, session: Session) -> Unit:
    """A button on a profile."""
    if visit.path("verb") not in BUTTONS:
        raise NotFound("There is no such button.", hint="Nothing was changed.")
    act, done = BUTTONS[visit.path("verb")]

    def unit(session: Session) -> Response:
        other = accounts.by_handle(session, visit.path("handle"))
        act(session, visit, visit.me(session), other)
        return go(visit, f"/@{other.handle}", done)

    return unit
