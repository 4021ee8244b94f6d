"""Carriers: a single mail to a relay and to the local Maildir, and what each answer of a relay comes to."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.core.house import House, utc_now
from gateway.core.messages import Answer, Outgoing
from gateway.core.people.tokens import read
from gateway.email import maildir
from gateway.email.authenticate import authenticate
from gateway.email.carrier import MailCarrier, return_path
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
