"""MP3, WAV and FLAC with their sound and nothing else: no tags, covers, lyrics, notes of recorders, no bytes between."""

import struct

from gateway.core.words import N
from gateway.core.writing.encoded import Damaged, Encoded, Kind, Unusual
from gateway.core.writing.flac import clean as clean_flac

_BITRATES = {  # kbit/s of Layer III by version 1 or 2 (ISO/IEC 11172-3, 2.4.2.3; 13818-3)
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version bits
_MOST_TRIES = 300_000  # places looked at for a frame outside frames
_WAV_CHUNKS = frozenset({b"fmt ", b"fact", b"data"})
_WAV_FORMATS = {
    1: 16,
    3: 18,
    6: 18,
    7: 18,
    0xFFFE: 40,
}  # PCM, floats, A-law, µ-law, extensible: what describes them takes so many bytes
_WAV_NOTES = (b"LIST", b"id3 ", b"ID3 ", b"bext", b"iXML", b"_PMX", b"aXML", b"<x:xmpmeta", b"Exif\0\0")
_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")
_LYRICS_END, _LONGEST_LYRICS = b"LYRICS200", 5100  # Lyrics3 1.00 ends in LYRICSEND and has no size


def mp3(data: bytes) -> tuple[Kind, Encoded]:
    """The frames of Layer III sound; tags before, between and after them are left out.

    A frame that was cut short takes the beginning of what follows for its own. So one is kept only when another follows it, or the end, or a tag.
    """
    if data.startswith(b"fLaC", _after_id3(data)):
        return flac(data)
    data = data[: _before_tags(data)]
    frames: list[memoryview] = []
    view, at, tries, shape, in_step = memoryview(data), _after_id3(data), 0, -1, False
    while 0 <= at < len(data) - 4:
        length, seen = _frame(data, at)
        goes_on = _frame(data, at + length)[1] == seen or (in_step and _ends(data, at + length))
        if 0 < length <= len(data) - at and shape in {-1, seen} and goes_on:
            shape, in_step = seen, True
            frames.append(view[at : at + length])
            at += length
            continue
        in_step, tries = False, tries + 1
        if tries > _MOST_TRIES:
            raise Damaged(N("too much in it is no sound"))
        at = _after_id3(data, at) if data.startswith(b"ID3", at) else data.find(b"\xff", at + 1)
    if len(frames) < 2:
        raise Damaged(N("there is no MP3 sound in it"))
    return "audio", Encoded(b"".join(frames), "audio/mpeg")


def wav(data: bytes) -> tuple[Kind, Encoded]:
    """The format and the samples of a RIFF WAVE."""
    kept: list[bytes] = []
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        end = min(at + 8 + size, len(data))  # a recorder that was cut off wrote no size, or a wrong one
        if name in _WAV_CHUNKS:
            body = data[at + 8 : end]
            if name == b"fmt ":
                body = body[: _wav_format(body)]
            elif at + 8 + size > end and any(mark in body for mark in _WAV_NOTES):
                raise Damaged(N("it does not say where its samples end"))
            elif name == b"fact":
                body = body[:4]
            kept.append(name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2))
        at = end + (end - at) % 2
        if name == b"data" and size == 0:
            break
    names = [one[:4] for one in kept]
    if names.count(b"fmt ") != 1 or names.count(b"data") != 1:
        raise Damaged(N("it has no samples, or several of them"))
    body = b"WAVE" + b"".join(kept)
    return "audio", Encoded(b"RIFF" + struct.pack("<I", len(body)) + body, "audio/wav")


def _wav_format(body: bytes) -> int:
    """How many bytes of the format say how samples are coded. Raises Unusual for samples that may hold tags themselves."""
    coding = int.from_bytes(body[:2], "little")
    if coding not in _WAV_FORMATS:
        raise Unusual(N("its sound is coded in a way that browsers don't play"))
    return _WAV_FORMATS[coding]


def flac(data: bytes) -> tuple[Kind, Encoded]:
    """The stream without its comments, pictures, application blocks, and without what stands before or after it."""
    return clean_flac(data, _after_id3(data))


def _after_id3(data: bytes, at: int = 0) -> int:
    """Where the ID3v2 tags that stand at `at` end (id3.org, ID3v2.4, 3.1)."""
    while data.startswith(b"ID3", at) and len(data) >= at + 10:
        sizes = data[at + 6 : at + 10]
        if any(byte > 0x7F for byte in sizes):
            raise Damaged(N("its tag makes no sense"))
        size = sizes[0] << 21 | sizes[1] << 14 | sizes[2] << 7 | sizes[3]
        at += 10 + size + (10 if data[at + 5] & 0x10 else 0)
    return at


def _before_tags(data: bytes) -> int:
    """Where the tags at the end begin: ID3v1, Lyrics3, APE and ID3v2 with a footer, in any order and number."""
    end, before = len(data), -1
    while end != before:
        before = end
        if data[max(0, end - 128) : end].startswith(b"TAG"):
            end -= 128
        elif data[max(0, end - 227) : end].startswith(b"TAG+"):  # the longer fields that some players wrote
            end -= 227
        elif data[max(0, end - 9) : end] == _LYRICS_END and data[max(0, end - 15) : end - 9].isdigit():
            end -= min(end, int(data[end - 15 : end - 9]) + 15)
        elif data[max(0, end - 9) : end] == b"LYRICSEND":
            begin = data.rfind(b"LYRICSBEGIN", max(0, end - _LONGEST_LYRICS - 20), end)
            end = begin if begin >= 0 else end
        elif data[max(0, end - 32) : end].startswith(b"APETAGEX"):
            size = int.from_bytes(data[end - 20 : end - 16], "little")
            end -= min(end, size + (32 if data[end - 9] & 0x80 else 0)) or 32
        elif data[max(0, end - 10) : end].startswith(b"3DI"):
            size = sum((data[end - 4 + place] & 0x7F) << 7 * (3 - place) for place in range(4))
            end -= min(end, size + 20)
    return end


def _ends(data: bytes, at: int) -> bool:
    """Whether the sound ends here, or a tag begins."""
    return at == len(data) or data.startswith(_TAGS, at)


def _frame(data: bytes, at: int) -> tuple[int, int]:
    """The length of the frame that begins here, 0 when none does, and what all frames of one file share."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return 0, -1
    version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
    bits, rate, padding = data[at + 2] >> 4, data[at + 2] >> 2 & 3, data[at + 2] >> 1 & 1
    if version == 1 or layer != 1 or rate == 3 or bits == 15:
        return 0, -1
    if bits == 0:
        raise Unusual(N("its bit rate is free, which few programs play"))
    length = (144 if version == 3 else 72) * _BITRATES[version == 3][bits] * 1000 // _RATES[version][rate] + padding
    return length, version << 2 | rate
