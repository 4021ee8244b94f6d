"""Lines in, replies out: what lies between a transport and a conversation.

    data_received → what waits → one line after another → _obey(line) → say(reply)

A line waits while an answer is awaited (`_await`), while the peer leaves too many replies unread, and until `_begun`. Most lines are answered from memory,
and then all of it is done within `data_received`: no stream, and no task that must be woken for each line.

What a lost connection leaves behind: whatever was awaited is cancelled, unless it was told to run on; nothing is said any more.
"""

import asyncio
import logging
import math
import ssl
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from typing import Any, TypeVar, cast

from gateway.email import refusals
from gateway.email.door import Refusal, Reply

log = logging.getLogger(__name__)

LONGEST_COMMAND = 4096  # octets; RFC 5321 asks for 512, extensions add to it
_MOST_WAITING = 64 * 1024  # octets, before no more is read from the peer
_HANDSHAKE_SECONDS = 15.0

T = TypeVar("T")


class Lines(asyncio.Protocol, ABC):
    """One connection. Times in seconds: `idle` between two lines, `farewell` for the peer to take what was said last."""

    _transport: asyncio.Transport

    def __init__(self, idle: float, farewell: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = self.loop.create_future()
        self.silent_since: float | None = None
        self._idle, self._farewell = idle, farewell
        self._encrypted = self._begun = self._busy = self._closing = self._lost = False
        self._unread = self._paused = self._ended = self._overlong = False
        self._waiting, self._place = b"", 0  # what came, and how much of it was taken
        self._asking: asyncio.Future[Any] | None = None
        self._due = self._fires = math.inf  # on the loop's clock
        self._timer: asyncio.TimerHandle | None = None

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._encrypted = transport.get_extra_info("ssl_object") is not None
        self._reset_timeout()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        if self._timer is not None:
            self._timer.cancel()
        if self._asking is not None:
            self._asking.cancel()
        self._end()

    def data_received(self, data: bytes) -> None:
        self._waiting = self._waiting + data if self._waiting else data
        self._proceed()

    def eof_received(self) -> bool:
        """A client that has said all it wants to say still gets its answers; TLS knows no half-closed connection."""
        self._ended = True
        self._proceed()
        return not self._encrypted

    def pause_writing(self) -> None:
        self._unread = True

    def resume_writing(self) -> None:
        self._unread = False
        self._proceed()

    # Lines

    @abstractmethod
    def _obey(self, line: bytes) -> None:
        """One line, without its LF."""

    @abstractmethod
    def _refuse_long_line(self) -> None:
        """Say that a line was too long to be a command."""

    def _proceed(self) -> None:
        """Take what waits, as far as nothing stands in the way."""
        self.silent_since = None
        try:
            while self._ready and self._step():
                pass
        except Exception:
            log.exception("A mail connection ended by a fault")
            self.dismiss(refusals.FAULT)
        if self._place:
            self._waiting, self._place = self._waiting[self._place :], 0
        if self._ready:
            self._rest()
        self._mind_reading()

    def _step(self) -> bool:
        """Take one line; False when none is complete."""
        end = self._waiting.find(b"\n", self._place)
        if end < 0:
            self._drop_overlong()
            return False
        line, self._place = self._waiting[self._place : end], end + 1
        self._reset_timeout()
        if self._overlong or len(line) > LONGEST_COMMAND:
            self._overlong = False
            self._refuse_long_line()
        elif self._closing:
            self.dismiss(refusals.CLOSING)
        else:
            self._obey(line)
        return True

    def _drop_overlong(self) -> None:
        """Of a line that is too long already nothing is kept."""
        if len(self._waiting) - self._place > LONGEST_COMMAND:
            self._waiting, self._place, self._overlong = b"", 0, True

    def _rest(self) -> None:
        """All that came is answered."""
        if self._closing:
            self.dismiss(refusals.CLOSING)
        elif self._ended:
            self._hang_up()
        else:
            self.silent_since = self.loop.time()

    @property
    def _ready(self) -> bool:
        return self._begun and not (self._busy or self._unread or self._lost or self._transport.is_closing())

    def _has_more(self) -> bool:
        """Whether the client has sent more than was taken."""
        return len(self._waiting) > self._place

    def _mind_reading(self) -> None:
        """Read on only from a peer who waits for our answers."""
        if self._paused != (len(self._waiting) > _MOST_WAITING) and not self._transport.is_closing():
            self._paused = not self._paused
            (self._transport.pause_reading if self._paused else self._transport.resume_reading)()

    # Answers that take time

    def _await(self, answer: Awaitable[T], then: Callable[[T], None], *, run_on: bool = False) -> None:
        """Call `then` with the answer; what comes meanwhile waits. With `run_on` a lost connection does not cut it short."""
        asking = asyncio.ensure_future(answer)
        self._busy = True
        self._asking = None if run_on else asking
        asking.add_done_callback(partial(self._answered, then))

    def _answered(self, then: Callable[[T], None], asking: "asyncio.Future[T]") -> None:
        self._asking = None
        self._busy = False
        if asking.cancelled() or self._lost:
            return
        try:
            then(asking.result())
        except Exception:
            log.exception("A mail connection ended by a fault")
            self.dismiss(refusals.FAULT)
        self._proceed()

    # What is said

    def say(self, reply: Reply) -> None:
        self._transport.write(_on_the_wire(reply))

    def dismiss(self, refusal: Refusal) -> None:
        """Say this at once and hang up."""
        if not self._transport.is_closing():
            self.say(refusal)
            self._hang_up()

    def retire(self) -> None:
        """Close with 421: now when nothing is under way, else after the command or mail in hand."""
        self._closing = True
        if self.silent_since is not None:
            self.dismiss(refusals.CLOSING)

    def drop(self) -> None:
        """Be gone at once, whatever has not been sent."""
        self._transport.abort()

    def _hang_up(self) -> None:
        """Close when all that was said is taken, which a client that reads nothing may not draw out."""
        if not self._transport.is_closing():
            self._transport.close()
            self._reset_timeout(self._farewell)
        self._end()

    def _end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)

    # TLS

    def _encrypt(self, context: ssl.SSLContext, then: Callable[[], None]) -> None:
        """Go on under TLS, then call `then`."""
        self._await(self._encrypted_transport(context), partial(self._go_on_encrypted, then))

    async def _encrypted_transport(self, context: ssl.SSLContext) -> asyncio.Transport | None:
        if self._has_more():  # said in the clear, so by anybody
            return None
        try:
            return await self.loop.start_tls(
                self._transport, self, context, server_side=True, ssl_handshake_timeout=_HANDSHAKE_SECONDS
            )
        except OSError:
            return None

    def _go_on_encrypted(self, then: Callable[[], None], transport: asyncio.Transport | None) -> None:
        if transport is None:
            self._transport.abort()
            self.connection_lost(None)  # which asyncio says only once the handshake is done
            return
        self._transport, self._encrypted = transport, True
        then()

    # The timer

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Hang up after so many seconds of silence. A timer that runs is left to run: when it fires, it looks whether it was put off."""
        self._due = self.loop.time() + (self._idle if duration is None else duration)
        if self._due < self._fires:
            if self._timer is not None:
                self._timer.cancel()
            self._start_timer()

    def _start_timer(self) -> None:
        self._fires = self._due
        self._timer = self.loop.call_at(self._due, self._on_timer)

    def _on_timer(self) -> None:
        self._fires = math.inf
        if self._due <= self.loop.time():
            self._too_slow()
        elif self._due < math.inf:
            self._start_timer()

    def _too_slow(self) -> None:
        if self._transport.is_closing():
            self.drop()  # they read nothing, so nothing ends
            return
        self.dismiss(refusals.TOO_SLOW)


@lru_cache(256)
def _on_the_wire(reply: Reply) -> bytes:
    return f"{reply}\r\n".encode("ascii", "replace")
