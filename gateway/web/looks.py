"""How the owner's newsletter looks: its templates in three fields, and a sample of what they make. What they must keep to is the newsroom's to say."""

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.errors import Invalid
from gateway.web.answers import go, page
from gateway.web.issue_desk import as_mail, my_blog, room_of
from gateway.web.visit import Unit, Visit

LOOKS = "/me/issues/looks"
TRIES_AN_HOUR = 120  # each starts a process


def looks_page(visit: Visit, session: Session) -> Response:
    """The templates in force, or as they were typed a moment ago."""
    found = room_of(visit).templates(my_blog(visit, session))
    return page(visit, "looks.html", templates=found)


def sample_page(visit: Visit, session: Session) -> Response:
    """A sample issue in the templates in force."""
    room, blog = room_of(visit), my_blog(visit, session)
    _count(visit)
    own = {one.name: one.body for one in room.templates(blog) if one.own}
    return as_mail(visit, room.sample(visit.community, blog, own, visit.now))


def save(visit: Visit, session: Session) -> Unit:
    """Makes them the blog's own if a sample in them can be mailed."""
    room, blog = room_of(visit), my_blog(visit, session)
    names = [one.name for one in room.templates(blog)]
    bodies = {name: visit.typed(name) for name in names}
    _count(visit)
    try:
        room.sample(visit.community, blog, bodies, visit.now)
    except Invalid as error:
        raise Invalid(error.message, hint="Nothing was saved.") from None

    def unit(session: Session) -> Response:
        room.keep_templates(session, my_blog(visit, session), bodies, visit.now)
        return go(visit, LOOKS, "looks-saved")

    return unit


def _count(visit: Visit) -> None:
    who = visit.who.handle if visit.who else ""
    visit.site.limits.take("looks", who, visit.now.timestamp(), most=TRIES_AN_HOUR, seconds=3600)
