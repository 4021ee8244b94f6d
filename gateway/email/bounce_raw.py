"""A report's bytes as a mail, with the damage mended that hides its headers or its parts from the standard parser."""

import re
from email import message_from_bytes, message_from_string
from email.message import Message

_MOST_BYTES = 300_000  # of a report; the rest is the original's body

_INDENTED_FIELD = re.compile(
    rb"\n[ \t]{1,8}(?=(?:final-recipient|original-recipient|action|status|diagnostic-code):)", re.IGNORECASE
)


def opened(raw: bytes) -> Message:
    """The mail in these bytes; what begins with blank lines, ends its lines oddly or names no true boundary is read too."""
    mail = message_from_bytes(_with_header_first(_with_plain_line_ends(raw[:_MOST_BYTES])))
    if mail.get_content_maintype() == "multipart" and not mail.is_multipart():
        _part(mail)
    return mail


def _with_plain_line_ends(raw: bytes) -> bytes:
    """The bytes with one blank line where there are many: the standard parser makes each a block of its own."""
    raw = raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    while b"\n\n\n" in raw:
        raw = raw.replace(b"\n\n\n", b"\n\n")
    return _INDENTED_FIELD.sub(b"\n", raw)  # the parser would drop them as the end of a line that is not there


def _with_header_first(raw: bytes) -> bytes:
    """The bytes without what mailboxes and relays leave before a header."""
    bare = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\n")
    first, _, rest = bare.partition(b"\n")
    if first.startswith(b">From "):
        return rest
    return bare if b":" in first else raw


def _part(mail: Message) -> None:
    """Parts a mail at the lines that look like boundaries, where its header names none or another."""
    body = mail.get_payload()
    if not isinstance(body, str):
        return
    boundary = _boundary_in(body)
    if boundary:
        parted = message_from_string(f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n{body}')
        if parted.is_multipart():
            mail.set_payload(parted.get_payload())


def _boundary_in(body: str) -> str:
    """What follows the dashes of the first line that a part's header follows."""
    before = ""
    for line in body.split("\n"):
        if line[:8].lower() == "content-" and before.startswith("--") and '"' not in before:
            return before[2:].strip()
        before = line
    return ""
