"""FLAC goes out from its first frame to the end of its last, and nothing else."""

import pytest

from gateway.core.errors import Invalid
from gateway.core.writing.media import prepare
from tests.core.writing import flac_samples as samples
from tests.core.writing.media_samples import SECRET, frames, id3

CLEAN = b"fLaC" + samples.block(0, samples.info(), last=True) + samples.sound()
LYRICS = b"LYRICSBEGIN" + SECRET * 3
TAILS: dict[str, bytes] = {
    "nothing": b"",
    "ID3v1": b"TAG" + SECRET.ljust(125),
    "text before ID3v1": SECRET + b"TAG" + bytes(125),
    "ID3v2": id3(b"GEOB" + SECRET),
    "Lyrics3": LYRICS + b"%06d" % len(LYRICS) + b"LYRICS200" + b"TAG" + SECRET.ljust(125),
    "APE": b"APETAGEX" + SECRET * 4,
    "a picture": b"\xff\xd8\xff\xe1\x00\x40Exif\0\0" + SECRET,
    "the beginning of a frame": samples.frame(samples.FRAMES)[:8] + SECRET,
    "another file": samples.flac(),
    "MP3": b"".join(frames(3)) + SECRET,
}


def made(data: bytes) -> bytes:
    return prepare(data, "a.flac").renditions[0].data


@pytest.mark.parametrize("total", [0, samples.SAMPLES * samples.FRAMES])
@pytest.mark.parametrize("name", TAILS)
def test_nothing_that_stands_behind_the_last_frame_goes_out(name: str, total: int) -> None:
    published = made(samples.flac(TAILS[name], total=total))
    assert published == CLEAN.replace(samples.info(), samples.info(total))


@pytest.mark.parametrize("last", range(6))
def test_the_end_is_found_however_the_last_frame_is_coded(last: int) -> None:
    body = b"".join(samples.frame(number) for number in range(last + 1))
    assert made(samples.flac(SECRET, total=0, body=body)).endswith(body)


REFUSED: dict[str, bytes] = {
    "cut": samples.flac(b"")[:-3],
    "a tag in the middle": samples.flac(body=samples.sound() + id3(SECRET) + samples.sound(), total=2 * samples.SAMPLES * samples.FRAMES),
    "a spoilt frame": samples.flac(body=samples.sound()[:900] + b"\x55\xaa" + samples.sound()[902:]),
    "a hundred thousand beginnings": samples.flac(b"\xff\xf8" * 400_000),
    "no frame": samples.flac(body=SECRET),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_walked_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="is damaged or incomplete"):
        made(REFUSED[name])
