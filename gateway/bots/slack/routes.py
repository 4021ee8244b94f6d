"""Slack's requests over HTTP: signed, small and young, or turned away before anything looks at them."""

import logging

from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.bots.slack.manifest import COMMANDS_PATH, EVENTS_PATH, INTERACTIVE_PATH

log = logging.getLogger("postroom.slack")

LARGEST = 1_048_576  # bytes; a message has at most 40,000 characters


def routes(bolt: AsyncApp, signing_secret: str) -> list[BaseRoute]:
    """`POST` routes: 401 without a valid signature of the last five minutes, 413 too large, 400 no payload, 503 not stored."""
    verifier = SignatureVerifier(signing_secret)

    async def take(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse("This is too large, or was cut off. Nothing was saved.", status_code=413)
        if not is_signed(verifier, body, request.headers):
            return PlainTextResponse("This request is not signed by Slack. Nothing was saved.", status_code=401)
        try:
            asked = to_async_bolt_request(request, body)
        except Exception:  # Bolt reads the body here, and takes its shape for granted
            return PlainTextResponse("This is no payload of Slack's. Nothing was saved.", status_code=400)
        return to_starlette_response(await bolt.async_dispatch(asked))

    return [Route(path, take, methods=["POST"]) for path in (EVENTS_PATH, COMMANDS_PATH, INTERACTIVE_PATH)]


def is_signed(verifier: SignatureVerifier, body: bytes, headers: Headers) -> bool:
    """Whether Slack signed it within five minutes. A timestamp or signature of another shape is a wrong one (slack_sdk raises)."""
    moment = headers.get("X-Slack-Request-Timestamp", "")
    signature = headers.get("X-Slack-Signature", "")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12 and signature.isascii()):
        return False
    try:
        return verifier.is_valid(body, moment, signature)
    except UnicodeDecodeError:
        return False


async def _body(request: Request) -> bytes | None:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)
