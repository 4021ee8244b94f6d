"""Doors: how a page and what its form does become a route.

Pages are plain functions on a read session in Starlette's threadpool: the core is synchronous, and a database that refuses to write makes "a GET
changes nothing" true by construction. An act reads and renders there too, and then gives a unit that the event loop hands to the writer and
awaits; so a slow commit holds no thread.
"""

import asyncio
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.core.errors import Conflict, Invalid, NotAllowed, PostroomError, TooMuch, Unavailable
from gateway.web.answers import go, log, sorry, status_of
from gateway.web.uploads import uploaded
from gateway.web.visit import Act, Look, Site, Unit, Visit, whose

LARGEST_FORM = 2_500_000  # bytes: a post of the longest text, in a script that takes nine bytes a letter
MOST_FIELDS = 60


@dataclass(frozen=True, slots=True)
class Door:
    """One path. `look` answers GET, `act` POST; `again` is the page that shows what was wrong with a form.

    `uploads` takes a file with the form, from members. `members` sends whoever is not signed in to sign in. `one_click` takes a POST from anywhere (RFC 8058): its path is the authority.
    """

    path: str
    look: Look | None = None
    act: Act | None = None
    again: Look | None = None
    members: bool = False
    one_click: bool = False
    uploads: bool = False


def route(site: Site, door: Door) -> Route:
    """The door in Starlette's terms."""

    async def endpoint(request: Request) -> Response:
        visit = Visit(site, request, site.house.now())
        if request.method == "POST":
            return await _acted(visit, door)
        assert door.look is not None
        return await run_in_threadpool(looked, visit, door.look, members=door.members)

    methods = [method for method, there in (("GET", door.look), ("POST", door.act)) if there]
    return Route(door.path, endpoint, methods=methods)


def looked(visit: Visit, look: Look, *, members: bool = False) -> Response:
    """A page, or the error as one."""
    try:
        with visit.site.house.database.read() as session:
            visit = replace(visit, who=whose(visit, session))
            if members and visit.who is None:
                return go(visit, "/sign-in")
            return look(visit, session)
    except PostroomError as error:
        return sorry(visit, error)
    except SQLAlchemyError:
        log.exception("the database could not be read for %s", visit.request.url.path)
        return sorry(visit, Unavailable("The database can't be read just now.", hint="Try again in a minute."))


async def _acted(visit: Visit, door: Door) -> Response:
    assert door.act is not None
    try:
        if not door.one_click:
            _check_origin(visit)
        if door.uploads:
            await run_in_threadpool(_check_signed_in, visit)  # before a large body is read
            visit = await uploaded(visit)
        else:
            visit = replace(visit, form=await _form(visit.request))
    except PostroomError as error:
        return await run_in_threadpool(sorry, visit, error, status=413 if isinstance(error, TooMuch) else 0)
    ready = await run_in_threadpool(_prepared, visit, door)
    if isinstance(ready, Response):
        return ready
    visit, unit = ready
    try:
        # Shielded, so that a visitor who leaves takes no change along that the writer has begun.
        done = await asyncio.shield(asyncio.wrap_future(visit.site.house.database.writer.submit(unit)))
    except PostroomError as error:
        return await run_in_threadpool(_refused, visit, door, error)
    return done if isinstance(done, Response) else await run_in_threadpool(looked, visit, done)


def _prepared(visit: Visit, door: Door) -> Response | tuple[Visit, Unit]:
    """The unit for the writer; or the response when the act is refused before anything is written."""
    assert door.act is not None
    try:
        with visit.site.house.database.read() as session:
            visit = replace(visit, who=whose(visit, session))
            if visit.who is not None:
                _check_csrf(visit)
            elif door.members:
                raise NotAllowed(
                    "You are not signed in, or no longer.", hint="Nothing was changed. Sign in and try again."
                )
            return visit, door.act(visit, session)
    except PostroomError as error:
        return _refused(visit, door, error)
    except SQLAlchemyError:
        log.exception("the database could not be read for %s", visit.request.url.path)
        return sorry(visit, Unavailable("The database can't be read just now.", hint="Nothing was saved."))


def _refused(visit: Visit, door: Door, error: PostroomError) -> Response:
    """The page with the form again and what was wrong with it, where there is one; else the error as a page."""
    if door.again is None or not isinstance(error, (Invalid, Conflict, TooMuch)):
        return sorry(visit, error)
    response = looked(replace(visit, problem=str(error)), door.again)
    if response.status_code == 200:
        response.status_code = status_of(error)
    return response


def _check_origin(visit: Visit) -> None:
    """Refuses a form that another site sent. Browsers say where a form stands by Sec-Fetch-Site or Origin; scripts say neither."""
    headers = visit.request.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if (site is not None and site not in {"same-origin", "none"}) or (origin is not None and origin != visit.origin):
        raise NotAllowed(
            "This form was sent from another site.", hint="Nothing was changed. Open the page here and try again."
        )


def _check_signed_in(visit: Visit) -> None:
    with visit.site.house.database.read() as session:
        if whose(visit, session) is None:
            raise NotAllowed("You are not signed in, or no longer.", hint="Nothing was changed. Sign in and try again.")


def _check_csrf(visit: Visit) -> None:
    assert visit.who is not None
    if not hmac.compare_digest(visit.typed("csrf").encode(), visit.who.csrf.encode()):
        raise NotAllowed(
            "This page is out of date.", hint="Nothing was changed. Open it again and repeat what you did."
        )


async def _form(request: Request) -> Mapping[str, str]:
    """The fields of a URL-encoded form, the last of each name. Raises TooMuch, Invalid."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise TooMuch("This form is too large.", hint="Nothing was saved.")
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise Invalid("This form can't be read.", hint="Nothing was saved.") from None
    return {name: value.replace("\r\n", "\n").replace("\0", "") for name, value in fields}
