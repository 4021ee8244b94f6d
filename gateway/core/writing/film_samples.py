"""What cameras write among the coded pictures of a film, made harmless where it stands, so that nothing moves.

Cameras put place and date into messages beside the pictures (MDPM in `user_data_unregistered` SEI of H.264 and H.265). A unit with such messages is
written anew in the same size: messages that change how the film looks stay, filler messages take the room of the others. Units that no
standard gives a meaning become filler. The coded pictures are not touched. The work is linear in the number of units, of which there may be so many.
"""

import re
from collections.abc import Iterable

from gateway.core.words import N
from gateway.core.writing.encoded import Damaged, Unusual

_MOST_UNITS = 1_000_000
_FILLER_MESSAGE = 3
_SHOWING = frozenset(  # ITU-T H.264 and H.265, annexes D: timing, recovery, orientation, colours, spheres
    {0, 1, 2, 6, 19, 45, 47, 128, 129, 130, 131, 132, 133, 137, 142, 144, 147, 148, 149, 150, 151, 152, 154, 155, 156}
)
_REGISTERED = 4
_CAPTIONS = (
    b"\xb5\x00\x31GA94\x03",
    b"\xb5\x00\x3c\x00\x01\x04",
)  # words for the deaf (CEA-708), and colours scene by scene (HDR10+)
_ESCAPE = re.compile(rb"\0\0(?=[\0-\3])")
_SHOWING_OBU = frozenset({1, 2, 3})  # AV1, 6.7.1: light level, mastering display, scalability


def tidy_avc(data: bytes, out: bytearray, ranges: Iterable[tuple[int, int]], prefix: int) -> None:
    """H.264 in length-prefixed units (ISO/IEC 14496-15). Raises Unusual for samples that cannot be walked."""
    for start, end in _units(data, out, ranges, prefix):
        kind = data[start] & 31
        if kind == 6:
            out[start:end] = without_messages(data[start:end], 1)
        elif kind in {0, 12, 16, 17, 18, 22, 23} or kind >= 24:
            out[start:end] = _filler_unit(data[start : start + 1], end - start)


def tidy_hevc(data: bytes, out: bytearray, ranges: Iterable[tuple[int, int]], prefix: int) -> None:
    """H.265 in length-prefixed units. Raises Unusual for samples that cannot be walked."""
    for start, end in _units(data, out, ranges, prefix):
        kind = data[start] >> 1 & 63
        if kind in {39, 40}:
            out[start:end] = without_messages(data[start:end], 2)
        elif kind == 38 or 41 <= kind <= 61:  # 62 and 63 are the layers of Dolby Vision
            out[start:end] = _filler_unit(data[start : start + 2], end - start)


def tidy_hevc_setup(data: bytes, out: bytearray, start: int, end: int) -> None:
    """The units that stand in `hvcC` itself (8.3.3.1.2), from `start`. Raises Damaged."""
    at = start + 23
    for _ in range(data[start + 22] if at <= end else 0):
        kind, count = data[at] & 63, int.from_bytes(data[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            size = int.from_bytes(data[at : at + 2], "big")
            at, unit = at + 2, data[at + 2 : at + 2 + size]
            if at + size > end:
                raise Damaged(N("a description is cut off"))
            if kind in {39, 40}:
                out[at : at + size] = without_messages(unit, 2)
            at += size
    out[at:end] = bytes(max(0, end - at))


def tidy_av1(data: bytes, out: bytearray, ranges: Iterable[tuple[int, int]]) -> None:
    """AV1: metadata that is not of light and colour, and reserved units, become padding. Raises Unusual."""
    left = _MOST_UNITS
    for at, end in ranges:
        while at < end:
            kind, body = data[at] >> 3 & 15, at + 1 + (data[at] >> 2 & 1)
            size, start = _leb128(data, body, end)
            left -= 1
            if left < 0 or not data[at] & 2 or start + size > end:
                raise Unusual(N("its film can't be looked through"))
            described = kind == 5 and _leb128(data, start, start + size)[0] not in _SHOWING_OBU
            if described or 9 <= kind <= 15:
                out[at] = data[at] & 0x87 | 15 << 3
                out[start : start + size] = b"\xff" * (size - 1) + b"\x80" if size else b""
            at = start + size


def tidy_mpeg4(data: bytes, out: bytearray, ranges: Iterable[tuple[int, int]]) -> None:
    """MPEG-4 Visual: what stands behind a `user_data_start_code` (ISO/IEC 14496-2, 6.2.2.1) becomes filler."""
    for at, end in ranges:
        while (at := data.find(b"\0\0\1\xb2", at, end)) >= 0:
            stop = data.find(b"\0\0\1", at + 4, end)
            stop = end if stop < 0 else stop
            out[at + 4 : stop] = b"\xff" * (stop - at - 4)
            at = stop


def without_messages(unit: bytes, head: int) -> bytes:
    """An SEI unit of the same size without what is not for showing the film; `head` is the length of its header."""
    plain = unit.replace(b"\0\0\3", b"\0\0")[head:].rstrip(b"\0")
    kept, at, end, whole = list[bytes](), 0, len(plain) - 1, plain[-1:] == b"\x80"
    while whole and at < end:
        kind, where = _summed(plain, at)
        size, where = _summed(plain, where)
        if where + size > end:
            whole = False
        elif kind in _SHOWING or (kind == _REGISTERED and plain.startswith(_CAPTIONS, where)):
            kept.append(plain[at : where + size])
        at = where + size
    if whole and sum(map(len, kept)) == end:
        return unit
    rest = _ESCAPE.sub(b"\0\0\3", b"".join([*kept, b"\x80"])) if whole else b"\x80"
    room = len(unit) - head - len(rest)
    if room < 3:  # a filler message of no bytes ends in a zero, to which others might join
        return _filler_unit(unit[:head], len(unit))
    return unit[:head] + _filler(room) + rest


def _units(data: bytes, out: bytearray, ranges: Iterable[tuple[int, int]], prefix: int) -> Iterable[tuple[int, int]]:
    left = _MOST_UNITS
    for at, end in ranges:
        while at + prefix <= end:
            start = at + prefix
            at = start + int.from_bytes(data[at:start], "big")
            left -= 1
            if at > end or left < 0:
                raise Unusual(N("its film can't be looked through"))
            if at > start:
                yield start, at
        out[at:end] = bytes(end - at)


def _summed(plain: bytes, at: int) -> tuple[int, int]:
    """A number coded as a run of 255 and a rest, and where it ends (H.264, 7.3.2.3.1)."""
    start = at
    while at < len(plain) and plain[at] == 255:
        at += 1
    return 255 * (at - start) + (plain[at] if at < len(plain) else 0), at + 1


def _filler(room: int) -> bytes:
    """Messages without a meaning that take so many bytes together; shorter when there is no room for one."""
    many = max(0, -(-(room - 256) // 202))
    made, room = (bytes([_FILLER_MESSAGE, 200]) + b"\xff" * 200) * many, room - 202 * many
    return made + bytes([_FILLER_MESSAGE, room - 2]) + b"\xff" * (room - 2) if room >= 2 else made


def _filler_unit(head: bytes, size: int) -> bytes:
    made = head + _filler(size - len(head) - 1)
    return (made + b"\xff" * (size - len(made) - 1) + b"\x80")[:size]


def _leb128(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = 0
    for place in range(8):
        if at + place >= end:
            break
        value |= (data[at + place] & 127) << 7 * place
        if not data[at + place] & 128:
            return value, at + place + 1
    raise Unusual(N("its film can't be looked through"))
