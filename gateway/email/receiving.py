"""The content of a mail, as it comes in over a connection: read in bulk (`incoming.py`), within its time and the memory set aside.

What came counts as held (`Capacity.buffered`) until it is dropped, or until whoever took it lets go of it.
"""

from abc import abstractmethod

from gateway.email import refusals
from gateway.email.capacity import Capacity
from gateway.email.connection import Connection, Front
from gateway.email.door import STALL_BYTES, Limits, Refusal
from gateway.email.incoming import Incoming
from gateway.email.lines import LONGEST_COMMAND


class Receiving(Connection):
    """A connection that content comes in by, after `_receive`, until `_take_content`."""

    def __init__(self, capacity: Capacity, limits: Limits, front: Front) -> None:
        super().__init__(capacity, limits, front)
        self._content: Incoming | None = None
        self._held = 0  # bytes of content that count as held by this connection; by a task, while they are stored
        self._content_due = 0.0  # on the loop's clock: by then all of the content must have come
        self._seen_before = 0  # bytes of it when it was last looked at

    @abstractmethod
    def _take_content(self, content: Incoming) -> None:
        """All of it has come."""

    def _receive(self) -> None:
        self._content = Incoming(self._limits.size)
        self._content_due, self._seen_before = self.loop.time() + self._limits.content, 0
        self._look_again()

    def connection_lost(self, error: Exception | None) -> None:
        self._content = None
        self._let_go(self._take_held())
        super().connection_lost(error)

    def eof_received(self) -> bool:
        return super().eof_received() and not self.receiving

    @property
    def receiving(self) -> bool:
        """Whether content is on its way in and not yet complete."""
        return self._content is not None

    def _step(self) -> bool:
        content = self._content
        if content is None:
            return super()._step()
        data, self._waiting, self._place = self._waiting[self._place :], b"", 0
        return self._feed(content, data)

    def _rest(self) -> None:
        if self._content is None:
            super()._rest()
        elif self._ended:
            self._hang_up()  # the rest of it will never come

    def _feed(self, content: Incoming, data: bytes) -> bool:
        """Whether the content is complete."""
        rest = content.feed(data)
        self._let_go(self._held - content.kept)
        self._held = content.kept
        if content.kept and self._capacity.overloaded:
            self._let_go(self._take_held())
            content.drop()
        if rest is not None:
            self._content, self._waiting = None, rest
            self._reset_timeout()
            self._take_content(content)
        elif content.received > 2 * self._limits.size + LONGEST_COMMAND:
            self.dismiss(refusals.too_large(self._limits.size))
        return rest is not None

    def _too_slow(self) -> None:
        content = self._content
        if content is None or self.loop.time() >= self._content_due or self._stalls(content):
            super()._too_slow()
        else:
            self._look_again()

    def _look_again(self) -> None:
        self._reset_timeout(min(self._limits.stall, max(self._content_due - self.loop.time(), 0.001)))

    def _stalls(self, content: Incoming) -> bool:
        came, self._seen_before = content.received - self._seen_before, content.received
        return came < STALL_BYTES

    def _take_held(self) -> int:
        held, self._held = self._held, 0
        return held

    def _let_go(self, held: int) -> None:
        self._capacity.buffered -= held

    def _refused(self, content: Incoming) -> Refusal | None:
        if content.dropped:
            return refusals.OVERLOADED
        if content.too_large:
            return refusals.too_large(self._limits.size)
        if self._limits.refuse_bare_line_ends and content.has_bare_line_ends():
            return refusals.BARE_LINE_ENDS
        return None
