"""Connections kept between mails that come many together, though each is made for one member: digests and Micro Monday.

They go as issue copies do, by our own pipelined client, one at a time on a connection, and who asks has recorded the attempt before. A connection
is lent to one mail and kept for half a minute after it. One that broke before the body costs nothing: the mail goes over a new one. When that breaks as well
it is put off; once a body has left, it is in doubt.
"""

import asyncio
from dataclasses import dataclass

from gateway.email.relay import Copy, Deferred, Outcome, Refused, Relay, Uncertain
from gateway.email.relays import Relays, relays_of
from gateway.email.smtp_channel import ConnectionLost
from gateway.email.smtp_client import SmtpConnection

_IDLE = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class _Broken:
    """The connection broke before the body, while another might not."""

    outcome: Deferred


class Kept:
    """The connections of one process that nobody uses right now; as many as mails went out at once."""

    def __init__(self, relay: Relay | Relays, idle: float = _IDLE) -> None:
        self._relays, self._for = relays_of(relay), idle
        self._idle: dict[SmtpConnection, asyncio.TimerHandle] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def send(self, copy: Copy) -> Outcome:
        """Sends one mail, over a kept connection or a new one."""
        while (kept := self._lend()) is not None:
            if not isinstance(result := await self._over(kept, copy), _Broken):
                return result
        try:
            opened = await self._relays.open()
        except ConnectionLost as lost:
            return Deferred("connect", lost.reason, lost.reply)
        result = await self._over(opened, copy)
        return result.outcome if isinstance(result, _Broken) else result

    async def close(self) -> None:
        """Says goodbye on all of them."""
        for connection in list(self._idle):
            self._dismiss(connection)
        await asyncio.gather(*self._closing)

    def _lend(self) -> SmtpConnection | None:
        """The connection used last that still stands, to the relay that should be used."""
        while self._idle:
            connection, timer = self._idle.popitem()
            timer.cancel()
            if connection.usable and not self._relays.has_better(connection.relay):
                return connection
            self._say_goodbye(connection)
        return None

    async def _over(self, connection: SmtpConnection, copy: Copy) -> Outcome | _Broken:
        try:
            outcome = await _sent(connection, copy)
        except BaseException:
            connection.abort()
            raise
        if isinstance(outcome, _Broken | Uncertain) or not connection.usable:
            connection.abort()
        else:
            timer = asyncio.get_running_loop().call_later(self._for, self._dismiss, connection)
            self._idle[connection] = timer
        return outcome

    def _dismiss(self, connection: SmtpConnection) -> None:
        self._idle.pop(connection).cancel()
        self._say_goodbye(connection)

    def _say_goodbye(self, connection: SmtpConnection) -> None:
        closing = asyncio.create_task(connection.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


async def _sent(connection: SmtpConnection, copy: Copy) -> Outcome | _Broken:
    envelope = connection.envelope(copy)
    if isinstance(envelope, Refused):
        return envelope
    try:
        connection.begin(envelope)
        if (refusal := await connection.accepted()) is not None:
            return refusal
        await connection.hand_over(envelope, None, lambda: True)
    except ConnectionLost as lost:
        return _Broken(Deferred(connection.stage, lost.reason, lost.reply))
    try:
        return await connection.answer()
    except ConnectionLost as lost:
        return Uncertain(lost.reason)
