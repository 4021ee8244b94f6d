"""A post's safe HTML as text that reads well in a mail: wrapped paragraphs, `> ` for quotations, links in angle brackets, notes as `[1]`.

What is struck out stays between `~~`: without a mark it would say the opposite.
"""

import textwrap
from dataclasses import dataclass, field

from gateway.core.words import t
from gateway.core.writing.markup import Token, fold, tokens

WIDTH = 72  # columns
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | {
    *("p", "div", "blockquote", "pre", "ul", "ol", "li", "table", "tr", "figure", "figcaption", "section", "hr"),
    *("details", "summary", "dl", "dt", "dd", "caption"),
}


def plain_text(html: str) -> str:
    """The text of sanitised HTML, without a line end at its end. Never raises."""
    page = _Page()
    for token in tokens(html):
        if not token.name:
            page.words(token.text)
        elif token.name in _BLOCKS:
            page.block(token)
        else:
            page.inline(token)
    page.flush()
    return "\n".join(page.lines).strip("\n")


@dataclass(slots=True)
class _Indent:
    """What stands before the lines of an open quotation or list item: the first one, the others."""

    element: str
    first: str
    rest: str
    quotes: bool = False  # a quotation that has begun: empty lines in it are marked too


@dataclass(slots=True)
class _Page:
    lines: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    indents: list[_Indent] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)  # the next number of each open list; 0 for bullets
    links: list[tuple[str | None, int]] = field(
        default_factory=list
    )  # None: the way back from a note, which leads nowhere here
    verbatim: bool = False
    tight: bool = False  # the next line follows without an empty one
    fresh: bool = False  # a list or table has begun and has no line yet
    notes: bool = False  # among the footnotes, whose numbers are as in the text
    reference: bool = False  # within the number of a footnote

    def words(self, text: str) -> None:
        self.pieces.append(text if self.verbatim else fold(text))

    def block(self, token: Token) -> None:
        name = token.name
        self.flush()
        if name == "pre":
            self.verbatim = not token.closing
        elif name in {"ul", "ol"}:
            self._list(token)
        elif name in {"li", "blockquote", "dd"}:
            self._indent(token)
        elif name == "section":
            self.notes = not token.closing and token.attributes.get("class") == "footnotes"
        elif name == "hr":
            self.pieces.append("* * *")
            self.flush()
        self.tight = self._continues(token)

    def inline(self, token: Token) -> None:
        match token.name:
            case "br":
                self.pieces.append("\n")
            case "a":
                self._link(token)
            case "img":
                self._picture(token.attributes)
            case "td" | "th" if token.closing:
                self.pieces.append("  ")
            case "sup":
                self._reference(token)
            case "del" | "s":
                self.pieces.append("~~")
            case "code" | "kbd" if not self.verbatim:
                self.pieces.append("`")

    def flush(self) -> None:
        """Ends the paragraph that is being gathered."""
        text, self.pieces = "".join(self.pieces), []
        if not text.strip():
            return
        if self.lines and not self.tight:
            self.lines.append("".join(indent.rest for indent in self.indents if indent.quotes).rstrip())
        self.tight = False
        for line in text.strip("\n").split("\n"):
            self._line(line)

    def _line(self, line: str) -> None:
        first = "".join(indent.first for indent in self.indents)
        rest = "".join(indent.rest for indent in self.indents)
        for indent in self.indents:
            indent.first, indent.quotes = indent.rest, indent.element == "blockquote"
        if self.verbatim:
            self.lines.append(f"{first}    {line}".rstrip())
            return
        # Words are never broken: a broken address is no address.
        self.lines += textwrap.wrap(
            line.strip(),
            max(WIDTH, len(rest) + 20),
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [first.rstrip()]

    def _continues(self, token: Token) -> bool:
        if token.name in {"ul", "ol", "dl", "table"}:
            nested = any(indent.element == "li" for indent in self.indents)
            self.fresh = not token.closing and not nested
            return nested
        if token.name not in {"li", "tr", "dt", "dd"}:
            return False
        first = self.fresh and not token.closing
        self.fresh = self.fresh and token.closing
        return not first

    def _list(self, token: Token) -> None:
        if token.closing:
            del self.lists[-1:]
        else:
            start = token.attributes.get("start", "1")
            self.lists.append(0 if token.name == "ul" else int(start) if start.isdecimal() else 1)

    def _indent(self, token: Token) -> None:
        if token.closing:
            if self.indents and self.indents[-1].element == token.name:
                self.indents.pop()
            return
        first = "> " if token.name == "blockquote" else "  "
        if token.name == "li":
            first = "- "
            if self.lists and self.lists[-1]:
                is_note = self.notes and len(self.lists) == 1
                first = f"[{self.lists[-1]}] " if is_note else f"{self.lists[-1]}. "
                self.lists[-1] += 1
        self.indents.append(_Indent(token.name, first, first if token.name == "blockquote" else " " * len(first)))

    def _link(self, token: Token) -> None:
        if not token.closing:
            is_back = token.attributes.get("class") == "footnote-backref"
            self.links.append((None if is_back else token.attributes.get("href", ""), len(self.pieces)))
            return
        if not self.links:
            return
        url, start = self.links.pop()
        if url is None:
            del self.pieces[start:]
            return
        label = "".join(self.pieces[start:]).strip()
        if not url.startswith(("https:", "http:", "mailto:")) or label in {url, url.removeprefix("mailto:")}:
            return
        self.pieces.append(f" <{url}>")

    def _reference(self, token: Token) -> None:
        """A footnote's number, apart from the word before it."""
        if not token.closing and token.attributes.get("class") == "footnote-ref":
            self.reference = True
            self.pieces.append("[" if not self.pieces or self.pieces[-1][-1:].isspace() else " [")
        elif token.closing and self.reference:
            self.reference = False
            self.pieces.append("]")

    def _picture(self, attributes: dict[str, str]) -> None:
        if url := attributes.get("src", ""):
            alt = " ".join(attributes.get("alt", "").split())
            shown = t("[picture: {alt}]", alt=alt) if alt else t("[picture]")
            self.pieces.append(f"{shown} <{url}>")
