"""Mail is put into the inbox in units of what came during the last commit; each mail is durable when it is told so, or raises."""

import asyncio
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gateway.core.errors import Unavailable
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.ledger.inbox import Arrival
from gateway.core.store.at_once import insert_many_if_new
from gateway.core.store.models import Base, Inbound, Refusal
from gateway.email.shelf import Shelf

TraceFunction = Callable[[FrameType, str, Any], Any]


def arrival(number: int, *, sender: str = "alice@example.com") -> Arrival:
    return Arrival(channel="email", unique_key=f"k{number}", ordering_key="email:1", raw=b"x", sender=sender)


def stored(house: House) -> list[str]:
    with house.database.read() as session:
        return list(session.scalars(select(Inbound.unique_key).order_by(Inbound.unique_key)))


async def put(shelf: Shelf, number: int, *, sender: str = "alice@example.com") -> None:
    await shelf.put([arrival(number, sender=sender)], [])


@contextmanager
def inserts() -> Iterator[list[int]]:
    """How many rows each statement meanwhile was to put into the inbox."""
    seen: list[int] = []

    def counted(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
        seen.append(len(rows))
        return insert_many_if_new(session, model, rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "insert_many_if_new", counted)
        yield seen


class Held:
    """Keeps every thread of the writer busy until `let_go`."""

    def __init__(self, house: House) -> None:
        self._released = threading.Event()
        for _ in range(1 if house.database.is_sqlite else 3):
            begun = threading.Event()
            house.database.writer.submit(partial(self._wait, begun))
            assert begun.wait(60)

    def _wait(self, begun: threading.Event, _session: Session) -> None:
        begun.set()
        self._released.wait(60)

    def let_go(self) -> None:
        self._released.set()


@contextmanager
def slowed(house: House, file: str) -> Iterator[None]:
    """Meanwhile the writer's threads wait before each line of this file, so that others run in between."""

    def before(frame: FrameType, _event: str, _arg: Any) -> TraceFunction | None:
        if not frame.f_code.co_filename.endswith(file):
            return None
        time.sleep(0.001)
        return before

    def trace(function: TraceFunction | None) -> None:
        threads = 1 if house.database.is_sqlite else 3
        all_here = threading.Barrier(threads)

        def unit(_session: Session) -> None:
            all_here.wait(60)
            sys.settrace(function)

        for future in [house.database.writer.submit(unit) for _ in range(threads)]:
            future.result(60)

    trace(before)
    try:
        yield
    finally:
        trace(None)


async def test_a_mail_is_in_the_inbox_when_put_returns(house: House) -> None:
    await put(Shelf(house), 1)
    assert stored(house) == ["k1"]


async def test_all_that_came_while_the_writer_was_busy_is_one_unit(house: House) -> None:
    held, shelf = Held(house), Shelf(house)
    waiting = [asyncio.create_task(put(shelf, number)) for number in range(10, 60)]
    await asyncio.sleep(0)
    with inserts() as counted:
        held.let_go()
        await asyncio.gather(*waiting)
    assert stored(house) == [f"k{number}" for number in range(10, 60)]
    assert counted == [50]


async def test_nobody_is_told_of_a_mail_that_was_not_stored_whenever_it_comes(house: House) -> None:
    """Mails come before each line that the writer's threads run in the shelf."""
    shelf, told, dice = Shelf(house), list[int](), random.Random(1)
    last = asyncio.get_running_loop().time() + 3
    with slowed(house, "shelf.py"):

        async def client(first: int) -> None:
            number = first
            while asyncio.get_running_loop().time() < last:
                await put(shelf, number)
                told.append(number)
                number += 1
                await asyncio.sleep(dice.uniform(0, 0.01))

        await asyncio.gather(*(client(1000 * one) for one in range(1, 4)))
    assert len(told) > 50
    assert {f"k{number}" for number in told} == set(stored(house))


async def test_a_mail_that_comes_after_the_unit_looked_gets_one_of_its_own(house: House) -> None:
    shelf = Shelf(house)
    for burst in range(10, 100, 30):
        await asyncio.gather(*(put(shelf, number) for number in range(burst, burst + 30)))
    assert len(stored(house)) == 90


async def test_the_same_mail_twice_in_one_unit_is_stored_once_and_both_are_told_so(house: House) -> None:
    held, shelf = Held(house), Shelf(house)
    twice = [asyncio.create_task(put(shelf, 1)) for _ in range(2)]
    await asyncio.sleep(0)
    held.let_go()
    await asyncio.gather(*twice)
    assert stored(house) == ["k1"]


async def test_a_refusal_of_one_recipient_is_noted_beside_the_row_of_another(house: House) -> None:
    note = Refusal(at=house.now(), sender="a", recipient="eve", peer="", code="550 5.1.1", reason="Nobody.")
    await Shelf(house).put([arrival(1)], [note])
    with house.database.read() as session:
        assert session.scalars(select(Refusal.recipient)).all() == ["eve"]
    assert stored(house) == ["k1"]


async def test_a_mail_that_the_database_refuses_takes_no_other_with_it(house: House) -> None:
    def only_others(session: Session) -> None:
        if house.database.is_sqlite:
            session.execute(
                text(
                    "CREATE TRIGGER bad BEFORE INSERT ON inbound WHEN NEW.sender = 'eve' BEGIN SELECT RAISE(ABORT, 'no'); END"
                )
            )
        else:
            session.execute(text("ALTER TABLE inbound ADD CONSTRAINT bad CHECK (sender <> 'eve')"))

    house.database.writer.run(only_others)
    held, shelf = Held(house), Shelf(house)
    senders = ["alice", "eve", "bob"]
    waiting = [asyncio.create_task(put(shelf, number, sender=who)) for number, who in enumerate(senders)]
    await asyncio.sleep(0)
    held.let_go()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(result, DBAPIError) for result in results] == [False, True, False]
    assert stored(house) == ["k0", "k2"]


async def test_when_the_writer_takes_no_more_the_mail_is_not_stored_and_the_next_is_told_so_too(house: House) -> None:
    shelf = Shelf(house)
    house.database.writer.close()
    for number in range(2):
        with pytest.raises(Unavailable):
            await put(shelf, number)
    assert stored(house) == []


async def test_whoever_stops_waiting_does_not_stop_the_others(house: House) -> None:
    held, shelf = Held(house), Shelf(house)
    waiting = [asyncio.create_task(put(shelf, number)) for number in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    held.let_go()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), asyncio.CancelledError, type(None)]
    assert stored(house) == ["k0", "k1", "k2"]
