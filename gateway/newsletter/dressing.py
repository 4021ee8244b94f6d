"""An issue's words in their templates: the shipped ones, or the blog's own where these keep to the rules of `dress_code`, with what is `owed` below."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from gateway.core.errors import Invalid, PostroomError
from gateway.core.templates import environment, sandbox
from gateway.core.templates.inlining import inlined
from gateway.core.words import later
from gateway.newsletter import dress_code, owed

log = logging.getLogger("postroom")

HTML, TEXT, STYLE = "newsletter.html", "newsletter.txt", "newsletter.css"
NAMES = (HTML, TEXT, STYLE)
_SHIPPED = ("newsletter_shipped.html", "newsletter_shipped.txt")  # the same, and what is owed
_KEPT = 8  # issues that were looked at, in their templates: some 200 kB each
_OWED = frozenset({"unsubscribe", "postal_address", "why", "leave"})


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
    except PostroomError as error:
        return _shipped_for(shown, error)


def glimpsed(own: Mapping[str, str], shown: Mapping[str, Any]) -> Dress:
    """The same for somebody who looks: kept for whoever looks again, and nobody waits long. Raises Unavailable."""
    return _kept(json.dumps([dict(own), shown], sort_keys=True)) if own else _shipped(shown)


@lru_cache(maxsize=_KEPT)
def _kept(job: str) -> Dress:
    own, shown = json.loads(job)
    try:
        return in_own(own, shown, patience=sandbox.BRIEF)
    except Invalid as error:
        return _shipped_for(shown, error)


def in_own(own: Mapping[str, str], shown: Mapping[str, Any], *, patience: float = sandbox.PATIENT) -> Dress:
    """The issue by the blog's own templates, the shipped ones where it has none. Raises Invalid when they can't be mailed, whatever the reason, and Unavailable."""
    try:
        return _judged(own, shown, patience)
    except PostroomError:
        raise
    except Exception as error:  # nobody knows all that a template can make, and an issue is never late for its looks
        log.exception("the templates of %s made something that can't be read", shown["blog_url"])
        raise Invalid(later("What the templates make can't be read: {kind}.", kind=type(error).__name__)) from error


def _judged(own: Mapping[str, str], shown: Mapping[str, Any], patience: float) -> Dress:
    html, text = sandbox.rendered("email", own, (HTML, TEXT), given(shown), patience=patience)
    text = _trimmed(text)
    dress_code.check(html, text, shown)
    return Dress(owed.under_html(html, shown), owed.under_text(text, shown))


def given(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What a blog's own template is given: all but what `owed` says below it."""
    words = {name: said for name, said in shown["words"].items() if name not in _OWED}
    return {name: value for name, value in shown.items() if name not in _OWED} | {"words": words}


def _shipped_for(shown: Mapping[str, Any], error: PostroomError) -> Dress:
    log.warning("the templates of %s were not used: %s", shown["blog_url"], error)
    return replace(_shipped(shown), fault=error.message)


def _shipped(shown: Mapping[str, Any]) -> Dress:
    html, text = (environment("email").get_template(name).render(shown) for name in _SHIPPED)
    return Dress(inlined(html), _trimmed(text))


def _trimmed(text: str) -> str:
    return text.strip("\n") + "\n"
