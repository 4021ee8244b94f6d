"""Event loops whose clock does not go on while the machine has no time for them.

A starved process would else find its own deadlines over: the second in which a copy must be begun, the three in which Slack wants an answer. Computing counts
by the thread's clock, and waiting for sockets and timers by the real one, at most a moment at a time.
"""

import asyncio
import selectors
import threading
import time

_MOMENT = 0.02  # seconds: what a wait may count for when it was over at once, and the process was put aside


class _Waits(selectors.DefaultSelector):
    """Counts the seconds that were waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        begun = time.monotonic()
        most = _MOMENT if timeout is None else max(0.0, min(timeout, _MOMENT))
        found = super().select(None if timeout is None else most)
        self.waited += min(time.monotonic() - begun, most)
        return found


class PatientLoop(asyncio.SelectorEventLoop):
    """A loop that counts what it computes and what it waits."""

    def __init__(self) -> None:
        self._waits = _Waits()
        self._computed, self._thread, self._seen = time.monotonic(), 0, 0.0
        super().__init__(self._waits)

    def time(self) -> float:
        thread = threading.get_ident()
        seen = time.thread_time()
        if thread == self._thread:
            self._computed += seen - self._seen
        self._thread, self._seen = thread, seen
        return self._computed + self._waits.waited


class PatientLoops(asyncio.DefaultEventLoopPolicy):
    """Has all loops of a process be patient ones."""

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return PatientLoop()
