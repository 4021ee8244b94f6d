"""Content in bulk: whatever the chunks, the same bytes; one form of end only; bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.email.incoming import Incoming
from tests.email.growth import grows_linearly

PIECES = st.lists(
    st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"..", b"a", b"\0", b"\xff", b"\r\n."]), max_size=30
).map(b"".join)


def stuffed(content: bytes) -> bytes:
    """As a client sends it: dots at the beginnings of lines doubled, then the end (RFC 5321 section 4.5.2)."""
    doubled = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    return doubled + (b"" if content.endswith(b"\r\n") or not content else b"\r\n") + b".\r\n"


@given(PIECES, st.binary(max_size=20), st.lists(st.integers(1, 7), min_size=1))
def test_the_content_comes_back_whatever_the_chunks(content: bytes, after: bytes, sizes: list[int]) -> None:
    wire, place, turn = stuffed(content) + after, 0, 0
    incoming, rest = Incoming(10_000), None
    while rest is None:
        size = sizes[turn % len(sizes)]
        rest = incoming.feed(wire[place : place + size])
        place, turn = place + size, turn + 1
    expected = content if content.endswith(b"\r\n") or not content else content + b"\r\n"
    assert incoming.take() == expected
    assert rest + wire[place:] == after


@pytest.mark.parametrize(
    "false_end", [b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r", b"\n.\r", b"\r\n\0.\r\n", b"\r.\r\n"]
)
def test_nothing_but_crlf_dot_crlf_ends_a_mail(false_end: bytes) -> None:
    incoming = Incoming(10_000)
    assert incoming.feed(b"a" + false_end + b"MAIL FROM:<eve@evil.example>\r\n") is None
    assert incoming.feed(b".\r\nQUIT\r\n") == b"QUIT\r\n"
    assert b"MAIL FROM:<eve@evil.example>" in incoming.take()


def test_over_the_limit_nothing_is_kept_but_the_end_is_found() -> None:
    incoming = Incoming(1000)
    for _ in range(100):
        assert incoming.feed(b"x" * 50) is None
        assert incoming.kept <= 1000
    assert incoming.too_large
    assert incoming.feed(b"\r\n.\r\nNOOP\r\n") == b"NOOP\r\n"
    assert incoming.take() == b""


def test_content_of_exactly_the_limit_is_taken() -> None:
    incoming = Incoming(7)
    assert incoming.feed(b"12345\r\n.\r\n") == b""
    assert not incoming.too_large
    assert incoming.take() == b"12345\r\n"


@pytest.mark.parametrize(
    ("chunks", "bare"),
    [
        ([b"a\r\nb\r\n"], False),
        ([b"a\r", b"\nb\r\n"], False),
        ([b"a" * 20_000 + b"\r\n", b"b" * 20_000 + b"\r\n"], False),
        ([b"a\nb\r\n"], True),
        ([b"a\rb\r\n"], True),
        ([b"a\r\n\r\r\n"], True),
        ([b"a" * 20_000 + b"\r", b"b" * 20_000 + b"\r\n"], True),
    ],
)
def test_bare_line_ends_are_seen_across_chunks(chunks: list[bytes], bare: bool) -> None:
    incoming = Incoming(100_000)
    for chunk in chunks:
        incoming.feed(chunk)
    assert incoming.feed(b".\r\n") == b""
    assert incoming.has_bare_line_ends() is bare


@pytest.mark.parametrize("unit", [b"\r\n.", b"\r\n..", b"\r", b".", b"\r\n"])
def test_near_ends_take_linear_time(unit: bytes) -> None:
    def take(data: bytes) -> None:
        incoming = Incoming(2_000_000)
        for start in range(0, len(data), 1000):
            if incoming.feed(data[start : start + 1000]) is not None:
                break

    grows_linearly(lambda size: unit * (size // len(unit)), take, size=250_000)
