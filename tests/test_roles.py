"""The loops: what becomes of messages and deliveries when a part raises, waits, or is stopped."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.orm import Session

from gateway import delivering, roles, upkeep
from gateway.core.audience.suppression import is_suppressed, suppress
from gateway.core.desk import notices
from gateway.core.errors import Postpone, Unavailable
from gateway.core.house import House
from gateway.core.ledger import amending, inbox, outbox
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Answer, InboundMessage, Intent, Outgoing
from gateway.core.store.models import Delivery, Inbound
from gateway.roles import Channel
from tests.conftest import Cast, Clock
from tests.core.hands import deliveries, do

PATIENCE = 60.0


@pytest.fixture(autouse=True)
def _expected_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "postroom")


def arrive(house: House, key: str, *, order: str = "") -> int:
    arrival = inbox.Arrival("email", key, order or key, raw=key.encode())
    row_id = do(house, lambda s: inbox.store(s, arrival, house.now()))
    assert row_id is not None
    return row_id


def inbound(house: House, row_id: int) -> Inbound:
    with house.database.read() as session:
        return session.get_one(Inbound, row_id)


def is_due(house: House, row_id: int, at: datetime) -> bool:
    return inbound(house, row_id).due_at == at


def queue(house: House, *recipients: str, kind: str = "answer") -> list[int]:
    def unit(session: Session) -> list[int]:
        ids = []
        for n, recipient in enumerate(recipients):
            payload = {"answer": Answer(f"{recipient} {n}").to_json()}
            intent = outbox.Intent(kind, "email", recipient, f"{kind}:{n}", payload)
            ids.append(outbox.queue(session, intent, house.now()) or pytest.fail("It was queued before."))
        return ids

    return do(house, unit)


def delivery(house: House, row_id: int) -> Delivery:
    with house.database.read() as session:
        return session.get_one(Delivery, row_id)


async def until(condition: Callable[[], object], what: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.01)
    assert condition(), what


@asynccontextmanager
async def running(*loops: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[asyncio.Event]:
    """The loops of a process, stopped at the end as `app` stops them; an error of one fails the test."""
    stop = asyncio.Event()
    tasks = [asyncio.ensure_future(loop(stop)) for loop in loops]
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*tasks)


def intake(house: House, prepare: roles.Prepare) -> Callable[[asyncio.Event], Awaitable[None]]:
    return lambda stop: roles.run_intake(house, {"email": Channel("email", prepare)}, stop)


def nothing(held: inbox.Claim) -> InboundMessage:
    """A message of which nothing becomes, and no error either."""
    return InboundMessage("email", "bob", "bob", intent=Intent.NOTHING)


# Intake


async def test_a_message_that_always_raises_is_dead_after_three_tries_and_then_lets_others_through(
    house: House, clock: Clock
) -> None:
    tried: list[int] = []

    async def prepare(held: inbox.Claim) -> InboundMessage:
        if held.raw == b"bad":
            tried.append(held.attempts)
            raise ValueError("cannot be read")
        return nothing(held)

    bad, after, other = arrive(house, "bad", order="bob"), arrive(house, "after", order="bob"), arrive(house, "other")
    async with running(intake(house, prepare)):
        await until(lambda: inbound(house, other).status == "ignored", "another sender's")
        for wait in (5, 10):
            await until(partial(is_due, house, bad, clock.now + timedelta(seconds=wait)), "put off")
            assert inbound(house, after).status == "received"
            clock.forward(seconds=wait)
            house.database.bell.ring()
        await until(lambda: inbound(house, bad).status == "dead", "dead")
        await until(lambda: inbound(house, after).status == "ignored", "the same sender's next")
    assert tried == [1, 2, 3]
    assert inbound(house, bad).reason == "Tried 3 times. ValueError: cannot be read"


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (Postpone("The DNS does not answer.", wait=timedelta(minutes=7)), timedelta(minutes=7)),
        (Unavailable("The disk is full."), roles.TROUBLE_WAIT),
    ],
)
async def test_trouble_of_ours_costs_a_message_no_attempt(
    house: House, clock: Clock, error: Exception, wait: timedelta
) -> None:
    raising = True
    started = clock.now

    async def prepare(held: inbox.Claim) -> InboundMessage:
        assert held.attempts == 1
        if raising:
            raise error
        return nothing(held)

    row = arrive(house, "a")
    async with running(intake(house, prepare)):
        for tries in range(1, 6):  # more often than a message may fail
            due = started + tries * wait
            await until(partial(is_due, house, row, due), "put off")
            waiting = inbound(house, row)
            assert (waiting.status, waiting.attempts, waiting.reason) == ("received", 0, str(error))
            raising = tries < 5
            clock.forward(seconds=wait.total_seconds())
            house.database.bell.ring()
        await until(lambda: inbound(house, row).status == "ignored", "done")


@pytest.mark.parametrize(
    ("error", "days"), [(Unavailable("The file is gone."), 1), (Postpone("No answer.", wait=timedelta(minutes=7)), 3)]
)
async def test_trouble_does_not_keep_a_message_waiting_for_ever(
    house: House, clock: Clock, error: Exception, days: int
) -> None:
    async def prepare(held: inbox.Claim) -> InboundMessage:
        raise error

    row = arrive(house, "a")
    clock.forward(days=days)
    async with running(intake(house, prepare)):
        for tries in (1, 2):
            wait = timedelta(seconds=5 * tries)
            await until(partial(is_due, house, row, clock.now + wait), "put off")
            clock.forward(seconds=wait.total_seconds())
            house.database.bell.ring()
        await until(lambda: inbound(house, row).status == "dead", "dead")


async def test_stopping_finishes_the_message_that_was_begun_and_begins_no_other(house: House) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def prepare(held: inbox.Claim) -> InboundMessage:
        begun.set()
        await go_on.wait()
        return nothing(held)

    first, second = arrive(house, "a", order="bob"), arrive(house, "b", order="bob")
    async with running(intake(house, prepare)) as stop:
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
        stop.set()
        go_on.set()
    assert (inbound(house, first).status, inbound(house, second).status) == ("ignored", "received")


async def test_messages_of_one_sender_are_worked_one_at_a_time_oldest_first(house: House) -> None:
    seen: list[bytes | None] = []
    at_once = 0

    async def prepare(held: inbox.Claim) -> InboundMessage:
        nonlocal at_once
        at_once += 1
        assert at_once == 1
        seen.append(held.raw)
        await asyncio.sleep(0)
        at_once -= 1
        return nothing(held)

    rows = [arrive(house, f"m{n}", order="bob") for n in range(5)]
    async with running(intake(house, prepare)):
        await until(lambda: all(inbound(house, row).status == "ignored" for row in rows), "all")
    assert seen == [b"m0", b"m1", b"m2", b"m3", b"m4"]


# Deliveries


@dataclass
class Letterbox:
    """A carrier that keeps what it was given; `behave` decides what it says."""

    behave: Callable[[Outgoing], Result] = field(
        default=lambda parcel: Result("sent", remote_id=f"<{parcel.delivery_id}>")
    )
    sent: list[str] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    channel: str = "email"

    async def send(self, parcel: Outgoing) -> Result:
        assert parcel.recipient not in self.busy, "one place gets one message at a time"
        self.busy.add(parcel.recipient)
        for _ in range(3):
            await asyncio.sleep(0)
        self.busy.discard(parcel.recipient)
        self.sent.append(parcel.answer.text)
        return self.behave(parcel)


def deliver(
    house: House, box: Letterbox, renderers: Mapping[str, notices.Renderer] = notices.RENDERERS
) -> Callable[[asyncio.Event], Awaitable[None]]:
    return lambda stop: delivering.run_deliveries(house, box, renderers, stop)


async def test_each_place_gets_its_messages_in_order_and_one_at_a_time(house: House) -> None:
    places = [f"{name}@example.com" for name in ("a", "b", "a", "a", "c", "b", "a", "c", "a", "b", "a", "a", "a")]
    rows, box = queue(house, *places), Letterbox()
    async with running(deliver(house, box)):
        await until(lambda: all(delivery(house, row).status == "sent" for row in rows), "all sent")
    for place in set(places):
        assert [text for text in box.sent if text.startswith(place)] == [
            f"{place} {n}" for n, one in enumerate(places) if one == place
        ]
    assert delivery(house, rows[0]).remote_id == f"<{rows[0]}>"


async def test_a_renderer_that_raises_puts_its_delivery_off_ever_longer_and_others_leave(
    house: House, clock: Clock
) -> None:
    def broken(*_: object) -> Answer:
        raise KeyError("post")

    [bad] = queue(house, "bob@example.com", kind="broken")
    [good] = queue(house, "carol@example.com")
    box, started = Letterbox(), clock.now
    waits = []
    async with running(deliver(house, box, {**notices.RENDERERS, "broken": broken})):
        await until(lambda: delivery(house, good).status == "sent", "the other")
        for _ in range(4):
            await until(lambda: delivery(house, bad).due_at > clock.now, "put off")
            waits.append((delivery(house, bad).due_at - clock.now).total_seconds())
            clock.now = delivery(house, bad).due_at
            house.database.bell.ring()
        await until(lambda: delivery(house, bad).due_at > clock.now, "put off")
        clock.now = started + timedelta(days=6)
        house.database.bell.ring()
        await until(lambda: delivery(house, bad).status == "failed", "given up")
    assert waits == [30, 30, 60, 120]
    assert "KeyError: 'post'" in delivery(house, bad).reason
    assert box.sent == ["carol@example.com 0"]


@pytest.mark.parametrize(("on_ambiguous", "status"), [("resend", "queued"), ("hold", "uncertain")])
async def test_a_carrier_that_raises_leaves_its_delivery_doubtful(house: House, on_ambiguous: Any, status: str) -> None:
    """Nobody knows whether the message left, so it is on the list of uncertain ones."""

    def broken(parcel: Outgoing) -> Result:
        raise RuntimeError("the connection is a strange one")

    [row] = queue(house, "bob@example.com")
    async with running(deliver(replace(house, on_ambiguous=on_ambiguous), Letterbox(broken))):
        await until(lambda: delivery(house, row).doubtful == 1, "doubtful")
    found = delivery(house, row)
    assert (found.status, found.attempts) == (status, 1)
    assert "a strange one" in found.reason
    with house.database.read() as session:
        assert [one.id for one in amending.uncertain(session)] == [row]


async def test_what_can_not_be_written_down_is_left_to_its_lease(house: House, clock: Clock) -> None:
    """The message left but its outcome was lost: when the lease is over it is doubtful, and it was not silently put off."""

    def lose(parcel: Outgoing) -> Result:
        return Result("sent", remote_id=Ellipsis)  # type: ignore[arg-type]  # no database takes this

    [row, other] = queue(house, "bob@example.com", "carol@example.com")
    box = Letterbox(lambda parcel: lose(parcel) if "bob" in parcel.recipient else Result("sent"))
    async with running(deliver(house, box)):
        await until(lambda: delivery(house, other).status == "sent", "the other")
        await until(lambda: len(box.sent) == 2, "both handed over")
    assert delivery(house, row).status == "attempting"
    clock.forward(minutes=5)
    async with running(lambda stop: upkeep.run_mending(house, stop)):
        await until(lambda: delivery(house, row).doubtful == 1, "doubtful")


async def test_an_address_that_bounced_is_mailed_only_what_it_asked_for(house: House, cast: Cast) -> None:
    do(house, lambda s: suppress(s, house.community.keyring, "bob@example.com", "hard bounce", house.now()))
    box = Letterbox()
    [asked] = queue(house, "Bob@example.com")
    [unasked] = queue(house, "Bob@example.com", kind="digest")
    async with running(deliver(house, box, {**notices.RENDERERS, "digest": notices.answer})):
        await until(lambda: delivery(house, unasked).status == "suppressed", "suppressed")
        await until(lambda: delivery(house, asked).status == "sent", "sent")


async def test_nothing_left_to_say_is_nothing_sent(house: House) -> None:
    [row] = queue(house, "bob@example.com", kind="silent")
    box = Letterbox()
    async with running(deliver(house, box, {"silent": lambda *_: None})):
        await until(lambda: delivery(house, row).status == "cancelled", "cancelled")
    assert box.sent == []


async def test_stopping_finishes_the_delivery_that_was_begun(house: House) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Letterbox):
        async def send(self, parcel: Outgoing) -> Result:
            begun.set()
            await go_on.wait()
            return Result("sent")

    first, second = queue(house, "bob@example.com", "bob@example.com")
    async with running(deliver(house, Slow())) as stop:
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
        stop.set()
        go_on.set()
    assert delivery(house, first).status == "sent"
    assert delivery(house, second).status in {"sent", "claimed"}  # it was claimed with the first; its lease mends it


# Mending


async def test_leases_of_a_process_that_died_are_mended(house: House, clock: Clock) -> None:
    waiting, leaving = queue(house, "bob@example.com", "carol@example.com")
    [first, second] = do(house, lambda s: outbox.claim(s, "email", clock.now, limit=2, lease=timedelta(seconds=60)))
    do(house, lambda s: outbox.attempt(s, [second], clock.now))
    clock.forward(seconds=61)
    async with running(lambda stop: upkeep.run_mending(house, stop)):
        await until(lambda: all(row.status == "queued" for row in deliveries(house)), "queued again")
    assert [delivery(house, row).doubtful for row in (waiting, leaving)] == [0, 1]
    assert first.id == waiting


async def test_a_claimed_message_of_a_process_that_died_is_taken_up_by_the_next(house: House, clock: Clock) -> None:
    row = arrive(house, "a")
    do(house, lambda s: inbox.claim(s, clock.now, limit=1, lease=timedelta(seconds=60)))
    clock.forward(seconds=61)

    async def prepare(held: inbox.Claim) -> InboundMessage:
        assert held.attempts == 2
        return nothing(held)

    async with running(intake(house, prepare)):
        await until(lambda: inbound(house, row).status == "ignored", "done")


@dataclass
class Refusing:
    """A relay that takes nothing for this address, now or ever."""

    bad_address: bool
    channel: str = "email"

    async def send(self, parcel: Outgoing) -> Result:
        return Result("failed", reason="550 5.1.1 no such user", bad_address=self.bad_address)


@pytest.mark.parametrize("bad_address", [True, False])
async def test_an_address_that_a_relay_refuses_for_good_is_not_mailed_again(house: House, bad_address: bool) -> None:
    queue(house, "gone@example.com")
    [held] = do(house, lambda s: outbox.claim(s, "email", house.now(), limit=1, lease=house.lease))
    await delivering.deliver(house, Refusing(bad_address), notices.RENDERERS, held)
    with house.database.read() as session:
        assert is_suppressed(session, house.community.keyring, "gone@example.com") is bad_address
