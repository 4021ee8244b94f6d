"""A whole issue over real SMTP, from the tick to the relay: who leaves on the way gets nothing more, and dkimpy judges every copy."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import httpx
import pytest
from sqlalchemy import select

from gateway import delivering
from gateway.core.audience import subscribers
from gateway.core.ledger import outbox
from gateway.core.store.models import Delivery
from gateway.email.copies import IssueCopies, NewsletterCarrier
from gateway.email.relay import Relay
from gateway.email.signing import Signer, dns_record, generate_key
from gateway.web.site import make_site
from tests.conftest import Clock
from tests.email.test_signing import Judge
from tests.fakes.relay import FakeRelay, Rule, Until
from tests.newsletter.conftest import Press, at

CONNECTIONS = 4
MONDAY = at("2025-12-01 09:00")  # of a year that is over, since dkimpy trusts no signature from the future


@pytest.fixture
def clock() -> Clock:
    return Clock(at("2025-11-26 12:00"))


@asynccontextmanager
async def going_out(press: Press, relay: FakeRelay, signers: Sequence[Signer] = ()) -> AsyncIterator[None]:
    """Whatever is queued leaves, until this is left."""
    stop = asyncio.Event()
    make = IssueCopies(press.house, signers).make
    carrier = NewsletterCarrier(press.house, Relay("127.0.0.1", relay.port), Path("unused"), make, CONNECTIONS)
    sending = asyncio.create_task(delivering.run_bulk(press.house, carrier, stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(60):
            await sending


def cut(press: Press) -> None:
    """The week's issue, to its end; and the undo window is over."""
    press.clock.now = MONDAY
    press.tick()
    press.clock.forward(hours=1)
    press.tick()
    assert [issue.status for issue in press.issues()] == ["sending"]


def readers(press: Press, count: int) -> dict[int, str]:
    """So many weekly ones, by id."""
    press.quiet()
    made = {press.reader(f"reader{number}@example.net"): f"reader{number}@example.net" for number in range(count)}
    press.clock.forward(hours=1)
    return made


def status(press: Press, address: str) -> str:
    """How the copy to this address stands."""
    with press.house.database.read() as session:
        copy = select(Delivery.status).where(Delivery.recipient == address, Delivery.kind == "issue")
        return session.scalars(copy).one()


def unfinished(press: Press) -> bool:
    """Whether a copy is still on its way."""
    return any(copy.status in outbox.UNFINISHED for copy in press.queued())


class Turnstile(asyncio.Event):
    """Lets as many through as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self._places = asyncio.Semaphore(0)

    def let(self, count: int) -> None:
        for _ in range(count):
            self._places.release()

    async def wait(self) -> Literal[True]:
        return await self._places.acquire()


async def leave(press: Press, client: httpx.AsyncClient, reader_id: int) -> None:
    """By one-click."""
    url = subscribers.unsubscribe_url(press.house.community, "alice", reader_id)
    assert (await client.post(url, data={"List-Unsubscribe": "One-Click"})).status_code == 200


async def test_who_leaves_before_their_copy_is_attempting_gets_none_and_all_others_get_one(
    press: Press, eventually: Callable[..., None]
) -> None:
    """Each leaves when the relay is a few copies away; what is compared is how their copy stood once that was answered."""
    people = readers(press, 150)
    press.publish("Words of the week")
    cut(press)
    dice, turnstile, found = random.Random(5), Turnstile(), dict[str, str]()
    site = httpx.ASGITransport(app=make_site(press.house))
    async with FakeRelay(Rule("body", Until(turnstile))) as relay, going_out(press, relay):
        async with httpx.AsyncClient(transport=site) as client:
            for place in range(0, 105, 3):
                turnstile.let(3)
                reader_id = max(1, place + dice.randint(-5, 35))
                await leave(press, client, reader_id)
                address = people[reader_id]
                found.setdefault(address, await asyncio.to_thread(status, press, address))
        turnstile.let(len(people))
        await asyncio.to_thread(eventually, lambda: not unfinished(press))
        got = Counter(one.rcpt for one in relay.received)
    too_late = {address for address, stood in found.items() if stood in {"attempting", "sent"}}
    in_time = found.keys() - too_late
    assert in_time
    assert too_late
    assert not in_time & got.keys()
    assert got == dict.fromkeys(set(people.values()) - in_time, 1)
    assert {status(press, address) for address in in_time} == {"suppressed"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_dkimpy_verifies_every_copy_of_an_issue_that_went_over_smtp(press: Press) -> None:
    people = readers(press, 50)
    press.publish(
        AWKWARD, title="Grüße — a title that is longer than a line of a header may be, and in two scripts: 你好"
    )
    cut(press)
    keys = {"p1": generate_key("rsa"), "p2": generate_key("ed25519")}
    signers = [Signer("post.example.org", selector, key) for selector, key in keys.items()]
    records = {f"{selector}._domainkey.post.example.org.": dns_record(key) for selector, key in keys.items()}
    async with FakeRelay() as relay, going_out(press, relay, signers):
        await relay.until(lambda: relay.count == len(people))
    assert relay.violations == []
    assert len({one.data for one in relay.received}) == len(people)
    for copy in relay.received:
        judge = Judge(copy.data)
        for which in range(len(keys)):
            assert judge.verify(which, dnsfunc=lambda name, timeout=5: records[name.decode()].encode())


AWKWARD = (
    """.

..two dots at the start of a line, trailing blanks   \t

From here on: Grüße, 你好, 🦉. """
    + "long" * 400
    + """

    code    with  blanks

--
no signature
"""
)
