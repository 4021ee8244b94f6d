"""Mail over one connection: SMTP (RFC 5321) and LMTP (RFC 2033).

    greeting → hello → MAIL → RCPT … → DATA → content → Door.accept → one reply (SMTP) or one for each recipient (LMTP)

The door decides each step; content is read in bulk (`incoming.py`).

What a lost connection leaves behind: before the end of the content nothing was handed to the door and nothing is stored. After
it, `accept` runs to its end without the client, which then sends the mail again; that a second delivery is harmless is the
door's affair. There is never half a mail.
"""

import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar

from gateway.email import refusals, xforward
from gateway.email.capacity import Capacity
from gateway.email.connection import OK, Front
from gateway.email.door import Door, Envelope, Limits, Opinion, Refusal, Reply, Session
from gateway.email.incoming import Incoming
from gateway.email.paths import Mail, read_mail, read_recipient
from gateway.email.receiving import Receiving
from gateway.email.xforward import NOTHING_FORWARDED

log = logging.getLogger(__name__)

_SENDER_OK = Reply(250, "2.1.0", "Sender noted")
_RECIPIENT_OK = Reply(250, "2.1.5", "Recipient noted")


class Conversation(Receiving):
    """SMTP with mail."""

    verbs: ClassVar[dict[str, str]] = Receiving.verbs | {
        "MAIL": "_mail_from",
        "RCPT": "_rcpt_to",
        "DATA": "_data",
        "RSET": "_rset",
        "XFORWARD": "_xforward",
    }

    def __init__(self, door: Door, capacity: Capacity, limits: Limits, front: Front) -> None:
        super().__init__(capacity, limits, front)
        self._door = door
        self._mail: Mail | None = None
        self._forwarded = NOTHING_FORWARDED
        self._recipients: list[str] = []
        self._asked_for_recipients = False

    # Commands, in the order of a session

    def _mail_from(self, arg: str) -> None:
        if not self._helo:
            self.answer(refusals.HELLO_FIRST)
            return
        if self._mail is not None:
            self.answer(refusals.MAIL_TWICE)
            return
        mail = read_mail(arg)
        if isinstance(mail, Refusal):
            self.answer(mail)
        elif mail.size > self._limits.size:
            self.answer(refusals.too_large(self._limits.size))
        else:
            ask = partial(self._door.sender, self._session(mail), mail.address, mail.size)
            self._ask(ask, partial(self._take_sender, mail))

    def _take_sender(self, mail: Mail, refusal: Refusal | None) -> None:
        if refusal is None:
            self._mail = mail
        self.answer(refusal or _SENDER_OK)

    def _rcpt_to(self, arg: str) -> None:
        mail = self._mail
        if mail is None:
            self.answer(refusals.MAIL_FIRST)
            return
        self._asked_for_recipients = True
        address = read_recipient(arg, smtputf8=mail.smtputf8)
        if isinstance(address, Refusal):
            self.answer(address)
        elif len(self._recipients) >= self._limits.recipients:
            self.answer(refusals.TOO_MANY_RECIPIENTS)
        else:
            ask = partial(self._door.recipient, self._session(mail), address)
            self._ask(ask, partial(self._take_recipient, address))

    def _take_recipient(self, address: str, refusal: Refusal | None) -> None:
        if refusal is None:
            self._recipients.append(address)
        self.answer(refusal or _RECIPIENT_OK)

    def _data(self, arg: str) -> None:
        if self._mail is None or not self._recipients:
            self.answer(refusals.MAIL_FIRST if self._mail is None else self._no_recipient)
        elif arg:
            self.answer(refusals.NO_ARGUMENT)
        elif self._capacity.overloaded:
            self.answer(refusals.OVERLOADED)
        else:
            self._receive()
            self._transport.write(b"354 End the mail with a dot on a line of its own\r\n")

    def _rset(self, arg: str) -> None:
        if not arg:
            self._forget_mail()
        self.answer(refusals.NO_ARGUMENT if arg else OK)

    @property
    def _no_recipient(self) -> Refusal:
        """LMTP has one reply for both (RFC 2033 section 4.2), SMTP tells them apart (RFC 5321 section 3.3)."""
        return refusals.NO_RECIPIENTS if self._asked_for_recipients else refusals.RCPT_FIRST

    def _ask(self, question: Callable[[], Opinion], then: Callable[[Refusal | None], None]) -> None:
        """The door's opinion, which it may have at once or be waited for."""
        try:
            opinion = question()
        except Exception:
            opinion = _fault()
        if opinion is None or isinstance(opinion, Refusal):
            then(opinion)
        else:
            self._await(_awaited(opinion), then)

    # Content

    def _take_content(self, content: Incoming) -> None:
        mail = self._mail
        assert mail is not None
        refusal = self._refused(content)
        if refusal is not None:
            self._let_go(self._take_held())
            self._tell([refusal] * len(self._recipients))
        else:
            self._store(self._envelope(mail, content.take()))

    def _store(self, envelope: Envelope) -> None:
        """Hand it to the door. That runs on when the connection is lost meanwhile, and no timer cuts it short."""
        self._due = math.inf
        storing = self.loop.create_task(self._stored(envelope, self._take_held()))
        self._capacity.watch(storing)
        self._await(storing, self._tell, run_on=True)

    async def _stored(self, envelope: Envelope, held: int) -> Sequence[Reply]:
        faults = [refusals.FAULT] * len(envelope.recipients)
        try:
            replies = await self._door.accept(envelope)
        except Exception:
            log.exception("A mail could not be accepted by a fault")
            return faults
        finally:
            self._let_go(held)
        return replies if len(replies) == len(faults) else faults

    def _tell(self, replies: Sequence[Reply]) -> None:
        """What became of the mail."""
        self._reset_timeout()
        self._forget_mail()
        answers = self._answers(replies)
        if any(answer.accepted for answer in answers):
            self._forgive()
        for answer in answers:
            self.answer(answer)

    def _answers(self, replies: Sequence[Reply]) -> Sequence[Reply]:
        """The one reply of SMTP: yes when any recipient took it, else a refusal that lets the client try again, else the first."""
        best = next((reply for reply in replies if reply.accepted), None)
        return [best or next((reply for reply in replies if reply.temporary), replies[0])]

    # What is known

    @property
    def _is_trusted(self) -> bool:
        """Whether the peer is a mail server of our own, which says who brought it the mail."""
        return self._is_our_relay

    @property
    def _origin(self) -> tuple[str, str]:
        """The address and the name of whoever brings the mail; empty when they are not the sender's."""
        return (self._forwarded.address, self._forwarded.helo) if self._is_trusted else (self.peer_ip, self._helo)

    def _further_offers(self) -> list[str]:
        return [xforward.OFFER] if self._is_trusted else []

    def _xforward(self, arg: str) -> None:
        if not self._is_trusted:
            self.answer(refusals.NO_SUCH_COMMAND)
            return
        if self._mail is not None:
            self.answer(refusals.MAIL_TWICE)
            return
        said = xforward.read_xforward(arg, self._forwarded)
        if isinstance(said, Refusal):
            self.answer(said)
            return
        self._forwarded = said
        self.answer(OK)

    def _forget_mail(self) -> None:
        self._mail = None
        self._recipients = []
        self._asked_for_recipients = False
        self._forwarded = NOTHING_FORWARDED

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
    verbs: ClassVar[dict[str, str]] = Conversation.verbs | {
        "LHLO": "_ehlo",
        "HELO": "_lhlo_only",
        "EHLO": "_lhlo_only",
    }

    @property
    def _is_trusted(self) -> bool:
        """Whoever may open our socket is our own MTA; over TCP it could be anybody whom a firewall lets through."""
        return not self.peer_ip or super()._is_trusted

    @property
    def _origin(self) -> tuple[str, str]:
        """Never the peer itself: it is an MTA, and SPF must not be judged by its address."""
        return self._forwarded.address, self._forwarded.helo

    @property
    def _no_recipient(self) -> Refusal:
        return refusals.RCPT_FIRST

    def _lhlo_only(self, arg: str) -> None:
        self.answer(refusals.LHLO_ONLY)

    def _answers(self, replies: Sequence[Reply]) -> Sequence[Reply]:
        return replies


async def _awaited(opinion: Awaitable[Refusal | None]) -> Refusal | None:
    try:
        return await opinion
    except Exception:
        return _fault()


def _fault() -> Refusal:
    """The answer to a fault of ours, which is noted; called while it is handled."""
    log.exception("A mail command failed by a fault")
    return refusals.FAULT
