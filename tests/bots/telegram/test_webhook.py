"""Updates by webhook: the secret is required, an answer comes after the commit, garbage is refused."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from gateway.bots.telegram import Telegram
from gateway.core.errors import Invalid
from gateway.roles import Channel
from tests.bots.harness import ChatHarness
from tests.fakes.telegram import TelegramFake

SECRET = "a-secret-of-ours"
HEADER = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


@pytest.fixture
async def door(harness: ChatHarness) -> AsyncIterator[Telegram]:
    token = "5100000001:AAF-not-a-real-token"
    door = Telegram(harness.house, token, filer=harness.filer, mode="webhook", webhook_secret=SECRET)
    yield door
    await door.close()


async def post(door: Telegram, body: bytes, headers: dict[str, str]) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=door.routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        return await client.post("/telegram/webhook", content=body, headers=headers)


async def test_an_update_is_answered_empty_once_it_is_stored(door: Telegram, harness: ChatHarness) -> None:
    for _ in range(2):
        answer = await post(door, b'{"update_id": 7, "message": {"chat": {"id": 5}}}', HEADER)
        assert (answer.status_code, answer.content) == (200, b"")
        assert [row.unique_key for row in harness.inbound()] == ["5100000001:7"]


@pytest.mark.parametrize("headers", [{}, {"X-Telegram-Bot-Api-Secret-Token": SECRET + "x"}])
async def test_without_the_secret_nothing_is_taken(
    door: Telegram, harness: ChatHarness, headers: dict[str, str]
) -> None:
    assert (await post(door, b'{"update_id": 7}', headers)).status_code == 401
    assert harness.inbound() == []


@pytest.mark.parametrize("body", [b"", b"garbage", b"[1]", b'{"update_id": "7"}', b'{"update_id": true}', b"[" * 5000])
async def test_what_is_no_update_is_refused(door: Telegram, harness: ChatHarness, body: bytes) -> None:
    assert (await post(door, body, HEADER)).status_code == 400
    assert harness.inbound() == []


async def test_more_than_any_update_is_refused(door: Telegram) -> None:
    body = b'{"update_id": 7, "x": "' + b"x" * 1_100_000 + b'"}'
    assert (await post(door, body, HEADER)).status_code == 400


async def test_a_webhook_without_a_secret_does_not_start(harness: ChatHarness) -> None:
    with pytest.raises(Invalid, match="telegram_webhook_secret"):
        Telegram(harness.house, "1:x", filer=harness.filer, mode="webhook")


async def test_telegram_brings_updates_to_the_webhook_that_we_set(harness: ChatHarness) -> None:
    """The whole way over real sockets: we tell Telegram where and with which secret, it brings, we answer."""
    async with TelegramFake(judge=True) as fake:
        server = uvicorn.Server(uvicorn.Config(lambda: None, port=0, log_level="error", lifespan="off", ws="none"))
        sock = server.config.bind_socket()
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/telegram/webhook"
        door = Telegram(
            harness.house,
            fake.token,
            api=fake.url,
            filer=harness.filer,
            mode="webhook",
            webhook_secret=SECRET,
            webhook_url=url,
        )
        server.config.app = Starlette(routes=door.routes)
        stop = asyncio.Event()
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        running = asyncio.create_task(door.run(stop))
        try:
            await harness.work(Channel("telegram", door.prepare), door.carrier)
            await harness.until(lambda: fake.home().updates.url == url, "setting the webhook")
            chat = fake.private_chat()
            chat.say(f"/start {harness.link_code('alice', 'telegram')}")
            asked = await chat.wait_for("Link this chat to")
            chat.press(asked.id, "Yes, I am @alice")
            await chat.wait_for("This chat is linked")
        finally:
            stop.set()
            await running
            await harness.stop()
            await fake.home().updates.stop()
            server.should_exit = True
            await serving
            await door.close()
