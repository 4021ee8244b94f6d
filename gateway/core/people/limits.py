"""How often one network may do something: counted in this process's memory, which a restart may forget."""

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from threading import Lock

from gateway.core.errors import TooMuch
from gateway.core.words import later

MOST_KEPT = 20_000


@dataclass(slots=True)
class Limits:
    """Counts in stretches of time. Safe to use from several threads."""

    _counts: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, what: str, network: str, moment: float, *, most: int, seconds: int) -> None:
        """Counts one. Raises TooMuch when this network has had `most` of them in the current stretch of `seconds`."""
        stretch = int(moment // seconds)
        with self._lock:
            if len(self._counts) >= MOST_KEPT:
                self._counts.clear()
            since, count = self._counts.get((what, network), (stretch, 0))
            count = count + 1 if since == stretch else 1
            self._counts[what, network] = (stretch, count)
        if count > most:
            raise TooMuch(
                later("That was too often from your network."), hint=later("Nothing was saved. Try again later.")
            )


def network_of(host: str) -> str:
    """The network a client's address belongs to: /24 of IPv4, /56 of IPv6."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    mapped = getattr(address, "ipv4_mapped", None) or address
    return str(ip_network((mapped, 24 if mapped.version == 4 else 56), strict=False))
