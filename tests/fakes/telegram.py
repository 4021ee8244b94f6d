"""A Telegram of one's own: the Bot API over HTTP on loopback, with people who talk to the bots.

    async with TelegramFake(judge=True) as fake:
        bot = telegram.Bot(fake.token, base_url=fake.base_url, base_file_url=fake.base_file_url)
        alice = fake.private_chat(first_name="Alice", username="alice")
        alice.say("Hello")                                  # → getUpdates or the webhook
        answer = await alice.wait_for("published")          # ← sendMessage

Facts and wording follow https://core.telegram.org/bots/api and the open-source Bot API server. Deliberate differences: webhooks
may be plain HTTP on loopback, addresses are never fetched, MarkdownV2 is not read, and no rate limit is enforced:
look at `requests` for the times, ask for a 429 with `fail_next`. Text limits are counted in UTF-16 units, the strictest
reading of "characters".
"""

import importlib
import inspect
from itertools import count
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.fakes import telegram_home as homes
from tests.fakes.telegram_call import Call, read_parameters
from tests.fakes.telegram_chats import Chat
from tests.fakes.telegram_errors import NOT_FOUND, UNAUTHORIZED, Refused, told_to_fail
from tests.fakes.telegram_home import Home, Judge, NoJudge
from tests.fakes.telegram_methods import METHODS
from tests.fakes.telegram_updates import Updates
from tests.fakes.wire import Clock, Failure, Failures, Json, Loopback, Mishap, Request, now_utc

BY_NAME = {name.lower(): (name, method) for name, method in METHODS.items()}  # the Bot API does not mind the case
FIRST_PERSON, FIRST_GROUP, FIRST_SUPERGROUP = 7_200_000_001, -4_600_000_001, -1_002_600_000_001


class TelegramFake:
    """The server, its bots, and the people and groups that write to them."""

    def __init__(self, *, username: str = "postroom_test_bot", judge: bool = False, clock: Clock = now_utc) -> None:
        self.requests: list[Request] = []
        self._clock = clock
        self._failures = Failures()
        self._judge = _aiogram_judge() if judge else NoJudge()
        self._homes: dict[str, tuple[Home, dict[int, Chat]]] = {}
        self._numbers = count(1)
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._server = Loopback(app)
        self.token = self.add_bot(username)

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for home, _ in self._homes.values():
            await home.updates.stop()
        await self._server.stop()
        if self.faults and error is None:
            raise AssertionError("Not the Bot API:\n" + "\n".join(self.faults))

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def base_url(self) -> str:
        """For `telegram.Bot(base_url=…)`, which appends the token."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        return f"{self.url}/file/bot"

    @property
    def faults(self) -> list[str]:
        """What the judge found wrong so far; leaving the context with any raises."""
        return list(getattr(self._judge, "faults", []))

    # Who is there

    def add_bot(self, username: str) -> str:
        """One more bot; its token."""
        number = 5_100_000_000 + next(self._numbers)
        token = f"{number}:AAF-not-a-real-token-{number:x}-{'x' * 6}"
        updates = Updates(810_000_000 + 1000 * len(self._homes) + 1, self._clock, self._judge.update)
        me = homes.bot_user(number, username)
        self._homes[token] = (Home(token, me, updates, self._clock, self._judge, count(1_400_001), count(1)), {})
        return token

    def person(self, first_name: str, username: str = "", *, user_id: int = 0, language: str = "en") -> Json:
        """Somebody who can write in groups: `group.say("hi", by=person)`."""
        return homes.person(user_id or FIRST_PERSON + next(self._numbers), first_name, username, language=language)

    def private_chat(
        self, *, user_id: int = 0, first_name: str = "Bob", username: str = "", language: str = "en", token: str = ""
    ) -> Chat:
        """A person's own chat with the bot, which they have started before; the chat's id is the person's."""
        who = self.person(first_name, username, user_id=user_id, language=language)
        about = {key: who[key] for key in ("id", "first_name", "username") if key in who} | {"type": "private"}
        return self._add(about, token, who=who)

    def group(self, title: str, *, supergroup: bool = False, privacy: bool = True, token: str = "") -> Chat:
        """A group with the bot in it; with `privacy`, as is usual, it hears only commands and replies to itself."""
        first = FIRST_SUPERGROUP if supergroup else FIRST_GROUP
        about = {"id": first - next(self._numbers), "type": "supergroup" if supergroup else "group", "title": title}
        return self._add(about, token, privacy=privacy)

    def channel(self, title: str, username: str = "", *, token: str = "") -> Chat:
        about = {"id": FIRST_SUPERGROUP - next(self._numbers), "type": "channel", "title": title}
        return self._add(about | ({"username": username} if username else {}), token)

    def migrate(self, group: Chat, by: Json) -> Chat:
        """Turns a group into a supergroup under another id; the old one refuses and says where to go."""
        token = next(token for token, (_, chats) in self._homes.items() if chats.get(group.id) is group)
        new = self.group(group.about["title"], supergroup=True, privacy=group.privacy, token=token)
        group.serve(by, migrate_to_chat_id=new.id)
        new.serve(by, migrate_from_chat_id=group.id)
        group.migrated_to = new.id
        return new

    def home(self, token: str = "") -> Home:
        """A bot's account: its updates, files, commands."""
        return self._homes[token or self.token][0]

    def _add(self, about: Json, token: str, *, who: Json | None = None, privacy: bool = False) -> Chat:
        home, chats = self._homes[token or self.token]
        chats[about["id"]] = Chat(home, about, who=who, privacy=privacy)
        return chats[about["id"]]

    # What goes wrong

    def fail_next(
        self,
        method: str,
        *,
        status: int | Mishap,
        retry_after: int = 0,
        description: str = "",
        chat_id: int | None = None,
        times: int = 1,
    ) -> None:
        """The next `times` matching calls fail; `*` is any method. "… after send" means that the call took effect."""
        place = "" if chat_id is None else str(chat_id)
        self._failures.add(Failure(method, status, retry_after, description, place), times)

    # The wire

    async def _serve(self, request: web.Request) -> web.Response:
        token, (name, method) = (
            request.match_info["token"],
            BY_NAME.get(request.match_info["method"].lower(), ("", None)),
        )
        seen = Request(name or request.match_info["method"], {}, token, self._clock())
        self.requests.append(seen)
        try:
            home, chats = self._account(token)
            if method is None:
                raise NOT_FOUND
            seen.params, files = await read_parameters(request)
            home.judge.call(name, seen.params)
            failure = self._failures.take(name, seen.place)
            if failure and isinstance(failure.status, int):
                raise told_to_fail(failure.status, failure.retry_after, failure.words)
            if failure and failure.status == "disconnect":
                return await self._server.vanish(request, "disconnect")
            result = method(Call(home, chats, seen.params, files))
            result = await result if inspect.isawaitable(result) else result
            if failure and not isinstance(failure.status, int):
                return await self._server.vanish(request, failure.status)
        except Refused as refusal:
            seen.status, seen.answer = refusal.code, refusal.body()
            return web.json_response(seen.answer, status=refusal.code)
        if name != "getUpdates":  # updates were judged when they happened; broken ones are put in on purpose
            home.judge.answer(name, result)
        seen.status, seen.answer = 200, result
        return web.json_response({"ok": True, "result": result})

    def _account(self, token: str) -> tuple[Home, dict[int, Chat]]:
        number, colon, secret = token.partition(":")
        if not (number.isdigit() and colon and secret):
            raise NOT_FOUND
        if token not in self._homes:
            raise UNAUTHORIZED
        return self._homes[token]

    async def _download(self, request: web.Request) -> web.Response:
        if request.match_info["token"] not in self._homes:
            return web.json_response(UNAUTHORIZED.body(), status=401)
        failure = self._failures.take("download", "")
        if failure and isinstance(failure.status, int):
            return web.json_response(told_to_fail(failure.status, 0, failure.words).body(), status=failure.status)
        if failure and not isinstance(failure.status, int):
            return await self._server.vanish(request, failure.status)
        data = self._homes[request.match_info["token"]][0].files.at(request.match_info["path"])
        if data is None:
            return web.json_response(NOT_FOUND.body(), status=404)
        return web.Response(body=data, content_type="application/octet-stream")


def _aiogram_judge() -> Judge:
    """Loaded only when asked for: aiogram is a dependency of the tests, not of the demo."""
    judge: Judge = importlib.import_module("tests.fakes.telegram_judge").AiogramJudge()
    return judge
