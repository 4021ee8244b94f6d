"""How often something happened in the current stretch of time, by address and by network: in memory, which a restart forgets."""

from dataclasses import dataclass, field

from gateway.email.door import NETWORK_SHARE
from gateway.email.networks import network_of

_MOST_KEPT = 50_000


@dataclass(slots=True)
class Tally:
    """Counts for `most` a stretch of `seconds` from one address, and NETWORK_SHARE times that from its network.

    Belongs to one thread.
    """

    most: int  # 0: no limit
    seconds: int
    _counts: dict[str, int] = field(default_factory=dict)
    _stretch: int = -1

    def add(self, address: str, moment: float) -> None:
        """Count one more. An address over its own limit uses up nothing of its network's."""
        if not self.most or self.is_over(address, moment):
            return
        if len(self._counts) >= _MOST_KEPT:
            self._counts.clear()
        for key in (address, network_of(address)):
            self._counts[key] = self._counts.get(key, 0) + 1

    def is_over(self, address: str, moment: float) -> bool:
        """Whether this address, or its network, has used up its share of the stretch that `moment` (seconds) is in."""
        stretch = int(moment // self.seconds)
        if stretch != self._stretch:
            self._counts.clear()
            self._stretch = stretch
        if not self._counts:
            return False
        of_address = self._counts.get(address, 0)
        return of_address >= self.most or self._counts.get(network_of(address), 0) >= NETWORK_SHARE * self.most
