"""Sound, film and documents go out whole, and with nothing in them that their sender did not mean to show."""

import io
import struct
from collections.abc import Callable
from contextlib import suppress

import pytest
from pypdf import PdfReader

from gateway.core.errors import Invalid, PostroomError
from gateway.core.writing.jpeg import without_segments
from gateway.core.writing.media import Prepared, prepare
from tests.core.writing import flac_samples
from tests.core.writing import media_samples as samples
from tests.core.writing.media_samples import FILM, SECRET, SOUND, everything_in

PLANTED = (
    SECRET,
    SECRET.decode().encode("utf-16-be"),
    b"SECR",
    b"GoPro",
    b"xmpmeta",
    b"\xa9xyz",
    b"Exif",
    b"\x11\x22\x33\x44",
)

FILES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "clip.mp4": (samples.mp4, "video", "video/mp4"),
    "clip-first.mp4": (lambda: samples.mp4(moov_first=True), "video", "video/mp4"),
    "clip-large.mp4": (lambda: samples.mp4(large=True), "video", "video/mp4"),
    "phone.mov": (lambda: samples.mp4(brand=b"qt  "), "video", "video/mp4"),
    "voice.m4a": (lambda: samples.mp4(brand=b"M4A ", film=False), "audio", "audio/mp4"),
    "song.mp3": (samples.mp3, "audio", "audio/mpeg"),
    "talk.wav": (samples.wav, "audio", "audio/wav"),
    "music.flac": (flac_samples.flac, "audio", "audio/flac"),
    "voice.ogg": (samples.opus, "audio", "audio/ogg"),
    "screen.webm": (samples.webm, "video", "video/webm"),
    "browser.webm": (lambda: samples.webm(live=True), "video", "video/webm"),
    "sound.webm": (lambda: samples.webm(film=False), "audio", "audio/webm"),
    "paper.pdf": (samples.pdf, "file", "application/pdf"),
}


def only(prepared: Prepared) -> bytes:
    return prepared.renditions[0].data


@pytest.mark.parametrize("name", FILES)
def test_no_byte_of_what_was_planted_is_left(name: str) -> None:
    make, kind, content_type = FILES[name]
    data = make()
    assert SECRET in everything_in(data), "the sample is as dangerous as it should be"
    made = prepare(data, name)
    assert (made.kind, made.renditions[0].content_type, made.filename) == (kind, content_type, name)
    published = everything_in(only(made))
    assert [mark for mark in PLANTED if mark in published] == []


@pytest.mark.parametrize("name", FILES)
def test_what_is_clean_stays_as_it_is(name: str) -> None:
    once = only(prepare(FILES[name][0](), name))
    twice = only(prepare(once, name))
    assert twice == once or name == "paper.pdf"


@pytest.mark.parametrize("name", ["clip.mp4", "clip-first.mp4", "clip-large.mp4", "phone.mov", "voice.m4a"])
def test_every_sample_of_film_and_sound_stands_where_it_stood(name: str) -> None:
    data = FILES[name][0]()
    made = only(prepare(data, name))
    assert len(made) == len(data)
    for sample in [*([] if name == "voice.m4a" else FILM), *SOUND]:
        assert made.find(sample) == data.find(sample) > 0


def test_what_follows_the_last_box_is_cut_off() -> None:
    made = only(prepare(samples.mp4(tail=b"SEFT" + SECRET), "samsung.mp4"))
    assert made == only(prepare(samples.mp4(), "samsung.mp4"))


def test_sound_without_tags_is_the_same_sound() -> None:
    frames = samples.frames(20)
    assert only(prepare(samples.mp3(), "a.mp3")) == b"".join(frames[:9] + frames[10:]), (
        "one before a gap may be cut short"
    )
    assert only(prepare(samples.wav(), "a.wav")).endswith(b"data\x64\0\0\0" + b"\x80\x90" * 50)


@pytest.mark.parametrize("comment", [b"", SECRET, SECRET * 10_000])
def test_ogg_keeps_its_sound_and_loses_its_comments_however_long(comment: bytes) -> None:
    made = samples.ogg_packets(only(prepare(samples.opus(comment=comment), "a.ogg")))
    assert made[0].startswith(b"OpusHead")
    assert made[1].startswith(b"OpusTags")
    assert len(made[1]) < 40
    assert made[2:] == [b"sound one", b"sound two", b"sound three"]


@pytest.mark.parametrize("live", [False, True])
def test_webm_keeps_its_blocks_where_they_are(live: bool) -> None:
    data = samples.webm(live=live)
    made = only(prepare(data, "a.webm"))
    assert len(made) == len(data)
    assert [at for at in range(len(data)) if data.startswith(b"block one", at)] == [
        at for at in range(len(made)) if made.startswith(b"block one", at)
    ]


def test_a_pdf_keeps_its_pages_pictures_and_links() -> None:
    [page] = PdfReader(io.BytesIO(only(prepare(samples.pdf(), "a.pdf")))).pages
    links = [one.get_object() for one in page["/Annots"]]  # type: ignore[attr-defined]
    assert [one.get("/A", {}).get("/URI") for one in links] == ["https://example.org/", None]
    [picture] = page.images
    assert picture.image is not None
    assert picture.image.getpixel((8, 8)) == pytest.approx((200, 30, 30), abs=6)


def test_a_picture_that_is_not_decoded_anew_loses_its_segments_and_shows_the_same() -> None:
    data = samples.camera_jpeg()
    made = without_segments(data + SECRET)
    assert SECRET in data
    assert SECRET not in made
    assert b"Exif" not in made


REFUSED: dict[str, tuple[bytes, str]] = {
    "fragments.mp4": (samples.mp4(extra=samples.box(b"moof", bytes(8))), "recorded in fragments"),
    "odd.mov": (samples.mp4(brand=b"qt  ", codec=b"jpeg"), "coded in a way that browsers don't play (jpeg)"),
    "odd-sound.mov": (samples.mp4(brand=b"qt  ", sound_codec=b"QDM2"), "(QDM2)"),
    "half.mp4": (samples.mp4(moov_first=True)[:-200], "damaged or incomplete"),
    "no-index.mp4": (samples.box(b"ftyp", b"isom", bytes(4)) + samples.box(b"mdat", SECRET), "a part of it is missing"),
    "film.webm": (samples.webm(doctype=b"matroska"), "Matroska, not WebM"),
    "subtitles.webm": (samples.webm(codec=b"S_TEXT"), "more than the film and sound"),
    "half.webm": (samples.webm()[:150], "damaged or incomplete"),
    "tag.mp3": (samples.id3(SECRET) + b"nothing", "no MP3 sound"),
    "half.ogg": (samples.opus()[:80], "ends before its sound"),
    "half.flac": (b"fLaC\0\0\0\x22" + bytes(20), "damaged or incomplete"),
    "empty.wav": (b"RIFF\x04\0\0\0WAVE", "no samples"),
    "locked.pdf": (samples.pdf(password="x"), "it is encrypted"),
    "scan.pdf": (samples.pdf(image=b"\0", image_filter="/JPXDecode"), "JPEG 2000"),
    "drawn.pdf": (samples.pdf(drawn=b"BI ID " + samples.camera_jpeg() + b" EI"), "not everything can be taken"),
    "broken.pdf": (b"%PDF-1.7\nnothing of the kind", "damaged or incomplete"),
    "binary.txt": (b"a\0b", "it is no text"),
    "latin.txt": ("Grüße".encode("latin-1"), "it is not written in UTF-8"),
    "empty.jpg": (b"", "is empty or damaged"),
    "broken.MP3": (b"nothing of the kind", "is empty or damaged"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_cleaned_for_sure_is_refused_in_a_sentence(name: str) -> None:
    data, words = REFUSED[name]
    with pytest.raises(Invalid) as refused:
        prepare(data, name)
    assert words in str(refused.value)
    assert f"“{name}”" in str(refused.value)
    assert "It was left out." in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["notes.txt", "list.csv", "readme.md"])
def test_plain_text_is_published_as_text(name: str, encoding: str) -> None:
    made = prepare("Grüße, alle\n".encode(encoding), name)
    assert (made.kind, only(made)) == ("file", "Grüße, alle\n".encode())
    assert made.renditions[0].content_type == "text/plain; charset=utf-8"


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_anywhere_is_clean_or_refused(name: str) -> None:
    data = FILES[name][0]()
    for part in range(1, 23):
        with suppress(Invalid):
            assert SECRET not in everything_in(only(prepare(data[: len(data) * part // 23], name)))


@pytest.mark.parametrize("name", FILES)
def test_bytes_changed_on_the_way_never_raise_anything_but_our_own(name: str) -> None:
    data = FILES[name][0]()
    for number in range(40):
        spoiled = bytearray(data)
        for step in range(4):
            spoiled[(number * 97 + step * 1231) % len(data)] ^= 1 << number % 8
        with suppress(PostroomError):
            prepare(bytes(spoiled), name)


@pytest.mark.parametrize(
    "data", [b"\0\0\0\x18ftypisom" + b"\0\0\0\x08free" * 60_000, b"ID3\4\0\0\0\0\0\0" + b"\xff\xfb" * 400_000]
)
def test_hostile_files_cost_little(data: bytes) -> None:
    with pytest.raises(Invalid):
        prepare(data, "bomb")


LYRICS = b"LYRICSBEGIN" + SECRET * 3
APE = b"APETAGEX" + struct.pack("<IIII", 2000, len(SECRET) + 32, 1, 0) + bytes(8)
ENDINGS: dict[str, bytes] = {
    "ID3v1": b"TAG" + SECRET.ljust(125),
    "Lyrics3": LYRICS + b"LYRICSEND" + b"TAG" + SECRET.ljust(125),
    "Lyrics3v2": LYRICS + b"%06d" % len(LYRICS) + b"LYRICS200" + b"TAG" + SECRET.ljust(125),
    "APE": SECRET + APE,
    "all of them": SECRET + APE + LYRICS + b"%06d" % len(LYRICS) + b"LYRICS200" + b"TAG" + SECRET.ljust(125),
    "ID3v2": samples.id3(b"GEOB" + SECRET),
    "an unknown end": SECRET * 9,
}


@pytest.mark.parametrize("cut", [0, 1, 200, 413])
@pytest.mark.parametrize("name", ENDINGS)
def test_an_mp3_that_was_cut_short_takes_nothing_of_the_tag_behind_it_along(name: str, cut: int) -> None:
    frames = samples.frames(8)
    data = b"".join(frames)[: 8 * 417 - cut] + ENDINGS[name]
    whole = 8 if not cut and name != "an unknown end" else 7
    assert only(prepare(data, "a.mp3")) == b"".join(frames[:whole])
    middle = b"".join(frames[:4])[: 4 * 417 - cut] + samples.id3(SECRET * 20) + b"".join(frames[4:])
    assert only(prepare(middle, "a.mp3")) == b"".join(frames[: 3 if cut else 4] + frames[4:])


def wave(coding: int, more: bytes, data: bytes, size: int) -> bytes:
    form = struct.pack("<HHIIHH", coding, 1, 8000, 8000, 1, 8) + more
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_nothing_stands_in_the_format_of_a_wave() -> None:
    made = only(prepare(wave(1, struct.pack("<H", len(SECRET)) + SECRET, b"\x80\x90" * 9, 18), "a.wav"))
    assert made == wave(1, b"", b"\x80\x90" * 9, 18)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 5000])
def test_a_wave_without_a_true_size_is_published_unless_something_stands_behind_its_samples(size: int) -> None:
    assert only(prepare(wave(1, b"", b"\x80\x90" * 9, size), "a.wav")) == wave(1, b"", b"\x80\x90" * 9, 18)
    with pytest.raises(Invalid, match="does not say where its samples end"):
        prepare(wave(1, b"", b"\x80\x90" * 9 + b"LIST\x20\0\0\0INFO" + SECRET, size), "a.wav")


def test_a_wave_that_holds_mp3_is_refused() -> None:
    with pytest.raises(Invalid, match="coded in a way that browsers don't play"):
        prepare(wave(0x55, b"", samples.mp3(), len(samples.mp3())), "a.wav")


def test_headers_of_ogg_that_share_a_page_or_are_too_long_lose_their_comments() -> None:
    tags = b"OpusTags" + struct.pack("<I", 4) + b"SECR" + struct.pack("<II", 1, len(SECRET)) + SECRET
    head = b"OpusHead\1\1" + bytes(9)
    first = samples.ogg_page(2, 0, [head + SECRET, tags])
    made = only(prepare(first + samples.ogg_page(4, 1, [b"sound"], position=960), "a.ogg"))
    assert SECRET not in made
    assert [one for one in samples.ogg_packets(made) if not one.startswith(b"OpusTags")] == [head, b"sound"]


@pytest.mark.parametrize("marker", [*range(0xE0, 0xF0), 0xFE, 0xF0, 0xFD, 0xC8, 0x02, 0xBF])
def test_no_segment_of_a_picture_but_what_draws_it_stays(marker: int) -> None:
    data = samples.camera_jpeg()
    planted = data[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(SECRET) + 7) + b"Adobe" + SECRET + data[2:]
    assert without_segments(planted) == without_segments(data)
