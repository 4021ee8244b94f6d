"""The contract's driver for Slack: the fake workspace with people in it, and our door to it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import uvicorn
from starlette.applications import Starlette

from gateway.bots.capabilities import SLACK
from gateway.bots.slack import Slack
from gateway.roles import Channel
from tests.bots.contract import JOINER, Shown
from tests.bots.harness import PATIENCE, ChatHarness
from tests.fakes.slack import SlackFake
from tests.fakes.slack_people import Conversation, Person, SlackSeen
from tests.fakes.wire import Json

Mode = Literal["socket", "http"]


class SlackDriver:
    """Slack by Socket Mode, or over HTTP through uvicorn."""

    channel = "slack"
    capabilities = SLACK

    def __init__(self, mode: Mode = "socket", *, patience: float = 5.0, ack_within: float = PATIENCE) -> None:
        self.fake = SlackFake(ack_within=ack_within, retry_delays=(0.0, 0.01, 0.01))
        self.mode: Mode = mode
        self._patience = patience
        self._stop = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []
        self._server: uvicorn.Server | None = None
        self.door: Slack
        self.harness: ChatHarness

    async def start(self, harness: ChatHarness) -> None:
        await self.fake.__aenter__()
        self.harness = harness
        await self.open_door()
        await harness.work(Channel("slack", self.door.prepare), self.door.carrier)

    async def open_door(self) -> None:
        """Starts a door, as a new process would."""
        self._stop = asyncio.Event()
        self.door = Slack(
            self.harness.house,
            bot_token=self.fake.bot_token,
            app_token=self.fake.app_token,
            signing_secret=self.fake.signing_secret,
            mode=self.mode,
            api=self.fake.base_url,
            filer=self.harness.filer,
            patience=self._patience,
            ping_seconds=PATIENCE,  # a shorter one would take a starved line for a lost one
        )
        self._running.append(asyncio.create_task(self.door.run(self._stop)))
        if self.mode == "socket":
            await self.fake.connected()
        else:
            await self.fake.set_request_url(f"{await self._serve()}/slack/events")

    async def _serve(self) -> str:
        site = Starlette(routes=self.door.routes)
        config = uvicorn.Config(site, port=0, log_level="error", access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._running.append(asyncio.create_task(self._server.serve()))
        async with asyncio.timeout(60):
            while not self._server.started:
                await asyncio.sleep(0.005)
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    async def close_door(self) -> None:
        """Stops it; what it raised is raised here."""
        self._stop.set()
        if self._server is not None:
            self._server.should_exit = True
            self._server = None
        running, self._running = self._running, []
        async with asyncio.timeout(60):
            await asyncio.gather(*running)

    async def stop(self) -> None:
        await self.close_door()
        await self.fake.__aexit__(None, None, None)

    async def person(self, handle: str) -> "SlackPerson":
        return SlackPerson(self, self.fake.user(name=f"{handle}_on_slack", real_name=handle.title()))

    async def redeliver(self) -> None:
        """The last thing a person said, once more."""
        said = [one for one in self.fake.events if "bot_id" not in one["event"]]
        assert await self.fake.redeliver(said[-1]) is not None


class SlackPerson:
    """A person's direct conversation with the bot."""

    def __init__(self, driver: SlackDriver, person: Person) -> None:
        self._driver = driver
        self.person = person
        self.dm: Conversation = person.dm()
        team = driver.fake.world.team["id"]
        self.account, self.place = f"{team}:{person.id}", f"{team}:{self.dm.id}"

    async def say(self, text: str, *, bold: str = "") -> str:
        return self.dm.say(text, blocks=_with_bold(text, bold) if bold else None).ts

    async def photo(self, *photos: bytes, caption: str = "") -> str:
        if len(photos) == 1:
            return self.dm.file(photos[0], "photo.jpg", caption).ts
        return self.files(
            *((data, f"photo{number}.jpg", "image/jpeg") for number, data in enumerate(photos)), text=caption
        )

    def files(self, *files: tuple[bytes, str, str], text: str = "") -> str:
        """Several files shared in one message, as Slack's client does: bytes, name and type of each."""
        world = self._driver.fake.world
        described = [world.add_file(data, name, kind, self.person.id).described for data, name, kind in files]
        message: Json = {
            "type": "message",
            "subtype": "file_share",
            "user": self.person.id,
            "ts": world.ts(),
            "team": world.team["id"],
            "text": text,
            "files": described,
        }
        world.post(world.channels[self.dm.id], message)
        return str(message["ts"])

    async def reply(self, to: Shown, text: str) -> str:
        return self.dm.say(text, thread_ts=to.answers or to.id).ts

    async def edit(self, message_id: str, text: str) -> None:
        self.dm.edit(message_id, text)

    async def delete(self, message_id: str) -> None:
        self.dm.delete(message_id)

    async def press(self, shown: Shown, label: str) -> None:
        assert await self.dm.press(shown.id, label) is not None

    async def seen(self) -> Sequence[Shown]:
        return [_shown(one) for one in self.dm.messages]

    async def wait_for(self, text: str, *, seconds: float = PATIENCE) -> Shown:
        return _shown(await self.sees(lambda one: text in one.text.replace(JOINER, ""), text, seconds=seconds))

    async def sees(
        self, fits: Callable[[SlackSeen], object], what: str = "", *, seconds: float = PATIENCE
    ) -> SlackSeen:
        """The latest message of the bot that fits."""
        try:
            await self.dm.wait_for(lambda one: one.from_bot and fits(one), seconds)
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}\n{self._driver.harness.story()}") from None
        return next(one for one in reversed(self.dm.answers) if fits(one))


def _with_bold(text: str, bold: str) -> list[Json]:
    before, _, after = text.partition(bold)
    parts: list[Json] = [{"type": "text", "text": bold, "style": {"bold": True}}]
    parts = [{"type": "text", "text": before}] * bool(before) + parts + [{"type": "text", "text": after}] * bool(after)
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}]


def _shown(one: SlackSeen) -> Shown:
    blocks: list[Json] = one.raw.get("blocks") or []
    return Shown(
        id=one.ts,
        text=one.text,
        from_bot=one.from_bot,
        buttons=tuple(button.label for button in one.buttons),
        answers=one.thread_ts if one.thread_ts != one.ts else "",
        photos=len(one.files) + sum(block["type"] == "image" for block in blocks),
        bold=tuple(_bold(blocks)),
    )


def _bold(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _bold(one)
    elif isinstance(value, dict):
        if value.get("type") == "text" and value.get("style", {}).get("bold"):
            yield value["text"]
        yield from _bold(list(value.values()))
