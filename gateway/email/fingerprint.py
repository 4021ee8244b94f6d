"""What makes two mails the same: Message-ID, From, Date, Subject and body, without what servers add on the way.

Message-ID alone would not do: the sender chooses it, and some choose one for all their mails. White space, line ends and the case of header names
count nowhere: whoever sends a signed mail on may change them and keep its signature whole. Without a Message-ID the day of arrival counts too, for
the same few words may be meant each time.
"""

import hashlib
import re
from datetime import UTC, datetime

NO_FIELD = re.compile(rb"(?m)^(?![\x21-\x39\x3b-\x7e]+:|[\t ]|\Z)")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_NAMES = (b"message-id", b"from", b"date", b"subject")
_WHITE = b" \t\r\n"
_DATED = "-dated"
_KEEPS_THE_LOCK = (
    2047  # bytes; for more hashlib lets other threads run, and waiting for one's turn again costs more than the hash
)
_SHORT = 64 * 1024


def unique_key(target: str, content: str, received: datetime) -> str:
    """The key under which a mail with this `content_key` stands in the inbox for one `Target.name`."""
    day = received.astimezone(UTC).date().isoformat() if content.endswith(_DATED) else ""
    return hashlib.sha256(f"{target}\0{content}\0{day}".encode()).hexdigest()


def content_key(raw: bytes) -> str:
    """The same hex digits for every delivery of one mail; with a mark at the end when it has no Message-ID."""
    start = first_line(raw)
    blank = _BLANK_LINE.search(raw, start)
    if blank is None or NO_FIELD.search(raw, start, blank.start() + 1):
        # where the body begins, programs differ about
        return hashlib.sha256(raw).hexdigest() + _DATED
    head = raw[start : blank.start() + 1]
    lowered = b"\n" + head.lower()
    digest = hashlib.sha256()
    for name in _NAMES:
        digest.update(_field(head, lowered, name) + b"\0")
    step = _KEEPS_THE_LOCK if len(raw) - blank.end() <= _SHORT else _SHORT
    for piece in range(blank.end(), len(raw), _SHORT):
        black = raw[piece : piece + _SHORT].translate(None, _WHITE)
        for at in range(0, len(black), step):
            digest.update(black[at : at + step])
    return digest.hexdigest() + ("" if b"\nmessage-id:" in lowered else _DATED)


def first_line(raw: bytes) -> int:
    """Where the header begins: behind the line that a pipe may set before a mail, as in a mailbox file."""
    return raw.find(b"\n") + 1 if raw.startswith(b"From ") else 0


def header_of(raw: bytes) -> bytes:
    """The header section with the empty line that ends it; all of a mail that has no such line."""
    blank = _BLANK_LINE.search(raw)
    return raw[: blank.end()] if blank else raw


def _field(head: bytes, lowered: bytes, name: bytes) -> bytes:
    """The first field of that name, continuation lines included, white space made even; empty when there is none."""
    start = lowered.find(b"\n" + name + b":")
    if start < 0:
        return b""
    end = head.find(b"\n", start)
    while head[end + 1 : end + 2] in {b" ", b"\t"}:
        end = head.find(b"\n", end + 1)
    return name + b": " + b" ".join(head[start + len(name) + 1 : end].split())
