"""How often may be asked for newsletters, whichever way it comes: by form, by mail or by the API. Counted in the database, for all processes alike.

What is counted says nothing of an address: everybody who asks counts, whether or not a mail goes out. That an address is asked once a day at most is
another rule, which nobody hears of (see subscribers.py); these two say so when they are reached.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address

from sqlalchemy.orm import Session

from gateway.core.errors import TooMuch
from gateway.core.people import attempts
from gateway.core.people.limits import network_of
from gateway.core.words import later

WITHIN = timedelta(hours=1)
FROM_A_NETWORK = 20
TO_A_DOMAIN = 100  # so that nobody fills the mailboxes of a place with our questions
TO_A_LARGE_DOMAIN = 2000  # nor closes the form to everybody who has their address there: from five networks 100 are asked for in minutes
LARGE_DOMAINS = frozenset(
    (
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "aol.com"),
        *("icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "fastmail.com", "gmx.de", "gmx.net"),
        *("gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "posteo.de", "mailbox.org", "hotmail.co.uk"),
        *("yahoo.co.uk", "btinternet.com", "orange.fr", "free.fr", "laposte.net", "libero.it", "seznam.cz", "wp.pl"),
        *("comcast.net", "mail.ru", "yandex.ru", "qq.com", "163.com", "naver.com", "yahoo.co.jp", "yahoo.com.br"),
    )
)
_NETWORK, _DOMAIN = "subscribe from", "subscribe at"


def check(session: Session, host: str, address: str, now: datetime) -> None:
    """Raises TooMuch when this client's network, or the domain of this folded address, was counted too often of late. Changes nothing."""
    if host and attempts.used_up(session, _NETWORK, network_of(host), now, most=FROM_A_NETWORK, within=WITHIN):
        raise TooMuch(later("That was too often from your network."), hint=later("Nothing was saved. Try again later."))
    most = TO_A_LARGE_DOMAIN if _domain(address) in LARGE_DOMAINS else TO_A_DOMAIN
    if attempts.used_up(session, _DOMAIN, _domain(address), now, most=most, within=WITHIN):
        raise TooMuch(
            f"Too many addresses of {_domain(address)} were entered in this hour.",
            hint="Nothing was saved. Try again in an hour.",
        )


def count(session: Session, host: str, address: str, now: datetime) -> None:
    """Counts one. Raises TooMuch."""
    check(session, host, address, now)
    if host:
        attempts.count(session, _NETWORK, network_of(host), now, within=WITHIN)
    attempts.count(session, _DOMAIN, _domain(address), now, within=WITHIN)


def outside(host: str) -> str:
    """The host when it is somebody else's; "" for our own machine or network, as of a mail server of ours that hands mail on."""
    try:
        return host if ip_address(host).is_global else ""
    except ValueError:
        return ""


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
