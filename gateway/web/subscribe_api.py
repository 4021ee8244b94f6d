"""Subscribing from elsewhere: a static site's own form sends JSON, and gets the same answer for every address.

    POST /api/subscribe   {"address": "…", "cadence": "weekly", "categories": ["…"]}   →   202 {"message": "…"}

Any origin may ask (CORS `*`): no cookie is read here, the answer says nothing of anybody, and what comes of it is one mail with a button, limited as the
form is. An error is JSON, too, with the status that a page would have: {"error": "what is wrong", "hint": "what to do"}.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.core.audience import subscribers, wishes
from gateway.core.audience.subscribers import Application
from gateway.core.errors import Invalid, PostroomError, TooMuch, Unavailable
from gateway.web.answers import log, status_of
from gateway.web.blog import blog_of
from gateway.web.subscribing import TRAP, host_of
from gateway.web.visit import Site, Visit

PATH = "/api/subscribe"
LARGEST = 16_384  # bytes
ASKED = "If this address can be subscribed, a mail with a link will come. Open the link and press the button. An address gets one such mail a day from all blogs here, so it may take some days."
_ANY_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "no-store",
}


def api_route(site: Site) -> Route:
    """The one path, as Starlette has it."""

    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_ANY_ORIGIN)
        visit = Visit(site, request, site.house.now())
        try:
            unit = await run_in_threadpool(_prepared, visit, _fields(await _body(request)))
            await asyncio.shield(asyncio.wrap_future(site.house.database.writer.submit(unit)))
        except PostroomError as error:
            answer: dict[str, Any] = {"error": str(error.message), "hint": str(error.hint)}
            return JSONResponse(answer, status_of(error), _ANY_ORIGIN)
        return JSONResponse({"message": ASKED}, 202, _ANY_ORIGIN)

    return Route(PATH, endpoint, methods=["POST", "OPTIONS"])


async def _body(request: Request) -> bytes:
    """Raises Invalid, TooMuch."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Invalid("Only application/json is read here.", hint="Nothing was saved.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise TooMuch("This is too large.", hint="Nothing was saved.")
    return bytes(body)


def _fields(body: bytes) -> dict[str, Any]:
    """Raises Invalid."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("This is no JSON.", hint="Nothing was saved.") from None
    if not isinstance(found, dict):
        raise Invalid("A JSON object is expected.", hint="Nothing was saved.")
    return found


def _prepared(visit: Visit, fields: dict[str, Any]) -> Callable[[Session], None]:
    """What the writer runs. Raises what anyone may know."""
    try:
        with visit.site.house.database.read() as session:
            blog = blog_of(visit, session)
            asked = _application(visit, fields, wishes.offered_first(blog))
            if fields.get(TRAP):
                return lambda session: None
            subscribers.check(session, blog, asked, visit.now)
    except SQLAlchemyError:
        log.exception("the database could not be read for %s", PATH)
        raise Unavailable("The database can't be read just now.", hint="Nothing was saved.") from None

    def unit(session: Session) -> None:
        randomness = visit.site.house.randomness
        subscribers.ask(session, visit.community, blog_of(visit, session), asked, visit.now, randomness)

    return unit


def _application(visit: Visit, fields: dict[str, Any], usual: str) -> Application:
    address, cadence, about = fields.get("address", ""), fields.get("cadence", usual), fields.get("categories", [])
    if not (isinstance(address, str) and isinstance(cadence, str) and isinstance(about, list)):
        raise Invalid("The address and the cadence are text, the categories a list.", hint="Nothing was saved.")
    if not all(isinstance(name, str) for name in about):
        raise Invalid("A category is text.", hint="Nothing was saved.")
    written = address.replace("\0", "").encode("utf-8", "replace").decode()  # JSON may hold half a character
    return Application(written, cadence, tuple(about), "api", host_of(visit))
