"""HTML as mail programs write it, made into HTML that means what it shows: lists of Word, lines of Gmail and Apple Mail, emphasis by style.

Every step reads its input once, tag by tag, and leaves alone what it does not understand.
"""

import re
from collections.abc import Iterator
from html import escape, unescape

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]{0,20})((?:[\s/][^<>]{0,4000})?)>")
_STYLED = re.compile(r"<(/?)(span|font|b|strong)((?:[\s/][^<>]{0,4000})?)>", re.IGNORECASE)
_LINK_OR_PICTURE = re.compile(r"<(/?)(a|img)((?:[\s/][^<>]{0,4000})?)>", re.IGNORECASE)
_WORD_ITEM = re.compile(r"<p\s[^<>]{0,4000}?mso-list:\s{0,5}l\d{1,5}\s{1,5}level(\d)[^<>]{0,4000}>", re.IGNORECASE)
_WORD_MARK = re.compile(r"<span\s[^<>]{0,2000}?mso-list:\s{0,5}ignore[^<>]{0,2000}>", re.IGNORECASE)
_SPAN = re.compile(r"<(/?)span(?:\s[^<>]{0,4000})?>", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:\s|<![^<>]{0,200}>|</?o:p>)*+", re.IGNORECASE)
_CLOSED_P = re.compile(r"</p\s{0,5}>", re.IGNORECASE)
_NUMBER = re.compile(r"\(?(?:(\d{1,6})|[a-zA-Z]|[ivxIVX]{1,6})[.)]")
_BOLD = re.compile(r"font-weight:\s{0,5}(?:bold|[6-9]00)")
_NOT_BOLD = re.compile(r"font-weight:\s{0,5}(?:normal|[1-4]00)")
_ITALIC = re.compile(r"font-style:\s{0,5}(?:italic|oblique)")
_STRUCK = re.compile(r"text-decoration(?:-line)?:\s{0,5}line-through")
_LINE_BY_LINE = re.compile(
    r"<div(?:\s[^<>]{0,500})?>\s{0,20}(?:<(?:span|font)[^<>]{0,500}>\s{0,20})?<br|<div\s[^<>]{0,200}?dir=[\"']?(?:ltr|rtl|auto)",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    {"p", "ul", "ol", "dl", "table", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "figure", "section", "article", "header"}
    | {"footer", "aside", "main", "center", "address", "form", "style", "script", "head", "title", "details"}
)  # fmt: skip
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
_WRAPPERS = frozenset({"html", "body", "meta", "link", "hr", "base"})
_APART = ("signature", "quote", "forward", "cite")  # in the class or id of a block that means something to who reads on
_ATTRIBUTE = re.compile(r"([a-zA-Z-]{1,30})\s{0,5}=\s{0,5}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]{1,2000}))")
_ICON = 40  # pixels


def repaired(html: str) -> str:
    """The HTML with lists, emphasis and lines as they look, and pictures of other sites as links."""
    html = _without_comments(html)
    if "mso-list" in html:
        html = with_word_lists(html)
    low = html.lower()
    if "font-weight" in low or "font-style" in low or "line-through" in low:
        html = _emphasised(html)
    if "<img" in low:
        html = _linked_pictures(html)
    return with_lines(html) if _LINE_BY_LINE.search(html) else html


def _without_comments(html: str) -> str:
    if "<!" not in html:
        return html
    kept: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) >= 0:
        end = html.find("-->", start + 4)
        if end < 0:
            break
        kept.append(html[at:start])
        at = end + 3
    return "".join([*kept, html[at:]])


def with_word_lists(html: str) -> str:
    """Paragraphs that Word calls list items, with their marks typed out, as lists."""
    made: list[str] = []
    at, open_lists = 0, list[tuple[int, str]]()
    for found in _WORD_ITEM.finditer(html):
        if found.start() < at:
            continue
        closed = _CLOSED_P.search(html, found.end())
        if closed is None:
            break
        between = html[at : found.start()]
        if open_lists and not (len(between) < 2000 and _BETWEEN.fullmatch(between)):
            made += _closing(open_lists, 0)
            made.append(between)
        elif not open_lists:
            made.append(between)
        mark, inner = _without_mark(html[found.end() : closed.start()])
        made += _opening(open_lists, int(found[1]) or 1, mark)
        made.append(inner)
        at = closed.end()
    return "".join([*made, *_closing(open_lists, 0), html[at:]])


def _without_mark(inner: str) -> tuple[str, str]:
    """The bullet or number of an item, and the item without it."""
    start = _WORD_MARK.search(inner)
    if start is None:
        return "", inner
    depth, end = 1, len(inner)
    for span in _SPAN.finditer(inner, start.end()):
        depth += -1 if span[1] else 1
        if depth == 0:
            end = span.end()
            break
    words = unescape(_TAG.sub("", inner[start.end() : end])).replace("\xa0", " ").strip()
    return words, inner[: start.start()] + inner[end:]


def _opening(open_lists: list[tuple[int, str]], level: int, mark: str) -> Iterator[str]:
    number = _NUMBER.fullmatch(mark)
    name = "ol" if number else "ul"
    yield from _closing(open_lists, level)
    if open_lists and open_lists[-1][0] == level:
        if open_lists[-1][1] == name:
            yield "</li><li>"
            return
        yield from _closing(open_lists, level - 1)
    open_lists.append((level, name))
    start = f' start="{number[1]}"' if number and number[1] not in {None, "1"} else ""
    yield f"<{name}{start}><li>"


def _closing(open_lists: list[tuple[int, str]], level: int) -> Iterator[str]:
    """Closes the lists that are deeper than `level`."""
    while open_lists and open_lists[-1][0] > level:
        yield f"</li></{open_lists.pop()[1]}>"


def _emphasised(html: str) -> str:
    """Emphasis that only a style says becomes an element; bold that a style takes back is none (Google Docs wraps all in such)."""
    stack: list[tuple[str, str]] = []

    def made(found: re.Match[str]) -> str:
        name = found[2].lower()
        if not found[1]:
            opening, closing = _by_style(found[0], name, found[3].lower())
            stack.append((name, closing))
            return opening
        if all(other != name for other, _ in stack[-50:]):
            return ""
        closings = []
        while stack[-1][0] != name:
            closings.append(stack.pop()[1])
        return "".join([*closings, stack.pop()[1]])

    return _STYLED.sub(made, html)


def _by_style(raw: str, name: str, style: str) -> tuple[str, str]:
    if name in {"b", "strong"}:
        return ("<span>", "</span>") if _NOT_BOLD.search(style) else (raw, f"</{name}>")
    names = [name for name, wanted in (("b", _BOLD), ("i", _ITALIC), ("s", _STRUCK)) if wanted.search(style)]
    opening = "".join(f"<{name}>" for name in names)
    closing = "".join(f"</{name}>" for name in reversed(names))
    return raw + opening, f"{closing}</{name}>"


def _linked_pictures(html: str) -> str:
    """Pictures that stand on other sites become links, since showing one tells that site who reads; icons and counters go."""
    in_link = 0

    def made(found: re.Match[str]) -> str:
        nonlocal in_link
        if found[2] in {"a", "A"}:
            in_link = max(0, in_link + (-1 if found[1] else 1))
            return found[0]
        given = _attributes(found[3])
        address = given.get("src", "").strip()
        if found[1] or not address.lower().startswith(("http:", "https:", "//")):
            return found[0]
        sizes = [given.get(name, "").removesuffix("px") for name in ("width", "height")]
        if any(size.isascii() and size.isdigit() and len(size) < 6 and int(size) <= _ICON for size in sizes):
            return ""
        words = escape(" ".join(given.get("alt", "").split()) or "picture", quote=False)
        return words if in_link else f'<a href="{escape(address)}">{words}</a>'

    return _LINK_OR_PICTURE.sub(made, html)


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): unescape(one or two or three) for name, one, two, three in _ATTRIBUTE.findall(text)}


def with_lines(html: str) -> str:
    """Lines that are blocks of their own (`<div>…</div>`), with empty ones between paragraphs, as paragraphs with line breaks."""
    parts = _TAG.split(html)  # text, then for each tag its slash, name, attributes and the text behind it
    made = _Lines()
    made.text(parts[0])
    at = 1
    while at < len(parts):
        closing, name = parts[at], parts[at + 1].lower()
        if name in _BLOCKS or (name == "div" and not closing and _is_apart(parts[at + 2])):
            end = None if closing else _end_of(parts, at, name)
            if end is None:
                return html
            made.block(_element(parts, at, end))
            at = end - 4
        elif not made.tag(f"<{closing}{parts[at + 1]}{parts[at + 2]}>", name, closing=bool(closing)):
            return html
        made.text(parts[at + 3])
        at += 4
    made.end_paragraph()
    return "".join(made.out)


class _Lines:
    """Gathers lines into paragraphs."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._lines: list[str] = []
        self._line: list[str] = []
        self._has_words = self._has_text = self._pictures_only = False
        self._open = 0  # inline elements

    def text(self, raw: str) -> None:
        if raw:
            self._line.append(raw)
            if not self._has_text and (unescape(raw) if "&" in raw else raw).replace("\u200b", "").strip():
                self._has_text = self._has_words = True

    def tag(self, raw: str, name: str, *, closing: bool) -> bool:
        """False when a line break stands inside an element that goes on: then this is not written line by line."""
        if name == "div":
            if self._open > 0:
                return False
            self._end_line()
        elif name == "br" and self._open == 0:
            if self._has_words:
                self._end_line()
            else:
                self.end_paragraph()
        elif name in _WRAPPERS:
            self.block(raw)
        else:
            self._line.append(raw)
            self._has_words = self._has_words or name == "img"
            if name not in _VOID:
                self._open = max(0, self._open + (-1 if closing else 1))
        return True

    def block(self, raw: str) -> None:
        self.end_paragraph()
        self.out.append(raw)

    def end_paragraph(self) -> None:
        self._end_line()
        self._flush()

    def _end_line(self) -> None:
        if self._has_words:
            is_picture = not self._has_text
            if is_picture and self._lines and not self._pictures_only:
                self._flush()
            self._pictures_only = is_picture and (self._pictures_only or not self._lines)
            self._lines.append("".join(self._line).strip())
        self._line, self._has_words, self._has_text = [], False, False

    def _flush(self) -> None:
        if self._lines:
            self.out.append(f"<p>{'<br>'.join(self._lines)}</p>")
        self._lines, self._pictures_only = [], False


def _element(parts: list[str], at: int, end: int) -> str:
    """The element as it stood, without the text behind it."""
    pieces = [f"<{parts[one]}{parts[one + 1]}{parts[one + 2]}>{parts[one + 3]}" for one in range(at, end - 4, 4)]
    return "".join([*pieces, f"<{parts[end - 4]}{parts[end - 3]}{parts[end - 2]}>"])


def _is_apart(attributes: str) -> bool:
    given = attributes.lower()
    return any(word in given for word in _APART)


def _end_of(parts: list[str], at: int, name: str) -> int | None:
    """Behind the tag that closes the element which opens here, and the text after it."""
    depth = 0
    for number in range(at, len(parts), 4):
        if parts[number + 1].lower() == name:
            depth += -1 if parts[number] else 1
            if depth == 0:
                return number + 4
    return None
