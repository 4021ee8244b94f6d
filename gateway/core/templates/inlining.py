"""The styles of a mail's HTML, written into its elements: many mail programs read no other."""

from html.parser import HTMLParser

import css_inline

_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
_PARSER = css_inline.CSSInliner(inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False)
_TURNS = 10  # a `pre` that begins with empty lines loses one each time


def inlined(html: str) -> str:
    """The HTML with its styles in its elements; what stands in `@media` stays in the head. It is parsed and written anew."""
    return _INLINER.inline(html)


def settled(html: str) -> str:
    """The same of HTML that a member wrote, once parsing it again changes nothing: what is judged is what others read. Raises ValueError."""
    made = inlined(html)
    before = _Outline(made).all
    for _ in range(_TURNS):
        again = _PARSER.inline(made)
        after = _Outline(again).all
        if after == before:
            return made
        made, before = again, after
    raise ValueError("its elements do not close in order")


class _Outline(HTMLParser):
    """All that stands in HTML, in order; that of the attributes of an element is the writer's whim."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.all: list[tuple[str, object]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.all.append(("/", tag))

    def handle_data(self, data: str) -> None:
        self.all.append(("", data))
