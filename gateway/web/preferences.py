"""What a reader does behind the link that every copy carries: leave, come back, choose, have their data or have it erased.

The signed token in the path is the authority. A GET shows buttons and no address, since a forwarded mail carries the link, too; only a POST does anything.
"""

import json

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.audience import erasure, subscribers, wishes
from gateway.core.errors import NotFound
from gateway.core.store.models import Subscriber
from gateway.web.answers import go
from gateway.web.blog import blog_of, blog_page
from gateway.web.subscribing import CADENCES, chosen, count
from gateway.web.visit import Look, Unit, Visit

ASKS_AN_HOUR = 20  # for data, from one network: who does so types an address


def preferences_page(visit: Visit, session: Session) -> Response:
    """The button that unsubscribes, what they want, and the way to their data."""
    row = subscribers.preferences(session, visit.community, visit.path("token"))
    return _about(visit, session, row, "preferences.html")


def leave(visit: Visit, session: Session) -> Unit:
    """They get nothing more. Serves the page's button and one-click from mail programs (RFC 8058) alike."""

    def unit(session: Session) -> Look:
        row = subscribers.unsubscribe(session, visit.community, visit.path("token"), visit.now)
        row_id = row.id if row is not None else None
        return lambda visit, session: _about(
            visit, session, session.get(Subscriber, row_id) if row_id else None, "unsubscribed.html"
        )

    return unit


def change(visit: Visit, session: Session) -> Unit:
    """They are mailed as often, and about what, they chose."""

    def unit(session: Session) -> Response:
        token = visit.path("token")
        subscribers.change(session, visit.community, token, visit.typed("cadence"), chosen(visit), visit.now)
        return go(visit, f"/unsubscribe/{token}", "saved")

    return unit


def come_back(visit: Visit, session: Session) -> Unit:
    """They are subscribed as before, or asked by mail."""

    def unit(session: Session) -> Response:
        token, randomness = visit.path("token"), visit.site.house.randomness
        row = subscribers.come_back(session, visit.community, token, visit.now, randomness)
        return go(visit, f"/unsubscribe/{token}", "back" if row.status == "active" else "asked-again")

    return unit


def data_page(visit: Visit, session: Session) -> Response:
    """What a reader may have given to them or erased."""
    row = subscribers.preferences(session, visit.community, visit.path("token"))
    return _about(visit, session, row, "reader_data.html")


def give_data(visit: Visit, session: Session) -> Unit:
    """All that is held of them, as a JSON file."""
    count(visit, "own data", most=ASKS_AN_HOUR)
    content = erasure.held(session, visit.community, _own(visit, session), visit.now)
    name = f"{content['blog'].split('://')[1].split('.')[0]}-newsletter.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    response = Response(json.dumps(content, ensure_ascii=False, indent=2), 200, headers, "application/json")
    return lambda session: response


def erase_data(visit: Visit, session: Session) -> Unit:
    """They are forgotten, and get nothing more."""
    count(visit, "own data", most=ASKS_AN_HOUR)
    _own(visit, session)

    def unit(session: Session) -> Look:
        never_again = bool(visit.typed("never_again"))
        erasure.erase(session, visit.community, _own(visit, session), visit.now, never_again=never_again)
        return lambda visit, session: blog_page(
            visit, blog_of(visit, session), "reader_erased.html", never_again=never_again
        )

    return unit


def _own(visit: Visit, session: Session) -> Subscriber:
    """The reader whose link and address came along. Raises NotFound, Invalid, TooMuch."""
    row = subscribers.preferences(session, visit.community, visit.path("token"))
    if row is None:
        raise NotFound("We hold nothing of you any more.", hint="Nothing was changed.")
    erasure.check_address(row, visit.typed("address"))
    return row


def _about(visit: Visit, session: Session, row: Subscriber | None, template: str) -> Response:
    blog = row.blog if row is not None else blog_of(visit, session)
    return blog_page(
        visit,
        blog,
        template,
        subscriber=row,
        cadences=CADENCES,
        here=f"/unsubscribe/{visit.path('token')}",
        offered=wishes.offered(session, blog.id, row.id) if row is not None else (),
        chosen=wishes.chosen(session, row.id) if row is not None else (),
        at_once=row is not None and subscribers.comes_back_at_once(row, visit.now),
    )
