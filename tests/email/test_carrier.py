"""Carriers: a single mail to a relay and to the local Maildir, and what each answer of a relay comes to."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.house import House, utc_now
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.messages import Answer, Outgoing
from gateway.core.people.tokens import read
from gateway.core.store.models import Delivery
from gateway.email import maildir
from gateway.email.authenticate import authenticate
from gateway.email.carrier import MailCarrier, NewsletterCarrier, return_path
from gateway.email.relay import Relay
from gateway.email.signing import Signer, dns_record, generate_key
from tests.conftest import Clock
from tests.email.mailhouse import Dns
from tests.fakes.relay import Drop, FakeRelay, Hang, Reaction, Rule, Say

BOB = "bob@example.net"


def parcel(kind: str = "reply", **more: Any) -> Outgoing:
    said = Answer("Well *said*.", subject="Re: Harbour", author="Alice", reply_token="r.abcdefghijklmnop", post_id=1)
    return Outgoing(7, kind, "email", BOB, said, references=("one@example.com", "two@example.com"), **more)


def to(server: FakeRelay) -> Relay:
    return Relay("127.0.0.1", server.port, command_timeout=5, body_timeout=2)


async def test_without_a_relay_a_mail_lands_in_the_maildir(house: House, tmp_path: Path) -> None:
    result = await MailCarrier(house, None, tmp_path / "mail").send(parcel(language="de"))
    assert (result.status, result.reason) == ("sent", "Put into the local mailbox.")
    [listed] = maildir.list_mails(tmp_path / "mail", BOB)
    mail = maildir.read_mail(tmp_path / "mail", listed.name)
    assert mail.header("From") == '"Alice (Demo Town)" <do@post.example.org>'
    assert mail.header("Reply-To") == "r.abcdefghijklmnop@post.example.org"
    assert mail.header("References") == "<one@example.com> <two@example.com>"
    assert mail.header("In-Reply-To") == "<two@example.com>"
    assert mail.header("Message-ID").strip("<>") == result.remote_id
    assert mail.header("Content-Language") == "de"
    assert "Well *said*." in mail.text
    assert "<em>said</em>" in mail.html


async def test_a_bounce_of_a_notice_finds_its_delivery_and_an_answer_has_no_return_path(
    house: House, tmp_path: Path
) -> None:
    carrier = MailCarrier(house, None, tmp_path / "mail")
    await carrier.send(parcel())
    await carrier.send(parcel("answer"))
    answer, notice = (maildir.read_mail(tmp_path / "mail", one.name) for one in maildir.list_mails(tmp_path / "mail"))
    assert answer.header("Return-Path") == "<>"
    local, _, domain = notice.header("Return-Path").strip("<>").partition("@")
    assert domain == "post.example.org"
    assert read(house.community.keyring, "bounce", local.removeprefix("b.")) == (7,)


async def test_the_same_delivery_has_the_same_message_id_whenever_it_is_sent(
    house: House, tmp_path: Path, clock: Clock
) -> None:
    carrier = MailCarrier(house, None, tmp_path / "mail")
    first = await carrier.send(parcel())
    clock.forward(hours=1)
    assert (await carrier.send(parcel())).remote_id == first.remote_id


async def test_a_relay_gets_it_signed_for_our_domain(house: House, tmp_path: Path) -> None:
    key = generate_key()
    signer = Signer("post.example.org", "postroom", key)
    dns = Dns({(signer.record_name, "TXT"): (dns_record(key),)})
    async with FakeRelay() as server:
        today = replace(house, now=utc_now)  # a signature from the future is none
        result = await MailCarrier(today, to(server), tmp_path, [signer]).send(parcel())
    assert result.status == "sent"
    [taken] = server.received
    assert (taken.rcpt, taken.mail_from) == (BOB, return_path(house.community, 7))
    found = authenticate(taken.data, peer_ip="192.0.2.1", helo="x", mail_from="", resolver=dns)
    assert (found.dkim, found.aligned) == (("post.example.org",), True)
    assert not list(tmp_path.glob("new/*"))


@pytest.mark.parametrize(
    ("stage", "reaction", "status", "bad_address"),
    [
        ("rcpt", Say(550, "5.1.1 No such user"), "failed", True),
        ("rcpt", Say(451, "4.7.1 Greylisted"), "deferred", False),
        ("body", Say(554, "5.7.1 Looks like spam"), "failed", False),
        ("body", Say(452, "4.3.1 No room"), "deferred", False),
        ("connect", Say(421, "4.3.2 Closing"), "deferred", False),
        ("mail", Drop(), "deferred", False),
        ("body", Hang(), "uncertain", False),
    ],
)
async def test_what_the_relay_says_decides_what_becomes_of_it(
    house: House, tmp_path: Path, stage: str, reaction: Reaction, status: str, bad_address: bool
) -> None:
    async with FakeRelay(Rule(stage, reaction)) as server:
        result = await MailCarrier(house, to(server), tmp_path).send(parcel())
    assert (result.status, result.bad_address) == (status, bad_address), result
    assert result.reason


async def test_no_relay_at_all_is_tried_again_later(house: House, tmp_path: Path) -> None:
    async with FakeRelay() as server:
        relay = to(server)
    result = await MailCarrier(house, relay, tmp_path).send(parcel())
    assert result.status == "deferred"
    assert result.reason


# Issue copies


def queued(house: House, count: int) -> list[outbox.Claim]:
    """Copies to that many readers, claimed."""

    def unit(session: Session) -> list[outbox.Claim]:
        for number in range(count):
            intent = Intent("issue", "newsletter", f"reader{number}@example.net", "issue:1", {})
            outbox.queue(session, intent, house.now())
        return outbox.claim(session, "newsletter", house.now(), limit=count, lease=timedelta(seconds=60))

    return house.database.writer.run(unit)


def statuses(house: House) -> dict[str, str]:
    with house.database.read() as session:
        return {row.recipient.partition("@")[0]: row.status for row in session.query(Delivery)}


def copy(claim: outbox.Claim) -> bytes:
    return f"From: do@post.example.org\r\nTo: {claim.recipient}\r\nSubject: Issue 1\r\n\r\nHello\r\n".encode()


async def test_copies_go_to_the_relay_and_each_is_recorded(house: House, tmp_path: Path) -> None:
    claims = queued(house, 25)
    rules = (
        Rule("rcpt", Say(550, "5.1.1 No such user"), match="reader3@"),
        Rule("rcpt", Say(450, "4.2.1 Try later"), match="reader4@"),
    )
    async with FakeRelay(*rules) as server:
        await NewsletterCarrier(house, to(server), tmp_path, copy, connections=2).carry(claims, asyncio.Event())
    assert server.violations == []
    assert len(server.received) == 23
    assert {one.mail_from for one in server.received} <= {return_path(house.community, one.id) for one in claims}
    found = statuses(house)
    assert (found.pop("reader3"), found.pop("reader4")) == ("failed", "queued")
    assert set(found.values()) == {"sent"}


async def test_a_relay_that_is_down_leaves_all_copies_for_later(house: House, tmp_path: Path) -> None:
    claims = queued(house, 10)
    async with FakeRelay() as server:
        relay = to(server)
    await NewsletterCarrier(house, relay, tmp_path, copy).carry(claims, asyncio.Event())
    assert set(statuses(house).values()) == {"queued"}
    with house.database.read() as session:
        assert all(row.due_at > house.now() and row.attempts == 0 for row in session.scalars(select(Delivery)))


async def test_copies_land_in_the_maildir_without_a_relay(house: House, tmp_path: Path) -> None:
    await NewsletterCarrier(house, None, tmp_path / "mail", copy).carry(queued(house, 5), asyncio.Event())
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
        await NewsletterCarrier(house, relay, tmp_path / "mail", copy).carry(claims, asyncio.Event())
    assert statuses(house) == {"reader0": "sent", "reader1": "suppressed", "reader2": "sent"}
    left = server.received if with_relay else maildir.list_mails(tmp_path / "mail")
    assert len(left) == 2


async def test_a_relay_that_never_answers_a_body_leaves_doubt_and_no_loss(house: House, tmp_path: Path) -> None:
    claims = queued(house, 4)
    async with FakeRelay(Rule("body", Hang(), match="reader2@")) as server:
        await NewsletterCarrier(house, to(server), tmp_path, copy, connections=1).carry(claims, asyncio.Event())
    found = statuses(house)
    with house.database.read() as session:
        doubtful = {row.recipient: row.doubtful for row in outbox.uncertain(session)}
    assert "reader2@example.net" in doubtful
    taken = {one.rcpt.partition("@")[0] for one in server.received}
    assert all(found[name] == "sent" or f"{name}@example.net" in doubtful for name in taken)
    assert all(status in {"sent", "queued", "uncertain"} for status in found.values())
