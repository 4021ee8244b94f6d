"""What passes between the mail server and whoever decides: who may send, who may receive, what becomes of a mail."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.email.networks import Networks

NETWORK_SHARE = 4  # how many addresses' worth of anything counted a whole network may have
STALL_BYTES = 1024
_LINE = 480  # characters of text on one line of a reply; RFC 5321 section 4.5.3.1.5 allows 512 octets in all


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply: `code` (RFC 5321), `enhanced` status (RFC 3463) and a sentence for the person who will read it."""

    code: int
    enhanced: str
    text: str

    @property
    def accepted(self) -> bool:
        """Whether responsibility was taken, or the command obeyed."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """Whether the same may succeed later."""
        return 400 <= self.code < 500

    def __str__(self) -> str:
        """As on the wire, without the last line end: `550 5.1.1 Nobody here has this address.`"""
        text = " ".join(self.text.split()) or "…"
        prefix = f"{self.enhanced} " if self.enhanced else ""
        lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
        return "\r\n".join(
            f"{self.code}{' ' if number == len(lines) else '-'}{prefix}{line}" for number, line in enumerate(lines, 1)
        )


@dataclass(frozen=True, slots=True)
class Refusal(Reply):
    """A reply that says no, for now (4xx) or for good (5xx)."""


ACCEPTED = Reply(250, "2.0.0", "Your mail has arrived and is stored.")


@dataclass(frozen=True, slots=True)
class Session:
    """Who is speaking. `peer_ip` is empty on a Unix socket; `protocol` is a word of RFC 3848 or RFC 6531, as `ESMTPS`.

    `mail_from` and `recipients` are the transaction so far; the null sender is an empty `mail_from`. `trusted`: a mail server of our own brings the
    mail; `peer_ip` and `helo` are then those of whoever brought it there, or empty.
    """

    peer_ip: str
    helo: str
    protocol: str
    tls: bool
    smtputf8: bool = False
    mail_from: str = ""
    recipients: tuple[str, ...] = ()
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail as it came in: `raw` is byte for byte what was sent, without the dots that SMTP doubles.

    `trusted` is as in `Session`. `came_to` are the recipients as they came, one for each, when a mail server of our own had written others.
    """

    mail_from: str
    recipients: tuple[str, ...]
    raw: bytes = field(repr=False)
    peer_ip: str = ""
    helo: str = ""
    protocol: str = "ESMTP"
    smtputf8: bool = False
    tls: bool = False
    trusted: bool = False
    came_to: tuple[str, ...] = ()

    @property
    def answers_each(self) -> bool:
        """Whether each recipient is answered; else one yes is a yes for all, and the mail does not come again."""
        return "LMTP" in self.protocol


Opinion = Refusal | None | Awaitable[Refusal | None]  # None is yes; what is known at once need not be awaited


class Door(Protocol):
    """Decides what may come in. An exception from any of these is answered 451 4.3.0 and logged."""

    def sender(self, session: Session, address: str, size: int) -> Opinion:
        """Whether `address` (empty: the null sender) may send `size` bytes (0: not told). Asked at MAIL."""

    def recipient(self, session: Session, address: str) -> Opinion:
        """Whether `address` exists and may take more. Asked at RCPT."""

    async def accept(self, envelope: Envelope) -> Sequence[Reply]:
        """Store the mail durably, then answer for each recipient, in their order.

        Runs to its end even when the client has gone, so that storing is never cut short.
        """


async def settled(opinion: Opinion) -> Refusal | None:
    """What the door says, at once or after a while."""
    return opinion if opinion is None or isinstance(opinion, Refusal) else await opinion


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server puts up with. Sizes in bytes, times in seconds."""

    size: int = 35 * 1024 * 1024
    recipients: int = 100
    connections: int = 500
    connections_per_address: int = 60
    connections_per_network: int = 200  # /24 of IPv4, /64 of IPv6
    connections_a_minute: int = (
        120  # new ones of one address that is not ours; its network may open NETWORK_SHARE times as many
    )
    errors: int = 20  # refused commands since the last mail that was taken, before the connection is closed
    errors_in_all: int = 200  # 5xx to one address that is not ours in ten minutes, over all connections
    idle_commands: int = 100  # NOOP, RSET, EHLO and the like since the last mail that was taken
    idle: float = 300.0  # between two commands (RFC 5321 section 4.5.3.2.7 asks for 5 minutes)
    content: float = 900.0  # for the whole of one mail's content
    stall: float = 60.0  # within which at least STALL_BYTES of content must come
    farewell: float = 10.0  # to take what was said as we hung up
    buffered: int = 256 * 1024 * 1024  # content being received, over all connections
    banner_delay: float = 0.0  # before strangers are greeted; whoever speaks before that is turned away
    relays: Networks = ()  # mail servers of our own, whose word about a mail is taken
    refuse_bare_line_ends: bool = False  # CR or LF alone in the content: refused, or stored as they came
