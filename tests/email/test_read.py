"""Raw mail to text: what each client, charset and fault of transport comes to."""

import base64
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email.header_values import correspondents
from gateway.email.read import OUR_FAULT, InboundEmail, read

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PNG64 = base64.encodebytes(PNG).decode().replace("\n", "\r\n")


def mail(source: str, encoding: str = "utf-8") -> InboundEmail:
    """The mail read from text whose lines may end in LF."""
    return read(source.replace("\r\n", "\n").replace("\n", "\r\n").encode(encoding))


def plain(body: bytes, content_type: str = "text/plain; charset=utf-8", encoding: str = "8bit") -> InboundEmail:
    head = f"From: alice@example.org\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return read(head.encode() + body)


GMAIL = f"""\
MIME-Version: 1.0
From: =?UTF-8?B?QWxpY2Ugw4RjaGVy?= <Alice@Example.ORG>
Date: Sun, 22 Nov 2026 09:30:00 +0100
Message-ID: <CAF+abc=1@mail.gmail.com>
Subject: A walk =?UTF-8?Q?by_the_=E6=B9=96?=
To: alice <alice@post.example.org>
Content-Type: multipart/related; boundary="0000000000006d0c"

--0000000000006d0c
Content-Type: multipart/alternative; boundary="0000000000006d0b"

--0000000000006d0b
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: base64

RsO8ciBCb2I6DQpbaW1hZ2U6IGxha2UucG5nXQ0K

--0000000000006d0b
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<div dir=3D"ltr">F=C3=BCr <b>Bob</b>:<br><img src=3D"cid:ii_m1" alt=3D"lake=
.png" width=3D"1"><br></div>

--0000000000006d0b--
--0000000000006d0c
Content-Type: image/png; name="lake.png"
Content-Disposition: inline; filename="lake.png"
Content-Transfer-Encoding: base64
X-Attachment-Id: ii_m1
Content-ID: <ii_m1>

{PNG64}
--0000000000006d0c--
"""


def test_gmail_with_an_inline_picture() -> None:
    read_mail = mail(GMAIL)
    assert read_mail.title == "A walk by the 湖"
    assert read_mail.text == "Für Bob:\n[image: lake.png]\n"
    assert read_mail.html.startswith('<div dir="ltr">Für <b>Bob</b>')
    assert (read_mail.sender, read_mail.sender_name, read_mail.from_count) == ("alice@example.org", "Alice Ächer", 1)
    assert read_mail.to == ("alice@post.example.org",)
    assert read_mail.message_id == "CAF+abc=1@mail.gmail.com"
    assert read_mail.date == datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    [picture] = read_mail.attachments
    assert (picture.filename, picture.content_type, picture.content_id, picture.inline) == (
        "lake.png",
        "image/png",
        "ii_m1",
        True,
    )
    assert picture.data == PNG
    assert read_mail.problems == ()
    assert not read_mail.is_automatic


APPLE = f"""\
From: Alice <alice@example.org>
Subject: Three pictures
Mime-Version: 1.0 (Mac OS X Mail 16.0)
Content-Type: multipart/alternative; boundary="Apple-Mail=_A"

--Apple-Mail=_A
Content-Type: text/plain; charset=us-ascii

Before

between

after
--Apple-Mail=_A
Content-Type: multipart/mixed; boundary="Apple-Mail=_B"

--Apple-Mail=_B
Content-Type: text/html; charset=us-ascii

<html><body>Before<br></body></html>
--Apple-Mail=_B
Content-Disposition: inline; filename=one.png
Content-Type: image/png; name="one.png"
Content-Transfer-Encoding: base64

{PNG64}
--Apple-Mail=_B
Content-Type: text/html; charset=us-ascii

<html><body>after</body></html>
--Apple-Mail=_B--

--Apple-Mail=_A--
"""


def test_apple_mail_hides_pictures_in_the_html_half_and_they_keep_their_place() -> None:
    read_mail = mail(APPLE)
    assert read_mail.text == "Before\n\nbetween\n\nafter"
    assert [file.filename for file in read_mail.attachments] == ["one.png"]
    content_id = read_mail.attachments[0].content_id
    before, mark, after = read_mail.html.partition(f'src="cid:{content_id}"')
    assert "Before" in before
    assert mark
    assert "after" in after


def test_a_picture_between_two_plain_texts_is_marked_where_it_stood() -> None:
    read_mail = mail(
        "From: alice@example.org\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\n\nOne.\n--b\nContent-Type: image/png\nContent-Disposition: inline; filename=p.png\n"
        f"Content-ID: <p@x>\nContent-Transfer-Encoding: base64\n\n{PNG64}\n--b\n\nTwo.\n--b--\n"
    )
    assert read_mail.text == "One.\n\n![p.png](<cid:p@x>)\n\nTwo."


OUTLOOK = """\
From: Alice <alice@example.org>
To: "bob@example.net" <bob@example.net>
Subject: RE: Hello
Thread-Topic: Hello
X-Auto-Response-Suppress: All
In-Reply-To: <two@example.net>
References: <one@example.net>
 <two@example.net>
Content-Type: multipart/alternative;
\tboundary="_000_DB9P"
MIME-Version: 1.0

--_000_DB9P
Content-Type: text/plain; charset="Windows-1252"
Content-Transfer-Encoding: quoted-printable

It=92s fine =96 5 =80.

--_000_DB9P
Content-Type: text/html; charset="Windows-1252"
Content-Transfer-Encoding: quoted-printable

<html><head><style>p {margin:0}</style></head><body><p class=3D"MsoNormal">It=92s fine =96 5 =80.<o:p></o:p></p></body></html>

--_000_DB9P--
"""


def test_outlook_writes_windows_1252_and_is_no_machine_for_suppressing_auto_replies() -> None:
    read_mail = mail(OUTLOOK)
    assert read_mail.text == "It’s fine – 5 €.\n"
    assert "It’s fine – 5 €." in read_mail.html
    assert not read_mail.is_automatic
    assert read_mail.references == ("two@example.net", "one@example.net")


def test_thunderbird_flowed_lines_are_joined_and_breaks_by_hand_stay() -> None:
    read_mail = mail(
        "From: alice@example.org\nContent-Type: text/plain; charset=UTF-8; format=flowed\n\n"
        "A long line that the program \nbroke here.\nA short line.\n>> quoted \n>> twice\n From here\n-- \nAlice\n"
    )
    assert read_mail.text == (
        "A long line that the program broke here.\nA short line.\n>> quoted twice\nFrom here\n-- \nAlice\n"
    )


def test_delsp_joins_without_the_space() -> None:
    read_mail = mail("Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\n日本 \n語\n")
    assert read_mail.text == "日本語\n"


def test_swaks_sends_raw_utf8_in_headers_and_no_charset() -> None:
    read_mail = mail("From: alice@example.org\nSubject: swaks ☃ naïve\n\nGrüße\n")
    assert read_mail.title == "swaks ☃ naïve"
    assert read_mail.text == "Grüße\n"


def test_raw_latin_headers_are_read_as_windows_1252() -> None:
    read_mail = mail("From: Ren\xe9 <rene@example.org>\nSubject: caf\xe9\n\nok\n", "latin-1")
    assert (read_mail.title, read_mail.sender_name, read_mail.sender) == ("café", "René", "rene@example.org")


def test_curl_sends_neither_date_nor_message_id() -> None:
    read_mail = mail(
        "Content-Type: multipart/mixed; boundary=------------------------6c5c\nMime-Version: 1.0\n"
        "Subject: from curl\nFrom: alice@example.org\n\n--------------------------6c5c\n"
        "Content-Type: text/plain\n\nHello.\n--------------------------6c5c\n"
        'Content-Disposition: attachment; name="file"; filename="p.png"\nContent-Type: image/png\n'
        f"Content-Transfer-Encoding: base64\n\n{PNG64}\n--------------------------6c5c--\n"
    )
    assert (read_mail.date, read_mail.message_id, read_mail.text) == (None, "", "Hello.")
    assert read_mail.attachments[0].data == PNG


def test_mpack_uses_a_hyphen_as_its_boundary() -> None:
    read_mail = mail(
        'Mime-Version: 1.0\nContent-Type: multipart/mixed; boundary="-"\n\nThis is a MIME encoded message.\n---\n\n'
        'Hello - there.\n--not a boundary\n\n---\nContent-Type: application/octet-stream; name="p.png"\n'
        f"Content-Transfer-Encoding: base64\n\n{PNG64}\n-----\n"
    )
    assert read_mail.text == "Hello - there.\n--not a boundary\n"
    assert read_mail.attachments[0].data == PNG


def test_an_enclosed_message_is_a_file_and_never_part_of_the_body() -> None:
    read_mail = mail(
        "From: alice@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee this.\n"
        "--b\nContent-Type: message/rfc822\n\nFrom: eve@example.net\nSubject: Buy/Sell\n\nPublish me.\n--b--\n"
    )
    assert read_mail.text == "See this."
    assert "Publish me" not in read_mail.html
    [enclosed] = read_mail.attachments
    assert (enclosed.content_type, enclosed.filename) == ("message/rfc822", "Buy Sell.eml")
    assert b"Publish me." in enclosed.data


@pytest.mark.parametrize(
    ("body", "label", "text"),
    [
        ("Grüße, ça va?".encode(), "iso-8859-1", "Grüße, ça va?"),
        ("“quoted” – 5 €".encode("cp1252"), "iso-8859-1", "“quoted” – 5 €"),
        ("Grüße".encode(), "us-ascii", "Grüße"),
        ("Grüße".encode("cp1252"), "us-ascii", "Grüße"),
        ("Grüße".encode("cp1252"), "utf-8", "Grüße"),
        ("日本語のメール".encode("iso2022_jp"), "iso-2022-jp", "日本語のメール"),
        ("日本語".encode("iso2022_jp"), "us-ascii", "日本語"),
        ("①と㈱".encode("cp932"), "shift_jis", "①と㈱"),
        ("简体字镕".encode("gb18030"), "gb2312", "简体字镕"),
        ("똠방각하".encode("cp949"), "ks_c_5601-1987", "똠방각하"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("Привет".encode("cp1251"), '"windows-1251"', "Привет"),
        ("Ünïcode".encode(), "x-no-such-charset", "Ünïcode"),
        ("Ünïcode".encode("utf-16"), "utf-16", "Ünïcode"),
        ("\ufeffMarked".encode(), "utf-8", "Marked"),
        (b"a\x00b", "utf-8", "ab"),
        (b"plain", "zlib", "plain"),
        (b"plain", "punycode", "plain"),
        (b"plain", "utf-8\x00", "plain"),
    ],
)
def test_charsets_are_read_by_label_or_by_their_bytes(body: bytes, label: str, text: str) -> None:
    assert plain(body, f"text/plain; charset={label}").text == text


@pytest.mark.parametrize(
    ("body", "encoding", "text", "complains"),
    [
        (b"SGVs\r\nbG8", "base64", "Hello", False),
        (b"SGVs!bG8=", "base64", "Hello", False),
        (b"SGVsbG8=\r\nSGVsbG8=", "base64", "HelloHello", False),
        (b"SGVsbG8gdGhlcmUsIEJvYiBhbmQgYWxsIHRoZSBvdGhlcnMh==\r\nsome list's footer", "base64", "Hello there, Bob and all the others!", True),
        (b"This is not base64 at all, my friend: 100 % text.", "base64", "This is not base64 at all, my friend: 100 % text.", True),
        (b"caf=C3=A9 =ZZ =", "quoted-printable", "café =ZZ ", False),
        (b"soft=\r\nbreak", "quoted-printable", "softbreak", False),
        (b"begin 644 x\r\n%2&5L;&\\\r\n`\r\nend\r\n", "x-uuencode", "Hello", False),
        (b"as it is", "x-strange", "as it is", True),
        (b"as it is", "str\u00e4nge", "as it is", True),
        (b"QUJD\r\n" * 100_000 + b"REVG", "base64", "ABC" * 100_000 + "DEF", False),
        (b"QUJD\r\n" * 100_000 + b"RA==\r\n", "base64", "ABC" * 100_000 + "D", False),
        (b"QUJD\r\n" * 100_000 + b"RA", "base64", "ABC" * 100_000 + "D", False),
        (b"QUJD\r\n" * 100_000 + b"R", "base64", "ABC" * 100_000, True),
    ],
    ids=range(14),
)  # fmt: skip
def test_damaged_transfer_encodings_give_what_they_can(body: bytes, encoding: str, text: str, complains: bool) -> None:
    read_mail = plain(body, encoding=encoding)
    assert read_mail.text == text
    assert bool(read_mail.problems) is complains
    "".join(read_mail.problems).encode()


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?=E2=82?=\n =?utf-8?q?=AC_5?=", "€ 5"),
        ("=?utf-8*de?q?hallo?=", "hallo"),
        ("=?utf-8?q?with spaces inside?= after", "with spaces inside after"),
        ("before=?utf-8?q?middle?=after", "beforemiddleafter"),
        ("=?ISO-8859-1?Q?na=EFve?= =?utf-8?b?4piD?=", "naïve☃"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?unknown?q?x=41?=", "xA"),
        ("=?utf-8?x?abc?= =?", "=?utf-8?x?abc?= =?"),
        ("Tabs\tand\n folds", "Tabs and folds"),
        ("=?utf-8?q?a=0D=0ABcc:_eve=40example.net?=", "a Bcc: eve@example.net"),
        ("=?utf-8?b?4oCuZXZpbA==?=", "evil"),
        ("(no subject)", ""),
        ("No Subject", ""),
        ("<kein Betreff>", ""),
        ("(無題)", ""),
        ("None", "None"),
        ("Untitled", "Untitled"),
        ("", ""),
    ],
)
def test_subjects(raw: str, title: str) -> None:
    assert mail(f"From: alice@example.org\nSubject: {raw}\n\nx\n").title == title


@pytest.mark.parametrize(
    ("header", "filename"),
    [
        ('attachment; filename="a b.pdf"', "a b.pdf"),
        ("attachment; filename=\"=?utf-8?q?f=C3=BCr.pdf?=\"", "für.pdf"),
        ("attachment; filename*=utf-8''f%C3%BCr%20Bob.pdf", "für Bob.pdf"),
        ("attachment; filename*0*=utf-8''f%C3%BC; filename*1=r.pdf", "für.pdf"),
        ("attachment; filename*=iso-8859-1'de'gr%FCn.pdf", "grün.pdf"),
        ("attachment; filename=\"../../etc/passwd\"", "passwd"),
        ('attachment; filename="C:\\\\Users\\\\eve\\\\x.exe"', "x.exe"),
        ("attachment; filename=für.pdf", "für.pdf"),
        ("attachment; filename=.htaccess", "htaccess"),
        ("attachment; filename*=no-charset''%FCb", "üb"),
        ("attachment", "application-1.pdf"),
    ],
)  # fmt: skip
def test_file_names(header: str, filename: str) -> None:
    [file] = mail(f"Content-Type: application/pdf\nContent-Disposition: {header}\n\n%PDF-\n").attachments
    assert file.filename == filename


@pytest.mark.parametrize(
    ("value", "sender", "count"),
    [
        ("Alice <ALICE@Example.org>", "alice@example.org", 1),
        ("alice@example.org (Alice)", "alice@example.org", 1),
        ('"Bob, not Alice" <bob@example.org>', "bob@example.org", 1),
        ("=?utf-8?q?Alice=2C_B?= <alice@example.org>", "alice@example.org", 1),
        ('"alice"@example.org', "alice@example.org", 1),
        ("jürgen@bücher.example", "jürgen@bücher.example", 1),
        ("alice@example.org, eve@example.net", "", 2),
        ("Friends: alice@example.org, eve@example.net;", "", 2),
        ("<alice@example.org> <eve@example.net>", "", 1),
        ("alice@example.org <eve@example.net>", "eve@example.net", 1),
        ("<@relay.example:alice@example.org>", "", 1),
        ("alice@example.org@eve.example", "", 1),
        ("alice@[127.0.0.1]", "", 1),
        ("=?utf-8?q?alice=40example.org?=", "", 1),
        ("alice@example.org\x00@eve.example", "", 1),
        ("alice@example.org)eve@example.net", "", 1),
        ('"alice@example.org', "", 1),
        ("alice", "", 1),
        ("", "", 0),
    ],
)
def test_the_sender_is_one_plain_address_or_none(value: str, sender: str, count: int) -> None:
    read_mail = mail(f"From: {value}\nReply-To: eve@example.net\n\nx\n")
    assert (read_mail.sender, read_mail.from_count) == (sender, count)


@given(
    st.lists(
        st.sampled_from(["a", "B c", "<", ">", "@", ".", "x.org", " ", "alice@", '"', "-", ",", "é", "=?", ";"]),
        max_size=9,
    )
)
def test_a_plain_mailbox_is_read_as_one_with_a_comment_is(pieces: list[str]) -> None:
    value = "x" + "".join(pieces)
    assert correspondents(value) == correspondents("()" + value)


def test_a_second_from_header_leaves_no_sender() -> None:
    read_mail = mail("From: alice@example.org\nTo: bob@example.org\nfrom: eve@example.net\n\nx\n")
    assert (read_mail.sender, read_mail.from_count) == ("", 2)


def test_references_are_nearest_first_each_once() -> None:
    read_mail = mail(
        "In-Reply-To: Your note of Monday <c@x>\nReferences: <a@x> <b@x>\n <c@x> <broken\nMessage-ID: d@x\n\nx\n"
    )
    assert read_mail.references == ("c@x", "b@x", "a@x")
    assert read_mail.message_id == "d@x"


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: auto-generated (vacation); owner-email=x", True),
        ("Auto-Submitted: no", False),
        ("Precedence: bulk", True),
        ("Precedence: LIST", True),
        ("Precedence: first-class", False),
        ("List-Id: Friends <friends.example.org>", True),
        ("List-Unsubscribe: <mailto:leave@example.org>", True),
        ("List-Help: <https://example.org/help>", True),
        ("X-Autorespond: Hello", True),
        ("X-Autoreply: yes", True),
        ("X-Autoreply: no", False),
        ("X-Auto-Response-Suppress: All", False),
        ("Return-Path: <>", True),
        ("Return-Path: <alice@example.org>", False),
        ("Content-Type: multipart/report; boundary=x", True),
        ("Subject: Automatic reply: Hello", True),
        ("Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_Bonjour?=", True),
        ("Subject: Abwesenheitsnotiz", True),
        ("Subject: Re: Out of Office", True),
        ("Subject: [Auto-Reply] Hello", True),
        ("Subject: Out of Office Re: Hello", True),
        ("Subject: Out of Office (Re: Hello)", True),
        ("Subject: (Out of office) Hello", True),
        ("Subject: (Not) out of office", False),
        ("Subject: I was out of office: a report", False),
        ("Subject: 自动回复：你好", True),
        ("Subject: Автоответ: привет", True),
        ("Subject: Out of office life is better", False),
        ("Subject: Automatic replies and how to write them", False),
        ("Auto-Submitted: no\nAuto-Submitted: auto-replied", True),
        ("Mailing-List: contact talk-help@example.org; run by ezmlm", True),
        ("X-Mailing-List: talk@example.org", True),
        ("X-Cron-Env: <SHELL=/bin/sh>", True),
        ("Content-Type: text/calendar; method=REPLY", True),
        ("Content-Type: text/calendar; method=REQUEST", False),
    ],
)
def test_mail_of_machines_is_told_from_mail_of_people(headers: str, automatic: bool) -> None:
    read_mail = mail(f"From: bob@example.org\n{headers}\n\nx\n")
    assert read_mail.is_automatic is automatic
    assert bool(read_mail.automatic_reason) is automatic


def calendar(kind: str, method: str, more: str = "") -> str:
    return (
        f"Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/{kind}; boundary=a\n\n"
        "--a\nContent-Type: text/plain\n\nBob has accepted this invitation.\n"
        f'--a\nContent-Type: text/calendar; charset="UTF-8"; method={method}\n{more}\n'
        "BEGIN:VCALENDAR\nEND:VCALENDAR\n--a--\n--m--\n"
    )


@pytest.mark.parametrize(
    ("source", "automatic"),
    [
        (calendar("alternative", "REPLY"), True),
        (calendar("mixed", "reply"), True),
        (calendar("alternative", "REQUEST"), False),
        (calendar("mixed", "REPLY", "Content-Disposition: attachment; filename=answer.ics\n"), False),
    ],
)
def test_the_answer_of_a_calendar_program_is_automatic(source: str, automatic: bool) -> None:
    assert mail(f"From: bob@example.org\nSubject: Accepted: Tea\n{source}").is_automatic is automatic


def test_signed_mail_is_read_without_its_signature() -> None:
    read_mail = mail(
        'Content-Type: multipart/signed; micalg=pgp-sha256; protocol="application/pgp-signature"; boundary=s\n\n'
        "--s\nContent-Type: text/plain\n\nSigned words.\n--s\nContent-Type: application/pgp-signature; name=s.asc\n\n"
        "-----BEGIN PGP SIGNATURE-----\n--s--\n"
    )
    assert read_mail.text == "Signed words."
    assert read_mail.attachments == ()


def test_encrypted_mail_says_that_we_cannot_read_it() -> None:
    read_mail = mail(
        'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=s\n\n'
        "--s\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--s\n\nsecret\n--s--\n"
    )
    assert "encrypted" in read_mail.unreadable
    assert read_mail.text == ""


def test_a_plain_text_that_is_not_the_whole_letter_is_not_offered() -> None:
    read_mail = mail(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Letter</p>\n"
        "--b\nContent-Type: text/plain\n\nlist footer & more\n--b--\n"
    )
    assert read_mail.text == ""
    assert read_mail.html == "<p>Letter</p><p>list footer &amp; more</p>"


def test_a_text_file_after_the_letter_is_a_file() -> None:
    read_mail = mail(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nLetter\n"
        "--b\nContent-Type: text/plain; name=notes.txt\nContent-Disposition: inline\n\nnotes\n--b--\n"
    )
    assert read_mail.text == "Letter"
    assert [(file.filename, file.data) for file in read_mail.attachments] == [("notes.txt", b"notes")]


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("windows-1252", b"Gr\xfc\xdfe"),
        ("iso-8859-1", b"Gr\xfc\xdfe"),
        ("utf-8", "Grüße".encode()),
        ("nonsense", "Grüße".encode()),
    ],
)
def test_a_text_file_is_read_by_its_label(label: str, written: bytes) -> None:
    head = f'From: a@example.org\nContent-Type: text/csv; charset={label}\nContent-Disposition: attachment; filename="l.csv"\n\n'
    [file] = read(head.encode() + written).attachments
    assert file.data == "Grüße".encode()


@pytest.mark.parametrize(
    "source",
    [
        "Content-Type: multipart/mixed\n\n--guess\nContent-Type: text/plain\n\nHello\n--guess--\n",
        "Content-Type: multipart/mixed; boundary=wrong\n\n--right\nContent-Type: text/plain\n\nHello\n--right--\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello",
        "Content-Type: multipart/mixed; boundary=b\n\nHello",
        "From: alice@example.org\nno header line\nHello".replace("no header line\n", ""),
        "From alice Sun Nov 22 06:14:38 2026\nSubject: x\n\nHello",
        "\r\n\r\nSubject: x\n\nHello",
        "Subject: x\rFrom: y\r\rHello",
        "Content-Type: text\n\nHello",
        "Content-Type: ;;;\n\nHello",
    ],
)
def test_broken_structure_still_gives_the_words(source: str) -> None:
    assert "Hello" in read(source.encode()).text


def flat(parts: int) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * parts + b"--b--\r\n"


def nested(depth: int) -> bytes:
    opened = (f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n" for level in range(depth))
    return "".join(opened).encode() + b"\r\nx\r\n"


def test_a_mail_over_the_size_limit_has_its_headers_read_only() -> None:
    read_mail = read(b"Subject: Big\r\nFrom: alice@example.org\r\n\r\n" + b"x" * (64 * 1024 * 1024))
    assert (read_mail.title, read_mail.sender, read_mail.text) == ("Big", "alice@example.org", "")
    assert "larger than" in read_mail.unreadable


SAMPLES = [source.replace("\n", "\r\n").encode() for source in (GMAIL, APPLE, OUTLOOK)] + [nested(10), flat(3)]
PIECES = st.sampled_from(
    [
        b"\n", b"\r\n\r\n", b"--", b'"', b"=?utf-8?b?", b"?=", b";", b"boundary=", b"\x00", b"\xff", b"Content-Type: ", b"<",
        b"charset=utf-16", b"charset=idna", b"base64", b"filename*0*=", b"multipart/related", b"message/rfc822", b"\xe2\x80\xae",
        b"begin 644 x\n", b"=", b"(",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000))
def test_read_never_raises_on_any_bytes(raw: bytes) -> None:
    assert read(raw).unreadable != OUR_FAULT


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), PIECES), max_size=8))
def test_read_never_raises_on_mutated_mail(raw: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    for place, gone, piece in edits:
        at = int(place * len(raw))
        raw = raw[:at] + piece + raw[at + gone :]
    read_mail = read(raw)
    assert read_mail.unreadable != OUR_FAULT
    for text in (read_mail.title, read_mail.text, read_mail.html, read_mail.sender, *read_mail.problems):
        text.encode()  # no lone surrogates: such text could not be stored


def test_the_same_letter_of_five_clients_reads_the_same() -> None:
    corpora = os.environ.get("TEST_CORPORA")
    if not corpora:
        pytest.skip("TEST_CORPORA is not set: it names the folder with other projects' test data")
    mails = [read(path.read_bytes()) for path in sorted(Path(corpora, "clients").glob("*.eml"))]
    assert len(mails) == 5
    letters = {mail.text.partition("\n\n- ")[0].partition("\n\n-- ")[0].strip() for mail in mails}
    assert len(letters) == 1
    assert [len(mail.attachments) for mail in mails] == [1, 0, 1, 1, 1]
    assert all(mail.sender == "ada@example.org" and not mail.problems for mail in mails)
