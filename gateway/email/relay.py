"""The relay that takes our mail, a copy offered to it, and what can become of one; `send_one` for single mails.

What becomes of a copy:

    Sent        the relay took it
    Refused     the relay said no for good (5xx), or the copy can never be sent as it is
    Deferred    not taken this time (4xx, or the connection was lost before its body); try it later, count the attempt. At stage `compose`
                it could not even be made just then, through no fault of its own; count nothing
    Returned    never really tried, through no fault of its own: queue it again at once, count nothing
    Uncertain   its body was handed over and no answer came: the relay may have it or not
"""

import ipaddress
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import aiosmtplib

from gateway.core.errors import Invalid
from gateway.email.bounce_blame import refuses_address
from gateway.email.headers import address_on_wire

NO_SMTPUTF8 = "The relay takes no address with letters outside ASCII (no SMTPUTF8)."
NOT_MADE = "The mail could not be made; the log says why."
Stage = Literal["compose", "connect", "mail", "rcpt", "data", "body"]


@dataclass(frozen=True, slots=True)
class Relay:
    """How to reach the relay. Times are in seconds and follow RFC 5321, 4.5.3.2 (a body may be thought over for long)."""

    host: str
    port: int = 25
    tls: Literal["none", "starttls", "tls"] = "none"
    user: str = ""
    password: str = ""
    helo: str = "localhost"
    ca_file: str = ""  # trust this authority instead of the system's
    connect_timeout: float = 30
    command_timeout: float = 120
    body_timeout: float = 600

    def __post_init__(self) -> None:
        if self.user and self.tls == "none" and not _is_loopback(self.host):
            raise Invalid(
                f"The password for {self.host} would cross the network in the clear; nothing was sent.",
                hint="Set the relay's tls to starttls or tls.",
            )

    def tls_context(self) -> ssl.SSLContext | None:
        """What verifies the relay's certificate; None without TLS."""
        return None if self.tls == "none" else ssl.create_default_context(cafile=self.ca_file or None)


@dataclass(frozen=True, slots=True)
class Copy:
    """One message for one recipient. `data` is the message, or makes it just before it is sent.

    `ready` vouches that it is as it goes over the wire, which else is seen to: no line ends but CRLF, one at its end, and no line that begins with a dot.
    """

    id: int
    mail_from: str
    rcpt: str
    data: bytes | Callable[[], bytes]
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What the relay answered, on one line."""

    code: int
    text: str

    @property
    def status(self) -> str:
        """The enhanced status such as `5.1.1`, or nothing (RFC 2034)."""
        first = self.text.split(" ", 1)[0]
        numbers = first.split(".")
        return first if len(numbers) == 3 and all(number.isdecimal() for number in numbers) else ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


@dataclass(frozen=True, slots=True)
class Sent:
    """The relay took it."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Refused:
    """It can never be sent like this. Without a reply it was ours to refuse, and `reason` says why."""

    stage: Stage
    reason: str
    reply: Reply | None = None

    @property
    def about_recipient(self) -> bool:
        """Whether the recipient's address is at fault, and not the sender, the message or the relay."""
        return self.reply is not None and self.stage == "rcpt" and refuses_address(self.reply.code, self.reply.text)


@dataclass(frozen=True, slots=True)
class Deferred:
    """It was not taken this time. Without a reply the connection failed before its body was handed over."""

    stage: Stage
    reason: str
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """It was allowed to be attempted and then was not. `at_once`: nothing speaks against trying it now."""

    reason: str
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Uncertain:
    """Its body was handed over and no answer came."""

    reason: str


Outcome = Sent | Refused | Deferred | Returned | Uncertain


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one copy."""

    copy_id: int
    outcome: Outcome


def verdict(reply: Reply, stage: Stage) -> Outcome:
    """What a reply other than the hoped-for means for the copy it answers."""
    if 500 <= reply.code <= 599:
        return Refused(stage, str(reply), reply)
    return Deferred(stage, str(reply), reply)


async def send_one(relay: Relay, copy: Copy) -> Outcome:
    """Send a single mail over its own connection, by aiosmtplib. The caller has recorded the attempt before."""
    try:
        data = copy.data() if callable(copy.data) else copy.data
        sender = address_on_wire(copy.mail_from) if copy.mail_from else ""
        recipient = address_on_wire(copy.rcpt)
    except Invalid as error:
        return Refused("compose", str(error))
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        use_tls=relay.tls == "tls",
        start_tls=relay.tls == "starttls",
        tls_context=relay.tls_context(),
        local_hostname=relay.helo,
        timeout=relay.connect_timeout,
    )
    try:
        await client.connect()
        if relay.user:
            await client.login(relay.user, relay.password)
    except (aiosmtplib.SMTPException, OSError) as error:
        client.close()
        return Deferred("connect", _said(error), _reply_of(error))
    try:
        return await _send_over(client, relay, sender, recipient, data)
    finally:
        client.close()


async def _send_over(client: aiosmtplib.SMTP, relay: Relay, sender: str, recipient: str, data: bytes) -> Outcome:
    wide = ["SMTPUTF8"] if not (sender.isascii() and recipient.isascii()) else []
    stage: Stage = "mail"
    try:
        if wide and client.is_ehlo_or_helo_needed:
            await client.ehlo()
        if wide and not client.supports_extension("SMTPUTF8"):
            return Refused("rcpt", NO_SMTPUTF8)
        encoding = "utf-8" if wide else "ascii"
        await client.mail(sender, options=wide, encoding=encoding, timeout=relay.command_timeout)
        stage = "rcpt"
        await client.rcpt(recipient, encoding=encoding, timeout=relay.command_timeout)
        stage = "body"
        response = await client.data(data, timeout=relay.body_timeout)
    except aiosmtplib.SMTPHeloError as error:
        return Deferred("connect", _said(error), _reply_of(error))
    except aiosmtplib.SMTPResponseException as error:
        return verdict(_reply_of(error) or Reply(error.code, error.message), stage)
    except (aiosmtplib.SMTPException, OSError) as error:
        return Uncertain(_said(error)) if stage == "body" else Deferred(stage, _said(error))
    with suppress(aiosmtplib.SMTPException, OSError):  # it was taken; how the connection ends changes nothing
        await client.quit(timeout=relay.connect_timeout)
    return Sent(Reply(response.code, " ".join(response.message.split())))


def _reply_of(error: Exception) -> Reply | None:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Reply(error.code, " ".join(error.message.split()))
    return None


def _said(error: Exception) -> str:
    return str(_reply_of(error) or error) or type(error).__name__


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
