"""Small files of every kind that can be published, each with secrets wherever its format has room for some. Made by hand, byte by byte."""

import io
import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

SECRET = b"SECRET+52.5200+013.4050/"
FILM = [
    struct.pack(">I", 90 + number) + b"\x65" + bytes([40 + number]) * (89 + number) for number in range(6)
]  # a picture each
SOUND = [bytes([80 + number]) * 70 for number in range(6)]


# MP4


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + name + body


AVC_SETUP = box(b"avcC", b"\1\x42\0\x1e\xff\xe0\0")


def full(name: bytes, *parts: bytes, flags: int = 0, version: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


def mp4(
    *,
    brand: bytes = b"isom",
    film: bool = True,
    moov_first: bool = False,
    large: bool = False,
    codec: bytes = b"avc1",
    sound_codec: bytes = b"mp4a",
    extra: bytes = b"",
    tail: bytes = b"",
    pictures: Sequence[bytes] = FILM,
    setup: bytes = AVC_SETUP,
) -> bytes:
    """Film and sound in turns, with a track of positions between, and secrets in and between everything."""
    places: list[bytes] = []
    for one, other in zip(pictures if film else [b""] * len(SOUND), SOUND, strict=True):
        places += [one, SECRET + b"gap", other]
    ftyp = box(b"ftyp", brand, struct.pack(">I", 0), brand)
    more = box(b"uuid", bytes(16), b"<x:xmpmeta>", SECRET) + box(b"free", SECRET) + box(b"meta", SECRET) + extra
    media = box(b"mdat", *places)

    def moov(start: int) -> bytes:
        offsets: list[list[int]] = [[], [], []]
        at = start
        for number, place in enumerate(places):
            offsets[number % 3].append(at)
            at += len(place)
        tracks = [_track(b"vide", codec, pictures, offsets[0], large=large, setup=setup)] if film else []
        tracks.append(_track(b"meta", b"mebx", [SECRET + b"gap"] * 6, offsets[1], large=large))
        tracks.append(_track(b"soun", sound_codec, SOUND, offsets[2], large=large))
        place = box(b"udta", box(b"\xa9xyz", SECRET))
        return box(b"moov", full(b"mvhd", b"\x11\x22\x33\x44" * 2, bytes(88)), *tracks, place, box(b"meta", SECRET))

    if moov_first:
        start = len(ftyp) + len(moov(0)) + len(more) + 8
        return ftyp + moov(start) + more + media + tail
    return ftyp + more + media + moov(len(ftyp) + len(more) + 8) + tail


def _track(
    handler: bytes, codec: bytes, samples: Sequence[bytes], offsets: Sequence[int], *, large: bool, setup: bytes = b""
) -> bytes:
    if handler == b"vide":
        detail = setup + box(b"uuid", SECRET)
        entry = box(codec, bytes(6), b"\0\1", bytes(34), b"\x08GoPro  " + SECRET[:24].ljust(24), bytes(4), detail)
    else:
        entry = box(
            codec, bytes(6), b"\0\1", bytes(8), b"\0\1\0\x08", bytes(8), box(b"esds", bytes(4)), box(b"SECR", SECRET)
        )
    sizes = {len(sample) for sample in samples}
    one = sizes.pop() if len(sizes) == 1 else 0
    table = b"" if one else struct.pack(f">{len(samples)}I", *map(len, samples))
    where = (
        full(b"co64", struct.pack(f">I{len(offsets)}Q", len(offsets), *offsets))
        if large
        else full(b"stco", struct.pack(f">I{len(offsets)}I", len(offsets), *offsets))
    )
    stbl = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), entry),
        full(b"stts", struct.pack(">III", 1, len(samples), 100)),
        full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        full(b"stsz", struct.pack(">II", one, len(samples)), table),
        where,
        box(b"SECR", SECRET),
    )
    minf = box(b"minf", box(b"dinf", full(b"dref", struct.pack(">I", 1), full(b"url ", flags=1))), stbl)
    name = b"Core Media " + SECRET + b"\0"
    mdia = box(
        b"mdia",
        full(b"mdhd", b"\x11\x22\x33\x44" * 2, bytes(12)),
        full(b"hdlr", bytes(4), handler, bytes(12), name),
        minf,
    )
    return box(
        b"trak", full(b"tkhd", b"\x11\x22\x33\x44" * 2, bytes(72)), mdia, box(b"udta", SECRET), box(b"meta", SECRET)
    )


# MP3, WAV


def frames(count: int) -> list[bytes]:
    """MPEG 1 Layer III, 128 kbit/s, 44.1 kHz: 417 bytes each."""
    return [b"\xff\xfb\x90\x44" + bytes([number % 200 + 1]) * 413 for number in range(count)]


def id3(body: bytes) -> bytes:
    size = len(body)
    return b"ID3\4\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + body


def mp3() -> bytes:
    """Tags before, in the middle and after."""
    one = frames(20)
    tag = id3(b"GEOB" + SECRET + b"\xff\xfb\x90\x44" + SECRET * 40)
    ape = b"APETAGEX" + SECRET + bytes(24)
    return tag + b"".join(one[:10]) + SECRET + tag + b"".join(one[10:]) + ape + b"TAG" + SECRET.ljust(125)


def wav() -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)

    parts = [
        chunk(b"bext", SECRET),
        chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)),
        chunk(b"LIST", b"INFO" + SECRET),
        chunk(b"data", b"\x80\x90" * 50),
        chunk(b"id3 ", id3(SECRET)),
        chunk(b"_PMX", SECRET),
    ]
    body = b"WAVE" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


# Ogg


def _crc(data: bytes) -> int:
    """The checksum as RFC 3533 describes it, bit by bit."""
    value = 0
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value


def ogg_page(flags: int, number: int, packets: Sequence[bytes], *, position: int = 0, open_end: bool = False) -> bytes:
    lacing = b"".join(b"\xff" * (len(one) // 255) + bytes([len(one) % 255]) for one in packets)
    if open_end:
        lacing = lacing[:-1]
    head = b"OggS\0" + struct.pack("<BqIII", flags, position, 77, number, 0) + bytes([len(lacing)]) + lacing
    body = b"".join(packets)
    sealed = struct.pack("<I", _crc(head + body))
    return head[:22] + sealed + head[26:] + body


def opus(*, comment: bytes = SECRET) -> bytes:
    tags = b"OpusTags" + struct.pack("<I", 4) + b"SECR" + struct.pack("<II", 1, len(comment)) + comment
    pages = [ogg_page(2, 0, [b"OpusHead\1\1" + bytes(9)])]
    while len(tags) > 255 * 255:
        pages.append(ogg_page(1 if len(pages) > 1 else 0, len(pages), [tags[: 255 * 255]], position=-1, open_end=True))
        tags = tags[255 * 255 :]
    pages.append(ogg_page(1 if len(pages) > 1 else 0, len(pages), [tags]))
    pages.append(ogg_page(0, len(pages), [b"sound one", b"sound two"], position=960))
    pages.append(ogg_page(4, len(pages), [b"sound three"], position=1920))
    return b"".join(pages) + SECRET


def ogg_packets(data: bytes) -> list[bytes]:
    """The packets of a stream, its page numbers and checksums held to what they must be."""
    packets: list[bytes] = []
    at, number, rest = 0, 0, b""
    while at < len(data):
        lacing = data[at + 27 : at + 27 + data[at + 26]]
        end = at + 27 + len(lacing) + sum(lacing)
        page = data[at:end]
        assert struct.unpack_from("<I", page, 18)[0] == number
        assert _crc(page[:22] + bytes(4) + page[26:]) == struct.unpack_from("<I", page, 22)[0]
        where = 27 + len(lacing)
        for size in lacing:
            rest += page[where : where + size]
            where += size
            if size < 255:
                packets.append(rest)
                rest = b""
        at, number = end, number + 1
    return packets


# WebM


def element(name: str, *parts: bytes, unknown: bool = False) -> bytes:
    body = b"".join(parts)
    size = b"\x01" + b"\xff" * 7 if unknown else (1 << 56 | len(body)).to_bytes(8, "big")
    return bytes.fromhex(name) + size + body


def webm(*, live: bool = False, film: bool = True, codec: bytes = b"V_VP9", doctype: bytes = b"webm") -> bytes:
    vorbis = b"\x03vorbis" + struct.pack("<I", 24) + SECRET + struct.pack("<I", 0) + b"\1"
    private = b"\2" + bytes([30, len(vorbis)]) + b"\x01vorbis".ljust(30, b"i") + vorbis + b"\x05vorbis setup"
    sound = element(
        "ae", element("d7", b"\2"), element("83", b"\2"), element("86", b"A_VORBIS"), element("63a2", private)
    )
    picture = element(
        "ae",
        element("d7", b"\1"),
        element("83", b"\1"),
        element("86", codec),
        element("e0", element("b0", b"\x10"), element("ec", SECRET)),
    )
    cluster = element(
        "1f43b675",
        element("e7", b"\0"),
        element("a3", b"\x81block one"),
        element("a0", element("a1", b"\x81block one"), element("75a1", element("a6", element("a5", SECRET))), element("9b", b"\1")),
        element("ec", SECRET),
        unknown=live,
    )  # fmt: skip
    segment = element(
        "18538067",
        element("114d9b74", element("4dbb", element("ec", SECRET), element("53ab", b"\x16\x54\xae\x6b"), element("53ac", b"\x40")), element("ec", SECRET)),
        element("1549a966", element("2ad7b1", b"\x0f\x42\x40"), element("7ba9", SECRET), element("4d80", SECRET), element("4461", SECRET)),
        element("1654ae6b", *([picture] if film else []), sound),
        element("1254c367", element("7373", SECRET)),
        cluster,
        cluster,
        element("1941a469", SECRET * 10),
        unknown=live,
    )  # fmt: skip
    return element("1a45dfa3", element("4282", doctype), element("ec", SECRET)) + segment


# PDF


def camera_jpeg() -> bytes:
    image = Image.new("RGB", (16, 16), (200, 30, 30))
    exif = image.getexif()
    exif[0x010F] = SECRET.decode()
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=SECRET)
    return out.getvalue()


def pdf(
    *, drawn: bytes = b"", image: bytes | None = None, image_filter: str = "/DCTDecode", password: str = ""
) -> bytes:
    """One page with words, a picture of a camera, links, and secrets wherever a PDF has room for some."""

    def text(value: bytes) -> TextStringObject:
        return TextStringObject(value.decode("latin-1"))

    def stream(data: bytes, **more: object) -> StreamObject:
        made = StreamObject()
        made._data = data
        for name, value in more.items():
            made[NameObject(f"/{name}")] = value
        return made

    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    metadata = writer._add_object(stream(SECRET, Type=NameObject("/Metadata")))
    picture = stream(
        camera_jpeg() if image is None else image,
        Type=NameObject("/XObject"), Subtype=NameObject("/Image"), Width=NumberObject(16), Height=NumberObject(16),
        ColorSpace=NameObject("/DeviceRGB"), BitsPerComponent=NumberObject(8), Filter=NameObject(image_filter), Metadata=metadata,
    )  # fmt: skip
    names = DictionaryObject(
        {NameObject("/JS"): writer._add_object(picture)}
    )  # a name that must not be taken for a script
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): names})
    page[NameObject("/Contents")] = writer._add_object(stream(b"q 100 0 0 100 0 0 cm /JS Do Q " + drawn))
    page[NameObject("/PieceInfo")] = DictionaryObject({NameObject("/App"): text(SECRET)})
    page[NameObject("/Metadata")] = metadata
    page[NameObject("/Annots")] = ArrayObject(
        [_annotation("/Link", "/URI", URI=text(b"https://example.org/")), _annotation("/Link", "/Launch", F=text(SECRET)),
         _annotation("/Text", "/URI", Contents=text(SECRET)), _annotation("/FileAttachment", "/URI", Contents=text(SECRET))]
    )  # fmt: skip
    writer.root_object[NameObject("/Metadata")] = metadata
    writer.add_metadata({"/Author": SECRET.decode(), "/Producer": SECRET.decode()})
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): text(SECRET)}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)
    writer.add_attachment("secret.txt", SECRET)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _annotation(kind: str, action: str, **more: TextStringObject) -> DictionaryObject:
    inner = {NameObject(f"/{name}"): value for name, value in more.items()}
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject(kind),
            NameObject("/Rect"): ArrayObject([FloatObject(number) for number in (0, 0, 50, 50)]),
            NameObject("/A"): DictionaryObject({NameObject("/S"): NameObject(action), **inner}),
            NameObject("/NM"): TextStringObject(SECRET.decode()),
        }
    )


def everything_in(data: bytes) -> bytes:
    """The bytes, and what every packed stream among them unpacks to."""
    found = [data]
    at = 0
    while (at := data.find(b"stream", at)) >= 0:
        start = at + (8 if data[at + 6 : at + 8] == b"\r\n" else 7)
        with suppress(zlib.error):
            found.append(zlib.decompressobj().decompress(data[start:]))
        at += 6
    return b"\n".join(found)


def slow_pdf(count: int = 60_000) -> bytes:
    """A PDF of one page with so many objects that copying them takes seconds."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/X["
        + b" ".join(b"%d 0 R" % number for number in range(4, count + 4))
        + b"]>>",
        *(b"<</A %d>>" % number for number in range(count)),
    ]
    out, places = [b"%PDF-1.4\n"], list[int]()
    at = len(out[0])
    for number, one in enumerate(objects, 1):
        places.append(at)
        out.append(b"%d 0 obj%sendobj\n" % (number, one))
        at += len(out[-1])
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    entries = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, at)
    return b"".join([*out, table, entries, trailer])
