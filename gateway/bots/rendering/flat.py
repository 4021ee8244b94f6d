"""RichText as chats without lists show it: one piece after another, each plain text, a quotation or code."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

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
    Runs,
    Style,
    normal,
)

BULLET = "•"
RULE = "— — —"
_CODE = frozenset({Style.CODE})


@dataclass(frozen=True, slots=True)
class Piece:
    """Runs in one frame: `text`, `quote` or `pre`."""

    runs: Runs
    frame: str = "text"
    language: str = ""

    @property
    def framed(self) -> bool:
        return self.frame != "text"


def flatten(rich: RichText) -> list[Piece]:
    """The pieces of a message, in order."""
    pieces = (_piece(block) for block in rich)
    return [piece for piece in pieces if piece.runs]


def between(piece: Piece, following: Piece) -> str:
    """What parts two pieces: a frame shows its own edge, text needs an empty line."""
    return "\n" if piece.framed or following.framed else "\n\n"


def _piece(block: Block) -> Piece:
    match block:
        case Code(text, language):
            return Piece((Run(text),) if text.strip() else (), "pre", language)
        case Quote(blocks):
            return Piece(normal(_joined(blocks)), "quote")
        case _:
            return Piece(normal(_runs(block)))


def _joined(blocks: RichText) -> Iterator[Run]:
    for number, block in enumerate(blocks):
        if number:
            yield Run("\n\n")
        yield from _runs(block)


def _runs(block: Block) -> Iterator[Run]:
    match block:
        case Paragraph(runs):
            yield from runs
        case Heading(runs, _):
            yield from (replace(run, styles=run.styles | {Style.BOLD}) for run in runs)
        case Code(text, _):
            yield from _lines_of_code(text)
        case Rule():
            yield Run(RULE)
        case Quote(blocks):
            yield from _joined(blocks)
        case List():
            yield from _list(block, "")


def _lines_of_code(text: str) -> Iterator[Run]:
    """Code where no frame can stand; an empty line in it would part it into paragraphs."""
    for number, line in enumerate(line for line in text.split("\n") if line.strip()):
        if number:
            yield Run("\n")
        yield Run(line, _CODE)


def _list(block: List, indent: str) -> Iterator[Run]:
    for number, item in enumerate(block.items):
        if number:
            yield Run("\n")
        mark = f"{block.start + number}. " if block.ordered else f"{BULLET} "
        yield Run(indent + mark)
        deeper = indent + "  "
        for at, part in enumerate(item):
            if at:
                yield Run("\n")
            if isinstance(part, List):
                yield from _list(part, deeper)
            else:
                yield from _indented(part, deeper, first=at == 0)


def _indented(block: Block, indent: str, *, first: bool) -> Iterator[Run]:
    if not first:
        yield Run(indent)
    for run in _runs(block):
        yield replace(run, text=run.text.replace("\n\n", "\n").replace("\n", "\n" + indent))
