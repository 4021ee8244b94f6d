"""RichText to Markdown that renders to the same RichText again, whatever characters its text holds.

Delimiters (`**`, `_`, `~~`) are used where CommonMark's flanking rules cannot misread them, HTML where they could.
"""

import re
from collections.abc import Iterator

from gateway.bots.rendering.rich import (
    Block,
    Code,
    Heading,
    List,
    Paragraph,
    Quote,
    RichText,
    Rule,
    Runs,
    Span,
    Style,
    nest,
)

_DELIMITERS = {Style.BOLD: "**", Style.ITALIC: "_", Style.STRIKE: "~~"}
_ELEMENTS = {
    Style.BOLD: ("<b>", "</b>"),
    Style.ITALIC: ("<i>", "</i>"),
    Style.STRIKE: ("<s>", "</s>"),
    Style.UNDERLINE: ("<u>", "</u>"),
    Style.SPOILER: ('<span class="spoiler">', "</span>"),
}
_ALWAYS = frozenset("\\`*~[]<|")
_LINE_START = frozenset(">-+=")
_NUMBERED = re.compile(r"([0-9]{1,9})([.)])")
_OPEN_PUNCTUATION = frozenset(" \n\t!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~“”„‘’«»…–—¿¡")
_AUTOLINK = re.compile(r"https?://[^\s<>\\]+")
_MAIL = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_TICKS = re.compile(r"`+")


def to_markdown(rich: RichText) -> str:
    """Markdown of the blocks, without a final newline."""
    return "\n".join(_lines(rich))


def _lines(blocks: RichText) -> Iterator[str]:
    before: Block | None = None
    for block in blocks:
        if before is not None:
            yield ""
            if isinstance(before, List) and isinstance(block, List):  # else they would be one
                yield from ("<!-- -->", "")
        before = block
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(runs):
            yield from inline(runs).split("\n")
        case Heading(runs, level):
            yield f"{'#' * level} {_heading(inline(runs))}"
        case Code(text, language):
            fence = "`" * max(3, 1 + max((len(ticks) for ticks in _TICKS.findall(text)), default=0))
            yield fence + language
            yield from text.split("\n")
            yield fence
        case Rule():
            yield "---"
        case Quote(blocks):
            yield from (f"> {line}" if line else ">" for line in _lines(blocks))
        case List(items, ordered, start):
            for number, item in enumerate(items, start):
                mark = f"{number}. " if ordered else "- "
                for at, line in enumerate(_lines(item)):
                    yield (mark + line if at == 0 else " " * len(mark) + line).rstrip(" ") if line else ""


def _heading(line: str) -> str:
    """A heading's last `#` would close it."""
    return f"{line[:-1]}\\#" if line.endswith("#") and not line.endswith("\\#") else line


def inline(runs: Runs) -> str:
    """Markdown of one paragraph's runs; its line breaks are written as a backslash at the end of the line."""
    writer = _Writer("".join(run.text for run in runs))
    writer.write(nest(runs))
    return "".join(writer.out)


class _Writer:
    """Writes spans left to right; `at` is the place in the plain text, whose neighbours decide about delimiters."""

    def __init__(self, plain: str) -> None:
        self.plain = plain
        self.at = 0
        self.in_link = False
        self.out: list[str] = []

    def write(self, spans: tuple[Span | str, ...]) -> None:
        for span in spans:
            if isinstance(span, str):
                self._text(span)
            elif span.look is Style.CODE:
                self._code(_text(span))
            elif isinstance(span.look, Style):
                self._style(span, span.look)
            else:
                self._link(span, span.look)

    def _style(self, span: Span, style: Style) -> None:
        text = _text(span)
        end = self.at + len(text)
        edged = text[:1].isspace() or text[-1:].isspace()
        before, after = self.plain[max(0, self.at - 1) : self.at], self.plain[end : end + 1]
        delimiter = _DELIMITERS.get(style)
        if delimiter and not edged and _parted(before) and _parted(after):
            opening = closing = delimiter
        else:
            opening, closing = _ELEMENTS[style]
        self.out.append(opening)
        self.write(span.inside)
        self.out.append(closing)

    def _link(self, span: Span, address: str) -> None:
        text = _text(span)
        simple = len(span.inside) == 1 and isinstance(span.inside[0], str)
        if simple and (_shows_itself(text, address) or (address == f"mailto:{text}" and _MAIL.fullmatch(text))):
            self.out.append(f"<{text}>")
            self.at += len(text)
        else:
            self.out.append("[")
            self.in_link = True
            self.write(span.inside)
            self.in_link = False
            self.out.append(f"]({_destination(address)})")

    def _code(self, text: str) -> None:
        if self.in_link and "]:" in text:  # which would define a link there instead of being one
            self.out.append("<code>")
            self._text(text)
            self.out.append("</code>")
            return
        self.at += len(text)
        ticks = {len(run) for run in _TICKS.findall(text)}
        fence = "`" * next(length for length in range(1, len(ticks) + 2) if length not in ticks)
        pad = " " if text[0] == "`" or text[-1] == "`" else ""
        self.out.append(f"{fence}{pad}{text}{pad}{fence}")

    def _text(self, text: str) -> None:
        for number, line in enumerate(text.split("\n")):
            if number:
                self.out.append("\\\n")
                self.at += 1
            before = self.plain[max(0, self.at - 1) : self.at]
            end = self.at + len(line)
            starts = before in ("", "\n")
            self.out.append(escape_inline(line, before, self.plain[end : end + 1], line_start=starts))
            self.at = end


def escape_inline(line: str, before: str, after: str, *, line_start: bool) -> str:
    """One line of text with everything escaped that Markdown would take for markup.

    `before` and `after` are its neighbours in the plain text.
    """
    out: list[str] = []
    kept = line.lstrip(" \t") if line_start else line
    if line_start:
        out.extend(f"&#{ord(space)};" for space in line[: len(line) - len(kept)])
        numbered = _NUMBERED.match(kept)
        if numbered:
            out.append(f"{numbered[1]}\\{numbered[2]}")
            before, kept = numbered[2], kept[numbered.end() :]
    for at, character in enumerate(kept):
        marked = _must_escape(kept, at, before, after, first=line_start and not out)
        out.append(f"\\{character}" if marked else character)
    return "".join(out)


def _must_escape(line: str, at: int, before: str, after: str, *, first: bool) -> bool:
    character = line[at]
    previous = line[at - 1] if at else before
    following = line[at + 1] if at + 1 < len(line) else after
    if character in _ALWAYS:
        return True
    if character == "_":  # inside a word it means nothing
        return not (0 < at < len(line) - 1 and previous.isalnum() and following.isalnum())
    if character == "&":
        return following.isalnum() or following == "#"
    if character == "!":
        return at + 1 == len(line)  # a link may follow
    if character == "^":
        return at == 0  # after a link's bracket it would be a footnote
    if character == ":":
        return (first and following in {"-", ":"}) or line.startswith("//", at + 1)
    if character == "#" and first:
        return (line.lstrip("#")[:1] or after).strip() == ""  # else a heading starts otherwise
    if character == ".":
        return line[max(0, at - 3) : at].lower() == "www"
    return first and character in _LINE_START


def _parted(neighbour: str) -> bool:
    return not neighbour or neighbour in _OPEN_PUNCTUATION


def _text(span: Span | str) -> str:
    return span if isinstance(span, str) else "".join(map(_text, span.inside))


def _shows_itself(text: str, address: str) -> bool:
    return text == address and "&" not in text and _AUTOLINK.fullmatch(text) is not None


def _destination(address: str) -> str:
    plain = "".join(address.split())
    for character, code in (("\\", "%5C"), ("<", "%3C"), (">", "%3E"), ("&", "&amp;"), ("`", "%60")):
        plain = plain.replace(character, code)
    return f"<{plain}>" if any(c in plain for c in "()") or not plain else plain
