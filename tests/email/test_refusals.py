"""Every refusal the mail server makes by itself, over a real socket: its code, its status and its sentence, word for word."""

import ssl
from dataclasses import replace

import pytest

from gateway.email import pace, reception, refusals, senders
from gateway.email.door import Limits, Refusal
from tests.email.porch import BEGUN, BUSY, HELLO, NOT_YOU, QUICK, READY, UNKNOWN, Opening

ALICE = "RCPT TO:<alice@post.example.org>"
BOB = "RCPT TO:<bob@post.example.org>"
LONG = "x" * 65

TABLE: list[tuple[list[str | bytes], Refusal]] = [
    (["FROBNICATE"], refusals.NO_SUCH_COMMAND),
    ([""], refusals.NO_SUCH_COMMAND),
    (["ÉHLO x"], refusals.NO_SUCH_COMMAND),
    (["BDAT 10 LAST"], refusals.NO_SUCH_COMMAND),
    (["LHLO x"], refusals.NO_SUCH_COMMAND),
    (["XCLIENT ADDR=203.0.113.66"], refusals.NO_SUCH_COMMAND),
    ([b"EHLO \xff"], refusals.UNREADABLE),
    (["EHLO a\0b"], refusals.UNREADABLE),
    (["EHLO a\rb"], refusals.UNREADABLE),
    (["EHLO\ta"], refusals.UNREADABLE),
    (["NOOP " + "x" * 5000], refusals.LINE_TOO_LONG),
    (["NOOP " + "x" * 50_000], refusals.LINE_TOO_LONG),
    (["EHLO"], refusals.HELLO_SYNTAX),
    (["HELO"], refusals.HELLO_SYNTAX),
    (["EHLO " + "x" * 256], refusals.HELLO_SYNTAX),
    (["MAIL FROM:<bob@example.org>"], refusals.HELLO_FIRST),
    (["VRFY alice"], refusals.NOT_OFFERED),
    (["EXPN alice"], refusals.NOT_OFFERED),
    (["AUTH PLAIN AGFsaWNlAHNlY3JldA=="], refusals.NO_LOGINS),
    (["STARTTLS"], refusals.NO_TLS),
    ([*HELLO, "RSET now"], refusals.NO_ARGUMENT),
    ([*HELLO, ALICE], refusals.MAIL_FIRST),
    ([*HELLO, "DATA"], refusals.MAIL_FIRST),
    ([*HELLO, "XFORWARD ADDR=203.0.113.66"], refusals.NO_SUCH_COMMAND),
    ([*HELLO, "MAIL"], refusals.MAIL_SYNTAX),
    ([*HELLO, "MAIL FROM:bob"], refusals.MAIL_SYNTAX),
    ([*HELLO, "MAIL TO:<bob@example.org>"], refusals.MAIL_SYNTAX),
    ([*HELLO, "MAIL FROM:<bob>"], refusals.BAD_SENDER),
    ([*HELLO, "MAIL FROM:<bob@example..org>"], refusals.BAD_SENDER),
    ([*HELLO, "MAIL FROM:<bob@[192.0.2.1>"], refusals.BAD_SENDER),
    ([*HELLO, f"MAIL FROM:<bob@{LONG}.example.org>"], refusals.BAD_SENDER),
    ([*HELLO, f"MAIL FROM:<{LONG * 5}@example.org>"], refusals.LONG_SENDER),
    ([*HELLO, "MAIL FROM:<@relay.example:bob@example.org>"], refusals.SENDER_ROUTE),
    ([*HELLO, "MAIL FROM:<bob@example.org\0>"], refusals.UNREADABLE),
    ([*HELLO, "MAIL FROM:<bob@example.org> SIZE=20001"], refusals.too_large(20_000)),
    ([*HELLO, "MAIL FROM:<bob@example.org> SIZE=big"], refusals.BAD_PARAMETER),
    ([*HELLO, "MAIL FROM:<bob@example.org> BODY=BINARYMIME"], refusals.BAD_PARAMETER),
    ([*HELLO, "MAIL FROM:<bob@example.org> RET=FULL"], refusals.UNKNOWN_PARAMETER),
    ([*HELLO, "MAIL FROM:<bob@example.org> AUTH=<>"], refusals.UNKNOWN_PARAMETER),
    ([*HELLO, "MAIL FROM:<bob@example.org> REQUIRETLS"], refusals.UNKNOWN_PARAMETER),
    ([*HELLO, "MAIL FROM:<bób@example.org>"], refusals.SENDER_NOT_ASCII),
    ([*HELLO, "MAIL FROM:<bób@example.org> BODY=8BITMIME"], refusals.SENDER_NOT_ASCII),
    ([*HELLO, "MAIL FROM:<eve@evil.example>"], NOT_YOU),
    ([*HELLO, "MAIL FROM:<fault@example.org>"], refusals.FAULT),
    ([*BEGUN, "MAIL FROM:<bob@example.org>"], refusals.MAIL_TWICE),
    ([*BEGUN, "DATA"], refusals.RCPT_FIRST),
    ([*BEGUN, "RCPT"], refusals.RCPT_SYNTAX),
    ([*BEGUN, "RCPT TO:alice@post.example.org"], refusals.RCPT_SYNTAX),
    ([*BEGUN, "RCPT TO:<nobody@post.example.org>"], UNKNOWN),
    ([*BEGUN, "RCPT TO:<>"], refusals.BAD_RECIPIENT),
    ([*BEGUN, "RCPT TO:<alice@post.example.org,bob@post.example.org>"], refusals.BAD_RECIPIENT),
    ([*BEGUN, "RCPT TO:<alice bob@post.example.org>"], refusals.BAD_RECIPIENT),
    ([*BEGUN, f"RCPT TO:<{LONG}@post.example.org>"], refusals.LONG_RECIPIENT),
    ([*BEGUN, f"RCPT TO:<alice@{'post.' * 60}example.org>"], refusals.LONG_RECIPIENT),
    ([*BEGUN, "RCPT TO:<@relay.example:alice@post.example.org>"], refusals.RECIPIENT_ROUTE),
    ([*BEGUN, "RCPT TO:<@a.example,@b.example:alice@post.example.org>"], refusals.RECIPIENT_ROUTE),
    ([*BEGUN, "RCPT TO:<alice\0@post.example.org>"], refusals.UNREADABLE),
    ([*BEGUN, "RCPT TO:<alicé@post.example.org>"], refusals.RECIPIENT_NOT_ASCII),
    ([*BEGUN, "RCPT TO:<alice@pöst.example.org>"], refusals.RECIPIENT_NOT_ASCII),
    ([*BEGUN, ALICE + " NOTIFY=NEVER"], refusals.UNKNOWN_PARAMETER),
    ([*BEGUN, "RCPT TO:<fault@post.example.org>"], refusals.FAULT),
    ([*BEGUN, "RCPT TO:<nobody@post.example.org>", "DATA"], refusals.NO_RECIPIENTS),
    ([*BEGUN, "RCPT TO:<nobody@post.example.org>", "RSET", BEGUN[1], "DATA"], refusals.RCPT_FIRST),
    ([*READY, "DATA now"], refusals.NO_ARGUMENT),
    ([*READY, BOB, BOB, BOB], refusals.TOO_MANY_RECIPIENTS),
    ([*READY, "RSET", "DATA"], refusals.MAIL_FIRST),
    ([*READY, "EHLO again.example", "DATA"], refusals.MAIL_FIRST),
    ([*READY, "HELO again.example", ALICE], refusals.MAIL_FIRST),
    ([*READY, "DATA", "x" * 20_000 + "\r\n."], refusals.too_large(20_000)),
    ([*READY, "DATA", "one\ntwo\r\n."], refusals.BARE_LINE_ENDS),
    ([*READY, "DATA", "one\rtwo\r\n."], refusals.BARE_LINE_ENDS),
    ([*BEGUN, "RCPT TO:<refuse@post.example.org>", "DATA", "Subject: x\r\n."], UNKNOWN),
    ([*BEGUN, "RCPT TO:<late@post.example.org>", "DATA", "Subject: x\r\n."], BUSY),
    ([*BEGUN, "RCPT TO:<break@post.example.org>", "DATA", "Subject: x\r\n."], refusals.FAULT),
    ([*BEGUN, "RCPT TO:<short@post.example.org>", "DATA", "Subject: x\r\n."], refusals.FAULT),
]  # fmt: skip

STRICT: list[tuple[list[str | bytes], Refusal]] = [
    ([*HELLO, "MAIL FROM:<bob@example.org>"], refusals.TLS_FIRST),
    ([*HELLO, ALICE], refusals.TLS_FIRST),
    ([*HELLO, "STARTTLS now"], refusals.NO_ARGUMENT),
    ([*HELLO, "VRFY alice"], refusals.TLS_FIRST),
]  # fmt: skip

# These end the connection, or belong to LMTP, to TLS or to our own MTAs: test_manners.py, test_server.py, test_server_clients.py and
# test_xforward.py show them.
SHOWN_ELSEWHERE = {
    refusals.BAD_XFORWARD,
    refusals.CLOSING,
    refusals.CONNECTING_TOO_FAST,
    refusals.FULL_HOUSE,
    refusals.LHLO_ONLY,
    refusals.MAKE_ROOM,
    refusals.NO_PROXY_HEADER,
    refusals.OVERLOADED,
    refusals.REFUSED_TOO_OFTEN,
    refusals.TALKED_FIRST,
    refusals.TLS_ALREADY,
    refusals.TLS_PIPELINED,
    refusals.TOO_MANY_CONNECTIONS,
    refusals.TOO_MANY_ERRORS,
    refusals.TOO_MUCH_TALK,
    refusals.TOO_SLOW,
}
LIMITS = replace(QUICK, refuse_bare_line_ends=True)


@pytest.mark.parametrize(("lines", "refusal"), TABLE)
async def test_every_refusal_is_told_and_the_session_goes_on(
    smtp: Opening, lines: list[str | bytes], refusal: Refusal
) -> None:
    client = await smtp(LIMITS)
    assert (await client.reply()).startswith("220 post.example.org ESMTP")
    replies = [await client.say(line) for line in lines]
    assert replies[-1] == f"{refusal}\r\n"
    assert "secret detail" not in "".join(replies)
    assert await client.say("NOOP") == "250 2.0.0 OK\r\n"


@pytest.mark.parametrize(("lines", "refusal"), STRICT)
async def test_without_tls_nothing_goes_where_it_is_required(
    smtp: Opening, lines: list[str | bytes], refusal: Refusal
) -> None:
    client = await smtp(Limits(), tls=ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), require_tls=True)
    await client.reply()
    assert [await client.say(line) for line in lines][-1] == f"{refusal}\r\n"


def _all(module: object) -> set[Refusal]:
    return {value for value in vars(module).values() if isinstance(value, Refusal)}


def test_no_refusal_of_the_server_is_left_out() -> None:
    shown = {refusal for _, refusal in [*TABLE, *STRICT]}
    assert _all(refusals) == (shown | SHOWN_ELSEWHERE) - {UNKNOWN, BUSY, NOT_YOU, refusals.too_large(20_000)}


@pytest.mark.parametrize("refusal", sorted(_all(refusals) | _all(pace) | _all(reception) | _all(senders), key=str))
def test_every_refusal_has_a_status_of_its_class_and_a_sentence(refusal: Refusal) -> None:
    first, subject, detail = (int(part) for part in refusal.enhanced.split("."))
    assert first == refusal.code // 100
    assert subject in range(8)
    assert detail in range(30)
    assert refusal.text.isascii(), "SMTP says it in ASCII"
    assert len(refusal.text.split()) > 3
    assert refusal.text[0].isupper()
