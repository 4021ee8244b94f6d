"""An HTML body as Markdown: lists, tables, code, links, emphasis, and pictures in their places."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import html_to_markdown as md
from html_to_markdown import ConversionOptions, PreprocessingOptions, convert

from gateway.core.writing.markup import plain
from gateway.email.html_repair import repaired
from gateway.email.html_tables import without_layout_tables
from gateway.email.plain_body import without_accidental_tags

_FORMATTING = re.compile(
    r"<(?:b|strong|i|em|h[1-6]|ul|ol|dl|pre|code|tt|blockquote|s|del|strike|hr|td|th|sup|sub)[\s>/]|src\s{0,3}=\s{0,3}[\"']?cid:",
    re.IGNORECASE,
)
SIGNATURES = [
    ".gmail_signature", ".gmail_signature_prefix", "#Signature", "#signature", ".moz-signature", "#AppleMailSignature",
    "#ymail_android_signature", ".protonmail_signature_block", "#ms-outlook-mobile-signature", ".hey-signature",
]  # fmt: skip
_LONGEST_TAG = 4000
_SILENT = re.compile(r"<(script|style|title|head)[\s>]", re.IGNORECASE)
_CLOSES = {name: re.compile(f"</{name}[^<>]{{0,20}}>", re.IGNORECASE) for name in ("script", "style", "title", "head")}
_NESTING = re.compile(r"<(/?)(blockquote|pre|ul|ol)(?:[\s/][^<>]{0,4000})?>", re.IGNORECASE)
_DEEPEST = {"blockquote": 20, "ul": 20, "ol": 20, "pre": 1}  # each level stands before every line inside it
# The library's defaults are names, which it looks up by their spelling at each call; these are what the names stand for.
_DEFAULTS: dict[str, Any] = {
    "heading_style": md.HeadingStyle.ATX,
    "list_indent_type": md.ListIndentType.SPACES,
    "highlight_style": md.HighlightStyle.DOUBLE_EQUAL,
    "whitespace_mode": md.WhitespaceMode.NORMALIZED,
    "newline_style": md.NewlineStyle.SPACES,
    "code_block_style": md.CodeBlockStyle.BACKTICKS,
    "hidden_content": md.HiddenContent.DROP,
    "url_escape_style": md.UrlEscapeStyle.ANGLE,
    "link_style": md.LinkStyle.INLINE,
    "output_format": md.OutputFormat.MARKDOWN,
    "tier_strategy": md.TierStrategy.AUTO,
}
_OURS: dict[str, Any] = {
    "extract_metadata": False,
    "infer_dimensions": False,
    "preserve_tags": ["sup", "sub"],
    "inline_data_media": md.InlineDataMedia.ALT_TEXT_ONLY,
    "preprocessing": PreprocessingOptions(enabled=False, preset=md.PreprocessingPreset.STANDARD),
}
_ALL = ConversionOptions(**_DEFAULTS, **_OURS)
_WITHOUT_SIGNATURE = ConversionOptions(
    **_DEFAULTS,
    **_OURS,
    exclude_selectors=[*SIGNATURES, 'img[width="1"][src^="http"]', 'img[height="1"][src^="http"]'],
)


def markdown(html: str) -> str:
    """The Markdown of an HTML body; signatures that mail programs mark as such are left out."""
    html = repaired(without_layout_tables(_shallow(html)))
    # To look for what each selector means costs as much as a tenth of the rest, so it is done where there can be any.
    options = _WITHOUT_SIGNATURE if "ignature" in html or "<img" in html.lower() else _ALL
    try:
        made = (convert(html, options).content or "").strip()
    except Exception:  # a library in Rust, on whatever came by mail
        made = ""
    return without_accidental_tags(made.replace("\0", "") or _words(html))


def _shallow(html: str) -> str:
    """The HTML without the tags of quotes and lists that are nested deeper than anyone writes."""
    low = html.lower()
    if all(low.count(f"<{name}") <= deepest for name, deepest in _DEEPEST.items()):
        return html  # as nearly all: there are not even so many
    depths = dict.fromkeys(_DEEPEST, 0)

    def kept(tag: re.Match[str]) -> str:
        name = tag[2].lower()
        depth = depths[name] if tag[1] else depths[name] + 1
        depths[name] = max(0, depth - 1) if tag[1] else depth
        return tag[0] if depth <= _DEEPEST[name] else ""

    return _NESTING.sub(kept, html)


def is_formatted(html: str) -> bool:
    """Whether HTML says more than its words do: emphasis, lists, tables, pictures, links under other words."""
    if _FORMATTING.search(html):
        return True
    return any(_differs(address, words) for address, words in _links(html))


def word_count(html: str) -> int:
    """How many words the HTML shows, roughly."""
    return len(_words(html).split())


def _links(html: str) -> Iterator[tuple[str, str]]:
    """The address of each link and the words it begins with."""
    at = 0
    while (start := html.find("<a", at)) >= 0:
        end = html.find(">", start, start + _LONGEST_TAG)
        at = start + 2
        if end < 0 or not html[at : at + 1].isspace():
            continue
        _, _, given = html[start:end].partition("href=")
        quote = given[:1] if given[:1] in {'"', "'"} else " "
        following = html.find("<", end)
        yield given.lstrip("\"'").partition(quote)[0], html[end + 1 : following if following >= 0 else len(html)]
        at = end


def _differs(address: str, words: str) -> bool:
    words = unescape(words[:_LONGEST_TAG]).strip()
    bare = unescape(address).removeprefix("mailto:").split("://")[-1].rstrip("/").casefold()
    return bool(words and bare) and words.split("://")[-1].rstrip("/").casefold() != bare


def _words(html: str) -> str:
    return plain("".join(_heard(html)))


def _heard(html: str) -> Iterator[str]:
    """The HTML without scripts, styles and heads; what opens one and never closes it is a tag like any other."""
    at = 0
    unclosed: set[str] = set()
    for silent in _SILENT.finditer(html):
        name = silent[1].lower()
        if silent.start() < at or name in unclosed:
            continue
        end = _CLOSES[name].search(html, silent.end())
        if end is None:
            unclosed.add(name)
            continue
        yield html[at : silent.start()]
        at = end.end()
    yield html[at:]
