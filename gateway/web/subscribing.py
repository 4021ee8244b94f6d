"""Subscribing to a blog's newsletter, confirming, changing how often, leaving. A GET shows a button; only a POST does anything."""

import json

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.audience import erasure, subscribers
from gateway.core.errors import Invalid, NotFound
from gateway.core.people.limits import network_of
from gateway.core.store.models import Subscriber
from gateway.web.answers import go
from gateway.web.blog import blog_of, blog_page
from gateway.web.visit import Look, Unit, Visit

CADENCES = {"each": "every post", "weekly": "once a week", "monthly": "once a month"}
TRAP = "website"  # a field that people don't see and machines fill in
ASKS_AN_HOUR = 20  # from one network


def subscribe_page(visit: Visit, session: Session) -> Response:
    """The form."""
    blog = blog_of(visit, session)
    first = blog.newsletter if blog.newsletter in CADENCES else "weekly"
    return blog_page(visit, blog, "subscribe.html", cadences=CADENCES, cadence=visit.typed("cadence", first))


def subscribe(visit: Visit, session: Session) -> Unit:
    """Asks by mail; says the same to everybody."""
    name, address = blog_of(visit, session).name, visit.typed("address")
    if not address.strip():
        raise Invalid("Which address?", hint="Nothing was saved.")
    count(visit, "subscribe", most=ASKS_AN_HOUR)
    thanks = _thanks(address.strip())
    if visit.typed(TRAP):
        return lambda _: thanks

    def unit(session: Session) -> Look:
        blog = blog_of(visit, session)
        assert blog.name == name
        house = visit.site.house
        subscribers.ask(
            session, visit.community, blog, address, visit.typed("cadence", "weekly"), visit.now, house.randomness
        )
        return thanks

    return unit


def _thanks(address: str) -> Look:
    def look(visit: Visit, session: Session) -> Response:
        return blog_page(visit, blog_of(visit, session), "subscribe_asked.html", address=address[:254])

    return look


def count(visit: Visit, what: str, *, most: int) -> None:
    """Counts one for the visitor's network in this hour. Raises TooMuch."""
    host = visit.request.client.host if visit.request.client else ""
    visit.site.limits.take(what, network_of(host), visit.now.timestamp(), most=most, seconds=3600)


def confirm_page(visit: Visit, session: Session) -> Response:
    """The button behind the mailed link."""
    return _about(
        visit, session, subscribers.look(session, visit.community, visit.path("token"), visit.now), "confirm.html"
    )


def confirm(visit: Visit, session: Session) -> Unit:
    """From now on they are subscribed."""

    def unit(session: Session) -> Look:
        row = subscribers.confirm(session, visit.community, visit.path("token"), visit.now)
        leave = subscribers.unsubscribe_url(visit.community, row.blog.name, row.id)
        return lambda visit, session: _about(
            visit, session, session.get_one(Subscriber, row.id), "confirmed.html", leave
        )

    return unit


def leave_page(visit: Visit, session: Session) -> Response:
    """The button that unsubscribes, and another to be mailed less often."""
    row = subscribers.preferences(session, visit.community, visit.path("token"))
    return _about(visit, session, row, "unsubscribe.html")


def leave(visit: Visit, session: Session) -> Unit:
    """They get nothing more. Serves the page's button and one-click from mail programs (RFC 8058) alike."""

    def unit(session: Session) -> Look:
        row = subscribers.unsubscribe(session, visit.community, visit.path("token"), visit.now)
        row_id = row.id if row is not None else None
        return lambda visit, session: _about(
            visit, session, session.get(Subscriber, row_id) if row_id else None, "unsubscribed.html"
        )

    return unit


def change_cadence(visit: Visit, session: Session) -> Unit:
    """They are mailed as often as they chose."""

    def unit(session: Session) -> Response:
        token = visit.path("token")
        subscribers.change_cadence(session, visit.community, token, visit.typed("cadence"), visit.now)
        return go(visit, f"/unsubscribe/{token}", "saved")

    return unit


def data_page(visit: Visit, session: Session) -> Response:
    """What a reader may have given to them or erased. Shows no address: a forwarded mail carries this link, too."""
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


def _about(visit: Visit, session: Session, row: Subscriber | None, template: str, leave: str = "") -> Response:
    blog = row.blog if row is not None else blog_of(visit, session)
    return blog_page(visit, blog, template, subscriber=row, cadences=CADENCES, leave=leave)
