"""A Slack message to Markdown: its rich_text blocks when it has them, else its mrkdwn text.

Source: Slack's reference, "Rich text" and "Formatting text for app surfaces". What comes in names people by id;
`name_of` gives what to call them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import unescape
from itertools import groupby
from typing import Any

from gateway.bots.rendering.rich import (
    Block,
    Code,
    List,
    Paragraph,
    Quote,
    RichText,
    Run,
    Runs,
    Style,
    normal,
    text_of,
    tidy_code,
    tidy_text,
)
from gateway.bots.rendering.writing import to_markdown

DEEPEST = 12
_EVERYBODY = "everybody"  # `@channel` here could be a member's handle there
NameOf = Callable[[str], str]
_STYLES = {
    "bold": Style.BOLD,
    "italic": Style.ITALIC,
    "strike": Style.STRIKE,
    "underline": Style.UNDERLINE,
    "code": Style.CODE,
}
_SCHEMES = ("http://", "https://", "mailto:", "tel:")
_MARKS = {"*": Style.BOLD, "_": Style.ITALIC, "~": Style.STRIKE}
_ANGLES = re.compile(r"<([^<>\n]*)>")


def from_slack(blocks: Sequence[Mapping[str, Any]] | None, text: str, *, name_of: NameOf | None = None) -> str:
    """Markdown of a Slack message. Never raises; what it does not know becomes its text or nothing."""
    names = name_of or _nobody
    elements = [
        element
        for block in blocks or ()
        if isinstance(block, Mapping) and block.get("type") == "rich_text"
        for element in _mappings(block.get("elements"))
    ]
    return to_markdown(_rich(elements, names) if elements else _mrkdwn(text, names))


def _nobody(identifier: str) -> str:
    return ""


def _person(identifier: str, names: NameOf) -> str:
    """A person or group; without a name, a word that is nobody's handle."""
    name = names(identifier).lstrip("@")
    return f"@{name}" if name else "somebody"


def _channel(identifier: str, names: NameOf) -> str:
    name = names(identifier).lstrip("#")
    return f"#{name}" if name else "a channel"


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def _rich(elements: list[Mapping[str, Any]], names: NameOf) -> RichText:
    blocks: list[Block] = []
    for is_list, group in groupby(elements, key=lambda element: element.get("type") == "rich_text_list"):
        if is_list:
            blocks += _lists(list(group), names, 0)
            continue
        for element in group:
            blocks += _block(element, names)
    return tuple(blocks)


def _block(element: Mapping[str, Any], names: NameOf) -> Iterator[Block]:
    runs = [_run(part, names) for part in _mappings(element.get("elements"))]
    match element.get("type"):
        case "rich_text_section":
            yield from _paragraphs(runs)
        case "rich_text_quote":
            quoted = tuple(_paragraphs(runs))
            if quoted:
                yield Quote(quoted)
        case "rich_text_preformatted":
            code = tidy_code(text_of(runs))
            if code:
                yield Code(code)


def _lists(elements: list[Mapping[str, Any]], names: NameOf, depth: int) -> list[Block]:
    """Slack's flat lists as nested ones: a deeper indent belongs to the item before it."""
    blocks: list[Block] = []
    at = 0
    while at < len(elements):
        indent = _number(elements[at].get("indent"))
        end = at + 1
        while end < len(elements) and _number(elements[end].get("indent")) > indent:
            end += 1
        found = _list(elements[at], names)
        deeper = _lists(elements[at + 1 : end], names, depth + 1) if depth < DEEPEST else []
        if found and deeper:
            found = List((*found.items[:-1], (*found.items[-1], *deeper)), found.ordered, found.start)
        last = blocks[-1] if blocks else None
        if found and isinstance(last, List) and _goes_on(last, found):
            blocks[-1] = List(last.items + found.items, last.ordered, last.start)
        else:
            blocks += [found] if found else deeper
        at = end
    return blocks


def _goes_on(last: List, found: List) -> bool:
    """Is it the same list, interrupted by a nested one?"""
    if last.ordered != found.ordered:
        return False
    return (
        found.start == last.start + len(last.items)
        if last.ordered
        else any(isinstance(part, List) for part in last.items[-1])
    )


def _list(element: Mapping[str, Any], names: NameOf) -> List | None:
    items = []
    for section in _mappings(element.get("elements")):
        runs = [_run(part, names) for part in _mappings(section.get("elements"))]
        item = tuple(_paragraphs(runs))
        if item:
            items.append(item)
    ordered = element.get("style") == "ordered"
    return List(tuple(items), ordered, _number(element.get("offset")) + 1 if ordered else 1) if items else None


def _number(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 1_000_000 else 0


def _paragraphs(runs: Sequence[Run]) -> Iterator[Block]:
    """Paragraphs, parted at empty lines."""
    parts: list[list[Run]] = [[]]
    for run in normal(runs):
        for number, text in enumerate(run.text.split("\n\n")):
            if number:
                parts.append([])
            parts[-1].append(Run(text, run.styles, run.link))
    for part in parts:
        words = normal(part)
        if words:
            yield Paragraph(words)


def _run(part: Mapping[str, Any], names: NameOf) -> Run:
    style = part.get("style")
    styles = frozenset(
        known for name, known in _STYLES.items() if isinstance(style, Mapping) and style.get(name) is True
    )
    if part.get("type") == "link":
        url = _string(part, "url")
        return Run(
            tidy_text(_string(part, "text") or url.removeprefix("mailto:")),
            styles,
            url if url.lower().startswith(_SCHEMES) else "",
        )
    return Run(tidy_text(_said(part, names)), styles)


def _said(part: Mapping[str, Any], names: NameOf) -> str:
    match part.get("type"):
        case "text":
            return _string(part, "text")
        case "emoji":
            return _emoji(part)
        case "user":
            return _person(_string(part, "user_id"), names)
        case "usergroup":
            return _person(_string(part, "usergroup_id"), names)
        case "channel":
            return _channel(_string(part, "channel_id"), names)
        case "broadcast":
            return _EVERYBODY
        case "date":
            return _string(part, "fallback")
        case "color":
            return _string(part, "value")
    return ""


def _string(part: Mapping[str, Any], key: str) -> str:
    value = part.get(key)
    return value if isinstance(value, str) else ""


def _emoji(part: Mapping[str, Any]) -> str:
    codes = _string(part, "unicode").split("-")
    try:
        return "".join(chr(int(code, 16)) for code in codes)
    except (ValueError, OverflowError):
        name = _string(part, "name")
        return f":{name}:" if name else ""


def _mrkdwn(text: str, names: NameOf) -> RichText:
    """The older form: `*bold*`, `_italic_`, `~strike~`, code in backticks, `>` quotations, `<…>` for all else."""
    blocks: list[Block] = []
    for number, part in enumerate(tidy_text(text).split("```")):
        if number % 2:
            code = tidy_code(_plainly(part, names))
            blocks += [Code(code)] if code else []
            continue
        for quoted, lines in groupby(part.split("\n"), key=lambda line: line.startswith("&gt;")):
            kept = [line.removeprefix("&gt;").removeprefix(" ") if quoted else line for line in lines]
            paragraphs = tuple(_paragraphs(list(_styled("\n".join(kept), names))))
            if quoted and paragraphs:
                blocks.append(Quote(paragraphs))
            else:
                blocks += paragraphs
    return tuple(blocks)


def _styled(text: str, names: NameOf) -> Iterator[Run]:
    """The runs of mrkdwn: a mark opens before a word and closes after one, on the same line."""
    for line_number, line in enumerate(text.split("\n")):
        if line_number:
            yield Run("\n")
        yield from _line(line, names)


def _line(line: str, names: NameOf) -> Runs:
    runs: list[Run] = []
    styles: frozenset[Style] = frozenset()
    start = at = 0
    closers = _closers(line)
    closing = frozenset(closers.values())
    while at < len(line):
        end = closers.get(at)
        character = line[at]
        if end is None and not (character in _MARKS and at in closing and _MARKS[character] in styles):
            at += 1
            continue
        runs += _angled(line[start:at], styles, names)
        if character == "`" and end is not None:
            runs.append(Run(_plainly(line[at + 1 : end], names), frozenset({Style.CODE})))
            at = start = end + 1
            continue
        styles = styles ^ {_MARKS[character]}
        at = start = at + 1
    return (*runs, *_angled(line[start:], styles, names))


def _closers(line: str) -> dict[int, int]:
    """For each mark that opens something, where it closes; found in one pass, code first, nothing inside it."""
    pairs: dict[int, int] = {}
    waiting: dict[str, int] = {}
    inside = ""
    for at, character in enumerate(line):
        if inside:
            inside = (
                ""
                if (inside == "`" and pairs.get(waiting["`"]) == at) or (inside == "<" and character == ">")
                else inside
            )
        elif character == "<":
            inside = "<"
        elif character == "`":
            end = line.find("`", at + 1)
            if end > at + 1:
                pairs[at], waiting["`"], inside = end, at, "`"
        elif character in _MARKS:
            before, after = line[at - 1 : at] if at else "", line[at + 1 : at + 2]
            opened = waiting.get(character)
            if opened is not None and at > opened + 1 and not before.isspace() and not after.isalnum():
                pairs[waiting.pop(character)] = at
            elif after and not after.isspace() and not before.isalnum():
                waiting[character] = at
    return pairs


def _angled(text: str, styles: frozenset[Style], names: NameOf) -> Iterator[Run]:
    at = 0
    for found in _ANGLES.finditer(text):
        yield Run(unescape(text[at : found.start()]), styles)
        said, link = _named(found[1], names)
        yield Run(said, styles, link)
        at = found.end()
    yield Run(unescape(text[at:]), styles)


def _plainly(text: str, names: NameOf) -> str:
    return "".join(run.text for run in _angled(text, frozenset(), names))


def _named(inside: str, names: NameOf) -> tuple[str, str]:
    """What a `<…>` says, and where it leads."""
    target, _, label = inside.partition("|")
    label = unescape(label)
    if target.startswith("@"):
        return _person(target[1:], names), ""
    if target.startswith("#"):
        return f"#{label.lstrip('#')}" if label else _channel(target[1:], names), ""
    if target.startswith("!"):
        return _special(target[1:], label, names), ""
    address = unescape(target)
    link = address if address.lower().startswith(_SCHEMES) else ""
    return label or address.removeprefix("mailto:"), link


def _special(command: str, label: str, names: NameOf) -> str:
    if command.startswith("subteam^"):
        return _person(command[8:], names)
    return label if command.startswith("date^") else _EVERYBODY
