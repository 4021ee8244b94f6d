"""A stage on which several workspaces install the app by OAuth, in somebody's browser, and members of each are at work."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from gateway.bots.slack import Slack
from gateway.roles import Channel
from tests.bots.contract import JOINER
from tests.bots.harness import PATIENCE, ChatHarness
from tests.bots.slack.driver import SlackDriver
from tests.fakes.slack import SlackFake
from tests.fakes.slack_people import Conversation, Person
from tests.fakes.slack_world import World
from tests.fakes.wire import Clock

HOME = "https://example.org"  # as the community's settings have it; the test's browser knows where that is


class OAuthDriver(SlackDriver):
    """The same door over HTTP, for whoever installs the app."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("http")
        self.fake = SlackFake(clock=clock, ack_within=PATIENCE, retry_delays=(0.0, 0.01, 0.01))
        self.fake.oauth.redirect_urls = [f"{HOME}/slack/oauth_redirect"]
        self.wanted: Collection[str] = ()
        self.client_id, self.client_secret = self.fake.oauth.client_id, self.fake.oauth.client_secret
        self.signing_secret, self.api = self.fake.signing_secret, ""  # another Slack's than the fake's
        self.address = ""

    async def open_door(self) -> None:
        self._stop = asyncio.Event()
        self.door = Slack(
            self.harness.house,
            client_id=self.client_id,
            client_secret=self.client_secret,
            wanted=self.wanted,
            signing_secret=self.signing_secret,
            mode="http",
            api=self.api or self.fake.base_url,
            filer=self.harness.filer,
            patience=5.0,
        )
        self._running.append(asyncio.create_task(self.door.run(self._stop)))
        self.address = await self._serve()
        if not self.api:
            await self.fake.set_request_url(f"{self.address}/slack/events")


@dataclass(slots=True)
class Browser:
    """Somebody's browser: it keeps cookies and follows Slack back to us."""

    driver: OAuthDriver
    cookies: dict[str, str] = field(default_factory=dict)

    async def opens(self) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.driver.address}/slack/install") as response:
            return response.status, await response.text()

    async def begins(self) -> str:
        """Presses the button; where Slack's question is."""
        url = f"{self.driver.address}/slack/install"
        async with aiohttp.ClientSession() as session, session.post(url, allow_redirects=False) as response:
            assert response.status in {302, 303}, await response.text()
            self._keep(response)
            return response.headers["Location"]

    async def answers(self, question: str) -> str:
        """What the person says at Slack; the address that Slack sends them back to."""
        async with aiohttp.ClientSession() as session, session.get(question, allow_redirects=False) as response:
            assert response.status == 302, await response.text()
            return response.headers["Location"]

    async def returns(self, back: str) -> tuple[int, str]:
        """The page that we show."""
        assert back.startswith(HOME)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        url = self.driver.address + back.removeprefix(HOME)
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
            self._keep(response)
            return response.status, await response.text()

    def _keep(self, response: aiohttp.ClientResponse) -> None:
        for line in response.headers.getall("Set-Cookie", []):
            [(name, value)] = re.findall(r"^([^=]+)=([^;]*)", line)
            assert {"Secure", "HttpOnly"} <= set(line.split("; "))
            self.cookies[name] = value

    async def installs(self, world: World, *, as_whole: bool = False) -> tuple[int, str]:
        """From the button to our page."""
        self.driver.fake.oauth.person, self.driver.fake.oauth.as_whole = (world, "U07ADMIN"), as_whole
        return await self.returns(await self.answers(await self.begins()))


@dataclass(slots=True)
class Town:
    """Two workspaces, `one` and `two`, whose ids are the same ones."""

    driver: OAuthDriver
    harness: ChatHarness
    two: World

    @property
    def fake(self) -> SlackFake:
        return self.driver.fake

    @property
    def one(self) -> World:
        return self.fake.world

    def browser(self) -> Browser:
        return Browser(self.driver)

    async def linked(self, handle: str, world: World) -> tuple[Person, Conversation]:
        """A member's account in that workspace, linked."""
        person = self.fake.user(name=handle, of=world)
        dm = person.dm()
        dm.say(f"link {self.harness.link_code(handle, 'slack')}")
        await hears(dm, f"you are @{handle}")
        return person, dm

    async def restart(self, **changed: Any) -> None:
        """A new process, for a community of which this is changed."""
        house = self.harness.house
        await self.harness.stop()
        await self.driver.close_door()
        self.harness.house = replace(house, community=replace(house.community, **changed))
        await self.driver.open_door()
        await self.harness.work(Channel("slack", self.driver.door.prepare), self.driver.door.carrier)


async def hears(dm: Conversation, words: str) -> None:
    await dm.wait_for(lambda one: one.from_bot and words in one.text.replace(JOINER, ""))


@asynccontextmanager
async def town(harness: ChatHarness, *, wanted: Collection[str] = ()) -> AsyncIterator[Town]:
    driver = OAuthDriver(harness.house.now)
    driver.wanted = wanted
    await driver.fake.__aenter__()
    driver.fake.world.app.bot_token = ""
    driver.harness = harness
    two = driver.fake.workspace("Bay")
    await driver.open_door()
    await harness.work(Channel("slack", driver.door.prepare), driver.door.carrier)
    try:
        yield Town(driver, harness, two)
    finally:
        await harness.stop()
        await driver.stop()
