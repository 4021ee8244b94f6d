"""RTF: unpacked as Microsoft's specification shows it, made HTML or text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email.rtf import text_of, unpacked
from tests.email.growth import grows_linearly
from tests.email.winmail import number, stored_rtf


def packed(rtf: bytes) -> bytes:
    """RTF packed with no references at all: a control byte of zeros before each eight bytes."""
    data = b"".join(b"\0" + rtf[at : at + 8] for at in range(0, len(rtf), 8))
    return number(len(data) + 12) + number(len(rtf)) + number(0x75465A4C) + number(0) + data


@pytest.mark.parametrize(
    ("data", "rtf"),
    [
        (  # the two examples of MS-OXRTFCP, 4.1
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        ("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0", b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
    ],
)
def test_packed_rtf_as_the_specification_shows_it(data: str, rtf: bytes) -> None:
    assert unpacked(bytes.fromhex(data)) == rtf


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_can_be_unpacked(data: bytes) -> None:
    assert unpacked(packed(data)) == unpacked(stored_rtf(data)) == data
    unpacked(data)
    unpacked(number(0) + number(5000) + number(0x75465A4C) + number(0) + data)


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1\ansi Hello\par World\par}", "Hello\nWorld\n"),
        (rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\colortbl;\red1;}{\info{\author Eve}}{\*\generator X;}\f0 Hello}", "Hello"),
        (rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8}", "При"),
        (rb"{\rtf1\ansi\ansicpg1252 Gr\'fc\'dfe \'80}", "Grüße €"),
        (rb"{\rtf1\ansi{\fonttbl{\f0\fcharset204 X;}{\f1 Y;}}\f0 \'cf\f1 \'fc}", "Пü"),
        (rb"{\rtf1\ansi\ansicpg932 \'83e\'83X\'83g\'93\'fa}", "テスト日"),
        (rb"{\rtf1\ansi\uc1 \u9731?\u-10179?\u-8704? x}", "☃😀 x"),
        (rb"{\rtf1\ansi\uc2 \u9731\'3f\'3fx}", "☃x"),
        (rb"{\rtf1\ansi\uc0 \u9731x}", "☃x"),
        (rb"{\rtf1\ansi a\tab b\line c\~d\_e\-f \{\}\\ \lquote q\rquote \bullet\emdash}", "a\tb\nc\xa0d-ef {}\\ ‘q’•—"),
        (rb"{\rtf1\ansi one\bin5 {{{{{two}", "onetwo"),
        (rb"{\rtf1\ansi {\pict\pngblip 89504e}words}", "words"),
        (rb"}}}} \rtf1 words {{{", " words "),
        (rb"{\rtf1\ansi\u12", "\x0c"),
        (b"{\\rtf1 a\\\r\nb}", "a\nb"),
        (b"", ""),
    ],
    ids=range(16),
)  # fmt: skip
def test_text(rtf: bytes, text: str) -> None:
    assert text_of(rtf) == (text, False)


def test_html_comes_back_as_it_was_and_what_is_there_for_rtf_only_is_left_out() -> None:
    rtf = (
        rb"{\rtf1\ANSI\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0 Arial;}}{\*\htmltag19 <html>}{\*\htmltag2 \par }"
        rb"{\*\htmltag34 <body>}\htmlrtf \lang1033 \htmlrtf0 {\*\htmltag64 <p>}Caf\'e9 {\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 "
        rb"{\*\mhtmltag84 <a href='x'>}{\*\htmltag84 <a href=\'22y\'22>}\htmlrtf {\field{\*\fldinst{HYPERLINK y}}{\fldrslt\htmlrtf0 link"
        rb"\htmlrtf }}\htmlrtf0 {\*\htmltag92 </a>}{\*\htmltag72 </p>}{\*\htmltag58 </body></html>}}"
    )
    assert text_of(rtf) == ('<html>\n<body><p>Café &nbsp;<a href="y">link</a></p></body></html>', True)


@given(st.binary(max_size=300), st.lists(st.sampled_from(list(rb"\{}'*u1f ")), max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_rtf_gives_text_that_can_be_stored(data: bytes, syntax: list[int]) -> None:
    for rtf in (data, bytes(syntax), rb"{\rtf1\fromhtml1 " + bytes(syntax) + data):
        text_of(rtf)[0].encode()


@pytest.mark.parametrize(
    "piece", [b"{", b"}", b"\\", b"\\'83", b"\\'83a", b"\\u1 ", b"{\\*", b"\\bin9 ", b"x", b"\\f0 ", b"\xff", b"\r\n"]
)
def test_the_time_grows_no_faster_than_the_rtf(piece: bytes) -> None:  # fmt: skip
    head = rb"{\rtf1\ansi\ansicpg932 "
    grows_linearly(lambda size: head + piece * (size // len(piece)), text_of, size=20_000)
