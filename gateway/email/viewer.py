"""Pages on which mail is read while no relay is set: `/mail` and `/mail/NAME`. For loopback only; app and settings see to that.

A mail's HTML is shown in a frame without scripts, forms or an origin of its own. A Host that is not loopback is refused, so that no page
elsewhere can read mail by pointing its own name at 127.0.0.1 (DNS rebinding). Times are told in the community's zone, as on its pages.
"""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway.core.errors import NotFound
from gateway.core.templates import FOLDER, environment
from gateway.email.maildir import Listed, Mail, list_mails, read_mail

SHOWN = 200  # mails on one page
_FACTS = ("From", "To", "Delivered-To", "Reply-To", "Date")
_FRAMED = (  # the mail's own document; pictures are allowed, as mail programs do on request
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src http: https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


@dataclass(frozen=True, slots=True)
class Viewed:
    """The Maildir that is shown, and the zone that times are told in."""

    folder: Path
    zone: ZoneInfo


Page = Callable[[Viewed, Request], Awaitable[Response]]


def viewer_routes(folder: Path, zone: ZoneInfo) -> list[Route]:
    """The viewer's routes over the Maildir in `folder`, which need not exist yet; times are told in `zone`."""
    pages: dict[str, Page] = {
        "/": _start,
        "/mail": _list,
        "/mail/{name}": _mail,
        "/mail/{name}/html": _html,
        "/mail/{name}/raw": _raw,
    }
    viewed = Viewed(folder, zone)
    return [Route(path, partial(_guarded, page, viewed), methods=["GET"]) for path, page in pages.items()]


async def _guarded(page: Page, viewed: Viewed, request: Request) -> Response:
    """The page, for this computer only, with the headers that all carry."""
    if not _is_loopback(request.headers.get("host", "")):
        return PlainTextResponse("Mail is shown to this computer only: open it by 127.0.0.1 or localhost.\n", 403)
    try:
        response = await page(viewed, request)
    except NotFound as error:
        response = _page("viewer_sorry.html", status=404, problem=str(error))
    common = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    for name, value in common.items():
        response.headers.setdefault(name, value)
    return response


def _is_loopback(host: str) -> bool:
    """Whether a Host header names this computer: 127.0.0.1, [::1], localhost or a name below it, with any port."""
    name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "0")
    name = name.lower().removesuffix(".")
    return port.isdigit() and (name in {"127.0.0.1", "[::1]", "localhost"} or name.endswith(".localhost"))


async def _start(viewed: Viewed, request: Request) -> Response:
    return RedirectResponse("/mail")


async def _list(viewed: Viewed, request: Request) -> Response:
    to = request.query_params.get("to", "").strip().casefold()
    everything = await asyncio.to_thread(list_mails, viewed.folder)
    recipients = sorted({mail.recipient.casefold() for mail in everything if mail.recipient})
    mails = [mail for mail in everything if not to or mail.recipient.casefold() == to]
    return _page(
        "viewer_list.html",
        to=to,
        recipients=recipients[:50],
        mails=[(mail, _listed_at(mail, viewed.zone)) for mail in mails[:SHOWN]],
        more=max(0, len(mails) - SHOWN),
        zone=viewed.zone.key,
    )


async def _mail(viewed: Viewed, request: Request) -> Response:
    mail = await _read(viewed, request)
    as_text = request.query_params.get("view") == "text" or not mail.html
    facts = [(name, mail.header(name)) for name in _FACTS if mail.header(name)]
    facts = [(name, _sent_at(value, viewed.zone) if name == "Date" else value) for name, value in facts]
    if mail.header("To").endswith(mail.header("Delivered-To")):
        facts = [fact for fact in facts if fact[0] != "Delivered-To"]
    return _page(
        "viewer_mail.html",
        name=mail.name,
        subject=mail.header("Subject") or "(no subject)",
        facts=facts,
        headers=mail.headers,
        has_html=bool(mail.html),
        as_text=as_text,
        pieces=list(_linked(mail.text or "This mail has no text.")),
    )


async def _html(viewed: Viewed, request: Request) -> Response:
    """The mail's HTML alone. Its links open beside the viewer, since a frame without an origin can show no other page."""
    mail = await _read(viewed, request)
    head, mark, rest = mail.html.partition("<head>")
    html = f'{head}<head><base target="_blank">{rest}' if mark else mail.html
    return HTMLResponse(html, headers={"Content-Security-Policy": _FRAMED})


async def _raw(viewed: Viewed, request: Request) -> Response:
    mail = await _read(viewed, request)
    return Response(mail.raw, media_type="text/plain; charset=utf-8", headers={"Content-Security-Policy": "sandbox"})


async def _read(viewed: Viewed, request: Request) -> Mail:
    return await asyncio.to_thread(read_mail, viewed.folder, request.path_params["name"])


def _page(template: str, *, status: int = 200, **values: Any) -> Response:
    style, digest = _style()
    html = environment("email").get_template(template).render(style=style, **values)
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return HTMLResponse(html, status, headers={"Content-Security-Policy": policy})


@cache
def _style() -> tuple[str, str]:
    """The stylesheet, and its hash for the policy that allows no other."""
    style = (FOLDER / "email" / "viewer.css").read_text()
    return style, base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")


def _listed_at(mail: Listed, zone: ZoneInfo) -> str:
    at = _moment(mail.date, zone)
    return f"{at:%-d %b, %H:%M}" if at else ""


def _sent_at(date: str, zone: ZoneInfo) -> str:
    """A Date header as people say it; as it stands when it tells no moment."""
    at = _moment(date, zone)
    return f"{at:%A, %-d %B %Y, %H:%M} ({zone.key})" if at else date


def _moment(date: str, zone: ZoneInfo) -> datetime | None:
    try:
        at = parsedate_to_datetime(date)
        # `-0000` says that it is UTC and nothing of a zone (RFC 5322, 3.3)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone)
    except (ValueError, OverflowError):
        return None


def _linked(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, web addresses with themselves as link."""
    plain: list[str] = []
    for word in _words(text):
        core = word.strip("<>()[].,;")
        if not core.startswith(("https://", "http://")):
            plain.append(word)
            continue
        before, _, after = word.partition(core)
        yield "".join([*plain, before]), ""
        yield core, core
        plain = [after]
    yield "".join(plain), ""


def _words(text: str) -> Iterator[str]:
    """Runs of visible characters and runs of space, in turn."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or text[at].isspace() != text[start].isspace():
            yield text[start:at]
            start = at
