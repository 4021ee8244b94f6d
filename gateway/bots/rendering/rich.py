"""What a message looks like, apart from any platform: blocks of styled runs.

The dialect is what Markdown, Telegram and Slack can say together. In normal form no run is empty, neighbours differ,
white space at the edge of a style has shed it, and no paragraph begins or ends with white space.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from unicodedata import category

from gateway.bots.rendering.addresses import same_address


class Style(StrEnum):
    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strikethrough"
    SPOILER = "spoiler"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look; a newline in it is a line break."""

    text: str
    styles: frozenset[Style] = frozenset()
    link: str = ""

    @property
    def bare(self) -> bool:
        """Is it an address that shows itself?"""
        return same_address(self.text, self.link)


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    runs: Runs


@dataclass(frozen=True, slots=True)
class Heading:
    runs: Runs
    level: int = 1


@dataclass(frozen=True, slots=True)
class Code:
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: "RichText"


@dataclass(frozen=True, slots=True)
class List:
    items: tuple["RichText", ...]
    ordered: bool = False
    start: int = 1


Block = Paragraph | Heading | Code | Rule | Quote | List
RichText = tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """One style or link (`look`) over what it holds."""

    look: Style | str
    inside: tuple["Span | str", ...]


_SPACE = re.compile(r"\s+")
_EMPTY_LINE = re.compile(r"(\n\n)")
_CODE_PARTS = re.compile(r"\s+|\S+(?:[ \t]+\S+)*")
_CONTROL = {code: None for code in range(32) if code not in (9, 10)} | {0x7F: None, 0xFEFF: None, 0x2060: None}
_SHAPELESS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0\ufffc")
_ORDER = {style: number for number, style in enumerate(Style)}


def tidy_text(text: str) -> str:
    """The text without control characters and our own joiners, line ends as newlines, no half of a surrogate pair."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL)
    return whole.encode("utf-8", "replace").decode()


def tidy_code(text: str) -> str:
    """The lines of code without empty ones before, and without white space after; empty when nothing is left."""
    kept = text.rstrip()
    return kept[kept.rfind("\n", 0, len(kept) - len(kept.lstrip())) + 1 :]


def shows(text: str) -> bool:
    """Is there anything to see, and not only white space and signs without a shape?"""
    return any(
        not character.isspace() and character not in _SHAPELESS and category(character) not in {"Cf", "Cc"}
        for character in text
    )


def normal(runs: Iterable[Run]) -> Runs:
    """The runs in normal form."""
    parts = _stripped([part for run in runs for part in _parts(run)])
    looks = [part for part in parts if not part.text.isspace()]
    at, merged = 0, list[Run]()
    for part in parts:
        shed = part
        if part.text.isspace():  # between the words before and after it; never first or last
            before, after = looks[at - 1], looks[at]
            same = part.link and before.link == part.link == after.link and part.text != "\n\n"
            styles = frozenset() if part.text == "\n\n" else (before.styles & part.styles & after.styles) - {Style.CODE}
            shed = Run(part.text, styles, part.link if same else "")
        else:
            at += 1
        if merged and (merged[-1].styles, merged[-1].link) == (shed.styles, shed.link):
            merged[-1] = replace(merged[-1], text=merged[-1].text + shed.text)
        else:
            merged.append(shed)
    return tuple(merged)


def _parts(run: Run) -> Iterator[Run]:
    """The run's words, and the white space at its edges; of code, its lines, whose inner white space belongs to it."""
    if Style.CODE in run.styles:
        pieces = _CODE_PARTS.findall(run.text)
    else:
        words = run.text.strip()
        start = run.text.index(words)
        pieces = [run.text[:start], words, run.text[start + len(words) :]]
    for piece in pieces:
        tidied = _SPACE.sub(_tidy_space, piece) if "\n" in piece else piece
        for part in _EMPTY_LINE.split(tidied) if "\n\n" in tidied else (tidied,):
            if part:
                yield replace(run, text=part)


def _tidy_space(space: re.Match[str]) -> str:
    return _without_trailing(space[0]) if "\n" in space[0] else space[0]


def _without_trailing(space: str) -> str:
    """White space with line breaks, of which only the last line's indent is seen; none at a paragraph's start."""
    breaks = space.count("\n")
    return "\n" + space[space.rfind("\n") + 1 :] if breaks == 1 else "\n\n"


def _stripped(parts: list[Run]) -> list[Run]:
    first, last = 0, len(parts)
    while first < last and parts[first].text.isspace():
        first += 1
    while last > first and parts[last - 1].text.isspace():
        last -= 1
    return parts[first:last]


def nest(runs: Runs) -> tuple[Span | str, ...]:
    """The runs as spans that lie wholly inside or outside one another, the longest outermost."""
    return tuple(_nest(runs, frozenset()))


def _nest(runs: Runs, applied: frozenset[Style | str]) -> Iterator[Span | str]:
    at = 0
    while at < len(runs):
        wanted = _looks(runs[at]) - applied
        if not wanted:
            yield runs[at].text
            at += 1
            continue
        outer = wanted - {Style.CODE}  # code can hold no other look, so it lies innermost
        if not outer:
            yield Span(Style.CODE, (runs[at].text,))
            at += 1
            continue
        extents = {look: _extent(runs, at, look) for look in outer}
        look = min(outer, key=lambda look: (-extents[look], _ORDER.get(look, -1) if isinstance(look, Style) else -1))
        yield Span(look, tuple(_nest(runs[at : extents[look]], applied | {look})))
        at = extents[look]


def _looks(run: Run) -> frozenset[Style | str]:
    return frozenset({*run.styles, run.link} if run.link else run.styles)


def _extent(runs: Runs, start: int, look: Style | str) -> int:
    end = start
    while end < len(runs) and look in _looks(runs[end]):
        end += 1
    return end


def text_of(runs: Iterable[Run]) -> str:
    return "".join(run.text for run in runs)
