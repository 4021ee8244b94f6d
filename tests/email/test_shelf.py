"""Mail is put into the inbox in units of what came during the last commit; each mail is durable when it is told so, or raises."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gateway.core.errors import Unavailable
from gateway.core.house import House
from gateway.core.ledger.inbox import Arrival
from gateway.core.store.models import Inbound, Refusal
from gateway.email.shelf import Shelf


def arrival(number: int, *, sender: str = "alice@example.com") -> Arrival:
    return Arrival(channel="email", unique_key=f"k{number}", ordering_key="email:1", raw=b"x", sender=sender)


def stored(house: House) -> list[str]:
    with house.database.read() as session:
        return list(session.scalars(select(Inbound.unique_key).order_by(Inbound.unique_key)))


async def put(shelf: Shelf, number: int, *, sender: str = "alice@example.com") -> None:
    await shelf.put([arrival(number, sender=sender)], [])


@contextmanager
def inserts() -> Iterator[list[str]]:
    """The statements that put rows into the inbox meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO inbound"):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


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
    assert len(counted) == 1


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
