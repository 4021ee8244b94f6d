"""Reports about our mail: who failed, for good or not, why, and which delivery it was."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email.bounces import Bounce, parse
from tests.email.growth import grows_linearly

TOKEN = "aeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaq"


def report(
    body: str, subject: str = "Undelivered Mail", sender: str = "MAILER-DAEMON@mx.example.net", headers: str = ""
) -> bytes:
    top = f"From: {sender}\nTo: b.{TOKEN}@post.example.org\nSubject: {subject}\n{headers}"
    return f"{top}\n{body}".encode()


ORIGINAL = f"""Message-ID: <issue-7.bob@post.example.org>
From: Alice <news@post.example.org>
Return-Path: <b.{TOKEN}@post.example.org>
To: bob@example.net
Subject: The weekly letter
"""


def dsn(fields: str, words: str = "Sorry.", kind: str = "message/delivery-status") -> bytes:
    body = f"""--B
Content-Type: text/plain

{words}
--B
Content-Type: {kind}

Reporting-MTA: dns; mx.example.net

{fields}
--B
Content-Type: message/rfc822

{ORIGINAL}
Here it is.
--B--
"""
    return report(
        body, headers="MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\n"
    )


def test_a_delivery_status_notification_names_address_class_status_reason_and_original() -> None:
    fields = "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 No such user here"
    assert parse(dsn(fields)) == [
        Bounce(
            "bob@example.net",
            True,
            "5.1.1",
            "The address does not exist.",
            "dsn",
            "issue-7.bob@post.example.org",
            TOKEN,
            True,
        )
    ]


@pytest.mark.parametrize(
    ("fields", "hard", "status"),
    [
        ("Action: delayed\nStatus: 4.4.1", False, "4.4.1"),
        ("Action: failed\nStatus: 4.4.7", False, "4.4.7"),
        ("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.7.1 refused", True, "5.7.1"),
        ("Action: failed\nStatus: 5.2.2 (mailbox full)", True, "5.2.2"),
        ("Action: Failed (no longer tried)\nStatus: 5.1.2", True, "5.1.2"),
        ("Action: failed\nDiagnostic-Code: smtp; 451 try later", False, ""),
    ],
)
def test_hard_or_soft_is_as_the_status_says(fields: str, hard: bool, status: str) -> None:
    (bounce,) = parse(dsn(f"Final-Recipient: rfc822; bob@example.net\n{fields}"))
    assert (bounce.hard, bounce.status) == (hard, status)


def test_the_address_we_wrote_to_counts_where_it_was_forwarded() -> None:
    fields = "Original-Recipient: rfc822;bob@example.net\nFinal-Recipient: rfc822;bob@elsewhere.example\nAction: failed\nStatus: 5.1.1"
    assert [bounce.address for bounce in parse(dsn(fields))] == ["bob@example.net"]


def test_each_failed_recipient_is_told_and_delivered_ones_are_not() -> None:
    blocks = "\n".join(f"Final-Recipient: rfc822; {name}@example.net\nAction: {action}\nStatus: {status}\n" for name, action, status in [
        ("bob", "failed", "5.1.1"), ("eve", "delivered", "2.0.0"), ("carol", "delayed", "4.0.0"), ("dan", "relayed", "2.0.0"),
    ])  # fmt: skip
    assert [(b.address, b.hard) for b in parse(dsn(blocks))] == [
        ("bob@example.net", True),
        ("carol@example.net", False),
    ]


def test_a_complaint_names_the_reader_and_is_neither_hard_nor_soft() -> None:
    body = f"""--B
Content-Type: text/plain

This is an email abuse report.
--B
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <bob@example.net>

--B
Content-Type: message/rfc822

{ORIGINAL}
Here it is.
--B--
"""
    headers = "Content-Type: multipart/report; report-type=feedback-report; boundary=B\n"
    (bounce,) = parse(report(body, "complaint", "abuse@isp.example", headers))
    assert (bounce.address, bounce.hard, bounce.kind, bounce.token) == ("bob@example.net", None, "arf", TOKEN)


def test_a_complaint_without_an_address_takes_it_from_the_original() -> None:
    raw = dsn("Feedback-Type: abuse\nVersion: 1", kind="message/feedback-report").replace(
        b"Reporting-MTA: dns; mx.example.net\n\n", b""
    )
    assert [(b.address, b.kind) for b in parse(raw)] == [("bob@example.net", "arf")]


NOTICES = {
    "qmail": (
        "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up.\n\n<bob@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        "--- Below this line is a copy of the message.\n\nReturn-Path: <alice@post.example.org>\nTo: eve@example.net\n", True, "5.1.1"),
    "Postfix without a status part": (
        "I'm sorry to have to inform you that your message could not be delivered.\nFor further assistance, send mail to <postmaster@mx.example.net>\n\n"
        "<bob@example.net>: host mx.example.net[192.0.2.1] said: 550 5.7.1 Refused\n", True, "5.7.1"),
    "Sendmail": (
        "The original message was received at Wed, 1 Jan 2025\n\n   ----- The following addresses had permanent fatal errors -----\n<bob@example.net>\n"
        "    (reason: 550 5.1.1 User unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx.example.net.:\n", True, "5.1.1"),
    "Exim": (
        "This message was created automatically by mail delivery software.\nA message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n  bob@example.net\n    SMTP error from remote mail server:\n"
        "    550 No such user\n\n------ This is a copy of the message, including all the headers. ------\n\nFrom: alice@post.example.org\n", True, ""),
    "Exim, expanded": ("The following address(es) failed:\n\n  an undisclosed address\n    (generated from bob@example.net)\n    delivery failed\n", True, ""),
    "Exchange 5.5": (
        "Your message\n\n  To:      list@example.org\n  Subject: Hello\n\ndid not reach the following recipient(s):\n\n"
        "c=US;a= ;p=Firm;o=Site;dda:SMTP=bob@example.net; on Fri, 4 Oct 2002\n    The recipient name is not recognized\n", True, ""),
    "Exchange 2007": ("Delivery has failed to these recipients or distribution lists:\n\nbob@example.net\nThe e-mail address is not found.\n#550 5.1.1\n", True, "5.1.1"),
    "Yahoo": ("Unable to deliver message to the following address(es).\n\n<bob@example.net>:\nThis user doesn't have an account (bob@example.net) [0]\n", True, ""),
    "SMTP32": ("Unknown user: bob@example.net\nRCPT TO generated following response:\n553 5.3.0 <bob@example.net>... Addressee unknown\n\nOriginal message follows.\n", True, "5.3.0"),
    "Lotus Notes": ("Your message could not be delivered because:\n\nUser bob@example.net not listed in Domino Directory\n", True, ""),
    "MailEnable": ("The following recipient(s) could not be reached:\n\n\tRecipient: [SMTP:bob@example.net]\n\tReason: 550 mailbox unavailable\n\nMessage headers follow:\n", True, ""),
    "label": ("Failed Recipient: bob@example.net\nReason: Remote host said: 550 unknown user\n\nTo: eve@example.net\n", True, ""),
    "French": ("Votre message n'a pas pu être remis à\nbob@example.net\n", True, ""),
    "German": ("Ihre Nachricht konnte nicht zugestellt werden:\n\nbob@example.net\n550 unbekannt\n", True, ""),
    "a warning": ("Your message to:\n\tbob@example.net\nhas not yet been delivered because the server did not respond.\nThis is just a warning.\n", False, ""),
    "a delay": ("THIS IS A WARNING MESSAGE ONLY.\nDelivery to the following recipient has been delayed:\n\n     bob@example.net\n\nMessage will be retried\n", False, ""),
    "greylisted for too long": ("Delivery to the following address failed:\n\n<bob@example.net>: 451 4.7.1 Greylisted, gave up after 5 days\n", False, "4.7.1"),
    "HTML only": ("<html><p>Your message could not be delivered to:<br>bob@example.net<br>No such user</p></html>", True, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_in_prose_names_the_failed_address(name: str) -> None:
    words, hard, status = NOTICES[name]
    headers = "Content-Type: text/html\n" if name == "HTML only" else ""
    (bounce,) = parse(report(words, headers=headers))
    assert (bounce.address, bounce.hard, bounce.status, bounce.kind, bounce.token) == (
        "bob@example.net",
        hard,
        status,
        "notice",
        TOKEN,
    )
    assert bounce.reason


def test_exim_names_all_failed_recipients_in_a_header() -> None:
    raw = report(
        "A message could not be delivered.\n", headers="X-Failed-Recipients: bob@example.net, eve@example.net\n"
    )
    assert [b.address for b in parse(raw)] == ["bob@example.net", "eve@example.net"]


@pytest.mark.parametrize(
    "subject",
    [
        "Out of office: Hello",
        "Automatische Antwort: Hallo",
        "Réponse automatique : absent",
        "自動応答: 不在",
        "Автоответ",
    ],
)
def test_an_absence_note_is_told_as_such(subject: str) -> None:
    (bounce,) = parse(report("I am back on Monday.", subject, "Bob <bob@example.net>"))
    assert (bounce.address, bounce.hard, bounce.kind) == ("bob@example.net", None, "autoreply")


def test_an_automatic_answer_is_told_by_its_header() -> None:
    assert [b.kind for b in parse(report("Thanks!", "Hello", "bob@example.net", "Auto-Submitted: auto-replied\n"))] == [
        "autoreply"
    ]


def test_a_challenge_is_told_as_such() -> None:
    (bounce,) = parse(report("Please confirm that you are a human by this link.", "Your mail", "Bob <bob@example.net>"))
    assert (bounce.address, bounce.kind) == ("bob@example.net", "challenge")


def test_a_persons_letter_is_no_bounce() -> None:
    assert (
        parse(
            report(
                "The parcel could not be delivered to bob@example.net, can you help?", "A question", "eve@example.net"
            )
        )
        == []
    )


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=600), st.text(max_size=300).map(lambda body: report(body)), st.text(max_size=300).map(dsn)
    )
)
def test_parse_never_raises(raw: bytes) -> None:
    for bounce in parse(raw):
        assert isinstance(bounce, Bounce)
        assert len(bounce.reason) <= 300


@pytest.mark.parametrize(
    "unit",
    [
        "a@b.cc ",
        "@",
        "<",
        "\n",
        " ",
        "Received: from x\n",
        "<a@b.cc>: 550 no\n",
        "a@",
        "Final-Recipient: rfc822; a@b.cc\nAction: failed\n\n",
    ],
)
@pytest.mark.parametrize("make", [report, dsn])
def test_the_cost_of_a_report_does_not_grow_faster_than_its_size(unit: str, make: object) -> None:
    assert callable(make)
    grows_linearly(lambda size: make(unit * (size // len(unit))), parse, size=30_000)


def test_nested_multiparts_and_many_parts_are_survived() -> None:
    nested = b"From: MAILER-DAEMON@x\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(3000)
    )
    assert parse(nested) == []


def test_the_public_samples_are_read() -> None:
    """At least 113 of the 116 public samples give exactly their addresses, and 95 % of those the right class."""
    if not os.environ.get("TEST_CORPORA"):
        pytest.skip("TEST_CORPORA is not set: no public samples to measure against")
    folder = Path(os.environ["TEST_CORPORA"]) / "bounces"
    rows = [json.loads(line) for line in (folder / "expected.jsonl").read_text().splitlines()]
    exact = right = classed = 0
    for row in rows:
        found = [b for b in parse((folder / row["file"]).read_bytes()) if b.kind not in ("autoreply", "challenge")]
        exact += {b.address.lower() for b in found} == {a.lower() for a in row["addresses"]}
        if found and row["addresses"]:
            classed += 1
            right += all(b.hard is not row["temporary"] for b in found)
    assert exact >= 113
    assert right >= 0.95 * classed
