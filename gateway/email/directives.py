"""What an author says about a post beside its words: `[draft]` in the subject, lines at the top of the text, `+options` of the address.

    [category Sailing, Harbour]    in the subject, and as a line of the text
    :category Sailing, Harbour     as a line of the text
    category: Sailing, Harbour     as a line of the text

Lines count at the top only, up to the first that is none. What a mail program or a habit made of a line, `**status: draft**`, `status：draft`, says the
same; in a list, a heading, a quotation or behind a bold name only what makes a draft does, for “- Date: Monday” is mostly text. What has a name but no value that makes sense for it may have been meant nevertheless
(gateway/email/directive_values.py); if not it stays text, and so does every other line. `:end` on a line of its own ends the text, wherever it stands. Of
several wishes the text's count more than the subject's, and those more than the address's.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from itertools import chain, islice, pairwise
from typing import Literal

from gateway.core.desk.grammar import unescaped
from gateway.core.messages import Wishes
from gateway.core.words import N, later
from gateway.email.directive_values import LONGEST_CATEGORY, MOST_CATEGORIES, WAYS, Directives
from gateway.email.rejoined import rejoined
from gateway.email.subject import title_of

__all__ = [
    "BODY_HALVES",
    "LONGEST_CATEGORY",
    "MOST_CATEGORIES",
    "Directives",
    "in_subject",
    "in_text",
    "of_options",
    "over",
]

Dress = Literal["", "label", "block"]
"""How a line is dressed up: its name is bold or it is a heading; it stands in a list or a quotation. All bold it is as if plain."""
_LONGEST_LINE = 2000
_MOST_LINES = 60
_NAME = re.compile(r"[A-Za-z]{2,12}")
_BLOCK_MARKS = re.compile(r"(?:[>\s]|#{1,6}\s|[-*+•]\s|\d{1,9}[.)]\s)*")  # of quotations, headings and lists
_NEXT = re.compile(
    rf"\s(?=(?:{'|'.join(WAYS)})(?: ?\d{{1,2}})?:\s)", re.IGNORECASE
)  # before a directive on the line of another
_EMPHASIS = "*_~="
_WIDE_COLON = "："  # as Chinese and Japanese keyboards write it
_NOTHING: tuple[str, Dress] = ("", "")
_OPTIONS = "draft, publish, page, text, html, nonewsletter, nochats, quiet, subscribe"
_UNKNOWN = N("“+{option}” in the address means nothing here. There are: {options}.")
_NEARLY_DRAFT = N(
    "“+{option}” in the address means nothing here. To be safe, this is kept as a draft. There are: {options}."
)
BODY_HALVES = frozenset({"text", "html"})  # options that choose which half of the mail is the post


def in_subject(subject: str) -> tuple[str, Directives]:
    """The subject without the directives that it begins or ends with. `Re:`, `Fwd:` and brackets that are none, such as a gateway's `[EXTERNAL]`,
    may stand before them; behind such brackets only what keeps the post back is one."""
    found = Directives()
    before, rest = "", subject.strip()
    take: Callable[[Directives, str], bool] = _in_brackets
    for _ in range(_MOST_LINES):
        inner, closing, behind = rest[1:].partition("]")
        if rest.startswith("[") and closing:
            if not take(found, inner):
                before, take = before + rest[: len(rest) - len(behind.lstrip())], _keeps_back_in_brackets
            rest = behind.lstrip()
        elif (unmarked := title_of(rest, answers=True)) != rest:
            before, rest = before + rest[: len(rest) - len(unmarked)], unmarked
        elif rest.endswith("]") and _in_brackets(found, rest[rest.rfind("[") + 1 : -1] if "[" in rest else ""):
            rest = rest[: rest.rindex("[")].strip()
        else:
            break
    return f"{before}{rest}".strip(), found


def in_text(text: str, found: Directives) -> str:
    """The text without the directives at its top and without what follows `:end`; they are added to `found`."""
    lines = rejoined(text.split("\n"), _MOST_LINES, _looks_like_one)
    top = (_bare(line) for line in lines[: _MOST_LINES + 1])
    at, is_among = 0, False
    for (plain, dress), (following, _) in islice(pairwise(chain(top, [_NOTHING])), _MOST_LINES):
        if plain and (len(lines[at]) >= _LONGEST_LINE or _ends(plain)):
            break
        take = _TAKING[dress]
        if plain and not take(plain, found, alone=is_among or not following or _looks_like_one(following)):
            break
        at, is_among = at + 1, is_among or bool(plain)
    rest = lines[at:] if is_among else lines
    return "\n".join(rest[: _end(rest)] if _may_end(text) else rest)


def _bare(line: str) -> tuple[str, Dress]:
    """A line without its escapes and without the marks that make it bold, an item, a heading or a quotation, and what these were. What is nothing but marks stays."""
    plain = unescaped(line[:_LONGEST_LINE].removesuffix("\\")).strip()
    found = _BLOCK_MARKS.match(plain)
    marks = found[0] if found else ""
    bare = _unwrapped(plain[len(marks) :])
    lead = bare[: len(bare) - len(bare.lstrip(_EMPHASIS))]
    dress: Dress = "block" if marks.strip("# ") else "label" if marks or lead else ""
    name, colon, value = _parted(bare[len(lead) :])
    if not colon or bare.startswith("["):
        return bare or plain, dress
    value = value.strip().removeprefix(lead[::-1]).strip()  # `**draft:** my words`
    return (f"{name.rstrip(_EMPHASIS)}: {_unwrapped(value)}".strip() if name else f":{value}"), dress


def _own(line: str) -> str:
    """A line without escapes and emphasis. One in a quotation or a list is no line of its own."""
    return _unwrapped(unescaped(line.removesuffix("\\")).strip()).replace(_WIDE_COLON, ":")


def _unwrapped(words: str) -> str:
    """The words without emphasis around them all: `**status: draft**`."""
    lead = words[: len(words) - len(words.lstrip(_EMPHASIS))]
    inner = words[len(lead) : len(words) - len(lead)].strip()
    is_whole = bool(lead and inner) and words.endswith(lead[::-1]) and lead[0] not in inner
    return inner if is_whole else words


def _parted(words: str) -> tuple[str, str, str]:
    """What stands before the first colon, the colon, and what stands after it."""
    at = next((number for number, mark in enumerate(words) if mark in {":", _WIDE_COLON}), len(words))
    return words[:at], words[at : at + 1], words[at + 1 :]


def _looks_like_one(line: str) -> bool:
    return line.startswith(("[", ":")) or line.partition(":")[0].rstrip(" 0123456789").lower() in WAYS


def _may_end(text: str) -> bool:
    """Whether `:end` may stand in it at all: looking at each line costs more."""
    folded = text.lower()
    return ":end" in folded or "[end" in folded or f"{_WIDE_COLON}end" in folded


def _end(lines: list[str]) -> int:
    """The number of the first line that says `:end`, outside code; how many lines there are when none does."""
    said = (number for number, line in _outside_code(lines) if "end" in line[:40].lower() and _ends(_own(line[:40])))
    return next(said, len(lines))


def of_options(options: Iterable[str]) -> tuple[Wishes, tuple[str, ...]]:
    """What the options of an address ask for, and a note for each that means nothing."""
    wishes, notes = Wishes(), list[str]()
    for option in options:
        match option:
            case "draft" | "private":
                wishes = replace(wishes, state="draft")
            case "publish":
                wishes = wishes if wishes.state == "draft" else replace(wishes, state="publish")
            case "page":
                wishes = replace(wishes, page=True)
            case "nonewsletter":
                wishes = replace(wishes, newsletter=False)
            case "nochats":
                wishes = replace(wishes, chats=False)
            case "quiet":
                wishes = replace(wishes, newsletter=False, chats=False)
            case _ if option not in BODY_HALVES:
                is_nearly = bool(get_close_matches(option, ("draft", "private"), cutoff=0.75))
                wishes = replace(wishes, state="draft") if is_nearly else wishes
                notes.append(later(_NEARLY_DRAFT if is_nearly else _UNKNOWN, option=option, options=_OPTIONS))
    return wishes, tuple(notes)


def over(more: Wishes, less: Wishes) -> Wishes:
    """Both together; where they differ, the first counts."""
    return Wishes(
        state=more.state or less.state,
        page=less.page if more.page is None else more.page,
        slug=more.slug or less.slug,
        date=more.date or less.date,
        delay=more.delay or less.delay,
        newsletter=less.newsletter if more.newsletter is None else more.newsletter,
        chats=less.chats if more.chats is None else more.chats,
    )


def _labels_a_draft(line: str, found: Directives, *, alone: bool) -> bool:
    """As `_keeps_back`; of `**draft:** my words` and of such a heading the words are a draft, too."""
    if line.lower().startswith("draft:"):
        return _is_directive(line, found, alone=alone)
    return _keeps_back(line, found, alone=alone)


def _keeps_back(line: str, found: Directives, *, alone: bool) -> bool:
    """Whether this says in so many words that the post is to be kept as a draft. All else where directives are unlikely stays text: `- Date: Monday`."""
    trial = Directives()
    return _is_directive(line, trial, alone=alone) and _is_draft(trial) and _is_directive(line, found, alone=alone)


def _keeps_back_in_brackets(found: Directives, inner: str) -> bool:
    trial = Directives()
    return _in_brackets(trial, inner) and _waits(trial) and _in_brackets(found, inner)


def _is_draft(found: Directives) -> bool:
    return found.wishes.state == "draft" and not found.doubtful


def _waits(found: Directives) -> bool:
    return _is_draft(found) or (bool(found.wishes.date or found.wishes.delay) and not found.doubtful)


def _is_directive(line: str, found: Directives, *, alone: bool) -> bool:
    if line.startswith("["):
        inner = list(_bracketed(line))
        trial = replace(found, categories=[*found.categories], alts={**found.alts}, notes=[*found.notes])
        if not inner or not all(_in_brackets(trial, one, alone=alone) for one in inner):
            if trial.doubtful:  # nothing goes out at a moment that nobody chose
                found.notes, found.wishes, found.doubtful = trial.notes, replace(found.wishes, state="draft"), True
            return False
        return all(_in_brackets(found, one, alone=alone) for one in inner)
    if line.startswith(":"):
        named = _name_and_value(line[1:].strip())
        return named is not None and found.take(*named, marked=True, alone=alone)
    return _are_joined(line, found) or _is_plain(line, found, alone=alone)


def _are_joined(line: str, found: Directives) -> bool:
    """Whether these are several that a mail program joined (format=flowed), of which one keeps the post back: `category: Sea status: draft`. A title or description may say anything."""
    pieces = _NEXT.split(line)
    if len(pieces) < 2 or pieces[0].lower().startswith(("title", "alt")):
        return False
    trial = Directives()
    if not all(_is_plain(one, trial, alone=True) for one in pieces):
        return False
    return _waits(trial) and all(_is_plain(one, found, alone=True) for one in pieces)


def _is_plain(line: str, found: Directives, *, alone: bool) -> bool:
    name, colon, value = line.partition(":")
    words = name.split()
    if not colon or not words or len(words) > 2 or (len(words) == 2 and words[0].lower() != "alt"):
        return False
    return found.take("".join(words), value.strip(), marked=False, alone=alone)


_TAKING: dict[Dress, Callable[..., bool]] = {"": _is_directive, "label": _labels_a_draft, "block": _keeps_back}


def _in_brackets(found: Directives, inner: str, *, alone: bool | None = None) -> bool:
    """Whether what stood in brackets is a directive; then it is noted. In a subject “[Newsletter March]” may be a part of the title."""
    named = _name_and_value(inner.strip())
    if named is None or (alone is None and _is_view(inner, *named)):
        return False
    return found.take(*named, marked=True, alone=inner.islower() if alone is None else alone)


def _is_view(inner: str, name: str, value: str) -> bool:
    """True for the `[Private view]` of a title: it has no colon and says neither yes nor no."""
    return name.lower() == "private" and ":" not in inner and value.lower() not in {"", "yes", "no"}


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
    if rest and rest[0] not in f":{_WIDE_COLON} \t":
        return None
    return name[0], rest.lstrip(f":{_WIDE_COLON} \t")


def _ends(line: str) -> bool:
    return line.lower() in {":end", "[end]"}


def _outside_code(lines: list[str]) -> Iterator[tuple[int, str]]:
    fenced = False
    for number, line in enumerate(lines):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced:
            yield number, line
