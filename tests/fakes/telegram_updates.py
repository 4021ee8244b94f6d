"""How a bot hears of updates: fetched by getUpdates until confirmed, or POSTed to its webhook until answered with 200."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from itertools import count

import aiohttp

from tests.fakes.telegram_errors import Refused, bad_request
from tests.fakes.wire import Bell, Clock, Json

NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
ANOTHER_POLL = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


class Updates:
    """One bot's queue. An update stays until a larger offset, or its webhook's 200, confirms it."""

    def __init__(self, first_id: int, clock: Clock, judge: Callable[[Json], None]) -> None:
        self.everything: list[Json] = []  # as they happened, confirmed or not
        self.allowed: list[str] = []
        self.url = ""
        self.retry_after = 0.02
        self._ids = count(first_id)
        self._queue: deque[Json] = deque()
        self._clock = clock
        self._judge = judge
        self._bell = Bell()
        self._polls = 0
        self._secret = ""
        self._error = ""
        self._error_date = 0
        self._limit = 40
        self._postman: asyncio.Task[None] | None = None

    def put(self, kind: str, content: Json) -> Json | None:
        """Queues an update; None when the bot does not want its kind."""
        if (self.allowed and kind not in self.allowed) or (not self.allowed and kind in NOT_BY_DEFAULT):
            return None
        update = {"update_id": next(self._ids), kind: content}
        self._judge(update)
        self.everything.append(update)
        self.put_again(update)
        return update

    def put_again(self, update: Json) -> None:
        """Queues an update as it is, unjudged: one that was confirmed before, or one that nobody can read."""
        self._queue.append(update)
        self._bell.ring()

    @property
    def pending(self) -> list[Json]:
        return list(self._queue)

    async def fetch(self, offset: int, limit: int, wait: int, allowed: list[str] | None) -> list[Json]:
        """getUpdates: what is queued from `offset` on, waiting up to `wait` seconds; all before it is confirmed."""
        if self.url:
            raise Refused(409, WEBHOOK_ACTIVE)
        if allowed is not None:
            self.allowed = allowed
        self._confirm(offset)
        self._polls += 1
        mine = self._polls
        self._bell.ring()  # ends an earlier poll

        def look() -> list[Json] | None:
            if self._polls != mine:
                raise Refused(409, ANOTHER_POLL)
            return list(self._queue)[: max(1, min(limit or 100, 100))] or None

        return await self._bell.until(look, wait) or []

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            while len(self._queue) > -offset:
                self._queue.popleft()
        while offset > 0 and self._queue and self._queue[0]["update_id"] < offset:
            self._queue.popleft()

    def drop_pending(self) -> None:
        self._queue.clear()

    async def set_webhook(self, url: str, secret: str, allowed: list[str] | None, connections: int) -> None:
        """Starts POSTing to `url`; loopback is let through without TLS, which Telegram itself would demand."""
        if url and not url.startswith(("https://", "http://127.0.0.1", "http://[::1]", "http://localhost")):
            bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if len(secret) > 256 or (not secret.replace("-", "a").replace("_", "a").isalnum() and secret):
            bad_request("secret token contains unallowed characters")
        await self.stop()
        self.url, self._secret, self._limit = url, secret, connections or 40
        self._error, self._error_date = "", 0
        if allowed is not None:
            self.allowed = allowed
        if url:
            self._polls += 1
            self._bell.ring()
            self._postman = asyncio.create_task(self._deliver())

    def webhook_info(self) -> Json:
        info: Json = {"url": self.url, "has_custom_certificate": False, "pending_update_count": len(self._queue)}
        if self.url:
            info |= {"max_connections": self._limit, "ip_address": "127.0.0.1"}
        if self._error:
            info |= {"last_error_date": self._error_date, "last_error_message": self._error}
        return info | ({"allowed_updates": self.allowed} if self.allowed else {})

    async def _deliver(self) -> None:
        """One update at a time, the oldest first, the same one again until it is taken."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._secret} if self._secret else {}
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout, trust_env=False) as session:
            while True:
                update = await self._bell.until(lambda: self._queue[0] if self._queue else None, 3600)
                if update is None:
                    continue
                error = await _post(session, self.url, update)
                if not error:
                    with contextlib.suppress(ValueError):
                        self._queue.remove(update)
                    continue
                self._error, self._error_date = error, int(self._clock().timestamp())
                await asyncio.sleep(self.retry_after)

    async def stop(self) -> None:
        if self._postman is not None:
            self._postman.cancel()
            await asyncio.gather(self._postman, return_exceptions=True)
            self._postman = None


async def _post(session: aiohttp.ClientSession, url: str, update: Json) -> str:
    """Empty when the webhook took it, else what getWebhookInfo will say."""
    try:
        async with session.post(url, json=update) as response:
            return (
                ""
                if response.status == 200
                else f"Wrong response from the webhook: {response.status} {response.reason}"
            )
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"Connection failed: {error}" if str(error) else "Read timeout expired"
