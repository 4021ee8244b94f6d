"""Markdown to RichText, by way of the same safe HTML that the blog shows."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

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
    tidy_code,
    tidy_text,
)
from gateway.core.writing.markup import VOID, Token, tokens
from gateway.core.writing.text import render

_STYLES = {
    **dict.fromkeys(("b", "strong"), Style.BOLD),
    **dict.fromkeys(("i", "em", "cite", "var"), Style.ITALIC),
    **dict.fromkeys(("u", "ins"), Style.UNDERLINE),
    **dict.fromkeys(("s", "del"), Style.STRIKE),
    **dict.fromkeys(("code", "kbd", "samp"), Style.CODE),
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_PARAGRAPHS = frozenset(
    ("p", "div", "section", "figure", "figcaption", "details", "summary", "dl", "dt", "dd", "caption")
)
_CHAT_SCHEMES = ("http://", "https://", "mailto:", "tel:")


def read_markdown(markdown: str, mention_url: Callable[[str], str | None] | None = None) -> RichText:
    """The blocks of Markdown; what chats cannot show becomes the nearest thing they can."""
    reader = _Reader()
    for token in tokens(render(tidy_text(markdown), mention_url=mention_url)):
        reader.read(token)
    return reader.finish()


@dataclass(slots=True)
class _Reader:
    """Where reading stands: open elements, open containers, and the runs of the paragraph at hand."""

    elements: list[tuple[str, Style | None, str | None]] = field(default_factory=list)
    containers: list[list[Block]] = field(default_factory=lambda: [[]])
    lists: list[tuple[bool, int, list[RichText]]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    code: list[str] | None = None
    language: str = ""
    rows: list[list[str]] | None = None
    skipping: int = 0

    def read(self, token: Token) -> None:
        if not token.name:
            self._text(token.text)
        elif token.name in VOID:
            self._void(token)
        elif token.closing:
            self._close(token.name)
        else:
            self._open(token)

    def finish(self) -> RichText:
        self._paragraph()
        return tuple(self.containers[0])

    def _text(self, text: str) -> None:
        if self.skipping:
            return
        if self.code is not None:
            self.code.append(text)
            return
        if text.startswith("\n") and self.runs and self.runs[-1].text.endswith("\n"):
            text = text[1:]  # what follows a line break may be indented on purpose
        first, *others = text.split("\n")
        text = " ".join((first, *(line.lstrip(" \t") for line in others)))
        self._run(text)

    def _run(self, text: str, link: str = "") -> None:
        styles = frozenset(style for _, style, _ in self.elements if style)
        links = [address for _, _, address in self.elements if address]
        if text:
            self.runs.append(Run(text, styles, links[-1] if links else link))

    def _void(self, token: Token) -> None:
        if token.name == "br":
            self._run("\n")
        elif token.name == "hr":
            self._paragraph()
            self.containers[-1].append(Rule())
        elif token.name == "img":
            self._medium(token, "photo")

    def _medium(self, token: Token, word: str) -> None:
        source = token.attributes.get("src", "")
        link = source if source.lower().startswith(("http://", "https://")) else ""
        words = " ".join(token.attributes.get("alt", "").split())
        self._run(words or (word if link else ""), link)

    def _open(self, token: Token) -> None:
        name, style, address = token.name, _STYLES.get(token.name), None
        if name == "a":
            address = self._link(token)
        elif name == "span" and token.attributes.get("class") == "spoiler":
            style = Style.SPOILER
        elif name == "sup" and token.attributes.get("class") == "footnote-ref":
            self._run("[")
        elif name in {"audio", "video"}:
            self._medium(token, name)
        elif name == "code" and self.code is not None:
            self.language = token.attributes.get("class", "").removeprefix("language-")
        self.elements.append((name, None if self.code is not None else style, address))
        self._open_block(token)

    def _link(self, token: Token) -> str | None:
        if token.attributes.get("class") == "footnote-backref" or self.skipping:
            self.skipping += 1
        address = token.attributes.get("href", "")
        return address if address.lower().startswith(_CHAT_SCHEMES) else None

    def _open_block(self, token: Token) -> None:
        name = token.name
        if name in _PARAGRAPHS or name in _HEADINGS or name in {"blockquote", "ul", "ol", "li", "pre", "table"}:
            self._paragraph()
        if name in {"blockquote", "li"}:
            self.containers.append([])
        elif name in {"ul", "ol"}:
            start = token.attributes.get("start", "1")
            self.lists.append((name == "ol", int(start) if start.isdecimal() else 1, []))
        elif name == "pre":
            self.code, self.language = [], ""
        elif name == "table":
            self.rows = []
        elif name == "tr" and self.rows is not None:
            self.rows.append([])

    def _close(self, name: str) -> None:
        if name == "a" and self.skipping:
            self.skipping -= 1
        elif name in _HEADINGS:
            self._paragraph(_HEADINGS[name])
        elif name in _PARAGRAPHS:
            self._paragraph()
        elif name == "pre" and self.code is not None:
            self._code("".join(self.code), self.language)
            self.code = None
        elif name in {"td", "th"} and self.rows:
            self.rows[-1].append(" ".join(text_of(self.runs).split()))
            self.runs = []
        elif name == "table" and self.rows is not None:
            self.runs = []
            self._code(_aligned(self.rows), "")
            self.rows = None
        elif name == "sup" and self.elements and self.runs and self.runs[-1].text.isdecimal():
            self._end_note()
        self._close_container(name)
        if self.elements:
            self.elements.pop()

    def _end_note(self) -> None:
        if len(self.runs) > 1 and self.runs[-2].text.endswith("["):
            self._run("]")

    def _close_container(self, name: str) -> None:
        if name == "blockquote":
            self._paragraph()
            blocks = tuple(self.containers.pop())
            if blocks:
                self.containers[-1].append(Quote(blocks))
        elif name == "li":
            self._paragraph()
            blocks = tuple(self.containers.pop())
            if blocks and self.lists:
                self.lists[-1][2].append(blocks)
            elif blocks:
                self.containers[-1].extend(blocks)
        elif name in {"ul", "ol"} and self.lists:
            self._paragraph()
            ordered, start, items = self.lists.pop()
            if items:
                self.containers[-1].append(List(tuple(items), ordered, start))

    def _paragraph(self, level: int = 0) -> None:
        if self.rows is not None:  # blocks in a cell are words of the cell
            return
        runs, self.runs = normal(self.runs), []
        if not runs:
            return
        if level:
            words = normal(replace(run, text=run.text.replace("\n", " ")) for run in runs)
            self.containers[-1].append(Heading(words, level))
        else:
            self.containers[-1].append(Paragraph(runs))

    def _code(self, text: str, language: str) -> None:
        kept = tidy_code(text)
        if kept:
            self.containers[-1].append(Code(kept, language))


def _aligned(rows: list[list[str]]) -> str:
    """A table in letters of one width: columns padded, parted by two spaces."""
    widths: list[int] = []
    for row in rows:
        widths += [0] * (len(row) - len(widths))
        for number, cell in enumerate(row):
            widths[number] = max(widths[number], min(40, len(cell)))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows
    )
