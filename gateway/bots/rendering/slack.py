"""Markdown to Slack's rich_text block and its fallback text.

Text in a rich_text block is only text: it can name nobody, whatever it says. The fallback is mrkdwn, where `<!channel>`
and `<@U1>` would notify, so `&`, `<` and `>` are escaped and names defused. Underline and spoilers are lost in Slack.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.bots.rendering.flat import RULE, flatten, joined
from gateway.bots.rendering.names import defused
from gateway.bots.rendering.reading import read_markdown
from gateway.bots.rendering.rich import (
    Block,
    Code,
    Heading,
    List,
    Paragraph,
    Quote,
    RichText,
    Rule,
    Run,
    Style,
    normal,
    text_of,
)

TEXT_LIMIT = 12_000  # of one message's blocks, in characters
FALLBACK_LIMIT = 3_000
DEEPEST = 8
_STYLES = {Style.BOLD: "bold", Style.ITALIC: "italic", Style.STRIKE: "strike", Style.CODE: "code"}
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class SlackText:
    """One message's `blocks`, and the `text` shown in notifications and where blocks cannot be."""

    blocks: tuple[Mapping[str, Any], ...]
    text: str


def to_slack(
    markdown: str, limit: int = TEXT_LIMIT, *, mention_url: Callable[[str], str | None] | None = None
) -> SlackText:
    """The message that shows this Markdown, cut with an ellipsis after `limit` characters; no blocks for no words."""
    rich = read_markdown(markdown, mention_url)
    elements = list(_within(_elements(rich), limit))
    text = "\n".join(text_of(piece.runs) for piece in flatten(rich))
    fallback = text if len(text) <= FALLBACK_LIMIT else text[: FALLBACK_LIMIT - 1] + _ELLIPSIS
    blocks = ({"type": "rich_text", "elements": elements},) if elements else ()
    return SlackText(blocks, escape_mrkdwn(fallback))


def escape_mrkdwn(text: str) -> str:
    """Plain text as mrkdwn that says the same and names nobody."""
    return defused(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _elements(rich: RichText) -> Iterator[dict[str, Any]]:
    """Slack's elements; paragraphs that follow one another share a section, parted by an empty line."""
    section: list[Run] = []
    for block in rich:
        if isinstance(block, Paragraph | Heading | Rule):
            section += [Run("\n\n")] if section else []
            section += _words(block)
            continue
        if section:
            yield {"type": "rich_text_section", "elements": _inline(section)}
            section = []
        yield from _framed(block, 0)
    if section:
        yield {"type": "rich_text_section", "elements": _inline(section)}


def _words(block: Paragraph | Heading | Rule) -> list[Run]:
    if isinstance(block, Rule):
        return [Run(RULE)]
    if isinstance(block, Heading):
        return [replace(run, styles=run.styles | {Style.BOLD}) for run in block.runs]
    return list(block.runs)


def _framed(block: Block, indent: int) -> Iterator[dict[str, Any]]:
    match block:
        case Code(text, _):
            yield {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
        case Quote():
            runs = list(joined((block,)))
            if runs:
                yield {"type": "rich_text_quote", "elements": _inline(runs)}
        case List():
            yield from _list(block, indent)


def _list(block: List, indent: int) -> Iterator[dict[str, Any]]:
    """A list as Slack has it: flat, nested ones as further lists with a deeper indent."""
    sections: list[dict[str, Any]] = []
    offset = block.start - 1 if block.ordered else 0
    for item in block.items:
        nested = [part for part in item if isinstance(part, List)]
        words = _inline(list(_lines(tuple(part for part in item if not isinstance(part, List)))))
        if words:
            sections.append({"type": "rich_text_section", "elements": words})
        if nested and sections:
            yield _list_element(block, indent, offset, sections)
            offset += len(sections) if block.ordered else 0
            sections = []
        for part in nested:  # an item without words adds no depth
            yield from _list(part, min(indent + 1, DEEPEST) if words else indent)
    if sections:
        yield _list_element(block, indent, offset, sections)


def _lines(blocks: RichText) -> Iterator[Run]:
    """The words of one item, its paragraphs as lines."""
    yield from (replace(run, text=run.text.replace("\n\n", "\n")) for run in joined(blocks))


def _list_element(block: List, indent: int, offset: int, sections: list[dict[str, Any]]) -> dict[str, Any]:
    style = "ordered" if block.ordered else "bullet"
    element = {"type": "rich_text_list", "style": style, "indent": indent, "elements": sections}
    return element | {"offset": offset} if offset > 0 else element


def _inline(runs: Sequence[Run]) -> list[dict[str, Any]]:
    known = frozenset(_STYLES)
    return [_part(run) for run in normal(replace(run, styles=run.styles & known) for run in runs)]


def _part(run: Run) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "text", "text": run.text}
    if run.link:
        part = {"type": "link", "url": run.link, "text": run.text}
    if run.styles:
        part["style"] = {_STYLES[style]: True for style in sorted(run.styles)}
    return part


def _within(elements: Iterator[dict[str, Any]], limit: int) -> Iterator[dict[str, Any]]:
    """The elements up to a number of characters, the last one cut."""
    room = _Room(limit)
    for element in elements:
        fitting = room.take(element)
        if fitting is not None:
            yield fitting
        if room.left <= 0:
            return


@dataclass(slots=True)
class _Room:
    """How many characters may still be shown."""

    left: int

    def take(self, element: dict[str, Any]) -> dict[str, Any] | None:
        if self.left <= 0:
            return None
        if "elements" in element:
            parts = [part for inner in element["elements"] if (part := self.take(inner)) is not None]
            return element | {"elements": parts} if parts else None
        text = element["text"]
        if len(text) > self.left:
            element = element | {"text": text[: self.left].rstrip() + _ELLIPSIS}
        self.left -= len(text)
        return element
