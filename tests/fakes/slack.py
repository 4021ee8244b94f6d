"""A Slack of one's own on loopback: Web API, Socket Mode, signed HTTP delivery, and people who talk to the app.

    async with SlackFake() as fake:
        client = AsyncWebClient(token=fake.bot_token, base_url=fake.base_url)
        alice = fake.user("UALICE", name="alice")
        alice.dm().say("Hello")                              # → a message event, by socket or by signed POST
        answer = await alice.dm().wait_for("published")      # ← chat.postMessage

Shapes and errors follow https://docs.slack.dev/reference. Deliberate differences: Request URLs may be plain HTTP on loopback,
no rate limit is enforced (look at `requests` for the times, ask for a 429 with `fail_next`), and whoever is asked to allow an install answers at
once. Ids of two workspaces are the same ones, since nothing promises that they are not.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.fakes.slack_delivery import Attempt, Delivery
from tests.fakes.slack_methods import METHODS, SlackError, refuse
from tests.fakes.slack_oauth import Door
from tests.fakes.slack_people import Conversation, Person, bot_message, respond
from tests.fakes.slack_views import Answered
from tests.fakes.slack_world import App, Channel, World
from tests.fakes.wire import Bell, Clock, Failure, Failures, Json, Loopback, Mishap, Request, now_utc

ALL_SCOPES = frozenset(scope for _, scope in METHODS.values() if scope)
STRUCTURED = frozenset({"blocks", "attachments", "files", "view", "metadata"})
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in to Slack</title></head><body>Sign in</body></html>"


class SlackFake:
    """A workspace with one installed app, `world`, and as many more as `workspace` makes, in which `oauth` installs it. Slack's own patience is
    `ack_within=3, retry_delays=(0, 60, 300)`.
    """

    def __init__(
        self,
        *,
        scopes: frozenset[str] = ALL_SCOPES,
        clock: Clock = now_utc,
        ack_within: float = 3.0,
        retry_delays: Sequence[float] = (0.0, 0.05, 0.1),
    ) -> None:
        self.requests: list[Request] = []
        self.queried: set[str] = set()  # methods POSTed with a query string, which Slack reads and not every peer does
        self._clock = clock
        self._failures = Failures()
        app = App(scopes=scopes)
        self._delivery = Delivery(app.signing_secret, app.app_id, ack_within, retry_delays)
        team = {"id": "T07P0STR00M", "name": "Harbour", "domain": "harbour", "email_domain": "example.org"}
        self.world = World(app, clock, self._delivery, team, Bell())
        self.worlds = [self.world]
        self.oauth = Door(self.worlds)
        web_app = web.Application(client_max_size=64 * 1024 * 1024)
        web_app.router.add_get("/oauth/v2/authorize", self.oauth.serve_question)
        web_app.router.add_route("*", "/api/{method}", self._serve)
        web_app.router.add_get("/link/", self._delivery.serve_socket)
        web_app.router.add_post("/upload/v1/{file}", self._upload)
        web_app.router.add_get("/files-pri/{file}/{path:.*}", self._download)
        web_app.router.add_post("/actions/{name:.+}", self._respond)
        self._server = Loopback(web_app)

    async def __aenter__(self) -> Self:
        await self._server.start()
        for world in self.worlds:
            world.url = self._server.url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._delivery.stop()
        await self._server.stop()

    @property
    def base_url(self) -> str:
        """For `AsyncWebClient(base_url=…)`."""
        return f"{self._server.url}/api/"

    @property
    def bot_token(self) -> str:
        return self.world.app.bot_token

    @property
    def app_token(self) -> str:
        return self.world.app.app_token

    @property
    def signing_secret(self) -> str:
        return self.world.app.signing_secret

    # Who is there

    def workspace(self, name: str, *, organisation: str = "") -> World:
        """One more, in which the app is not installed yet. Those of one organisation have no ids in common."""
        team = {"id": f"T07{name.upper()}", "name": name, "domain": name.lower(), "email_domain": "example.org"}
        app = App(bot_token="", user_id=f"U07{name.upper()}BOT" if organisation else self.world.app.user_id)
        world = World(app, self._clock, self._delivery, team, self.world.bell, organisation=organisation)
        if organisation:
            world._numbers = count(1000 * len(self.worlds))
        world.url = self.world.url
        self.worlds.append(world)
        return world

    def user(
        self, user_id: str = "", *, name: str, real_name: str = "", tz: str = "Europe/Oslo", of: World | None = None
    ) -> Person:
        """Somebody in the workspace."""
        world = of or self.world
        number = user_id or world.new_id("U")
        shown = real_name or name.title()
        profile = {"real_name": shown, "display_name": name, "team": world.team["id"]}
        about: Json = {
            "id": number,
            "team_id": world.team["id"],
            "name": name,
            "real_name": shown,
            "profile": profile,
        }
        facts = {
            "deleted": False,
            "is_bot": False,
            "is_app_user": False,
            "is_restricted": False,
            "tz": tz,
            "tz_offset": 3600,
        }
        world.users[number] = about | facts
        return Person(world, number)

    def channel(self, name: str, *people: Person, private: bool = False, with_bot: bool = True) -> Conversation:
        """A channel with these people in it, through the eyes of the first."""
        members = {person.id for person in people} | ({self.world.app.user_id} if with_bot else set())
        channel = Channel(self.world.new_id("G" if private else "C"), name, members)
        self.world.channels[channel.id] = channel
        return Conversation(self.world, channel, people[0].id)

    # How the app is told

    async def set_request_url(self, url: str) -> None:
        """Verifies the Request URL with a challenge, then POSTs events, commands and interactions to it."""
        await self._delivery.verify_url(url)

    async def connected(self, timeout: float = 20) -> None:
        """Waits until the app is there by Socket Mode."""
        if not await self._delivery.bell.until(lambda: self._delivery.sockets or None, timeout):
            raise AssertionError("nobody connected by Socket Mode")

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        await self._delivery.disconnect(reason)

    @property
    def events(self) -> list[Json]:
        """The envelope of every event so far."""
        return self.world.events

    @property
    def attempts(self) -> list[Attempt]:
        """Every finished try to hand something to the app."""
        return self._delivery.attempts

    @contextmanager
    def impatient(self, seconds: float) -> Iterator[None]:
        """Slack waits no longer than this for an acknowledgement, where there will be none."""
        usual, self._delivery.ack_within = self._delivery.ack_within, seconds
        try:
            yield
        finally:
            self._delivery.ack_within = usual

    async def delivered(self, count: int, timeout: float = 20) -> list[Attempt]:
        """Waits until so many attempts are finished."""
        found = await self._delivery.bell.until(lambda: self.attempts if len(self.attempts) >= count else None, timeout)
        if found is None:
            raise AssertionError(f"only {len(self.attempts)} of {count} deliveries in {timeout} s")
        return found

    def redeliver(self, envelope: Json) -> Answered:
        """Sends an event once more under its event_id, as Slack does when an answer was lost."""
        return self._delivery.carry("events_api", envelope)

    def hold_back(self) -> None:
        """Nothing that is on its way reaches the app; what is brought from now on does."""
        self._delivery.give_up()

    def tell(self, event: Json) -> Answered:
        """Any event, wrapped in its envelope."""
        return self.world.tell(event)

    def signed(self, body: bytes, at: int | None = None) -> dict[str, str]:
        """Signature headers for a body of one's own; `at` in seconds of the real clock."""
        return self._delivery.signed(body, at)

    def uninstall(self, world: World | None = None) -> list[Answered]:
        """The app is removed: its token is dead, and it is told twice."""
        place = world or self.world
        place.app.revoked = True
        revoked = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [place.app.user_id]}}
        return [place.tell(revoked), place.tell({"type": "app_uninstalled"})]

    # What goes wrong

    def fail_next(
        self,
        method: str,
        *,
        status: int | Mishap = 200,
        error: str = "",
        retry_after: int = 0,
        channel: str = "",
        times: int = 1,
    ) -> None:
        """The next `times` matching calls fail: by HTTP status, by `error` with 200, or by a mishap of the connection."""
        self._failures.add(Failure(method, status, retry_after, error, channel), times)

    # The wire

    async def _serve(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        self.queried |= {name} if request.method == "POST" and request.query else set()
        seen = Request(name, await _parameters(request), _token(request), self._clock())
        seen.basic = request.headers.get("Authorization", "")
        self.requests.append(seen)
        seen.token = seen.params.pop("token", "") or seen.token
        failure = self._failures.take(name, seen.place)
        if failure and failure.status == "disconnect":
            return await self._server.vanish(request, "disconnect")
        if failure and isinstance(failure.status, int):
            return _failed(seen, failure)
        try:
            seen.answer = {"ok": True} | self._call(name, seen)
        except SlackError as refusal:
            seen.answer = refusal.body
        if failure and not isinstance(failure.status, int):
            return await self._server.vanish(request, failure.status)
        seen.status = 200
        return web.json_response(seen.answer, headers={"X-OAuth-Scopes": ",".join(sorted(self.world.app.scopes))})

    def _call(self, name: str, seen: Request) -> Json:
        if name == "oauth.v2.access":
            return self.oauth.access(seen)
        if name not in METHODS:
            refuse("unknown_method", req_method=name)
        method, scope = METHODS[name]
        if not seen.token:
            refuse("not_authed")
        if (seen.token == self.app_token) != (name == "apps.connections.open"):
            refuse("not_allowed_token_type")
        world = self.world if seen.token == self.app_token else self._world_of(seen.token, seen.params)
        if world is None:
            refuse("invalid_auth")
        app = world.app
        if app.revoked and seen.token != self.app_token:
            refuse("account_inactive")
        if scope and scope not in app.scopes and seen.token != self.app_token:
            refuse("missing_scope", needed=scope, provided=",".join(sorted(app.scopes)))
        return method(world, seen.params)

    def _world_of(self, token: str, params: Json) -> World | None:
        """The workspace that the token is for; an organisation's is for all of its own, so there the one that holds what is asked for."""
        worlds = [world for world in self.worlds if token and world.app.bot_token == token]
        wanted = {str(params.get(name)) for name in ("channel", "channel_id", "users", "user", "user_id", "file")}
        held = [w for w in worlds if wanted & (w.channels.keys() | w.users.keys() | w.files.keys())]
        return next(iter([*held, *worlds]), None)

    def _named(self, team: str) -> World:
        return next((world for world in self.worlds if world.team["id"] == team), self.world)

    async def _upload(self, request: web.Request) -> web.Response:
        team, _, number = request.match_info["file"].partition("-")
        file = self._named(team).files.get(number)
        if file is None:
            return web.Response(status=404, text="not found")
        if request.content_type == "multipart/form-data":
            part = next(iter((await request.post()).values()))
            file.data = part.file.read() if isinstance(part, web.FileField) else b""
        else:
            file.data = await request.read()
        return web.Response(text=f"OK - {len(file.data)}")

    async def _download(self, request: web.Request) -> web.Response:
        """The file for the bot's token; without it the sign-in page, with 200, as Slack answers."""
        team, _, number = request.match_info["file"].partition("-")
        world = self._named(team)
        file, app = world.files.get(number), world.app
        failure = self._failures.take("download", "")
        if failure and not isinstance(failure.status, int):
            return await self._server.vanish(request, failure.status)
        if failure:
            return web.Response(status=int(failure.status))
        if _token(request) != app.bot_token or app.revoked or "files:read" not in app.scopes:
            return web.Response(text=LOGIN_PAGE, content_type="text/html")
        if file is None:
            return web.Response(status=404)
        return web.Response(body=file.data, content_type=file.described["mimetype"])

    async def _respond(self, request: web.Request) -> web.Response:
        """A response_url: adds, replaces or takes away a message."""
        world = self._named(request.match_info["name"].partition("/")[0])
        place = world.responses.get(request.match_info["name"])
        if place is None:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        channel_id, user, ts = place
        channel, answer = world.channels[channel_id], await request.json()
        original = channel.messages.get(ts)
        if answer.get("delete_original") and original:
            world.remove(channel, ts)
        elif answer.get("replace_original") and original:
            content = {key: answer[key] for key in ("text", "blocks") if key in answer}
            world.change(channel, ts, bot_message(world, content) | {"ts": ts})
        else:
            respond(world, channel, user, answer)
        return web.Response(text="ok")


async def _parameters(request: web.Request) -> Json:
    """Query, form or JSON body together; what is structured is decoded."""
    params: Json = dict(request.query)
    if request.content_type == "application/json":
        params |= json.loads(await request.text() or "{}")
    else:
        params |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    for name in STRUCTURED & params.keys():
        if isinstance(params[name], str):
            try:
                params[name] = json.loads(params[name])
            except ValueError:
                params[name] = "not JSON"
    return params


def _token(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ").strip()


def _failed(seen: Request, failure: Failure) -> web.Response:
    seen.status = int(failure.status)
    if seen.status == 429:
        seen.answer = {"ok": False, "error": "ratelimited"}
        return web.json_response(seen.answer, status=429, headers={"Retry-After": str(failure.retry_after)})
    if seen.status >= 500:
        return web.Response(status=seen.status, text="upstream connect error or disconnect/reset before headers")
    seen.answer = {"ok": False, "error": failure.words or "internal_error"}
    return web.json_response(seen.answer, status=seen.status)
