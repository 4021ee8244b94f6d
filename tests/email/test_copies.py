"""Issue copies: what becomes of each at a relay and in the local Maildir, and that no copy holds up the others."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from gateway import delivering
from gateway.core.errors import Invalid
from gateway.core.house import House
from gateway.core.ledger import amending, outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.store.models import Delivery, Issue
from gateway.email import maildir
from gateway.email.carrier import return_path
from gateway.email.copies import ClaimMore, NewsletterCarrier
from gateway.email.relay import Relay
from gateway.email.wire import UnsignedCopy
from tests.conftest import Cast
from tests.fakes.relay import FakeRelay, Hang, Rule, Say, Until


def to(server: FakeRelay) -> Relay:
    return Relay("127.0.0.1", server.port, command_timeout=5, body_timeout=2)


def queued(house: House, count: int) -> list[outbox.Claim]:
    """Copies to that many readers, claimed."""

    def unit(session: Session) -> list[outbox.Claim]:
        for number in range(count):
            intent = Intent("issue", "newsletter", f"reader{number}@example.net", "issue:1", {})
            outbox.queue(session, intent, house.now())
        return outbox.claim(session, "newsletter", house.now(), limit=count, lease=house.lease)

    return house.database.writer.run(unit)


def given(claims: list[outbox.Claim]) -> ClaimMore:
    """A source of just these."""

    async def claim(most: int) -> list[outbox.Claim]:
        some, claims[:] = claims[:most], claims[most:]
        return some

    return claim


def statuses(house: House) -> dict[str, str]:
    with house.database.read() as session:
        return {row.recipient.partition("@")[0]: row.status for row in session.query(Delivery)}


def copy(claim: outbox.Claim) -> UnsignedCopy:
    raw = f"From: do@post.example.org\r\nTo: {claim.recipient}\r\nSubject: Issue 1\r\n\r\nHello\r\n"
    return UnsignedCopy((), (raw.encode(),))


async def test_copies_go_to_the_relay_and_each_is_recorded(house: House, tmp_path: Path) -> None:
    claims = queued(house, 25)
    senders = {return_path(house.community, one.id) for one in claims}
    rules = (
        Rule("rcpt", Say(550, "5.1.1 No such user"), match="reader3@"),
        Rule("rcpt", Say(450, "4.2.1 Try later"), match="reader4@"),
    )
    async with FakeRelay(*rules) as server:
        await NewsletterCarrier(house, to(server), tmp_path, copy, connections=2).carry(given(claims), asyncio.Event())
    assert server.violations == []
    assert len(server.received) == 23
    assert {one.mail_from for one in server.received} <= senders
    found = statuses(house)
    assert (found.pop("reader3"), found.pop("reader4")) == ("failed", "queued")
    assert set(found.values()) == {"sent"}


async def test_a_relay_that_is_down_leaves_all_copies_for_later(house: House, tmp_path: Path) -> None:
    claims = queued(house, 10)
    async with FakeRelay() as server:
        relay = to(server)
    await NewsletterCarrier(house, relay, tmp_path, copy).carry(given(claims), asyncio.Event())
    assert set(statuses(house).values()) == {"queued"}
    with house.database.read() as session:
        assert all(row.due_at > house.now() and row.attempts == 0 for row in session.scalars(select(Delivery)))


async def test_copies_land_in_the_maildir_without_a_relay(house: House, tmp_path: Path) -> None:
    await NewsletterCarrier(house, None, tmp_path / "mail", copy).carry(given(queued(house, 5)), asyncio.Event())
    assert set(statuses(house).values()) == {"sent"}
    assert len(maildir.list_mails(tmp_path / "mail")) == 5


@pytest.mark.parametrize("with_relay", [True, False])
async def test_a_copy_that_was_stopped_in_between_does_not_leave(
    house: House, tmp_path: Path, with_relay: bool
) -> None:
    claims = queued(house, 3)

    def stop(session: Session) -> None:
        session.query(Delivery).filter(Delivery.recipient.like("reader1@%")).update({"status": "suppressed"})

    house.database.writer.run(stop)
    async with FakeRelay() as server:
        relay = to(server) if with_relay else None
        await NewsletterCarrier(house, relay, tmp_path / "mail", copy).carry(given(claims), asyncio.Event())
    assert statuses(house) == {"reader0": "sent", "reader1": "suppressed", "reader2": "sent"}
    left = server.received if with_relay else maildir.list_mails(tmp_path / "mail")
    assert len(left) == 2


@pytest.mark.parametrize("with_relay", [True, False])
async def test_a_copy_that_could_not_be_made_just_then_goes_back_untried_and_only_what_is_invalid_fails(
    house: House, tmp_path: Path, with_relay: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """As when the database is away for a moment while copies are made ahead."""

    def make(claim: outbox.Claim) -> UnsignedCopy:
        if claim.recipient.startswith("reader1@"):
            raise OperationalError("select", {}, Exception("server closed the connection"))
        if claim.recipient.startswith("reader2@"):
            raise Invalid("This address can't be mailed.")
        return copy(claim)

    async with FakeRelay() as server:
        relay = to(server) if with_relay else None
        carrier = NewsletterCarrier(house, relay, tmp_path / "mail", make, connections=1)
        await carrier.carry(given(queued(house, 4)), asyncio.Event())
    assert statuses(house) == {"reader0": "sent", "reader1": "queued", "reader2": "failed", "reader3": "sent"}
    with house.database.read() as session:
        row = session.scalars(select(Delivery).where(Delivery.status == "queued")).one()
        assert (row.attempts, row.doubtful) == (0, 0)
        assert timedelta(0) < row.due_at - house.now() <= timedelta(minutes=1)
    assert "could not be made now" in caplog.text


async def test_results_that_could_not_be_recorded_are_recorded_a_moment_later(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Else every body in flight would be in doubt because the database was away for a moment."""
    record, fails = outbox.record, [True]

    def once_not(*arguments: Any) -> int:
        if fails:
            fails.pop()
            raise OperationalError("update", {}, Exception("server closed the connection"))
        return record(*arguments)

    claims = queued(house, 5)
    monkeypatch.setattr(outbox, "record", once_not)
    async with FakeRelay() as server:
        await NewsletterCarrier(house, to(server), tmp_path, copy, connections=2).carry(given(claims), asyncio.Event())
    assert set(statuses(house).values()) == {"sent"}
    assert len(server.received) == 5
    assert "could not be recorded; trying again" in caplog.text


async def test_a_relay_that_never_answers_a_body_leaves_doubt_and_no_loss(house: House, tmp_path: Path) -> None:
    claims = queued(house, 4)
    async with FakeRelay(Rule("body", Hang(), match="reader2@")) as server:
        await NewsletterCarrier(house, to(server), tmp_path, copy, connections=1).carry(given(claims), asyncio.Event())
    found = statuses(house)
    with house.database.read() as session:
        doubtful = {row.recipient: row.doubtful for row in amending.uncertain(session)}
    assert "reader2@example.net" in doubtful
    taken = {one.rcpt.partition("@")[0] for one in server.received}
    assert all(found[name] == "sent" or f"{name}@example.net" in doubtful for name in taken)
    assert all(status in {"sent", "queued", "uncertain"} for status in found.values())


# The loop


def sending(house: House, cast: Cast, count: int) -> int:
    """An issue of alice's blog that is being sent to so many readers."""

    def unit(session: Session) -> int:
        now = house.now()
        issue = Issue(
            blog_id=cast.blog, cadence="weekly", period="2026-W47", status="sending", created_at=now, send_at=now
        )
        session.add(issue)
        session.flush()
        copies = (
            Intent("issue", "newsletter", f"reader{n}@example.net", f"issue:{issue.id}", issue_id=issue.id)
            for n in range(count)
        )
        outbox.queue_many(session, copies, now)
        return issue.id

    return house.database.writer.run(unit)


@asynccontextmanager
async def bulk(house: House, server: FakeRelay, connections: int) -> AsyncIterator[None]:
    """The loop that sends newsletters, until it is left."""
    relay = Relay("127.0.0.1", server.port, body_timeout=60)
    stop = asyncio.Event()
    carrier = NewsletterCarrier(house, relay, Path("unused"), copy, connections)
    loop = asyncio.create_task(delivering.run_bulk(house, carrier, stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(60):
            await loop


def sent(house: House) -> int:
    with house.database.read() as session:
        return session.scalar(select(func.count()).where(Delivery.status == "sent")) or 0


async def test_a_copy_that_the_relay_thinks_about_holds_up_one_connection_and_no_other_copy(
    house: House, cast: Cast
) -> None:
    count, connections = 700, 4
    sending(house, cast, count)
    answer = asyncio.Event()
    async with FakeRelay(Rule("body", Until(answer), match="reader3@"), keep=False) as server:
        async with bulk(house, server, connections):
            await server.until(lambda: server.count == count - 1, seconds=60)
            assert server.connections == connections, "connections are kept from claim to claim"
            answer.set()
        assert server.count == count
    assert server.violations == []
    assert sent(house) == count


async def test_what_is_queued_while_connections_are_open_goes_out_over_them(house: House, cast: Cast) -> None:
    first = sending(house, cast, 4)
    async with FakeRelay() as server, bulk(house, server, 2):
        await server.until(lambda: server.count == 4)

        def unit(session: Session) -> None:
            one = Intent("issue", "newsletter", "bob@example.com", f"issue:{first}", issue_id=first)
            outbox.queue(session, one, house.now())

        house.database.writer.run(unit)
        await server.until(lambda: server.count == 5)
        assert server.connections == 2


@pytest.mark.parametrize("status", ["paused", "cancelled"])
async def test_of_an_issue_that_is_stopped_only_what_a_slow_relay_has_begun_leaves(
    house: House, cast: Cast, status: str
) -> None:
    issue_id, answer = sending(house, cast, 100), asyncio.Event()
    async with FakeRelay(Rule("body", Until(answer))) as server:
        async with bulk(house, server, 10):
            await server.until(lambda: sum(one.startswith("BODY") for one in server.commands) == 10)
            house.database.writer.run(
                lambda session: session.query(Issue).filter_by(id=issue_id).update({"status": status})
            )
            answer.set()
            rest = "cancelled" if status == "cancelled" else "queued"
            async with asyncio.timeout(60):
                while Counter(statuses(house).values()) != {"sent": 10, rest: 90}:
                    await asyncio.sleep(0.01)
        assert server.count == 10


async def test_what_was_claimed_and_not_offered_goes_back_when_sending_stops(house: House, cast: Cast) -> None:
    sending(house, cast, 100)
    answer = asyncio.Event()
    async with FakeRelay(Rule("body", Until(answer))) as server:
        async with bulk(house, server, 2):
            await server.until(lambda: sum(one.startswith("BODY") for one in server.commands) == 2)
            answer.set()
        left = server.count
    assert list(statuses(house).values()).count("sent") == left
    assert set(statuses(house).values()) == {"sent", "queued"}
    with house.database.read() as session:
        assert {(row.status, row.attempts) for row in session.query(Delivery)} == {("sent", 1), ("queued", 0)}
