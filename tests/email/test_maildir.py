"""Mail kept in a local Maildir, judged by the standard library's own reader."""

import mailbox
from pathlib import Path

import pytest

from gateway.core.errors import Invalid, NotFound
from gateway.email.maildir import deliver, list_mails, read_mail

MAIL = (
    b"From: =?utf-8?B?QsOkY2tlcmlu?= <alice@post.example.org>\r\nTo: Bob <bob@example.net>\r\nSubject: Hello\r\n"
    b"Date: Mon, 04 Nov 2024 08:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n"
    b"--b\r\nContent-Type: text/html; charset=no-such-thing\r\n\r\n<p>Hi</p>\r\n--b--\r\n"
)


def test_a_delivered_mail_is_read_back_whole(tmp_path: Path) -> None:
    name = deliver(tmp_path / "mail", MAIL)
    mail = read_mail(tmp_path / "mail", name)
    assert mail.raw == MAIL
    assert mail.text == "Grüße"
    assert mail.html == "<p>Hi</p>"
    assert mail.header("from") == "Bäckerin <alice@post.example.org>"
    assert mail.header("X-None") == ""


def test_another_reader_finds_it_new(tmp_path: Path) -> None:
    deliver(tmp_path / "mail", MAIL)
    box = mailbox.Maildir(tmp_path / "mail", create=False)
    assert [message.get_subdir() for message in box] == ["new"]
    assert [message["Subject"] for message in box] == ["Hello"]
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []


def test_mails_are_listed_newest_first_and_by_recipient(tmp_path: Path) -> None:
    first = deliver(tmp_path, MAIL)
    second = deliver(tmp_path, MAIL.replace(b"bob@", b"eve@"))
    assert [mail.name for mail in list_mails(tmp_path)] == [second, first]
    only = list_mails(tmp_path, "BOB@example.net")
    assert [(mail.name, mail.sender, mail.subject) for mail in only] == [
        (first, "Bäckerin <alice@post.example.org>", "Hello")
    ]
    assert list_mails(tmp_path, "nobody@example.net") == []


def test_the_envelope_counts_when_it_is_given(tmp_path: Path) -> None:
    name = deliver(tmp_path, MAIL, mail_from="b.1@post.example.org", recipient="carol@example.net")
    assert [mail.name for mail in list_mails(tmp_path, "carol@example.net")] == [name]
    assert list_mails(tmp_path, "bob@example.net") == []
    mail = read_mail(tmp_path, name)
    assert mail.header("Return-Path") == "<b.1@post.example.org>"
    assert mail.raw.endswith(MAIL)


def test_an_envelope_cannot_smuggle_headers_and_leaves_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        deliver(tmp_path, MAIL, recipient="bob@example.net\r\nX: y")
    assert list_mails(tmp_path) == []


def test_a_mail_that_another_reader_marked_as_seen_is_still_there(tmp_path: Path) -> None:
    name = deliver(tmp_path, MAIL)
    (tmp_path / "new" / name).rename(tmp_path / "cur" / f"{name}:2,S")
    assert [mail.name for mail in list_mails(tmp_path)] == [f"{name}:2,S"]
    assert read_mail(tmp_path, f"{name}:2,S").raw == MAIL


@pytest.mark.parametrize("name", ["", "none", "../secret", "/etc/passwd", ".", ".."])
def test_only_mails_of_the_folder_can_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_bytes(b"no")
    deliver(tmp_path / "mail", MAIL)
    with pytest.raises(NotFound):
        read_mail(tmp_path / "mail", name)


def test_an_empty_or_missing_folder_lists_nothing(tmp_path: Path) -> None:
    assert list_mails(tmp_path / "none") == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"no headers at all", b"Subject: \xff\xfe\r\nTo: <<>>\r\n\r\n\xff", b"Content-Type: multipart/x\r\n\r\n"],
)
def test_broken_mail_can_be_listed_and_read(tmp_path: Path, raw: bytes) -> None:
    name = deliver(tmp_path, raw)
    assert [mail.name for mail in list_mails(tmp_path)] == [name]
    assert read_mail(tmp_path, name).raw == raw
