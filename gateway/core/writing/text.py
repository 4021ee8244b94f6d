"""The words of a post: Markdown, the canonical text, to safe HTML, and whom it mentions."""

import re
import zlib
from collections.abc import Callable, Iterator
from html import escape

from gateway.core.writing.markdown import to_html
from gateway.core.writing.markup import Token, plain, tokens
from gateway.core.writing.sanitise import GUEST, OWN, clean
from gateway.core.writing.summary import Shown, excerpt, timeline_text
from gateway.core.writing.titles import display_title, slug

__all__ = [
    "GUEST",
    "OWN",
    "Shown",
    "display_title",
    "excerpt",
    "mentions",
    "plain",
    "render",
    "slug",
    "summary",
    "timeline_text",
]

_MORE = "<!--more-->"
_HANDLE = re.compile(r"@([A-Za-z0-9_]{2,32})")
_SILENT = frozenset({"a", "code", "pre", "kbd", "samp"})


def render(markdown: str, *, mention_url: Callable[[str], str | None] | None = None, rel: str = OWN) -> str:
    """Safe HTML of Markdown (GitHub's, with footnotes and allowed HTML). Never raises.

    `mention_url` gives the address of a member's page by handle, or None for no such member. Links carry `rel`: an
    owner's own post OWN, a reply GUEST.
    """
    html = to_html(markdown)
    if html is None:
        return clean(f"<p>{escape(markdown, quote=False)}</p>", rel=rel)
    notes = _notes(html, markdown)
    safe = clean(html, rel=rel, notes=notes)
    if mention_url is None or "@" not in safe:
        return safe
    linked = "".join(_with_mentions(safe, mention_url))
    return safe if linked == safe else clean(linked, rel=rel, notes=notes)


def summary(markdown: str, *, rel: str = OWN) -> str | None:
    """Safe HTML of what stands before `<!--more-->`; None without that mark."""
    html = to_html(markdown)
    if html is None or _MORE not in html:
        return None
    return clean(html[: html.index(_MORE)], rel=rel, notes=_notes(html, markdown)).strip()


def mentions(html: str) -> tuple[str, ...]:
    """The handles that rendered text names as `@name`, each once, in order; none from code, links or mail addresses."""
    if "@" not in html:
        return ()
    return tuple(
        dict.fromkeys(handle for token, speech in _read(html) if speech for _, _, handle in _handles(token.text))
    )


def _notes(html: str, markdown: str) -> str:
    """What sets this text's footnotes apart on a page with others; empty when it has none."""
    return f"n{zlib.crc32(markdown.encode('utf-8', 'replace')):08x}-" if 'id="fn' in html else ""


def _with_mentions(html: str, mention_url: Callable[[str], str | None]) -> Iterator[str]:
    for token, speech in _read(html):
        if not speech or "@" not in token.raw:
            yield token.raw
            continue
        at = 0
        for start, end, handle in _handles(token.raw):
            url = mention_url(handle)
            if url:
                yield token.raw[at:start]
                yield f'<a class="mention" href="{escape(url)}">{token.raw[start:end]}</a>'
                at = end
        yield token.raw[at:]


def _read(html: str) -> Iterator[tuple[Token, bool]]:
    """Every token, and whether it is text in which a name is a mention."""
    silent = 0
    for token in tokens(html):
        if token.name in _SILENT:
            silent = max(0, silent + (-1 if token.closing else 1))
        yield token, not token.name and not silent


def _handles(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _HANDLE.finditer(text):
        before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 2]
        if _joined(before) or before in {"@", "/", "."} or _joined(after[:1]) or after[:1] in {"@", "/"}:
            continue
        if after[:1] == "." and _joined(after[1:]):  # `@alice.example.org` names another place
            continue
        yield found.start(), found.end(), found[1].lower()


def _joined(character: str) -> bool:
    return character.isalnum() or character == "_"
