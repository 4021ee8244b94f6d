"""What an author says about a post beside its words: `[draft]` in the subject, lines at the top of the text, `+options` of the address.

    [category Sailing, Harbour]    in the subject, and as a line of the text
    :category Sailing, Harbour     as a line of the text
    category: Sailing, Harbour     as a line of the text

Lines count at the top only, up to the first that is none; what has a name but no value that makes sense for it stays text, and so does every
other line. A date that is meant (`[date …]`, or with figures in it) and cannot be read makes a draft: nothing goes out at a moment that
nobody chose. `:end` on a line of its own ends the text, wherever it stands. Of several wishes the text's count more than the subject's, and
those more than the address's.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from gateway.core.desk.grammar import unescaped
from gateway.core.messages import Wishes
from gateway.core.writing.moments import delay, moment
from gateway.core.writing.titles import slug

MOST_CATEGORIES = 20
LONGEST_CATEGORY = 60
LONGEST_ALT = 1500
BODY_HALVES = frozenset({"text", "html"})  # options that choose which half of the mail is the post
_LONGEST_LINE = 2000
_MOST_LINES = 60
_NAME = re.compile(r"[A-Za-z]{2,12}")
_STATES: dict[str, Literal["draft", "publish", "page"]] = {
    "draft": "draft",
    "private": "draft",
    "publish": "publish",
    "published": "publish",
    "public": "publish",
    "page": "page",
}
_YES_OR_NO = {
    **dict.fromkeys(("yes", "on", "true", "1"), True),
    **dict.fromkeys(("no", "off", "false", "0", "none"), False),
}
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # only whether a date can be read is asked here
_OPTIONS = "draft, publish, page, text, html, nonewsletter, nochats, quiet, subscribe"


@dataclass(slots=True)
class Directives:
    """What was found. `alts` are descriptions of photos by number, from 1; `notes` tell the author what was not understood."""

    title: str = ""
    categories: list[str] = field(default_factory=list)
    wishes: Wishes = field(default_factory=Wishes)
    alts: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def take(self, name: str, value: str, *, marked: bool) -> bool:
        """Whether this is a directive; then it is noted. `marked`: it stood in brackets or behind a colon."""
        bare = name.lower()
        number = ""
        if bare.startswith("alt"):
            bare, number = "alt", bare[3:].strip()
            if number and not (number.isascii() and number.isdigit() and len(number) < 3):
                return False
            if marked and not number:
                number, value = _numbered(value)
        way = _WAYS.get(bare)
        return way is not None and way(self, f"{number} {value}" if bare == "alt" else value.strip(), bare, marked)


def in_subject(subject: str) -> tuple[str, Directives]:
    """The subject without the directives that it begins or ends with."""
    found = Directives()
    rest = subject.strip()
    for _ in range(_MOST_LINES):
        if rest.startswith("[") and found_in(found, rest[1 : rest.find("]")] if "]" in rest else ""):
            rest = rest[rest.index("]") + 1 :].strip()
        elif rest.endswith("]") and found_in(found, rest[rest.rfind("[") + 1 : -1] if "[" in rest else ""):
            rest = rest[: rest.rindex("[")].strip()
        else:
            break
    return rest, found


def found_in(found: Directives, inner: str) -> bool:
    """Whether what stood in brackets is a directive; then it is noted."""
    named = _name_and_value(inner.strip())
    return named is not None and found.take(*named, marked=True)


def in_text(text: str, found: Directives) -> str:
    """The text without the directives at its top and without what follows `:end`; they are added to `found`."""
    lines = text.split("\n")
    at = 0
    for line in lines[:_MOST_LINES]:
        plain = unescaped(line[:_LONGEST_LINE].removesuffix("\\")).strip()
        if plain and (len(line) >= _LONGEST_LINE or _ends(plain) or not _is_directive(plain, found)):
            break
        at += 1
    rest = lines[at:] if any(line.strip() for line in lines[:at]) else lines
    return "\n".join(rest[: _end(rest)])


def _end(lines: list[str]) -> int:
    """The number of the first line that says `:end`, outside code; how many lines there are when none does."""
    said = (
        number
        for number, line in _outside_code(lines)
        if "end" in line[:40].lower() and _ends(unescaped(line[:40]).strip())
    )
    return next(said, len(lines))


def of_options(options: Iterable[str]) -> tuple[Wishes, tuple[str, ...]]:
    """What the options of an address ask for, and a note for each that means nothing."""
    wishes, notes = Wishes(), list[str]()
    for option in options:
        match option:
            case "draft" | "publish" | "page":
                wishes = replace(wishes, state=option)
            case "nonewsletter":
                wishes = replace(wishes, newsletter=False)
            case "nochats":
                wishes = replace(wishes, chats=False)
            case "quiet":
                wishes = replace(wishes, newsletter=False, chats=False)
            case _ if option not in BODY_HALVES:
                notes.append(f"“+{option}” in the address means nothing here. There are: {_OPTIONS}.")
    return wishes, tuple(notes)


def over(more: Wishes, less: Wishes) -> Wishes:
    """Both together; where they differ, the first counts."""
    return Wishes(
        state=more.state or less.state,
        slug=more.slug or less.slug,
        date=more.date or less.date,
        delay=more.delay or less.delay,
        newsletter=more.newsletter and less.newsletter,
        chats=more.chats and less.chats,
    )


def _is_directive(line: str, found: Directives) -> bool:
    if line.startswith("["):
        inner = list(_bracketed(line))
        trial = replace(found, categories=[*found.categories], alts={**found.alts}, notes=[*found.notes])
        if not inner or not all(found_in(trial, one) for one in inner):
            if len(trial.notes) > len(found.notes):  # a moment that was meant
                found.notes, found.wishes = trial.notes, replace(found.wishes, state="draft")
            return False
        return all(found_in(found, one) for one in inner)
    if line.startswith(":"):
        named = _name_and_value(line[1:].strip())
        return named is not None and found.take(*named, marked=True)
    name, colon, value = line.partition(":")
    words = name.split()
    if not colon or not words or len(words) > 2 or (len(words) == 2 and words[0].lower() != "alt"):
        return False
    return found.take("".join(words), value.strip(), marked=False)


def _bracketed(line: str) -> Iterator[str]:
    """What stands in the brackets of a line that is nothing but brackets."""
    at = 0
    pieces = []
    while at < len(line):
        end = line.find("]", at)
        if line[at] != "[" or end < 0:
            return
        pieces.append(line[at + 1 : end])
        at = end + 1
        while at < len(line) and line[at] == " ":
            at += 1
    yield from pieces


def _name_and_value(words: str) -> tuple[str, str] | None:
    """`category x, y`, `category: x, y`, `alt 2 x`, `draft`."""
    name = _NAME.match(words)
    if name is None:
        return None
    rest = words[name.end() :]
    if name[0].lower() == "alt" and rest[:1].isdigit():  # `alt2 …`
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        return f"alt{digits}", rest[len(digits) :].lstrip(": ")
    if rest and rest[0] not in ": \t":
        return None
    return name[0], rest.lstrip(": \t")


def _numbered(value: str) -> tuple[str, str]:
    first, _, rest = value.partition(" ")
    first = first.rstrip(":")
    return (first, rest.strip()) if first.isascii() and first.isdigit() and len(first) < 3 and rest else ("", value)


def _ends(line: str) -> bool:
    return line.lower() in {":end", "[end]"}


def _outside_code(lines: list[str]) -> Iterator[tuple[int, str]]:
    fenced = False
    for number, line in enumerate(lines):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced:
            yield number, line


# Each way says whether the value makes sense for the name.


def _title(found: Directives, value: str, _name: str, _marked: bool) -> bool:
    found.title = unescaped(" ".join(value.split()))
    return bool(found.title)


def _categories(found: Directives, value: str, _name: str, _marked: bool) -> bool:
    names = [" ".join(part.split()).lstrip("#").strip() for part in value.split(",")]
    names = [name for name in names if name]
    if not names or len(names) > MOST_CATEGORIES or any(len(name) > LONGEST_CATEGORY for name in names):
        return False
    found.categories += names
    return True


def _state(found: Directives, value: str, name: str, marked: bool) -> bool:
    if name == "status":
        state = _STATES.get(value.lower())
    elif not value and marked:
        state = _STATES[name]
    else:
        state = _STATES[name] if _YES_OR_NO.get(value.lower()) else None
    if state is None:
        return False
    found.wishes = replace(found.wishes, state=state)
    return True


def _moment(found: Directives, value: str, name: str, marked: bool) -> bool:
    read = moment(value, _SOME_DAY) if name == "date" else delay(value)
    if read is not None:
        found.wishes = replace(found.wishes, date=value) if name == "date" else replace(found.wishes, delay=value)
        return True
    if value and (marked or any(mark.isdigit() for mark in value[:60])):
        found.wishes = replace(found.wishes, state="draft")
        shown = " ".join(value.split())[:60]
        found.notes.append(
            f"“{name}: {shown}” could not be read, so it stayed in the text and the post is kept as a draft."
        )
    return False


def _slug(found: Directives, value: str, _name: str, marked: bool) -> bool:
    made = slug(value)
    if not made or (not marked and " " in value):
        return False
    found.wishes = replace(found.wishes, slug=made)
    return True


def _alt(found: Directives, value: str, _name: str, _marked: bool) -> bool:
    number, _, words = value.partition(" ")
    words = " ".join(words.split())[:LONGEST_ALT]
    if not words:
        return False
    found.alts[int(number) if number else max(found.alts, default=0) + 1] = words
    return True


def _audience(found: Directives, value: str, name: str, _marked: bool) -> bool:
    wanted = _YES_OR_NO.get(value.lower())
    if name in {"newsletter", "chat", "chats"}:
        if wanted is None:
            return False
        by_mail = name == "newsletter"
        found.wishes = replace(found.wishes, newsletter=wanted) if by_mail else replace(found.wishes, chats=wanted)
        return True
    only = {part.strip().lower() for part in value.split(",")}
    if wanted is None and not only <= {"newsletter", "chat", "chats"}:
        return False
    newsletter = wanted if wanted is not None else "newsletter" in only
    chats = wanted if wanted is not None else bool(only & {"chat", "chats"})
    found.wishes = replace(found.wishes, newsletter=newsletter, chats=chats)
    return True


_WAYS: dict[str, Callable[[Directives, str, str, bool], bool]] = {
    "title": _title,
    **dict.fromkeys(("category", "categories", "cat", "tag", "tags"), _categories),
    **dict.fromkeys(("status", "draft", "publish", "page"), _state),
    **dict.fromkeys(("date", "delay"), _moment),
    "slug": _slug,
    "alt": _alt,
    **dict.fromkeys(("newsletter", "chat", "chats", "syndicate", "syndication", "publicize"), _audience),
}
