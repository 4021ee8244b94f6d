"""Many things that are due, each tried by itself, so that one that can't be done keeps no other back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Attempt = Callable[[str, Callable[[], object]], None]
"""Does something that is called so; what it raises waits until all the others were tried."""


@contextmanager
def collected(words: str) -> Iterator[Attempt]:
    """Gives what tries one after the other, and at the end raises all that they raised, in a group of these words."""
    failures: list[Exception] = []

    def attempt(name: str, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:
            error.add_note(f"It was raised by {name}.")
            failures.append(error)

    try:
        yield attempt
    except Exception as error:
        failures.append(error)
    if failures:
        raise ExceptionGroup(words, failures)
