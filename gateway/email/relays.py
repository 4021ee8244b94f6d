"""The relays in the order in which they are used: the first that can be; one that turned us away is left alone for some minutes.

A relay turns us away when no connection can be had: it can't be reached, refuses the greeting, TLS or the login, or has nothing but 421 for every copy. What it says of
one copy is that copy's own matter. So a change happens between two copies, never within one, and a body without an answer goes nowhere else by it.

When the time is over one connection tries it, while the others go on; when it is there again they come back, each after the copy that it has. When no relay can be used,
all are tried each time.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from gateway.email.relay import Copy, Deferred, Outcome, Relay, send_one
from gateway.email.smtp_channel import ConnectionLost
from gateway.email.smtp_client import SmtpConnection

log = logging.getLogger("postroom")

LEFT_ALONE = 300.0  # seconds
T = TypeVar("T")


def relays_of(relay: "Relay | Relays") -> "Relays":
    """One relay as a list of them."""
    return Relays([relay]) if isinstance(relay, Relay) else relay


class Relays:
    """What the connections of one process know of the relays. `clock` counts seconds."""

    def __init__(self, relays: Sequence[Relay], clock: Callable[[], float] = time.monotonic) -> None:
        self.relays, self._clock = tuple(relays), clock
        self._until: dict[Relay, float] = {}  # those left alone, and until when
        self._tried: set[Relay] = set()  # of these, those that somebody is trying again right now

    async def open(self, *, above: Relay | None = None) -> SmtpConnection:
        """A connection to the first relay that can be had, of those before `above` if that is given; ConnectionLost when there is none."""
        return await self._first(SmtpConnection.open, above)

    def has_better(self, relay: Relay) -> bool:
        """Whether one that comes before this one should be used, or tried again."""
        return relay is not self.relays[0] and any(self._may_be_tried(one) for one in self._before(relay))

    async def send_one(self, copy: Copy) -> Outcome:
        """Sends a single mail over a connection of its own."""

        async def attempt(relay: Relay) -> Outcome:
            outcome = await send_one(relay, copy)
            if isinstance(outcome, Deferred) and outcome.stage == "connect":
                raise _TurnedAway(outcome)
            return outcome

        try:
            return await self._first(attempt, None)
        except _TurnedAway as turned_away:
            return turned_away.outcome

    def turned_away(self, relay: Relay, reason: str) -> bool:
        """Leave this one alone for a while. Whether there is another to be tried meanwhile."""
        if relay not in self._until and len(self.relays) > 1:
            log.warning(
                "the relay %s:%s can't be used and is left alone for a while: %s", relay.host, relay.port, reason
            )
        self._until[relay] = self._clock() + LEFT_ALONE
        return any(self._may_be_tried(one) for one in self.relays)

    def _may_be_tried(self, relay: Relay) -> bool:
        return relay not in self._tried and self._until.get(relay, 0.0) <= self._clock()

    def _before(self, relay: Relay | None) -> Sequence[Relay]:
        return self.relays if relay is None else self.relays[: self.relays.index(relay)]

    async def _first(self, attempt: Callable[[Relay], Awaitable[T]], above: Relay | None) -> T:
        """What the attempt comes to with the first relay that does not turn us away."""
        among = self._before(above)
        first = [one for one in among if self._may_be_tried(one)]
        lost = ConnectionLost("No relay is there to be tried.")
        for relay in first if above else [*first, *(one for one in among if one not in first)]:
            again = relay in self._until
            if again:
                self._tried.add(relay)
            try:
                reached = await attempt(relay)
            except ConnectionLost as error:
                self.turned_away(relay, error.reason)
                lost = error
            else:
                if self._until.pop(relay, None) is not None and len(self.relays) > 1:
                    log.info("the relay %s:%s is used again", relay.host, relay.port)
                return reached
            finally:
                if again:
                    self._tried.discard(relay)
        raise lost


class _TurnedAway(ConnectionLost):
    def __init__(self, outcome: Deferred) -> None:
        super().__init__(outcome.reason, outcome.reply)
        self.outcome = outcome
