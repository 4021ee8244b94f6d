"""The way a mail came, as its Received headers tell it."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email.route import Hop, route

MAIL = b"""\
Received: from mail.example.net (mail.example.net [192.0.2.7])
\tby mx.example.org (Postfix) with ESMTPS id 4F2
\tfor <alice.k3v9aaaabbbbccccdddd@post.example.org>; Sun, 22 Nov 2026 09:30:05 +0100 (CET)
Received: from [10.0.0.2] by mail.example.net with ESMTPSA; Sun, 22 Nov 2026 08:30:01 +0000
Received: nonsense
From: bob@example.net

x
"""


def test_hops_come_oldest_first_without_the_recipient() -> None:
    first, second, third = route(MAIL)
    assert first == Hop()
    assert second == Hop("[10.0.0.2]", "mail.example.net", "ESMTPSA", datetime(2026, 11, 22, 8, 30, 1, tzinfo=UTC))
    assert third == Hop(
        "mail.example.net (mail.example.net [192.0.2.7])",
        "mx.example.org (Postfix)",
        "ESMTPS",
        datetime(2026, 11, 22, 8, 30, 5, tzinfo=UTC),
    )
    assert "k3v9" not in repr(route(MAIL))


def test_a_mail_without_trace_has_no_hops() -> None:
    assert route(b"From: bob@example.net\n\nx") == ()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=5))
def test_any_trace_is_read_or_left_out(values: list[bytes]) -> None:
    assert len(route(b"".join(b"Received: " + value.replace(b"\n", b"") + b"\n" for value in values))) <= 50
