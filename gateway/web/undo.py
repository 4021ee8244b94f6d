"""Taking back what was just published, behind the link in its confirmation; for whoever has that mail, signed in or not."""

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.desk import undoing
from gateway.core.desk.phrases import shown_title
from gateway.web.answers import page
from gateway.web.visit import Look, Unit, Visit


def undo_page(visit: Visit, session: Session) -> Response:
    """What would be taken back, and a button."""
    post = undoing.post_of(session, visit.community, visit.path("token"), visit.now)
    return page(visit, "undo.html", words=shown_title(post, 300))


def undo(visit: Visit, session: Session) -> Unit:
    """Takes it back."""

    def unit(session: Session) -> Look:
        unseen = undoing.take_back(session, visit.community, visit.path("token"), visit.now)
        return lambda visit, _: page(visit, "undone.html", unseen=unseen)

    return unit
