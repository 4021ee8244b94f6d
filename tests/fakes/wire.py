"""What the fakes of outside services share: a loopback server, the record of requests, failures to come, and waiting."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from aiohttp import web

Json = dict[str, Any]
Clock = Callable[[], datetime]
Mishap = Literal["timeout after send", "disconnect", "disconnect after send"]
T = TypeVar("T")


def now_utc() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Request:
    """One call as it came: its parameters parsed, the answer we gave. `status` stays 0 when none was given."""

    method: str
    params: Json
    token: str
    at: datetime
    status: int = 0
    answer: Any = None
    basic: str = ""  # the Authorization header as it came

    @property
    def place(self) -> str:
        """The chat or channel it was for, as text."""
        return str(self.params.get("chat_id", self.params.get("channel", "")))


@dataclass(frozen=True, slots=True)
class Failure:
    """What the next matching call meets. `status` is an HTTP status or a mishap of the connection."""

    method: str
    status: int | Mishap
    retry_after: int = 0
    words: str = ""
    place: str = ""


class Failures:
    """Failures waiting for their calls, first come first served."""

    def __init__(self) -> None:
        self._waiting: list[Failure] = []

    def add(self, failure: Failure, times: int) -> None:
        self._waiting.extend([failure] * times)

    def take(self, method: str, place: str) -> Failure | None:
        """Removes and returns the failure meant for this call; a method `*` and an empty place match all."""
        for failure in self._waiting:
            if failure.method.lower() in ("*", method.lower()) and failure.place in ("", place):
                self._waiting.remove(failure)
                return failure
        return None


class Bell:
    """Wakes all who wait for something to have changed."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, look: Callable[[], T | None], timeout: float) -> T | None:
        """What `look` returns as soon as it is not None; None when the time in seconds is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while (found := look()) is None:
                    await self._event.wait()
                return found
        return look()


class Loopback:
    """An aiohttp application on a free port of 127.0.0.1, from start to stop."""

    def __init__(self, app: web.Application) -> None:
        self.closing = asyncio.Event()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self.closing.set()
        await self._runner.cleanup()

    async def vanish(self, request: web.Request, mishap: Mishap) -> web.Response:
        """Leaves the caller without an answer: silent until we stop, or cut off at once."""
        if mishap == "timeout after send":
            await self.closing.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
