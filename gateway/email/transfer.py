"""Content-Transfer-Encodings undone (RFC 2045, 6), damage included."""

import binascii
import re

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_STRANGE = bytes(set(range(256)) - set(_BASE64) - set(b"=\t\r\n"))
_PIECE = 256 * 1024
_PADDED_BREAK = re.compile(rb"=[ \t]{1,100}\r?\n")  # a soft break to which a relay added blanks (6.7, rule 3)
_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "none", "utf-8", "us-ascii"})
_UUENCODE = frozenset({"x-uuencode", "uuencode", "uue", "x-uue"})


def decode(data: bytes, encoding: str) -> tuple[bytes, str]:
    """The bytes that were meant, and in words what could not be undone ("" when all could)."""
    encoding = encoding.partition(";")[0].strip(" \t\r\n\"'").casefold()
    if encoding == "base64":
        return _base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(_PADDED_BREAK.sub(b"=\n", data)), ""
    if encoding in _UUENCODE:
        return _uuencoded(data)
    if encoding in _AS_IT_IS:
        return data, ""
    return data, f"It was sent in the unknown encoding “{encoding[:40]}” and was taken as it came."


def lenient_base64(data: bytes) -> bytes:
    """Whatever bytes base64 text holds: missing padding, strange characters and line breaks do not matter."""
    clean = data.translate(None, _NOT_BASE64)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def _base64(data: bytes) -> tuple[bytes, str]:
    strange = _count_strange(data)
    if strange > max(3, len(data) // 20):
        return data, "It was called base64 but is not; it was taken as it came."
    end = data.find(b"=")
    if not strange and end < 0 and len(data) > _PIECE:
        end = len(data)
    if not strange and end >= max(0, len(data) - 8) and len(data) > _PIECE:  # sound and large: decoded without a copy
        try:
            return binascii.a2b_base64(data), ""
        except binascii.Error:
            pass  # its end is missing
    return _damaged_base64(data)


def _damaged_base64(data: bytes) -> tuple[bytes, str]:
    head, padded, rest = data.partition(b"=")
    decoded = lenient_base64(head)
    short = "Its end is missing." if not padded and len(head.translate(None, _NOT_BASE64)) % 4 == 1 else ""
    rest = rest.strip(b"= \t\r\n")
    if not rest:
        return decoded, short
    if not _count_strange(rest):  # several pieces, each with its own padding
        pieces = [piece for piece in rest.split(b"=") if piece.strip()]
        return decoded + b"".join(map(lenient_base64, pieces)), ""
    return decoded, "What stood after its end was left out."


def _count_strange(data: bytes) -> int:
    """How many bytes are none of base64's; counted by pieces, so that a large file is not copied whole."""
    pieces = (data[at : at + _PIECE] for at in range(0, len(data), _PIECE))
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
                return bytes(decoded), "It is damaged; only its beginning was read."
    return (bytes(decoded), "") if begun else (data, "It was called uuencoded but is not; it was taken as it came.")
