"""A held message: its sender looks at it behind the mailed link, and publishes or discards it by a button."""

from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.desk.held import why
from gateway.core.desk.history import CHANNELS
from gateway.core.errors import Conflict, Invalid, NotAllowed, NotFound
from gateway.core.ledger import inbox
from gateway.core.people.tokens import read
from gateway.core.store.models import Inbound
from gateway.web.answers import page
from gateway.web.visit import Look, Unit, Visit


@dataclass(frozen=True, slots=True)
class Excerpt:
    """How a held message begins, and the first of its `count` files by name. Words, never markup: nothing of it is loaded from anywhere."""

    text: str
    files: tuple[str, ...]
    count: int


def held_page(visit: Visit, session: Session) -> Response:
    """What was held, how it begins, why, and two buttons."""
    row = _row(visit, session)
    response = page(
        visit,
        "held.html",
        row=row,
        why=why(row),
        subject=row.envelope.get("subject", ""),
        channel=CHANNELS.get(row.channel, row.channel),
        sender=row.envelope.get("from") or row.sender,
        excerpt=_excerpt(row),
        orders=bool(row.envelope.get("orders")),
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _excerpt(row: Inbound) -> Excerpt:
    kept = row.envelope.get("excerpt", {})
    return Excerpt(str(kept.get("text", "")), tuple(map(str, kept.get("files", ()))), int(kept.get("count", 0)))


def decide(visit: Visit, session: Session) -> Unit:
    """Publishes it or throws it away, as its sender pressed."""

    def unit(session: Session) -> Look:
        row = _row(visit, session)
        button, orders = visit.typed("do"), bool(row.envelope.get("orders"))
        if button not in {"publish", "discard"}:
            raise Invalid("There is no such button.", hint="Nothing was changed.")
        publish = button == "publish"
        if row.status != "held":
            raise Conflict("This message is not waiting any more.", hint="Your page lists what became of it.")
        if publish:
            inbox.release(session, row.id, visit.now)
        else:
            inbox.discard(session, row.id, visit.now, reason="You discarded it.")
        return lambda visit, _: page(visit, "held_done.html", publish=publish, orders=orders)

    return unit


def _row(visit: Visit, session: Session) -> Inbound:
    """The message of the link, for whoever has it from their own mail or chat. Raises NotFound; NotAllowed for another member."""
    ids = read(visit.community.keyring, "held", visit.path("token"))
    row = session.get(Inbound, ids[0]) if len(ids) == 1 else None
    if row is None:
        raise NotFound("This message is no longer kept.", hint="Nothing was published. Send it again.")
    if visit.who is not None and row.member_id not in {None, visit.who.member_id}:
        raise NotAllowed(
            "This message waits for another member.",
            hint="Nothing was changed. If the link was sent to you, sign out and open it again.",
        )
    return row
