"""Limits of mail in the loops that send: single mails, digests and issue copies to a real relay, and what they leave for later."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from gateway import delivering, upkeep
from gateway.core.desk.notices import Renderer
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.issue_turns import IssueTurns
from gateway.core.ledger.mail_limits import MailLimits
from gateway.core.ledger.outbox import Intent, Result
from gateway.core.ledger.pace import Rate
from gateway.core.messages import Answer
from gateway.core.store.models import Delivery, Pace
from gateway.email.carrier import MailCarrier
from gateway.email.copies import NewsletterCarrier
from gateway.email.relay import Relay
from tests.conftest import Cast, Clock
from tests.core.hands import do
from tests.email.test_copies import copy, sending
from tests.fakes.relay import FakeRelay, Hang, Rule

RENDERERS: Mapping[str, Renderer] = dict.fromkeys(("sign_in", "digest"), lambda session, community, claim: Answer("Hi"))


@pytest.fixture
def limited(house: House) -> House:
    """A house that sends four mails a minute to example.net, of which one is kept for what somebody waits for."""
    return replace(house, mail_limits=MailLimits({"example.net": Rate(4, 60)}))


@asynccontextmanager
async def sent_by(house: House, relay: Relay) -> AsyncIterator[None]:
    """The loops of mail, until it is left."""
    stop, folder = asyncio.Event(), Path("unused")
    loops = [
        delivering.run_deliveries(house, MailCarrier(house, relay, folder), RENDERERS, stop),
        delivering.run_bulk(house, NewsletterCarrier(house, relay, folder, copy, 2), stop),
    ]
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*tasks)


def queue(house: House, kind: str, *recipients: str) -> None:
    now = house.now()
    rows = [Intent(kind, "email", recipient, f"{kind}:1") for recipient in recipients]
    do(house, lambda session: outbox.queue_many(session, rows, now))


def waiting(house: House) -> list[Delivery]:
    with house.database.read() as session:
        return list(session.scalars(select(Delivery).where(Delivery.status == "queued").order_by(Delivery.due_at)))


async def put_off(house: House, count: int) -> list[Delivery]:
    """Those that were put off, once there are so many."""
    async with asyncio.timeout(60):
        while len(found := [row for row in waiting(house) if row.due_at > house.now()]) < count:
            await asyncio.sleep(0)
    return found


async def test_copies_over_a_limit_wait_for_their_turn_and_then_leave(limited: House, cast: Cast, clock: Clock) -> None:
    sending(limited, cast, 5)  # to example.net
    async with FakeRelay() as server, sent_by(limited, Relay("127.0.0.1", server.port)):
        first, second = await put_off(limited, 2)
        await server.until(lambda: server.count == 3)
        assert clock() < first.due_at < second.due_at < clock() + timedelta(minutes=2)
        assert first.attempts == second.attempts == 0
        assert first.reason == "Waits for its turn: mail is limited to example.net."
        clock.now = second.due_at
        limited.database.bell.ring()
        await server.until(lambda: server.count == 5)
    assert len({mail.rcpt for mail in server.received}) == 5


async def test_digests_wait_for_their_turn_and_other_domains_do_not(limited: House, clock: Clock) -> None:
    queue(limited, "digest", *(f"bob{n}@example.net" for n in range(5)), *(f"eve{n}@example.com" for n in range(5)))
    async with FakeRelay() as server, sent_by(limited, Relay("127.0.0.1", server.port)):
        await server.until(lambda: server.count == 8)
        first, second = await put_off(limited, 2)
        queue(limited, "sign_in", "dan@example.net")
        await server.until(lambda: "dan@example.net" in {mail.rcpt for mail in server.received})
        queue(limited, "sign_in", "carol@example.net")
        link = next(row for row in await put_off(limited, 3) if row.kind == "sign_in")
        assert link.due_at <= first.due_at < second.due_at, "who waits for it is not behind all digests"
        clock.now = link.due_at
        limited.database.bell.ring()
        await server.until(lambda: "carol@example.net" in {mail.rcpt for mail in server.received})


async def test_a_body_in_doubt_when_a_process_stops_is_counted(limited: House, cast: Cast, clock: Clock) -> None:
    sending(limited, cast, 2)
    async with FakeRelay(Rule("body", Hang())) as server:
        stop = asyncio.Event()
        carrier = NewsletterCarrier(limited, Relay("127.0.0.1", server.port), Path("unused"), copy, 2)
        loop = asyncio.create_task(delivering.run_bulk(limited, carrier, stop))
        await server.until(lambda: sum(one.startswith("BODY") for one in server.commands) == 2)
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
    clock.forward(seconds=61)
    assert do(limited, lambda session: upkeep.mend(session, limited)) == 2
    with limited.database.read() as session:
        [counted] = session.scalars(select(Pace))
    assert (counted.place, counted.times[1]) == ("example.net", 2)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer at a time
async def test_who_is_stopped_while_it_records_copies_holds_nobody_up(limited: House, cast: Cast) -> None:
    sending(limited, cast, 2)
    carrier, now = NewsletterCarrier(limited, None, Path("unused"), copy), limited.now()
    claims = do(
        limited,
        lambda session: outbox.claim(session, "newsletter", now, limit=2, lease=limited.lease, among=IssueTurns()),
    )
    assert len(await carrier.attempt(claims)) == 2
    locks = text("""SELECT locktype, granted FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE datname = current_database() AND (locktype = 'advisory' OR NOT granted)""")
    with limited.database.read() as holding:
        holding.execute(select(Delivery).where(Delivery.id == claims[1].id).with_for_update())
        recording = asyncio.create_task(carrier.record([(one, Result("sent")) for one in claims]))
        async with asyncio.timeout(60):
            while not (found := [tuple(row) for row in holding.execute(locks)]):
                await asyncio.sleep(0.01)
        holding.rollback()
    await recording
    assert ("advisory", True) not in found
    with limited.database.read() as session:
        assert session.scalar(select(Pace.times).where(Pace.place == "example.net")) is not None
