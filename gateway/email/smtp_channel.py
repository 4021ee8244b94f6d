"""Bytes to and from an SMTP server: whole replies in order, writing with back pressure, the turn to TLS.

Each copy of a newsletter has four replies, mostly in the same words as those before: what a line means is kept. And a timer for each would cost more than the reply: a
channel has one, which looks when it fires whether time is over, and else is set anew.
"""

import asyncio
from collections import deque
from functools import lru_cache
from typing import cast

from gateway.email.relay import Relay, Reply

_REPLY_LIMIT = 65_536


class ConnectionLost(Exception):
    """The connection cannot be used any more: closed, silent for too long, or talking nonsense.

    `reply` is what the relay said as it closed, if it did; `before_end` tells that the end of a body never left.
    """

    def __init__(self, reason: str, reply: Reply | None = None, *, before_end: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.reply = reply
        self.before_end = before_end


class Channel(asyncio.Protocol):
    """Bytes to replies: whole replies queue up, and one reader waits for the next."""

    def __init__(self) -> None:
        self.replies: deque[Reply | ConnectionLost] = deque()
        self.last_lines: list[str] = []
        self.lost = False
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._lines: list[str] = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._until = 0.0  # until when the waiter waits
        self._timer: asyncio.TimerHandle | None = None
        self._writable: asyncio.Future[None] | None = None
        self._draining = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._take(line)
        if self._size + len(self._buffer) > _REPLY_LIMIT:
            self._break("The relay's answer has no end.")
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._break(f"The relay closed the connection{f' ({exc})' if exc else ''}.")
        self._wake()

    def pause_writing(self) -> None:
        if not self.lost:
            self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._writable and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    def write(self, data: bytes) -> None:
        """Send it; nothing happens when the connection is lost, which the next reply tells."""
        if not self.lost and self._transport is not None and data:
            self._transport.write(data)

    async def drained(self, timeout: float) -> None:  # noqa: ASYNC109
        """Wait until the relay takes more; ConnectionLost when it takes no more."""
        try:
            async with asyncio.timeout(timeout):
                if self._writable:
                    await self._writable
        except TimeoutError:
            self.abort()
            raise ConnectionLost("The relay stopped reading.", before_end=True) from None
        if self.lost:
            raise ConnectionLost("The relay closed the connection in the middle of a message.", before_end=True)

    async def reply(self, timeout: float) -> Reply:  # noqa: ASYNC109
        """The next reply, in order; ConnectionLost when there will be none in time."""
        while not self.replies:
            loop = asyncio.get_running_loop()
            waiter = self._waiter = loop.create_future()
            self._until = loop.time() + timeout
            if self._timer is None or self._timer.when() > self._until:
                self._look_at(self._until)
            try:
                await waiter
            except TimeoutError:
                self.abort()
                raise ConnectionLost(f"The relay did not answer within {timeout:g} seconds.") from None
            finally:
                self._waiter = None
        first = self.replies[0]
        if isinstance(first, ConnectionLost):  # stays, for whoever asks again
            raise first
        self.replies.popleft()
        return first

    async def secure(self, relay: Relay) -> None:
        """Turn to TLS. Anything that came before the handshake could have been smuggled in, and ends the connection."""
        context, transport = relay.tls_context(), self._transport
        if self._buffer or self.replies or context is None or transport is None:
            raise ConnectionLost("The relay spoke before TLS was up.")
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(
                transport, self, context, server_hostname=relay.host, ssl_handshake_timeout=relay.connect_timeout
            )
        except OSError as error:
            raise ConnectionLost(f"TLS with {relay.host} failed: {error}") from error
        if secured is None:
            raise ConnectionLost("The relay closed the connection during the TLS handshake.")
        self._transport = secured

    def abort(self) -> None:
        """Close at once."""
        self._break("We closed the connection.")
        if self._transport is not None:
            self._transport.abort()

    def _take(self, raw: bytes) -> None:
        if not self._lines and not self.lost and (reply := _whole(raw)) is not None:
            self.last_lines = []
            self.replies.append(reply)
            return
        line = _text(raw)
        self._lines.append(line[4:].strip())
        self._size += len(line)
        if not _is_reply(line):
            self._break(f"The relay answered something that is not SMTP: {line[:80]!r}")
        elif line[3:4] != "-":
            self.last_lines, self._lines, self._size = self._lines, [], 0
            if not self.lost:
                self.replies.append(Reply(int(line[:3]), " ".join(self.last_lines)))

    def _break(self, reason: str) -> None:
        if self.lost:
            return
        self.lost = True
        if self._timer is not None:
            self._timer.cancel()
        self.replies.append(ConnectionLost(reason))
        self.resume_writing()
        if self._transport is not None:
            self._transport.abort()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def _look_at(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(moment, self._look)

    def _look(self) -> None:
        """Whether time is over for who waits."""
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return  # whoever waits next sets it
        if asyncio.get_running_loop().time() < self._until:
            self._look_at(self._until)
        else:
            self._waiter.set_exception(TimeoutError())


@lru_cache(maxsize=1024)
def _whole(raw: bytes) -> Reply | None:
    """The reply that this line is; None when it has further lines, or is none."""
    line = _text(raw)
    return Reply(int(line[:3]), line[4:].strip()) if _is_reply(line) and line[3:4] != "-" else None


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\r").decode("utf-8", "replace")


def _is_reply(line: str) -> bool:
    return line[:3].isascii() and line[:3].isdecimal() and line[3:4] in ("", " ", "-")
