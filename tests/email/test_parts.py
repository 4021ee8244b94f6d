"""The tree of parts, held against the standard library's own on sound mail, and against nothing on broken mail."""

import email
from collections.abc import Iterator
from email.message import EmailMessage, Message
from email.parser import HeaderParser
from email.policy import SMTP, compat32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email.parts import Part, fields, take_apart


def leaves(part: Part, raw: bytes) -> Iterator[tuple[str, bytes]]:
    if part.children:
        for child in part.children:
            yield from leaves(child, raw)
    else:
        yield part.type, raw[part.start : part.end]


def stdlib_leaves(message: Message) -> Iterator[tuple[str, bytes]]:
    payload = message.get_payload()
    if isinstance(payload, list) and message.get_content_maintype() == "multipart":
        for child in payload:
            assert isinstance(child, Message)
            yield from stdlib_leaves(child)
    elif isinstance(payload, str):
        yield message.get_content_type(), payload.encode("ascii", "surrogateescape")


def both(raw: bytes) -> tuple[list[tuple[str, bytes]], list[tuple[str, bytes]]]:
    ours = list(leaves(take_apart(raw).root, raw))
    return ours, list(stdlib_leaves(email.message_from_bytes(raw, policy=compat32)))


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "alice@example.org"
    message["Subject"] = "Grüße"
    message.set_content("Plain ☃\n-- \nAlice\n", cte="quoted-printable")
    message.add_alternative("<p>Rich ☃</p>", subtype="html", cte="base64")
    message.add_attachment(b"\x00\xff" * 100, maintype="image", subtype="png", filename="für.png")
    return message


WORDS = st.text(st.sampled_from("ab-=: \t\n☃"), max_size=60)


@given(
    st.lists(WORDS, min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from(["b", "-", "=_x", "a b", "--", "'()+_,./:=?"]),
)
@settings(max_examples=200, deadline=None)
def test_sound_multiparts_fall_apart_as_in_the_standard_library(texts: list[str], crlf: bool, boundary: str) -> None:
    pieces = [f'Content-Type: multipart/mixed; boundary="{boundary}"\n\npreamble\n']
    pieces += [f"--{boundary}\nContent-Type: text/x-{number}\n\nx{text}x\n" for number, text in enumerate(texts)]
    source = "".join(pieces) + f"--{boundary}--\nepilogue\n"
    ours, theirs = both((source.replace("\n", "\r\n") if crlf else source).replace("☃", "*").encode())
    assert ours == theirs


def test_nested_mail_made_by_the_standard_library_falls_apart_alike() -> None:
    ours, theirs = both(letter().as_bytes(policy=SMTP))
    assert [kind for kind, _ in ours] == ["text/plain", "text/html", "image/png"]
    assert ours == theirs


def test_an_enclosed_mail_is_one_part_and_is_not_opened() -> None:
    message = EmailMessage()
    message.set_content("See below.")
    message.add_attachment(letter())
    raw = message.as_bytes(policy=SMTP)
    tree = take_apart(raw)
    assert [part.type for part in tree.root.children] == ["text/plain", "message/rfc822"]
    enclosed = tree.root.children[1]
    assert b"Subject: =?utf-8?" in raw[enclosed.start : enclosed.end]


def test_an_inner_part_never_reaches_past_the_outer_delimiter() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n"
        b"--i\n\ninner\n--o\n\nouter\n--i\n--o--\n"
    )
    assert list(leaves(take_apart(raw).root, raw)) == [("text/plain", b"inner"), ("text/plain", b"outer\n--i")]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (b"", "text/plain"),
        (b"Content-Type: TEXT/HTML ; x=y\n", "text/html"),
        (b"Content-Type:\n text/html\n", "text/html"),
        (b"Content-Type: text\n", "text/plain"),
        (b"Content-Type: \xff\xfe\n", "text/plain"),
        (b"Content-Type: image/png\nContent-Type: text/html\n", "image/png"),
    ],
)
def test_types(header: bytes, kind: str) -> None:
    assert take_apart(header + b"\nx").root.type == kind


LINES = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["From", "SUBJECT", "x-y", "", "Re"]), st.text(st.sampled_from("ab: \t,é"), max_size=9)
        ).map(lambda field: f"{field[0]}:{field[1]}"),
        st.text(st.sampled_from("ab: \t"), max_size=6).map(lambda rest: f" {rest}"),
        st.just("From eve@example.net Sun Nov 22 09:11:16 2026"),
    ),
    max_size=8,
)


@given(LINES)
@settings(max_examples=300, deadline=None)
def test_a_header_falls_into_the_fields_that_the_standard_library_finds(lines: list[str]) -> None:
    block = "\n".join(lines)
    theirs: dict[str, list[str]] = {}
    for name, value in HeaderParser(policy=compat32).parsestr(block, headersonly=True).raw_items():
        theirs.setdefault(name.lower(), []).append(str(value).replace("\n", "").lstrip(" \t"))
    assert fields(block) == theirs


def test_a_line_that_is_no_header_begins_the_body() -> None:
    raw = b"Subject: x\r\nthis is the body\r\n\r\nmore\r\n"
    root = take_apart(raw).root
    assert raw[root.start : root.end] == b"this is the body\r\n\r\nmore\r\n"


def test_a_body_without_a_blank_line_may_be_in_any_charset() -> None:
    raw = b"Subject: x\nContent-Type: text/plain; charset*=x''y\nNo\xc8header\n\nmore\n"
    root = take_apart(raw).root
    assert raw[root.start : root.end] == b"No\xc8header\n\nmore\n"


def test_a_bare_carriage_return_begins_no_header() -> None:
    header = take_apart(b"Subject: x\rFrom: eve@example.net\r\nFrom: alice@example.org\r\n\r\nx").root.header
    assert header["from"] == ["alice@example.org"]
    assert header["subject"] == ["x From: eve@example.net"]
