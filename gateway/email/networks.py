"""Peers' addresses and the networks they belong to."""

import ipaddress
from functools import lru_cache

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Networks = tuple[_Network, ...]
_REMEMBERED = 4096  # answers of each kind; a peer is asked about many times a mail


@lru_cache(_REMEMBERED)
def network_of(address: str) -> str:
    """The /24 (IPv4) or /64 (IPv6) that an address belongs to; what is no address stands for itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 64), strict=False))


def read_networks(words: tuple[str, ...]) -> Networks:
    """The networks that `10.0.0.7` and `10.0.0.0/24` name. Raises ValueError."""
    return tuple(ipaddress.ip_network(word, strict=False) for word in words)


@lru_cache(_REMEMBERED)
def is_within(address: str, networks: Networks) -> bool:
    """Whether an address belongs to any of the networks; what is no address belongs to none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks if network.version == parsed.version)


def peer_address(peername: object) -> str:
    """The peer's address; of an IPv4 address written as IPv6, the IPv4 one; empty for a Unix socket."""
    if not isinstance(peername, tuple) or not peername:
        return ""
    return plain_address(str(peername[0]).partition("%")[0])


@lru_cache(_REMEMBERED)
def plain_address(text: str) -> str:
    """An IP address in its usual form; of an IPv4 address written as IPv6, the IPv4 one; empty for what is none."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)
