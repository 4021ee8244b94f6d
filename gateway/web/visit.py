"""A visit: one request to one host, with all that a page or an act needs to know of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from gateway.core.errors import NotAllowed
from gateway.core.house import House
from gateway.core.people.community import Community
from gateway.core.people.limits import Limits
from gateway.core.people.web_sessions import find_session
from gateway.core.store.models import Member

BLOG = "postroom.blog"  # where the ASGI scope names the blog whose host was asked


@dataclass(frozen=True, slots=True)
class ChatWay:
    """How a member reaches the bot of one channel. `link` is a deep link with `{code}` in it; empty when there is none."""

    channel: str
    name: str
    bot: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """What all visits share."""

    house: House
    chats: tuple[ChatWay, ...] = ()
    limits: Limits = field(default_factory=Limits)

    @property
    def is_https(self) -> bool:
        return self.house.community.base_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """`__Host-` keeps a blog's host from planting a cookie (RFC 6265bis, 4.1.3.2); it needs https."""
        return "__Host-postroom" if self.is_https else "postroom"


@dataclass(frozen=True, slots=True)
class Who:
    """The member whose session this is. `secret` is the cookie's, `csrf` stands in every form."""

    member_id: int
    handle: str
    shown_name: str
    time_zone: str
    csrf: str
    secret: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One request. `problem` says why the form on this page was refused a moment ago; `form` holds what was typed."""

    site: Site
    request: Request
    now: datetime
    form: Mapping[str, str] = field(default_factory=dict)
    upload: bytes = field(default=b"", repr=False)  # of the file in the form, where a door takes one
    upload_name: str = ""  # its last part, short and fit to be shown
    who: Who | None = None
    problem: str = ""

    @property
    def community(self) -> Community:
        return self.site.house.community

    @property
    def blog_name(self) -> str:
        """The blog whose host was asked; empty on the community's own."""
        name: str = self.request.scope.get(BLOG, "")
        return name

    @property
    def origin(self) -> str:
        """Scheme, host and port of these pages, as a browser's Origin header spells them."""
        return self.community.blog_url(self.blog_name) if self.blog_name else self.community.base_url

    @property
    def zone(self) -> ZoneInfo:
        """The zone that times are shown in: the member's, else the community's."""
        return ZoneInfo(self.who.time_zone) if self.who else self.community.zone

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        return self.request.query_params.get(name, "")

    def typed(self, name: str, otherwise: str = "") -> str:
        """A field of the form; `otherwise` when the form has none of that name."""
        return self.form.get(name, otherwise)

    def me(self, session: Session) -> Member:
        """The signed-in member, in this session. Raises NotAllowed."""
        member = session.get(Member, self.who.member_id) if self.who else None
        if member is None or member.status != "active":
            raise NotAllowed("You are not signed in, or no longer.", hint="Nothing was changed. Sign in and try again.")
        return member


Look: TypeAlias = Callable[[Visit, Session], Response]
"""A page: reads, in a session that cannot write, and gives the response."""

Unit: TypeAlias = Callable[[Session], "Response | Look"]
"""What the writer runs for an act. It gives the response, or the page to show once the change is durable."""

Act: TypeAlias = Callable[[Visit, Session], Unit]
"""What a form does: reads, checks and renders first, then gives the unit."""


def whose(visit: Visit, session: Session) -> Who | None:
    """The member whose session cookie came along, on the community's own host only."""
    secret = visit.request.cookies.get(visit.site.cookie, "")
    if visit.blog_name or not (0 < len(secret) <= 64 and secret.isascii()):
        return None
    row = find_session(session, secret, visit.now)
    member = session.get(Member, row.member_id) if row is not None else None
    if row is None or member is None or member.status != "active":
        return None
    return Who(member.id, member.handle, member.shown_name, member.time_zone, row.csrf, secret)
