"""An issue's words in their templates: the shipped ones, or the blog's own where these keep to the rules of `dress_code`."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import css_inline

from gateway.core.errors import Invalid
from gateway.core.templates import environment, sandbox
from gateway.newsletter import dress_code

log = logging.getLogger("postroom")

HTML, TEXT, STYLE = "newsletter.html", "newsletter.txt", "newsletter.css"
NAMES = (HTML, TEXT, STYLE)
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Dress:
    """Both parts. `fault` says why the blog's own templates were not used, when there are any."""

    html: str
    text: str
    fault: str = ""


def dressed(own: Mapping[str, str], shown: Mapping[str, Any]) -> Dress:
    """The issue by the blog's own templates if they are fit to be mailed, else by the shipped ones."""
    if not own:
        return _shipped(shown)
    try:
        return in_own(own, shown)
    except Invalid as error:
        log.warning("the templates of %s were not used: %s", shown["blog_url"], error)
        shipped = _shipped(shown)
        return Dress(shipped.html, shipped.text, error.message)


def in_own(own: Mapping[str, str], shown: Mapping[str, Any]) -> Dress:
    """The issue by the blog's own templates, the shipped ones where it has none. Raises Invalid when they can't be mailed."""
    html, text = sandbox.rendered("email", own, (HTML, TEXT), shown)
    made = Dress(_INLINER.inline(html), _trimmed(text))
    dress_code.check(made.html, made.text, shown)
    return made


def _shipped(shown: Mapping[str, Any]) -> Dress:
    templates = environment("email")
    html = _INLINER.inline(templates.get_template(HTML).render(shown))
    return Dress(html, _trimmed(templates.get_template(TEXT).render(shown)))


def _trimmed(text: str) -> str:
    return text.strip("\n") + "\n"
