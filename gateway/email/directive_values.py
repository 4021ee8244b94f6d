"""What the value of each directive may be, and what becomes of one that can't be read.

Nothing may go out at a moment that nobody chose, or from a draft. So a `date`, `delay`, `status`, `draft`, `private` or `publish` that can't be read
makes a draft, and its line is left out and quoted in a note. A `newsletter`, `chats`, `syndicate` or `slug` that can't be read is left out and noted, too.
Words of a post look like directives at times (“Date: a fruit of the desert, which …”). They stay text: see `Said.is_meant`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from gateway.core.desk.grammar import unescaped
from gateway.core.messages import Wishes
from gateway.core.words import N, later
from gateway.core.writing.moments import delay, moment
from gateway.core.writing.titles import slug

MOST_CATEGORIES = 20
LONGEST_CATEGORY = 60
LONGEST_ALT = 1500
_MOST_WORDS, _LONGEST_VALUE = 4, 60  # of what may be a value that was meant and can't be read
_SENTENCE_ENDS = (".", "!", "?", ",", ";", ":", "…")
_STATES: dict[str, Literal["draft", "publish"]] = {
    "draft": "draft",
    "private": "draft",
    "publish": "publish",
    "published": "publish",
    "public": "publish",
}
_YES_OR_NO = {
    **dict.fromkeys(("yes", "on", "true", "1"), True),
    **dict.fromkeys(("no", "off", "false", "0", "none"), False),
}
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # only whether a date can be read is asked here
_NOW_A_DRAFT = N("`{directive}` could not be read, so it was left out, and the post is kept as a draft. {right}")
_LEFT_OUT = N("`{directive}` could not be read, so it was left out. {right}")
_TOO_MANY = N("A post may have {most} categories, so these were left out: {others}.")
_NO_PHOTO = N("There is no photo {number} in this mail, so its description was left out: {alt}")
_RIGHT = {
    "date": N(
        "To have it published at a time, send the mail again with `date: 2026-12-24 18:00`, `date: tomorrow 9:00` or `date: monday 18:00`."
    ),
    "delay": N(
        "To have it published at a time, send the mail again with `delay: 30m`, `delay: 2h` or `delay: 3 days`."
    ),
    "status": N("There are `status: draft`, `status: publish` and `status: page`."),
    **dict.fromkeys(("draft", "private"), N("There are `draft: yes` and `draft: no`.")),
    "publish": N("There are `publish: yes` and `publish: no`."),
    "newsletter": N("There are `newsletter: yes` and `newsletter: no`."),
    "chats": N("There are `chats: yes` and `chats: no`."),
    "syndicate": N("There are `syndicate: yes`, `syndicate: no`, `syndicate: newsletter` and `syndicate: chats`."),
    "slug": N("Write letters, figures and hyphens, such as `slug: last-ferry`."),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A directive as it stands. `marked`: in brackets or behind a colon. `alone`: nothing but directives or a blank line is next to it."""

    name: str
    value: str
    marked: bool
    alone: bool = False

    @property
    def is_meant(self) -> bool:
        """Whether the value was meant as one although it can't be read: it is marked, or as short as values are and no sentence's end."""
        return (self.marked and bool(self.value)) or self.is_short(_MOST_WORDS)

    def is_short(self, most_words: int) -> bool:
        value = self.value
        is_word = len(value) <= _LONGEST_VALUE and len(value.split()) <= most_words
        return is_word and not value.endswith(_SENTENCE_ENDS)


@dataclass(slots=True)
class Directives:
    """What was found. `alts` are descriptions of photos by number, from 1; `notes` tell the author what was not understood."""

    title: str = ""
    categories: list[str] = field(default_factory=list)
    wishes: Wishes = field(default_factory=Wishes)
    alts: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    doubtful: bool = (
        False  # one that would have kept the post back could not be read: it is a draft, whatever else is wished
    )

    def take(self, name: str, value: str, *, marked: bool, alone: bool = False) -> bool:
        """Whether this is a directive; then it is noted, or noted as one that can't be read."""
        bare = name.lower()
        number = ""
        if bare.startswith("alt"):
            bare, number = "alt", bare[3:].strip()
            if number and not (number.isascii() and number.isdigit() and len(number) < 3):
                return False
            if marked and not number:
                number, value = _numbered(value)
        way = WAYS.get(bare)
        value = f"{number} {value}" if bare == "alt" else value.strip()
        return way is not None and way(self, Said(bare, value, marked, alone))

    def describes_nothing(self, number: int, alt: str) -> None:
        """Notes that there is no such photo."""
        self.notes.append(later(_NO_PHOTO, number=number, alt=_shown(alt)))


def _numbered(value: str) -> tuple[str, str]:
    first, _, rest = value.partition(" ")
    first = first.rstrip(":")
    return (first, rest.strip()) if first.isascii() and first.isdigit() and len(first) < 3 and rest else ("", value)


# Each way says whether this is a directive: a value that makes sense for the name, or one that was meant to.


def _title(found: Directives, said: Said) -> bool:
    found.title = unescaped(" ".join(said.value.split()))
    return bool(found.title)


def _categories(found: Directives, said: Said) -> bool:
    names = [" ".join(part.split()).lstrip("#").strip() for part in said.value.split(",")]
    names = [name for name in names if name]
    if not names or any(len(name) > LONGEST_CATEGORY for name in names):
        return False
    if len(names) > MOST_CATEGORIES and not said.marked and said.value.endswith(_SENTENCE_ENDS):
        return False
    found.categories += names[:MOST_CATEGORIES]
    if names[MOST_CATEGORIES:]:
        others = _shown(", ".join(names[MOST_CATEGORIES:]))
        found.notes.append(later(_TOO_MANY, most=MOST_CATEGORIES, others=others))
    return True


def _status(found: Directives, said: Said) -> bool:
    value = said.value.lower()
    if value == "page":
        return _page(found, replace(said, value=""))
    state = _STATES.get(value)
    return (said.is_meant and _doubtful(found, said)) if state is None else _settled(found, state)


def _state(found: Directives, said: Said) -> bool:
    """`[draft]`, `draft: yes`, `publish: no`. “draft: my words” is what chats take; here it makes a draft of all the text."""
    is_draft = _STATES[said.name] == "draft"
    is_bare = not said.value and (said.marked or is_draft)
    wanted = _YES_OR_NO.get(said.value.lower(), True if is_bare else None)
    if wanted is not None:
        return _settled(found, "draft" if wanted is is_draft else "publish")
    if said.value and said.is_short(1):
        return _doubtful(found, said)
    if is_draft and not said.marked:
        found.doubtful, found.wishes = True, replace(found.wishes, state="draft")
    return False


def _settled(found: Directives, state: Literal["draft", "publish"]) -> bool:
    """True."""
    if not found.doubtful:
        found.wishes = replace(found.wishes, state=state)
    return True


def _page(found: Directives, said: Said) -> bool:
    """`[page]`, `page: yes`, `status: page`: whether it is one; a draft stays a draft."""
    is_bare = not said.value and (said.marked or said.name == "status")
    wanted = _YES_OR_NO.get(said.value.lower(), True if is_bare else None)
    if wanted is not None:
        found.wishes = replace(found.wishes, page=wanted)
    return wanted is not None


def _moment(found: Directives, said: Said) -> bool:
    said = replace(said, value=said.value.replace("：", ":"))
    read = moment(said.value, _SOME_DAY) if said.name == "date" else delay(said.value)
    if read is None:
        has_figures = any(mark.isdigit() for mark in said.value) and len(said.value) <= _LONGEST_VALUE
        return (has_figures or said.is_meant) and _doubtful(found, said)
    wishes = found.wishes
    found.wishes = replace(wishes, date=said.value) if said.name == "date" else replace(wishes, delay=said.value)
    return True


def _doubtful(found: Directives, said: Said) -> bool:
    """True: it was meant, and would have kept the post from being published now."""
    found.doubtful, found.wishes = True, replace(found.wishes, state="draft")
    _note(found, said, _NOW_A_DRAFT)
    return True


def _slug(found: Directives, said: Said) -> bool:
    made = slug(said.value)
    if not made or (not said.marked and " " in said.value):
        return _mistaken(found, said)
    found.wishes = replace(found.wishes, slug=made)
    return True


def _alt(found: Directives, said: Said) -> bool:
    number, _, words = said.value.partition(" ")
    words = " ".join(words.split())[:LONGEST_ALT]
    if not words:
        return False
    free = next(place for place in range(1, len(found.alts) + 2) if place not in found.alts)
    found.alts[int(number) if number else free] = words
    return True


def _audience(found: Directives, said: Said) -> bool:
    wanted = _YES_OR_NO.get(said.value.lower())
    if said.name in {"newsletter", "chat", "chats"}:
        if wanted is None:
            return _mistaken(found, said)
        by_mail = said.name == "newsletter"
        found.wishes = replace(found.wishes, newsletter=wanted) if by_mail else replace(found.wishes, chats=wanted)
        return True
    only = {part.strip().lower() for part in said.value.split(",")}
    if wanted is None and not only <= {"newsletter", "chat", "chats"}:
        return _mistaken(found, said)
    newsletter = wanted if wanted is not None else "newsletter" in only
    chats = wanted if wanted is not None else bool(only & {"chat", "chats"})
    found.wishes = replace(found.wishes, newsletter=newsletter, chats=chats)
    return True


def _mistaken(found: Directives, said: Said) -> bool:
    """Whether a value was meant, with which the post is published nevertheless; so it must stand as nothing but a directive does."""
    if not said.value or not said.alone or not said.is_meant:
        return False
    _note(found, said, _LEFT_OUT)
    return True


def _note(found: Directives, said: Said, what: str) -> None:
    shown = _shown(f"{said.name}: {said.value}")
    right = _RIGHT["chats" if said.name == "chat" else said.name if said.name in _RIGHT else "syndicate"]
    found.notes.append(later(what, directive=shown, right=later(right)))


def _shown(directive: str) -> str:
    return " ".join(directive.split())[: 2 * _LONGEST_VALUE].replace("`", "’")


WAYS: dict[str, Callable[[Directives, Said], bool]] = {
    "title": _title,
    **dict.fromkeys(("category", "categories", "cat", "tag", "tags"), _categories),
    "status": _status,
    **dict.fromkeys(("draft", "private", "publish"), _state),
    "page": _page,
    **dict.fromkeys(("date", "delay"), _moment),
    "slug": _slug,
    "alt": _alt,
    **dict.fromkeys(("newsletter", "chat", "chats", "syndicate", "syndication", "publicize"), _audience),
}
