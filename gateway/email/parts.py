"""A mail taken apart into its tree of MIME parts (RFC 2046), in linear time and within limits, without copying.

The standard library's compat32 gives the same fields and the same tree, but its header costs five times as much, which the door pays for each mail; its
tree costs 90 ms and several times the size for a 5 MB photo, and recurses as deep as the mail asks. tests/email/test_parts.py
holds the two against each other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.core.words import later
from gateway.email.limits import LIMITS, Limits
from gateway.email.parameters import parameters

NO_HEADER_LINE = re.compile(rb"(?m)^(?!From |[\x21-\x39\x3b-\x7e]*:|[\t ])")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_END_OF_DELIMITER = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_LIKE_A_DELIMITER = re.compile(rb"(?m)^--([^\r\n]{1,200}?)[ \t]{0,20}\r?\n(?=Content-)", re.IGNORECASE)
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")
_SHORT = {"text": "text/plain", "html": "text/html", "plain": "text/plain"}
_FALSE_DELIMITERS = 100_000

Header = dict[str, list[str]]
"""A header block: by the name in lower case, each field of that name, unfolded and in order; bytes above ASCII stand as surrogates."""


@dataclass(slots=True)
class Part:
    """One entity: its header, its type in lower case, and where its body stands in the raw mail."""

    header: Header
    type: str
    start: int
    end: int
    children: list["Part"] = field(default_factory=list)


@dataclass(slots=True)
class Tree:
    """A mail's parts, and why nothing may be made of it ("" when something may)."""

    root: Part
    parts: int = 1
    unreadable: str = ""


def take_apart(raw: bytes, limits: Limits = LIMITS) -> Tree:
    """The tree of a mail; lines must end in LF or CRLF."""
    tree = Tree(_part(raw, 0, len(raw), "text/plain", limits))
    level = [tree.root]
    for _ in range(limits.depth):
        following: list[Part] = []
        for part in level:
            if part.type.startswith("multipart/"):
                part.children = _children(raw, part, tree, limits)
                following += part.children
        level = following
    if any(part.type.startswith("multipart/") for part in level):
        tree.unreadable = later(
            "The mail has parts nested more than {depth} deep; it was not read.", depth=limits.depth
        )
    return tree


def parameter(header: Header, name: str, key: str, limits: Limits = LIMITS) -> str:
    """A header's parameter as text, RFC 2231 undone; "" when there is none."""
    value = raw_header(header, name)
    return parameters(value[: limits.parameters]).get(key, "") if ";" in value else ""


def raw_header(header: Header, name: str) -> str:
    """The first header of that name (in lower case) as it came, unfolded; "" when there is none."""
    return header[name][0] if name in header else ""


def raw_headers(header: Header, name: str) -> list[str]:
    """All headers of that name, in order, as `raw_header` gives one."""
    return header.get(name, [])


def _children(raw: bytes, parent: Part, tree: Tree, limits: Limits) -> list[Part]:
    default = "message/rfc822" if parent.type == "multipart/digest" else "text/plain"
    boundary = parameter(parent.header, "content-type", "boundary", limits).rstrip()
    spans = _spans(raw, parent, boundary.encode("utf-8", "replace"), tree, limits) if boundary else []
    if not spans:
        spans = _spans(raw, parent, _guessed_boundary(raw, parent), tree, limits)
    children = [_part(raw, start, end, default, limits) for start, end in spans]
    if not children:  # no delimiter anywhere: what there is, is one text
        children = [Part({}, "text/plain", parent.start, parent.end)]
    tree.parts += len(children)
    return children


def _spans(raw: bytes, parent: Part, boundary: bytes, tree: Tree, limits: Limits) -> list[tuple[int, int]]:
    """Where the parts between the delimiters stand; an unclosed last part runs to the end."""
    if not boundary:
        return []
    spans: list[tuple[int, int]] = []
    begun = -1
    for line, after, closing in _delimiters(raw, parent, b"--" + boundary):
        if begun >= 0:
            spans.append((begun, max(begun, line)))
        begun = -1 if closing else after
        if closing:
            break
        if tree.parts + len(spans) >= limits.parts:
            tree.unreadable = later("The mail has more than {count} parts; it was not read.", count=limits.parts)
            return spans
    if begun >= 0:
        spans.append((begun, parent.end))
    return spans


def _delimiters(raw: bytes, parent: Part, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
    """For each delimiter line: where the content before it ends, where that after it starts, and whether it closes."""
    at, end = parent.start, parent.end
    first = raw.startswith(delimiter, at, end)
    for _ in range(_FALSE_DELIMITERS):
        if not first:
            at = raw.find(b"\n" + delimiter, at, end) + 1
            if not at:
                return
        first = False
        rest = _END_OF_DELIMITER.match(raw, at + len(delimiter), end)
        if rest is None:
            continue
        before = max(at - 1, parent.start)
        if before > parent.start and raw[before - 1] == 13:
            before -= 1
        yield before, rest.end(), rest[1] is not None
        at = max(rest.end() - 1, at)


def _guessed_boundary(raw: bytes, parent: Part) -> bytes:
    """What the first line that looks like a delimiter with a part header after it would have as its boundary."""
    found = _LIKE_A_DELIMITER.search(raw, parent.start, min(parent.end, parent.start + 64 * 1024))
    return found[1] if found else b""


def _part(raw: bytes, start: int, end: int, default: str, limits: Limits) -> Part:
    header, body = _header(raw, start, end, limits)
    return Part(header, _type(header, default), body, end)


def _header(raw: bytes, start: int, end: int, limits: Limits) -> tuple[Header, int]:
    """The header block at `start` and where the body begins: after a blank line, or at the first line that is no header."""
    for newline in (b"\r\n", b"\n"):
        if raw.startswith(newline, start, end):
            return {}, start + len(newline)
    blank = _BLANK_LINE.search(raw, start, end)
    stop, body = (blank.start() + 1, blank.end()) if blank else (end, end)
    other = NO_HEADER_LINE.search(raw, start, min(stop, start + limits.header))
    if other and other.start() < min(stop, start + limits.header):
        stop = body = other.start()
    # A bare CR ends no line: what stands after it is no header, whatever other programs make of it.
    block = raw[start : _within(raw, start, stop, limits)].replace(b"\r\n", b"\n").replace(b"\r", b" ")
    return fields(block.decode("ascii", "surrogateescape")), body


def fields(block: str) -> Header:
    """The fields of a header block whose lines end in LF. Lines that are none (`From ` of a mailbox, a continuation of nothing) are passed over."""
    header: Header = {}
    for line in block.replace("\n ", " ").replace("\n\t", "\t").split("\n"):
        name, colon, value = line.partition(":")
        if colon and name and not (name[0] in " \t" or line.startswith("From ")):
            header.setdefault(name.lower(), []).append(value.lstrip(" \t"))
    return header


def _within(raw: bytes, start: int, stop: int, limits: Limits) -> int:
    """Where to stop reading a header block, at the end of a line, so that it keeps the limits."""
    if stop - start > limits.header:
        stop = raw.rfind(b"\n", start, start + limits.header) + 1 or start + limits.header
    if raw.count(b"\n", start, stop) <= limits.header_lines:
        return stop
    at = start
    for _ in range(limits.header_lines):
        at = raw.index(b"\n", at) + 1
    return at


def _type(header: Header, default: str) -> str:
    """The media type in lower case. A type that makes no sense is text (RFC 2045, 5.2)."""
    values = raw_headers(header, "content-type")
    if not values:
        return default
    kind = values[0].partition(";")[0].strip(" \t\"'").casefold()
    if kind in _SHORT:
        return _SHORT[kind]
    return kind if _TYPE.fullmatch(kind) else "text/plain"
