"""What makes two mails the same: Message-ID, From, Date, Subject and body, without what servers add on the way.

Message-ID alone would not do: the sender chooses it, and some choose one for all their mails.
"""

import hashlib
import re

_BLANK_LINE = re.compile(rb"\n\r?\n")
_NO_HEADER_LINE = re.compile(rb"(?m)^(?![\x21-\x39\x3b-\x7e]+:|[\t ]|\Z)")
_NAMES = (b"message-id", b"from", b"date", b"subject")
_KEEPS_THE_LOCK = (
    2047  # bytes; for more hashlib lets other threads run, and waiting for one's turn again costs more than the hash
)
_SHORT = 64 * 1024


def unique_key(recipient: str, content: str) -> str:
    """The key under which a mail with this `content_key` stands in the inbox for one recipient."""
    return hashlib.sha256(f"{recipient.lower()}\0{content}".encode()).hexdigest()


def content_key(raw: bytes) -> str:
    """The same hex digits for every delivery of one mail."""
    blank = _BLANK_LINE.search(raw)
    if blank is None or _NO_HEADER_LINE.search(raw, 0, blank.start() + 1):
        return hashlib.sha256(raw).hexdigest()  # where the body begins, programs differ about
    head = raw[: blank.start() + 1]
    lowered = b"\n" + head.lower()
    digest = hashlib.sha256()
    for name in _NAMES:
        digest.update(_field(head, lowered, name) + b"\0")
    body = memoryview(raw)[blank.end() :]
    step = _KEEPS_THE_LOCK if len(body) <= _SHORT else len(body)
    for start in range(0, len(body), step):
        digest.update(body[start : start + step])
    return digest.hexdigest()


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
    return b" ".join(head[start:end].split())
