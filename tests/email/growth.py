"""How the work for an input grows with its size: a judgement by ratio, so that no machine is too slow for it."""

import gc
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_TIMES = 4  # the larger input is so many times the smaller
_MOST = 9.0  # linear work grows by 4, quadratic by 16
_TRIES = 4


def grows_linearly(make: Callable[[int], T], work: Callable[[T], object], *, size: int) -> None:
    """Fails when the computing time grows clearly faster than the input: the least of several tries counts, on both sides."""
    small, large = make(size), make(_TIMES * size)
    ratio = 0.0
    for _ in range(3):
        ratio = _least(work, large) / max(_least(work, small), 1e-3)
        if ratio < _MOST:
            return
    raise AssertionError(f"{_TIMES} times the input took {ratio:.1f} times as long.")


def costs_less(work: Callable[[], object], than: Callable[[], object]) -> None:
    """Fails when the first takes more computing time than the second."""
    for _ in range(3):
        first, second = (_least(lambda one: one(), one) for one in (work, than))
        if first < second:
            return
    raise AssertionError(f"It took {first:.3f} s, and the other {second:.3f} s.")


def _least(work: Callable[[T], object], given: T) -> float:
    """The least CPU time of some tries, in seconds; a try that takes a second is enough.

    The thread's clock: where a limit of CPU time is set (`prepare_mail` sets one), Linux moves the process's clock only every 4 ms. Without the
    search for cycles, which walks whatever else this process holds, and when it comes doubles the time.
    """
    least = float("inf")
    gc.collect()
    gc.disable()
    try:
        for _ in range(_TRIES):
            begun = time.thread_time()
            work(given)
            least = min(least, time.thread_time() - begun)
            if least > 1:
                break
    finally:
        gc.enable()
    return least
