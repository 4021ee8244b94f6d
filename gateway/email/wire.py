"""A newsletter issue as mail: rendered and encoded once, joined and signed for each recipient.

The issue's text and HTML are cut at their marks before they are encoded, and a soft line break stands on both sides of every
recipient's value, so that no mark can be split by quoted-printable and every piece keeps its own encoding. The pieces are
already in DKIM's canonical form (see mime), so one copy costs a join, a hash and one signature. A copy's own headers are made in
both forms at once, the one that is sent and the canonical one; those that all copies share are joined for the signature when the issue is read.

Marks should hold something random for each issue: an author who could write one would have the reader's own link put there.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape

from gateway.core.errors import Invalid
from gateway.core.messages import RenderedIssue
from gateway.core.people.tokens import base32, mac
from gateway.email import headers, mime
from gateway.email.headers import Mailbox
from gateway.email.signing import Field, Signer, Unsigned, body_hash, canonical_fields

_VERSION = 1
_NOT_IN_URL = frozenset("<> ,")


@dataclass(frozen=True, slots=True)
class Reader:
    """One recipient's own part of a copy. `values` maps every mark of the issue to their value, unescaped."""

    address: str
    message_id: str
    unsubscribe_url: str
    unsubscribe_mailto: str
    reply_to: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the body where a recipient's value goes, escaped for HTML or as it is."""

    mark: str
    html: bool


@dataclass(frozen=True, slots=True)
class IssueWire:
    """An issue in its wire form. `segments` alternate between encoded bytes and slots; make one by `prepare`."""

    sender: str
    head: bytes
    segments: tuple[bytes | Slot, ...]
    fields: tuple[Field, ...]
    _names: tuple[bytes, ...] = field(init=False, repr=False, compare=False)  # of all fields
    _lines: bytes = field(init=False, repr=False, compare=False)  # of the common fields as they are signed, last first

    def __post_init__(self) -> None:
        object.__setattr__(self, "_names", tuple([name for name, _ in self.fields]))
        object.__setattr__(self, "_lines", b"\r\n".join([line for _, line in reversed(self.fields)]))

    def copy(self, reader: Reader, *, date: datetime, signers: Sequence[Signer] = ()) -> bytes:
        """The whole signed message for one recipient, as bytes for DATA.

        Raises Invalid when an address or URL cannot stand in a header, or a signer's domain does not align with From.
        """
        return self.unsigned(reader, date=date, signers=signers).signed()

    def unsigned(self, reader: Reader, *, date: datetime, signers: Sequence[Signer] = ()) -> "UnsignedCopy":
        """As `copy`, but for the signatures. Who makes many does best to sign them in a row: a signature of RSA leaves nothing else in the processor's cache."""
        own = _own_headers(reader, date)
        body = b"".join(self._pieces(reader.values))
        message = (self.head, own.sent, b"\r\n", body)
        if not signers:
            return UnsignedCopy((), message)
        lines, names = b"\r\n".join((own.canonical, self._lines)), self._names + own.names
        hashed, now = body_hash(body), int(date.timestamp())
        for signer in signers:
            require_alignment(self.sender, signer)
        return UnsignedCopy(tuple([signer.unsigned(lines, names, hashed, now=now) for signer in signers]), message)

    def to_bytes(self) -> bytes:
        """The frozen form, to be kept with the issue."""
        segments = [
            part.decode("ascii") if isinstance(part, bytes) else {"mark": part.mark, "html": part.html}
            for part in self.segments
        ]
        frozen = {"version": _VERSION, "sender": self.sender, "head": self.head.decode("ascii"), "segments": segments}
        return json.dumps(frozen, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_bytes(cls, frozen: bytes) -> "IssueWire":
        """The issue that `to_bytes` froze; Invalid when these bytes are none."""
        try:
            read = json.loads(frozen)
            if read["version"] != _VERSION:
                raise Invalid("This issue was frozen by another version of Postroom; it was not sent.")
            segments: list[bytes | Slot] = [
                part.encode("ascii") if isinstance(part, str) else Slot(str(part["mark"]), bool(part["html"]))
                for part in read["segments"]
            ]
            head = read["head"].encode("ascii")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Invalid("These bytes are no frozen issue; nothing was sent.") from error
        return cls(str(read["sender"]), head, tuple(segments), tuple(canonical_fields(head)))

    def _pieces(self, values: Mapping[str, str]) -> list[bytes]:
        encoded: dict[str, bytes] = {}  # the same link stands in several places
        pieces = []
        for segment in self.segments:
            if isinstance(segment, bytes):
                pieces.append(segment)
                continue
            value = _value(values, segment.mark)
            text = escape(value) if segment.html else value
            if text not in encoded:
                encoded[text] = _filling(text)
            pieces.append(encoded[text])
        return pieces


@dataclass(frozen=True, slots=True)
class UnsignedCopy:
    """A copy that lacks its signatures."""

    headers: tuple[Unsigned, ...]
    message: tuple[bytes, ...]

    def signed(self) -> bytes:
        """The bytes for DATA."""
        return b"".join((*[header.signed() for header in self.headers], *self.message))


def prepare(
    issue: RenderedIssue, *, sender: str, list_help: str, feedback_id: str = "", organization: str = ""
) -> IssueWire:
    """The wire form of an issue, ready for any number of copies.

    `sender` is the From address, `list_help` a URL (`https:` or `mailto:`) where a reader finds help, `feedback_id` the
    value of Gmail's Feedback-ID. Raises Invalid when a mark cannot be told apart or stands nowhere.
    """
    _check_marks(issue)
    boundary = mime.boundary_for(issue.text, issue.html)
    parts: list[bytes | Slot] = [mime.opening(boundary, "plain").encode("ascii")]
    parts += _segments(issue.text, issue.marks, html=False)
    parts.append(f"\r\n{mime.opening(boundary, 'html')}".encode("ascii"))
    parts += _segments(issue.html, issue.marks, html=True)
    parts.append(f"\r\n{mime.closing(boundary)}".encode("ascii"))
    lines = _common_headers(issue, sender, list_help, feedback_id, organization, boundary)
    head = b"".join(lines)
    return IssueWire(sender, head, tuple(_merged(parts)), tuple(canonical_fields(head)))


def _filling(text: str) -> bytes:
    line = headers.one_line(text)
    return f"{mime.quoted_line(line)}=\r\n".encode("ascii") if line else b""


@lru_cache(maxsize=4096)  # asked for again when the answer of the relay is recorded
def message_id(key: bytes, cause: str, recipient: int, domain: str) -> str:
    """The Message-ID that this cause always has for this recipient, so that a doubtful copy sent again is the same mail.

    Keyed, so that nobody can work out the ids of mails they did not get and report them as bounced. Those of one cause begin alike and go on with the
    recipient's id: so a copy's is put beside its neighbour's in the database's index, and not on a page of its own.
    """
    digest = mac(key, "message", f"{cause}\0{recipient}\0{domain}".encode())[:15]
    return f"<{base32(_cause_mark(key, cause) + recipient.to_bytes(6, 'big') + digest)}@{domain}>"


@lru_cache(maxsize=64)
def _cause_mark(key: bytes, cause: str) -> bytes:
    return mac(key, "cause", cause.encode())[:4]


def require_alignment(sender: str, signer: Signer) -> None:
    """Raise Invalid unless the signature's domain is the From address's domain or above it (RFC 7489, 3.1.1)."""
    domain = headers.address_on_wire(sender).rpartition("@")[2].lower()
    if domain != signer.domain and not domain.endswith("." + signer.domain):
        raise Invalid(
            f"Mail from {domain} cannot be signed for {signer.domain}; nothing was sent.",
            hint="Use a sender address in the signing domain.",
        )


def _common_headers(
    issue: RenderedIssue, sender: str, list_help: str, feedback_id: str, organization: str, boundary: str
) -> Iterator[bytes]:
    yield headers.mailbox("From", Mailbox(sender, issue.from_name))
    yield headers.words("Subject", issue.subject)
    yield headers.phrase("List-Id", issue.from_name, issue.list_id)
    yield headers.exact("List-Help", f"<{_url(list_help)}>")
    yield headers.exact("List-Post", "NO")
    if issue.archive_url:
        yield headers.exact("List-Archive", f"<{_url(issue.archive_url)}>")
    yield headers.exact("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    # Many responders know List-Id (RFC 3834), old ones only this. "bulk" would say more than we mean.
    yield headers.exact("Precedence", "list")
    if feedback_id:
        yield headers.exact("Feedback-ID", feedback_id)
    if organization:
        yield headers.words("Organization", organization)
    for name, value in issue.headers:
        yield headers.words(name, value)
    yield headers.exact("Content-Language", issue.language)
    yield headers.exact("MIME-Version", "1.0")
    yield headers.exact("Content-Type", mime.alternative_type(boundary))


@dataclass(frozen=True, slots=True)
class _Own:
    """A copy's own headers: as they are sent, and as they are signed, last first."""

    sent: bytes
    canonical: bytes
    names: tuple[bytes, ...]


_NAMES = (b"to", b"message-id", b"date", b"list-unsubscribe")


def _own_headers(reader: Reader, date: datetime) -> _Own:
    address = headers.address_on_wire(reader.address)
    identifier = headers.bracketed("Message-ID", reader.message_id.strip("<>"))
    url, mailto = _url(reader.unsubscribe_url), _url(reader.unsubscribe_mailto)
    day = _date(date.replace(microsecond=0))
    sent = (
        f"To: <{address}>\r\nMessage-ID: <{identifier}>\r\nDate: {day}\r\nList-Unsubscribe: <{url}>,\r\n <{mailto}>\r\n"
    )
    canonical = f"list-unsubscribe:<{url}>, <{mailto}>\r\ndate:{day}\r\nmessage-id:<{identifier}>\r\nto:<{address}>"
    if not reader.reply_to:
        return _Own(sent.encode(), canonical.encode(), _NAMES)
    reply_to = headers.address_on_wire(reader.reply_to)
    sent, canonical = f"{sent}Reply-To: <{reply_to}>\r\n", f"reply-to:<{reply_to}>\r\n{canonical}"
    return _Own(sent.encode(), canonical.encode(), (*_NAMES, b"reply-to"))


@lru_cache(maxsize=8)
def _date(second: datetime) -> str:
    return format_datetime(second)


def _url(url: str) -> str:
    wrong = not url.isascii() or not url.isprintable() or not _NOT_IN_URL.isdisjoint(url)
    if wrong or not url.startswith(("https://", "http://", "mailto:")):
        raise Invalid(
            "A list header cannot hold this address; nothing was sent.", hint="Give an https: or mailto: URL."
        )
    return url


def _value(values: Mapping[str, str], mark: str) -> str:
    try:
        return values[mark]
    except KeyError:
        raise Invalid(
            "A value for this recipient is missing; their copy was not sent.", hint=f"It is {mark}."
        ) from None


def _check_marks(issue: RenderedIssue) -> None:
    for mark in issue.marks:
        if not mark or not mark.replace("_", "").replace("-", "").isalnum() or not mark.isascii():
            raise Invalid(f"The mark {mark!r} must be ASCII letters, digits, hyphens and underscores.")
        if any(mark in other for other in issue.marks if other is not mark):
            raise Invalid(f"The mark {mark!r} is part of another one; the issue was not sent.")
        if mark not in issue.html and mark not in issue.text:
            raise Invalid(f"The mark {mark!r} stands nowhere in the issue; the issue was not sent.")


def _segments(source: str, marks: Sequence[str], *, html: bool) -> Iterator[bytes | Slot]:
    """The encoded literals and the slots of one part; the column is always 0 where a slot begins and where it ends."""
    pieces: list[str | Slot] = [source]
    for mark in marks:
        pieces = [new for piece in pieces for new in _cut(piece, mark, html=html)]
    for position, piece in enumerate(pieces):
        if isinstance(piece, Slot):
            yield piece
        elif piece:
            encoded = mime.quoted(piece)
            before_slot = position + 1 < len(pieces)
            at_line_start = encoded.endswith("\r\n")
            yield (encoded + ("=\r\n" if before_slot and not at_line_start else "")).encode("ascii")


def _cut(piece: str | Slot, mark: str, *, html: bool) -> Iterator[str | Slot]:
    if isinstance(piece, Slot):
        yield piece
        return
    first, *rest = piece.split(mark)
    yield first
    for part in rest:
        yield Slot(mark, html)
        yield part


def _merged(parts: Sequence[bytes | Slot]) -> Iterator[bytes | Slot]:
    run: list[bytes] = []
    for part in parts:
        if isinstance(part, bytes):
            run.append(part)
            continue
        if run:
            yield b"".join(run)
            run = []
        yield part
    if run:
        yield b"".join(run)
