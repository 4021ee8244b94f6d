"""How many may speak at once, and how much may be on its way in."""

import asyncio
from collections import Counter
from typing import Any, Protocol

from gateway.email import refusals
from gateway.email.door import Limits, Refusal
from gateway.email.networks import network_of
from gateway.email.tally import Tally

_MINUTE, _TEN_MINUTES = 60, 600


class Guest(Protocol):
    """A connection, as far as capacity is concerned."""

    @property
    def peer_ip(self) -> str:
        """Its address, empty on a Unix socket."""

    @property
    def is_stranger(self) -> bool:
        """Whether it comes from outside: neither from our own machine or network, nor from an MTA of ours."""

    @property
    def silent_since(self) -> float | None:
        """Since when, on the loop's clock, it has been waiting for a command; None while something is under way."""

    @property
    def receiving(self) -> bool:
        """Whether content is on its way in and not yet complete."""

    @property
    def over(self) -> "asyncio.Future[None]":
        """Done when nothing more is said."""

    def dismiss(self, refusal: Refusal) -> None:
        """Say this and hang up."""

    def retire(self) -> None:
        """Hang up with 421 as soon as nothing is under way."""

    def drop(self) -> None:
        """Be gone at once, whatever has not been sent."""


class Capacity:
    """Counts the connections of one server, or of several that share it, and the bytes of content they hold."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_address: Counter[str] = Counter()
        self._by_network: Counter[str] = Counter()
        self._connected = Tally(limits.connections_a_minute, _MINUTE)
        self._refused = Tally(limits.errors_in_all, _TEN_MINUTES)
        self.guests: set[Guest] = set()
        self.buffered = 0
        self._storing: set[asyncio.Task[object]] = set()
        self._closing = False

    def admit(self, guest: Guest) -> Refusal | None:
        """Let `guest` in and count it until `leave`, or say why not.

        A full house makes room by dismissing whoever has been silent longest, so that idle connections shut nobody out.
        """
        if self._closing:
            return refusals.CLOSING
        if guest.is_stranger and (refusal := self._too_often(guest.peer_ip)):
            return refusal
        address, network = guest.peer_ip, network_of(guest.peer_ip)
        if address and (
            self._by_address[address] >= self._limits.connections_per_address
            or self._by_network[network] >= self._limits.connections_per_network
        ):
            return refusals.TOO_MANY_CONNECTIONS
        if len(self.guests) >= self._limits.connections and not self._made_room():
            return refusals.FULL_HOUSE
        self.guests.add(guest)
        self._by_address[address] += 1
        self._by_network[network] += 1
        return None

    def note_refusal(self, guest: Guest) -> None:
        """Count a 5xx against whoever got it, beyond this connection."""
        if guest.is_stranger:
            self._refused.add(guest.peer_ip, _now())

    def leave(self, guest: Guest) -> None:
        """Stop counting `guest`; harmless for one that was never let in."""
        if guest not in self.guests:
            return
        self.guests.discard(guest)
        _uncount(self._by_address, guest.peer_ip)
        _uncount(self._by_network, network_of(guest.peer_ip))

    def watch(self, storing: "asyncio.Task[object]") -> None:
        """Remember that a mail is being stored, whatever becomes of its connection."""
        self._storing.add(storing)
        storing.add_done_callback(self._storing.discard)

    async def close(self, grace: float) -> None:
        """Send everyone away: the silent at once, the others after the mail in hand, all others' content after `grace` seconds.

        Mails that are being stored are waited for once more as long.
        """
        self._closing = True
        for guest in list(self.guests):
            guest.retire()
        await self._over(grace)
        for guest in list(self.guests):
            if guest.receiving:
                guest.dismiss(refusals.CLOSING)
        await self._over(grace)
        for guest in list(self.guests):
            guest.dismiss(refusals.CLOSING)
        await self._over(1.0)
        for guest in list(self.guests):
            guest.drop()

    async def _over(self, seconds: float) -> None:
        awaited: set[asyncio.Future[Any]] = {*(guest.over for guest in self.guests), *self._storing}
        if awaited:
            await asyncio.wait(awaited, timeout=seconds)

    @property
    def overloaded(self) -> bool:
        """Whether more content is on its way in than memory was set aside for."""
        return self.buffered > self._limits.buffered

    def _too_often(self, address: str) -> Refusal | None:
        moment = _now()
        if self._refused.is_over(address, moment):
            return refusals.REFUSED_TOO_OFTEN
        if self._connected.is_over(address, moment):
            return refusals.CONNECTING_TOO_FAST
        self._connected.add(address, moment)
        return None

    def _made_room(self) -> bool:
        silent = [(guest.silent_since, id(guest), guest) for guest in self.guests if guest.silent_since is not None]
        if not silent:
            return False
        guest = min(silent)[2]
        guest.dismiss(refusals.MAKE_ROOM)
        self.leave(guest)
        return True


def _now() -> float:
    return asyncio.get_running_loop().time()


def _uncount(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
