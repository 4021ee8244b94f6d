"""Web addresses in one form: what RFC 3986 does not allow percent-encoded, the host as DNS knows it, never without a path."""

from urllib.parse import quote, unquote

from gateway.core.writing.hosts import plain_host, with_plain_host

_USER = "!$&'()*+,;=:-._~"
_PATH = "%!$&'()*+,;=:-._~/?#@"
_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_~!$&'()*+,;=")
_LAST_PORT = 65535


def web_address(link: str) -> str:
    """The address in its one form; empty for what is no address on the web.

    Telegram refuses a whole message for one link to a host without a dot or to a port that is none, so those are none here.
    """
    scheme, mark, rest = link.partition("://")
    scheme = scheme.lower()
    if not mark or scheme not in {"http", "https"}:
        return ""
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    user, _, place = rest[:end].rpartition("@")
    name, colon, port = place.partition(":")
    host = _host(name)
    if "." not in host or host == "." or "@" in user or (colon and not _is_port(port)):
        return ""
    tail = rest[end:] if rest[end : end + 1] == "/" else f"/{rest[end:]}"
    who = f"{quote(unquote(user), safe=_USER)}@" if user else ""
    return f"{scheme}://{who}{host}{f':{int(port)}' if colon else ''}{quote(tail, safe=_PATH)}"


def same_address(shown: str, link: str) -> bool:
    """Does the text show the address that it is linked to?"""
    return bool(link) and _plain(link) in {_plain(shown), _plain(f"http://{shown}"), f"mailto:{unquote(shown)}"}


def _plain(address: str) -> str:
    return unquote(with_plain_host(address) if address.startswith(("http://", "https://")) else address)


def _host(name: str) -> str:
    host = plain_host(name).lower()
    return host if _HOST.issuperset(host) else ""


def _is_port(port: str) -> bool:
    return port.isascii() and port.isdecimal() and len(port) < 10 and 0 < int(port) <= _LAST_PORT
