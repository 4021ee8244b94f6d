"""MP4, MOV and M4A (ISO/IEC 14496-12; QuickTime File Format) with nothing in them but film and sound.

A telephone writes into its films where they were taken: in `udta` (`©xyz`), in `meta` (`com.apple.quicktime.location.ISO6709`), as XMP in a
`uuid` box, and as whole tracks of positions whose samples stand among those of the film. So

- only boxes that a player needs are kept; every other becomes a `free` box of the same size, full of zeros;
- only tracks of film and sound are kept;
- of the media data only the bytes that samples of kept tracks stand in are kept; all others become zeros;
- of the samples of film what cameras write among the coded pictures becomes filler (film_samples);
- times, names and makers in the boxes that stay become zeros.

No byte moves, so that no offset has to change. The work is linear in the size of the file, in one copy of it.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from gateway.core.words import N
from gateway.core.writing.encoded import Damaged, Encoded, Kind, Unusual
from gateway.core.writing.film_samples import tidy_av1, tidy_avc, tidy_hevc, tidy_mpeg4
from gateway.core.writing.sample_entries import Coding, tidy_entries

_CONTAINERS = {
    b"moov": frozenset({b"mvhd", b"trak"}),
    b"trak": frozenset({b"tkhd", b"edts", b"mdia"}),
    b"edts": frozenset({b"elst"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"hdlr", b"dinf", b"stbl"}),
    b"dinf": frozenset({b"dref"}),
    b"stbl": frozenset({b"stsd", b"stts", b"ctts", b"cslg", b"stss", b"stps", b"stsc", b"stsz", b"stco", b"co64", b"sdtp", b"sgpd", b"sbgp"}),
}  # fmt: skip
_EMPTY = frozenset({b"free", b"skip", b"wide"})
_ROWS = {
    b"stts": 8,
    b"ctts": 8,
    b"stss": 4,
    b"stps": 4,
    b"stsc": 12,
    b"stsz": 4,
    b"stco": 4,
    b"co64": 8,
}  # bytes of a table's row
_MOST_BOXES = 20_000


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its type, where it begins, where its content begins, and where it ends."""

    type: bytes
    start: int
    body: int
    end: int


def clean(data: bytes) -> tuple[Kind, Encoded]:
    """The film or sound without what else stood in the file. Raises Damaged, Unusual."""
    out = bytearray(data)
    top = list(_boxes(data, 0, len(data), lenient=True))
    kinds = [box.type for box in top]
    if b"moof" in kinds:
        raise Unusual(N("it was recorded in fragments"))
    if kinds[:1] != [b"ftyp"] and b"moov" not in kinds[:3]:
        raise Damaged(N("its beginning makes no sense"))
    if kinds.count(b"moov") != 1 or b"mdat" not in kinds:
        raise Damaged(N("a part of it is missing"))
    del out[top[-1].end :]  # what follows the last whole box belongs to no film
    moov = next(box for box in top if box.type == b"moov")
    tracks = _tracks(data, out, moov)
    _blank_between(out, [box for box in top if box.type == b"mdat"], [one for track in tracks for one in track.ranges])
    for box in top:
        if box.type not in {b"ftyp", b"moov", b"mdat"}:
            _free(out, box)
    if any(track.handler == b"vide" for track in tracks):
        return "video", Encoded(bytes(out), "video/mp4")
    return "audio", Encoded(bytes(out), "audio/mp4")


@dataclass(frozen=True, slots=True)
class _Track:
    handler: bytes
    ranges: list[tuple[int, int]]  # of its samples, in the file


def _tracks(data: bytes, out: bytearray, moov: Box) -> list[_Track]:
    tracks: list[_Track] = []
    for box in _boxes(data, moov.body, moov.end):
        if box.type == b"trak":
            track = _track(data, out, box)
            if track is None:
                _free(out, box)
            else:
                tracks.append(track)
        elif box.type == b"mvhd":
            _blank_times(data, out, box)
        else:
            if box.type in {b"mvex", b"cmov"}:
                raise Unusual(
                    N("it was recorded in fragments") if box.type == b"mvex" else N("its index is compressed")
                )
            _free(out, box)
    if not tracks:
        raise Damaged(N("there is neither film nor sound in it"))
    return tracks


def _track(data: bytes, out: bytearray, trak: Box) -> _Track | None:
    """The track tidied, or None for one that is neither film nor sound."""
    found: dict[bytes, Box] = {}
    unwanted: list[Box] = []
    _gather(data, trak, found, unwanted)
    handler = found.get(b"hdlr")
    if handler is None:
        raise Damaged(N("a track has no description"))
    kind = data[handler.body + 8 : handler.body + 12]
    if kind not in {b"vide", b"soun"}:
        return None
    if not found.keys() >= {b"tkhd", b"mdhd", b"stsd", b"stsc", b"stsz"}:
        raise Damaged(N("a track has no description"))
    for box in unwanted:
        _free(out, box)
    for name in (b"tkhd", b"mdhd"):
        _blank_times(data, out, found[name])
    _blank(out, handler.body + 12, handler.end)
    if b"dref" in found:
        _own_data(data, out, found[b"dref"])
    for name, row in _ROWS.items():
        if name in found:
            _blank_rest(data, out, found[name], row)
    coding = tidy_entries(data, out, found[b"stsd"].body, found[b"stsd"].end, is_film=kind == b"vide")
    ranges = _ranges(data, found, coding.unit)
    _tidy_samples(data, out, ranges, coding)
    return _Track(kind, ranges)


def _tidy_samples(data: bytes, out: bytearray, ranges: list[tuple[int, int]], coding: Coding) -> None:
    if coding.scheme == "avc":
        tidy_avc(data, out, ranges, coding.prefix)
    elif coding.scheme == "hevc":
        tidy_hevc(data, out, ranges, coding.prefix)
    elif coding.scheme == "av1":
        tidy_av1(data, out, ranges)
    elif coding.scheme == "mpeg4":
        tidy_mpeg4(data, out, ranges)


def _gather(data: bytes, box: Box, found: dict[bytes, Box], unwanted: list[Box]) -> None:
    """The wanted boxes inside, at all depths, and the unwanted ones. Never deeper than the table of containers."""
    allowed = _CONTAINERS[box.type]
    for inner in _boxes(data, box.body, box.end):
        if inner.type not in allowed or (inner.type in found and inner.type != b"hdlr"):
            unwanted.append(inner)
        elif inner.type in _CONTAINERS:
            found[inner.type] = inner
            _gather(data, inner, found, unwanted)
        elif inner.type == b"hdlr" and box.type != b"mdia":
            unwanted.append(inner)  # QuickTime's of the data; it says nothing that a player needs
        else:
            found[inner.type] = inner


def _boxes(data: bytes, start: int, end: int, *, lenient: bool = False) -> Iterator[Box]:
    """The boxes from `start` to `end`; with `lenient`, up to the first that makes no sense."""
    at = start
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            if at < end and not lenient and any(data[at:end]):
                raise Damaged(N("a box is cut off"))
            return
        size, body = int.from_bytes(data[at : at + 4], "big"), at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif size == 0:
            if not lenient:  # QuickTime ends some lists so
                if any(data[at:end]):
                    raise Damaged(N("a box has no size"))
                return
            size = end - at
        if size < body - at or at + size > end:
            if lenient and at > start:
                return
            raise Damaged(N("a box is larger than what holds it"))
        yield Box(data[at + 4 : at + 8], at, body, at + size)
        at += size
    raise Damaged(N("it has too many boxes"))


def _ranges(data: bytes, found: dict[bytes, Box], unit: int) -> list[tuple[int, int]]:
    """Where the samples of a track stand, chunk by chunk (8.7.3 to 8.7.5). `unit` is the size of one when the table does not say it truly."""
    offsets = _chunk_offsets(data, found)
    size, count, sizes = _sizes(data, found[b"stsz"])
    size = max(size, unit) if size else 0
    ends = list(accumulate(sizes, initial=0))
    runs = _table(data, found[b"stsc"], "III")
    first, each = runs[0::3], runs[1::3]
    ranges: list[tuple[int, int]] = []
    run, sample = 0, 0
    for chunk, offset in enumerate(offsets, 1):
        while run + 1 < len(first) and first[run + 1] <= chunk:
            run += 1
        samples = min(each[run] if len(each) else 0, count - sample)
        length = size * samples if size else ends[sample + samples] - ends[sample]
        sample += samples
        if length:
            if offset + length > len(data):
                raise Damaged(N("its end is missing"))
            ranges.append((offset, offset + length))
    return ranges


def _chunk_offsets(data: bytes, found: dict[bytes, Box]) -> Sequence[int]:
    if b"stco" in found:
        return _table(data, found[b"stco"], "I")
    if b"co64" in found:
        return _table(data, found[b"co64"], "Q")
    raise Damaged(N("a track does not say where its samples are"))


def _sizes(data: bytes, box: Box) -> tuple[int, int, Sequence[int]]:
    """The size of every sample when all have one, how many there are, and their sizes when they differ."""
    size = int.from_bytes(data[box.body + 4 : box.body + 8], "big")
    count = int.from_bytes(data[box.body + 8 : box.body + 12], "big")
    if size:
        return size, count, array("I")
    sizes = _numbers(data[box.body + 12 : box.end], "I", count)
    return 0, count, sizes


def _table(data: bytes, box: Box, row: str) -> Sequence[int]:
    count = int.from_bytes(data[box.body + 4 : box.body + 8], "big")
    return _numbers(data[box.body + 8 : box.end], row[0], count * len(row))


def _numbers(body: bytes, code: str, count: int) -> Sequence[int]:
    """`count` big-endian numbers; `I` of 4 bytes, `Q` of 8."""
    made = array("L" if code == "I" and array("L").itemsize == 4 else code)
    if count * made.itemsize > len(body):
        raise Damaged(N("a table is cut off"))
    made.frombytes(body[: count * made.itemsize])
    made.byteswap()
    return made


def _own_data(data: bytes, out: bytearray, dref: Box) -> None:
    """Takes names of files away. Raises Unusual when the samples stand in another file."""
    for box in _boxes(data, dref.body + 8, dref.end):
        if not data[box.body + 3] & 1:
            raise Unusual(N("a part of it stands in another file"))
        _blank(out, box.body + 4, box.end)


def _blank_between(out: bytearray, mdats: list[Box], ranges: list[tuple[int, int]]) -> None:
    """Makes zeros of all media data that no kept sample stands in. Raises Damaged for a sample outside of media data."""
    ranges.sort()
    at = 0
    for box in mdats:
        clear = box.body
        while at < len(ranges) and ranges[at][0] < box.end:
            start, end = ranges[at]
            if start < box.body or end > box.end:
                raise Damaged(N("a sample stands outside of the media data"))
            if start > clear:
                _blank(out, clear, start)
            clear = max(clear, end)
            at += 1
        _blank(out, clear, box.end)
    if at < len(ranges):
        raise Damaged(N("a sample stands outside of the media data"))


def _blank_rest(data: bytes, out: bytearray, box: Box, row: int) -> None:
    """Makes zeros of what stands in a box after its table."""
    head = 12 if box.type == b"stsz" else 8
    if box.type == b"stsz" and any(data[box.body + 4 : box.body + 8]):
        row = 0  # all samples have one size
    count = int.from_bytes(data[box.body + head - 4 : box.body + head], "big")
    _blank(out, box.body + head + count * row, box.end)


def _blank_times(data: bytes, out: bytearray, box: Box) -> None:
    """Makes zeros of when it was made and changed: two numbers after version and flags, of 8 bytes each in version 1."""
    _blank(out, box.body + 4, min(box.end, box.body + 4 + (16 if data[box.body] == 1 else 8)))


def _free(out: bytearray, box: Box) -> None:
    out[box.start + 4 : box.start + 8] = b"free"
    _blank(out, box.body, box.end)


def _blank(out: bytearray, start: int, end: int) -> None:
    if end > start:
        out[start:end] = bytes(end - start)
