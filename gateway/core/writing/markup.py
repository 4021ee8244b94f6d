"""Reading sanitised HTML: a flat run of tokens, and the plain text of it.

What nh3 wrote is regular enough to be read without a tree: `<`, `>` and `&` are escaped in text, every attribute is
quoted, every element is closed. Anything else is still read without an error, only less well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

VOID = frozenset({"area", "br", "col", "hr", "img", "source", "wbr"})
PARAGRAPHS = frozenset(
    {"p", "div", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "figure", "figcaption"}
    | {"section", "details", "summary", "hr", "dl", "dt", "dd"}
)
LINES = frozenset({"br", "li", "tr"})

# Every alternative starts with another character, so that nothing is tried twice.
_TAG = re.compile(r'<(/?)([A-Za-z][A-Za-z0-9]*)([^"<>]*(?:"[^"]*"[^"<>]*)*)>')
_ATTRIBUTE = re.compile(r'([^\s"=<>/]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of HTML as written: text when `name` is empty, else the start or the end of an element."""

    raw: str
    name: str = ""
    closing: bool = False

    @property
    def text(self) -> str:
        return unescape(self.raw)

    @property
    def attributes(self) -> dict[str, str]:
        return {name.lower(): unescape(value) for name, value in _ATTRIBUTE.findall(self.raw)}


def tokens(html: str) -> Iterator[Token]:
    """Yield the tokens of sanitised HTML; their `raw` parts joined are the input."""
    at = 0
    while at < len(html):
        start = html.find("<", at)
        if start < 0:
            yield Token(html[at:])
            return
        if start > at:
            yield Token(html[at:start])
        tag = _TAG.match(html, start)
        if tag is None:  # not ours: a stray bracket is text
            yield Token(html[start])
            at = start + 1
            continue
        yield Token(tag[0], tag[2].lower(), tag[1] == "/")
        at = tag.end()


def plain(html: str) -> str:
    """The words of sanitised HTML without markup: paragraphs parted by an empty line, white space folded."""
    pieces: list[str] = []
    verbatim = 0
    for token in tokens(html):
        if not token.name:
            pieces.append(token.text if verbatim else fold(token.text))
            continue
        if token.name == "pre":
            verbatim = max(0, verbatim + (-1 if token.closing else 1))
        pieces.append(_break_of(token))
    return _tidy("".join(pieces))


def fold(text: str) -> str:
    """The text with every run of white space made one space, as a browser shows it; no-break spaces stay."""
    return _WHITE.sub(" ", text)


_WHITE = re.compile(r"[ \t\r\n\f]+")


def _break_of(token: Token) -> str:
    if token.name in PARAGRAPHS:
        return "\n\n"
    if token.name in LINES and (token.closing or token.name == "br"):
        return "\n"
    return " " if token.name in {"td", "th"} and token.closing else ""


def _tidy(text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        kept = line.strip(" \t")
        if kept or (lines and lines[-1]):
            lines.append(kept)
    return "\n".join(lines).strip("\n")
