"""One connection's work within a run of the engine (sending.py, where it is said who promises what)."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.email.ahead import QUICK, STALE
from gateway.email.relay import NOT_MADE, Copy, Deferred, Outcome, Refused, Relay, Returned, Uncertain
from gateway.email.relays import Relays
from gateway.email.smtp_channel import ConnectionLost
from gateway.email.smtp_client import Envelope, SmtpConnection

log = logging.getLogger(__name__)

_FRUITLESS = 2  # connections in a row that brought no answer to any copy, before a lane rests
_IDLE = 30.0  # seconds that a connection is kept without work

_NOT_OURS = Returned("This process was stopped for so long that its lease was over.", at_once=True)
SLOW = "The relay was slow. Whether it may leave is asked anew."
_STALE = Returned(SLOW, at_once=True)


@dataclass(slots=True)
class Item:
    """A copy that was allowed, on its way to a connection."""

    copy: Copy
    allowed_at: float  # by the loop's clock
    broke: Deferred | None = None  # how a connection broke on it before its body


class Run(Protocol):
    """What a lane asks of its run: copies that may be sent, and where it tells what became of them."""

    @property
    def relays(self) -> Relays: ...

    ours: Callable[[int], bool]
    trouble: str  # why a connection broke last
    busy: int  # lanes that have a copy

    async def take(self, patience: float | None) -> Item | None: ...

    def take_now(self) -> Item | None: ...

    def put_back(self, item: Item) -> None: ...

    def copy_took(self, seconds: float) -> None: ...

    async def rest(self) -> bool: ...

    def report(self, copy: Copy, outcome: Outcome) -> asyncio.Future[None]: ...


class Lane:
    """One connection at a time, opened when there is work and again when it broke."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._connection: SmtpConnection | None = None
        self._fruitless = 0
        self._broke_with: Relay | None = None  # of the connection that broke last, if there was one
        self._slow = True  # the last copy took long, or there was none
        self._stuck = False  # the copy offered ahead was given back
        self._begun = 0.0  # when it was asked what the relay says to the envelope of the copy at hand
        self._time = asyncio.get_running_loop().time
        self._reported: asyncio.Future[None] | None = None

    async def work(self) -> None:
        """Send until there is nothing more to send, or until the relay cannot be used."""
        try:
            while (item := await self._next()) is not None:
                self._run.busy += 1
                try:
                    await self._send_from(item)
                finally:
                    self._run.busy -= 1
                if self._fruitless >= _FRUITLESS:
                    if self._broke_with and self._run.relays.turned_away(self._broke_with, self._run.trouble):
                        self._fruitless = 0
                        continue
                    if not await self._run.rest():
                        break
                    self._fruitless = _FRUITLESS - 1
            await self._close()
        finally:
            if self._connection:
                self._connection.abort()

    async def _next(self) -> Item | None:
        """The next copy, waited for; meanwhile the connection is closed if it takes long."""
        try:
            return await self._run.take(_IDLE if self._connection else None)
        except TimeoutError:
            await self._close()
            return await self._run.take(None)

    async def _close(self) -> None:
        if self._connection:
            await self._connection.close()
            self._connection = None

    async def _send_from(self, item: Item) -> None:
        """Send this copy, and on behind it while the queue has more at once."""
        connection = await self._connected()
        if connection is None:
            self._run.put_back(item)
            return
        following: tuple[Item, Envelope] | None = self._ready(connection, item)
        if following:
            connection.begin(following[1])
        while following:
            current, following = following, None
            self._begun = self._time()
            try:
                refusal = await connection.accepted()
            except ConnectionLost as lost:
                self._broken_before_body(connection, current[0], lost)
                return
            if refusal is not None:
                await self._tell(current[0].copy, refusal)
                return
            alone = self._slow or self._run.relays.has_better(connection.relay)
            following = None if alone else self._next_ready(connection)
            if not await self._body(connection, current, following):
                return

    async def _body(
        self, connection: SmtpConnection, current: tuple[Item, Envelope], following: tuple[Item, Envelope] | None
    ) -> bool:
        """Hand over the body and wait for what becomes of it; False when the connection is gone."""
        item, envelope = current
        self._stuck = False
        try:
            left = await connection.hand_over(
                envelope, following[1] if following else None, lambda: self._run.ours(item.copy.id)
            )
            outcome = await self._answer(connection, following) if left else _NOT_OURS
        except ConnectionLost as lost:
            if following and not self._stuck:
                self._run.put_back(following[0])
            if lost.before_end:
                self._broken_before_body(connection, item, lost)
            else:
                self._lose(lost)
                await self._tell(item.copy, Uncertain(lost.reason))
            return False
        if not left or self._stuck:
            self._drop_connection()
        if not left and following:
            self._run.put_back(following[0])
        await self._tell(item.copy, outcome)
        return left and not self._stuck

    async def _answer(self, connection: SmtpConnection, following: tuple[Item, Envelope] | None) -> Outcome:
        """What becomes of the body. While the relay thinks about it for long, nothing else waits for it here."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(STALE, self._let_go, following[0]) if following else None
        try:
            return await connection.answer()
        finally:
            took = self._time() - self._begun
            self._slow = took > QUICK
            self._run.copy_took(took)
            if timer:
                timer.cancel()

    def _let_go(self, following: Item) -> None:
        """It is asked for anew. The relay knows its envelope here, so this connection must not be used again."""
        self._stuck = True
        self._run.report(following.copy, _STALE)

    def _next_ready(self, connection: SmtpConnection) -> tuple[Item, Envelope] | None:
        while (item := self._run.take_now()) is not None:
            if ready := self._ready(connection, item):
                return ready
        return None

    def _ready(self, connection: SmtpConnection, item: Item) -> tuple[Item, Envelope] | None:
        envelope: Envelope | Refused | Deferred | Returned
        try:
            if not self._run.ours(item.copy.id):
                envelope = _NOT_OURS
            elif self._time() > item.allowed_at + STALE:
                envelope = item.broke or _STALE
            else:
                envelope = connection.envelope(item.copy)
        except Exception:  # one copy that cannot be made must not stop the others
            log.exception("A mail could not be made now; it was not sent and is tried again: delivery %s", item.copy.id)
            envelope = Deferred("compose", NOT_MADE)
        if not isinstance(envelope, Envelope):
            self._run.report(item.copy, envelope)
            return None
        return item, envelope

    async def _connected(self) -> SmtpConnection | None:
        if self._connection and self._connection.usable:
            if self._run.relays.has_better(self._connection.relay):
                await self._try_better(self._connection)
            return self._connection
        self._drop_connection()
        try:
            self._connection = await self._run.relays.open()
        except ConnectionLost as lost:
            self._lose(lost)
        return self._connection

    async def _try_better(self, connection: SmtpConnection) -> None:
        """Back to a relay that comes before this connection's, if it is there again."""
        try:
            self._connection = await self._run.relays.open(above=connection.relay)
        except ConnectionLost:
            return
        await connection.close()

    async def _tell(self, copy: Copy, outcome: Outcome) -> None:
        """Report it, and wait until the one before it is being committed."""
        if not isinstance(outcome, Uncertain):
            self._fruitless = 0
        before, self._reported = self._reported, self._run.report(copy, outcome)
        if before is not None:
            await before

    def _broken_before_body(self, connection: SmtpConnection, item: Item, lost: ConnectionLost) -> None:
        self._lose(lost)
        if not (
            connection.answered and connection.stage == "mail"
        ):  # else the relay had enough of us, not of this copy
            again, item.broke = item.broke is None, Deferred(connection.stage, lost.reason, lost.reply)
            if not again:
                self._run.report(item.copy, item.broke)
                return
        self._run.put_back(item)

    def _lose(self, lost: ConnectionLost) -> None:
        self._fruitless += 1
        self._run.trouble = lost.reason
        self._broke_with = self._connection.relay if self._connection else None
        self._drop_connection()

    def _drop_connection(self) -> None:
        if self._connection:
            self._connection.abort()
            self._connection = None
