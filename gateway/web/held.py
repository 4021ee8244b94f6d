"""A held message: its sender looks at it behind the mailed link, and publishes or discards it by a button."""

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.desk.history import CHANNELS, subject_of
from gateway.core.errors import Conflict, NotFound
from gateway.core.ledger import inbox
from gateway.core.people.tokens import read
from gateway.core.store.models import Inbound
from gateway.web.answers import page
from gateway.web.visit import Look, Unit, Visit


def held_page(visit: Visit, session: Session) -> Response:
    """What was held, why, and two buttons."""
    row = _row(visit, session)
    return page(
        visit,
        "held.html",
        row=row,
        subject=subject_of(row),
        channel=CHANNELS.get(row.channel, row.channel),
        sender=row.envelope.get("from") or row.sender,
    )


def decide(visit: Visit, session: Session) -> Unit:
    """Publishes it or throws it away, as its sender pressed."""

    def unit(session: Session) -> Look:
        row = _row(visit, session)
        publish = visit.typed("do") == "publish"
        if row.status != "held":
            raise Conflict("This message is not waiting any more.", hint="Your page lists what became of it.")
        if publish:
            inbox.release(session, row.id, visit.now)
        else:
            inbox.discard(session, row.id, visit.now, reason="You discarded it.")
        return lambda visit, _: page(visit, "held_done.html", publish=publish)

    return unit


def _row(visit: Visit, session: Session) -> Inbound:
    ids = read(visit.community.keyring, "held", visit.path("token"))
    row = session.get(Inbound, ids[0]) if len(ids) == 1 else None
    if row is None:
        raise NotFound("This message is no longer kept.", hint="Nothing was published. Send it again.")
    return row
