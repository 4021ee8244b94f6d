"""JPEG without its application segments and comments: for pictures inside other files, which are not decoded anew (ITU-T T.81, B.1)."""

from gateway.core.words import N
from gateway.core.writing.encoded import Damaged

_ADOBE = 0xEE  # says how colours are coded; a decoder needs it
_DRAWING = frozenset(
    {*range(0xC0, 0xC8), *range(0xC9, 0xE0)}
)  # tables, frames, scans; neither reserved nor for extensions
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


def without_segments(data: bytes) -> bytes:
    """The picture with none of APP0 to APP15 but Adobe's, no comments, no reserved segments, and nothing after its end. Raises Damaged."""
    if data[:2] != b"\xff\xd8":
        raise Damaged(N("a picture in it is damaged"))
    kept, at = [data[:2]], 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise Damaged(N("a picture in it is damaged"))
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            break
        if marker in _ALONE:
            kept.append(data[at : at + 2])
            at += 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data) or end < at + 4:
            raise Damaged(N("a picture in it is damaged"))
        adobe = marker == _ADOBE and data[at + 4 : at + 9] == b"Adobe" and end - at <= 16
        if adobe or marker in _DRAWING:
            kept.append(data[at:end])
        at = end
        if marker == 0xDA:
            scan = _end_of_scan(data, at)
            kept.append(data[at:scan])
            at = scan
    return b"".join([*kept, b"\xff\xd9"])


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the coded picture stops: before a marker that is neither a stuffed byte nor a restart."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        else:
            return at
    return len(data)
