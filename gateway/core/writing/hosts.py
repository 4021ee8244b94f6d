"""Hosts of web addresses as DNS knows them: `xn--mnchen-3ya.de` for `münchen.de`, percent-encoded or not."""

from urllib.parse import unquote

_MEANT = frozenset("ßς\u200c\u200d")  # Python's codec has IDNA 2003, which makes other names of these


def with_plain_host(address: str) -> str:
    """The `http` or `https` address with its host in ASCII; as it is where that cannot be.

    Renderers of Markdown percent-encode the host, which browsers undo and other programs do not.
    """
    if "%" not in address and address.isascii():  # as nearly all are
        return address
    start = address.index("://") + 3
    end = min((at for at in (address.find(sign, start) for sign in "/?#") if at >= 0), default=len(address))
    authority = address[start:end]
    if "%" not in authority and authority.isascii():
        return address
    user, at, place = authority.rpartition("@")
    name, colon, port = place.partition(":")
    host = plain_host(name)
    return f"{address[:start]}{user}{at}{host}{colon}{port}{address[end:]}" if host else address


def plain_host(name: str) -> str:
    """The host in ASCII; empty when DNS has no form for it."""
    host = unquote(name)
    if host.isascii():
        return "" if "%" in name else host
    if not _MEANT.isdisjoint(host):
        return ""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ""
