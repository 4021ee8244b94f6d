"""What a worker makes of a mail or a picture, and its wire form: JSON, then the bytes of long texts and files. Never a pickle.

A frame is four bytes (the length of the JSON, big-endian), the JSON, and then the blobs, whose sizes the JSON's `blobs` lists.
Whoever reads a frame trusts none of it: a worker that was taken over by a mail can send nothing but such values.
"""

import json
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal

from gateway.core.errors import Invalid
from gateway.core.messages import Wishes
from gateway.core.words import packed, unpacked

LONGEST_HEAD = 64 * 1024 * 1024
LONGEST_BLOBS = 512 * 1024 * 1024

Head = dict[str, Any]
_written = json.JSONEncoder(ensure_ascii=False).encode  # made once; `json.dumps` makes one for each call


@dataclass(frozen=True, slots=True)
class PreparedRendition:
    """One size of a picture, ready to store; sizes in pixels."""

    data: bytes
    content_type: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """A file ready to publish, the largest rendition first; without renditions it was refused, and `notes` say why."""

    kind: Literal["image", "audio", "video", "file"]
    filename: str
    renditions: tuple[PreparedRendition, ...] = ()
    content_id: str = ""
    inline: bool = False
    alt: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedMail:
    """A mail read and made ready. Both readings are here, because whoever knows the recipient decides.

    `post_title`, `post_text`, `categories`, `wishes` and `post_notes` serve a post, `reply_text` a reply; `title` is the subject, `text` the plain body as it
    came. The other fields are those of `gateway.email.read.InboundEmail`.
    """

    title: str = ""
    post_title: str = ""
    post_text: str = ""
    categories: tuple[str, ...] = ()
    wishes: Wishes = field(default_factory=Wishes)
    post_notes: tuple[str, ...] = ()
    reply_text: str = ""
    text: str = ""
    files: tuple[PreparedFile, ...] = ()
    sender: str = ""
    sender_name: str = ""
    from_count: int = 0
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    message_id: str = ""
    references: tuple[str, ...] = ()
    date: datetime | None = None
    is_automatic: bool = False
    automatic_reason: str = ""
    content_type: str = ""
    problems: tuple[str, ...] = ()
    unreadable: str = ""


def frame(head: Head, blobs: list[bytes]) -> list[bytes]:
    """The pieces of one frame, in order."""
    words = _written({**head, "blobs": [len(blob) for blob in blobs]}).encode("utf-8", "replace")
    return [len(words).to_bytes(4, "big"), words, *blobs]


def head_of(words: bytes) -> tuple[Head, list[int]]:
    """The JSON of a frame and the sizes of the blobs that follow; Invalid when it is none."""
    try:
        head = json.loads(words)
        sizes = head["blobs"]
        sound = isinstance(head, dict) and all(isinstance(size, int) and size >= 0 for size in sizes)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Invalid("A worker's answer made no sense; nothing was saved.") from error
    if not sound or sum(sizes) > LONGEST_BLOBS:
        raise Invalid("A worker's answer was out of all measure; nothing was saved.")
    return head, sizes


def file_head(file: PreparedFile, blobs: list[bytes]) -> Head:
    """The JSON form of a file; its renditions' bytes are added to `blobs`."""
    renditions = []
    for rendition in file.renditions:
        renditions.append([len(blobs), rendition.content_type, rendition.width, rendition.height])
        blobs.append(rendition.data)
    return {
        "kind": file.kind,
        "filename": file.filename,
        "renditions": renditions,
        "content_id": file.content_id,
        "inline": file.inline,
        "alt": file.alt,
        "notes": [packed(note) for note in file.notes],
    }


def file_from(head: Head, blobs: list[bytes]) -> PreparedFile:
    """The file that `file_head` wrote."""
    kind = head["kind"]
    return PreparedFile(
        kind=kind if kind in {"image", "audio", "video"} else "file",
        filename=str(head["filename"]),
        renditions=tuple(
            PreparedRendition(blobs[index], str(content_type), int(width), int(height))
            for index, content_type, width, height in head["renditions"]
        ),
        content_id=str(head["content_id"]),
        inline=bool(head["inline"]),
        alt=str(head["alt"]),
        notes=_sentences(head["notes"]),
    )


_LONG = ("post_text", "reply_text", "text")  # as bytes: escaping them costs more than all the rest
_TEXTS = (
    "title", "post_title", "sender", "sender_name", "message_id", "automatic_reason", "content_type",
)  # fmt: skip
_TUPLES = ("categories", "to", "cc", "references")
_SENTENCES = ("post_notes", "problems")  # for people
_WISHES = tuple(wish.name for wish in fields(Wishes))


def mail_head(mail: PreparedMail, blobs: list[bytes]) -> Head:
    """The JSON form of a mail; the bytes of its texts and pictures are added to `blobs`."""
    texts = {name: len(blobs) + place for place, name in enumerate(_LONG)}
    blobs += [getattr(mail, name).encode("utf-8", "replace") for name in _LONG]
    return {
        **texts,
        **{name: getattr(mail, name) for name in _TEXTS},
        **{name: list(getattr(mail, name)) for name in _TUPLES},
        **{name: [packed(sentence) for sentence in getattr(mail, name)] for name in _SENTENCES},
        "unreadable": packed(mail.unreadable),
        "wishes": {name: getattr(mail.wishes, name) for name in _WISHES},
        "files": [file_head(file, blobs) for file in mail.files],
        "from_count": mail.from_count,
        "date": mail.date.isoformat() if mail.date else None,
        "is_automatic": mail.is_automatic,
    }


def mail_from(head: Head, blobs: list[bytes]) -> PreparedMail:
    """The mail that `mail_head` wrote; Invalid when it is none."""
    try:
        words: dict[str, Any] = {name: str(head[name]) for name in _TEXTS}
        words |= {name: blobs[head[name]].decode() for name in _LONG}
        lists: dict[str, Any] = {name: _words(head[name]) for name in _TUPLES}
        sentences: dict[str, Any] = {name: _sentences(head[name]) for name in _SENTENCES}
        return PreparedMail(
            **words,
            **lists,
            **sentences,
            unreadable=unpacked(head["unreadable"]),
            wishes=_wishes(head["wishes"]),
            files=tuple(file_from(file, blobs) for file in head["files"]),
            from_count=int(head["from_count"]),
            date=datetime.fromisoformat(head["date"]).astimezone(UTC) if head["date"] else None,
            is_automatic=bool(head["is_automatic"]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Invalid("A worker's answer made no sense; nothing was saved.") from error


def _said(wish: object) -> bool | None:
    return None if wish is None else bool(wish)


def _wishes(head: Head) -> Wishes:
    state = head["state"]
    return Wishes(
        state=state if state in {"draft", "publish"} else "",
        page=_said(head["page"]),
        slug=str(head["slug"]),
        date=str(head["date"]),
        delay=str(head["delay"]),
        newsletter=_said(head["newsletter"]),
        chats=_said(head["chats"]),
    )


def _words(values: list[object]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _sentences(values: list[object]) -> tuple[str, ...]:
    return tuple(unpacked(value) for value in values)
