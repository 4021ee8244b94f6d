"""Markdown to Telegram's text and entities, and back; offsets count UTF-16 units.

Source: Bot API, "MessageEntity" and "Formatting options", and TDLib's `fix_formatted_text`, which changes what it gets:
tabs become spaces, and some signs go. Here they do so before offsets are counted. Code can hold no other style there and a
link no code, so code gives up its other styles, and a link its code. What Telegram takes for no link (mail, telephone,
hosts without a dot) is spelled out in brackets: with one such link it would refuse the whole message.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.bots.capabilities import TELEGRAM
from gateway.bots.rendering.addresses import web_address
from gateway.bots.rendering.flat import Piece, between, flatten
from gateway.bots.rendering.names import defused_runs
from gateway.bots.rendering.reading import read_markdown
from gateway.bots.rendering.rich import Run, Runs, Span, Style, nest, normal, shows, tidy_code

MOST_ENTITIES = 100
_TAB = 4
_REMOVED = dict.fromkeys((0x030A, 0x0333, 0x033F, *range(0x2028, 0x202F)))  # by TDLib's `clean_input_string`


@dataclass(frozen=True, slots=True)
class TelegramText:
    """One message's `text` and `entities`, ready for the Bot API."""

    text: str
    entities: tuple[Mapping[str, Any], ...] = ()


def to_telegram(
    markdown: str, limit: int = TELEGRAM.text, *, mention_url: Callable[[str], str | None] | None = None
) -> list[TelegramText]:
    """The messages that show this Markdown, each within `limit` UTF-16 units and 100 entities; none for no words.

    Long text is parted between paragraphs, then lines, then words, and inside an entity only when nothing else is left.
    No name in it notifies anybody.
    """
    pieces = [replace(piece, runs=_telegram_runs(piece)) for piece in flatten(read_markdown(markdown, mention_url))]
    messages = [_build(message) for message in _messages([piece for piece in pieces if piece.runs], limit)]
    return [message for message in messages if shows(message.text)]


def _telegram_runs(piece: Piece) -> Runs:
    if piece.is_code:
        code = tidy_code("".join(_kept(run.text.expandtabs(_TAB)) for run in piece.runs))
        return (Run(code),) if code else ()
    return defused_runs(normal(part for run in piece.runs for part in _telegram_run(run)))


def _telegram_run(run: Run) -> Iterator[Run]:
    address = "" if run.bare else web_address(run.link)
    styles = run.styles - {Style.CODE} if address else run.styles
    styles = frozenset({Style.CODE}) if Style.CODE in styles else styles
    yield Run(_kept(run.text), styles, address)
    if run.link and not address and not run.bare:
        spelled = run.link.removeprefix("mailto:").removeprefix("tel:")
        yield Run(f" ({_kept(spelled)})", styles - {Style.CODE})


def _kept(text: str) -> str:
    """What TDLib leaves of a text. The ring above, which it takes away, survives in the letters that are made with it."""
    composed = unicodedata.normalize("NFC", text) if "\u030a" in text else text
    return composed.replace("\t", " ").translate(_REMOVED)


def _messages(pieces: list[Piece], limit: int) -> Iterator[list[Piece]]:
    waiting, message, used, entities = list(reversed(pieces)), list[Piece](), 0, 0
    while waiting:
        piece = waiting.pop()
        gap = len(between(message[-1], piece)) if message else 0
        size, count = _size(piece), _count(piece)
        if used + gap + size <= limit and (entities + count <= MOST_ENTITIES or not message):
            if count > MOST_ENTITIES:
                head, tail = _halves(piece)
                waiting += [tail, head]
                continue
            message.append(piece)
            used, entities = used + gap + size, entities + count
        elif message and used + gap > limit // 2:
            yield message
            waiting.append(piece)
            message, used, entities = [], 0, 0
        elif size > limit - used - gap > 0:
            head, tail = _cut(piece, limit - used - gap)
            waiting += [part for part in (tail, head) if part.runs]
        else:
            yield message
            waiting.append(piece)
            message, used, entities = [], 0, 0
    if message:
        yield message


def units(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def _size(piece: Piece) -> int:
    return sum(units(run.text) for run in piece.runs)


def _count(piece: Piece) -> int:
    return len(_entities(piece, 0)) + (piece.quote > 0)


def _halves(piece: Piece) -> tuple[Piece, Piece]:
    """The piece parted between two runs in its middle; it has many."""
    middle = len(piece.runs) // 2
    return _with(piece, piece.runs[:middle]), _with(piece, piece.runs[middle:])


def _cut(piece: Piece, room: int) -> tuple[Piece, Piece]:
    """The piece in two, the first of at most `room` units."""
    text = "".join(run.text for run in piece.runs)
    place = _place(text, piece, room)
    head: list[Run] = []
    tail: list[Run] = []
    at = 0
    for run in piece.runs:
        here = min(max(place - at, 0), len(run.text))
        head.append(replace(run, text=run.text[:here]))
        tail.append(replace(run, text=run.text[here:]))
        at += len(run.text)
    return _with(piece, tuple(run for run in head if run.text)), _with(piece, tuple(run for run in tail if run.text))


def _with(piece: Piece, runs: Runs) -> Piece:
    if not piece.is_code:
        return replace(piece, runs=_stripped(runs))
    text = tidy_code("".join(run.text for run in runs))
    return replace(piece, runs=(Run(text),) if text else ())


def _stripped(runs: Runs) -> Runs:
    """The runs without white space at either end; they are in normal form but for that."""
    first, last = 0, len(runs)
    while first < last and not runs[first].text.strip():
        first += 1
    while last > first and not runs[last - 1].text.strip():
        last -= 1
    kept = list(runs[first:last])
    if kept:
        kept[0] = replace(kept[0], text=kept[0].text.lstrip())
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip())
    return tuple(kept)


def _place(text: str, piece: Piece, room: int) -> int:
    """Where to cut: after the best kind of white space in the second half of what fits."""
    furthest = used = 0
    for character in text:
        used += 1 + (character > "\uffff")
        if used > room:
            break
        furthest += 1
    lowest = furthest // 2
    plain = _unstyled(piece, lowest, furthest)
    for wanted, open_only in (("\n", True), (" ", True), ("\n", False), (" ", False)):
        for place in range(furthest, lowest, -1):
            if text[place - 1 : place] == wanted and (plain[place - 1 - lowest] or not open_only):
                return place
    while furthest > max(1, lowest) and _clings(text, furthest):
        furthest -= 1
    return max(1, furthest)


def _unstyled(piece: Piece, start: int, end: int) -> list[bool]:
    """For each character of the stretch, whether it stands outside every entity."""
    flags: list[bool] = []
    for run in piece.runs:
        if len(flags) >= end:
            break
        flags.extend([not run.styles and not run.link and not piece.framed] * min(len(run.text), end))
    return flags[start:end]


def _clings(text: str, place: int) -> bool:
    """Would a cut here tear a letter from its accent or an emoji apart?"""
    after, before = text[place : place + 1], text[place - 1 : place]
    joined = "\u200d\ufe0f\u20e3"
    return bool(after) and (
        after in joined
        or before == "\u200d"
        or unicodedata.combining(after) != 0
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or "\U0001f1e6" <= after <= "\U0001f1ff"
    )


def _build(pieces: Sequence[Piece]) -> TelegramText:
    text: list[str] = []
    entities: list[Mapping[str, Any]] = []
    quotes: dict[int, dict[str, Any]] = {}
    offset = 0
    for number, piece in enumerate(pieces):
        if number:
            gap = between(pieces[number - 1], piece)
            text.append(gap)
            offset += len(gap)
        if piece.quote:
            quote = quotes.get(piece.quote) or {"type": "blockquote", "offset": offset}
            entities += [] if piece.quote in quotes else [quote]
            quotes[piece.quote] = quote
            quote["length"] = offset + _size(piece) - quote["offset"]
        entities += _entities(piece, offset)
        text += [run.text for run in piece.runs]
        offset += _size(piece)
    return TelegramText("".join(text), tuple(entities))


def _entities(piece: Piece, offset: int) -> list[Mapping[str, Any]]:
    if piece.is_code:
        frame: dict[str, Any] = {"type": "pre", "offset": offset, "length": _size(piece)}
        return [frame | ({"language": piece.language} if piece.language else {})]
    counter = _Counter(offset)
    counter.count(nest(piece.runs))
    return list(counter.found)


@dataclass(slots=True)
class _Counter:
    """Walks spans, knowing the offset it has reached; outer entities come before inner ones."""

    offset: int
    found: list[dict[str, Any]] = field(default_factory=list)

    def count(self, spans: tuple[Span | str, ...]) -> None:
        for span in spans:
            if isinstance(span, str):
                self.offset += units(span)
                continue
            entity: dict[str, Any] = {"type": str(span.look), "offset": self.offset, "length": 0}
            if not isinstance(span.look, Style):
                entity |= {"type": "text_link", "url": span.look}
            self.found.append(entity)
            self.count(span.inside)
            entity["length"] = self.offset - entity["offset"]
