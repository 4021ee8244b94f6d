"""Subscribing to a blog's newsletter and confirming it. A GET shows a button; only a POST does anything."""

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.audience import subscribers, wishes
from gateway.core.audience.subscribers import Application
from gateway.core.errors import Invalid
from gateway.core.people.limits import network_of
from gateway.core.store.models import Subscriber
from gateway.web.blog import blog_of, blog_page
from gateway.web.visit import Look, Unit, Visit

CADENCES = {"each": "every post", "weekly": "once a week", "monthly": "once a month"}
TRAP = "website"  # a field that people don't see and machines fill in
_CATEGORY = "about:"  # before a category's name, so that each box has a name of its own


def subscribe_page(visit: Visit, session: Session) -> Response:
    """The form."""
    blog = blog_of(visit, session)
    return blog_page(
        visit,
        blog,
        "subscribe.html",
        cadences=CADENCES,
        cadence=visit.typed("cadence", wishes.offered_first(blog)),
        offered=wishes.offered(session, blog.id),
        chosen=chosen(visit),
    )


def subscribe(visit: Visit, session: Session) -> Unit:
    """Asks by mail; says the same to everybody."""
    blog, address = blog_of(visit, session), visit.typed("address")
    if not address.strip():
        raise Invalid("Which address?", hint="Nothing was saved.")
    thanks = _thanks(address.strip())
    if visit.typed(TRAP):
        return lambda _: thanks
    asked = Application(address, visit.typed("cadence", "weekly"), chosen(visit), "form", host_of(visit))
    subscribers.check(session, blog, asked, visit.now)

    def unit(session: Session) -> Look:
        randomness = visit.site.house.randomness
        subscribers.ask(session, visit.community, blog_of(visit, session), asked, visit.now, randomness)
        return thanks

    return unit


def _thanks(address: str) -> Look:
    def look(visit: Visit, session: Session) -> Response:
        return blog_page(visit, blog_of(visit, session), "subscribe_asked.html", address=address[:254])

    return look


def chosen(visit: Visit) -> tuple[str, ...]:
    """The categories that were ticked; none means all."""
    return tuple(name.removeprefix(_CATEGORY) for name in visit.form if name.startswith(_CATEGORY))


def host_of(visit: Visit) -> str:
    """The visitor's address; "" when nobody knows."""
    return visit.request.client.host if visit.request.client else ""


def count(visit: Visit, what: str, *, most: int) -> None:
    """Counts one for the visitor's network in this hour, in this process. Raises TooMuch."""
    visit.site.limits.take(what, network_of(host_of(visit)), visit.now.timestamp(), most=most, seconds=3600)


def confirm_page(visit: Visit, session: Session) -> Response:
    """The button behind the mailed link."""
    row = subscribers.look(session, visit.community, visit.path("token"), visit.now)
    return _about(visit, session, row, "confirm.html")


def confirm(visit: Visit, session: Session) -> Unit:
    """From now on they are subscribed."""

    def unit(session: Session) -> Look:
        row = subscribers.confirm(session, visit.community, visit.path("token"), visit.now)
        leave = subscribers.unsubscribe_url(visit.community, row.blog.name, row.id)
        return lambda visit, session: _about(
            visit, session, session.get_one(Subscriber, row.id), "confirmed.html", leave
        )

    return unit


def _about(visit: Visit, session: Session, row: Subscriber, template: str, leave: str = "") -> Response:
    about = wishes.chosen(session, row.id)
    return blog_page(visit, row.blog, template, subscriber=row, cadences=CADENCES, categories=about, leave=leave)
