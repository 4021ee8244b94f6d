"""Slack's side of an install by OAuth, version 2: the question, the code, and the token for it."""

import base64
import binascii
from itertools import count
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from tests.fakes.slack_methods import refuse
from tests.fakes.slack_world import World
from tests.fakes.wire import Json, Request


class Door:
    """`person` answers for the workspace that they are signed in to; `allows` is their answer, `as_whole` for their whole organisation."""

    client_id, client_secret = "1111.2222", "not-a-real-client-secret"

    def __init__(self, worlds: list[World]) -> None:
        self._worlds = worlds
        self._codes: dict[str, tuple[World, str, frozenset[str], bool]] = {}
        self._numbers = count(1)
        self.redirect_urls: list[str] = []  # of the app's settings
        self.person: tuple[World, str] | None = None
        self.allows = True
        self.as_whole = False

    async def serve_question(self, request: web.Request) -> web.Response:
        """Sends the person back to the app, as their answer is."""
        asked = request.query
        back, state = asked.get("redirect_uri", ""), asked.get("state", "")
        if asked.get("client_id") != self.client_id or not any(back.startswith(one) for one in self.redirect_urls):
            return web.Response(text="Something went wrong when authorizing this app.", status=200)
        answer: dict[str, Any] = {"error": "access_denied", "state": state}
        if self.allows and self.person is not None:
            code = f"1111.2222.{next(self._numbers)}"
            scopes = frozenset(asked.get("scope", "").split(","))
            self._codes[code] = (self.person[0], back, scopes, self.as_whole)
            answer = {"code": code, "state": state}
        return web.Response(status=302, headers={"Location": f"{back}?{urlencode(answer)}"})

    def access(self, seen: Request) -> Json:
        """oauth.v2.access: the token for a code, once."""
        if _basic(seen.basic) != (self.client_id, self.client_secret):
            refuse("bad_client_secret" if _basic(seen.basic)[0] == self.client_id else "invalid_client_id")
        world, back, scopes, as_whole = self._codes.pop(str(seen.params.get("code")), (None, "", frozenset(), False))
        if world is None:
            refuse("invalid_code")
        if seen.params.get("redirect_uri") != back:
            refuse("bad_redirect_uri")
        token = f"xoxb-1111-{next(self._numbers)}-not-a-real-token"
        places = [w for w in self._worlds if w.organisation == world.organisation] if as_whole else [world]
        for place in places:
            place.app.bot_token, place.app.scopes, place.app.revoked = token, scopes, False
            place.as_whole = as_whole
        return {
            "access_token": token,
            "token_type": "bot",
            "scope": ",".join(sorted(scopes)),
            "bot_user_id": world.app.user_id,
            "app_id": world.app.app_id,
            "team": None if as_whole else {"id": world.team["id"], "name": world.team["name"]},
            "enterprise": {"id": world.organisation, "name": "The Whole"} if world.organisation else None,
            "is_enterprise_install": as_whole,
            "authed_user": {"id": self.person[1] if self.person else "U07SOMEBODY"},
        }


def _basic(header: str) -> tuple[str, str]:
    try:
        name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret
