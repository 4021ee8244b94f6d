"""The arguments of MAIL and RCPT (RFC 5321 section 4.1.2): an address between angle brackets, then parameters."""

import string
from dataclasses import dataclass
from functools import lru_cache

from gateway.email import refusals
from gateway.email.door import Refusal

_REMEMBERED = 512  # arguments of each kind: one server brings many mails to the same few
_LONGEST_ADDRESS = 320  # characters; RFC 5321 asks for 254, some list servers write longer senders
_LONGEST_LOCAL_PART, _LONGEST_DOMAIN = 64, 255  # octets
_SPECIAL = frozenset(' ()<>[]:;@\\,"')
_HOST = frozenset(string.ascii_letters + string.digits + "-_")


@dataclass(frozen=True, slots=True)
class Mail:
    """What MAIL says. `size` is 0 when it is not told (RFC 1870)."""

    address: str
    size: int = 0
    smtputf8: bool = False


@lru_cache(_REMEMBERED)
def read_mail(argument: str) -> Mail | Refusal:
    """The sender and parameters of `FROM:<alice@example.org> SIZE=1234 BODY=8BITMIME SMTPUTF8`."""
    split = _split(argument, "FROM:")
    if split is None:
        return refusals.MAIL_SYNTAX
    path, rest = split
    parameters = _parameters(rest)
    if parameters is None or not parameters.keys() <= {"SIZE", "BODY", "SMTPUTF8"}:
        return refusals.UNKNOWN_PARAMETER
    size, body = parameters.get("SIZE", "0"), parameters.get("BODY", "7BIT").upper()
    if not _is_number(size) or body not in {"7BIT", "8BITMIME"} or parameters.get("SMTPUTF8"):
        return refusals.BAD_PARAMETER
    if path.startswith("@"):
        return refusals.SENDER_ROUTE
    if len(path) > _LONGEST_ADDRESS:
        return refusals.LONG_SENDER
    address = mailbox(path) if path else ""
    if address is None:
        return refusals.BAD_SENDER
    smtputf8 = "SMTPUTF8" in parameters
    if not (smtputf8 or address.isascii()):
        return refusals.SENDER_NOT_ASCII
    return Mail(address, int(size), smtputf8)


@lru_cache(_REMEMBERED)
def read_recipient(argument: str, *, smtputf8: bool) -> str | Refusal:
    """The address of `TO:<alice@example.org>`; a bare `postmaster` is one (RFC 5321 section 4.1.1.3)."""
    split = _split(argument, "TO:")
    if split is None:
        return refusals.RCPT_SYNTAX
    path, rest = split
    if rest:
        return refusals.UNKNOWN_PARAMETER
    if path.lower() == "postmaster":
        return path
    if path.startswith("@"):
        return refusals.RECIPIENT_ROUTE
    if _is_long(path):
        return refusals.LONG_RECIPIENT
    address = mailbox(path)
    if address is None:
        return refusals.BAD_RECIPIENT
    if not (smtputf8 or address.isascii()):
        return refusals.RECIPIENT_NOT_ASCII
    return address


def _is_long(path: str) -> bool:
    """Whether an address is longer than RFC 5321 section 4.5.3.1 lets ours be; senders' may be, as some list servers write them."""
    local, _, domain = path.rpartition("@")
    return len(local.encode()) > _LONGEST_LOCAL_PART or len(domain.encode()) > _LONGEST_DOMAIN


def _split(argument: str, keyword: str) -> tuple[str, str] | None:
    """What stands between the angle brackets after `keyword`, and what follows them."""
    if argument[: len(keyword)].upper() != keyword:
        return None
    text = argument[len(keyword) :].lstrip(" ")
    if not text.startswith("<"):
        return None
    end = _closing(text)
    rest = text[end + 1 :]
    if end < 0 or (rest and not rest.startswith(" ")):
        return None
    return text[1:end], rest.strip(" ")


def _closing(text: str) -> int:
    """Where the path that begins `text` is closed: the first `>` outside a quoted string, or -1."""
    if '"' not in text:
        return text.find(">")
    quoted = escaped = False
    for place, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == ">" and not quoted:
            return place
    return -1


def _parameters(text: str) -> dict[str, str] | None:
    """The parameters by name in upper case; a flag has an empty value; None when one comes twice or has no name."""
    found: dict[str, str] = {}
    for word in text.split():
        name, _, value = word.partition("=")
        if not name or name.upper() in found:
            return None
        found[name.upper()] = value
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 20


def mailbox(text: str) -> str | None:
    """The address, its local part unquoted when it needs no quotes, or None when it is none."""
    local, at, domain = text.rpartition("@")
    if not at or not local or len(text) > _LONGEST_ADDRESS or not _is_domain(domain):
        return None
    if local.startswith('"'):
        plain = _unquoted(local)
        if plain is None:
            return None
        local = plain if _is_atoms(plain) else local
    elif not _is_atoms(local):
        return None
    return f"{local}@{domain}"


def _is_atoms(local: str) -> bool:
    """Whether a local part needs no quotes. Dots may stand anywhere, as some providers let them."""
    return bool(local) and _SPECIAL.isdisjoint(local) and local.isprintable()


def _unquoted(local: str) -> str | None:
    """What a quoted string says, or None when it is not closed exactly at its end."""
    said: list[str] = []
    characters = iter(local[1:-1])
    for character in characters:
        if character == '"':
            return None
        if character == "\\":
            character = next(characters, "")
            if not character:
                return None
        said.append(character)
    return "".join(said) if len(local) > 1 and local.endswith('"') else None


def _is_domain(domain: str) -> bool:
    if domain.startswith("[") and domain.endswith("]"):
        return _HOST.issuperset(domain[1:-1].replace(":", "").replace(".", "")) and len(domain) > 2
    labels = domain.removesuffix(".").split(".")
    return len(domain) <= 255 and all(0 < len(label) <= 63 and _is_label(label) for label in labels)


def _is_label(label: str) -> bool:
    return _HOST.issuperset(label) if label.isascii() else label.isprintable() and _SPECIAL.isdisjoint(label)
