"""Content-Transfer-Encodings undone (RFC 2045, 6), damage included."""

import binascii
import re

from gateway.core.words import later

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_STRANGE = bytes(set(range(256)) - set(_BASE64) - set(b"=\t\r\n"))
_PIECE = 256 * 1024
_PADDED_BREAK = re.compile(rb"=[ \t]{1,100}\r?\n")  # a soft break to which a relay added blanks (6.7, rule 3)
_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "none", "utf-8", "us-ascii"})
_UUENCODE = frozenset({"x-uuencode", "uuencode", "uue", "x-uue"})


def decode(raw: bytes, encoding: str, start: int = 0, end: int | None = None) -> tuple[bytes, str]:
    """The bytes that were meant in that span, and in words what could not be undone ("" when all could)."""
    end = len(raw) if end is None else end
    encoding = encoding.partition(";")[0].strip(" \t\r\n\"'").casefold()
    if encoding == "base64":
        return _base64(raw, start, end)
    data = raw[start:end]
    if encoding == "quoted-printable":
        return binascii.a2b_qp(_PADDED_BREAK.sub(b"=\n", data)), ""
    if encoding in _UUENCODE:
        return _uuencoded(data)
    if encoding in _AS_IT_IS:
        return data, ""
    return data, later(
        "It was sent in the unknown encoding “{encoding}” and was taken as it came.", encoding=encoding[:40]
    )


def lenient_base64(data: bytes) -> bytes:
    """Whatever bytes base64 text holds: missing padding, strange characters and line breaks do not matter."""
    clean = data.translate(None, _NOT_BASE64)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def _base64(raw: bytes, start: int, end: int) -> tuple[bytes, str]:
    strange = _count_strange(raw, start, end)
    if strange > max(3, (end - start) // 20):
        return raw[start:end], later("It was called base64 but is not; it was taken as it came.")
    padding = raw.find(b"=", start, end)
    if not strange and end - start > _PIECE and (padding < 0 or padding >= end - 8):
        try:  # sound and large: decoded without a copy
            return binascii.a2b_base64(memoryview(raw)[start:end]), ""
        except binascii.Error:
            pass  # its end is missing
    return _damaged_base64(raw[start:end])


def _damaged_base64(data: bytes) -> tuple[bytes, str]:
    head, padded, rest = data.partition(b"=")
    decoded = lenient_base64(head)
    short = later("Its end is missing.") if not padded and len(head.translate(None, _NOT_BASE64)) % 4 == 1 else ""
    rest = rest.strip(b"= \t\r\n")
    if not rest:
        return decoded, short
    if not _count_strange(rest, 0, len(rest)):  # several pieces, each with its own padding
        pieces = [piece for piece in rest.split(b"=") if piece.strip()]
        return decoded + b"".join(map(lenient_base64, pieces)), ""
    return decoded, later("What stood after its end was left out.")


def _count_strange(raw: bytes, start: int, end: int) -> int:
    """How many bytes are none of base64's; counted by pieces, so that a large file is not copied whole."""
    pieces = (raw[at : min(at + _PIECE, end)] for at in range(start, end, _PIECE))
    return sum(len(piece) - len(piece.translate(None, _STRANGE)) for piece in pieces)


def _uuencoded(data: bytes) -> tuple[bytes, str]:
    decoded = bytearray()
    begun = False
    for line in data.splitlines():
        if not begun:
            begun = line.startswith(b"begin ")
        elif line.rstrip() in {b"end", b"`"}:
            break
        else:
            try:
                decoded += binascii.a2b_uu(line)
            except binascii.Error:
                return bytes(decoded), later("It is damaged; only its beginning was read.")
    return (
        (bytes(decoded), "") if begun else (data, later("It was called uuencoded but is not; it was taken as it came."))
    )
