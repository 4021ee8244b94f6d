"""Header lines that are safe by construction: 7-bit, folded, CRLF at the end, and nothing can be smuggled into them.

Words that people chose (subjects, names) are made harmless; values that must be exact (addresses, ids, URLs) are refused
when they are not.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from gateway.core.errors import Invalid
from gateway.core.people.domains import a_label

LINE = 76  # RFC 2047, 2: no line that holds an encoded word is longer
_ATOM = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~ ")
_NOT_IN_PHRASE = frozenset(" <>")
_NOT_IN_ADDRESS = frozenset('<>()[]\\,;:" ')


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address and the name shown beside it."""

    address: str
    name: str = ""


def words(name: str, value: str) -> bytes:
    """One header line for free text such as a subject; line breaks and control characters become spaces."""
    value = one_line(value)
    if _is_plain(value):
        return f"{_field_name(name)}: {_folded(value, len(name) + 2)}\r\n".encode("ascii")
    return f"{_field_name(name)}: {_encoded(value, len(name) + 2)}\r\n".encode("ascii")


def exact(name: str, value: str) -> bytes:
    """One header line whose value must stand as given: printable ASCII, folded only at its spaces; else Invalid."""
    if not value.isascii() or not value.isprintable() or not value.strip():
        raise Invalid(
            f"The header {name} cannot hold this value; nothing was sent.", hint="Give one line of plain ASCII."
        )
    return f"{_field_name(name)}: {_folded(value, len(name) + 2)}\r\n".encode("ascii")


def mailbox(name: str, box: Mailbox) -> bytes:
    """One header line with a name and an address, as in From and To."""
    return phrase(name, box.name, address_on_wire(box.address))


def phrase(name: str, shown: str, inner: str) -> bytes:
    """One header line `name: shown <inner>`, as in From and List-Id; `inner` must be one printable word."""
    bracketed(name, inner)
    start, shown = f"{_field_name(name)}: ", one_line(shown)
    if not shown:
        return f"{start}<{inner}>\r\n".encode()
    if not _is_plain(shown):
        shown = _encoded(shown, len(start))
    elif not _ATOM.issuperset(shown):
        shown = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
    last = len(start + shown) if "\r\n" not in shown else len(shown) - shown.rindex("\n") - 1
    gap = " " if last + len(inner) + 3 <= LINE else "\r\n "
    return f"{start}{shown}{gap}<{inner}>\r\n".encode()


def bracketed(name: str, inner: str) -> str:
    """What may stand between < and > in the header `name`: one printable word; else Invalid."""
    if not inner or not inner.isprintable() or not _NOT_IN_PHRASE.isdisjoint(inner):
        raise Invalid(f"The header {name} cannot hold <…> of this; nothing was sent.")
    return inner


@lru_cache(maxsize=4096)  # a copy's recipient is asked for in its header and again in its envelope
def address_on_wire(address: str) -> str:
    """The address as it goes over SMTP: its domain in ASCII; Invalid when it is no plain `local@domain`."""
    local, at, domain = address.rpartition("@")
    wrong = not at or not local or not domain or len(address) > 254 or "@" in local
    if wrong or not address.isprintable() or not _NOT_IN_ADDRESS.isdisjoint(address):
        raise Invalid("This is not a mail address; nothing was sent.", hint="Write it as name@example.org.")
    if domain.isascii():
        return address
    domain = a_label(domain)
    if not domain.isascii():
        raise Invalid("The domain of this mail address cannot exist; nothing was sent.")
    return f"{local}@{domain}"


def one_line(value: str) -> str:
    """The text on one line: every control character, line break and run of spaces is one space."""
    if value.isprintable() and "  " not in value:
        return value.strip()
    return " ".join("".join(mark if mark.isprintable() else " " for mark in value).split())


def _field_name(name: str) -> str:
    if not name.isascii() or not name.replace("-", "").isalnum():
        raise Invalid("A header's name must be letters, digits and hyphens; nothing was sent.")
    return name


def _is_plain(value: str) -> bool:
    return value.isascii() and "=?" not in value and all(len(word) <= 60 for word in value.split())


def _folded(value: str, column: int) -> str:
    lines, line = [], ""
    for word in value.split(" "):
        if line and column + len(line) + 1 + len(word) > LINE:
            lines.append(line)
            line, column = word, 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _encoded(value: str, column: int) -> str:
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(chunk).decode('ascii')}?=" for chunk in _chunks(value, column))


def _chunks(value: str, column: int) -> Iterator[bytes]:
    """UTF-8 pieces that never split a character and, encoded, fit on one line each (RFC 2047, 2)."""
    room = max((LINE - column - 12) // 4 * 3, 4)
    chunk = b""
    for mark in value:
        raw = mark.encode("utf-8", "replace")
        if len(chunk) + len(raw) > room:
            yield chunk
            chunk, room = b"", 45
        chunk += raw
    if chunk:
        yield chunk
