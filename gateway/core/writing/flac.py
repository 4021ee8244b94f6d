"""FLAC (RFC 9639) with its sound and nothing else: no comments, pictures and application blocks, and nothing after the last frame.

A frame does not say how long it is. So the frames are walked: each must end, by its checksum, where the next one in order begins; and the last is
read bit by bit to its end, because what stands after it has no mark that one could rely on.
"""

from array import array
from dataclasses import dataclass
from functools import cache
from sys import byteorder

from gateway.core.words import N
from gateway.core.writing.encoded import Damaged, Encoded, Kind

_KEPT = frozenset({0, 3})  # STREAMINFO, SEEKTABLE (8.1)
_BITS = {1: 8, 2: 12, 4: 16, 5: 20, 6: 24, 7: 32}
_MOST_TRIES = 300_000  # places looked at for the next frame


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a frame's header says (9.1)."""

    head: int  # bytes
    number: int
    next_number: int
    samples: int
    bits: tuple[int, ...]  # of a sample, channel by channel


def clean(data: bytes, at: int) -> tuple[Kind, Encoded]:
    """The stream that begins at `at`. Raises Damaged for one whose frames do not follow each other."""
    if data[at : at + 4] != b"fLaC":
        raise Damaged(N("its mark is missing"))
    kept, start = _blocks(data, at + 4)
    if not kept or kept[0][0] != 0 or len(kept[0][1]) != 34:
        raise Damaged(N("its beginning makes no sense"))
    end = _end_of_sound(data, start, kept[0][1])
    blocks = b"".join(
        bytes([kind | (0x80 if number == len(kept) - 1 else 0)]) + len(body).to_bytes(3, "big") + body
        for number, (kind, body) in enumerate(kept)
    )
    return "audio", Encoded(b"fLaC" + blocks + data[start:end], "audio/flac")


def _blocks(data: bytes, at: int) -> tuple[list[tuple[int, bytes]], int]:
    """The blocks that stay, and where the first frame begins."""
    kept: list[tuple[int, bytes]] = []
    last = False
    while not last:
        if at + 4 > len(data):
            raise Damaged(N("it ends before its sound"))
        last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        if kind in _KEPT and kind not in {one for one, _ in kept}:
            kept.append((kind, data[at + 4 : at + 4 + size]))
        at += 4 + size
    return kept, at


def _end_of_sound(data: bytes, at: int, info: bytes) -> int:
    """Where the last frame ends. Raises Damaged when frames are missing."""
    bits, total = (info[12] & 1) << 4 | info[13] >> 4, int.from_bytes(info[13:18], "big") & (1 << 36) - 1
    frame, samples, tries = _header(data, at, bits + 1), 0, 0
    if frame is None:
        raise Damaged(N("its beginning makes no sense"))
    while frame is not None:
        following, found, checksum, done = None, at + frame.head, 0, at
        while following is None and (found := data.find(data[at : at + 2], found)) >= 0:
            tries += 1
            if tries > _MOST_TRIES:
                raise Damaged(N("too much in it is no sound"))
            seen = _header(data, found, bits + 1)
            if seen is not None and seen.number == frame.next_number:
                checksum, done = _checksum(checksum, data[done:found]), found
                following = None if checksum else seen
            found += 1
        end = found - 1 if following is not None else at + _length(data, at, frame)
        if end > at:
            samples += frame.samples
        at, frame = end, following
    if samples < max(total, 1):
        raise Damaged(N("a part of its sound is missing"))
    return at


def _header(data: bytes, at: int, bits: int) -> _Frame | None:
    """The header that begins here, or None when none does. `bits` is the size of samples that the stream names."""
    if at + 6 > len(data) or data[at] != 0xFF or data[at + 1] & 0xFE != 0xF8 or data[at + 3] & 1:
        return None
    size, rate, channels = data[at + 2] >> 4, data[at + 2] & 15, data[at + 3] >> 4
    sample_bits = _BITS.get(data[at + 3] >> 1 & 7, bits if not data[at + 3] & 14 else 0)
    more = 8 - (data[at + 4] ^ 0xFF).bit_length()  # ones that the number begins with, as in UTF-8
    if not size or rate == 15 or channels > 10 or not sample_bits or more == 1 or more > 7:
        return None
    where = at + 4 + max(1, more)
    number = data[at + 4] & (0xFF >> more + 1 if more else 0x7F)
    for byte in data[at + 5 : where]:
        number = number << 6 | byte & 0x3F
    extra = {6: 1, 7: 2}.get(size, 0)
    if extra:
        samples = int.from_bytes(data[where : where + extra], "big") + 1
    else:
        samples = 192 if size == 1 else 576 << size - 2 if size < 6 else 256 << size - 8
    where += extra + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    if where >= len(data) or _checksum_8(data[at:where]) != data[where]:
        return None
    each = [sample_bits] * (channels + 1 if channels < 8 else 2)
    if channels >= 8:
        each[0 if channels == 9 else 1] += 1  # the difference of two channels needs a bit more (9.1.3)
    following = number + (samples if data[at + 1] & 1 else 1)
    return _Frame(where + 1 - at, number, following, samples, tuple(each))


def _length(data: bytes, at: int, frame: _Frame) -> int:
    """The bytes of a frame, read to its end; 0 for one that is not whole."""
    most = frame.head + 1024 + frame.samples * sum(frame.bits) // 4  # twice what it takes uncompressed
    piece = data[at + frame.head : at + most]
    bits = f"{int.from_bytes(piece, 'big'):0{8 * len(piece)}b}" if piece else ""
    where = 0
    try:
        for sample_bits in frame.bits:
            where = _after_subframe(bits, where, sample_bits, frame.samples)
    except ValueError:  # a number or a mark that is not there any more
        return 0
    length = frame.head + -(-where // 8) + 2
    return length if at + length <= len(data) and _checksum(0, data[at : at + length]) == 0 else 0


def _after_subframe(bits: str, at: int, sample_bits: int, samples: int) -> int:
    """Where the coded samples of one channel end (9.2). Raises ValueError."""
    kind = _number(bits, at, 7)
    at += 8
    if bits[at - 1 : at] == "1":
        wasted = bits.index("1", at) + 1 - at
        at, sample_bits = at + wasted, sample_bits - wasted
    if kind == 0:
        return at + sample_bits
    if kind == 1:
        return at + sample_bits * samples
    if 8 <= kind <= 12:
        return _after_residual(bits, at + (kind - 8) * sample_bits, samples, kind - 8)
    if 32 <= kind <= 63:
        order = kind - 31
        at += order * sample_bits
        precision = _number(bits, at, 4) + 1
        return _after_residual(bits, at + 9 + order * precision, samples, order)
    raise ValueError(kind)


def _after_residual(bits: str, at: int, samples: int, order: int) -> int:
    """Where the Rice codes end (9.2.5). Raises ValueError."""
    method, partitions = _number(bits, at, 2), _number(bits, at + 2, 4)
    at += 6
    if method > 1:
        raise ValueError(method)
    wide = 4 + method
    for number in range(1 << partitions):
        count = (samples >> partitions) - (0 if number else order)
        rice = _number(bits, at, wide)
        at += wide
        if rice == (1 << wide) - 1:
            at += 5 + count * _number(bits, at, 5)
            continue
        for _ in range(count):
            at = bits.index("1", at) + 1 + rice
    return at


def _number(bits: str, at: int, length: int) -> int:
    return int(bits[at : at + length], 2) if at + length <= len(bits) else int("")


def _checksum_8(data: bytes) -> int:
    """CRC-8 with the polynomial 0x07 (9.1.8)."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ 0x107) if value & 0x80 else value << 1
    return value


def _checksum(value: int, data: bytes) -> int:
    """CRC-16 with the polynomial 0x8005 (9.3), two bytes at a time; 0 over a whole frame with its own checksum."""
    table = _table()
    if len(data) % 2:
        value, data = value << 8 & 0xFF00 ^ table[value >> 8 ^ data[0]], data[1:]
    words = array("H", data)
    if byteorder == "little":
        words.byteswap()
    for word in words:
        value = table[value ^ word]
    return value


@cache
def _table() -> tuple[int, ...]:
    small = list[int]()
    for byte in range(256):
        value = byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x18005) if value & 0x8000 else value << 1
        small.append(value)
    return tuple(first << 8 & 0xFF00 ^ small[first >> 8 ^ low] for first in small for low in range(256))
