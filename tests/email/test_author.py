"""Who wrote a mail: one address, and none at all for what spoofers do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.email.author import author
from tests.email.growth import grows_linearly


@pytest.mark.parametrize(
    "field",
    [
        "alice@example.org",
        "<alice@example.org>",
        "Alice <alice@example.org>",
        '"Alice, of Harbour" <alice@example.org>',
        '"eve@evil.example" <alice@example.org>',
        "=?utf-8?q?Alice_=3Ceve=40evil=2Eexample=3E?= <alice@example.org>",
        "alice@example.org (Alice: writes, a lot; often)",
        "(a \\) comment (nested)) Alice <alice@example.org> (end)",
        '"say \\"hi\\" <eve@evil.example>" <alice@example.org>',
        '"alice"@example.org',
        "Alice\r\n\t<alice@example.org>",
        "Ålice 🙂 <alice@example.org>",
    ],
)
def test_one_address_is_the_author_however_it_is_dressed(field: str) -> None:
    assert author(f"Subject: x\r\nFrom: {field}\r\n\r\nFrom: body\r\n".encode()).address == "alice@example.org"


@pytest.mark.parametrize(
    "field",
    [
        "",
        "   ",
        "Alice",
        "Alice <>",
        "alice@example.org, eve@evil.example",
        "Alice <alice@example.org>, Eve <eve@evil.example>",
        "alice@example.org eve@evil.example",
        "<alice@example.org> <eve@evil.example>",
        "<alice@example.org> eve@evil.example",
        "<alice@example.org><eve@evil.example>",
        "Alice <<alice@example.org>>",
        "Friends: alice@example.org, eve@evil.example;",
        "undisclosed-recipients:;",
        "Alice <@relay.example:alice@example.org>",
        "=?utf-8?q?alice=40example=2Eorg?=",
        "<=?utf-8?q?alice?=@example.org>",
        "alice@example.org@evil.example",
        "alice@example.org\0@evil.example",
        "Al\0ice <alice@example.org>",
        "alice @example.org",
        "al ice@example.org",
        '"Alice <alice@example.org>',
        "Alice (<alice@example.org>",
        "Alice <alice@example.org",
        "alice@exam(comment)ple.org(",
        "x" * 10_000 + " <alice@example.org>",
    ],
)
def test_an_odd_from_field_makes_no_author_and_says_why(field: str) -> None:
    found = author(f"From: {field}\r\n\r\n".encode())
    assert found.address == ""
    assert found.problem.endswith(".")


@pytest.mark.parametrize(
    "second",
    [
        "\r\nFrom: eve@evil.example",
        "\r\nFROM : eve@evil.example",
        "\nfrom:eve@evil.example",
        "\rFrom: eve@evil.example",
    ],
)
def test_a_second_from_field_is_seen_behind_any_line_end(second: str) -> None:
    found = author(f"From: alice@example.org{second}\r\nSubject: x\r\n\r\n".encode())
    assert found.address == ""
    assert "more than one From" in found.problem


def test_fields_that_only_resemble_from_do_not_count() -> None:
    raw = b"X-From: eve@evil.example\r\nFrom-Line: eve@evil.example\r\nFrom: alice@example.org\r\nSubject:\r\n From: eve@evil.example\r\n\r\n"
    assert author(raw).address == "alice@example.org"


def test_a_mail_without_a_header_has_no_author() -> None:
    assert "no From" in author(b"").problem
    assert "no From" in author(b"\r\nFrom: alice@example.org\r\n\r\n").problem


@pytest.mark.parametrize("unit", ['"', "(", "<", ",", "\\", " ", "(a", '<"'])
def test_a_long_from_field_costs_by_its_length(unit: str) -> None:
    grows_linearly(lambda count: b"From: " + unit.encode() * count + b"\r\n\r\n", author, size=400)
    grows_linearly(lambda count: b"From: " + unit.encode() * count + b"\r\n\r\n", author, size=20_000)


def test_many_from_fields_cost_by_their_number() -> None:
    grows_linearly(lambda count: b"From: a\r\n" * count + b"\r\n\r\n", author, size=5_000)


@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(raw: bytes) -> None:
    author(raw)
    author(b"From: " + raw)
