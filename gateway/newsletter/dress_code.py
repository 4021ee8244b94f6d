"""What a newsletter must keep to, whatever its templates: it tells nobody who opened it, shows its posts, and covers nothing of what is `owed`.

It is judged by what the templates made, after the styles were inlined and the HTML written anew; for a template may say one thing of a sample and
another of an issue.
"""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from gateway.core.errors import Invalid
from gateway.core.words import later

_ELEMENTS = """
    html head body meta title style a abbr article aside b big blockquote br caption center cite code col colgroup dd del details
    dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q rp rt ruby
    s samp section small span strong sub summary sup table tbody td tfoot th thead time tr u ul var wbr
"""
_THEIRS = """
    align alt bgcolor border cellpadding cellspacing charset class color colspan content datetime dir face height href id lang
    name open rel reversed role rowspan scope size src start style title valign value width loading
"""
_TAGS, _ATTRIBUTES = frozenset(_ELEMENTS.split()), frozenset(_THEIRS.split())
_NOT_IN_STYLES = ("url(", "@import", "@font-face", "\\", "expression(", "image-set(", "image(", "src(", "behavior", "<")
_LINKS = ("https://", "http://", "mailto:", "tel:", "#")
COMMENTS = frozenset(
    {
        '[if mso]><table role="presentation" align="center" width="580"><tr><td><![endif]',
        "[if mso]></td></tr></table><![endif]",
    }
)
"""What the shipped template tells Outlook alone; other comments may hold anything for some program or other."""
_PSEUDO = ("::", ":before", ":after", ":first-l")  # `owed` says why
_UNREAD = re.compile(r"""/\*.*?(?:\*/|\Z)|"[^"\n\r\f]*"?|'[^'\n\r\f]*'?""", re.DOTALL)
"""What a browser passes over in a style when it looks for what is styled: comments and strings, which hold no backslash here."""
_ROOM = 60_000  # characters of HTML beside the posts


def check(html: str, text: str, shown: Mapping[str, Any]) -> None:
    """Raises Invalid with the first thing that is wrong."""
    room = _ROOM + 4 * sum(len(entry["html"]) for entry in shown["entries"]) + 4 * len(shown["intro"]["html"])
    if max(len(html), len(text)) > room:
        raise Invalid(later("It is too long: {size} characters.", size=f"{max(len(html), len(text)):,}"))
    page = _Page(html)
    for fault in (*_loads(page, shown), *_misses(page, text, shown)):
        raise Invalid(fault)


class _Page(HTMLParser):
    """All that stands in the HTML, by kind."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.images: list[str] = []
        self.links: list[str] = []
        self.styles: list[str] = []
        self.comments: list[str] = []
        self.said: list[str] = []
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._inside = tag if tag in {"style", "title"} else ""
        for name, value in attrs:
            self.attributes.add(name)
            if name == "src":
                self.images.append(value or "")
            elif name == "href":
                self.links.append(value or "")
            elif name == "style":
                self.styles.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.styles.append(data)
        elif not self._inside:
            self.said.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def unknown_decl(self, data: str) -> None:
        self.comments.append(data)

    def handle_pi(self, data: str) -> None:
        self.comments.append(data)


def _loads(page: _Page, shown: Mapping[str, Any]) -> Iterator[str]:
    """Whatever could load something, run something, or tell somebody."""
    posts = _Page("".join([shown["intro"]["html"], *(entry["html"] for entry in shown["entries"])]))
    own = {*posts.images, *(photo["url"] for entry in shown["entries"] for photo in entry["photos"])}
    for tag in sorted(page.tags - _TAGS - posts.tags):
        yield later("A newsletter can't have the element {tag}.", tag=f"<{tag}>")
    for name in sorted(page.attributes - _ATTRIBUTES - posts.attributes):
        if not name.startswith("aria-"):
            yield later("A newsletter can't have the attribute {name}.", name=name)
    for url in page.images:
        if url not in own:
            yield later(
                "Only the posts' own pictures are shown, not {url}: others could tell who opens a mail.", url=url
            )
    for url in page.links:
        if not url.startswith(_LINKS):
            yield later("A link must be a whole address, which {url} is not.", url=url or "“”")
    for style in page.styles:
        low = style.lower()
        for word in _NOT_IN_STYLES:
            if word in low:
                yield later("A style can't hold {word}: nothing may be loaded when a mail is opened.", word=word)
        bare = _UNREAD.sub("", low)
        if any(word in bare for word in _PSEUDO):
            yield later("A style can't be for {what}: those could cover other words.", what="::before, ::after")
    for comment in page.comments:
        if comment not in COMMENTS:
            yield later("HTML comments are not mailed. Write them as {sign}.", sign="{# … #}")


def _misses(page: _Page, text: str, shown: Mapping[str, Any]) -> Iterator[str]:
    """What every newsletter must have, in both parts."""
    for entry in shown["entries"]:
        if entry["url"] not in page.links or entry["url"] not in text:
            yield later("Each post must be there, with a link to {what}.", what="{{ entry.url }}")
