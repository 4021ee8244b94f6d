"""Mail of ours that comes back: every mail we send names our domain in `X-Loop`, and what we hand on keeps the names it came with.

Between two gateways most loops end at once, since what a machine sent is never posted and never answered. Mail for the operators must be taken
even from machines; there these names end it when it has come round.
"""

from gateway.core.people.domains import a_label
from gateway.core.words import N
from gateway.email.limits import LIMITS
from gateway.email.parts import raw_headers, take_apart

HEADER = "X-Loop"
OURS = N("it is mail of ours that came back")
_MOST = 20


def names(head: bytes) -> tuple[str, ...]:
    """The gateways that a mail with this header section has gone through."""
    if b"x-loop" not in head.lower():
        return ()
    found = raw_headers(take_apart(head[: LIMITS.header]).root.header, HEADER.lower())
    return tuple(dict.fromkeys(a_label(name) for value in found[:_MOST] for name in value[:1000].split()[:1]))


def marks(domain: str, enclosed: tuple[str, ...] = ()) -> tuple[tuple[str, str], ...]:
    """The headers of a mail of ours, and of what it hands on."""
    others = [name for name in enclosed if name != a_label(domain) and name.isascii() and name.isprintable()]
    return tuple((HEADER, name) for name in (a_label(domain), *others))


def came_back(head: bytes, domain: str) -> bool:
    """Whether we sent it ourselves, or it was made of what we sent."""
    return a_label(domain) in names(head)
