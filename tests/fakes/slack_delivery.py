"""How Slack tells an app: over Socket Mode when it is connected, else signed POSTs to its Request URL; events up to four times."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

from tests.fakes.wire import Bell, Json

Kind = Literal["events_api", "slash_commands", "interactive"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand something to the app: `outcome` is "ok", or Slack's retry reason."""

    kind: Kind
    number: int
    payload: Json
    outcome: str


class Delivery:
    """Carries payloads to the app. `ack_within` and `retry_delays` are in seconds; Slack's own are 3 and (0, 60, 300)."""

    def __init__(self, signing_secret: str, app_id: str, ack_within: float, retry_delays: Sequence[float]) -> None:
        self.request_url = ""
        self.attempts: list[Attempt] = []
        self.bell = Bell()
        self.ack_within = ack_within
        self._retry_delays = tuple(retry_delays)
        self._secret = signing_secret
        self._app_id = app_id
        self._sockets: list[web.WebSocketResponse] = []
        self._acks: dict[str, asyncio.Future[Json]] = {}
        self._numbers = count(1)
        self._tasks: set[asyncio.Task[Json | None]] = set()
        self._session: aiohttp.ClientSession | None = None

    @property
    def sockets(self) -> int:
        return len(self._sockets)

    def carry(self, kind: Kind, payload: Json) -> asyncio.Task[Json | None]:
        """Starts the delivery; its result is the app's response, None when all attempts failed."""
        task = asyncio.create_task(self._carry(kind, payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _carry(self, kind: Kind, payload: Json) -> Json | None:
        reason = ""
        for number in range(1 + (len(self._retry_delays) if kind == "events_api" else 0)):
            if number:
                await asyncio.sleep(self._retry_delays[number - 1])
            await self.bell.until(lambda: bool(self._sockets or self.request_url) or None, 3600)
            if self._sockets:
                answer, reason = await self._by_socket(kind, payload, number, reason)
            else:
                answer, reason = await self._by_http(kind, payload, number, reason)
            self.attempts.append(Attempt(kind, number, payload, reason or "ok"))
            self.bell.ring()
            if answer is not None or reason == "no_retry":
                return answer
        return None

    # Socket Mode

    async def _by_socket(self, kind: Kind, payload: Json, number: int, reason: str) -> tuple[Json | None, str]:
        envelope: Json = {
            "envelope_id": f"5d3c1c4e-0000-4000-8000-{next(self._numbers):012d}",
            "type": kind,
            "accepts_response_payload": kind != "events_api",
            "payload": payload,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": number, "retry_reason": reason}
        acked: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._acks[envelope["envelope_id"]] = acked
        try:
            await self._sockets[-1].send_json(envelope)
            return await asyncio.wait_for(acked, self.ack_within), ""
        except TimeoutError:
            return None, "timeout"
        except ConnectionError:
            return None, "connection_failed"
        finally:
            del self._acks[envelope["envelope_id"]]

    async def serve_socket(self, request: web.Request) -> web.WebSocketResponse:
        """The other end of apps.connections.open's address, until the app leaves."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = {
            "type": "hello",
            "num_connections": len(self._sockets) + 1,
            "connection_info": {"app_id": self._app_id},
        }
        await socket.send_json(hello | {"debug_info": {"host": "applink-1", "approximate_connection_time": 18060}})
        self._sockets.append(socket)
        self.bell.ring()
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._ack(message.data)
        finally:
            self._sockets.remove(socket)
            self.bell.ring()
        return socket

    def _ack(self, data: str) -> None:
        answer = json.loads(data)
        waiting = self._acks.get(answer.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.get("payload") or {})

    async def disconnect(self, reason: str) -> None:
        """Asks the app to connect anew, as Slack does every few hours, and closes."""
        for socket in list(self._sockets):
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}})
            await socket.close()

    # HTTP

    async def _by_http(self, kind: Kind, payload: Json, number: int, reason: str) -> tuple[Json | None, str]:
        body, content_type = _body(kind, payload)
        headers = self.signed(body) | {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        try:
            timeout = aiohttp.ClientTimeout(total=self.ack_within)
            async with self._http().post(self.request_url, data=body, headers=headers, timeout=timeout) as response:
                text = await response.text()
                if response.status == 200:
                    return _answer(text, response.content_type), ""
                return None, "no_retry" if response.headers.get("X-Slack-No-Retry") == "1" else "http_error"
        except TimeoutError:
            return None, "http_timeout"
        except aiohttp.ClientError:
            return None, "connection_failed"

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        return self._session

    def signed(self, body: bytes, at: int | None = None) -> dict[str, str]:
        """The two headers of Slack's request signature, version 0; `at` in seconds of the real clock, now by default."""
        moment = str(int(time.time()) if at is None else at)
        mac = hmac.new(self._secret.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256)
        return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={mac.hexdigest()}"}

    async def verify_url(self, url: str) -> None:
        """Sends url_verification; the app must give the challenge back, or the URL is not taken."""
        challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
        body = json.dumps({"token": "legacy", "challenge": challenge, "type": "url_verification"}).encode()
        headers = self.signed(body) | {"Content-Type": "application/json"}
        async with self._http().post(url, data=body, headers=headers) as response:
            text = await response.text()
        if response.status != 200 or challenge not in text:
            raise AssertionError(f"{url} did not give the challenge back: {response.status} {text[:200]}")
        self.request_url = url
        self.bell.ring()

    def give_up(self) -> None:
        for task in list(self._tasks):
            task.cancel()

    async def stop(self) -> None:
        self.give_up()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket in list(self._sockets):
            await socket.close()
        if self._session is not None:
            await self._session.close()


def _body(kind: Kind, payload: Json) -> tuple[bytes, str]:
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def _answer(text: str, content_type: str) -> Json:
    """The response payload: JSON, or plain words for a slash command."""
    if content_type != "application/json":
        return {"text": text} if text else {}
    answer = json.loads(text or "{}")
    return answer if isinstance(answer, dict) else {}
