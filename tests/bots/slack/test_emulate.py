"""Our OAuth flow, reading and carrier against a Slack that others wrote: npm's `emulate`, as in emulate/package-lock.json.

It tells nobody of what happens in it, so the test brings its messages to our door, signed, as Slack would. Without Node 20 and the package the test
is skipped, unless POSTROOM_CLIENTS=required: `npm ci --prefix tests/bots/slack/emulate` gets it.
"""

import asyncio
import json
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import select

from gateway.core.messages import Answer, Attached, Outgoing
from gateway.core.store.models import SlackInstall
from gateway.roles import Channel
from tests.bots.contract import JOINER
from tests.bots.harness import ChatHarness
from tests.bots.slack.workspaces_stage import HOME, Browser, OAuthDriver
from tests.fakes.slack_text import typed
from tests.fakes.wire import Json
from tests.ports import free_ports

HERE = Path(__file__).parent / "emulate"
SECRET = "not-a-real-signing-secret"
CLIENT = ("1111.2222", "not-a-real-client-secret")

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@asynccontextmanager
async def emulator() -> AsyncIterator[str]:
    """Its address; skips or fails where it can't be had."""
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules" / "emulate").is_dir():
        missing = "node is not installed" if node is None else "npm's emulate is not installed"
        if os.environ.get("POSTROOM_CLIENTS") == "required":
            pytest.fail(f"{missing}, and POSTROOM_CLIENTS=required asks for it")
        pytest.skip(missing)
    [port] = free_ports(1)
    app = {"client_id": CLIENT[0], "client_secret": CLIENT[1], "name": "Postroom"}
    seed = {
        "team": {"name": "Harbour", "domain": "harbour"},
        "users": [{"name": "alice"}, {"name": "bob"}],
        "oauth_apps": [app | {"redirect_uris": [f"{HOME}/slack/oauth_redirect"]}],
        "tokens": [{"token": f"xoxp-{name}", "user": name, "type": "user"} for name in ("alice", "bob")],
        "signing_secret": SECRET,
        "strict_scopes": True,
    }
    command = (node, str(HERE / "emulator.mjs"), str(port), json.dumps({"slack": seed}))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        assert process.stdout is not None
        said = await asyncio.wait_for(process.stdout.readline(), 60)
        assert said.startswith(b"http"), said
        yield said.decode().strip()
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 60)


@dataclass(slots=True)
class Peer:
    """The workspace as its people use it, and how it reaches us."""

    url: str
    driver: OAuthDriver
    harness: ChatHarness
    team: str = ""
    bot: str = ""
    brought: int = 0

    async def call(self, token: str, method: str, **about: Any) -> Json:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/api/{method}", json=about, headers=headers) as response,
        ):
            answer: Json = await response.json()
        assert answer["ok"], (method, answer)
        return answer

    async def signed(self, path: str, body: str, content_type: str) -> str:
        """What we answer to something that Slack signed."""
        moment = str(int(time.time()))
        signature = SignatureVerifier(SECRET).generate_signature(timestamp=moment, body=body) or ""
        headers = {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": signature, "Content-Type": content_type}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.driver.address}/slack/{path}", data=body, headers=headers) as response,
        ):
            assert response.status == 200, await response.text()
            return await response.text()

    async def bring(self, event: Json) -> None:
        """The event in its envelope, stored and worked on."""
        self.brought += 1
        install = {"enterprise_id": None, "team_id": self.team, "user_id": self.bot, "is_bot": True}
        envelope = {
            "type": "event_callback",
            "team_id": self.team,
            "event_id": f"Ev0PEER{self.brought}",
            "event_time": int(time.time()),
            "authorizations": [install | {"is_enterprise_install": False}],
            "event": event,
        }
        assert await self.signed("events", json.dumps(envelope), "application/json") == ""
        await self.harness.idle()


@dataclass(slots=True)
class Writer:
    """A person in their conversation with the bot."""

    peer: Peer
    name: str
    user: str
    dm: str

    async def say(self, text: str, **more: Any) -> str:
        """Writes it in Slack, which tells us; the message's ts."""
        words, blocks = typed(text)
        told = {"channel": self.dm, "text": words, "blocks": blocks} | more
        ts: str = (await self.peer.call(f"xoxp-{self.name}", "chat.postMessage", **told))["ts"]
        await self.peer.bring(await self.message(ts) | {"channel": self.dm, "channel_type": "im"})
        return ts

    async def messages(self) -> list[Json]:
        """What stands in the conversation and its threads, oldest first."""
        found = (await self.peer.call(f"xoxp-{self.name}", "conversations.history", channel=self.dm))["messages"]
        for one in list(found):
            if one.get("reply_count"):
                thread = await self.peer.call(
                    f"xoxp-{self.name}", "conversations.replies", channel=self.dm, ts=one["ts"]
                )
                found += [more for more in thread["messages"] if more["ts"] != one["ts"]]
        return sorted({one["ts"]: one for one in found}.values(), key=lambda one: str(one["ts"]))

    async def message(self, ts: str) -> Json:
        return next(one for one in await self.messages() if one["ts"] == ts)

    async def hears(self, words: str) -> Json:
        """The latest message of the bot with these words, now that nothing is left to do."""
        heard = [one for one in await self.messages() if one["user"] == self.peer.bot]
        fitting = [one for one in heard if words in one["text"].replace(JOINER, "")]
        assert fitting, (words, [one["text"] for one in heard], self.peer.harness.story())
        return fitting[-1]


class EmulatedSlack(Browser):
    """The same browser, before the other Slack's question."""

    async def answers(self, question: str) -> str:
        async with aiohttp.ClientSession() as session:
            async with session.get(question) as response:
                page = await response.text()
            form = next(one for one in page.split("<form")[1:] if '"user-login">alice<' in one)
            fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
            url = self.driver.api.removesuffix("/api/") + "/oauth/v2/authorize/callback"
            async with session.post(url, data=fields, allow_redirects=False) as response:
                return response.headers["Location"]


@pytest.fixture
async def peer(harness: ChatHarness) -> AsyncIterator[Peer]:
    """The app installed in the other Slack, by its own flow."""
    async with emulator() as url:
        driver = OAuthDriver(harness.house.now)
        driver.client_id, driver.client_secret = CLIENT
        driver.signing_secret, driver.api = SECRET, f"{url}/api/"
        driver.harness = harness
        await driver.open_door()
        await harness.work(Channel("slack", driver.door.prepare), driver.door.carrier)
        try:
            browser = EmulatedSlack(driver)
            status, page = await browser.returns(await browser.answers(await browser.begins()))
            assert (status, "Installed in Harbour" in page) == (200, True), page
            with harness.house.database.read() as session:
                row = session.scalars(select(SlackInstall)).one()
                yield Peer(url, driver, harness, row.workspace, row.bot_user_id)
        finally:
            await harness.stop()
            await driver.close_door()


@pytest.fixture
async def linked(peer: Peer) -> Callable[[str], Any]:
    async def link(name: str) -> Writer:
        user = (await peer.call(f"xoxp-{name}", "auth.test"))["user_id"]
        opened = await peer.call(f"xoxp-{name}", "conversations.open", users=peer.bot)
        writer = Writer(peer, name, user, opened["channel"]["id"])
        await writer.say(f"link {peer.harness.link_code(name, 'slack')}")
        await writer.hears(f"you are @{name}")
        return writer

    return link


async def test_what_is_written_there_is_published_told_changed_and_taken_back(
    peer: Peer, linked: Callable[[str], Any]
) -> None:
    alice, bob = await linked("alice"), await linked("bob")
    ts = await alice.say("A *bold* word for @channel")
    await alice.hears("Published")
    told = await bob.hears("word for @channel")
    assert [post.markdown for post in peer.harness.posts()] == ["A **bold** word for @channel"]
    before = await alice.message(ts)
    words, blocks = typed("A *bold* word for nobody")
    await peer.call("xoxp-alice", "chat.update", channel=alice.dm, ts=ts, text=words, blocks=blocks)
    now = await alice.message(ts)
    changed = {"type": "message", "subtype": "message_changed", "channel": alice.dm, "ts": "9999999999.000001"}
    await peer.bring(changed | {"message": now | {"user": alice.user}, "previous_message": before})
    assert peer.harness.posts()[0].markdown == "A **bold** word for nobody"
    assert "for nobody" in (await bob.message(told["ts"]))["text"]
    await bob.say("I hear you", thread_ts=told["ts"])
    assert (await alice.hears("I hear you"))["thread_ts"]
    deleted = {"type": "message", "subtype": "message_deleted", "channel": alice.dm, "deleted_ts": ts, "ts": "9.1"}
    await peer.bring(deleted | {"previous_message": now})
    assert told["ts"] not in [one["ts"] for one in await bob.messages()]


async def test_files_go_both_ways(peer: Peer, linked: Callable[[str], Any]) -> None:
    alice = await linked("alice")
    photo = peer.harness.jpeg(width=333)
    async with aiohttp.ClientSession() as session:
        asked = await peer.call("xoxp-alice", "files.getUploadURLExternal", filename="rose.jpg", length=len(photo))
        await session.post(asked["upload_url"], data=photo)
    shared = await peer.call(
        "xoxp-alice",
        "files.completeUploadExternal",
        files=[{"id": asked["file_id"], "title": "rose"}],
        channel_id=alice.dm,
        initial_comment="A rose",
    )
    message = next(one for one in await alice.messages() if one.get("files"))
    assert shared["files"][0]["id"] == message["files"][0]["id"]
    await peer.bring(message | {"channel": alice.dm, "channel_type": "im", "user": alice.user})
    await alice.hears("Published")
    assert [post.widths[0] for post in peer.harness.posts()] == [333]
    sound = Attached(
        "audio", peer.harness.house.blobs.put(b"waves"), "audio/mpeg", "waves.mp3", "https://example.org/w"
    )
    place = f"{peer.team}:{alice.dm}"
    carrier = peer.driver.door.carrier
    sent = await carrier.send(Outgoing(1, "post", "slack", place, Answer("Listen", attached=(sound,))))
    assert sent.status == "sent"
    [file] = sent.also
    assert [one["id"] for one in (await alice.messages())[-1]["files"]] == [file]
    gone = await carrier.send(Outgoing(2, "retract", "slack", place, Answer(""), edits=sent.remote_id, parts=sent.also))
    assert gone.status == "sent"
    assert file not in json.dumps(await alice.messages())


async def test_forms_and_the_home_are_taken(peer: Peer, linked: Callable[[str], Any]) -> None:
    alice = await linked("alice")
    await peer.bring({"type": "app_home_opened", "user": alice.user, "channel": alice.dm, "tab": "home"})
    assert peer.harness.inbound()[-1].reason == "Their home was shown."
    api = await peer.driver.door._workspaces.api(peer.team)
    async with api.client() as client:
        trigger = (await client.api_call("views.generateTriggerId", json={"user_id": alice.user}))["trigger_id"]
    command = {"command": "/post", "text": "", "team_id": peer.team, "user_id": alice.user, "channel_id": alice.dm}
    form = "application/x-www-form-urlencoded"
    assert await peer.signed("commands", urlencode(command | {"trigger_id": trigger}), form) == ""
    assert "could not be opened" in await peer.signed("commands", urlencode(command | {"trigger_id": "1.2.3"}), form)
