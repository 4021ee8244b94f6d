"""Many copies over many kept connections: the engine under the outbox's carrier.

    claim(n) ──▶ feeder ── attempting(ids) ──▶ queue ──▶ connections ──▶ relay
                                                             │
    record(results) ◀────────── recorder ◀───────────────────┘

Who promises what:

- `attempting` is awaited before any byte of a copy leaves; only the ids it returns are sent, the others are forgotten. It and
  `record` are each called one at a time, `record` with what gathered since the last call, and for 10 ms at most: a group commit.
- `ours` is asked right before a body is handed over. A copy that is not ours any more, because the process was stopped past its lease, comes
  back as Returned, and its connection is closed when the relay waits for the body already.
- A connection hands over a body only when all its results but the newest are recorded or in the group that is being committed. So a process that
  is killed leaves one group, and for each connection at most one copy more that is answered but unrecorded and one handed over but unanswered.
  Everything else that was allowed and not sent looks the same to the database (attempting under a lease that ends) and was never handed over.
- Every allowed id is recorded exactly once with one outcome, unless the process dies, `attempting` or `record` raises,
  or the call is cancelled: then nothing more is handed over, and what is unrecorded is for the lease to find.
- A copy on which a connection broke before its body is tried once more on another connection and then Deferred; one whose body had left is
  Uncertain and never tried again here.
- A relay that thinks about one body for long holds up one connection and nothing else. Connections are kept while there is work; one without any is
  closed after a while. A lane for which the relay can't be used rests and tries again while others go on; when all rest, the run is over.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gateway.email.relay import Copy, Deferred, Outcome, Refused, Relay, Result, Returned, Uncertain
from gateway.email.smtp_channel import ConnectionLost
from gateway.email.smtp_client import Envelope, SmtpConnection

log = logging.getLogger(__name__)

Claim = Callable[[int], Awaitable[Sequence[Copy]]]
"""At most this many copies to send; none ends the run. It may wait for work, and is cancelled when the run ends first; what
it gave and was not yet allowed then stays claimed, for the caller to release."""
Ours = Callable[[int], bool]
"""Whether the copy with this id may still be handed over."""
Attempting = Callable[[Sequence[int]], Awaitable[Collection[int]]]
"""Record durably that these ids are being attempted, and return those that may still be sent."""
Record = Callable[[Sequence[Result]], Awaitable[None]]
"""Record durably what became of these copies."""

_FRUITLESS = 2  # connections in a row that brought no answer to any copy, before a lane rests
_REST = 30.0  # seconds until it tries again, while others go on
_IDLE = 30.0  # seconds that a connection is kept without work
_SLOW = 1.0  # seconds for an answer, from which on no envelope is offered ahead
_STUCK = 3.0  # seconds without an answer, after which the copy offered ahead goes over another connection
_GATHER = 0.01  # seconds that a result may wait for others to be recorded with


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did: results by kind, and, when the relay could not be used to the end, why."""

    sent: int = 0
    refused: int = 0
    deferred: int = 0
    returned: int = 0
    uncertain: int = 0
    trouble: str = ""


async def send_many(
    relay: Relay,
    claim: Claim,
    *,
    attempting: Attempting,
    record: Record,
    connections: int = 10,
    stop: asyncio.Event | None = None,
    ours: Ours = lambda _: True,
) -> Summary:
    """Send what `claim` gives until it gives nothing, `stop` is set, or no connection can be kept.

    On `stop` the bodies in flight are waited for; copies that were allowed and not handed over come back as Returned. What
    `attempting` or `record` raises is raised here, after every connection is closed.
    """
    run = _Run(relay, attempting, record, ours, connections)
    recorder = asyncio.create_task(run.write_results())
    feeder = asyncio.create_task(run.feed(claim))
    lanes = [asyncio.create_task(_Lane(run).work()) for _ in range(connections)]
    stopper = asyncio.create_task(run.stop_on(stop)) if stop else None
    try:
        await _all_or_first_error([*lanes, recorder, feeder], until=lanes)
        run.close()
        await _all_or_first_error([recorder, feeder], until=[feeder])
        run.give_back()
        run.finish()
        await recorder
    finally:
        await _cancelled([*lanes, recorder, feeder, *([stopper] if stopper else [])])
    return run.summary()


@dataclass(slots=True)
class _Item:
    copy: Copy
    broken: int = 0  # connections that broke on it before its body


_NOT_OURS = Returned("This process was stopped for so long that its lease was over.", at_once=True)


class _Run:
    """What the lanes of one run share: allowed copies, results, and the signals between them."""

    def __init__(self, relay: Relay, attempting: Attempting, record: Record, ours: Ours, connections: int) -> None:
        self.relay = relay
        self.ours = ours
        self.trouble = ""  # why a connection broke last
        self.busy = 0  # lanes that have a copy
        self._resting = 0
        self._unusable = False  # all lanes rested at once
        self._turned_away = False  # a lane had to rest
        self._counts: Counter[str] = Counter()
        self._attempting = attempting
        self._record = record
        self._connections = connections
        self._queue: deque[_Item] = deque()
        self._takers: deque[asyncio.Future[None]] = deque()
        self._ending = asyncio.Event()  # no more copies will come
        self._hungry = asyncio.Event()
        self._closing = asyncio.Event()  # and none of those that came is begun
        self._results: list[Result] = []
        self._gathered = asyncio.get_running_loop().create_future()
        self._something = asyncio.Event()
        self._enough = asyncio.Event()
        self._finished = False

    async def feed(self, claim: Claim) -> None:
        """Keep the queue between one and three copies for each connection."""
        closing = asyncio.create_task(self._closing.wait())
        try:
            while not self._closing.is_set():
                claiming = asyncio.ensure_future(claim(2 * self._connections))
                try:
                    await asyncio.wait({claiming, closing}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    await _cancelled([] if claiming.done() else [claiming])
                if claiming.cancelled() or not (copies := claiming.result()) or self._closing.is_set():
                    return
                allowed = await self._attempting([copy.id for copy in copies])
                self._queue.extend(_Item(copy) for copy in copies if copy.id in allowed)
                self._wake_takers()
                await self._low()
        finally:
            await _cancelled([closing])
            self._ending.set()
            self._wake_takers()

    async def take(self, patience: float | None) -> _Item | None:
        """The next allowed copy, waited for; None when there will be none. Raises TimeoutError after so many seconds without one."""
        while not self._queue:
            if self._ending.is_set():
                return None
            waiter = asyncio.get_running_loop().create_future()
            self._takers.append(waiter)
            async with asyncio.timeout(patience):
                await waiter
        return self.take_now()

    async def rest(self) -> bool:
        """Wait before the relay is tried again; False when there is nothing more to wait for. When all lanes rest, the run is over."""
        self._turned_away = True
        self._resting += 1
        if self._resting == self._connections:
            self._unusable = True
            self.close()
        try:
            async with asyncio.timeout(_REST):
                await self._ending.wait()
            return False
        except TimeoutError:
            return True
        finally:
            self._resting -= 1

    def take_now(self) -> _Item | None:
        """The next allowed copy, if one waits."""
        if not self._queue or self._closing.is_set():
            return None
        item = self._queue.popleft()
        if len(self._queue) < self._connections:
            self._hungry.set()
        return item

    def put_back(self, item: _Item) -> None:
        """Let another connection have it, before all others."""
        self._queue.appendleft(item)
        self._wake_takers()

    def report(self, copy: Copy, outcome: Outcome) -> asyncio.Future[None]:
        """Hand a result to the recorder; the future is done when it is being committed."""
        self._counts[type(outcome).__name__.lower()] += 1
        self._results.append(Result(copy.id, outcome))
        self._something.set()
        if len(self._results) >= self.busy:  # nobody is left who could bring one soon
            self._enough.set()
        return self._gathered

    async def write_results(self) -> None:
        """Record what gathered, until the run is finished."""
        while not (self._finished and not self._results):
            await self._something.wait()
            self._something.clear()
            if not self._results:
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_GATHER):
                    await self._enough.wait()
            self._enough.clear()
            results, self._results = self._results, []
            gathered, self._gathered = self._gathered, asyncio.get_running_loop().create_future()
            if not gathered.done():
                gathered.set_result(None)
            await self._record(results)

    async def stop_on(self, stop: asyncio.Event) -> None:
        """Close when the caller says so."""
        await stop.wait()
        self.close()

    def close(self) -> None:
        """Take no more copies."""
        self._closing.set()
        self._ending.set()
        self._hungry.set()
        self._wake_takers()

    def give_back(self) -> None:
        """Return every copy that was allowed and that nobody will send now."""
        while self._queue:
            self.report(self._queue.popleft().copy, Returned(self.trouble or "Sending was stopped."))

    def finish(self) -> None:
        """Let the recorder end when it has recorded everything."""
        self._finished = True
        self._enough.set()
        self._something.set()

    def summary(self) -> Summary:
        """What the run did."""
        kinds = {kind: self._counts[kind] for kind in ("sent", "refused", "deferred", "returned", "uncertain")}
        unusable = self._unusable or (self._turned_away and kinds["returned"])
        return Summary(**kinds, trouble=self.trouble if unusable else "")

    async def _low(self) -> None:
        while len(self._queue) >= self._connections and not self._closing.is_set():
            self._hungry.clear()
            await self._hungry.wait()

    def _wake_takers(self) -> None:
        while self._takers:
            waiter = self._takers.popleft()
            if not waiter.done():
                waiter.set_result(None)


class _Lane:
    """One connection at a time, opened when there is work and again when it broke."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._connection: SmtpConnection | None = None
        self._fruitless = 0
        self._slow = False  # the last answer took long
        self._stuck = False  # the copy offered ahead was given to another connection
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
                    if not await self._run.rest():
                        break
                    self._fruitless = _FRUITLESS - 1
            await self._close()
        finally:
            if self._connection:
                self._connection.abort()

    async def _next(self) -> _Item | None:
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

    async def _send_from(self, item: _Item) -> None:
        """Send this copy, and on behind it while the queue has more at once."""
        connection = await self._connected()
        if connection is None:
            self._run.put_back(item)
            return
        following: tuple[_Item, Envelope] | None = self._ready(connection, item)
        if following:
            connection.begin(following[1])
        while following:
            current, following = following, None
            try:
                refusal = await connection.accepted()
            except ConnectionLost as lost:
                self._broken_before_body(connection, current[0], lost)
                return
            if refusal is not None:
                await self._tell(current[0].copy, refusal)
                return
            following = None if self._slow else self._next_ready(connection)
            if not await self._body(connection, current, following):
                return

    async def _body(
        self, connection: SmtpConnection, current: tuple[_Item, Envelope], following: tuple[_Item, Envelope] | None
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

    async def _answer(self, connection: SmtpConnection, following: tuple[_Item, Envelope] | None) -> Outcome:
        """What becomes of the body. While the relay thinks about it for long, nothing else waits for it here."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        timer = loop.call_later(_STUCK, self._let_go, following[0]) if following else None
        try:
            return await connection.answer()
        finally:
            self._slow = loop.time() - begun > _SLOW
            if timer:
                timer.cancel()

    def _let_go(self, following: _Item) -> None:
        """Another connection may have it. The relay knows its envelope here, so this one must not be used again."""
        self._stuck = True
        self._run.put_back(following)

    def _next_ready(self, connection: SmtpConnection) -> tuple[_Item, Envelope] | None:
        while (item := self._run.take_now()) is not None:
            if ready := self._ready(connection, item):
                return ready
        return None

    def _ready(self, connection: SmtpConnection, item: _Item) -> tuple[_Item, Envelope] | None:
        envelope: Envelope | Refused | Returned
        try:
            envelope = connection.envelope(item.copy) if self._run.ours(item.copy.id) else _NOT_OURS
        except Exception:  # one copy that cannot be made must not stop the others
            log.exception("A mail could not be made; it was not sent: delivery %s", item.copy.id)
            envelope = Refused("compose", "The mail could not be made; the log says why.")
        if not isinstance(envelope, Envelope):
            self._run.report(item.copy, envelope)
            return None
        return item, envelope

    async def _connected(self) -> SmtpConnection | None:
        if self._connection and self._connection.usable:
            return self._connection
        self._drop_connection()
        try:
            self._connection = await SmtpConnection.open(self._run.relay)
        except ConnectionLost as lost:
            self._lose(lost)
        return self._connection

    async def _tell(self, copy: Copy, outcome: Outcome) -> None:
        """Report it, and wait until the one before it is being committed."""
        if not isinstance(outcome, Uncertain):
            self._fruitless = 0
        before, self._reported = self._reported, self._run.report(copy, outcome)
        if before is not None:
            await before

    def _broken_before_body(self, connection: SmtpConnection, item: _Item, lost: ConnectionLost) -> None:
        self._lose(lost)
        if not (
            connection.answered and connection.stage == "mail"
        ):  # else the relay had enough of us, not of this copy
            item.broken += 1
        if item.broken < 2:
            self._run.put_back(item)
        else:
            self._run.report(item.copy, Deferred(connection.stage, lost.reason, lost.reply))

    def _lose(self, lost: ConnectionLost) -> None:
        self._fruitless += 1
        self._run.trouble = lost.reason
        self._drop_connection()

    def _drop_connection(self) -> None:
        if self._connection:
            self._connection.abort()
            self._connection = None


async def _all_or_first_error(tasks: Sequence[asyncio.Task[None]], *, until: Sequence[asyncio.Task[None]]) -> None:
    """Wait until these are done; raise what any of the tasks raises as soon as it does."""
    waiting = set(tasks)
    while any(not task.done() for task in until):
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def _cancelled(tasks: Sequence[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
