"""winmail.dat: the letter and the files in it, whole or damaged."""

import base64
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email import tnef
from gateway.email.read import InboundEmail, read
from tests.email.growth import grows_linearly
from tests.email.test_server_clients import client
from tests.email.winmail import (
    Winmail,
    attachment,
    long_property,
    named_property,
    number,
    old_words,
    short_property,
    stored_rtf,
    words,
)

HTML_RTF = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Gr\'fc\'dfe "
    rb"{\*\htmltag84 <b>}\htmlrtf {\b \htmlrtf0 Bob\htmlrtf }\htmlrtf0 {\*\htmltag92 </b>}{\*\htmltag72 </p>}}"
)
OUTLOOK = Winmail(
    message=[
        words(0x0037, "Harbour"),
        short_property(0x0B, 0x0E1B, 1),
        short_property(0x40, 0x0039, 5, 8),
        short_property(0x02, 0x0017, 1),
        named_property(0x03, number(3)),
        named_property(0x1E, number(1) + number(4) + b"abc\0", name="odd"),
        long_property(0x102, 0x1009, stored_rtf(HTML_RTF)),
    ],
    attachments=[
        attachment(b"LAKE~1.PNG", b"PNG" * 100, words(0x3707, "läke at dawn.png"), words(0x370E, "image/png"), words(0x3712, "lake@x")),
        attachment(b"notes.txt", b"notes"),
    ],
)  # fmt: skip


def mail(data: bytes, body: str = "", name: str = "winmail.dat", kind: str = "application/ms-tnef") -> InboundEmail:
    text = f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n" if body else ""
    return read(
        f"From: alice@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{text}--b\r\nContent-Type: {kind}; name={name}\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{base64.encodebytes(data).decode()}\r\n--b--\r\n".encode()
    )


@pytest.mark.parametrize(
    ("name", "kind"), [("winmail.dat", "application/ms-tnef"), ("x", "application/vnd.ms-tnef"), ("WINMAIL.DAT", "application/octet-stream")]
)  # fmt: skip
def test_outlook_sends_words_formatted_words_and_files_in_winmail_dat(name: str, kind: str) -> None:
    seen = mail(OUTLOOK.made(), "Grüße Bob", name, kind)
    assert seen.text == "Grüße Bob"
    assert seen.html == "<p>Grüße <b>Bob</b></p>"
    assert [(file.filename, file.content_type, file.data) for file in seen.attachments] == [
        ("läke at dawn.png", "image/png", b"PNG" * 100),
        ("notes.txt", "text/plain", b"notes"),
    ]
    assert seen.attachments[0].content_id == "lake@x"
    assert seen.problems == ()


def test_a_mail_that_is_winmail_dat_and_nothing_else_is_read() -> None:
    assert mail(OUTLOOK.made()).html == "<p>Grüße <b>Bob</b></p>"


def test_a_picture_in_the_html_of_winmail_dat_is_inline() -> None:
    html = long_property(0x102, 0x1013, b'<p>See <img src="cid:lake@x"></p>')
    seen = mail(Winmail(message=[html], attachments=OUTLOOK.attachments).made(), "See")
    assert (seen.html, [file.inline for file in seen.attachments]) == (
        '<p>See <img src="cid:lake@x"></p>',
        [True, False],
    )


@pytest.mark.parametrize(
    ("message", "page", "text", "html"),
    [
        ([words(0x1000, "Grüße ☃\r\nBob")], 1252, "Grüße ☃\r\nBob", ""),
        ([old_words(0x1000, "Привет", "cp1251")], 1251, "Привет", ""),
        ([long_property(0x102, 0x1013, "<p>日本</p>".encode("cp932")), short_property(3, 0x3FDE, 932)], 1252, "", "<p>日本</p>"),
        ([long_property(0x102, 0x1013, "<p>☃</p>".encode()), short_property(3, 0x3FDE, 65001)], 1252, "", "<p>☃</p>"),
        ([words(0x1013, "<p>☃</p>")], 1252, "", "<p>☃</p>"),
        ([long_property(0x102, 0x1009, stored_rtf(rb"{\rtf1\ansi Plain\par words}"))], 1252, "Plain\nwords", ""),
        ([], 1252, "", ""),
    ],
    ids=range(7),
)  # fmt: skip
def test_the_letter_in_each_of_its_forms(message: list[bytes], page: int, text: str, html: str) -> None:
    found = tnef.read(Winmail(page=page, message=message).made())
    assert found is not None
    assert (found.text, found.html) == (text, html)


def test_the_letter_in_the_oldest_form() -> None:
    found = tnef.read(Winmail(page=1250, body="Žluťoučký kůň\0".encode("cp1250")).made())
    assert found is not None
    assert found.text == "Žluťoučký kůň"


def test_a_mail_in_the_mail_is_a_file_and_its_words_are_not_ours() -> None:
    inner = b"\x07" * 16 + Winmail(message=[words(0x1000, "Publish me")]).made()
    enclosed = attachment(b"Forwarded", b"", words(0x3001, "Forwarded"), long_property(0x0D, 0x3701, inner))
    seen = mail(Winmail(message=[words(0x1000, "See this")], attachments=[enclosed]).made())
    assert (seen.text, [file.filename for file in seen.attachments]) == ("See this", ["Forwarded"])


def test_what_only_claims_to_be_winmail_dat_is_a_file() -> None:
    seen = mail(b"no TNEF at all", "Words")
    assert (seen.text, [file.data for file in seen.attachments]) == ("Words", [b"no TNEF at all"])


DAMAGED = "The file winmail.dat is damaged. "


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (OUTLOOK.made(), ()),
        (OUTLOOK.made() + b"\0\0", ()),
        (OUTLOOK.made()[:-30], (DAMAGED + "What could be read of it was kept.",)),
        (OUTLOOK.made()[:200], (DAMAGED + "Nothing in it could be read.",)),
        (OUTLOOK.made()[:8], (DAMAGED + "Nothing in it could be read.",)),
        (Winmail(message=[words(0x1000, "Hi"), words(0x0037, "x")[:6]]).made(), (DAMAGED + "What could be read of it was kept.",)),
    ],
)  # fmt: skip
def test_what_is_missing_of_a_winmail_dat_is_said(data: bytes, problem: tuple[str, ...]) -> None:
    assert mail(data, "Words").problems == problem


def test_another_program_takes_the_same_files_out_of_our_samples(tmp_path: Path) -> None:
    """Else our reader and our samples might be wrong in the same way."""
    (tmp_path / "winmail.dat").write_bytes(OUTLOOK.made())
    command = [client("tnef"), "--number-backups", "-C", str(tmp_path), str(tmp_path / "winmail.dat")]
    subprocess.run(command, check=True, capture_output=True)
    made = {file.read_bytes() for file in tmp_path.iterdir() if file.name != "winmail.dat"}
    assert made == {b"PNG" * 100, b"notes"}


@given(st.integers(0, 2000), st.binary(max_size=6), st.integers(0, 2000))
@settings(max_examples=400, deadline=None)
def test_damage_never_raises_and_keeps_what_came_before(at: int, piece: bytes, end: int) -> None:
    whole = OUTLOOK.made()
    for data in (whole[:at] + piece + whole[at + len(piece) :], whole[:end], whole[:at] + piece + whole[at:]):
        found = tnef.read(data)
        if found is not None:
            assert all(isinstance(file.name, str) for file in found.files)
    cut = tnef.read(whole[:-30])
    assert cut is not None
    assert cut.html == "<p>Grüße <b>Bob</b></p>"
    assert cut.files[0].data == b"PNG" * 100


@pytest.mark.parametrize(
    "piece",
    [
        b"\0",
        b"\xff",
        b"\x02\x02\x90\x06\x00\0\0\0\0\0\0",
        b"\x1e\x10\x00\x10\xff\xff\xff\x00",
        b"\x02\x10\x00\x10\xff\xff\xff\x7f",
    ],
)
def test_the_time_grows_no_faster_than_the_data(piece: bytes) -> None:  # fmt: skip
    grows_linearly(lambda size: Winmail().made() + piece * (size // len(piece)), tnef.read, size=20_000)
    head = number(4000)
    grows_linearly(
        lambda size: Winmail(message=[]).made()[:-6] + head + piece * (size // len(piece)), tnef.read, size=20_000
    )
