"""Where accepted mail goes: into the inbox, all that came during the last commit as one unit of the writer.

A mail for which `put` returned is durable. One that the database refuses (a character it can't hold) must not take others with it: when a unit of
several mails fails, each is put again by itself. `put` raises what the writer raised, and then nothing of that mail is stored.

A SIGKILL leaves whole units or nothing; of what is not stored nobody was told.
"""

import asyncio
import contextlib
from collections import deque
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
class Shelf:
    """Belongs to the event loop of its first `put`."""

    house: House
    _waiting: deque[_Mail] = field(default_factory=deque)
    _called: bool = False  # a unit is on its way that has not looked at what waits

    async def put(self, arrivals: Sequence[inbox.Arrival], refusals: Sequence[Refusal]) -> None:
        """Returns when all of it is durable."""
        mail = _Mail(arrivals, refusals, asyncio.get_running_loop().create_future())
        self._waiting.append(mail)
        if not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._call)  # behind all that is ready now, which then shares a commit
        await mail.stored

    def _call(self) -> None:
        loop, taken = asyncio.get_running_loop(), list[_Mail]()

        def unit(session: Session) -> None:
            self._take(taken)
            _store(session, taken, self.house)

        def done(unit_done: "Future[None]") -> None:
            self._take(taken)  # when the transaction failed before the unit was run
            with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
                loop.call_soon_threadsafe(self._settle, taken, unit_done.exception())

        try:
            self.house.database.writer.submit(unit, ack=True).add_done_callback(done)
        except BaseException as error:
            self._take(taken)
            self._settle(taken, error)

    def _take(self, taken: list[_Mail]) -> None:
        """Once for each unit, however often the writer runs it."""
        if taken:
            return
        self._called = False  # before looking: whoever comes later calls again
        while self._waiting:
            taken.append(self._waiting.popleft())

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
