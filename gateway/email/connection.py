"""One connection to the mail server, whatever is said on it: greeting, hello, TLS, manners and goodbye.

    proxy's header, where one stands in front → room for one more? → silence until the greeting → commands

`lines.py` carries it; `protocol.py` adds the commands that bring mail. Every reply has its status code and its sentence.
"""

import asyncio
import ssl
from dataclasses import dataclass
from typing import ClassVar

from gateway.email import proxy, refusals
from gateway.email.authenticate import is_ours
from gateway.email.capacity import Capacity
from gateway.email.door import Limits, Reply
from gateway.email.lines import Lines
from gateway.email.networks import Networks, is_within, peer_address

OK = Reply(250, "2.0.0", "OK")
_BYE = Reply(221, "2.0.0", "Goodbye")
_GO_AHEAD = Reply(220, "2.0.0", "Go ahead")
_HELP = Reply(214, "2.0.0", "Mail a blog's address to write to it. Write to postmaster for help from a person.")
_BEFORE_TLS = frozenset({"NOOP", "EHLO", "LHLO", "STARTTLS", "QUIT"})
_BRINGS_MAIL = frozenset({"MAIL", "RCPT", "DATA", "XFORWARD"})


@dataclass(frozen=True, slots=True)
class Front:
    """How a server shows itself: what it calls itself, the TLS it offers or requires, and the proxies that stand before it."""

    hostname: str
    tls: ssl.SSLContext | None = None
    require_tls: bool = False
    proxies: Networks = ()


class Connection(Lines):
    """SMTP as RFC 5321 has it, without mail: PIPELINING, ENHANCEDSTATUSCODES and STARTTLS, limits and timeouts."""

    family = "SMTP"
    verbs: ClassVar[dict[str, str]] = {
        "HELO": "_helo_command",
        "EHLO": "_ehlo",
        "STARTTLS": "_starttls",
        "NOOP": "_noop",
        "HELP": "_help",
        "VRFY": "_not_offered",
        "EXPN": "_not_offered",
        "AUTH": "_no_logins",
        "QUIT": "_quit",
    }

    def __init__(self, capacity: Capacity, limits: Limits, front: Front) -> None:
        super().__init__(limits.idle, limits.farewell)
        self.peer_ip = ""
        self.is_stranger = self._is_our_mta = self._is_our_relay = False
        self._capacity, self._limits, self._front = capacity, limits, front
        self._extended = False
        self._helo = ""
        self._errors = self._idle_commands = 0
        self._header: asyncio.StreamReader | None = None  # while a proxy has yet to say who calls
        self._greeting: asyncio.Handle | None = None

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._take_peer(peer_address(transport.get_extra_info("peername")))
        if self._front.proxies and is_within(self.peer_ip, self._front.proxies):
            self._header = asyncio.StreamReader()
            self._reset_timeout(proxy.HEADER_SECONDS)
            self._await(self._announced(self._header), self._take_caller)
        else:
            self._welcome()

    def connection_lost(self, error: Exception | None) -> None:
        self._capacity.leave(self)
        if self._greeting is not None:
            self._greeting.cancel()
        if self._header is not None:
            self._header.feed_eof()
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._header is not None:
            self._header.feed_data(data)
            return
        super().data_received(data)
        if self._greeting is not None:
            self._greet()

    def eof_received(self) -> bool:
        if self._header is not None:
            self._header.feed_eof()
            return True
        return super().eof_received()

    @property
    def receiving(self) -> bool:
        """Whether content is on its way in and not yet complete."""
        return False

    def _take_peer(self, address: str) -> None:
        self.peer_ip = address
        self._is_our_relay = is_within(address, self._limits.relays)
        self._is_our_mta = self.family == "LMTP" or self._is_our_relay
        self.is_stranger = not (self._is_our_mta or is_ours(address))

    async def _announced(self, header: asyncio.StreamReader) -> str | None:
        """Who calls, from the proxy's header; what came behind it waits as if it had been read here."""
        address = await proxy.announced(header)
        self._header = None
        header.feed_eof()
        self._waiting = await header.read()
        return address

    def _take_caller(self, address: str | None) -> None:
        if address is None:
            self.dismiss(refusals.NO_PROXY_HEADER)
            return
        if address:
            self._take_peer(address)
        self._reset_timeout()
        self._welcome()

    def _welcome(self) -> None:
        """Let them in when there is room, and greet; a stranger after a while, for whoever has patience only."""
        refusal = self._capacity.admit(self)
        if refusal is not None:
            self.dismiss(refusal)
        elif self._limits.banner_delay and self.is_stranger and not self._has_more():
            self._greeting = self.loop.call_later(self._limits.banner_delay, self._greet)
        else:
            self._greeting = self.loop.call_soon(self._greet)

    def _greet(self) -> None:
        """Unless they spoke first: what has come by now was said before the greeting."""
        if self._greeting is not None:
            self._greeting.cancel()
            self._greeting = None
        if self._has_more():
            self.dismiss(refusals.TALKED_FIRST)
            return
        self._begun = True
        self._transport.write(
            f"220 {self._front.hostname} {'LMTP' if self.family == 'LMTP' else 'ESMTP'} Postroom\r\n".encode(
                "ascii", "replace"
            )
        )
        self._proceed()

    # The conversation

    def _obey(self, line: bytes) -> None:
        """Obey one command line. Commands that follow it in the same packet wait (RFC 2920)."""
        try:
            text = line.rstrip(b"\r").decode()
        except UnicodeDecodeError:
            text = "\0"
        if not text.isprintable():
            self.answer(refusals.UNREADABLE)
            return
        word, _, argument = text.strip().partition(" ")
        verb = word.upper()
        method = self.verbs.get(verb) if word.isascii() else None
        if method is None:
            self.answer(refusals.NO_SUCH_COMMAND)
        elif self._front.require_tls and not self._encrypted and verb not in _BEFORE_TLS:
            self.answer(refusals.TLS_FIRST)
        elif self._talks_too_much(verb):
            self.dismiss(refusals.TOO_MUCH_TALK)
        else:
            getattr(self, method)(argument.strip(" "))

    def _refuse_long_line(self) -> None:
        self.answer(refusals.LINE_TOO_LONG)

    def _talks_too_much(self, verb: str) -> bool:
        self._idle_commands += verb not in _BRINGS_MAIL
        return self._idle_commands > self._limits.idle_commands

    def answer(self, reply: Reply) -> None:
        """Send one reply; after too many refusals, hang up."""
        if not reply.accepted:
            self._note(reply)
        if self._errors > self._limits.errors:
            self.dismiss(refusals.TOO_MANY_ERRORS)
        else:
            self.say(reply)

    def _note(self, refusal: Reply) -> None:
        """Count a refusal. An MTA of our own passes on what others sent, and is not blamed for it."""
        if not self._is_our_mta:
            self._errors += 1
            if not refusal.temporary:
                self._capacity.note_refusal(self)

    def _forgive(self) -> None:
        """A mail was taken: its sender may err as often again."""
        self._errors = self._idle_commands = 0

    # Commands

    def _forget_mail(self) -> None:
        """Drop the transaction, if one is under way."""

    def _helo_command(self, hostname: str) -> None:
        self._hello(hostname, extended=False)

    def _ehlo(self, hostname: str) -> None:
        self._hello(hostname, extended=True)

    def _hello(self, hostname: str, *, extended: bool) -> None:
        if not hostname or len(hostname) > 255:
            self.answer(refusals.HELLO_SYNTAX)
            return
        self._forget_mail()
        self._helo, self._extended = hostname, extended
        words = [self._front.hostname]
        if extended:
            words += ["PIPELINING", f"SIZE {self._limits.size}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
            words += ["STARTTLS"] if self._front.tls and not self._encrypted else []
            words += self._further_offers()
        lines = [f"250{' ' if word is words[-1] else '-'}{word}\r\n" for word in words]
        self._transport.write("".join(lines).encode("ascii", "replace"))

    def _further_offers(self) -> list[str]:
        """What EHLO names beside these."""
        return []

    def _starttls(self, arg: str) -> None:
        if self._front.tls is None:
            self.answer(refusals.NO_TLS)
        elif arg:
            self.answer(refusals.NO_ARGUMENT)
        elif self._encrypted:
            self.answer(refusals.TLS_ALREADY)
        elif self._has_more():
            self.dismiss(refusals.TLS_PIPELINED)
        else:
            self.say(_GO_AHEAD)
            self._encrypt(self._front.tls, self._start_again)

    def _start_again(self) -> None:
        """Encrypted, as if nothing had been said (RFC 3207 section 4.2)."""
        self._helo = ""
        self._forget_mail()

    def _noop(self, arg: str) -> None:
        self.answer(OK)

    def _help(self, arg: str) -> None:
        self.answer(_HELP)

    def _not_offered(self, arg: str) -> None:
        self.answer(refusals.NOT_OFFERED)

    def _no_logins(self, arg: str) -> None:
        self.answer(refusals.NO_LOGINS)

    def _quit(self, arg: str) -> None:
        self.say(_BYE)
        self._hang_up()
