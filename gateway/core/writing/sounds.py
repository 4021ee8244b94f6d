"""MP3, WAV and FLAC with their sound and nothing else: no tags, covers, lyrics, notes of recorders, no bytes between."""

import struct

from gateway.core.writing.encoded import Damaged, Encoded, Kind, Unusual

_BITRATES = {  # kbit/s of Layer III by version 1 or 2 (ISO/IEC 11172-3, 2.4.2.3; 13818-3)
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version bits
_MOST_TRIES = 300_000  # places looked at for a frame outside frames
_WAV_CHUNKS = frozenset({b"fmt ", b"fact", b"data"})
_FLAC_BLOCKS = frozenset({0, 3})  # STREAMINFO, SEEKTABLE (RFC 9639, 8.1)


def mp3(data: bytes) -> tuple[Kind, Encoded]:
    """The frames of Layer III sound; tags before, between and after them are left out."""
    if data.startswith(b"fLaC", _after_id3(data)):
        return flac(data)
    frames: list[memoryview] = []
    view, at, tries, shape, in_step = memoryview(data), _after_id3(data), 0, -1, False
    while 0 <= at < len(data) - 4:
        length, seen = _frame(data, at)
        if length and (shape < 0 or seen == shape) and (in_step or _frame(data, at + length)[1] == seen):
            shape, in_step = seen, True
            frames.append(view[at : at + length])
            at += length
            continue
        in_step, tries = False, tries + 1
        if tries > _MOST_TRIES:
            raise Damaged("too much in it is no sound")
        at = _after_id3(data, at) if data.startswith(b"ID3", at) else data.find(b"\xff", at + 1)
    if len(frames) < 2:
        raise Damaged("there is no MP3 sound in it")
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
            kept.append(name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2))
        at = end + (end - at) % 2
        if name == b"data" and size == 0:
            break
    names = [one[:4] for one in kept]
    if names.count(b"fmt ") != 1 or names.count(b"data") != 1:
        raise Damaged("it has no samples, or several of them")
    body = b"WAVE" + b"".join(kept)
    return "audio", Encoded(b"RIFF" + struct.pack("<I", len(body)) + body, "audio/wav")


def flac(data: bytes) -> tuple[Kind, Encoded]:
    """The stream without its comments, pictures and application blocks."""
    at = _after_id3(data)
    if data[at : at + 4] != b"fLaC":
        raise Damaged("its mark is missing")
    at += 4
    kept: list[tuple[int, bytes]] = []
    last = False
    while not last:
        if at + 4 > len(data):
            raise Damaged("it ends before its sound")
        last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        if kind in _FLAC_BLOCKS:
            kept.append((kind, data[at + 4 : at + 4 + size]))
        at += 4 + size
    if not kept or kept[0][0] != 0 or len(kept[0][1]) != 34 or data[at : at + 1] != b"\xff":
        raise Damaged("its beginning makes no sense")
    blocks = b"".join(
        bytes([kind | (0x80 if number == len(kept) - 1 else 0)]) + len(body).to_bytes(3, "big") + body
        for number, (kind, body) in enumerate(kept)
    )
    return "audio", Encoded(b"fLaC" + blocks + data[at : _before_tags(data)], "audio/flac")


def _after_id3(data: bytes, at: int = 0) -> int:
    """Where the ID3v2 tags that stand at `at` end (id3.org, ID3v2.4, 3.1)."""
    while data.startswith(b"ID3", at) and len(data) >= at + 10:
        sizes = data[at + 6 : at + 10]
        if any(byte > 0x7F for byte in sizes):
            raise Damaged("its tag makes no sense")
        size = sizes[0] << 21 | sizes[1] << 14 | sizes[2] << 7 | sizes[3]
        at += 10 + size + (10 if data[at + 5] & 0x10 else 0)
    return at


def _before_tags(data: bytes) -> int:
    """Where ID3v1 and APE tags at the end begin."""
    end = len(data)
    if data[max(0, end - 128) : end].startswith(b"TAG"):
        end -= 128
    if data[max(0, end - 32) : end].startswith(b"APETAGEX"):
        size = int.from_bytes(data[end - 20 : end - 16], "little")
        has_header = data[end - 9] & 0x80
        end -= min(end, size + (32 if has_header else 0))
    return end


def _frame(data: bytes, at: int) -> tuple[int, int]:
    """The length of the frame that begins here, 0 when none does, and what all frames of one file share."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return 0, -1
    version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
    bits, rate, padding = data[at + 2] >> 4, data[at + 2] >> 2 & 3, data[at + 2] >> 1 & 1
    if version == 1 or layer != 1 or rate == 3 or bits == 15:
        return 0, -1
    if bits == 0:
        raise Unusual("its bit rate is free, which few programs play")
    length = (144 if version == 3 else 72) * _BITRATES[version == 3][bits] * 1000 // _RATES[version][rate] + padding
    return (length, version << 2 | rate) if at + length <= len(data) else (0, -1)
