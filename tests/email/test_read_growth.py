"""Mail made to take long: each grows, and the time it takes grows no faster.

Each of the first took one of the standard library's parsers between one second and forever, or is of that kind.
"""

import pytest

from gateway.email.read import OUR_FAULT, read
from gateway.email.worker_main import prepare_mail
from tests.email.growth import grows_linearly

MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
BASE64 = b"Content-Transfer-Encoding: base64\r\n\r\n"
QP = b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
FLOWED = b"Content-Type: text/plain; format=flowed\r\n\r\n"
CALENDAR = b"Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\n"
HTML = b"Content-Type: text/html\r\n\r\n"

BOMBS = {  # what it begins with, what is repeated, what it ends with
    "parts": (MIXED, b"--b\r\n\r\nx\r\n", b"--b--\r\n"),
    "parts with headers": (MIXED, b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nA: b\r\n\r\nx\r\n", b""),
    "nested": (b"", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", b"\r\nx"),
    "enclosed": (b"", b"Content-Type: message/rfc822\r\n\r\n", b"x"),
    "parameters": (b"Content-Type: text/plain", b"; a=b", b"\r\n\r\nx"),
    "semicolons in quotes": (b'Content-Type: text/plain; a="', b";", b"\r\n\r\nx"),
    "sections": (b"Content-Disposition: attachment", b"; a*0*=b", b"\r\n\r\nx"),
    "quotes in From": (b"From: ", b'"', b"\r\n\r\nx"),
    "comments in From": (b"From: ", b"(", b"\r\n\r\nx"),
    "addresses": (b"From: ", b"a@b,", b"\r\n\r\nx"),
    "angles": (b"To: ", b"<", b"\r\n\r\nx"),
    "encoded words": (b"Subject: ", b"=?a?q?", b"\r\n\r\nx"),
    "whole encoded words": (b"Subject: ", b"=?a?b?QQ?= ", b"\r\n\r\nx"),
    "open references": (b"References: ", b"<", b"\r\n\r\nx"),
    "references": (b"References: ", b"<a> ", b"\r\n\r\nx"),
    "header lines": (b"", b"X: y\r\n", b"\r\nx"),
    "folded lines": (b"X: y\r\n", b" z\r\n", b"\r\nx"),
    "colons": (b"", b"X:", b""),
    "no header": (b"X", b"y", b""),
    "false delimiters": (MIXED, b"--bc\n", b""),
    "hyphens": (b"Content-Type: multipart/mixed\r\n\r\n--", b"-", b""),
    "like delimiters": (b"Content-Type: multipart/mixed\r\n\r\n", b"--x\r\nContent", b""),
    "line feeds": (b"", b"\n", b""),
    "carriage returns": (b"", b"\r", b""),
    "flowed": (FLOWED, b"> \r\n", b""),
    "flowed without end": (FLOWED, b"a \r\n", b""),
    "base64 of padding": (BASE64, b"=", b""),
    "base64 in pieces": (BASE64, b"QQ==\n", b""),
    "base64 that is none": (BASE64, b"!", b""),
    "quoted-printable": (QP, b"=", b""),
    "soft breaks": (QP, b"=  ", b"\r\n"),
    "uuencode": (b"\r\n", b"begin 644 x\r\n", b""),
    "uuencode without end": (b"\r\nbegin 644 x\r\n", b"#86)C\r\n", b""),
    "clearsigned": (b"\r\n", b"-----BEGIN PGP SIGNED MESSAGE-----\r\n", b""),
    "calendar": (CALENDAR, b"BEGIN:X\r\n", b""),
    "charset of a page": (HTML, b"<meta charset=", b""),
    "encrypted pages": (HTML, b"-----BEGIN PGP MESSAGE-----<p>", b""),
}

PREPARED = {  # the same for what is made of a mail once it is read
    "pictures in pages": (HTML, b"src=data:image/png;base64,", b""),
    "pictures that are none": (HTML, b"<img src='data:image/png;base64,!'>", b""),
    "pictures": (HTML, b"<img src='data:image/png;base64,AA'>", b""),
    "open pictures": (HTML, b"<img src='", b""),
    "marks of pictures": (HTML, b"<img src=cid:a>\n", b""),
    "open comments": (HTML, b"<!--", b""),
    "open tags": (HTML, b"<a ", b""),
    "lines": (HTML, b"<div><br>x", b""),
    "styles": (HTML, b"<span style=font-weight:bold>x</b>", b""),
    "items of Word": (HTML, b"<p style='mso-list:l0 level1'><span style='mso-list:ignore'>", b"</p>"),
    "tables": (HTML, b"<table><tr><td>x", b""),
    "scripts": (HTML, b"<script>", b""),
    "instructions": (HTML, b"<?", b""),
    "directives": (b"\r\n", b"[category a]\n", b""),
    "pictures in Markdown": (b"\r\n", b"![](cid:a)\n\n", b""),
}
NESTED = {
    "quotes": (b"<blockquote>x", b"</blockquote>"),
    "code": (b"<pre>x", b"</pre>"),
    "lists": (b"<ul><li>x", b"</ul>"),
}


@pytest.mark.parametrize("name", PREPARED)
def test_preparing_takes_no_longer_than_the_mail_is_long(name: str) -> None:
    head, piece, tail = PREPARED[name]
    grows_linearly(
        lambda size: head + piece * (size // len(piece)) + tail, lambda raw: prepare_mail(raw, 1000), size=20_000
    )


@pytest.mark.parametrize("name", NESTED)
def test_what_stands_inside_each_other_takes_no_longer_than_side_by_side(name: str) -> None:
    """And it makes no more of it: what each level writes before every line is bounded."""
    opening, closing = NESTED[name]
    grows_linearly(lambda deep: HTML + opening * deep + closing * deep, lambda raw: prepare_mail(raw, 1000), size=250)
    raw = HTML + opening * 1000 + closing * 1000
    assert len(prepare_mail(raw, 1000).post_text) < 10 * len(raw)


@pytest.mark.parametrize("name", BOMBS)
def test_the_time_grows_no_faster_than_the_mail(name: str) -> None:
    head, piece, tail = BOMBS[name]
    grows_linearly(lambda size: head + piece * (size // len(piece)) + tail, read, size=60_000)


@pytest.mark.parametrize("name", BOMBS)
def test_a_megabyte_of_it_is_read_or_refused(name: str) -> None:
    head, piece, tail = BOMBS[name]
    mail = read(head + piece * (1_000_000 // len(piece)) + tail)
    assert mail.unreadable != OUR_FAULT
    assert bool(mail.unreadable) is (name in {"parts", "parts with headers", "nested", "encrypted pages"})
