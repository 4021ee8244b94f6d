"""Files of a post, made ready to publish, with nothing in them that their sender did not mean to show.

Runs inside a worker process with limits on time and memory: bytes in, bytes out, nothing kept. What a file is, its first bytes say. Pictures
are decoded and written anew (photos); sound and film keep their coded samples and lose all that stands beside these (sounds, ogg, boxes,
matroska); a PDF is written anew without what describes it (documents). What cannot be cleaned for sure is refused in a sentence, and the
post goes out without it.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gateway.core.errors import Invalid
from gateway.core.words import Later, N, later, together
from gateway.core.writing import boxes, documents, matroska, ogg, sounds
from gateway.core.writing.encoded import Damaged, Encoded, Kind, Unusual
from gateway.core.writing.filetypes import filetype
from gateway.core.writing.photos import is_photo, photo

__all__ = ["Encoded", "Prepared", "prepare"]

Cleaned = tuple[Kind, Encoded]

_CLEANERS: dict[str, Callable[[bytes], Cleaned]] = {
    "mp3": sounds.mp3,
    "wav": sounds.wav,
    "flac": sounds.flac,
    "ogg": ogg.clean,
    "mp4": boxes.clean,
    "mov": boxes.clean,
    "m4a": boxes.clean,
    "webm": matroska.clean,
    "pdf": documents.pdf,
}
_TEXTS = frozenset({"txt", "md", "csv"})
_NAMED = frozenset({*_CLEANERS, "jpg", "jpeg", "png", "gif", "webp", "heic", "heif", "avif"})  # what it would be
_EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp"}
_AGAIN = N("Send it again.")
_ACCEPTED = N("Photos, MP3, M4A, Ogg, WAV, FLAC, MP4, MOV, WebM, PDF and plain text work.")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file ready to publish: its sizes, the largest first, a clean name, and what its sender should know."""

    kind: Kind
    renditions: tuple[Encoded, ...]
    filename: str
    notes: tuple[str, ...] = ()


def prepare(data: bytes, filename: str) -> Prepared:
    """The file ready for the web without any metadata; a picture is turned upright and never enlarged.

    Raises Invalid for what cannot be published or is broken, TooMuch for more pixels than a camera makes. The message
    names the file and says that it was left out.
    """
    kind, name = filetype(data), _clean_name(filename)
    if is_photo(kind):
        renditions, notes = photo(data, kind, name)
        return Prepared("image", renditions, PurePosixPath(name).stem + _EXTENSIONS[renditions[0].content_type], notes)
    cleaner = _CLEANERS.get(kind)
    if cleaner is None and not kind and PurePosixPath(name).suffix[1:].lower() in _TEXTS:
        cleaner = documents.text
    if cleaner is None:
        raise _refusal(kind, name)
    try:
        shown, encoded = cleaner(data)
    except Unusual as unusual:
        raise Invalid(
            later("“{name}” can't be published: {why}. It was left out.", name=name, why=unusual.why),
            hint=later(_ACCEPTED),
        ) from unusual
    except Damaged as damaged:
        raise Invalid(
            later("“{name}” is damaged or incomplete ({why}). It was left out.", name=name, why=damaged.why),
            hint=later(_AGAIN),
        ) from damaged
    except Exception as broken:  # readers of outside bytes raise almost anything
        raise Invalid(
            later("“{name}” is damaged or incomplete. It was left out.", name=name), hint=later(_AGAIN)
        ) from broken
    return Prepared(shown, (encoded,), name)


def told_once(notes: Sequence[str]) -> tuple[str, ...]:
    """The notes about several files; what can be published is said once, by the last that says it."""
    alone = [_without_what_works(note) for note in notes]
    last = max((number for number, message in enumerate(alone) if message), default=-1)
    return tuple(
        message if message and number < last else note
        for number, (note, message) in enumerate(zip(notes, alone, strict=True))
    )


def _without_what_works(note: str) -> str:
    """The message of a note whose hint, which stands last, is what can be published; "" of any other."""
    *message, hint = note.values.values() if isinstance(note, Later) and note.values else [""]
    return together(*message) if hint == _ACCEPTED else ""


def _clean_name(filename: str) -> str:
    """The name without folders, control characters or length; `file` when nothing is left."""
    last = unicodedata.normalize("NFC", filename[:1000]).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if c.isalnum() or c in " ._-()").strip(" .")
    stem, dot, extension = kept.rpartition(".")
    return f"{stem[:80]}.{extension[:10]}" if dot and stem else kept[:80] or "file"


def _refusal(kind: str, name: str) -> Invalid:
    if kind == "svg":
        return Invalid(
            later("“{name}” is an SVG drawing, which can carry programs. It was left out.", name=name),
            hint=later("Send it as PNG."),
        )
    if kind in {"tiff", "bmp"}:
        return Invalid(
            later("Postroom cannot publish .{kind} pictures. “{name}” was left out.", kind=kind, name=name),
            hint=later("Send it as JPEG or PNG."),
        )
    extension = kind or PurePosixPath(name).suffix[1:].lower()
    if not kind and extension in _NAMED:
        return Invalid(later("“{name}” is empty or damaged. It was left out.", name=name), hint=later(_AGAIN))
    if not extension:
        return Invalid(
            later("Postroom cannot publish files of this kind. “{name}” was left out.", name=name),
            hint=later(_ACCEPTED),
        )
    return Invalid(
        later("Postroom cannot publish .{extension} files. “{name}” was left out.", extension=extension, name=name),
        hint=later(_ACCEPTED),
    )
