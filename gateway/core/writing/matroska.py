"""WebM (RFC 9559, with the EBML of RFC 8794) without titles, tags, attachments, chapters and dates.

An element that a player does not need becomes a Void of the same size, full of zeros; so no position in the file changes. Clusters of unknown
size, as browsers record them, are walked through their blocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.core.words import N
from gateway.core.writing.encoded import Damaged, Encoded, Kind, Unusual

_EBML, _SEGMENT, _CLUSTER, _INFO, _TRACKS, _ENTRY, _VOID = (
    0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1549A966, 0x1654AE6B, 0xAE, 0xEC,
)  # fmt: skip
_SEEK_HEAD, _CUES = 0x114D9B74, 0x1C53BB6B
_IN_SEGMENT = frozenset({_SEEK_HEAD, _INFO, _TRACKS, _CLUSTER, _CUES})
_MAKERS = frozenset({0x4D80, 0x5741})  # MuxingApp, WritingApp: there must be some
_WANTED: dict[int, frozenset[int]] = {  # what may stand in what; in all else stands what a player needs
    _EBML: frozenset({0x4286, 0x42F7, 0x42F2, 0x42F3, 0x4282, 0x4287, 0x4285}),
    _INFO: frozenset({0x2AD7B1, 0x4489}) | _MAKERS,  # TimestampScale, Duration
    _SEEK_HEAD: frozenset({0x4DBB}),
    0x4DBB: frozenset({0x53AB, 0x53AC}),
    _CUES: frozenset({0xBB}),
    0xBB: frozenset({0xB3, 0xB7}),
    0xB7: frozenset({0xF7, 0xF1, 0xF0, 0xB2, 0x5378, 0xEA}),
    _TRACKS: frozenset({_ENTRY}),
    _ENTRY: frozenset(
        {0xD7, 0x73C5, 0x83, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x6DF8, 0x23E383, 0x234E7A, 0x23314F, 0x55EE, 0x22B59C, 0x22B59D, 0x86}
        | {0x63A2, 0x56AA, 0x56BB, 0xE0, 0xE1}
    ),
    0xE0: frozenset({0xB0, 0xBA, 0x54B0, 0x54BA, 0x54B2, 0x54AA, 0x54BB, 0x54CC, 0x54DD, 0x53B8, 0x53C0, 0x9A, 0x9D, 0x55B0}),
    0x55B0: frozenset(range(0x55B1, 0x55BE)) | {0x55D0},  # colours
    0x55D0: frozenset(range(0x55D1, 0x55DB)),
    0xE1: frozenset({0xB5, 0x78B5, 0x9F, 0x6264}),
    _CLUSTER: frozenset({0xE7, 0xA3, 0xA0, 0xAB, 0xA7}),  # timestamp, blocks, sizes, positions
    0xA0: frozenset({0xA1, 0x9B, 0xFB, 0x75A2}),  # the block, how long, of which others, what to leave out; no BlockAdditions
}  # fmt: skip
_PRIVATE = 0x63A2
_TRACK_TYPE, _CODEC, _DOCTYPE = 0x83, 0x86, 0x4282
_CODECS = (b"V_VP8", b"V_VP9", b"V_AV1", b"A_OPUS", b"A_VORBIS")
_MOST_ELEMENTS = 2_000_000


@dataclass(frozen=True, slots=True)
class _Element:
    id: int
    start: int
    body: int
    end: int
    open: bool = False  # its size is unknown: it goes on to the end of what holds it


def clean(data: bytes) -> tuple[Kind, Encoded]:
    """The film or sound alone. Raises Damaged, Unusual."""
    out = bytearray(data)
    top = list(_elements(data, 0, len(data)))
    if [one.id for one in top[:2]] != [_EBML, _SEGMENT]:
        raise Damaged(N("its beginning makes no sense"))
    doctype = next(
        (data[one.body : one.end] for one in _elements(data, top[0].body, top[0].end) if one.id == _DOCTYPE), b""
    )
    if doctype.rstrip(b"\0") != b"webm":
        raise Unusual(N("it is Matroska, not WebM"))
    _tidy(data, out, top[0])
    for one in top[2:]:
        _void(out, one)
    is_film, has_tracks, at = False, False, top[1].body
    while at < top[1].end:
        one = next(_elements(data, at, top[1].end))
        at = one.end
        if one.id == _CLUSTER:
            at = _tidy_cluster(data, out, one)
        elif one.id == _TRACKS:
            has_tracks, is_film = True, _tidy_tracks(data, out, one)
        elif one.id in _IN_SEGMENT:
            _tidy(data, out, one)
        else:
            _void(out, one)
    if not has_tracks:
        raise Damaged(N("it has no tracks"))
    return ("video", Encoded(bytes(out), "video/webm")) if is_film else ("audio", Encoded(bytes(out), "audio/webm"))


def _tidy(data: bytes, out: bytearray, outer: _Element) -> None:
    """Voids what is not wanted, at all depths; never deeper than the table."""
    wanted = _WANTED[outer.id]
    for one in _elements(data, outer.body, outer.end):
        if one.id in _MAKERS and outer.id == _INFO:
            out[one.body : one.end] = bytes(one.end - one.body)
        elif one.id not in wanted:
            _void(out, one)
        elif one.id in _WANTED:
            _tidy(data, out, one)


def _tidy_tracks(data: bytes, out: bytearray, tracks: _Element) -> bool:
    """Whether there is film among them."""
    is_film = False
    _tidy(data, out, tracks)
    for entry in _elements(data, tracks.body, tracks.end):
        if entry.id != _ENTRY:
            continue
        parts = {one.id: one for one in _elements(data, entry.body, entry.end)}
        kind, codec = (_value(data, parts, name) for name in (_TRACK_TYPE, _CODEC))
        if kind not in {b"\1", b"\2"} or not codec.startswith(_CODECS):
            raise Unusual(N("it holds more than the film and sound of WebM"))
        if codec.startswith(b"A_VORBIS") and _PRIVATE in parts:
            _tidy_vorbis(out, parts[_PRIVATE])
        is_film = is_film or kind == b"\1"
    return is_film


def _value(data: bytes, parts: dict[int, _Element], name: int) -> bytes:
    return data[parts[name].body : parts[name].end] if name in parts else b""


def _tidy_vorbis(out: bytearray, private: _Element) -> None:
    """Empties the second of three headers, the comments, which keeps its size."""
    at, sizes = private.body + 1, list[int]()
    for _ in range(2):
        size = 0
        while at < private.end and out[at] == 255:
            size, at = size + 255, at + 1
        if at >= private.end:
            raise Damaged(N("its headers make no sense"))
        size, at = size + out[at], at + 1
        sizes.append(size)
    start, room = at + sizes[0], sizes[1]
    if out[private.body] != 2 or room < 16 or out[start : start + 7] != b"\x03vorbis" or start + room > private.end:
        raise Damaged(N("its headers make no sense"))
    vendor = room - 7 - 4 - 4 - 1
    out[start + 7 : start + room] = vendor.to_bytes(4, "little") + bytes(vendor) + bytes(4) + b"\1"


def _tidy_cluster(data: bytes, out: bytearray, cluster: _Element) -> int:
    """Where the cluster ends."""
    for one in _elements(data, cluster.body, cluster.end):
        if cluster.open and (one.id in _IN_SEGMENT or one.id > 0xFFFFFF):
            return one.start
        if one.id not in _WANTED[_CLUSTER]:
            _void(out, one)
        elif one.id in _WANTED:
            _tidy(data, out, one)
    return cluster.end


def _elements(data: bytes, start: int, end: int) -> Iterator[_Element]:
    at = start
    for _ in range(_MOST_ELEMENTS):
        if at >= end:
            return
        id_length = 9 - data[at].bit_length()
        size_at = at + id_length
        if id_length > 4 or size_at >= end:
            raise Damaged(N("an element makes no sense"))
        size_length = 9 - data[size_at].bit_length()
        body = size_at + size_length
        if size_length > 8 or body > end:
            raise Damaged(N("an element makes no sense"))
        size = int.from_bytes(data[size_at:body], "big") & ((1 << 7 * size_length) - 1)
        id_ = int.from_bytes(data[at:size_at], "big")
        unknown = size == (1 << 7 * size_length) - 1
        if unknown and id_ not in {_SEGMENT, _CLUSTER}:
            raise Damaged(N("an element has no size"))
        stop = end if unknown else body + size
        if stop > end:
            if id_ not in {_SEGMENT, _CLUSTER}:
                raise Damaged(N("its end is missing"))
            stop = end
        yield _Element(id_, at, body, stop, open=unknown)
        at = stop
    raise Damaged(N("it has too many elements"))


def _void(out: bytearray, one: _Element) -> None:
    """Makes the element a Void of the same size (RFC 8794, 11.3.2), zeros inside."""
    total = one.end - one.start
    if total < 2:
        raise Damaged(N("an element makes no sense"))
    length = 1 if total - 2 < 127 else 8
    if total < 1 + length:
        raise Damaged(N("an element makes no sense"))
    size = total - 1 - length
    head = bytes([_VOID]) + (bytes([0x80 | size]) if length == 1 else (1 << 56 | size).to_bytes(8, "big"))
    out[one.start : one.end] = head + bytes(size)
