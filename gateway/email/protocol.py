"""Mail over one connection: SMTP (RFC 5321) and LMTP (RFC 2033).

    greeting → hello → MAIL → RCPT … → DATA → content → Door.accept → one reply (SMTP) or one for each recipient (LMTP)

The door decides each step; content is read in bulk (`incoming.py`).

What a lost connection leaves behind: before the end of the content nothing was handed to the door and nothing is stored. After
it, `accept` runs to its end without the client, which then sends the mail again; that a second delivery is harmless is the
door's affair. There is never half a mail.
"""

import asyncio
import logging
import math
import ssl
from collections.abc import Awaitable, Callable, Sequence

from gateway.email import refusals, xforward
from gateway.email.capacity import Capacity
from gateway.email.connection import LONGEST_COMMAND, OK, Connection
from gateway.email.door import STALL_BYTES, Door, Envelope, Limits, Refusal, Reply, Session
from gateway.email.incoming import Incoming
from gateway.email.networks import Networks, is_within
from gateway.email.paths import Mail, read_mail, read_recipient
from gateway.email.xforward import Forwarded

log = logging.getLogger(__name__)

_SENDER_OK = Reply(250, "2.1.0", "Sender noted")
_RECIPIENT_OK = Reply(250, "2.1.5", "Recipient noted")


class Conversation(Connection):
    """SMTP with mail."""

    def __init__(
        self,
        door: Door,
        capacity: Capacity,
        limits: Limits,
        *,
        hostname: str,
        tls: ssl.SSLContext | None = None,
        require_tls: bool = False,
        proxies: Networks = (),
    ) -> None:
        super().__init__(capacity, limits, hostname=hostname, tls=tls, require_tls=require_tls, proxies=proxies)
        self._door = door
        self._mail: Mail | None = None
        self._forwarded = Forwarded()
        self._recipients: list[str] = []
        self._asked_for_recipients = False
        self._content: Incoming | None = None
        self._held = 0  # bytes of content that count as held by this connection; by a task, while they are stored
        self._content_due = 0.0  # on the loop's clock: by then all of the content must have come
        self._seen_before = 0  # bytes of it when it was last looked at
        self._arrival: asyncio.Future[None] = self.loop.create_future()

    def connection_lost(self, error: Exception | None) -> None:
        self._content = None
        self._let_go(self._take_held())
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._content is None:
            super().data_received(data)
        else:
            self._feed(self._content, data)

    @property
    def receiving(self) -> bool:
        """Whether content is on its way in and not yet complete."""
        return self._content is not None

    # Commands, in the order of a session

    def _commands(self) -> dict[str, Callable[[str], Awaitable[None]]]:
        return super()._commands() | {
            "MAIL": self._mail_from,
            "RCPT": self._rcpt_to,
            "DATA": self._data,
            "RSET": self._rset,
            "XFORWARD": self._xforward,
        }

    async def _mail_from(self, arg: str) -> None:
        if not self._helo:
            await self.answer(refusals.HELLO_FIRST)
            return
        if self._mail is not None:
            await self.answer(refusals.MAIL_TWICE)
            return
        mail = read_mail(arg)
        if isinstance(mail, Refusal):
            await self.answer(mail)
            return
        if mail.size > self._limits.size:
            await self.answer(refusals.too_large(self._limits.size))
            return
        refusal = await self._ask(self._door.sender(self._session(mail), mail.address, mail.size))
        if refusal is None:
            self._mail = mail
        await self.answer(refusal or _SENDER_OK)

    async def _rcpt_to(self, arg: str) -> None:
        mail = self._mail
        if mail is None:
            await self.answer(refusals.MAIL_FIRST)
            return
        self._asked_for_recipients = True
        address = read_recipient(arg, smtputf8=mail.smtputf8)
        if isinstance(address, Refusal):
            await self.answer(address)
            return
        if len(self._recipients) >= self._limits.recipients:
            await self.answer(refusals.TOO_MANY_RECIPIENTS)
            return
        refusal = await self._ask(self._door.recipient(self._session(mail), address))
        if refusal is None:
            self._recipients.append(address)
        await self.answer(refusal or _RECIPIENT_OK)

    async def _data(self, arg: str) -> None:
        mail = self._mail
        if mail is None or not self._recipients:
            await self.answer(refusals.MAIL_FIRST if mail is None else self._no_recipient)
            return
        if arg:
            await self.answer(refusals.NO_ARGUMENT)
            return
        if self._capacity.overloaded:
            await self.answer(refusals.OVERLOADED)
            return
        content = await self._receive()
        refusal = self._refused(content)
        if refusal is None:
            replies = await self._accept(self._envelope(mail, content.take()))
        else:
            replies = [refusal] * len(self._recipients)
        self._let_go(self._take_held())
        self._forget_mail()
        answers = self._answers(replies)
        if any(answer.accepted for answer in answers):
            self._forgive()
        for answer in answers:
            await self.answer(answer)

    async def _rset(self, arg: str) -> None:
        if not arg:
            self._forget_mail()
        await self.answer(refusals.NO_ARGUMENT if arg else OK)

    @property
    def _no_recipient(self) -> Refusal:
        """LMTP has one reply for both (RFC 2033 section 4.2), SMTP tells them apart (RFC 5321 section 3.3)."""
        return refusals.NO_RECIPIENTS if self._asked_for_recipients else refusals.RCPT_FIRST

    # Content

    async def _receive(self) -> Incoming:
        """Ask for the content and wait until its end has come."""
        content = Incoming(self._limits.size)
        arrival = self._arrival = self.loop.create_future()
        early = await self._reader.read(1 << 20) if self._waiting() else b""
        self._content = content
        self._content_due, self._seen_before = self.loop.time() + self._limits.content, 0
        self._look_again()
        await self.push("354 End the mail with a dot on a line of its own")
        if early:
            self._feed(content, early)
        await arrival
        self._reset_timeout()
        return content

    def _timeout_cb(self) -> None:
        content = self._content
        if content is None or self.loop.time() >= self._content_due or self._stalls(content):
            super()._timeout_cb()
        else:
            self._look_again()

    def _look_again(self) -> None:
        self._reset_timeout(min(self._limits.stall, max(self._content_due - self.loop.time(), 0.001)))

    def _stalls(self, content: Incoming) -> bool:
        came, self._seen_before = content.received - self._seen_before, content.received
        return came < STALL_BYTES

    def _feed(self, content: Incoming, data: bytes) -> None:
        rest = content.feed(data)
        self._let_go(self._held - content.kept)
        self._held = content.kept
        if content.kept and self._capacity.overloaded:
            self._let_go(self._take_held())
            content.drop()
        if rest is not None:
            self._content = None
            if not self._arrival.done():
                self._arrival.set_result(None)
            if rest:
                super().data_received(rest)
        elif content.received > 2 * self._limits.size + LONGEST_COMMAND:
            self.dismiss(refusals.too_large(self._limits.size))

    def _take_held(self) -> int:
        held, self._held = self._held, 0
        return held

    def _let_go(self, held: int) -> None:
        self._capacity.buffered -= held

    def _refused(self, content: Incoming) -> Refusal | None:
        if content.dropped:
            return refusals.OVERLOADED
        if content.too_large:
            return refusals.too_large(self._limits.size)
        if self._limits.refuse_bare_line_ends and content.has_bare_line_ends():
            return refusals.BARE_LINE_ENDS
        return None

    async def _accept(self, envelope: Envelope) -> Sequence[Reply]:
        """The door's answers. It runs on when the connection is lost meanwhile, and no timer cuts it short."""
        self._due = math.inf
        held = self._take_held()
        storing = self.loop.create_task(self._stored(envelope))
        storing.add_done_callback(lambda _: self._let_go(held))
        self._capacity.watch(storing)
        replies = await asyncio.shield(storing)
        self._reset_timeout()
        return replies

    async def _stored(self, envelope: Envelope) -> Sequence[Reply]:
        faults = [refusals.FAULT] * len(envelope.recipients)
        try:
            replies = await self._door.accept(envelope)
        except Exception:
            log.exception("A mail could not be accepted by a fault")
            return faults
        return replies if len(replies) == len(faults) else faults

    def _answers(self, replies: Sequence[Reply]) -> Sequence[Reply]:
        """The one reply of SMTP: yes when any recipient took it, else a refusal that lets the client try again, else the first."""
        best = next((reply for reply in replies if reply.accepted), None)
        return [best or next((reply for reply in replies if reply.temporary), replies[0])]

    # What is known

    @property
    def _is_trusted(self) -> bool:
        """Whether the peer is a mail server of our own, which says who brought it the mail."""
        return is_within(self.peer_ip, self._limits.relays)

    @property
    def _origin(self) -> tuple[str, str]:
        """The address and the name of whoever brings the mail; empty when they are not the sender's."""
        return (self._forwarded.address, self._forwarded.helo) if self._is_trusted else (self.peer_ip, self._helo)

    def _further_offers(self) -> list[str]:
        return [xforward.OFFER] if self._is_trusted else []

    async def _xforward(self, arg: str) -> None:
        if not self._is_trusted:
            await self.answer(refusals.NO_SUCH_COMMAND)
            return
        if self._mail is not None:
            await self.answer(refusals.MAIL_TWICE)
            return
        said = xforward.read_xforward(arg, self._forwarded)
        if isinstance(said, Refusal):
            await self.answer(said)
            return
        self._forwarded = said
        await self.answer(OK)

    async def _ask(self, question: Awaitable[Refusal | None]) -> Refusal | None:
        try:
            return await question
        except Exception:
            log.exception("A mail command failed by a fault")
            return refusals.FAULT

    def _forget_mail(self) -> None:
        self._mail = None
        self._recipients = []
        self._asked_for_recipients = False
        self._forwarded = Forwarded()

    def _session(self, mail: Mail) -> Session:
        peer_ip, helo = self._origin
        return Session(
            peer_ip,
            helo,
            self._protocol(mail),
            self._encrypted,
            mail.smtputf8,
            mail.address,
            tuple(self._recipients),
            self._is_trusted,
        )

    def _envelope(self, mail: Mail, raw: bytes) -> Envelope:
        peer_ip, helo = self._origin
        return Envelope(
            mail.address,
            tuple(self._recipients),
            raw,
            peer_ip,
            helo,
            self._protocol(mail),
            mail.smtputf8,
            self._encrypted,
            self._is_trusted,
        )

    def _protocol(self, mail: Mail) -> str:
        """The word for a Received field (RFC 3848, RFC 6531 section 4.3)."""
        extended = "E" if self._extended and self.family == "SMTP" else ""
        word = ("UTF8" if mail.smtputf8 else extended) + self.family
        return word + ("S" if self._encrypted else "")


class LocalConversation(Conversation):
    """LMTP (RFC 2033): LHLO instead of HELO and EHLO, and after the content one reply for each recipient."""

    family = "LMTP"

    @property
    def _is_trusted(self) -> bool:
        """Whoever may open our socket is our own MTA; over TCP it could be anybody whom a firewall lets through."""
        return not self.peer_ip or super()._is_trusted

    @property
    def _origin(self) -> tuple[str, str]:
        """Never the peer itself: it is an MTA, and SPF must not be judged by its address."""
        return self._forwarded.address, self._forwarded.helo

    def _commands(self) -> dict[str, Callable[[str], Awaitable[None]]]:
        hello = {"LHLO": self._ehlo, "HELO": self._lhlo_only, "EHLO": self._lhlo_only}
        return super()._commands() | hello

    @property
    def _no_recipient(self) -> Refusal:
        return refusals.RCPT_FIRST

    async def _lhlo_only(self, arg: str) -> None:
        await self.answer(refusals.LHLO_ONLY)

    def _answers(self, replies: Sequence[Reply]) -> Sequence[Reply]:
        return replies
