"""Mail for an address elsewhere that a mail server of our own hands us: which of our addresses it was meant for, by what that server wrote down.

An alias or a catch-all box often keeps its own envelope recipient and notes the one before in a header. Anybody can write such headers, but
not much comes of it: they only say where a mail goes, and whoever writes them could have sent it there.
"""

from gateway.core.people.domains import a_label
from gateway.email.header_values import correspondents
from gateway.email.parts import raw_headers, take_apart

# The envelope recipient comes first; these in their order: Postfix, Gmail, Postfix and qmail, Exim, and what others write.
_NAMES = ("x-original-to", "x-forwarded-to", "delivered-to", "envelope-to", "x-envelope-to", "x-rcpt-to")
_MOST = 10  # addresses looked at


def is_elsewhere(address: str, domain: str) -> bool:
    """Whether an address is of another domain than ours."""
    host = address.rpartition("@")[2] if "@" in address else ""
    return bool(host) and a_label(host) != a_label(domain)


def meant_for(head: bytes, domain: str) -> list[str]:
    """Our addresses that a mail was meant for, the likeliest first; a server writes above what stood there before."""
    header = take_apart(head).root.header
    named = (
        box.address for name in _NAMES for value in raw_headers(header, name)[:_MOST] for box in correspondents(value)
    )
    ours = [address for address in named if address and not is_elsewhere(address, domain)]
    return list(dict.fromkeys(ours))[:_MOST]
