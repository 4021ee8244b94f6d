"""Ogg with Vorbis or Opus sound (RFC 3533, RFC 7845): the header with the comments is written anew, empty; the sound stays as it is.

Comments hold titles, covers as pictures, and whatever a recorder knew. The packets after the headers are not touched; their pages get the
numbers that follow and new checksums.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.core.words import N
from gateway.core.writing.encoded import Damaged, Encoded, Kind, Unusual

_MOST_PAGES = 500_000
_VENDOR = b"Postroom"
_COMMENTS = struct.pack("<I", len(_VENDOR)) + _VENDOR + struct.pack("<I", 0)
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(slots=True)
class _Page:
    flags: int
    position: bytes
    serial: bytes
    lacing: bytes
    body: memoryview


def clean(data: bytes) -> tuple[Kind, Encoded]:
    """The stream with no comments."""
    pages = list(_pages(data))
    first = bytes(pages[0].body)
    if any(page.serial != pages[0].serial for page in pages):
        raise Unusual(N("it holds several streams"))
    if first.startswith(b"OpusHead"):
        headers, _ = _packets(pages, 2)
        head = headers[0][: 19 if headers[0][18:19] == b"\0" else 21 + headers[0][9]]  # RFC 7845, 5.1
        header_packets = [head, b"OpusTags" + _COMMENTS]
        sound = _after(pages, 2)
        wanted = headers[1].startswith(b"OpusTags")
    elif first.startswith(b"\x01vorbis"):
        headers, _ = _packets(pages, 3)
        header_packets = [headers[0][:30], b"\x03vorbis" + _COMMENTS + b"\x01", headers[2]]
        sound = _after(pages, 3)
        wanted = headers[1].startswith(b"\x03vorbis") and headers[2].startswith(b"\x05vorbis")
    else:
        raise Unusual(N("it is neither Vorbis nor Opus sound"))
    if not wanted or not sound:
        raise Damaged(N("its headers make no sense"))
    serial = pages[0].serial
    made = [_written(_Page(2, bytes(8), serial, *_laced([header_packets[0]])), 0)]
    for page in _split(header_packets[1:], serial):
        made.append(_written(page, len(made)))
    for page in sound:
        made.append(_written(page, len(made)))
    return "audio", Encoded(b"".join(made), "audio/ogg")


def _pages(data: bytes) -> Iterator[_Page]:
    at, count = 0, 0
    while at < len(data):
        if data[at : at + 5] != b"OggS\0" or count >= _MOST_PAGES or at + 27 > len(data):
            break  # what follows the last page is no sound
        lacing = data[at + 27 : at + 27 + data[at + 26]]
        start, size = at + 27 + len(lacing), sum(lacing)
        if len(lacing) < data[at + 26] or start + size > len(data):
            break
        yield _Page(
            data[at + 5],
            data[at + 6 : at + 14],
            data[at + 14 : at + 18],
            lacing,
            memoryview(data)[start : start + size],
        )
        at, count = start + size, count + 1
    if not count:
        raise Damaged(N("it holds no pages"))


def _packets(pages: list[_Page], wanted: int) -> tuple[list[bytes], int]:
    """The first packets, and the number of pages they take; they end with a page."""
    found, pieces = list[bytes](), list[bytes]()
    for number, page in enumerate(pages):
        at = 0
        for index, size in enumerate(page.lacing):
            pieces.append(bytes(page.body[at : at + size]))
            at += size
            if size < 255:
                found.append(b"".join(pieces))
                pieces = []
                if len(found) == wanted:
                    if index != len(page.lacing) - 1:
                        raise Unusual(N("sound begins in the middle of its headers"))
                    return found, number + 1
    raise Damaged(N("it ends before its sound"))


def _after(pages: list[_Page], headers: int) -> list[_Page]:
    return pages[_packets(pages, headers)[1] :]


def _laced(packets: list[bytes]) -> tuple[bytes, memoryview]:
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    return lacing, memoryview(b"".join(packets))


def _split(packets: list[bytes], serial: bytes) -> Iterator[_Page]:
    """The packets on pages of at most 255 segments."""
    lacing, body = _laced(packets)
    at = 0
    for start in range(0, len(lacing), 255):
        part = lacing[start : start + 255]
        size = sum(part)
        continued = 1 if start and lacing[start - 1] == 255 else 0
        position = bytes(8) if any(one < 255 for one in part) else b"\xff" * 8
        yield _Page(continued, position, serial, part, body[at : at + size])
        at += size


def _written(page: _Page, number: int) -> bytes:
    head = b"OggS\0" + bytes([page.flags]) + page.position + page.serial + struct.pack("<I", number)
    tail = bytes([len(page.lacing)]) + page.lacing + bytes(page.body)
    return head + struct.pack("<I", _checksum(head + bytes(4) + tail)) + tail


def _checksum(data: bytes) -> int:
    """The CRC of RFC 3533, which is zlib's mirrored, without its inversions."""
    mirrored = zlib.crc32(data.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
