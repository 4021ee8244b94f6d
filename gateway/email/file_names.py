"""What a file of a mail is called: a name that is safe to show and to store, the type that it suggests, and its content id."""

import mimetypes
from collections.abc import Iterator

from gateway.email.header_values import tidy, words
from gateway.email.limits import LIMITS
from gateway.email.parts import Header, raw_header

_EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/heic": ".heic", "image/webp": ".webp",
               "application/pdf": ".pdf", "text/calendar": ".ics", "text/html": ".html", "text/plain": ".txt"}  # fmt: skip
_TYPES = mimetypes.MimeTypes()  # Python's own list: what stands on this machine does not matter
UNKNOWN = "application/octet-stream"


def file_name(given: str) -> str:
    """A name without folders, encoded words, control characters or leading dots; "" when nothing is left."""
    name = words(given) if "=?" in given or not given.isascii() else tidy(given)
    name = name.replace("\\", "/").rpartition("/")[2].lstrip(". ").rstrip()
    if len(name) > LIMITS.filename:
        stem, dot, extension = name.rpartition(".")
        name = f"{stem[: LIMITS.filename - 12]}.{extension[:11]}" if dot else name[: LIMITS.filename]
    return name


def default_name(content_type: str, number: int) -> str:
    """A name for a file that came without."""
    return f"{content_type.partition('/')[0]}-{number}{_EXTENSIONS.get(content_type, '')}"


def message_name(header: Header) -> str:
    """A name for an enclosed mail, by its subject."""
    subject = words(raw_header(header, "subject")[: LIMITS.subject]).replace("/", " ")
    return (file_name(subject) or "message") + ".eml"


def type_of(name: str) -> str:
    """The media type that a file name suggests."""
    return _TYPES.guess_type(f"/{name}", strict=False)[0] or UNKNOWN


def content_id(header: Header) -> str:
    """The Content-ID without angle brackets and without what can't stand in `<cid:…>` or in an attribute."""
    return harmless_id(words(raw_header(header, "content-id")[:500]))


def harmless_id(given: str) -> str:
    """A content id without what can't stand in `<cid:…>` or in an attribute."""
    return "".join(_harmless(given[:500].strip("<> ")))


def _harmless(given: str) -> Iterator[str]:
    for mark in given:
        if not mark.isspace() and mark not in "<>\"'()[]\\":
            yield mark
