"""What stands in a header, as text, mailboxes, message ids and dates; every value is read in linear time and none raises.

Values come as `parts.raw_header` gives them: unfolded, bytes above ASCII as surrogates.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from gateway.email.encoded_words import decoded, raw_text
from gateway.email.limits import LIMITS

_SPECIALS = frozenset('()<>[]:;@\\,"')
_ATEXT_BREAKERS = _SPECIALS | frozenset(" \t")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+")
_SHORT = 500  # characters; longer values are not remembered
_PLAIN_NAME = _PLAIN | {" "}
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@dataclass(frozen=True, slots=True)
class Correspondent:
    """A name and an address from a header. `address` is in lower case, and "" when it is no address anyone could verify."""

    address: str
    name: str = ""


def words(value: str, charset: str = "") -> str:
    """Free text such as a subject: encoded words (RFC 2047) and raw 8-bit decoded, on one line, nothing invisible."""
    return tidy(decoded(value, charset))


def tidy(text: str) -> str:
    """The text on one line without control characters, marks of direction and lone surrogates."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    marks = (" " if unicodedata.category(mark) in {"Cc", "Zl", "Zp"} else mark for mark in text if mark not in _BIDI)
    return " ".join("".join(marks).split())


def correspondents(value: str) -> list[Correspondent]:
    """The mailboxes of an address header (RFC 5322, 3.4), groups opened; malformed ones count, with no address."""
    if len(value) <= _SHORT and (plain := _plain(value)):
        return [plain]
    found = []
    for tokens in _mailboxes(value):
        found.append(_correspondent(tokens))
        if len(found) >= LIMITS.mailboxes:
            break
    return found


@lru_cache(512)
def _plain(value: str) -> Correspondent | None:
    """The one mailbox of a header that is `Name <local@domain>` or `local@domain` in letters, digits and the like, which most are."""
    name, opened, inner = value.strip(" \t").partition("<")
    if not opened:
        name, inner = "", name
    elif not inner.endswith(">"):
        return None
    local, _, domain = inner.removesuffix(">" if opened else "").partition("@")
    address = f"{local}@{domain}".lower()
    is_plain = _PLAIN.issuperset(local) and _PLAIN.issuperset(domain) and _PLAIN_NAME.issuperset(name)
    if not is_plain or "" in local.split(".") or "" in domain.split(".") or len(address) > 254:
        return None
    return Correspondent(address, " ".join(name.split()))


def _mailboxes(value: str) -> Iterator[list[tuple[str, str]]]:
    """Tokens of one mailbox each, split at commas; a group's name and its semicolon are left out."""
    tokens: list[tuple[str, str]] = []
    angle = False
    for kind, text in _tokens(value):
        if kind == "special" and text in "<>":
            angle = text == "<"
        if kind == "special" and not angle and text in ",;:":
            if text != ":" and tokens:
                yield tokens
            tokens = []
            continue
        tokens.append((kind, text))
    if tokens:
        yield tokens


def _tokens(value: str) -> Iterator[tuple[str, str]]:
    """("atom" | "quoted" | "comment" | "space" | "special", text) in turn."""
    at, size = 0, len(value)
    while at < size:
        mark = value[at]
        if mark == '"':
            text, at = _quoted_string(value, at)
            yield "quoted", text
        elif mark == "(":
            text, at = _comment(value, at)
            yield "comment", text
        elif mark in " \t":
            at += 1
            yield "space", " "
        elif mark in _SPECIALS:
            at += 1
            yield "special", mark
        else:
            end = at
            while end < size and value[end] not in _ATEXT_BREAKERS:
                end += 1
            yield "atom", value[at:end]
            at = end


def _quoted_string(value: str, at: int) -> tuple[str, int]:
    text: list[str] = []
    at += 1
    while at < len(value):
        if value[at] == '"':
            return "".join(text), at + 1
        if value[at] == "\\" and at + 1 < len(value):
            at += 1
        text.append(value[at])
        at += 1
    return "".join(text), at


def _comment(value: str, at: int) -> tuple[str, int]:
    depth = 0
    text: list[str] = []
    while at < len(value):
        mark = value[at]
        at += 1
        if mark == "\\":
            text.append(value[at : at + 1])
            at += 1
            continue
        depth += (mark == "(") - (mark == ")")
        if depth == 0:
            break
        text.append(mark)
    return "".join(text[1:]), at


def _correspondent(tokens: list[tuple[str, str]]) -> Correspondent:
    opened = [index for index, token in enumerate(tokens) if token == ("special", "<")]
    closed = [index for index, token in enumerate(tokens) if token == ("special", ">")]
    comments = " ".join(text for kind, text in tokens if kind == "comment")
    if not opened and not closed:
        return Correspondent(_address(tokens), words(comments))
    if len(opened) != 1 or len(closed) != 1 or closed[0] < opened[0]:
        return Correspondent("")
    if any(kind not in {"space", "comment"} for kind, _ in tokens[closed[0] + 1 :]):
        return Correspondent("")
    named = [(kind, text) for kind, text in tokens[: opened[0]] if kind != "comment"]
    name = words("".join(text for _, text in named))
    return Correspondent(_address(tokens[opened[0] + 1 : closed[0]]), name or words(comments))


def _address(tokens: list[tuple[str, str]]) -> str:
    """`local@domain`, in lower case; "" unless the tokens are exactly that, with no routes, literals or hidden marks."""
    kept = [token for token in tokens if token[0] != "comment"]
    while kept and kept[0][0] == "space":
        kept.pop(0)
    while kept and kept[-1][0] == "space":
        kept.pop()
    if len(kept) != 3 or kept[1] != ("special", "@") or kept[2][0] != "atom" or kept[0][0] not in {"atom", "quoted"}:
        return ""
    try:
        local, domain = (text.encode("utf-8", "surrogateescape").decode("utf-8") for text in (kept[0][1], kept[2][1]))
    except UnicodeError:
        return ""
    address = unicodedata.normalize("NFC", f"{local}@{domain}".lower())  # as accounts.lowered
    wrong = (
        not local
        or "=?" in local
        or any(mark in _ATEXT_BREAKERS or mark in _BIDI or not mark.isprintable() for mark in local + domain)
        or any(not label for label in local.split("."))
        or any(not label for label in domain.split("."))
        or len(address) > 254
    )
    return "" if wrong else address


def message_ids(value: str) -> list[str]:
    """The ids in a Message-ID, In-Reply-To or References header, in order, without angle brackets."""
    found = []
    at = 0
    while (start := value.find("<", at)) >= 0:
        end = value.find(">", start)
        if end < 0:
            break
        inner = "".join(value[value.rfind("<", start, end) + 1 : end].split())
        if inner and len(inner) <= 998:
            found.append(raw_text(inner))
        at = end + 1
    if not found and "<" not in value:
        found = [raw_text(word) for word in value.split() if "@" in word and len(word) <= 998]
    return found


def date(value: str) -> datetime | None:
    """The moment in UTC, or None when there is none to be read or it is beyond all sense."""
    try:
        moment = parsedate_to_datetime(value[:200])
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return moment if 1970 <= moment.year <= 2100 else None
