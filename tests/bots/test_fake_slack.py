"""The Slack of our own: shown with the real slack_bolt and slack_sdk, by Socket Mode and by signed HTTP."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import ALL_SCOPES, SlackFake
from tests.fakes.slack_people import Person
from tests.fakes.wire import Json, Loopback

QUIET = logging.getLogger("tests.slack")
QUIET.setLevel(logging.CRITICAL)


@pytest.fixture
async def fake() -> AsyncIterator[SlackFake]:
    async with SlackFake(ack_within=1, retry_delays=(0, 0.01, 0.01)) as fake:
        yield fake


@pytest.fixture
def client(fake: SlackFake) -> AsyncWebClient:
    return AsyncWebClient(token=fake.bot_token, base_url=fake.base_url, logger=QUIET)


@pytest.fixture
def alice(fake: SlackFake) -> Person:
    return fake.user("U0ALICE", name="alice")


class Told:
    """A Bolt app that writes down what it is told, and acknowledges."""

    def __init__(self, fake: SlackFake) -> None:
        self.came: asyncio.Queue[tuple[str, Json]] = asyncio.Queue()
        client = AsyncWebClient(token=fake.bot_token, base_url=fake.base_url, logger=QUIET)
        self.app = AsyncApp(client=client, signing_secret=fake.signing_secret, logger=QUIET)
        self.app.event({"type": "message"})(self._event)
        self.app.event("app_home_opened")(self._event)
        self.app.event("app_uninstalled")(self._event)
        self.app.event("tokens_revoked")(self._event)
        self.app.command("/post")(self._command)
        self.app.action("undo")(self._action)
        self.app.shortcut("to_blog")(self._shortcut)
        self.app.view("compose")(self._view)

    async def next(self) -> tuple[str, Json]:
        return await asyncio.wait_for(self.came.get(), 60)

    async def _event(self, body: Json) -> None:
        await self.came.put(("event", body))

    async def _command(self, ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack(f"Understood: {body['text']}")
        if body["text"] == "compose":
            await client.views_open(trigger_id=body["trigger_id"], view=COMPOSE)
        await self.came.put(("command", body))

    async def _action(self, ack: Any, respond: Any, body: Json) -> None:
        await ack()
        await respond(text="Undone.", replace_original=True)
        await self.came.put(("action", body))

    async def _shortcut(self, ack: Any, body: Json) -> None:
        await ack()
        await self.came.put(("shortcut", body))

    async def _view(self, ack: Any, body: Json) -> None:
        text = body["view"]["state"]["values"]["words"]["text"]["value"]
        if text:
            await ack()
        else:
            await ack(response_action="errors", errors={"words": "Write something first."})
        await self.came.put(("view", body))


COMPOSE: Json = {
    "type": "modal",
    "callback_id": "compose",
    "title": {"type": "plain_text", "text": "A post"},
    "submit": {"type": "plain_text", "text": "Publish"},
    "blocks": [
        {
            "type": "input",
            "block_id": "words",
            "label": {"type": "plain_text", "text": "Text"},
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        }
    ],
}
UNDO: list[Json] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "Your post is on *your blog*."}},
    {
        "type": "actions",
        "elements": [
            {"type": "button", "text": {"type": "plain_text", "text": "Undo"}, "action_id": "undo", "value": "undo:k7f"}
        ],
    },
]


@pytest.fixture(params=["socket", "http"])
async def told(fake: SlackFake, request: pytest.FixtureRequest) -> AsyncIterator[Told]:
    """The same app behind Socket Mode, and behind a Request URL served by aiohttp."""
    told = Told(fake)
    if request.param == "socket":
        async with by_socket(fake, told):
            yield told
    else:
        server = await serve(told.app)
        await fake.set_request_url(f"{server.url}/slack/events")
        yield told
        await server.stop()


@asynccontextmanager
async def by_socket(fake: SlackFake, told: Told) -> AsyncIterator[None]:
    handler = AsyncSocketModeHandler(told.app, fake.app_token, logger=QUIET, ping_interval=0.1)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await fake.connected()
    yield
    await handler.close_async()  # type: ignore[no-untyped-call]


async def serve(app: AsyncApp) -> Loopback:
    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    site = web.Application()
    site.router.add_post("/slack/events", handle)
    server = Loopback(site)
    await server.start()
    return server


class TestWhatTheAppIsTold:
    async def test_words_come_as_text_and_rich_text(self, fake: SlackFake, told: Told, alice: Person) -> None:
        alice.dm().say("*Bold* and `code` & more, see https://example.org.\n> quoted\n- one\n- two")
        _, body = await told.next()
        event = body["event"]
        assert (event["channel_type"], event["user"], body["event_id"][:2]) == ("im", "U0ALICE", "Ev")
        assert event["text"] == ("*Bold* and `code` &amp; more, see <https://example.org>.\n&gt; quoted\n• one\n• two")
        section, quote, bullets = event["blocks"][0]["elements"]
        assert section["elements"][0] == {"type": "text", "text": "Bold", "style": {"bold": True}}
        assert section["elements"][4] == {"type": "link", "url": "https://example.org"}
        assert quote["type"] == "rich_text_quote"
        assert [one["elements"][0]["text"] for one in bullets["elements"]] == ["one", "two"]

    async def test_edits_deletions_and_unfurls(self, fake: SlackFake, told: Told, alice: Person) -> None:
        dm = alice.dm()
        said = dm.say("frist")
        dm.edit(said.ts, "first")
        dm.unfurl(said.ts, "https://example.org/")
        dm.delete(said.ts)
        events = {}
        for _ in range(4):
            _, body = await told.next()
            key = body["event"].get("subtype", "") + ("+" if "attachments" in body["event"].get("message", {}) else "")
            events[key] = body["event"]
        assert events["message_changed"]["message"]["text"] == "first"
        assert events["message_changed"]["message"]["edited"]["user"] == "U0ALICE"
        assert events["message_changed"]["previous_message"]["text"] == "frist"
        assert events["message_changed+"]["message"]["text"] == "first"
        assert events["message_deleted"]["deleted_ts"] == said.ts
        assert dm.messages == []

    async def test_a_slash_command_is_answered_to_that_person_only(
        self, fake: SlackFake, told: Told, alice: Person
    ) -> None:
        bob = fake.user(name="bob")
        channel = fake.channel("general", alice, bob)
        await alice.slash("/post", "Hello <there>", where=channel)
        _, body = await told.next()
        assert (body["command"], body["text"], body["channel_id"]) == ("/post", "Hello <there>", channel.id)
        assert [one.text for one in channel.messages if one.ephemeral] == ["Understood: Hello <there>"]
        assert bob.looks_at(channel).messages == []

    async def test_a_button_is_pressed_and_the_message_replaced(
        self, fake: SlackFake, client: AsyncWebClient, told: Told, alice: Person
    ) -> None:
        dm = alice.dm()
        await client.chat_postMessage(channel=dm.id, text="Published", blocks=UNDO)
        (sent,) = dm.messages
        await dm.press(sent.ts, "Undo")
        _, body = await told.next()
        assert (body["actions"][0]["value"], body["message"]["ts"]) == ("undo:k7f", sent.ts)
        assert [one.text for one in dm.messages] == ["Undone."]

    async def test_a_modal_is_opened_refused_once_and_submitted(
        self, fake: SlackFake, told: Told, alice: Person
    ) -> None:
        await alice.slash("/post", "compose")
        await told.next()
        assert alice.view is not None
        assert await alice.submit({"text": ""}) == {"words": "Write something first."}
        assert alice.view is not None
        assert await alice.submit({"text": "Hello"}) == {}
        assert alice.view is None

    async def test_a_shortcut_brings_the_message(self, fake: SlackFake, told: Told, alice: Person) -> None:
        channel = fake.channel("general", alice)
        said = channel.say("Worth keeping")
        await channel.shortcut(said.ts, "to_blog")
        kinds = dict([await told.next(), await told.next()])
        assert kinds["shortcut"]["message"]["text"] == "Worth keeping"
        assert kinds["event"]["event"]["channel_type"] == "channel"

    async def test_a_shared_file_is_fetched_with_the_token_only(
        self, fake: SlackFake, told: Told, alice: Person
    ) -> None:
        alice.dm().file(b"\xff\xd8 picture", "boat.jpg", "The boat")
        _, body = await told.next()
        file = body["event"]["files"][0]
        async with aiohttp.ClientSession() as session:
            bare = await session.get(file["url_private_download"])
            assert "Sign in" in await bare.text()
            headers = {"Authorization": f"Bearer {fake.bot_token}"}
            async with session.get(file["url_private_download"], headers=headers) as response:
                assert (await response.read(), response.content_type) == (b"\xff\xd8 picture", "image/jpeg")

    async def test_home_and_uninstalling(
        self, fake: SlackFake, client: AsyncWebClient, told: Told, alice: Person
    ) -> None:
        alice.open_home()
        assert (await told.next())[1]["event"]["type"] == "app_home_opened"
        await client.views_publish(user_id=alice.id, view={"type": "home", "blocks": UNDO})
        assert alice.home is not None
        fake.uninstall()
        with pytest.raises(SlackApiError, match="account_inactive"):
            await client.auth_test()

    async def test_an_event_can_be_delivered_again(self, fake: SlackFake, told: Told, alice: Person) -> None:
        alice.dm().say("once")
        _, first = await told.next()
        await fake.redeliver(fake.events[0])
        _, again = await told.next()
        assert again["event_id"] == first["event_id"]


class TestRetries:
    async def test_http_events_are_tried_again_with_number_and_reason(self, fake: SlackFake, alice: Person) -> None:
        seen: list[tuple[str | None, str | None]] = []

        async def refuse_twice(request: web.Request) -> web.Response:
            body = await request.json()
            if "challenge" in body:
                return web.json_response({"challenge": body["challenge"]})
            seen.append((request.headers.get("X-Slack-Retry-Num"), request.headers.get("X-Slack-Retry-Reason")))
            return web.Response(status=500 if len(seen) < 3 else 200)

        server = await listening(refuse_twice)
        await fake.set_request_url(f"{server.url}/hook")
        alice.dm().say("hello")
        attempts = await fake.delivered(3)
        await server.stop()
        assert seen == [(None, None), ("1", "http_error"), ("2", "http_error")]
        assert [one.outcome for one in attempts] == ["http_error", "http_error", "ok"]

    async def test_socket_events_without_an_ack_are_tried_again(self, alice: Person) -> None:
        async with SlackFake(ack_within=0.05, retry_delays=(0, 0.01)) as fake, aiohttp.ClientSession() as session:
            client = AsyncWebClient(token=fake.bot_token, base_url=fake.base_url)
            address = (await client.apps_connections_open(app_token=fake.app_token))["url"]
            async with session.ws_connect(str(address)) as socket:
                assert (await socket.receive_json())["type"] == "hello"
                fake.user("U0BOB", name="bob").dm().say("hello")
                first, second = await socket.receive_json(), await socket.receive_json()
                await socket.send_json({"envelope_id": second["envelope_id"]})
                await fake.delivered(2)
        assert [(one["retry_attempt"], one["retry_reason"]) for one in (first, second)] == [(0, ""), (1, "timeout")]
        assert first["payload"]["event_id"] == second["payload"]["event_id"]

    async def test_the_app_comes_back_after_a_disconnect(self, fake: SlackFake, alice: Person) -> None:
        told = Told(fake)
        async with by_socket(fake, told):
            await fake.disconnect()
            alice.dm().say("still here?")
            assert (await told.next())[1]["event"]["text"] == "still here?"

    async def test_a_url_that_fails_the_challenge_is_not_taken(self, fake: SlackFake) -> None:
        async def silent(request: web.Request) -> web.Response:
            return web.Response(text="ok")

        server = await listening(silent)
        with pytest.raises(AssertionError, match="did not give the challenge back"):
            await fake.set_request_url(f"{server.url}/hook")
        await server.stop()

    async def test_bolt_refuses_a_wrong_or_old_signature(self, fake: SlackFake) -> None:
        server = await serve(Told(fake).app)
        body = json.dumps({"type": "event_callback"}).encode()
        wrong = fake.signed(b"another body")
        old = fake.signed(body, at=1_000_000)
        async with aiohttp.ClientSession() as session:
            for headers in (wrong, old):
                typed = headers | {"Content-Type": "application/json"}
                async with session.post(f"{server.url}/slack/events", data=body, headers=typed) as response:
                    assert response.status == 401
        await server.stop()


class TestWebApi:
    async def test_who_am_i_and_who_are_they(self, fake: SlackFake, client: AsyncWebClient, alice: Person) -> None:
        me = await client.auth_test()
        assert me["user_id"] == fake.world.app.user_id
        assert (await client.users_info(user=alice.id))["user"]["tz"] == "Europe/Oslo"
        assert (await client.team_info())["team"]["domain"] == "harbour"
        opened = await client.conversations_open(users=[alice.id])
        assert opened["channel"]["id"] == alice.dm().id
        assert (await client.conversations_info(channel=alice.dm().id))["channel"]["user"] == alice.id

    async def test_messages_are_posted_threaded_changed_and_deleted(
        self, fake: SlackFake, client: AsyncWebClient, alice: Person
    ) -> None:
        dm = alice.dm()
        said = dm.say("A question")
        answer = await client.chat_postMessage(channel=alice.id, text="An &lt;answer&gt;", thread_ts=said.ts)
        await client.chat_update(channel=dm.id, ts=str(answer["ts"]), text="A better answer", blocks=UNDO)
        gone = await client.chat_postMessage(channel=dm.id, text="oops")
        await client.chat_delete(channel=dm.id, ts=str(gone["ts"]))
        await client.reactions_add(channel=dm.id, timestamp=said.ts, name="eyes")
        (seen,) = dm.answers
        assert (seen.thread_ts, seen.edited, seen.text) == (said.ts, True, "Your post is on *your blog*.")
        assert seen.button("Undo").value == "undo:k7f"
        assert dm.message(said.ts).raw["reactions"][0]["name"] == "eyes"

    async def test_an_ephemeral_message_is_seen_by_one(
        self, fake: SlackFake, client: AsyncWebClient, alice: Person
    ) -> None:
        bob = fake.user(name="bob")
        channel = fake.channel("general", alice, bob)
        await client.chat_postEphemeral(channel=channel.id, user=bob.id, text="only you")
        assert channel.messages == []
        assert (await bob.looks_at(channel).wait_for("only you")).ephemeral

    async def test_files_go_up_in_three_steps(self, fake: SlackFake, client: AsyncWebClient, alice: Person) -> None:
        dm = alice.dm()
        await client.files_upload_v2(
            channel=dm.id,
            content=b"picture",
            filename="boat.png",
            title="The boat",
            alt_txt="A red boat",
            initial_comment="Look",
        )
        (seen,) = dm.answers
        assert (seen.files, seen.text) == ((b"picture",), "Look")
        assert (seen.raw["files"][0]["alt_txt"], seen.raw["files"][0]["mimetype"]) == ("A red boat", "image/png")

    async def test_ways_to_notify_people_are_noticed(
        self, fake: SlackFake, client: AsyncWebClient, alice: Person
    ) -> None:
        node = {"type": "broadcast", "range": "channel"}
        rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [node]}]}
        await client.chat_postMessage(channel=alice.id, text="<!here> <@U0ALICE> &lt;!channel&gt;", blocks=[rich])
        assert alice.dm().answers[0].pings == ("!here", "@U0ALICE", "channel")

    @pytest.mark.parametrize(
        ("call", "error"),
        [
            ({"channel": "C0NONE", "text": "x"}, "channel_not_found"),
            ({"text": ""}, "no_text"),
            ({"text": "x" * 40_001}, "msg_too_long"),
            ({"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
            ({"blocks": "not a list"}, "invalid_blocks_format"),
        ],
    )
    async def test_what_cannot_be_posted(
        self, fake: SlackFake, client: AsyncWebClient, alice: Person, call: Json, error: str
    ) -> None:
        with pytest.raises(SlackApiError, match=error):
            await client.api_call("chat.postMessage", json={"channel": alice.dm().id} | call)
        assert alice.dm().messages == []

    async def test_rights_are_checked(self, fake: SlackFake, client: AsyncWebClient, alice: Person) -> None:
        outside = fake.channel("private", alice, private=True, with_bot=False)
        said = alice.dm().say("mine")
        refused = [
            (client.chat_postMessage(channel=outside.id, text="x"), "not_in_channel"),
            (client.chat_update(channel=alice.dm().id, ts=said.ts, text="x"), "cant_update_message"),
            (client.chat_delete(channel=alice.dm().id, ts=said.ts), "cant_delete_message"),
            (client.chat_delete(channel=alice.dm().id, ts="1.2"), "message_not_found"),
            (client.users_info(user="U0NONE"), "user_not_found"),
            (client.views_open(trigger_id="1.2.3", view=COMPOSE), "invalid_trigger_id"),
            (client.auth_test(token="xoxb-wrong"), "invalid_auth"),
            (AsyncWebClient(base_url=fake.base_url).auth_test(), "not_authed"),
            (client.api_call("chat.shout"), "unknown_method"),
        ]
        for call, error in refused:
            with pytest.raises(SlackApiError, match=error):
                await call

    async def test_a_missing_scope_is_named(self) -> None:
        async with SlackFake(scopes=ALL_SCOPES - {"chat:write"}) as fake:
            client = AsyncWebClient(token=fake.bot_token, base_url=fake.base_url)
            with pytest.raises(SlackApiError) as refused:
                await client.chat_postMessage(channel=fake.user(name="bob").id, text="x")
        assert refused.value.response["needed"] == "chat:write"


def button(**wrong: object) -> Json:
    usual: Json = {"type": "button", "text": {"type": "plain_text", "text": "a"}, "action_id": "a"}
    return {"type": "actions", "elements": [usual | wrong]}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


WRONG_BLOCKS: list[tuple[list[Json], str]] = [
    ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    (
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        [button(text={"type": "plain_text", "text": "x" * 76})],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    ([button(value="x" * 2001)], "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"),
    ([button(url="nonsense")], "invalid url [json-pointer:/blocks/0/elements/0/url]"),
    ([{"type": "marquee"}], "unsupported type: marquee [json-pointer:/blocks/0/type]"),
    ([rich({"type": "text", "text": "bare"})], "unsupported type: text [json-pointer:/blocks/0/elements/0/type]"),
    (
        [rich({"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]})],
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
    ),
    (
        [rich({"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U1"}]})],
        "unsupported type: user [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    (
        [{"type": "image", "image_url": "https://a.example/b.png"}],
        "must be a string [json-pointer:/blocks/0/alt_text]",
    ),
]


class TestBlocks:
    @pytest.mark.parametrize(("blocks", "words"), WRONG_BLOCKS)
    async def test_what_block_kit_does_not_allow_is_named_with_its_place(
        self, fake: SlackFake, client: AsyncWebClient, alice: Person, blocks: list[Json], words: str
    ) -> None:
        with pytest.raises(SlackApiError, match="invalid_blocks") as refused:
            await client.chat_postMessage(channel=alice.id, text="x", blocks=blocks)
        assert refused.value.response["response_metadata"]["messages"] == [f"[ERROR] {words}"]

    async def test_the_largest_allowed_blocks_pass(
        self, fake: SlackFake, client: AsyncWebClient, alice: Person
    ) -> None:
        largest = [
            {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}},
            {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}},
            button(text={"type": "plain_text", "text": "x" * 75}, value="x" * 2000),
            *[{"type": "divider"}] * 47,
        ]
        assert (await client.chat_postMessage(channel=alice.id, text="x", blocks=largest))["ok"]

    async def test_what_people_type_is_itself_valid(
        self, fake: SlackFake, client: AsyncWebClient, alice: Person
    ) -> None:
        said = alice.dm().say("a *b _c_* ~d~ <@U0ALICE>\n```code\nmore```\n> quote\n• item\n\nend")
        assert (await client.chat_postMessage(channel=alice.id, blocks=said.raw["blocks"], text=said.raw["text"]))["ok"]
        assert alice.dm().answers[0].text == said.text


class TestFailures:
    async def test_a_429_is_for_one_channel_and_once(
        self, fake: SlackFake, client: AsyncWebClient, alice: Person
    ) -> None:
        bob = fake.user(name="bob")
        fake.fail_next("chat.postMessage", status=429, retry_after=7, channel=alice.dm().id)
        assert (await client.chat_postMessage(channel=bob.dm().id, text="flows"))["ok"]
        with pytest.raises(SlackApiError, match="ratelimited") as told:
            await client.chat_postMessage(channel=alice.dm().id, text="waits")
        assert told.value.response.headers["Retry-After"] == "7"
        assert (await client.chat_postMessage(channel=alice.dm().id, text="goes"))["ok"]

    async def test_errors_and_broken_servers(self, fake: SlackFake, client: AsyncWebClient, alice: Person) -> None:
        fake.fail_next("chat.postMessage", error="is_archived")
        fake.fail_next("chat.postMessage", status=503)
        for words in ("is_archived", "503"):
            with pytest.raises(SlackApiError, match=words):
                await client.chat_postMessage(channel=alice.id, text="x")
        assert alice.dm().messages == []

    async def test_a_timeout_after_sending_has_sent(self, fake: SlackFake, alice: Person) -> None:
        client = AsyncWebClient(token=fake.bot_token, base_url=fake.base_url, timeout=1, logger=QUIET)
        fake.fail_next("chat.postMessage", status="timeout after send")
        with pytest.raises(TimeoutError):
            await client.chat_postMessage(channel=alice.id, text="arrived all the same")
        assert [one.text for one in alice.dm().messages] == ["arrived all the same"]

    async def test_a_cut_connection_before_and_after(self, fake: SlackFake, alice: Person) -> None:
        client = AsyncWebClient(token=fake.bot_token, base_url=fake.base_url, retry_handlers=[], logger=QUIET)
        for mishap in ("disconnect", "disconnect after send"):
            fake.fail_next("chat.postMessage", status=mishap)
            with pytest.raises(aiohttp.ClientError):
                await client.chat_postMessage(channel=alice.id, text="x")
        assert len(alice.dm().messages) == 1
        assert [one.status for one in fake.requests] == [0, 0]


async def listening(handle: Any) -> Loopback:
    site = web.Application()
    site.router.add_post("/hook", handle)
    server = Loopback(site)
    await server.start()
    return server
