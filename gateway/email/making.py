"""Copies made ahead: joined and signed in threads of their own while the event loop sends those before them.

An RSA signature is more than half of what a copy costs, and OpenSSL makes it without holding the interpreter's lock; so two threads sign on one processor while the
loop and the writer's thread work on another. They make a few copies at a time, for the way to a thread and back costs as much as a tenth of a copy.

What is claimed and not offered yet stands in one queue: its head is being made or is made, the rest waits for that. More is claimed while that goes on, so that
nobody waits for the database. A copy that can't be made is offered all the same, and raises when its bytes are asked for: the engine says what becomes of it and goes on.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from gateway.core.ledger.outbox import Claim
from gateway.email.relay import Copy

AT_ONCE = 200  # copies claimed together, at least
_THREADS = 2
_TOGETHER = 20  # copies that a thread makes before it comes back
_AHEAD = 5 * _TOGETHER  # copies made and not offered yet, at most; or as many as were asked for at once


class Making:
    """The copies of one run of the engine, from their claim until they are offered. `close` it."""

    def __init__(
        self, claim: Callable[[int], Awaitable[list[Claim]]], make: Callable[[Sequence[Claim]], list[Copy]]
    ) -> None:
        self._claim, self._make = claim, make
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="copies")
        self._unoffered: deque[Claim] = deque()
        self._in_hand = 0  # of these, how many are made or being made
        self._made: deque[asyncio.Future[list[Copy]]] = deque()
        self._ready: deque[Copy] = deque()  # those of them that came back
        self._claiming: asyncio.Task[list[Claim]] | None = None
        self._most = 1  # that were asked for at once
        self._over = False  # nothing more will be claimed

    async def offer(self, most: int) -> list[Copy]:
        """At most so many copies, in the order of their claims; waits for work. None when there will be none."""
        self._most = max(self._most, most)
        self._go_on()
        while not self._in_hand and self._claiming is not None:
            await asyncio.wait({self._claiming})
            self._go_on()
        while len(self._ready) < most and self._made:
            await asyncio.wait({self._made[0]})
            self._ready.extend(self._made.popleft().result())
        copies = [self._ready.popleft() for _ in range(min(most, len(self._ready)))]
        for _ in copies:  # from here on they are the caller's
            self._unoffered.popleft()
        self._in_hand -= len(copies)
        self._go_on()
        return copies

    async def close(self) -> list[Claim]:
        """Stops; returns what was claimed and never offered."""
        if self._claiming is not None:
            self._claiming.cancel()
            [ended] = await asyncio.gather(self._claiming, return_exceptions=True)
            self._unoffered.extend(ended if isinstance(ended, list) else ())
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        return list(self._unoffered)

    def _go_on(self) -> None:
        """Has more made and more claimed, as far as it may."""
        if self._claiming is not None and self._claiming.done():
            claims, self._claiming = self._claiming.result(), None
            self._unoffered.extend(claims)
            self._over = not claims
        size = min(_TOGETHER, self._most)
        while self._in_hand < min(max(_AHEAD, self._most), 2 * self._most):
            some = list(islice(self._unoffered, self._in_hand, self._in_hand + size))
            if not some:
                break
            self._in_hand += len(some)
            self._made.append(asyncio.get_running_loop().run_in_executor(self._threads, self._make, some))
        if self._claiming is None and not self._over and len(self._unoffered) - self._in_hand < AT_ONCE // 2:
            self._claiming = asyncio.ensure_future(self._claim(max(AT_ONCE, 2 * self._most)))
