"""A file made ready to publish, as the cleaners of each kind give it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "audio", "video", "file"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """One size of a file, ready to store; width and height in pixels."""

    data: bytes
    content_type: str
    width: int = 0
    height: int = 0


class Damaged(Exception):
    """A file is not what its first bytes say, or not whole; the text says in a few words why."""


class Unusual(Exception):
    """A file is sound but of a kind that cannot be cleaned for sure or shown by browsers; the text says which."""
