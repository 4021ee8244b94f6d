"""Updates that Telegram brings: a route that answers 200 once they are stored."""

import hmac
import json
import logging
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.bots.telegram.arrivals import take, update_id
from gateway.core.errors import PostroomError
from gateway.core.house import House

log = logging.getLogger("postroom.telegram")

PATH = "/telegram/webhook"
LARGEST = 1_048_576  # bytes; an update holds no files
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105


def route(house: House, bot_id: str, secret: str) -> Route:
    """`POST /telegram/webhook`: 401 without the secret, 400 for what is no update, 503 when it could not be stored."""

    async def webhook(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode()):
            return Response(status_code=401)
        update = await _update(request)
        if update_id(update) is None:
            return Response(status_code=400)
        try:
            await take(house, bot_id, [update])
        except PostroomError:
            log.exception("an update from the webhook could not be stored; Telegram brings it again")
            return Response(status_code=503)
        return Response()

    return Route(PATH, webhook, methods=["POST"])


async def _update(request: Request) -> Any:
    """The body as JSON; None when it is none, or too large."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                return None
        return json.loads(bytes(body))
    except (ValueError, RecursionError, ClientDisconnect):
        return None
