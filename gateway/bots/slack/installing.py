"""How the app comes into a workspace: Bolt's OAuth flow (Slack's "Installing with OAuth", version 2) with our store, our states and our pages.

Opening the page does nothing; its button makes a state, which works once, for ten minutes, in the browser that got it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from logging import Logger
from typing import Any
from urllib.parse import urlsplit

from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.bots.slack.api import LIBRARY
from gateway.bots.slack.installs import workspace_of
from gateway.bots.slack.manifest import INSTALL_PATH, REDIRECT_PATH, SCOPES
from gateway.bots.slack.results import Trouble
from gateway.bots.slack.workspaces import Workspaces
from gateway.core.errors import NotFound, PostroomError, TooMuch
from gateway.core.house import House
from gateway.core.people import accounts
from gateway.core.people.limits import Limits, network_of
from gateway.core.templates import environment
from gateway.core.words import N, t

log = logging.getLogger("postroom.slack")

PURPOSE = "slack install"
STATE_LASTS = timedelta(minutes=10)
MOST_STATES = 20  # an hour, for one network
NOTHING_DONE = "Nothing was installed."
BEGIN_AGAIN = "Go back to the beginning and try again."
FAILURES = {  # Bolt's and Slack's words for what went wrong, and ours
    "access_denied": ("You did not allow it at Slack.", "To install the app after all, begin again."),
    "invalid_browser": ("This was not begun in this browser, or cookies are turned off.", BEGIN_AGAIN),
    "invalid_state": ("This was begun more than ten minutes ago, or is done already.", BEGIN_AGAIN),
    "not_wanted": ("The people who run this community don't take this workspace.", "Ask them."),
    "no_workspace": (N("Slack did not say which workspace it is for."), BEGIN_AGAIN),
    "storage_error": ("It could not be saved just now.", "Try again in a few minutes."),
}
STATUSES = {"not_wanted": 403, "no_workspace": 502}  # where Bolt suggests another
UNCLEAR = ("Slack did not confirm it.", BEGIN_AGAIN)


class _NotKept(BoltError):
    """It was installed, but is not kept, and its token is given back; `reason` is a key of FAILURES."""

    def __init__(self, reason: str, workspace: str = "") -> None:
        super().__init__(f"{reason} {workspace}".strip())
        self.reason = reason


class States(AsyncOAuthStateStore):
    """States in our database, as hashes."""

    def __init__(self, house: House) -> None:
        self._house = house

    @property
    def logger(self) -> Logger:
        return log

    async def async_issue(self, *_args: Any, **_more: Any) -> str:
        """A new state. Raises Unavailable."""
        now, randomness = self._house.now(), self._house.randomness
        unit = self._house.database.writer.submit(
            lambda session: accounts.issue_token(session, PURPOSE, {}, now, STATE_LASTS, randomness)
        )
        return await asyncio.wrap_future(unit)

    async def async_consume(self, state: str) -> bool:
        """Whether it works; it never does again."""
        now = self._house.now()
        unit = self._house.database.writer.submit(lambda session: accounts.use_token(session, PURPOSE, state, now))
        try:
            await asyncio.wrap_future(unit)
        except NotFound:
            return False
        return True


class Flow(AsyncOAuthFlow):
    """Bolt's flow, which takes wanted workspaces only and raises nothing."""

    def __init__(
        self, house: House, workspaces: Workspaces, client: AsyncWebClient, *, client_id: str, client_secret: str
    ) -> None:
        self._house, self._workspaces = house, workspaces
        super().__init__(
            client=client,
            logger=LIBRARY,
            settings=AsyncOAuthSettings(
                client_id=client_id,
                client_secret=client_secret,
                scopes=SCOPES,
                user_scopes=(),
                redirect_uri=house.community.base_url + REDIRECT_PATH,
                install_path=INSTALL_PATH,
                install_page_rendering_enabled=False,
                redirect_uri_path=REDIRECT_PATH,
                callback_options=AsyncCallbackOptions(success=self._installed, failure=self._failed),
                authorization_url=authorization_url(client.base_url),
                installation_store=workspaces.installs,
                installation_store_bot_only=True,
                state_store=States(house),
                state_expiration_seconds=int(STATE_LASTS.total_seconds()),
                logger=LIBRARY,
            ),
        )

    def page(self) -> Response:
        """Where it begins."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(self.settings.authorization_url))
        return _page(self._house, "begin", form_to=origin)

    def sorry(self, error: PostroomError) -> Response:
        status = 429 if isinstance(error, TooMuch) else 503
        return _page(self._house, "failed", status=status, why=error.message, hint=error.hint)

    async def run_installation(self, code: str) -> Installation | None:
        """What Slack gives for the code; None when it gives nothing."""
        try:
            return await super().run_installation(code)
        except Trouble as error:
            log.warning("Slack did not answer when the app was being installed: %s", type(error).__name__)
            return None

    async def store_installation(self, request: AsyncBoltRequest, installation: Installation) -> None:
        """Keeps it, or gives the token back. Raises BoltError."""
        try:
            workspace = workspace_of(installation.to_bot())
        except ValueError as error:
            log.warning("Slack named no workspace for an install, so it was refused")
            await self._give_back(installation)
            raise _NotKept("no_workspace") from error
        if not self._workspaces.is_wanted(workspace):
            log.warning("Slack workspace %s is not among slack_workspaces, so it was refused", workspace)
            await self._give_back(installation)
            raise _NotKept("not_wanted", workspace)
        try:
            await super().store_installation(request, installation)
        except PostroomError as error:
            log.exception("an install of Slack workspace %s could not be kept", workspace)
            raise BoltError(str(error)) from error
        log.info("the app was installed in Slack workspace %s", workspace)

    async def _give_back(self, installation: Installation) -> None:
        try:
            await self.client.auth_revoke(token=installation.bot_token)
        except Trouble as error:
            log.warning("a token could not be given back to Slack: %s", type(error).__name__)

    async def _installed(self, done: AsyncSuccessArgs) -> BoltResponse:
        made = done.installation
        name = made.enterprise_name if made.is_enterprise_install else made.team_name
        return _bolted(_page(self._house, "done", name=name or "your workspace"), self._forgotten())

    async def _failed(self, failed: AsyncFailureArgs) -> BoltResponse:
        reason = failed.error.reason if isinstance(failed.error, _NotKept) else failed.reason
        why, hint = FAILURES.get(reason, UNCLEAR)
        status = STATUSES.get(reason, failed.suggested_status_code)
        return _bolted(_page(self._house, "failed", status=status, why=t(why), hint=t(hint)), self._forgotten())

    def _forgotten(self) -> str:
        return self.settings.state_utils.build_set_cookie_for_deletion()


def authorization_url(base_url: str) -> str:
    """Where Slack asks people whether they allow it, for this Web API: `https://slack.com/oauth/v2/authorize` for `https://slack.com/api/`."""
    return base_url.rstrip("/").removesuffix("/api") + "/oauth/v2/authorize"


def install_routes(flow: Flow, house: House) -> list[BaseRoute]:
    """`GET` shows the page, `POST` goes to Slack, which sends people back to the second path."""
    limits = Limits()

    async def begin(request: Request) -> Response:
        if request.method != "POST":
            return flow.page()
        network = network_of(request.client.host if request.client else "")
        try:
            limits.take(PURPOSE, network, house.now().timestamp(), most=MOST_STATES, seconds=3600)
            return await _handled(flow.handle_installation, request)
        except PostroomError as error:
            return flow.sorry(error)

    async def back(request: Request) -> Response:
        try:
            return await _handled(flow.handle_callback, request)
        except PostroomError as error:
            return flow.sorry(error)

    return [Route(INSTALL_PATH, begin, methods=["GET", "POST"]), Route(REDIRECT_PATH, back, methods=["GET"])]


async def _handled(handle: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]], request: Request) -> Response:
    answer: Response = to_starlette_response(await handle(to_async_bolt_request(request, b"")))
    return answer


def _page(house: House, part: str, *, status: int = 200, form_to: str = "", **values: str) -> Response:
    html = (
        environment("web")
        .get_template("slack_install.html")
        .render(part=part, community=house.community, install_path=INSTALL_PATH, nothing_done=NOTHING_DONE, **values)
    )
    policy = f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {form_to}; base-uri 'none'; frame-ancestors 'none'"
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",  # the address holds Slack's code
    }
    return HTMLResponse(html, status, headers=headers)


def _bolted(page: Response, cookie: str) -> BoltResponse:
    headers: dict[str, str | Sequence[str]] = {n: [v] for n, v in page.headers.items() if n != "content-length"}
    return BoltResponse(
        status=page.status_code, body=bytes(page.body).decode(), headers=headers | {"set-cookie": [cookie]}
    )
