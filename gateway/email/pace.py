"""How much mail one address, its network, and one member may bring: more is put off, never lost.

An address has a number of each, its network NETWORK_SHARE times as many. Peers on our own machine or network are not counted, nor is an MTA
that hands over by LMTP: there the MTA counts. What is put off is told in the session.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from gateway.core.errors import TooMuch
from gateway.core.people.limits import Limits
from gateway.email.authenticate import is_ours
from gateway.email.door import NETWORK_SHARE, Refusal
from gateway.email.networks import network_of

RECIPIENTS_A_MAIL = 10  # on the average of a minute; one mail may have more
UNKNOWN_AN_HOUR = 30  # recipients whom nobody here knows

TOO_FAST = Refusal(452, "4.7.1", "Too much mail came from your network just now. Please try again in a minute.")
TOO_MANY_RECIPIENTS = Refusal(
    452, "4.7.1", "Your network wrote to too many addresses just now. Please try again in a minute."
)
TOO_MANY_UNKNOWN = Refusal(
    452, "4.7.1", "Your network asked for too many addresses that do not exist. Please try again in an hour."
)
MEMBER_TOO_FAST = Refusal(452, "4.7.1", "Too much mail came from you just now. Please try again in a minute.")


@dataclass(frozen=True, slots=True)
class Pace:
    """Counts for one door. `moment` is in seconds since 1970."""

    mails_per_minute: int = 0  # 0: no limit
    _limits: Limits = field(default_factory=Limits)

    def mail(self, peer_ip: str, moment: float) -> Refusal | None:
        """Asked at MAIL."""
        return None if self._peer_has_room("mails", peer_ip, moment, self.mails_per_minute, 60) else TOO_FAST

    def recipient(self, peer_ip: str, moment: float) -> Refusal | None:
        """Asked at RCPT for an address that somebody has."""
        most = RECIPIENTS_A_MAIL * self.mails_per_minute
        return None if self._peer_has_room("recipients", peer_ip, moment, most, 60) else TOO_MANY_RECIPIENTS

    def unknown(self, peer_ip: str, moment: float) -> Refusal | None:
        """Asked at RCPT for an address that nobody has; those that somebody has are not put off."""
        is_fine = self._peer_has_room("unknown", peer_ip, moment, UNKNOWN_AN_HOUR, 3600)
        return None if is_fine else TOO_MANY_UNKNOWN

    def members(self, peer_ip: str, members: Collection[str], moment: float) -> Refusal | None:
        """Asked after the content, for those who sent it. Whoever is not proved is counted apart, lest a stranger use up a member's room."""
        if not self.mails_per_minute or is_ours(peer_ip):
            return None
        rooms = [self._has_room("from", one, moment, self.mails_per_minute, 60) for one in members]
        return None if all(rooms) else MEMBER_TOO_FAST

    def _peer_has_room(self, what: str, peer_ip: str, moment: float, most: int, seconds: int) -> bool:
        """What an address was put off for is not counted against its network."""
        if not self.mails_per_minute or is_ours(peer_ip):
            return True
        return self._has_room(what, peer_ip, moment, most, seconds) and self._has_room(
            what, network_of(peer_ip), moment, NETWORK_SHARE * most, seconds
        )

    def _has_room(self, what: str, whose: str, moment: float, most: int, seconds: int) -> bool:
        try:
            self._limits.take(what, whose, moment, most=most, seconds=seconds)
        except TooMuch:
            return False
        return True
