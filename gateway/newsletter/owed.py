"""What every copy owes its reader, below what a blog's own templates made: why it comes, how to leave, and the postal address.

A template never gets these words, so it can't leave them out, and it can't hide them: styles are inlined before they stand there, so only what is left in
the head (`@media` and the like) could reach them. Against that each element has all that matters in a style of its own that is `!important`, which no rule
of a style sheet outdoes, animations and layers included; so have `html` and `body`, the only elements around them. What the templates made stands beside
them in a box that nothing flows out of, and below them where it lies over them. Pseudo-elements, the one thing that has no style of its own, `dress_code` refuses.
"""

from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from typing import Any

from gateway.core.errors import Invalid
from gateway.core.templates import environment
from gateway.core.words import later

HTML, TEXT = "newsletter_owed.html", "newsletter_owed.txt"
_END = "</body></html>"


def _style(declarations: str) -> str:
    return "".join(f"{one.strip()}!important;" for one in declarations.split(";") if one.strip())


_SHOWN = """visibility:visible; opacity:1; float:none; width:auto; min-width:0; max-width:none; height:auto; min-height:0; max-height:none;
    clip:auto; clip-path:none; -webkit-mask:none; mask:none; -webkit-filter:none; filter:none; transform:none; translate:none; rotate:none; scale:none; zoom:1;
    offset-path:none; perspective:none; contain:none; content-visibility:visible; mix-blend-mode:normal; animation:none; transition:none; border:0; margin:0"""
_AROUND = _style(
    f"display:block; position:static; overflow:visible; columns:auto; writing-mode:horizontal-tb; padding:0; {_SHOWN}"
)
_APART = _style(f"display:flow-root; position:relative; overflow:visible; padding:0; {_SHOWN}")
_WORDS = """font:14px/1.55 Arial,sans-serif; letter-spacing:normal; word-spacing:normal; text-indent:0; text-transform:none; text-shadow:none; text-align:start;
    white-space:normal; color:#444444; -webkit-text-fill-color:#444444; pointer-events:auto; unicode-bidi:isolate"""
_PLAIN = f"all:initial; position:relative; overflow:visible; {_SHOWN}; {_WORDS}"
_BOX = _style(f"{_PLAIN}; display:block; z-index:2147483647; padding:16px 20px 24px; background:#ffffff")
_LINE = _style(f"{_PLAIN}; display:block; padding:0 0 6px")
_LINK = _style(f"{_PLAIN}; display:inline; text-decoration:underline; cursor:pointer")


def under_html(html: str, shown: Mapping[str, Any]) -> str:
    """The HTML, which `dress_code` has judged, with what is owed at its end. Raises Invalid."""
    page = _Body(html)
    if not page.tag or not html.endswith(_END):
        raise Invalid(later("The HTML must be one whole page."))
    made = page.tag.replace("<body", "<div", 1) + html[page.begins + len(page.tag) : -len(_END)] + "</div>"
    owed = environment("email").get_template(HTML).render(shown, box=_BOX, line=_LINE, link=_LINK)
    language, direction = escape(shown["language"]), escape(shown["direction"])
    return (
        f'<!DOCTYPE html><html lang="{language}" dir="{direction}" style="{_AROUND}">{html[page.head : page.begins]}'
        f'<body style="{_AROUND}"><div style="{_APART}">{made}</div>\n{owed}{_END}\n'
    )


def under_text(text: str, shown: Mapping[str, Any]) -> str:
    """The text with what is owed at its end."""
    return text + environment("email").get_template(TEXT).render(shown)


class _Body(HTMLParser):
    """Where the head and the body begin, and the body's tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.head = self.begins = 0
        self.tag = ""
        self._lines = html.split("\n")
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "head" and not self.head:
            self.head = self._place()
        elif tag == "body" and not self.tag:
            self.begins, self.tag = self._place(), self.get_starttag_text() or ""

    def _place(self) -> int:
        line, column = self.getpos()
        return sum(len(one) + 1 for one in self._lines[: line - 1]) + column
