"""The community's front: what this is, its newest posts and people; timelines of whoever is signed in."""

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.community import discover
from gateway.core.community.timeline import mentions_page, timeline_page
from gateway.web.answers import page
from gateway.web.visit import Visit


def front(visit: Visit, session: Session) -> Response:
    """The timeline for a member; for anybody else, what this is."""
    if visit.who is not None:
        return timeline(visit, session)
    newest = discover.newest(session, visit.community, limit=8)
    return page(visit, "front.html", page=newest, people=discover.people(session))


def timeline(visit: Visit, session: Session) -> Response:
    """The people the member follows and their own posts, newest first."""
    assert visit.who is not None
    found = timeline_page(
        session, visit.community, visit.who.member_id, limit=visit.community.timeline_page, before=visit.query("before")
    )
    empty = "Follow somebody, and their posts appear here. Discover shows who is writing."
    return page(visit, "stream.html", page=found, title="Timeline", path="/timeline", empty=empty, people=[])


def mentions(visit: Visit, session: Session) -> Response:
    """What was said to the member."""
    assert visit.who is not None
    found = mentions_page(session, visit.community, visit.who.member_id, before=visit.query("before"))
    empty = "Nobody has written to you yet."
    return page(visit, "stream.html", page=found, title="Mentions", path="/mentions", empty=empty, people=[])


def discovered(visit: Visit, session: Session) -> Response:
    """Everybody's newest posts."""
    viewer_id = visit.who.member_id if visit.who else None
    found = discover.newest(session, visit.community, viewer_id=viewer_id, before=visit.query("before"))
    people = [] if visit.query("before") else discover.people(session, viewer_id=viewer_id)
    empty = "Nobody has written anything yet."
    return page(visit, "stream.html", page=found, title="Discover", path="/discover", empty=empty, people=people)
