"""How much of a post is shown where it is not the page itself: in a timeline, a feed, a notice."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from gateway.core.writing.markup import VOID, Token, fold, plain, tokens
from gateway.core.writing.sanitise import clean_for_timeline
from gateway.core.writing.titles import display_title

SHORT = 300
SHORT_WITH_QUOTE = 600
ELLIPSIS = "…"

_AS_TIMELINE = {f"h{level}": "strong" for level in range(1, 7)} | {"figcaption": "p", "tr": "p", "u": "em", "ins": "em"}
_OWN_LINE = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


@dataclass(frozen=True, slots=True)
class Shown:
    """What a timeline shows of a post; when `truncated`, the caller adds the link to the blog."""

    html: str
    truncated: bool
    title: str = ""


def timeline_text(html: str, title: str = "") -> Shown:
    """A post's rendered HTML as a timeline shows it.

    A title is shown for the whole, unless it is only a date or a number. Without one, up to 300 characters of rendered
    text (600 with a block quote) are shown in full, more is cut at a word.
    """
    shown_title = display_title(title)
    if shown_title:
        return Shown(escape(shown_title, quote=False), truncated=True, title=shown_title)
    limit = SHORT_WITH_QUOTE if "<blockquote>" in html else SHORT
    narrow = clean_for_timeline("".join(_narrowed(html)))
    if len(plain(html)) <= limit:
        return Shown(narrow.strip(), truncated=False)
    return Shown(cut(narrow, limit), truncated=True)


def excerpt(html: str, length: int = SHORT) -> str:
    """Plain text of at most `length` characters, on one line, cut at a word and ended by an ellipsis when cut."""
    text = fold(plain(html)).strip()
    return text if len(text) <= length else _at_word(text, max(0, length - 1)) + ELLIPSIS


def cut(html: str, length: int) -> str:
    """Sanitised HTML cut at a word after about `length` characters of text, every element closed."""
    return "".join(_cut(html, length)).strip()


def _cut(html: str, length: int) -> Iterator[str]:
    left, spaced, open_elements = length, True, list[str]()
    for token in tokens(html):
        if token.name:
            _follow(open_elements, token)
            yield token.raw
            continue
        text = token.text if "pre" in open_elements else fold(token.text)
        if spaced:
            text = text.lstrip(" ")
        if len(text) <= left:
            left -= len(text)
            spaced = text.endswith(" ") if text else spaced
            yield token.raw
            continue
        yield escape(_at_word(text, left), quote=False) + ELLIPSIS
        break
    yield from (f"</{name}>" for name in reversed(open_elements))


def _follow(open_elements: list[str], token: Token) -> None:
    if token.closing:
        if open_elements and open_elements[-1] == token.name:
            open_elements.pop()
    elif token.name not in VOID:
        open_elements.append(token.name)


def _at_word(text: str, length: int) -> str:
    """The beginning of the text, ended before a word that does not fit; in scripts without spaces, anywhere."""
    if len(text) <= length:
        return text
    space = text.rfind(" ", max(0, length - 40), length + 1)
    return text[: space if space > 0 else length].rstrip(" ,;:–—-(")


def _narrowed(html: str) -> Iterator[str]:
    """The HTML with what a timeline lacks made into what it has."""
    for token in tokens(html):
        element = _AS_TIMELINE.get(token.name)
        if element is None:
            yield " " if token.name in {"td", "th"} else token.raw
            continue
        edge = f"</{element}>" if token.closing else f"<{element}>"
        if token.name not in _OWN_LINE:
            yield edge
        else:
            yield f"{edge}</p>" if token.closing else f"<p>{edge}"
