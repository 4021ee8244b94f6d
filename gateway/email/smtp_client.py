"""One kept connection to a relay, with RFC 2920 pipelining where the relay offers it.

A copy goes through `begin` (its envelope is written), `accepted` (the relay's answers to it, up to 354), `hand_over` (its
body, and behind it the next copy's envelope in the same write) and `answer`. At any time at most one body is unanswered.
Without pipelining each command is written when its answer is awaited; the callers need not know.
"""

import asyncio
import base64
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from gateway.core.errors import Invalid
from gateway.email.headers import address_on_wire
from gateway.email.relay import NO_SMTPUTF8, Copy, Outcome, Refused, Relay, Reply, Sent, Stage, verdict
from gateway.email.smtp_channel import Channel, ConnectionLost

_CHUNK = 65_536
_ENVELOPE: tuple[tuple[Stage, tuple[int, ...]], ...] = (("mail", (250,)), ("rcpt", (250, 251, 252)), ("data", (354,)))


@dataclass(frozen=True, slots=True)
class Envelope:
    """A copy that is ready to be offered: its commands and its bytes."""

    copy: Copy
    mail: bytes
    rcpt: bytes
    data: bytes


class SmtpConnection:
    """A session with the relay; `open` makes one, `close` ends it politely."""

    def __init__(self, relay: Relay, channel: Channel, extensions: dict[str, str]) -> None:
        self.relay = relay
        self._channel = channel
        self._extensions = extensions
        self._pipelining = "PIPELINING" in extensions
        self.stage: Stage = "mail"  # of the envelope that is open, or was when the connection broke
        self.answered = False  # has the relay taken or refused a body on this connection?
        self._reset = False
        self._pending: deque[bytes] = deque()

    @classmethod
    async def open(cls, relay: Relay) -> "SmtpConnection":
        """Connect, greet, secure and log in; ConnectionLost when any of it fails."""
        channel = await _connect(relay)
        try:
            return cls(relay, channel, await _greet(relay, channel))
        except BaseException:
            channel.abort()
            raise

    @property
    def usable(self) -> bool:
        """Whether nothing has come from the relay that nobody asked for, and the connection stands."""
        return not self._channel.lost and not self._channel.replies

    def envelope(self, copy: Copy) -> Envelope | Refused:
        """The copy made ready for this relay, or why it can never be sent. Whatever else is raised may pass."""
        try:
            sender = address_on_wire(copy.mail_from) if copy.mail_from else ""
            recipient = address_on_wire(copy.rcpt)
            data = copy.data() if callable(copy.data) else copy.data
        except Invalid as error:
            return Refused("compose", str(error))
        options = f" SIZE={len(data)}" if "SIZE" in self._extensions else ""
        if not data.isascii() and "8BITMIME" in self._extensions:
            options += " BODY=8BITMIME"
        if not (sender.isascii() and recipient.isascii()):
            if "SMTPUTF8" not in self._extensions:
                return Refused("rcpt", NO_SMTPUTF8)
            options += " SMTPUTF8"
        return Envelope(
            copy, f"MAIL FROM:<{sender}>{options}\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode(), data
        )

    def begin(self, envelope: Envelope) -> None:
        """Offer the envelope."""
        self._channel.write(self._opening(envelope))

    async def accepted(self) -> Outcome | None:
        """Read the answers to the envelope: None when the relay waits for the body, else what became of the copy."""
        if self._reset:
            self._reset = False
            await self._command()
        refusal: Outcome | None = None
        for stage, good in _ENVELOPE:
            self.stage = stage
            reply = await self._command()
            if reply.code not in good:
                refusal = refusal or verdict(reply, stage)
                if not self._pipelining:
                    return self._over(refusal)
        if refusal is None:
            return None
        if reply.code == 354:  # RFC 2920, 3.1: nobody is to get it, and the relay waits for a body all the same
            self._channel.write(b".\r\n")
            await self._channel.reply(self.relay.command_timeout)
        return self._over(refusal)

    async def hand_over(self, envelope: Envelope, following: Envelope | None, ours: Callable[[], bool]) -> bool:
        """Write the body to its end, and the next envelope behind it. From here on the copy is the relay's or in doubt.

        False when it is not `ours` any more, which is asked right before the end is written: then the connection must be closed.
        """
        if not self.usable:
            self.abort()
            raise ConnectionLost("The relay closed the connection before the message.", before_end=True)
        body = envelope.data if envelope.copy.ready else stuffed(envelope.data)
        after = self._opening(following) if following else b""
        if len(body) > _CHUNK:
            for start in range(0, len(body), _CHUNK):
                self._channel.write(body[start : start + _CHUNK])
                await self._channel.drained(self.relay.body_timeout)
            body = b""
        if not ours():
            return False
        self._channel.write(b"".join((body, b".\r\n", after)))
        return True

    async def answer(self) -> Outcome:
        """What became of the body that was handed over."""
        reply = await self._channel.reply(self.relay.body_timeout)
        self.answered, self.stage = True, "mail"
        if reply.code == 421:
            self._channel.abort()
        return Sent(reply) if 200 <= reply.code <= 299 else verdict(reply, "body")

    async def close(self) -> None:
        """Say QUIT, wait a moment for the answer, close."""
        with suppress(ConnectionLost):
            self._channel.write(b"QUIT\r\n")
            await self._channel.reply(min(5, self.relay.command_timeout))
        self._channel.abort()

    def abort(self) -> None:
        """Close at once."""
        self._channel.abort()

    def _opening(self, envelope: Envelope) -> bytes:
        commands: tuple[bytes, ...] = (b"RSET\r\n",) if self._reset else ()
        commands += (envelope.mail, envelope.rcpt, b"DATA\r\n")
        if self._pipelining:
            return b"".join(commands)
        self._pending.extend(commands)
        return b""

    async def _command(self) -> Reply:
        if self._pending:
            self._channel.write(self._pending.popleft())
        reply = await self._channel.reply(self.relay.command_timeout)
        if reply.code == 421:
            raise ConnectionLost(str(reply), reply)
        return reply

    def _over(self, outcome: Outcome) -> Outcome:
        """The transaction is over before its body: what was left of its commands is dropped, the next one begins anew."""
        self._pending.clear()
        self._reset = True
        return outcome


def stuffed(data: bytes) -> bytes:
    """The message as it goes behind DATA: CRLF line ends only, dots doubled at line starts, ending in CRLF (RFC 5321, 4.5.2)."""
    breaks = data.count(b"\r\n")
    if data.count(b"\n") != breaks or data.count(b"\r") != breaks:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    data = data.replace(b"\r\n.", b"\r\n..")
    if data.startswith(b"."):
        data = b"." + data
    return data if data.endswith(b"\r\n") or not data else data + b"\r\n"


async def _connect(relay: Relay) -> Channel:
    loop = asyncio.get_running_loop()
    context = relay.tls_context() if relay.tls == "tls" else None
    try:
        async with asyncio.timeout(relay.connect_timeout):
            _, channel = await loop.create_connection(Channel, relay.host, relay.port, ssl=context)
    except OSError as error:  # TimeoutError and ssl.SSLError are among them
        raise ConnectionLost(
            f"Cannot connect to {relay.host}:{relay.port}: {str(error) or 'no answer in time'}"
        ) from error
    return channel


async def _greet(relay: Relay, channel: Channel) -> dict[str, str]:
    await _expect(channel, relay, None, 220)
    extensions = await _ehlo(channel, relay)
    if relay.tls == "starttls":
        if "STARTTLS" not in extensions:
            raise ConnectionLost("The relay offers no STARTTLS, and the settings ask for it.")
        await _expect(channel, relay, "STARTTLS", 220)
        await channel.secure(relay)
        extensions = await _ehlo(channel, relay)
    if relay.user:
        await _log_in(channel, relay, extensions)
    return extensions


async def _ehlo(channel: Channel, relay: Relay) -> dict[str, str]:
    channel.write(f"EHLO {_word(relay.helo)}\r\n".encode("ascii"))
    reply = await channel.reply(relay.command_timeout)
    if reply.code in (500, 501, 502, 504):
        await _expect(channel, relay, f"HELO {_word(relay.helo)}", 250)
        return {}
    if reply.code != 250:
        raise ConnectionLost(str(reply), reply)
    lines = [line.partition(" ") for line in channel.last_lines[1:]]
    return {name.upper(): value for name, _, value in lines}


async def _log_in(channel: Channel, relay: Relay, extensions: dict[str, str]) -> None:
    offered = extensions.get("AUTH", "").upper().split()
    if "PLAIN" in offered:
        secret = _b64("\0".join(("", relay.user, relay.password)))
        await _expect(channel, relay, f"AUTH PLAIN {secret}", 235)
    elif "LOGIN" in offered:
        await _expect(channel, relay, "AUTH LOGIN", 334)
        await _expect(channel, relay, _b64(relay.user), 334)
        await _expect(channel, relay, _b64(relay.password), 235)
    else:
        raise ConnectionLost("The relay offers no login that we know (PLAIN, LOGIN), and the settings give a user.")


async def _expect(channel: Channel, relay: Relay, command: str | None, code: int) -> None:
    """Send a command and require this answer. What is raised never holds the command, which may be a password."""
    if command is not None:
        channel.write(command.encode() + b"\r\n")
    reply = await channel.reply(relay.command_timeout if command else relay.connect_timeout)
    if reply.code != code:
        raise ConnectionLost(str(reply), reply)


def _word(helo: str) -> str:
    if not helo.isascii() or not helo.isprintable() or " " in helo or not helo:
        raise Invalid("The relay's helo name must be a host name.")
    return helo


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
