"""How many copies are allowed to leave before a connection is free for them: with a quick relay as many as keep it busy, with a slow one none.

Whatever is allowed leaves, though its issue is paused or its reader leaves a moment later; and after a kill it is in doubt. So what is allowed ahead must be what leaves
within some tens of milliseconds. How long a connection takes for a copy is measured; until it is known, and while it is slow, copies are allowed one by one as
connections get free. A commit for each is nothing beside what such a relay takes.
"""

QUICK = 0.1  # seconds for a copy, from its envelope to its answer
STALE = 1.0  # seconds after which what was allowed, and not begun, is asked for anew
_SOON = 0.02  # seconds for which there is to be enough, beside a commit
_SHARE = 16  # of the average, one part is the newest


class Ahead:
    """What is measured in one run of the engine with so many connections."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._copy = 2 * QUICK  # seconds, on the average
        self._commit = 0.0

    def copy_took(self, seconds: float) -> None:
        """From its envelope to its answer."""
        self._copy += (min(seconds, 10 * QUICK) - self._copy) / _SHARE

    def commit_took(self, seconds: float) -> None:
        """Until some were allowed."""
        self._commit = min(seconds, QUICK)

    @property
    def gather(self) -> float:
        """Seconds to wait for further connections that get free, so that one commit does for them."""
        return 0.0 if self.most else min(self._copy / 50, _SOON)

    @property
    def most(self) -> int:
        """As many as may stand ready: three for each connection, at most."""
        if self._copy > QUICK:
            return 0
        leaving = self._connections / max(self._copy, 0.001)  # a second
        return min(3 * self._connections, max(1, int(leaving * (_SOON + self._commit))))
