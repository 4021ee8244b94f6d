"""Where accepted mail goes: into the inbox, all that came during the last commit as one unit of the writer.

A mail for which `put` returned is durable. One that the database refuses (a character it can't hold) must not take others with it: when a unit of
several mails fails, each is put again by itself. `put` raises what the writer raised, and then nothing of that mail is stored.

A SIGKILL leaves whole units or nothing; of what is not stored nobody was told.
"""

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.store.models import Refusal
from gateway.email import again


@dataclass(frozen=True, slots=True)
class _Mail:
    """One mail: a row for each recipient that took it, a note for each that refused, and who waits for it."""

    arrivals: Sequence[inbox.Arrival]
    refusals: Sequence[Refusal]
    stored: asyncio.Future[None]


@dataclass(slots=True)
class _Batch:
    """What one unit stores: None until the unit has looked at what waits."""

    mails: list[_Mail] | None = None


@dataclass(slots=True)
class Shelf:
    """Belongs to the event loop of its first `put`."""

    house: House
    _waiting: list[_Mail] = field(default_factory=list)
    _called: bool = False  # a unit is on its way that has not looked at what waits
    _lock: threading.Lock = field(default_factory=threading.Lock)  # of these two: they change together

    async def put(self, arrivals: Sequence[inbox.Arrival], refusals: Sequence[Refusal]) -> None:
        """Returns when all of it is durable."""
        loop = asyncio.get_running_loop()
        mail = _Mail(arrivals, refusals, loop.create_future())
        with self._lock:
            self._waiting.append(mail)
            is_first, self._called = not self._called, True
        if is_first:
            loop.call_soon(self._call)  # behind all that is ready now, which then shares a commit
        await mail.stored

    def _call(self) -> None:
        loop, batch = asyncio.get_running_loop(), _Batch()

        def unit(session: Session) -> None:
            _store(session, self._taken(batch), self.house)

        def done(unit_done: "Future[None]") -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
                loop.call_soon_threadsafe(self._settle, self._taken(batch), unit_done.exception())

        try:
            self.house.database.writer.submit(unit, ack=True).add_done_callback(done)
        except BaseException as error:
            self._settle(self._taken(batch), error)

    def _taken(self, batch: _Batch) -> list[_Mail]:
        """The same for each time that the writer runs the unit; all that waits when the transaction failed before it ran."""
        with self._lock:
            if batch.mails is None:  # whoever comes from now on calls again
                batch.mails, self._waiting, self._called = self._waiting, [], False
            return batch.mails

    def _settle(self, taken: Sequence[_Mail], failure: BaseException | None) -> None:
        if failure is not None and len(taken) > 1:
            for mail in taken:
                self._put_alone(mail)
            return
        for mail in taken:
            _tell(mail.stored, failure)

    def _put_alone(self, mail: _Mail) -> None:
        loop = asyncio.get_running_loop()

        def done(unit_done: "Future[None]") -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_tell, mail.stored, unit_done.exception())

        try:
            writer = self.house.database.writer
            writer.submit(lambda session: _store(session, [mail], self.house), ack=True).add_done_callback(done)
        except BaseException as error:
            _tell(mail.stored, error)


def _store(session: Session, mails: Sequence[_Mail], house: House) -> None:
    again.store(session, [arrival for mail in mails for arrival in mail.arrivals], house.now())
    session.add_all(refusal for mail in mails for refusal in mail.refusals)


def _tell(stored: "asyncio.Future[None]", failure: BaseException | None) -> None:
    if stored.done():  # nobody waits any more
        return
    if failure is None:
        stored.set_result(None)
    else:
        stored.set_exception(failure)
