"""Which file a message brings, and what is said of kinds that no post can hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from telegram import Message

from gateway.core.words import N, later

# A document comes last: an animation is one besides, for programs that know no animations.
ENDINGS = {"audio": ".mp3", "voice": ".ogg", "video": ".mp4", "video_note": ".mp4", "animation": ".mp4", "document": ""}
BY_TYPE = {
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/m4a": ".m4a",
    "audio/x-m4a": ".m4a",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "audio/x-wav": ".wav",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
}
# What people send that is no file of a blog, and what they could do instead.
NOT_PUBLISHED = {
    "checklist": N("A checklist can't be a post. Send it as text, one thing a line."),
    "contact": N("A contact is somebody's private data, so it is not put on your public blog. Write a name or a link."),
    "dice": N("Dice can't be a post. Write what you threw."),
    "game": N("A game can't be a post. Send its link."),
    "giveaway": N("A giveaway can't be a post."),
    "invoice": N("An invoice can't be a post."),
    "location": N("A location is not put on your public blog. Write the name of the place, or send a link to a map."),
    "paid_media": N("Paid media can't be a post. Send the photos or videos themselves."),
    "poll": N("A poll can't be a post. Ask in words: people answer with replies."),
    "rich_message": N("Messages of this new kind can't be a post yet. Send text, photos or files."),
    "sticker": N("A sticker can't be a post. Send words, or a photo."),
    "story": N("A story can't be a post. Send its photo or video itself."),
    "venue": N("A place is not put on your public blog by its map. Write its name, or send a link to a map."),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch: its id at Telegram, a name for it, its size in bytes if known."""

    file_id: str
    filename: str
    size: int = 0


def file_of(message: Message) -> Wanted | None:
    """The photo in its largest size, or the document, sound or film; None when there is none."""
    live = getattr(message, "live_photo", None)
    sizes = message.photo or (live.photo if live is not None else ())
    if sizes:
        largest = max(sizes, key=lambda size: size.width * size.height)
        return Wanted(largest.file_id, "photo.jpg", largest.file_size or 0)
    for kind, ending in ENDINGS.items():
        file: Any = getattr(message, kind)
        if file is not None:
            return Wanted(file.file_id, _name(file, kind, ending), file.file_size or 0)
    return None


def _name(file: Any, kind: str, ending: str) -> str:
    """The name its sender gave it, with an ending when there is none; else its kind."""
    name = getattr(file, "file_name", None) or kind.replace("_", " ")
    ending = BY_TYPE.get(getattr(file, "mime_type", None) or "", ending)
    return name if PurePosixPath(name).suffix else f"{name}{ending}"


def refusal(message: Mapping[str, Any]) -> str:
    """Why a message of this kind can't be published, in sentences; empty when it can. Reads the message as it came."""
    return next((later(words) for name, words in NOT_PUBLISHED.items() if name in message), "")
