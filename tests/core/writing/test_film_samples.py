"""What cameras write among the pictures of a film becomes filler; the pictures, their colours and captions stay where they are."""

import struct
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from gateway.core.errors import Invalid
from gateway.core.writing.film_samples import without_messages
from gateway.core.writing.media import prepare
from tests.core.writing.media_samples import AVC_SETUP, SECRET, box, mp4

MDPM = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM" + SECRET
CAPTIONS = b"\xb5\x00\x31GA94\x03" + b"words for all"
OTHER_T35 = b"\xb5\x00\x99" + SECRET
ZEROS = bytes(5) + b"\1" + bytes(4) + b"\3" + bytes(3)  # needs escapes


def escaped(plain: bytes) -> bytes:
    made, zeros = bytearray(), 0
    for byte in plain:
        if zeros == 2 and byte <= 3:
            made.append(3)
            zeros = 0
        made.append(byte)
        zeros = zeros + 1 if not byte else 0
    return bytes(made)


def message(kind: int, body: bytes) -> bytes:
    return b"".join(b"\xff" * (number // 255) + bytes([number % 255]) for number in (kind, len(body))) + body


def messages(unit: bytes, head: int) -> Iterator[tuple[int, bytes]]:
    """What a decoder finds; the unit is held to the rules."""
    assert all(mark not in unit for mark in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))
    plain, zeros = bytearray(), 0
    for byte in unit[head:]:
        if zeros == 2 and byte == 3:
            zeros = 0
            continue
        plain.append(byte)
        zeros = zeros + 1 if not byte else 0
    assert plain[-1] == 0x80
    at = 0
    while at < len(plain) - 1:
        numbers = []
        for _ in range(2):
            start = at
            while plain[at] == 255:
                at += 1
            numbers.append(255 * (at - start) + plain[at])
            at += 1
        assert at + numbers[1] < len(plain)
        yield numbers[0], bytes(plain[at : at + numbers[1]])
        at += numbers[1]


@pytest.mark.parametrize("head", [b"\x06", b"\x4e\x01"])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 16, 199, 200, 252, 253, 254, 255, 256, 257, 400, 455, 600, 5000])
def test_a_unit_keeps_its_size_and_the_messages_that_show(head: bytes, size: int) -> None:
    kept = [(0, ZEROS), (4, CAPTIONS), (137, bytes(24)), (1, b"\0\0")]
    private = message(5, MDPM[:20] + bytes(size // 2) + SECRET + b"x" * (size - size // 2))
    parts = [
        message(*kept[0]),
        message(*kept[1]),
        private,
        message(*kept[2]),
        message(4, OTHER_T35),
        message(*kept[3]),
        message(999, SECRET),
    ]
    unit = head + escaped(b"".join(parts) + b"\x80")
    made = without_messages(unit, len(head))
    assert (len(made), made[: len(head)]) == (len(unit), head)
    assert SECRET not in made
    found = list(messages(made, len(head)))
    assert [one for one in found if one[0] != 3] == kept
    assert {byte for kind, body in found if kind == 3 for byte in body} <= {255}


def test_a_unit_without_anything_private_stays_as_it_is() -> None:
    unit = b"\x06" + escaped(message(1, ZEROS) + message(4, CAPTIONS) + b"\x80")
    assert without_messages(unit, 1) == unit


@pytest.mark.parametrize(
    "end", [b"\x05\x80", b"\x05", b"\xff\x80", b"\x05\xff\x80", b"\x05\x10\x80", b"\x05\0", b"\xff\xff"]
)
def test_a_unit_that_stops_in_a_message_keeps_nothing(end: bytes) -> None:
    data = b"\x06" + message(5, SECRET) + message(1, b"shown") + end
    made = without_messages(data, 1)
    assert len(made) == len(data)
    assert [mark for mark in (SECRET, b"shown") if mark in made] == []


@pytest.mark.parametrize("size", range(1, 12))
def test_a_unit_that_makes_no_sense_keeps_nothing_but_its_size(size: int) -> None:
    made = without_messages((b"\x06\x05\x7f" + SECRET)[:size], 1)
    assert len(made) == size
    assert SECRET[:1] not in made


def unit(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


def film(head: bytes, picture: bytes, private: bytes) -> list[bytes]:
    sei = head + escaped(message(5, MDPM) + message(4, CAPTIONS) + b"\x80")
    return [unit(sei) + unit(picture * (9 + number)) + unit(private + SECRET) + unit(b"") for number in range(6)]


AVC = film(b"\x06", b"\x65AVC", b"\x18")
HEVC = film(b"\x4e\x01", b"\x26\x01HEVC", b"\x60\x01")
HEVC_SEI = b"\x4e\x01" + message(5, MDPM) + b"\x80"
HEVC_SETUP = box(b"hvcC", bytes(21) + b"\x0f\x01" + b"\xa7\0\1" + struct.pack(">H", len(HEVC_SEI)) + HEVC_SEI + SECRET)
OBU = [
    b"\x12\0" + b"\x2a" + bytes([1 + len(SECRET)]) + b"\x04" + SECRET + b"\x2a\x03\x01HD" + b"\x32\x05AV1.."
    for _ in range(6)
]
MPEG4 = [b"\0\0\1\xb2" + SECRET + b"\0\0\1\xb6MPEG4" for _ in range(6)]

FILMS: dict[str, tuple[Callable[[], bytes], list[bytes], bytes]] = {
    "avc1": (lambda: mp4(pictures=AVC), AVC, b"\x65AVC" * 9),
    "avc3": (lambda: mp4(pictures=AVC, codec=b"avc3", moov_first=True), AVC, b"\x65AVC" * 9),
    "hvc1": (lambda: mp4(pictures=HEVC, codec=b"hvc1", setup=HEVC_SETUP), HEVC, b"\x26\x01HEVC" * 9),
    "hev1": (lambda: mp4(pictures=HEVC, codec=b"hev1", setup=HEVC_SETUP, brand=b"qt  "), HEVC, b"\x26\x01HEVC" * 9),
    "av01": (lambda: mp4(pictures=OBU, codec=b"av01", setup=box(b"av1C", bytes(4))), OBU, b"\x2a\x03\x01HD" + b"\x32\x05AV1.."),
    "mp4v": (lambda: mp4(pictures=MPEG4, codec=b"mp4v", setup=b""), MPEG4, b"\0\0\1\xb6MPEG4"),
}  # fmt: skip


@pytest.mark.parametrize("codec", FILMS)
def test_place_and_date_among_the_pictures_are_gone_and_every_picture_stands_where_it_stood(codec: str) -> None:
    make, pictures, picture = FILMS[codec]
    data = make()
    assert SECRET in b"".join(pictures)
    made = prepare(data, "clip.mp4").renditions[0].data
    assert [mark for mark in (SECRET, b"MDPM", b"SECR") if mark in made] == []
    assert len(made) == len(data)
    assert made.count(picture) == data.count(picture) > 0
    assert made.find(picture) == data.find(picture)
    assert made.count(CAPTIONS) == data.count(CAPTIONS)
    assert prepare(made, "clip.mp4").renditions[0].data == made


WALKS: dict[str, tuple[bytes, str]] = {
    "a unit is longer than its samples": (mp4(pictures=[unit(b"\x65" * 9)] * 5 + [b"\0\0\1\0" + SECRET]), "can't be looked through"),
    "annex B": (mp4(pictures=[b"\0\0\0\1\x65" + SECRET] * 6), "can't be looked through"),
    "an OBU without a size": (mp4(pictures=[b"\x28" + SECRET] * 6, codec=b"av01"), "can't be looked through"),
    "no setup": (mp4(setup=b""), "damaged or incomplete (a track does not say how it is coded)"),
    "a million units": (mp4(pictures=[bytes(4 * 200_000)] * 6, setup=AVC_SETUP), "can't be looked through"),
}  # fmt: skip


@pytest.mark.parametrize("why", WALKS)
def test_film_that_cannot_be_walked_is_refused(why: str) -> None:
    data, words = WALKS[why]
    with pytest.raises(Invalid) as refused:
        prepare(data, "clip.mp4")
    assert words in str(refused.value)


@pytest.mark.parametrize("missing", [b"tkhd", b"mdhd", b"hdlr", b"stsd", b"stsc", b"stsz"])
def test_a_track_without_one_of_its_boxes_is_refused_in_words(missing: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        prepare(mp4().replace(missing, b"SECR"), "clip.mp4")
    assert "“clip.mp4” is damaged or incomplete (a track has no description)." in str(refused.value)


def test_nothing_stands_behind_the_tables_of_a_track() -> None:
    data = mp4(large=True)
    for name in (b"stts", b"stsc"):
        assert SECRET not in prepare(_with_rest(data, name), "clip.mp4").renditions[0].data


def _with_rest(data: bytes, name: bytes) -> bytes:
    """The file with a secret at the end of every such box, all boxes around it grown; its index stands last, so that no sample moves."""
    around = (b"moov", b"trak", b"mdia", b"minf", b"stbl", name)
    out = bytearray(data)
    for at in sorted((at for at in range(len(data)) if data[at : at + 4] == name), reverse=True):
        starts = [data.rfind(one, 0, at + 4) for one in around]
        assert all(first < second for first, second in pairwise(starts))
        for start in starts:
            size = struct.unpack_from(">I", out, start - 4)[0]
            struct.pack_into(">I", out, start - 4, size + len(SECRET))
            end = start - 4 + size
        out[end:end] = SECRET
    return bytes(out)
