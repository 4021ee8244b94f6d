"""RichText as chats without lists show it: one piece after another, each plain text, a quotation or code."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

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
    """Plain text, or a block of code (`is_code`); pieces of one quotation share its number, others have 0."""

    runs: Runs
    is_code: bool = False
    language: str = ""
    quote: int = 0

    @property
    def framed(self) -> bool:
        return self.is_code or self.quote > 0


def flatten(rich: RichText) -> list[Piece]:
    """The pieces of a message, in order."""
    pieces = (piece for number, block in enumerate(rich, 1) for piece in _pieces(block, number))
    return [piece for piece in pieces if piece.runs]


def between(piece: Piece, following: Piece) -> str:
    """What parts two pieces: a frame shows its own edge, text needs an empty line."""
    return "\n" if piece.framed or following.framed else "\n\n"


def _pieces(block: Block, number: int) -> Iterator[Piece]:
    match block:
        case Code():
            yield _code(block)
        case Quote(blocks):
            for is_code, inside in groupby(_unquoted(blocks), key=lambda inner: isinstance(inner, Code)):
                if is_code:
                    yield from (replace(_code(inner), quote=number) for inner in inside if isinstance(inner, Code))
                else:
                    yield Piece(normal(joined(tuple(inside))), quote=number)
        case _:
            yield Piece(normal(_runs(block)))


def _code(block: Code) -> Piece:
    return Piece((Run(block.text),) if block.text.strip() else (), True, block.language)


def _unquoted(blocks: RichText) -> Iterator[Block]:
    """The blocks of a quotation; one inside another is not told apart."""
    for block in blocks:
        if isinstance(block, Quote):
            yield from _unquoted(block.blocks)
        else:
            yield block


def joined(blocks: RichText) -> Iterator[Run]:
    """The words of blocks where no frame can stand."""
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
            yield from joined(blocks)
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
