"""Ending what comes to a member again and again, behind the link that each such mail carries; for whoever has that mail, signed in or not."""

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.people import standing
from gateway.web.answers import go, page
from gateway.web.visit import Look, Unit, Visit


def end_page(visit: Visit, session: Session) -> Response:
    """What would come no more, and a button."""
    return _shown(visit, session)


def end(visit: Visit, session: Session) -> Unit:
    """It comes no more. Serves the page's button and one click in mail programs (RFC 8058) alike."""

    def unit(session: Session) -> Look:
        member, what = standing.of_token(session, visit.community, visit.path("token"))
        before = standing.end(member, what, visit.now)
        return lambda visit, session: _shown(visit, session, ended=True, before=before)

    return unit


def again(visit: Visit, session: Session) -> Unit:
    """It comes again, as often as before where the page knows that still."""

    def unit(session: Session) -> Response:
        token = visit.path("token")
        member, what = standing.of_token(session, visit.community, token)
        standing.again(member, what, visit.typed("before"), visit.now)
        return go(visit, f"/no-more/{token}", "comes-again")

    return unit


def _shown(visit: Visit, session: Session, *, ended: bool = False, before: str = "") -> Response:
    token = visit.path("token")
    member, what = standing.of_token(session, visit.community, token)
    response = page(
        visit,
        "no_more.html",
        is_digest=what is standing.Standing.DIGEST,
        comes=standing.comes(member, what),
        ended=ended,
        before=before,
        here=f"/no-more/{token}",
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response
