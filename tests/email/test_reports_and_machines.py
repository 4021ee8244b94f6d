"""Mail that nobody wrote, at addresses that are for people; and what one reply for several recipients must not lose."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.people.tokens import mint
from gateway.core.store.models import Delivery, SoftBounce, Subscriber, Suppression
from gateway.email.door import Envelope
from tests.conftest import Cast
from tests.email.mailhouse import BAD_IP, MailHouse, letter, wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALICE = "alice@post.example.org"


def report(address: str, message_id: str, kind: str = "delivery-status", status: str = "5.1.1") -> bytes:
    """A report of RFC 3464 or RFC 5965 about the mail with this Message-ID."""
    fields = (
        f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: {status}\r\n"
        if kind == "delivery-status"
        else f"Feedback-Type: abuse\r\nVersion: 1\r\nOriginal-Rcpt-To: {address}\r\n"
    )
    first = "Reporting-MTA: dns; mx.example.com\r\n\r\n" if kind == "delivery-status" else ""
    part = kind if kind == "delivery-status" else "feedback-report"
    return (
        f"From: MAILER-DAEMON@mx.example.com\r\nTo: {ALICE}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\r\nMIME-Version: 1.0\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        f"--b\r\nContent-Type: message/{part}\r\n\r\n{first}{fields}\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{message_id}>\r\nTo: {address}\r\n\r\n--b--\r\n"
    ).encode()


async def answered(post: MailHouse) -> Delivery:
    """A mail of ours to alice, sent."""
    await post.send(letter())
    await post.settled()
    [sent] = post.deliveries("answer")
    return sent


def suppressed(post: MailHouse) -> list[str]:
    with post.house.database.read() as session:
        return list(session.scalars(select(Suppression.reason)))


@pytest.mark.parametrize(("kind", "mail_from"), [("delivery-status", ""), ("feedback-report", "fbl@isp.example")])
@pytest.mark.parametrize("local", ["alice", "do"])
async def test_a_report_that_came_to_another_address_of_ours_is_matched_by_message_id(
    post: MailHouse, kind: str, mail_from: str, local: str
) -> None:
    sent = await answered(post)
    post.peer = BAD_IP
    raw = report("alice@example.com", sent.remote_id, kind)
    assert (await post.send(raw, f"{local}@post.example.org", mail_from=mail_from)).startswith("250 ")
    assert (await post.outcome()).status == "recorded"
    assert suppressed(post) == ["hard bounce" if kind == "delivery-status" else "complaint"]
    assert len(post.posts()) == 1


async def test_a_report_that_names_another_address_than_the_mail_went_to_stops_nobody(post: MailHouse) -> None:
    sent = await answered(post)
    await post.send(report("bob@example.com", sent.remote_id), mail_from="")
    assert (await post.outcome()).status == "recorded"
    assert suppressed(post) == []


@pytest.mark.parametrize("genuine", [True, False])
async def test_a_report_that_quotes_our_return_path_is_matched_by_it_if_it_is_ours(
    post: MailHouse, genuine: bool
) -> None:
    """Some relays report to another address of ours, and quote nothing but the envelope."""
    sent = await answered(post)
    token = mint(post.house.community.keyring, "bounce", sent.id)
    if not genuine:
        token = token[:-1] + ("a" if token[-1] != "a" else "b")
    quoted = f"Return-Path: <b.{token}@post.example.org>".encode()
    raw = report("alice@example.com", "unknown@example.org").replace(b"Message-ID: <unknown@example.org>", quoted)
    await post.send(raw, mail_from="")
    assert (await post.outcome()).status == "recorded"
    assert suppressed(post) == (["hard bounce"] if genuine else [])


@pytest.mark.parametrize(
    "status",
    [
        "5.7.1\r\nDiagnostic-Code: smtp; 554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org",
        "5.7.26\r\nDiagnostic-Code: smtp; 550 5.7.26 This mail is unauthenticated",
        "5.3.4",
        "5.6.0",
        "5.4.6",
        "5.4.7",
        "5.1.8",
        "5.0.0\r\nDiagnostic-Code: smtp; 550 relay not permitted",
    ],
)
async def test_a_report_of_a_failure_by_anothers_fault_fails_the_mail_and_is_counted(
    post: MailHouse, status: str
) -> None:
    sent = await answered(post)
    address = post.house.community.mail("b." + mint(post.house.community.keyring, "bounce", sent.id))
    await post.send(report("alice@example.com", sent.remote_id, status=status), address, mail_from="")
    assert (await post.outcome()).status == "recorded"
    assert suppressed(post) == []
    [sent] = post.deliveries("answer")
    assert sent.status == "failed"
    with post.house.database.read() as session:
        assert session.scalars(select(SoftBounce.weight)).all() == [1.0]


@pytest.mark.parametrize("address", ["redacted", "redacted@isp.example", "xxxx"])
async def test_a_complaint_that_hides_who_complains_is_matched_by_the_message_id(post: MailHouse, address: str) -> None:
    sent = await answered(post)
    post.peer = BAD_IP
    await post.send(report(address, sent.remote_id, "feedback-report"), mail_from="fbl@isp.example")
    assert (await post.outcome()).status == "recorded"
    assert suppressed(post) == ["complaint"]


async def answering_newsletter(post: MailHouse, cast: Cast) -> str:
    def subscribed(session: Session) -> int:
        row = Subscriber(
            blog_id=cast.blog,
            address="eve@evil.example",
            status="active",
            cadence="weekly",
            asked_at=post.house.now(),
            confirmed_at=post.house.now(),
        )
        session.add(row)
        session.flush()
        return row.id

    row_id = post.house.database.writer.run(subscribed)
    return post.house.community.mail("n." + mint(post.house.community.keyring, "newsletter", row_id))


@pytest.mark.parametrize(
    ("mail_from", "headers"),
    [
        ("eve@evil.example", {"Auto_Submitted": "auto-replied"}),
        ("eve@evil.example", {"subject": "Out of office"}),
        ("", {}),
    ],
)
async def test_a_machine_that_answers_a_newsletter_is_handed_to_nobody(
    post: MailHouse, cast: Cast, mail_from: str, headers: dict[str, str]
) -> None:
    to = await answering_newsletter(post, cast)
    assert (await post.send(letter(sender="eve@evil.example", **headers), to, mail_from=mail_from)).startswith("250 ")
    row = await post.outcome()
    assert (row.status, row.reason.split(",")[0]) == ("ignored", "It was not handed on")
    assert post.deliveries("pass_on") == []


async def test_a_reader_who_answers_a_newsletter_is_handed_to_its_owner(post: MailHouse, cast: Cast) -> None:
    to = await answering_newsletter(post, cast)
    await post.send(letter(sender="eve@evil.example"), to, mail_from="eve@evil.example")
    assert (await post.outcome()).status == "recorded"
    assert [one.recipient for one in post.deliveries("pass_on")] == ["alice@example.com"]


async def test_a_forged_mail_subscribes_nobody(post: MailHouse) -> None:
    post.peer = BAD_IP
    mail = letter(sender="carol@example.com")
    reply = await post.send(mail, "alice+subscribe@post.example.org", mail_from="eve@evil.example")
    assert reply.startswith("550 5.7.26 ")
    assert post.deliveries("confirm_subscription") == []


async def test_once_one_recipient_has_accepted_the_others_are_taken_too(post: MailHouse, cast: Cast) -> None:
    post.dns.trouble = True
    secret = post.secret_address(cast.blog)
    assert (await post.send(letter(), ALICE, secret)).startswith("250 ")
    await post.settled()
    assert {row.recipient: row.status for row in post.inbox()} == {secret: "published", ALICE: "ignored"}


async def test_where_each_recipient_is_answered_the_others_may_come_again(post: MailHouse, cast: Cast) -> None:
    post.dns.trouble = True
    to = (ALICE, post.secret_address(cast.blog))
    replies = await post.door.accept(Envelope("alice@example.com", to, wire(letter()), protocol="LMTP"))
    assert [reply.code for reply in replies] == [451, 250]


async def test_a_mail_is_its_members_from_the_door_on(post: MailHouse, cast: Cast) -> None:
    await post.rest()
    post.dns.say_nothing()
    await post.send(letter())
    assert [(row.status, row.member_id) for row in post.inbox()] == [("received", cast.alice)]
    post.work()
    assert [(await post.outcome()).status, post.inbox()[0].member_id] == ["held", cast.alice]
