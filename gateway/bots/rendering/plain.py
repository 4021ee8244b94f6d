"""Markdown to plain text, for consoles and wherever nothing can be styled."""

from gateway.bots.rendering.flat import Piece, between, flatten
from gateway.bots.rendering.reading import read_markdown
from gateway.bots.rendering.rich import Run


def to_plain(markdown: str) -> str:
    """The words, quotations marked by `> `, addresses in brackets behind what they are linked from."""
    pieces = flatten(read_markdown(markdown))
    parts: list[str] = []
    for number, piece in enumerate(pieces):
        if number:
            parts.append(between(pieces[number - 1], piece))
        parts.append(_said(piece))
    return "".join(parts)


def _said(piece: Piece) -> str:
    text = "".join(map(_word, piece.runs))
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n")) if piece.quote else text


def _word(run: Run) -> str:
    return f"{run.text} ({run.link})" if run.link and not run.bare else run.text
