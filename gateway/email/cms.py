"""What an S/MIME mail holds (RFC 8551): the content of a signed or compressed one, or that it is encrypted.

Only the outer shell of CMS (RFC 5652, 3 and 5; RFC 3274) is walked, in BER as OpenSSL, Outlook and Apple Mail write it. Signatures are not
checked: who may post is settled by SPF, DKIM and addresses.
"""

import zlib
from dataclasses import dataclass

from gateway.email.limits import LIMITS

_SIGNED = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
_ENCRYPTED = frozenset(
    bytes.fromhex(oid)
    for oid in ("2a864886f70d010703", "2a864886f70d010704", "2a864886f70d010706", "2a864886f70d0109100117")
)  # enveloped, signed and enveloped, encrypted, authenticated and enveloped
_COMPRESSED = bytes.fromhex("2a864886f70d0109100109")
_SEQUENCE, _OID, _OCTETS, _OPEN_OCTETS, _EXPLICIT = 0x30, 0x06, 0x04, 0x24, 0xA0
_DEEPEST = 16
_MOST_PIECES = 200_000


@dataclass(frozen=True, slots=True)
class Shell:
    """`content` is the MIME entity inside, None when there is none to be read."""

    content: bytes | None = None
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class _Element:
    """A BER element: its tag, where its content begins, and where it ends, -1 when it says so itself at its end."""

    tag: int
    start: int
    end: int


class _Malformed(Exception):
    """It is no BER, or nothing of what is looked for."""


def unwrap(data: bytes) -> Shell:
    """What the bytes of an application/pkcs7-mime part are. Never raises; linear in time."""
    try:
        return _unwrap(data)
    except (_Malformed, IndexError, zlib.error):
        return Shell()


def _unwrap(data: bytes) -> Shell:
    content_info = _expect(data, 0, _SEQUENCE)
    kind = _expect(data, content_info.start, _OID)
    name = data[kind.start : kind.end]
    if name in _ENCRYPTED:
        return Shell(encrypted=True)
    if name not in {_SIGNED, _COMPRESSED}:
        raise _Malformed
    body = _expect(data, _expect(data, kind.end, _EXPLICIT).start, _SEQUENCE)
    version = _element(data, body.start)
    algorithms = _element(data, version.end)
    enclosed = _expect(data, _after(data, algorithms), _SEQUENCE)
    content_type = _expect(data, enclosed.start, _OID)
    octets = _octets(data, _expect(data, content_type.end, _EXPLICIT).start)
    if name == _COMPRESSED:
        octets = zlib.decompressobj().decompress(octets, LIMITS.message)
    return Shell(octets)


def _element(data: bytes, at: int) -> _Element:
    tag, length, start = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise _Malformed
    if length == 0x80:
        return _Element(tag, start, -1)
    if length > 0x80:
        octets = length & 0x7F
        if octets > 8:
            raise _Malformed
        length = int.from_bytes(data[start : start + octets], "big")
        start += octets
    if start + length > len(data):
        raise _Malformed
    return _Element(tag, start, start + length)


def _expect(data: bytes, at: int, tag: int) -> _Element:
    found = _element(data, at)
    if found.tag != tag:
        raise _Malformed
    return found


def _after(data: bytes, element: _Element) -> int:
    """Where the next element begins, also after one that ends with an end mark."""
    if element.end >= 0:
        return element.end
    at, depth = element.start, 1
    for _ in range(_MOST_PIECES):
        if data[at : at + 2] == b"\0\0":
            at, depth = at + 2, depth - 1
            if not depth:
                return at
            continue
        inner = _element(data, at)
        if inner.end < 0:
            at, depth = inner.start, depth + 1
        else:
            at = inner.end
    raise _Malformed


def _octets(data: bytes, at: int) -> bytes:
    """An octet string, in one piece or in many, nested or not."""
    whole = _element(data, at)
    if whole.tag == _OCTETS and whole.end >= 0:
        return data[whole.start : whole.end]
    if whole.tag != _OPEN_OCTETS:
        raise _Malformed
    pieces: list[bytes] = []
    open_ends = [whole.end]
    at = whole.start
    for _ in range(_MOST_PIECES):
        if at == open_ends[-1] or (open_ends[-1] < 0 and data[at : at + 2] == b"\0\0"):
            at += 0 if open_ends.pop() >= 0 else 2
            if not open_ends:
                return b"".join(pieces)
            continue
        piece = _element(data, at)
        if piece.tag == _OPEN_OCTETS and len(open_ends) < _DEEPEST:
            open_ends.append(piece.end)
            at = piece.start
        elif piece.tag == _OCTETS and piece.end >= 0:
            pieces.append(data[piece.start : piece.end])
            at = piece.end
        else:
            raise _Malformed
    raise _Malformed
