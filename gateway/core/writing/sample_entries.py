"""How the samples of a film or sound track are coded (`stsd`, ISO/IEC 14496-12, 8.5.2; QuickTime File Format), tidied in place.

Coders write their maker's and their own name here, cameras whole boxes of their own. Kept is what a decoder needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.core.words import N, later
from gateway.core.writing.encoded import Damaged, Unusual
from gateway.core.writing.film_samples import tidy_hevc_setup

_FILM = frozenset({b"avc1", b"avc3", b"hvc1", b"hev1", b"dvh1", b"dvhe", b"av01", b"vp08", b"vp09", b"mp4v", b"s263"})
_SOUND = frozenset({b"mp4a", b"alac", b"Opus", b"fLaC", b"ac-3", b"ec-3", b"samr", b"sawb", b".mp3"})
_PCM = frozenset({b"sowt", b"twos", b"raw ", b"in24", b"in32", b"fl32", b"fl64", b"lpcm", b"ulaw", b"alaw"})
_DETAILS = frozenset(
    {b"avcC", b"hvcC", b"av1C", b"vpcC", b"dvcC", b"dvvC", b"d263", b"esds", b"colr", b"pasp", b"clap", b"fiel", b"gama", b"btrt", b"chrm"}
    | {b"wave", b"chan", b"dOps", b"dfLa", b"alac", b"dac3", b"dec3", b"damr", b"frma", b"enda", b"mp4a", b"pcmC", b"chnl", b"free"}
)  # fmt: skip
_FILM_HEAD = 78  # bytes after type and size, before the boxes
_SOUND_HEADS = {0: 28, 1: 44, 2: 64}  # by version


Scheme = Literal["", "avc", "hevc", "av1", "mpeg4"]
_SCHEMES: dict[bytes, Scheme] = {
    b"avc1": "avc", b"avc3": "avc", b"hvc1": "hevc", b"hev1": "hevc", b"dvh1": "hevc", b"dvhe": "hevc", b"av01": "av1", b"mp4v": "mpeg4",
}  # fmt: skip
_SETUPS = {"avc": (b"avcC", 4), "hevc": (b"hvcC", 21)}  # where the length of a unit's prefix stands


@dataclass(frozen=True, slots=True)
class Coding:
    """How the samples of a track are coded: by which scheme, the bytes before a unit, those of a sample of uncompressed sound (else 0)."""

    scheme: Scheme = ""
    prefix: int = 0
    unit: int = 0


def tidy_entries(data: bytes, out: bytearray, body: int, end: int, *, is_film: bool) -> Coding:
    """Tidies a `stsd`; says how the samples are coded. Raises Damaged, Unusual."""
    entries = list(_children(data, body + 8, end))
    if not entries:
        raise Damaged(N("a track does not say how it is coded"))
    for kind, _, _ in entries:
        if kind not in (_FILM if is_film else _SOUND | _PCM):
            name = kind.decode("latin-1").strip()
            why = (
                N("its film is coded in a way that browsers don't play ({name})")
                if is_film
                else N("its sound is coded in a way that browsers don't play ({name})")
            )
            raise Unusual(later(why, name=name))
    if not is_film:
        return Coding(unit=max(_tidy_sound(data, out, *entry) for entry in entries))
    codings = {_tidy_film(data, out, *entry) for entry in entries}
    if len(codings) > 1:
        raise Unusual(N("its film is coded in several ways"))
    return codings.pop()


def _tidy_film(data: bytes, out: bytearray, kind: bytes, start: int, stop: int) -> Coding:
    head = start + 8
    _blank(out, head + 12, head + 16)
    _blank(out, head + 42, head + 74)
    _tidy_details(data, out, head + _FILM_HEAD, stop)
    scheme = _SCHEMES.get(kind, "")
    if scheme not in _SETUPS:
        return Coding(scheme)
    name, place = _SETUPS[scheme]
    setups = [(at + 8, to) for one, at, to in _children(data, head + _FILM_HEAD, stop) if one == name]
    if len(setups) != 1 or setups[0][0] + place >= setups[0][1]:
        raise Damaged(N("a track does not say how it is coded"))
    if scheme == "hevc":
        tidy_hevc_setup(data, out, *setups[0])
    return Coding(scheme, (data[setups[0][0] + place] & 3) + 1)


def _tidy_sound(data: bytes, out: bytearray, kind: bytes, start: int, stop: int) -> int:
    """The bytes of one sample of uncompressed sound, else 0."""
    head = start + 8
    version = int.from_bytes(data[head + 8 : head + 10], "big")
    if version not in _SOUND_HEADS:
        raise Damaged(N("a track does not say how it is coded"))
    _blank(out, head + 12, head + 16)
    _tidy_details(data, out, head + _SOUND_HEADS[version], stop)
    return _unit(data, head, version) if kind in _PCM else 0


def _unit(data: bytes, head: int, version: int) -> int:
    """The bytes of one sample of every channel."""
    if version == 2:
        return int.from_bytes(data[head + 56 : head + 60], "big")
    channels, bits = (
        int.from_bytes(data[head + 16 : head + 18], "big"),
        int.from_bytes(data[head + 18 : head + 20], "big"),
    )
    plain = channels * -(-bits // 8)
    return max(plain, int.from_bytes(data[head + 36 : head + 40], "big")) if version == 1 else plain


def _tidy_details(data: bytes, out: bytearray, start: int, end: int) -> None:
    for kind, at, stop in _children(data, start, end):
        if kind == b"wave":
            _tidy_details(data, out, at + 8, stop)
        elif kind not in _DETAILS and kind != bytes(4):
            out[at + 4 : at + 8] = b"free"
            _blank(out, at + 8, stop)
        elif kind == b"free":
            _blank(out, at + 8, stop)


def _children(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    at = start
    while at + 8 <= end:
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 0 and not any(data[at:end]):
            return
        if size < 8 or at + size > end:
            raise Damaged(N("a description is cut off"))
        yield data[at + 4 : at + 8], at, at + size
        at += size
    if any(data[at:end]):
        raise Damaged(N("a description is cut off"))


def _blank(out: bytearray, start: int, end: int) -> None:
    if start < end <= len(out):
        out[start:end] = bytes(end - start)
