"""Slack as app wires it: how events come in, how they are read, how answers leave.

Acknowledging comes after storing: a middleware of Bolt's that runs behind the signature check and before everything else stores the payload
and waits for the commit, then answers for Bolt. Bolt's listeners would not do: without `process_before_response` it acknowledges before
they end, and ahead of them it asks Slack who we are, and acknowledges what it can't authorize.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Literal

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from starlette.routing import BaseRoute

from gateway.bots.slack.api import LIBRARY
from gateway.bots.slack.arrivals import Homes, kind_of, take
from gateway.bots.slack.at_once import acknowledgement, answered, language
from gateway.bots.slack.carrier import SlackCarrier
from gateway.bots.slack.installing import Flow, install_routes
from gateway.bots.slack.judging import given_back
from gateway.bots.slack.preparing import prepare
from gateway.bots.slack.routes import routes
from gateway.bots.slack.views import WORDS, is_composer
from gateway.bots.slack.workspaces import Workspaces
from gateway.core.errors import Invalid
from gateway.core.house import House
from gateway.core.ledger.inbox import Claim
from gateway.core.messages import Filer, InboundMessage
from gateway.core.words import N, speaking, t

log = logging.getLogger("postroom.slack")

NOT_STORED = N("Postroom can't save anything just now. Nothing was published. Try again in a few minutes.")
LAST_WORDS = 3.0  # seconds to acknowledge what came, when stopping


Next = Callable[[], Awaitable[Any]]


class _First(AsyncMiddleware):
    """Hands over what came as it is: for a plain function Bolt takes it apart first, and trips over shapes that it does not expect."""

    def __init__(self, take: Callable[[dict[str, Any], Next], Awaitable[BoltResponse | None]]) -> None:
        self._take = take

    async def async_process(self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Next) -> BoltResponse | None:  # noqa: A002
        return await self._take(req.body, next)


class Slack:
    """One workspace by its `bot_token`, or all that install the app by OAuth (`client_id`, `client_secret`), of which only those in `wanted` may
    when it names some. `run` is its way in by Socket Mode, `routes` by HTTP, `prepare` reads what came, `carrier` is its way out.

    `patience` is how many seconds a call to the Web API may take, `ping_seconds` how often Socket Mode looks whether its line is up.
    """

    def __init__(
        self,
        house: House,
        *,
        bot_token: str = "",
        client_id: str = "",
        client_secret: str = "",
        wanted: Collection[str] = (),
        app_token: str = "",
        signing_secret: str = "",
        mode: Literal["socket", "http"] = "socket",
        api: str = "https://slack.com/api/",
        filer: Filer,
        patience: float = 20.0,
        ping_seconds: float = 10.0,
    ) -> None:
        _check(
            mode,
            way_in=app_token if mode == "socket" else signing_secret,
            key=bot_token or (client_id and client_secret),
        )
        self._house, self._filer, self._mode = house, filer, mode
        self._app_token, self._ping_seconds = app_token, ping_seconds
        self._workspaces = Workspaces(house, api, patience, token=bot_token, wanted=wanted)
        self._homes = Homes()
        self._taking: set[asyncio.Task[Any]] = set()
        self.bolt = AsyncApp(
            name="postroom",
            logger=LIBRARY,
            client=self._workspaces.nobody().plain_client(),
            installation_store=None if bot_token else self._workspaces.installs,
            installation_store_bot_only=None if bot_token else True,
            signing_secret=signing_secret,
            request_verification_enabled=mode == "http",
            before_authorize=_First(self._store),
            process_before_response=True,
        )
        self.carrier = SlackCarrier(house, self._workspaces)
        self.routes: list[BaseRoute] = routes(self.bolt, signing_secret) if mode == "http" else []
        self._by_oauth = not bot_token
        if self._by_oauth:
            client = self._workspaces.nobody().plain_client()
            flow = Flow(house, self._workspaces, client, client_id=client_id, client_secret=client_secret)
            self.routes += install_routes(flow, house)

    async def prepare(self, held: Claim) -> InboundMessage:
        """A stored payload as a message. Raises Postpone while Slack is down."""
        return await prepare(self._house, self._workspaces, self._filer, held)

    async def run(self, stop: asyncio.Event) -> None:
        """Keeps Socket Mode connected until `stop`; in HTTP mode just waits."""
        if self._by_oauth:
            await self._workspaces.installs.reseal()
        if self._mode == "http":
            await stop.wait()
            return
        handler = AsyncSocketModeHandler(self.bolt, self._app_token, logger=LIBRARY, ping_interval=self._ping_seconds)
        connecting = asyncio.ensure_future(handler.connect_async())  # type: ignore[no-untyped-call]
        try:
            await stop.wait()
        finally:
            connecting.cancel()
            if self._taking:
                await asyncio.wait(self._taking, timeout=LAST_WORDS)
            await handler.close_async()  # type: ignore[no-untyped-call]
            client = handler.client
            ended = (connecting, client.message_processor, client.current_session_monitor, client.message_receiver)
            await asyncio.gather(*(task for task in ended if task is not None), return_exceptions=True)

    async def close(self) -> None:
        """Nothing is held between calls: every call opens and closes its own connection."""

    async def _store(self, body: dict[str, Any], then: Next) -> BoltResponse | None:
        """Bolt's middleware: what must be answered at once is; else 200 once the payload is committed, 503, which Slack retries, when it is not."""
        if body.get("type") == "url_verification" or "ssl_check" in body:
            await then()
            return None
        self._hold_task()
        with speaking(await language(self._house, body)):
            return await self._answer(body)

    async def _answer(self, body: dict[str, Any]) -> BoltResponse:
        if (reply := await answered(self._house, self._workspaces, body)) is not None:
            return BoltResponse(status=reply.status, body=reply.body)
        try:
            if not await take(self._house, body, self._homes):
                log.info("Slack brought %s again", body.get("event_id") or body.get("trigger_id"))
        except Exception:
            log.exception("something from Slack could not be stored; events are brought again")
            if kind_of(body) == "command":  # never brought again, so its author is told
                return BoltResponse(status=200, body=t(NOT_STORED))
            if is_composer(body):  # nor is a form, which stays open with all its words
                return BoltResponse(status=200, body=given_back({WORDS: t(NOT_STORED)}))
            return BoltResponse(status=503, body="")
        return BoltResponse(status=200, body=await acknowledgement(self._house, self._workspaces, body))

    def _hold_task(self) -> None:
        """The task that acknowledges, kept until it is done: slack_sdk holds none, and stopping waits for it."""
        if (task := asyncio.current_task()) is not None:
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)


def _check(mode: str, *, way_in: str, key: str) -> None:
    """Raises Invalid unless there is a way in and a key to the Web API."""
    if key and way_in.strip():
        return
    what = "an app token" if mode == "socket" else "a signing secret"
    raise Invalid(
        f"Slack needs a bot token, or a client id and its secret, and {what}.", hint="Set them, or none of them."
    )
