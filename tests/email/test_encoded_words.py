"""Header text: RFC 2047 as it should be, and as it comes."""

from base64 import b64encode
from email.header import Header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email.header_values import correspondents, words
from tests.email.growth import grows_linearly

SNOW = b64encode("☃ Schnee".encode()).decode()


def surrogates(raw: bytes) -> str:
    return raw.decode("ascii", "surrogateescape")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?UTF-8?Q?caf=c3=a9?=", "café"),
        ("=?Utf-8?b?w7w=?=", "ü"),
        ("=?utf-8*de-CH?q?gr=C3=BCezi?=", "grüezi"),
        ("=?utf-8?q?a_b?= c", "a b c"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a_?= =?utf-8?q?b?=", "a b"),
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        ("=?utf-8?q?a?=b=?utf-8?q?c?=", "abc"),
        ("x =?utf-8?q?a?=", "x a"),
        ("x=?utf-8?q?a?=", "xa"),
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?=E2=82?= =?utf-8?q?=AC?=", "€"),
        ("=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"),
        ("=?utf-8?b?4oI?= =?utf-8?b?rA?=", "€"),
        (f"=?utf-8?b?{SNOW[:3]}?= =?utf-8?b?{SNOW[3:6]}?= =?utf-8?b?{SNOW[6:]}?=", "☃ Schnee"),
        (f"=?utf-8?b?{SNOW[:4]}?= =?UTF-8?b?{SNOW[4:]}?=", "☃ Schnee"),
        ("=?utf-8?q?=E2=82?= =?utf-8?b?rA==?=", "€"),
        ("=?iso-8859-1?q?na=EFve?= =?utf-8?b?4piD?=", "naïve☃"),
        ("=?iso-2022-jp?b?GyRCRnw=?= =?iso-2022-jp?b?S1wbKEI=?=", "日本"),
        ("=?iso-2022-jp?b?GyRCRnwbKEI=?= =?iso-2022-jp?b?GyRCS1wbKEI=?=", "日本"),
        ("=?gb2312?b?1tDOxA==?=", "中文"),
        ("=?windows-1251?q?=CF=F0=E8?=", "При"),
        ("=?utf-16?b?/v8AQQ==?=", "A"),
        ("=?iso-8859-1?q?gr=C3=BC=C3=9F?=", "grüß"),
        ("=?us-ascii?q?gr=C3=BC=C3=9F?=", "grüß"),
        ("=?x-no-such?q?x=41?=", "xA"),
        ("=??q?x=41?=", "xA"),
        ("=?utf-8?q?what??=", "what?"),
        ("=?utf-8?q??=", ""),
        ("=?utf-8?b??= x", "x"),
        ("=?utf-8?q?with space?=", "with space"),
        ("=?utf-8?q?100% =zz sure?=", "100% =zz sure"),
        ("=?utf-8?b?SGVs bG8?=", "Hello"),
        ("=?utf-8?b?SGVsbG8", "Hello"),
        ("Re: =?utf-8?q?caf=C3=A9", "Re: café"),
        ("=?utf-8?q?cut off here", "=?utf-8?q?cut off here"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("=?utf-8", "=?utf-8"),
        ("a =? b ?= c", "a =? b ?= c"),
        ("1 =?= 2", "1 =?= 2"),
        (surrogates("grüß".encode()), "grüß"),
        (surrogates("grüß".encode("latin-1")), "grüß"),
        (surrogates("grüß ".encode()) + "=?utf-8?q?=C3=BC?=", "grüß ü"),
        ("\x1b$BF|K\\\x1b(B", "日本"),
        ("é =?utf-8?q?é=C3=BC?= é", "é éü é"),
        ("=?utf-8?b?é4oI=?= =?utf-8?b?rA==?=", "€"),
        ("=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        ("=?utf-8?b?4oCuZXZpbA==?=", "evil"),
        ("=?utf-8?q?a=00b?=", "ab"),
        ("=?utf-8?q?=ED=A0=80?=", "\N{LATIN SMALL LETTER I WITH ACUTE}\N{NO-BREAK SPACE}€"),
    ],
)
def test_text(value: str, text: str) -> None:
    assert words(value) == " ".join(text.split())


def test_raw_bytes_that_are_no_utf8_are_read_in_the_charset_of_the_body() -> None:
    assert words(surrogates("Привет".encode("cp1251")), "windows-1251") == "Привет"
    assert words(surrogates("Привет".encode("koi8-r")), "koi8-r") == "Привет"
    assert words(surrogates("Привет".encode()), "windows-1251") == "Привет"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('"=?utf-8?q?J=C3=BCrgen?=" <j@example.org>', "Jürgen"),
        ("=?utf-8?q?J=C3=BCrgen?= =?utf-8?q?_M?= <j@example.org>", "Jürgen M"),
        ('"=?utf-8?q?J=C3=BCr?= =?utf-8?q?gen?=" <j@example.org>', "Jürgen"),
        ("=?utf-8?q?J=C3=BCrgen?=<j@example.org>", "Jürgen"),
        ("j@example.org (=?utf-8?q?J=C3=BCrgen?=)", "Jürgen"),
        (surrogates('"Jürgen" <j@example.org>'.encode()), "Jürgen"),
        (surrogates("Jürgen <j@example.org>".encode("latin-1")), "Jürgen"),
        ("=?utf-8?q?M=2C_J=22?= <j@example.org>", 'M, J"'),
    ],
)
def test_names(value: str, name: str) -> None:
    [one] = correspondents(value)
    assert (one.address, one.name) == ("j@example.org", name)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=60))
@settings(max_examples=200, deadline=None)
def test_what_the_standard_library_encoded_is_read_as_it_was(text: str) -> None:
    value = Header(text, "utf-8").encode(linesep="").replace("\n", "")
    assert words(value) == words(text.encode().decode("ascii", "surrogateescape"))


@pytest.mark.parametrize(
    "piece",
    ["=?", "=?a?q?", "=?a?q?b?=", "=?a?b?QQ?= ", "=?utf-8?b?", "?=", "=?a?q?b", "\udcff", "=?" + "a" * 58 + "?q?"],
)
def test_the_time_grows_no_faster_than_the_text(piece: str) -> None:  # fmt: skip
    grows_linearly(lambda size: piece * (size // len(piece)), words, size=20_000)
