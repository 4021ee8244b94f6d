"""What the settings of mail out say, taken apart: `mail_limits` and `relay_fallbacks`. Everything here raises ValueError for what does not fit."""

from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import unquote, urlsplit

import idna

_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0}
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
Tls = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, slots=True)
class MailLimit:
    """So many mails in any window of so many seconds, to one domain or (`*`) in all."""

    domain: str
    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RelayPlace:
    """Where a relay is, and how to log in there."""

    host: str
    port: int
    tls: Tls
    user: str
    password: str


def mail_limit(line: str) -> MailLimit:
    """`gmail.com=60/minute`; `*=600/minute` is for all mail."""
    domain, _, rate = (part.strip() for part in line.partition("="))
    number, _, window = (part.strip() for part in rate.partition("/"))
    if domain != "*":
        is_plain = domain.isascii()
        domain = (domain.lower().encode("idna") if is_plain else idna.encode(domain, uts46=True)).decode("ascii")
        if "." not in domain or not all(label and label.replace("-", "").isalnum() for label in domain.split(".")):
            raise ValueError
    if window not in _SECONDS or not (number.isascii() and number.isdecimal()) or int(number) < 1:
        raise ValueError
    return MailLimit(domain, int(number), _SECONDS[window])


def relay_place(line: str) -> RelayPlace:
    """`starttls://user:password@smtp.example.net:587`; `tls://` and `none://` as in relay_tls. What is no letter or digit may be written as %40."""
    url = urlsplit(line)
    if url.scheme not in _PORTS or not url.hostname or url.path.strip("/") or url.query or url.fragment:
        raise ValueError
    user, password = unquote(url.username or ""), unquote(url.password or "")
    if bool(user) != bool(password):
        raise ValueError
    return RelayPlace(url.hostname, url.port or _PORTS[url.scheme], cast(Tls, url.scheme), user, password)
