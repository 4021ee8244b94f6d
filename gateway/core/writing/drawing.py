"""The drawing orders of a PDF page (ISO 32000-1, 7.8.2) without remarks and without what describes parts of the page.

Left out are comments and the lists of marked content. Pictures that stand among the orders stay when they are coded so that no camera can have
written into them. Linear in the size of the orders.
"""

import re
import zlib

from gateway.core.words import N
from gateway.core.writing.encoded import Unusual

_STOP = re.compile(rb"[(%<]|(?<![^\s\])>}])BI(?=[\s/])")
_PAREN = re.compile(rb"\\.|[()]", re.DOTALL)
_IN_LIST = re.compile(rb"<<|>>|[(%]")
_ID = re.compile(rb"(?<=[\s\])>])ID(?=\s)")
_EI = re.compile(rb"\sEI(?=\s|$)")
_EI_NOW = re.compile(rb"\s{0,4}EI(?=\s|$)")
_FILTER = re.compile(rb"/(?:F|Filter)\s{0,9}\[?\s{0,9}/(\w+)")
_END_OF_LINE = re.compile(rb"[\r\n]")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_LONGEST_HEAD = 10_000
_ORDERS = frozenset(b"\t\n\f\r" + bytes(range(32, 127)))
TELLING = (b"Exif\0\0", b"<x:xmpmeta", b"http://ns.adobe.com/xap/")


def without_remarks(data: bytes) -> bytes:
    """The same drawing. Raises Unusual for pictures in it from which not everything can be taken."""
    kept, clear, at = list[bytes](), 0, 0
    while (stop := _STOP.search(data, at)) is not None:
        start, mark = stop.start(), stop.group()
        if mark == b"(":
            at = _after_string(data, start + 1)
        elif mark == b"%":
            kept.append(data[clear:start])
            clear = at = _after_comment(data, start)
        elif mark == b"BI":
            at = _after_picture(data, start)
        elif data.startswith(b"<<", start):
            kept.append(data[clear:start] + b"<<>>")
            clear = at = _after_list(data, start + 2)
        else:
            end = data.find(b">", start)
            at = end + 1 if end >= 0 else len(data)
    made = b"".join([*kept, data[clear:]])
    if any(mark in made for mark in TELLING):
        raise _untidy()
    return made


def _after_string(data: bytes, at: int) -> int:
    depth = 1
    for found in _PAREN.finditer(data, at):
        depth += {b"(": 1, b")": -1}.get(found.group(), 0)
        if not depth:
            return found.end()
    return len(data)


def _after_comment(data: bytes, at: int) -> int:
    end = _END_OF_LINE.search(data, at)
    return end.start() if end else len(data)


def _after_list(data: bytes, at: int) -> int:
    depth = 1
    while depth and (found := _IN_LIST.search(data, at)) is not None:
        mark, at = found.group(), found.end()
        if mark == b"(":
            at = _after_string(data, at)
        elif mark == b"%":
            at = _after_comment(data, at)
        else:
            depth += 1 if mark == b"<<" else -1
    return at if not depth else len(data)


def _after_picture(data: bytes, at: int) -> int:
    """Where the picture that begins here ends: after its EI. Raises Unusual."""
    begin = _ID.search(data, at, at + _LONGEST_HEAD)
    if begin is None:
        raise _untidy()
    head = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), data[at : begin.start()])
    if any(mark in head for mark in (b"/DCT", b"/JPX", b"%", b"<<")):
        raise _untidy()
    where = begin.end() + 1
    filters = _FILTER.search(head)
    first = filters[1] if filters else b""
    exact = -1
    if first in {b"A85", b"ASCII85Decode"}:
        exact = data.find(b"~>", where) + 2
    elif first in {b"AHx", b"ASCIIHexDecode"}:
        exact = data.find(b">", where) + 1
    elif first in {b"Fl", b"FlateDecode"}:
        exact = _after_packed(data, where)
    if exact > where:
        end = _EI_NOW.match(data, exact)
        if end is None:
            raise _untidy()
        return end.end()
    for end in _EI.finditer(data, where):
        if all(byte in _ORDERS for byte in data[end.end() : end.end() + 24]):
            return end.end()
    raise _untidy()


def _after_packed(data: bytes, at: int) -> int:
    """Where zlib's data end, or -1."""
    unpacking = zlib.decompressobj()
    try:
        while not unpacking.eof and at < len(data):
            unpacking.decompress(data[at : at + 65536])
            at += 65536
    except zlib.error:
        return -1
    return min(at, len(data)) - len(unpacking.unused_data) if unpacking.eof else -1


def _untidy() -> Unusual:
    return Unusual(N("it holds pictures among its drawing orders, from which not everything can be taken"))
