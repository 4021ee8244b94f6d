"""Responses: pages from templates, redirects, errors as readable pages, and the headers that all of them carry."""

import hashlib
import logging
import math
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol
from urllib.parse import quote
from zlib import crc32
from zoneinfo import ZoneInfo

from jinja2 import Environment
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.core.errors import Conflict, Invalid, NotAllowed, NotFound, PostroomError, TooMuch, Unavailable
from gateway.core.people.community import Community
from gateway.core.templates import FOLDER, environment
from gateway.core.writing.references import is_reference
from gateway.web.visit import Visit

log = logging.getLogger("postroom.web")

STATUSES: dict[type[PostroomError], int] = {
    Invalid: 400,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    TooMuch: 429,
    Unavailable: 503,
}

NOTICES = {
    "signed-out": "You are signed out.",
    "saved": "Saved.",
    "back": "You are subscribed again, as before.",
    "asked-again": "A mail with a link will come. Open the link and press the button, and you are subscribed again. An address gets one such mail a day from all blogs here, so it may take some days.",
    "published": "Published. It is public on your blog, and in the timelines of people who follow you.",
    "comes-again": "It comes again. How often, and when, stands under Settings.",
    "drafted": "Kept as a draft. Nobody but you can see it.",
    "changed": "Changed, everywhere.",
    "same": "It says so already; nothing was changed.",
    "deleted": "Deleted. It is gone from your blog and from timelines. Mails that left can't be called back.",
    "replied": "Your reply is out. It is public in the conversation, and people in it are told.",
    "followed": "You follow them now. Their posts are in your timeline; they are not told.",
    "unfollowed": "You don't follow them any more. They are not told.",
    "muted": "Muted. You don't see their posts in your timeline any more; they are not told.",
    "unmuted": "You see their posts again.",
    "blocked": "Blocked. Neither of you sees the other's posts; they are not told.",
    "reported": "Thank you. Only the community's managers see your report; whom you reported is not told. To hide them at once, mute or block them.",
    "recommended": "Thank you. Your recommendation will be in Tuesday's round-up.",
    "issue-paused": "Paused. No further copy leaves until you let it go on.",
    "issue-leaves": "It goes on. Its copies leave now, one after the other.",
    "issue-waits": "It goes on. Below stands when its copies leave.",
    "issue-made": "It is made now. In a minute it stands below, and its page says when its copies leave.",
    "issue-cancelled": "Cancelled. No further copy leaves; those that left can't be called back.",
    "issue-retried": "Those that failed are sent again.",
    "link-mailed": "A mail with a link is on its way, if the address is free. Open the link to add the address.",
    "address-removed": "The address is removed. Mail from it is no longer published.",
    "mailed-again": "We mail this address again. If mail to it comes back again, we stop again.",
    "newsletter-stopped": "Saved. An issue was on its way; it is paused. Under “Issues on their way” you let it go on or cancel it.",
    "looks-saved": "Saved. The next issue is made with it.",
    "issue-saved": "Saved. Nobody sees it before the issue leaves.",
    "test-mailed": "A test is on its way to your first address, with [Test] before its subject. Nobody else gets it.",
    "unlinked": "The chat is forgotten. Nothing you write there is published.",
    "rotated": "You have a new secret address. The old one is dead.",
    "invited": "The invitation is on its way. Its link works once, for 14 days.",
    "welcome": "Welcome! This is your page. Write something, or link a chat.",
}


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page from `templates/web/`."""
    html = (
        _templates()
        .get_template(template)
        .render(
            visit=visit,
            community=visit.community,
            who=visit.who,
            zone=values.pop("zone", visit.zone),
            notice=NOTICES.get(visit.query("done"), ""),
            stylesheet=stylesheet_address(),
            **values,
        )
    )
    return HTMLResponse(html, status, headers=_page_headers(visit))


def go(visit: Visit, path: str, done: str = "") -> Response:
    """A redirect on the same host after a form was acted on; `done` names one of NOTICES."""
    return RedirectResponse(f"{path}?done={done}" if done else path, 303, headers=_page_headers(visit))


def sorry(visit: Visit, error: PostroomError, *, status: int = 0) -> Response:
    """The readable page for an error that was raised on purpose."""
    code = status or status_of(error)
    headings = {403: "Not allowed", 404: "Not found", 409: "Not possible", 410: "Gone", 429: "Too much"}
    headings |= {400: "That does not work", 413: "Too large", 500: "Our mistake", 503: "Not now"}
    response = page(visit, "sorry.html", status=code, heading=headings[code], error=error)
    if code == 503:
        response.headers["Retry-After"] = "60"
    return response


def status_of(error: PostroomError) -> int:
    """The HTTP status of an error."""
    return next((code for kind, code in STATUSES.items() if isinstance(error, kind)), 500)


def _page_headers(visit: Visit) -> dict[str, str]:
    return {
        "Cache-Control": "private, no-store" if visit.who else "no-cache",
        "Content-Security-Policy": content_policy(visit.community),
        **({} if visit.blog_name else {"Vary": "Cookie"}),
    }


def content_policy(community: Community) -> str:
    """No scripts, no frames, one stylesheet; pictures and sound from our own media, or by https as a post's author linked them."""
    media = sources(community)
    return (
        f"default-src 'none'; style-src 'self'; img-src {media}; media-src {media}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def sources(community: Community) -> str:
    """Where pictures and sound may come from."""
    return f"'self' {community.base_url} https:"


SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # not no-referrer, under which a browser sends `Origin: null` with our own forms
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@cache
def stylesheet() -> bytes:
    return (FOLDER / "web" / "style.css").read_bytes()


@cache
def stylesheet_address() -> str:
    """Its name changes with its content, so that it may be kept for ever."""
    return f"/style-{hashlib.sha256(stylesheet()).hexdigest()[:12]}.css"


def serve_stylesheet(visit: Visit, _session: object) -> Response:
    """The one stylesheet, by any of its names."""
    kept = "public, max-age=31536000, immutable" if visit.request.url.path == stylesheet_address() else "no-cache"
    return Response(stylesheet(), media_type="text/css", headers={"Cache-Control": kept})


def serve_icon(visit: Visit, _session: object) -> Response:
    """The icon in a browser's tab."""
    icon = (FOLDER / "web" / "icon.svg").read_bytes()
    return Response(icon, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


@cache
def _templates() -> Environment:
    templates = environment("web")
    templates.filters |= {
        "iso": iso,
        "day": day,
        "clock": clock,
        "quoted": quoted,
        "monogram": monogram,
        "shape": shape,
    }
    templates.tests |= {"reference": is_reference}
    return templates


def iso(at: datetime) -> str:
    """As HTML's `datetime` attribute and JSON Feed want it."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def day(at: datetime, zone: ZoneInfo) -> str:
    """25 November 2026"""
    return f"{at.astimezone(zone):%-d %B %Y}"


def clock(at: datetime, zone: ZoneInfo) -> str:
    """14:05"""
    return f"{at.astimezone(zone):%H:%M}"


def quoted(text: str) -> str:
    """The text as one segment of a path."""
    return quote(text, safe="")


def monogram(name: str) -> str:
    """The colour class of a member's initial, always the same for one name."""
    return f"m{crc32(name.encode()) % 6}"


class Sized(Protocol):
    """A picture; pixels, 0 when nobody knows."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...


SHAPES = (
    (1, 2),
    (9, 16),
    (2, 3),
    (3, 4),
    (4, 5),
    (6, 7),
    (1, 1),
    (7, 6),
    (5, 4),
    (4, 3),
    (3, 2),
    (16, 9),
    (2, 1),
    (3, 1),
)


def shape(picture: Sized) -> str:
    """The class of the stylesheet for pictures of about this shape, as `s4x3`: our content policy lets no page style a single element."""
    if not (picture.width and picture.height):
        return "s1x1"
    ratio = picture.width / picture.height
    width, height = min(SHAPES, key=lambda one: abs(math.log(one[0] / one[1] / ratio)))
    return f"s{width}x{height}"
