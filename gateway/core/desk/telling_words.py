"""How members say what they want to be told of, and between which hours nothing: read from the words behind `tell` and `quiet`.

tell replies digest          tell posts off by mail          tell @bob at once everywhere          quiet 22-7
"""

import re
from dataclasses import dataclass
from typing import Literal

from gateway.core.people import choices
from gateway.core.people.names import is_name

HERE, EVERYWHERE, AS_USUAL = "here", "everywhere", "usual"
_FILLERS = frozenset({"a", "as", "at", "by", "in", "me", "my", "of", "the", "on"})
_WHATS = {
    **dict.fromkeys(("mention", "mentions"), (choices.MENTIONS,)),
    **dict.fromkeys(("reply", "replies"), (choices.REPLIES,)),
    **dict.fromkeys(("post", "posts"), (choices.POSTS,)),
    **dict.fromkeys(("all", "everything"), choices.WHATS),
}
_HOWS = {
    **dict.fromkeys(("once", "now"), choices.AT_ONCE),
    "digest": choices.DIGEST,
    **dict.fromkeys(("off", "not", "never", "no"), choices.OFF),
    **dict.fromkeys(("usual", "everybody"), AS_USUAL),
}
SAID = {choices.AT_ONCE: "at once", choices.DIGEST: "digest", choices.OFF: "off"}  # as one may say it
_PLACES = {"here": HERE, "everywhere": EVERYWHERE, "mail": choices.MAIL, "email": choices.MAIL} | {
    channel: channel for channel in choices.CHANNELS if channel != choices.MAIL
}
_HOURS = re.compile(r"([0-9]{1,2})(?::?00)?(?:[-–—]| ?to ?| until )([0-9]{1,2})(?::?00)?")


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told how and where. `name` is the one person meant, then `whats` is empty. `how` may be AS_USUAL for them."""

    whats: tuple[str, ...]
    name: str
    how: str
    where: str


def telling(words: str) -> Told | None:
    """What the words behind `tell` ask for; None when they are not that."""
    said = [word for word in words.replace("\\", "").lower().split()[:10] if word not in _FILLERS]
    if len(said) not in (2, 3) or said[1] not in _HOWS:
        return None
    where = _PLACES.get(said[2]) if len(said) == 3 else HERE
    name = said[0].removeprefix("@") if said[0].startswith("@") else ""
    whats, how = _WHATS.get(said[0], ()), _HOWS[said[1]]
    if where is None or not (whats or is_name(name)) or (how == AS_USUAL and not name):
        return None
    return Told(whats, name, how, where)


def hours(words: str) -> tuple[int, int] | Literal["off"] | None:
    """From which full hour until which, as in `22-7`, or `off`; None when the words are neither."""
    said = " ".join(words.replace("\\", "").lower().split())
    if said == "off":
        return "off"
    found = _HOURS.fullmatch(said)
    if found is None:
        return None
    since, until = int(found[1]), int(found[2]) % 24 if found[2] == "24" else int(found[2])
    return (since, until) if max(since, until) < 24 and since != until else None
