"""Many copies over many kept connections: the engine under the outbox's carrier.

    claim(n) ──▶ feeder ── attempting(ids) ──▶ queue ──▶ connections ──▶ relay
                                                             │
    record(results) ◀────────── recorder ◀───────────────────┘

Who promises what:

- `attempting` is awaited before any byte of a copy leaves; only the ids it returns are sent, the others are forgotten. It is asked just in time:
  ahead of a free connection only for what leaves within some tens of milliseconds (ahead.py). What was allowed and is not begun within a second comes back
  as Returned, to be asked for anew. It and `record` are each called one at a time, `record` with what gathered since the last call, and for 10 ms at most: a group commit.
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
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gateway.email.ahead import Ahead
from gateway.email.lane import Item, Lane
from gateway.email.relay import Copy, Outcome, Relay, Result, Returned
from gateway.email.relays import Relays, relays_of

Claim = Callable[[int], Awaitable[Sequence[Copy]]]
"""At most this many copies to send; none ends the run. It may wait for work, and is cancelled when the run ends first; what
it gave and was not yet allowed then stays claimed, for the caller to release."""
Ours = Callable[[int], bool]
"""Whether the copy with this id may still be handed over."""
Attempting = Callable[[Sequence[int]], Awaitable[Collection[int]]]
"""Record durably that these ids are being attempted, and return those that may still be sent."""
Record = Callable[[Sequence[Result]], Awaitable[None]]
"""Record durably what became of these copies."""

_REST = 30.0  # seconds until it tries again, while others go on
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
    relay: Relay | Relays,
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
    run = _Run(relays_of(relay), attempting, record, ours, connections)
    recorder = asyncio.create_task(run.write_results())
    feeder = asyncio.create_task(run.feed(claim))
    lanes = [asyncio.create_task(Lane(run).work()) for _ in range(connections)]
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


class _Run:
    """What the lanes of one run share: allowed copies, results, and the signals between them."""

    def __init__(self, relays: Relays, attempting: Attempting, record: Record, ours: Ours, connections: int) -> None:
        self.relays = relays
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
        self._ahead = Ahead(connections)
        self._queue: deque[Item] = deque()
        self._takers: deque[asyncio.Future[None]] = deque()
        self._ending = asyncio.Event()  # no more copies will come
        self._hungry = asyncio.Event()
        self._closing = asyncio.Event()  # and none of those that came is begun
        self._results: list[Result] = []
        self._gathered = asyncio.get_running_loop().create_future()
        self._something = asyncio.Event()
        self._enough = asyncio.Event()
        self._finished = False
        self._time = asyncio.get_running_loop().time

    async def feed(self, claim: Claim) -> None:
        """Have copies allowed for the lanes that wait, and ahead of them as many as the relay is quick for."""
        closing = asyncio.create_task(self._closing.wait())
        try:
            while lacking := await self._lacking():
                claiming = asyncio.ensure_future(claim(lacking))
                try:
                    await asyncio.wait({claiming, closing}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    await _cancelled([] if claiming.done() else [claiming])
                if claiming.cancelled() or not (copies := claiming.result()) or self._closing.is_set():
                    return
                begun = self._time()
                allowed = await self._attempting([copy.id for copy in copies])
                now = self._time()
                self._ahead.commit_took(now - begun)
                self._queue.extend(Item(copy, now) for copy in copies if copy.id in allowed)
                self._wake_takers(len(self._queue))
        finally:
            await _cancelled([closing])
            self._ending.set()
            self._wake_takers(len(self._takers))

    async def take(self, patience: float | None) -> Item | None:
        """The next allowed copy, waited for; None when there will be none. Raises TimeoutError after so many seconds without one."""
        while not self._queue:
            if self._ending.is_set():
                return None
            loop = asyncio.get_running_loop()
            waiter = loop.create_future()
            self._takers.append(waiter)
            self._hungry.set()
            timer = loop.call_later(patience, _over, waiter) if patience is not None else None
            try:
                await waiter
            finally:
                if timer is not None:
                    timer.cancel()
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

    def take_now(self) -> Item | None:
        """The next allowed copy, if one waits."""
        if not self._queue or self._closing.is_set():
            return None
        item = self._queue.popleft()
        if self._is_low():
            self._hungry.set()
        return item

    def put_back(self, item: Item) -> None:
        """Let another connection have it, before all others."""
        self._queue.appendleft(item)
        self._wake_takers(1)

    def copy_took(self, seconds: float) -> None:
        """From its envelope to its answer."""
        self._ahead.copy_took(seconds)

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
        self._wake_takers(len(self._takers))

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

    async def _lacking(self) -> int:
        """How many are to be allowed now, waited for; 0 when there will be no more."""
        while not self._closing.is_set():
            if self._waiting() > len(self._queue) or self._is_low():
                if (gather := self._ahead.gather) and self.busy:
                    await asyncio.sleep(gather)
                if (lacking := self._waiting() + self._ahead.most - len(self._queue)) > 0:
                    return lacking
                continue
            self._hungry.clear()
            await self._hungry.wait()
        return 0

    def _waiting(self) -> int:
        return sum(not waiter.done() for waiter in self._takers)

    def _is_low(self) -> bool:
        return 3 * len(self._queue) < self._ahead.most

    def _wake_takers(self, most: int) -> None:
        while self._takers and most:
            waiter = self._takers.popleft()
            if not waiter.done():
                waiter.set_result(None)
                most -= 1


def _over(waiter: "asyncio.Future[None]") -> None:
    """Time is over. `asyncio.timeout` would do as well, and cost three times as much for each copy."""
    if not waiter.done():
        waiter.set_exception(TimeoutError())


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
