"""A file made ready to publish, as the cleaners of each kind give it."""

from dataclasses import dataclass
from typing import Literal

from gateway.core.words import Later, later

Kind = Literal["image", "audio", "video", "file"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """One size of a file, ready to store; width and height in pixels."""

    data: bytes
    content_type: str
    width: int = 0
    height: int = 0


class Refused(Exception):
    """A file can't be published; `why` says so in a few words, which go on a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why if isinstance(why, Later) else later(why)


class Damaged(Refused):
    """It is not what its first bytes say, or not whole."""


class Unusual(Refused):
    """It is sound but of a kind that cannot be cleaned for sure or shown by browsers."""
