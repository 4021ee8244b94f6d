"""What the door reads of a mail is what the whole reading says of the same things."""

import pytest

from gateway.email.read import InboundEmail, read, read_header

MAILS = {
    "plain": b"From: Alice <Alice@Example.com>\r\nSubject: Hello\r\n\r\nBody\r\n",
    "encoded": b"From: =?utf-8?q?Al=C3=AFce?= <alice@example.com>\r\nSubject: =?utf-8?b?SGVsbMO2?=\r\n\r\nBody\r\n",
    "two senders": b"From: alice@example.com, eve@example.com\r\n\r\nBody\r\n",
    "two From fields": b"From: alice@example.com\r\nFrom: eve@example.com\r\n\r\nBody\r\n",
    "automatic": b"From: alice@example.com\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nBody\r\n",
    "multipart": b"From: alice@example.com\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nBody\r\n--x--\r\n",
    "line feeds": b"From: alice@example.com\nSubject: Unix\n\nBody\n",
    "carriage returns": b"From: alice@example.com\rSubject: Old\r\rBody\r",
    "no header": b"\r\nBody\r\n",
    "empty": b"",
    "rubbish": bytes(range(256)) * 8,
}


def seen_at_the_door(mail: InboundEmail) -> tuple[object, ...]:
    return (
        mail.sender,
        mail.sender_name,
        mail.from_count,
        mail.title,
        mail.is_automatic,
        mail.automatic_reason,
        mail.content_type,
    )


@pytest.mark.parametrize("raw", MAILS.values(), ids=MAILS)
def test_the_header_alone_says_the_same_of_sender_title_and_machine(raw: bytes) -> None:
    assert seen_at_the_door(read_header(raw)) == seen_at_the_door(read(raw))


def test_it_reads_who_wrote_it_and_the_title() -> None:
    mail = read_header(MAILS["encoded"])
    assert (mail.sender, mail.sender_name, mail.title, mail.from_count) == ("alice@example.com", "Alïce", "Hellö", 1)
