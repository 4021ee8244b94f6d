"""One connection to the mail server, whatever is said on it: greeting, hello, TLS, manners and goodbye.

aiosmtpd carries it: transport, streams, the timer. This subclass speaks, so that every reply has its status code and its
sentence; `protocol.py` adds the commands that bring mail.
"""

import asyncio
import contextlib
import logging
import math
import ssl
from collections.abc import Awaitable, Callable

from aiosmtpd.smtp import SMTP

from gateway.email import proxy, refusals
from gateway.email.authenticate import is_ours
from gateway.email.capacity import Capacity
from gateway.email.door import Limits, Refusal, Reply
from gateway.email.networks import Networks, is_within, peer_address

log = logging.getLogger(__name__)

LONGEST_COMMAND = 4096  # octets; RFC 5321 asks for 512, extensions add to it
OK = Reply(250, "2.0.0", "OK")
_BYE = Reply(221, "2.0.0", "Goodbye")
_HELP = Reply(214, "2.0.0", "Mail a blog's address to write to it. Write to postmaster for help from a person.")
_BEFORE_TLS = frozenset({"NOOP", "EHLO", "LHLO", "STARTTLS", "QUIT"})
_BRINGS_MAIL = frozenset({"MAIL", "RCPT", "DATA", "XFORWARD"})


class Connection(SMTP):
    """SMTP as RFC 5321 has it, without mail: PIPELINING, ENHANCEDSTATUSCODES and STARTTLS, limits and timeouts."""

    line_length_limit = LONGEST_COMMAND  # sizes the stream for commands; content does not pass through it
    family = "SMTP"

    def __init__(
        self,
        capacity: Capacity,
        limits: Limits,
        *,
        hostname: str,
        tls: ssl.SSLContext | None = None,
        require_tls: bool = False,
        proxies: Networks = (),
    ) -> None:
        super().__init__(None, hostname=hostname, tls_context=tls, timeout=limits.idle, loop=asyncio.get_running_loop())
        self.peer_ip = ""
        self.is_stranger = self._is_our_mta = False
        self.silent_since: float | None = None
        self._capacity, self._limits = capacity, limits
        self._tls_required, self._proxies = require_tls, proxies
        self._encrypted = self._greeted = self._closing = self._extended = False
        self._helo = ""
        self._errors = self._idle_commands = 0
        self._due = self._fires = math.inf  # on the loop's clock
        self._talked_first = asyncio.Event()
        self._smtp_methods = self._commands()

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._encrypted = transport.get_extra_info("ssl_object") is not None
        self._take_peer(peer_address(transport.get_extra_info("peername")))
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._capacity.leave(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if not self._greeted:
            self._talked_first.set()
        super().data_received(data)

    def eof_received(self) -> bool | None:
        """A client that has said all it wants to say still gets its answers."""
        if self.receiving or self._encrypted:
            return super().eof_received()
        return asyncio.StreamReaderProtocol.eof_received(self)

    def dismiss(self, refusal: Refusal) -> None:
        """Say this at once and hang up."""
        transport = self._writer.transport
        if not transport.is_closing():
            self._writer.write(f"{refusal}\r\n".encode("ascii", "replace"))
            self._hang_up()

    def retire(self) -> None:
        """Close with 421: now when nothing is under way, else after the command or mail in hand."""
        self._closing = True
        if self.silent_since is not None:
            self.dismiss(refusals.CLOSING)

    @property
    def receiving(self) -> bool:
        """Whether content is on its way in and not yet complete."""
        return False

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The conversation itself, done when it is over."""
        return self._handler_coroutine

    def drop(self) -> None:
        """Be gone at once, whatever has not been sent."""
        self._writer.transport.abort()

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Hang up after so many seconds of silence. A timer that runs is left to run: when it fires, it looks whether it was put off."""
        self._due = self.loop.time() + (self._limits.idle if duration is None else duration)
        if self._due < self._fires:
            if self._timeout_handle is not None:
                self._timeout_handle.cancel()
            self._start_timer()

    def _start_timer(self) -> None:
        self._fires = self._due
        self._timeout_handle = self.loop.call_at(self._due, self._on_timer)

    def _on_timer(self) -> None:
        self._fires = math.inf
        if self._due <= self.loop.time():
            self._timeout_cb()
        elif self._due < math.inf:
            self._start_timer()

    def _timeout_cb(self) -> None:
        if self._writer.transport.is_closing():
            self.drop()  # they read nothing, so nothing ends
            return
        self.dismiss(refusals.TOO_SLOW)

    def _take_peer(self, address: str) -> None:
        self.peer_ip = address
        self._is_our_mta = self.family == "LMTP" or is_within(address, self._limits.relays)
        self.is_stranger = not (self._is_our_mta or is_ours(address))

    # The conversation

    async def _handle_client(self) -> None:
        try:
            if await self._welcome():
                await self._converse()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # they hung up
        except Exception:
            log.exception("A mail connection ended by a fault")
            self.dismiss(refusals.FAULT)
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        """Close when all that was said is taken, which a client that reads nothing may not draw out."""
        transport = self._writer.transport
        if not transport.is_closing():
            transport.close()
            self._reset_timeout(self._limits.farewell)

    async def _welcome(self) -> bool:
        """Greet, unless there is no room or they spoke first."""
        if is_within(self.peer_ip, self._proxies) and not await self._learn_peer():
            self.dismiss(refusals.NO_PROXY_HEADER)
            return False
        refusal = self._capacity.admit(self)
        if refusal is None:
            await self._listen_before_greeting()
            refusal = refusals.TALKED_FIRST if self._talked_first.is_set() else None
        if refusal is not None:
            self.dismiss(refusal)
            return False
        self._greeted = True
        await self.push(f"220 {self.hostname} {'LMTP' if self.family == 'LMTP' else 'ESMTP'} Postroom")
        return True

    async def _learn_peer(self) -> bool:
        """Who calls, from the proxy's header; what comes with it is already too much."""
        self._reset_timeout(proxy.HEADER_SECONDS)
        address = await proxy.announced(self._reader)
        if address:
            self._take_peer(address)
        if not self._waiting():
            self._talked_first.clear()
        self._reset_timeout()
        return address is not None

    async def _listen_before_greeting(self) -> None:
        if not (self._limits.banner_delay and self.is_stranger):
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._talked_first.wait(), self._limits.banner_delay)

    async def _converse(self) -> None:
        while not self._writer.transport.is_closing():
            if self._closing:
                self.dismiss(refusals.CLOSING)
                return
            self.silent_since = self.loop.time()
            try:
                line = await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as overrun:
                await self._drop_line(overrun)
                await self.answer(refusals.LINE_TOO_LONG)
                continue
            self.silent_since = None
            self._reset_timeout()
            await self._perform(line)

    async def _drop_line(self, overrun: asyncio.LimitOverrunError) -> None:
        while True:
            await self._reader.readexactly(overrun.consumed)
            try:
                await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as further:
                overrun = further
            else:
                return

    async def _perform(self, line: bytes) -> None:
        """Obey one command line. Commands that follow it in the same packet wait in the stream (RFC 2920)."""
        try:
            text = line.rstrip(b"\r\n").decode()
        except UnicodeDecodeError:
            text = "\0"
        if not text.isprintable():
            await self.answer(refusals.UNREADABLE)
            return
        verb, _, argument = text.strip().partition(" ")
        method = self._smtp_methods.get(verb.upper()) if verb.isascii() else None
        if method is None:
            await self.answer(refusals.NO_SUCH_COMMAND)
        elif self._tls_required and not self._encrypted and verb.upper() not in _BEFORE_TLS:
            await self.answer(refusals.TLS_FIRST)
        elif self._talks_too_much(verb.upper()):
            self.dismiss(refusals.TOO_MUCH_TALK)
        else:
            await method(argument.strip(" "))

    def _talks_too_much(self, verb: str) -> bool:
        self._idle_commands += verb not in _BRINGS_MAIL
        return self._idle_commands > self._limits.idle_commands

    async def answer(self, reply: Reply) -> None:
        """Send one reply; after too many refusals, hang up."""
        self._note(reply)
        if self._errors > self._limits.errors:
            self.dismiss(refusals.TOO_MANY_ERRORS)
            return
        await self.push(str(reply))

    def _note(self, reply: Reply) -> None:
        """Count a refusal. An MTA of our own passes on what others sent, and is not blamed for it."""
        if not (reply.accepted or self._is_our_mta):
            self._errors += 1
            if not reply.temporary:
                self._capacity.note_refusal(self)

    def _forgive(self) -> None:
        """A mail was taken: its sender may err as often again."""
        self._errors = self._idle_commands = 0

    async def push(self, status: str | bytes) -> None:
        data = status if isinstance(status, bytes) else status.encode("ascii", "replace")
        self._writer.write(data + b"\r\n")
        await self._writer.drain()

    # Commands

    def _commands(self) -> dict[str, Callable[[str], Awaitable[None]]]:
        return {
            "HELO": self._helo_command,
            "EHLO": self._ehlo,
            "STARTTLS": self._starttls,
            "NOOP": self._noop,
            "HELP": self._help,
            "VRFY": self._not_offered,
            "EXPN": self._not_offered,
            "AUTH": self._not_offered,
            "QUIT": self._quit,
        }

    def _forget_mail(self) -> None:
        """Drop the transaction, if one is under way."""

    async def _helo_command(self, hostname: str) -> None:
        await self._hello(hostname, extended=False)

    async def _ehlo(self, hostname: str) -> None:
        await self._hello(hostname, extended=True)

    async def _hello(self, hostname: str, *, extended: bool) -> None:
        if not hostname or len(hostname) > 255:
            await self.answer(refusals.HELLO_SYNTAX)
            return
        self._forget_mail()
        self._helo, self._extended = hostname, extended
        words = [self.hostname]
        if extended:
            words += ["PIPELINING", f"SIZE {self._limits.size}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
            words += ["STARTTLS"] if self.tls_context and not self._encrypted else []
            words += self._further_offers()
        lines = [f"250{' ' if word is words[-1] else '-'}{word}" for word in words]
        await self.push("\r\n".join(lines))

    def _further_offers(self) -> list[str]:
        """What EHLO names beside these."""
        return []

    async def _starttls(self, arg: str) -> None:
        context = self.tls_context
        if context is None:
            await self.answer(refusals.NOT_OFFERED)
        elif arg:
            await self.answer(refusals.NO_ARGUMENT)
        elif self._encrypted:
            await self.answer(refusals.TLS_ALREADY)
        elif self._waiting():
            self.dismiss(refusals.TLS_PIPELINED)
        else:
            await self._start_tls(context)

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        """Begin again, encrypted, as if nothing had been said (RFC 3207 section 4.2)."""
        await self.push("220 2.0.0 Go ahead")
        try:
            await self._writer.start_tls(context)
        except (ssl.SSLError, ConnectionError, TimeoutError):
            self._hang_up()
            return
        self.transport = self._writer.transport
        vars(self._reader)["_transport"] = self.transport  # Python 3.11 leaves the plain one, and pausing would miss
        self._encrypted = True
        self._helo = ""
        self._forget_mail()

    async def _noop(self, arg: str) -> None:
        await self.answer(OK)

    async def _help(self, arg: str) -> None:
        await self.answer(_HELP)

    async def _not_offered(self, arg: str) -> None:
        await self.answer(refusals.NOT_OFFERED)

    async def _quit(self, arg: str) -> None:
        await self.push(str(_BYE))
        self._hang_up()

    def _waiting(self) -> bool:
        """Whether the client has sent more than was read."""
        return bool(vars(self._reader)["_buffer"])
