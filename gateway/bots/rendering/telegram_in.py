"""A Telegram message's text and entities to Markdown.

Entities come from outside: any order, any overlap, offsets that split a character. What makes no sense is left out.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any

from gateway.bots.rendering.addresses import web_address
from gateway.bots.rendering.rich import (
    Block,
    Code,
    Paragraph,
    Quote,
    Run,
    Style,
    normal,
    shows,
    text_of,
    tidy_code,
    tidy_text,
)
from gateway.bots.rendering.writing import to_markdown

MOST_ENTITIES = 300
_STYLES = {
    "bold": Style.BOLD,
    "italic": Style.ITALIC,
    "underline": Style.UNDERLINE,
    "strikethrough": Style.STRIKE,
    "spoiler": Style.SPOILER,
    "code": Style.CODE,
}
_QUOTES = frozenset({"blockquote", "expandable_blockquote"})
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>]+", re.IGNORECASE)
_TRAILING = ".,;:!?'\")]}*_~»”’"
_LANGUAGE = re.compile(r"[\w+#.-]{1,40}")


@dataclass(frozen=True, slots=True)
class _Entity:
    """An entity by characters instead of UTF-16 units."""

    type: str
    start: int
    end: int
    value: str = ""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Text under the same entities throughout; `frame` tells neighbouring quotes and code blocks apart."""

    run: Run
    quote: int = 0
    pre: int = 0
    language: str = ""


def from_telegram(text: str, entities: Sequence[Mapping[str, Any]] = ()) -> str:
    """Markdown that renders to this text with these styles. Never raises."""
    if not shows(text):
        return ""
    known = sorted(_known(text, entities), key=lambda entity: (entity.start, -entity.end))
    stretches = list(_stretches(text, known))
    blocks: list[Block] = []
    for number, inside in groupby(stretches, key=lambda stretch: stretch.quote):
        if number:
            quoted = tuple(_blocks(list(inside)))
            blocks += [Quote(quoted)] if quoted else []
        else:
            blocks += _blocks(list(inside))
    return to_markdown(tuple(blocks))


def _known(text: str, entities: Sequence[Mapping[str, Any]]) -> Iterator[_Entity]:
    starts = _unit_starts(text)
    for entity in entities[:MOST_ENTITIES]:
        offset, length, kind = entity.get("offset"), entity.get("length"), entity.get("type")
        if not isinstance(offset, int) or not isinstance(length, int) or not isinstance(kind, str) or offset < 0:
            continue
        start, end = bisect_left(starts, offset), bisect_left(starts, offset + length)
        if start < end:
            yield _Entity(kind, start, end, _value(entity, text[start:end]))


def _value(entity: Mapping[str, Any], text: str) -> str:
    """The address of a link, written or shown, or the language of code."""
    if entity["type"] == "url":
        plain = "@" not in text and not any(character.isspace() for character in text)
        address = text if "://" in text else f"http://{text}" if plain else ""
        return address if web_address(address) else ""
    value = entity.get("url") if entity["type"] == "text_link" else entity.get("language")
    return value.strip() if isinstance(value, str) else ""


def _unit_starts(text: str) -> list[int]:
    """For each character, and for the end, the UTF-16 unit where it starts."""
    starts, at = [], 0
    for character in text:
        starts.append(at)
        at += 1 + (character > "\uffff")
    return [*starts, at]


def _stretches(text: str, entities: list[_Entity]) -> Iterator[_Stretch]:
    edges = sorted(
        {0, len(text), *(edge for entity in entities for edge in (entity.start, min(entity.end, len(text))))}
    )
    waiting, open_now = list(reversed(entities)), list[_Entity]()
    for start, end in pairwise(edges):
        while waiting and waiting[-1].start <= start:
            open_now.append(waiting.pop())
        open_now = [entity for entity in open_now if entity.end > start]
        yield _stretch(tidy_text(text[start:end]), open_now)


def _stretch(text: str, entities: list[_Entity]) -> _Stretch:
    quote = next((entity.start + 1 for entity in entities if entity.type in _QUOTES), 0)
    pre = next((entity for entity in entities if entity.type == "pre"), None)
    if pre:
        language = pre.value if _LANGUAGE.fullmatch(pre.value) else ""
        return _Stretch(Run(text), quote, pre.start + 1, language)
    styles = frozenset(_STYLES[entity.type] for entity in entities if entity.type in _STYLES)
    if Style.CODE in styles:
        return _Stretch(Run(text, frozenset({Style.CODE})), quote)
    return _Stretch(Run(text, styles, _link(entities)), quote)


def _link(entities: list[_Entity]) -> str:
    address = next((entity.value for entity in entities if entity.type in {"text_link", "url"}), "")
    return address if address.partition(":")[0].lower() in {"http", "https", "mailto", "tel"} else ""


def _blocks(stretches: list[_Stretch]) -> Iterator[Block]:
    for number, inside in groupby(stretches, key=lambda stretch: stretch.pre):
        group = list(inside)
        if number:
            code = tidy_code("".join(stretch.run.text for stretch in group))
            if code:
                yield Code(code, group[0].language)
            continue
        for paragraph in _paragraphs(stretch.run for stretch in group):
            runs = normal(paragraph)
            if runs:
                yield Paragraph(runs)


def _paragraphs(runs: Iterator[Run]) -> Iterator[list[Run]]:
    """The runs parted at empty lines, wherever the styles change around them."""
    paragraph: list[Run] = []
    for line_end, words in _lines(runs):
        if not text_of(words).strip():
            yield paragraph
            paragraph = []
            continue
        if paragraph:
            paragraph.append(line_end)
        paragraph.extend(words)
    yield paragraph


def _lines(runs: Iterator[Run]) -> Iterator[tuple[Run, list[Run]]]:
    """Each line's runs, with the line end before it, which may be styled itself."""
    line_end, words = Run("\n"), list[Run]()
    for run in runs:
        for number, line in enumerate(run.text.split("\n")):
            if number:
                yield line_end, words
                line_end, words = replace(run, text="\n"), []
            if line:
                words.extend(_linked(replace(run, text=line)))
    yield line_end, words


def _linked(run: Run) -> Iterator[Run]:
    """The run with web addresses in it as links, so that no character of theirs is taken for markup."""
    if run.link or Style.CODE in run.styles:
        yield run
        return
    at = 0
    for found in _ADDRESS.finditer(run.text):
        before = run.text[found.start() - 1 : found.start()]
        address = found[0].rstrip(_TRAILING)
        if before.isalnum() or len(address) <= len("https://") - (not address.lower().startswith("https")):
            continue
        if found.start() > at:
            yield replace(run, text=run.text[at : found.start()])
        link = address if "://" in address[:8] else f"http://{address}"
        yield replace(run, text=address, link=link)
        at = found.start() + len(address)
    if at < len(run.text):
        yield replace(run, text=run.text[at:])
