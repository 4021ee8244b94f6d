"""The forms that structured reports take (RFC 3464, 5965, 6533, 8098), and the mails that look like reports and are none."""

import base64

import pytest

from gateway.email.bounces import parse

ORIGINAL = "Message-ID: <issue-7@post.example.org>\nFrom: Alice <news@post.example.org>\nTo: bob@example.net\nSubject: x\n\nWrite to dan@example.org.\n"
FAILED = "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"


def dsn(
    fields: str,
    words: str = "Sorry.",
    kind: str = "message/delivery-status",
    top: str = "Reporting-MTA: dns; mx.example.net\n\n",
    whole: str = "multipart/report; report-type=delivery-status",
) -> bytes:
    return (
        f"From: MAILER-DAEMON@mx.example.net\nTo: news@post.example.org\nSubject: Undelivered Mail\nMIME-Version: 1.0\nContent-Type: {whole}; boundary=B\n\n"
        f"--B\nContent-Type: text/plain\n\n{words}\n--B\nContent-Type: {kind}\n\n{top}{fields}\n--B\nContent-Type: message/rfc822\n\n{ORIGINAL}--B--\n"
    ).encode()


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ("Final-Recipient: utf-8; bøb@exämple.net\nAction: failed\nStatus: 5.1.1", "bøb@exämple.net"),
        ("Final-Recipient: utf-8;b\\x{F8}b@example.net\nAction: failed\nStatus: 5.1.1", "bøb@example.net"),
        ("Original-Recipient: rfc822;bob+2Bnews@example.net\nAction: failed\nStatus: 5.1.1", "bob+news@example.net"),
        ("Final-Recipient: LOCAL;<bob@example.net>\nAction: failed\nStatus: 5.1.1", "bob@example.net"),
        ("Final-Recipient: bob@example.net\nAction: failed\nStatus: 5.1.1", "bob@example.net"),
        ("Final-Recipient: rfc822; Bob Reader <bob@example.net>\nAction: failed\nStatus: 5.1.1", "bob@example.net"),
        ("Final-Recipient: x-local; bob\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 <bob@example.net> unknown", "bob@example.net"),
        ("Final-Recipient: rfc822;\nAction: failed\nStatus: 5.1.1", "bob@example.net"),
        ("Final-Recipient: rfc822; bob@example.net\nAction: fail\nStatus: 5.1.1", "bob@example.net"),
        ("Final-Recipient: rfc822; bob@example.net\nStatus: 550 5.1.1", "bob@example.net"),
        ("final-recipient: RFC822;bob@example.net\naction: failed\nstatus: 5.1.1", "bob@example.net"),
        ("Final-Recipient: rfc822;\n bob@example.net\nAction: failed\nStatus: 5.1.1 (bad mailbox)", "bob@example.net"),
    ],
)  # fmt: skip
def test_a_recipient_is_read_in_every_form(fields: str, address: str) -> None:
    (bounce,) = parse(dsn(fields))
    assert (bounce.address, bounce.hard, bounce.status, bounce.message_id) == (
        address,
        True,
        "5.1.1",
        "issue-7@post.example.org",
    )


@pytest.mark.parametrize(
    "raw",
    [
        dsn(FAILED, top="Reporting-MTA: dns; mx.example.net\n"),
        dsn(FAILED, whole="multipart/mixed"),
        dsn(FAILED, kind="message/global-delivery-status"),
        dsn(FAILED, kind="text/plain"),
        dsn(base64.b64encode(f"Reporting-MTA: dns; x\n\n{FAILED}".encode()).decode(), kind="message/delivery-status\nContent-Transfer-Encoding: base64", top=""),
        b"From: eve@example.net\nTo: news@post.example.org\nContent-Type: message/rfc822\n\n" + dsn(FAILED),
    ],
    ids=["all in one block", "multipart/mixed", "global", "as text", "in base64", "passed on"],
)  # fmt: skip
def test_a_status_part_is_read_wherever_it_stands(raw: bytes) -> None:
    assert [(bounce.address, bounce.hard, bounce.status) for bounce in parse(raw)] == [
        ("bob@example.net", True, "5.1.1")
    ]


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_report_of_success_is_no_bounce(action: str) -> None:
    words = "Your message was delivered to:\n\nbob@example.net\n\nThis is the mail delivery system."
    assert parse(dsn(f"Final-Recipient: rfc822; bob@example.net\nAction: {action}\nStatus: 2.0.0", words=words)) == []


def test_a_read_receipt_is_no_bounce() -> None:
    fields = "Final-Recipient: rfc822; bob@example.net\nDisposition: manual-action/MDN-sent-manually; {}\n"
    for said in ("displayed", "deleted"):
        raw = dsn(
            fields.format(said), words="Read:\n\nbob@example.net", kind="message/disposition-notification", top=""
        )
        assert parse(raw) == []


@pytest.mark.parametrize(
    ("kind", "read_as"),
    [("abuse", ["arf"]), ("fraud", ["arf"]), ("opt-out", ["arf"]), ("not-spam", ["not-spam"]), ("auth-failure", [])],
)
def test_only_a_complaint_is_one(kind: str, read_as: list[str]) -> None:
    fields = f"Feedback-Type: {kind}\nUser-Agent: x/1\nVersion: 1\nOriginal-Rcpt-To: <bob@example.net>\n"
    words = "Mail delivery failed authentication for bob@example.net."
    bounces = parse(dsn(fields, words=words, kind="message/feedback-report", top=""))
    assert [bounce.kind for bounce in bounces] == read_as
    assert {bounce.address for bounce in bounces} <= {"bob@example.net"}


def test_a_complaint_without_a_report_part_names_the_reader() -> None:
    raw = (
        "From: staff@hotmail.example\nTo: abuse@post.example.org\nSubject: complaint about message from 192.0.2.9\n"
        f"X-HmXmrOriginalRecipient: bob@example.net\nContent-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: message/rfc822\n\n{ORIGINAL}--B--\n"
    ).encode()
    (bounce,) = parse(raw)
    assert (bounce.address, bounce.kind, bounce.message_id) == ("bob@example.net", "arf", "issue-7@post.example.org")


LETTERS = {
    "a person on a lost parcel": (
        "Bob <bob@example.net>",
        "Parcel",
        "The parcel could not be delivered to eve@example.net, they said.",
    ),
    "a person who quotes a report": (
        "Bob <bob@example.net>",
        "Re: your letter",
        "I got this:\n\n> <eve@example.net>: 550 5.1.1 User unknown\n\nWhat is it?",
    ),
    "a post about mail": (
        "Bob <bob@example.net>",
        "How bounces work",
        "When an address such as eve@example.net does not exist, the server says 550 5.1.1.",
    ),
    "a shop": (
        "Shop <orders@example.net>",
        "Your order has been sent",
        "It will be delivered to eve@example.net tomorrow.",
    ),
    "a success in prose": (
        "MAILER-DAEMON@example.net",
        "Hello",
        "Your message was successfully delivered to eve@example.net.",
    ),
}


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_that_speaks_of_delivery_is_no_bounce(name: str) -> None:
    sender, subject, body = LETTERS[name]
    assert parse(f"From: {sender}\nTo: news@post.example.org\nSubject: {subject}\n\n{body}\n".encode()) == []


@pytest.mark.parametrize(
    ("words", "hard", "status"),
    [
        ("552 mailbox full", True, "5.2.2"),
        ("452 mailbox full", False, "4.2.2"),
        ("Ihr Postfach ist voll.", True, "5.2.2"),
        ("550 5.2.2 quota", True, "5.2.2"),
    ],
)
def test_a_full_mailbox_is_told_by_its_status(words: str, hard: bool, status: str) -> None:
    body = f"Your message could not be delivered:\n\n<bob@example.net>: {words}\n"
    (bounce,) = parse(
        f"From: MAILER-DAEMON@example.net\nTo: news@post.example.org\nSubject: Undelivered\n\n{body}".encode()
    )
    assert (bounce.hard, bounce.status, bounce.reason) == (hard, status, "The mailbox is full.")


@pytest.mark.parametrize(
    "subject",
    [
        "Automated reply: Hello", "Abwesenheitsassistent: Hallo", "Réponse d’absence : Bonjour", "Mensaje automático", "Resposta de ausência: Olá",
        "Messaggio automatico", "Automatisk besvarelse: Hej", "Informacja o nieobecności", "Уведомление об отсутствии: Привет", "Otomatik cevap: Merhaba", "자동 답장", "自动应答：你好",
    ],
)  # fmt: skip
def test_an_absence_note_is_known_by_its_subject(subject: str) -> None:
    raw = f"From: Bob <bob@example.net>\nTo: news@post.example.org\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\nI am back on Monday.\n"
    assert [(bounce.address, bounce.hard, bounce.kind) for bounce in parse(raw.encode())] == [
        ("bob@example.net", None, "autoreply")
    ]


@pytest.mark.parametrize(
    "subject", ["On vacation", "Automatic doors", "Urlaub", "Absence and other poems", "Out of office hours we read"]
)
def test_a_subject_that_a_person_may_write_is_none_of_an_absence(subject: str) -> None:
    raw = f"From: Bob <bob@example.net>\nTo: news@post.example.org\nSubject: {subject}\n\nHello.\n"
    assert parse(raw.encode()) == []
