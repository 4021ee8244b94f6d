"""The mail server over real sockets: sessions, two protocols, and closing without half a mail."""

import asyncio
import contextlib
import random
import re
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.email.addresses import Blog, parse
from gateway.email.door import ACCEPTED, Envelope, Session
from gateway.email.server import Server, serve_lmtp, serve_lmtp_socket
from tests.email.porch import BEGUN, HELLO, QUICK, READY, Client, Opening, Porch, until


async def test_a_mail_arrives_byte_for_byte_with_its_envelope(smtp: Opening, porch: Porch) -> None:
    client = await smtp()
    await client.reply()
    offered = await client.say("EHLO client.example")
    for word in ("PIPELINING", "SIZE 20000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"):
        assert re.search(rf"^250[ -]{word}\r$", offered, re.MULTILINE)
    assert "AUTH" not in offered
    assert "STARTTLS" not in offered
    await client.say("MAIL FROM:<bób@example.org> SMTPUTF8 SIZE=77")
    await client.say("RCPT TO:<alice@post.example.org>")
    assert (await client.say("DATA")).startswith("354 ")
    raw = b"Subject: \xff\0\r\n\r\nbare \r and \n\r\n.dot\r\n"
    assert await client.say(raw.replace(b"\r\n.", b"\r\n..") + b".") == f"{ACCEPTED}\r\n"
    recipients = ("alice@post.example.org",)
    assert porch.envelopes == [
        Envelope("bób@example.org", recipients, raw, "127.0.0.1", "client.example", "UTF8SMTP", True, False)
    ]
    assert porch.sizes == [77]
    assert porch.sessions[0] == Session("127.0.0.1", "client.example", "UTF8SMTP", False, True, "bób@example.org")
    assert (await client.say("QUIT")).startswith("221 2.0.0")
    assert await client.closed()


async def test_a_line_of_a_megabyte_is_taken(smtp: Opening, porch: Porch) -> None:
    client = await smtp(replace(QUICK, size=2_000_000))
    await client.begin()
    assert (await client.say("x" * 1_000_000 + "\r\n.")).startswith("250 2.0.0")
    assert porch.envelopes[0].raw == b"x" * 1_000_000 + b"\r\n"


async def test_a_whole_session_in_one_packet_is_answered_in_order(smtp: Opening, porch: Porch) -> None:
    client = await smtp()
    await client.reply()
    mail = "MAIL FROM:<bob@example.org>\r\nRCPT TO:<alice@post.example.org>\r\nDATA\r\nSubject: {}\r\n.\r\n"
    client.send("EHLO client.example\r\n" + mail.format(1) + mail.format(2) + "QUIT\r\n")
    codes = [(await client.reply())[:3] for _ in range(10)]
    assert codes == ["250", "250", "250", "354", "250", "250", "250", "354", "250", "221"]
    assert [envelope.raw for envelope in porch.envelopes] == [b"Subject: 1\r\n", b"Subject: 2\r\n"]


async def test_a_pipelined_group_without_a_recipient_ends_in_a_refusal_and_the_next_is_heard(
    smtp: Opening, porch: Porch
) -> None:
    """RFC 2920 section 3.1: the client learns only after DATA that there is nothing to send."""
    client = await smtp()
    await client.reply()
    client.send("EHLO client.example\r\nMAIL FROM:<bob@example.org>\r\nRCPT TO:<nobody@post.example.org>\r\nDATA\r\n")
    assert [(await client.reply())[:3] for _ in range(4)] == ["250", "250", "550", "554"]
    client.send("RSET\r\nMAIL FROM:<bob@example.org>\r\nRCPT TO:<nobody@post.example.org>\r\n")
    client.send("RCPT TO:<alice@post.example.org>\r\nDATA\r\n")
    assert [(await client.reply())[:3] for _ in range(5)] == ["250", "250", "550", "250", "354"]
    client.send("Subject: x\r\n.\r\nRSET\r\nQUIT\r\n")
    assert [(await client.reply())[:3] for _ in range(3)] == ["250", "250", "221"]
    assert [envelope.recipients for envelope in porch.envelopes] == [("alice@post.example.org",)]


async def test_a_session_sent_byte_by_byte_is_the_same_session(smtp: Opening, porch: Porch) -> None:
    client = await smtp()
    await client.reply()
    for byte in "\r\n".join([*READY, "DATA", "Subject: x", "", "..dot", ".", "QUIT", ""]).encode():
        client.send(bytes([byte]))
        await asyncio.sleep(0)
    assert [(await client.reply())[:3] for _ in range(6)] == ["250", "250", "250", "354", "250", "221"]
    assert porch.envelopes[0].raw == b"Subject: x\r\n\r\n.dot\r\n"


async def test_helo_is_enough_and_offers_nothing(smtp: Opening, porch: Porch) -> None:
    client = await smtp()
    await client.reply()
    assert await client.say("HELO client.example") == "250 post.example.org\r\n"
    for line in (*BEGUN[1:], READY[2], "DATA", "Subject: x\r\n."):
        assert (await client.say(line))[0] in "23"
    assert porch.envelopes[0].protocol == "SMTP"


@pytest.mark.parametrize("domain", ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example"])
async def test_international_domains_reach_the_door_in_either_form(smtp: Opening, porch: Porch, domain: str) -> None:
    client = await smtp()
    await client.reply()
    await client.say(HELLO[0])
    await client.say("MAIL FROM:<bób@bücher.example> SMTPUTF8 BODY=8BITMIME")
    assert (await client.say(f"RCPT TO:<alice@{domain}>")).startswith("250 2.1.5")
    assert parse(f"alice@{domain}", "xn--bcher-kva.example") == Blog("alice")


@pytest.mark.parametrize("false_end", [b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r"])
async def test_a_second_mail_cannot_be_smuggled_in(smtp: Opening, porch: Porch, false_end: bytes) -> None:
    client = await smtp()
    await client.begin()
    smuggled = b"a" + false_end + b"MAIL FROM:<eve@evil.example>\r\nRCPT TO:<alice@post.example.org>\r\nDATA\r\nb\r\n"
    assert (await client.say(smuggled + b".")).startswith("250 2.0.0")
    assert len(porch.envelopes) == 1
    assert b"MAIL FROM:<eve" in porch.envelopes[0].raw


async def test_bare_line_ends_are_refused_where_set(smtp: Opening, porch: Porch) -> None:
    client = await smtp(replace(QUICK, refuse_bare_line_ends=True))
    await client.begin()
    assert (await client.say("a\nb\r\n.")).startswith("550 5.6.0")
    for line in ("MAIL FROM:<bob@example.org>", "RCPT TO:<alice@post.example.org>", "DATA"):
        await client.say(line)
    assert (await client.say("a\r\nb\r\n.")).startswith("250 2.0.0")
    assert len(porch.envelopes) == 1


@pytest.mark.parametrize(
    ("recipients", "status"),
    [(["refuse", "alice"], "250"), (["refuse", "late"], "451"), (["refuse", "refuse"], "550")],
)
async def test_smtp_gives_one_answer_for_all_recipients(smtp: Opening, recipients: list[str], status: str) -> None:
    """Accepted when any took it; else a refusal that lets the client try again; else the first."""
    client = await smtp()
    await client.reply()
    for line in [*BEGUN, *(f"RCPT TO:<{name}@post.example.org>" for name in recipients), "DATA"]:
        await client.say(line)
    assert (await client.say("Subject: x\r\n.")).startswith(status)
    assert (await client.say("NOOP")) == "250 2.0.0 OK\r\n"


async def test_lmtp_answers_for_each_recipient(porch: Porch, servers: list[Server], clients: list[Client]) -> None:
    servers.append(await serve_lmtp(porch, "127.0.0.1", 0, QUICK, hostname="post.example.org"))
    client = Client(*await asyncio.open_connection("127.0.0.1", servers[0].port))
    clients.append(client)
    assert " LMTP " in await client.reply()
    for hello in ("HELO", "EHLO"):
        assert (await client.say(f"{hello} x.example")).startswith("500 5.5.1")
    for line in [
        "LHLO x.example",
        BEGUN[1],
        *(f"RCPT TO:<{name}@post.example.org>" for name in ("late", "alice", "refuse")),
    ]:
        assert (await client.say(line)).startswith("250")
    await client.say("DATA")
    client.send("Subject: x\r\n.\r\n")
    assert [(await client.reply())[:9] for _ in range(3)] == ["451 4.7.1", "250 2.0.0", "550 5.1.1"]
    assert porch.envelopes[0].protocol == "LMTP"
    assert (porch.envelopes[0].peer_ip, porch.envelopes[0].helo) == ("", ""), "the MTA is not the sender"
    assert {(session.peer_ip, session.helo) for session in porch.sessions} == {("", "")}
    for line in (BEGUN[1], READY[2], "DATA"):
        await client.say(line)
    client.send("x" * 20_001 + "\r\n.\r\n")
    assert (await client.reply()).startswith("552 5.3.4")


async def test_lmtp_on_a_unix_socket_replaces_one_left_over_and_removes_its_own(porch: Porch, tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(path))
    server = await serve_lmtp_socket(porch, path, QUICK, hostname="post.example.org")
    assert path.stat().st_mode & 0o777 == 0o660
    client = Client(*await asyncio.open_unix_connection(str(path)))
    await client.begin(hello="LHLO")
    assert (await client.say("Subject: x\r\n.")).startswith("250")
    assert porch.envelopes[0].peer_ip == ""
    client.writer.close()
    await server.close(grace=1)
    assert not path.exists()


async def test_a_client_that_has_said_everything_and_hung_up_its_end_gets_its_answers(
    smtp: Opening, porch: Porch
) -> None:
    client = await smtp()
    await client.reply()
    client.send("\r\n".join([*READY, "DATA", "Subject: x", ".", ""]))
    client.writer.write_eof()
    codes = [(await client.reply())[:3] for _ in range(5)]
    assert codes == ["250", "250", "250", "354", "250"]
    assert len(porch.envelopes) == 1


async def test_a_client_that_hung_up_its_end_before_its_content_is_let_go(
    smtp: Opening, porch: Porch, servers: list[Server]
) -> None:
    """The end of what it says is heard while a recipient is looked up, before DATA is obeyed."""
    client = await smtp()
    await client.reply()
    client.send("\r\n".join([*READY, "DATA", "Subject: x", ""]))
    client.writer.write_eof()
    assert [(await client.reply())[:3] for _ in range(4)] == ["250", "250", "250", "354"]
    assert await client.closed()
    await until(lambda: servers[0].connections == 0)
    assert porch.envelopes == []


async def test_a_mail_being_stored_is_stored_although_its_client_has_gone(
    smtp: Opening, porch: Porch, servers: list[Server]
) -> None:
    porch.go_on.clear()
    client = await smtp()
    await client.begin()
    client.send("Subject: x\r\n.\r\n")
    await asyncio.wait_for(porch.arrived.wait(), 60)
    client.cut()
    await until(lambda: servers[0].connections == 0)
    porch.go_on.set()
    await servers[0].close(grace=5)
    assert len(porch.envelopes) == 1


@pytest.mark.parametrize("cut", [True, False])
async def test_content_cut_short_never_reaches_the_door(
    smtp: Opening, porch: Porch, servers: list[Server], cut: bool
) -> None:
    client = await smtp()
    await client.begin()
    client.send("Subject: half\r\n\r\na line\r\n")
    await client.writer.drain()
    if cut:
        client.cut()
    else:
        client.writer.write_eof()
    await until(lambda: servers[0].connections == 0)
    assert porch.envelopes == []


async def test_closing_says_421_to_the_silent_and_finishes_what_is_being_stored(
    smtp: Opening, porch: Porch, servers: list[Server]
) -> None:
    porch.go_on.clear()
    silent, storing = await smtp(), await smtp()
    await silent.reply()
    await storing.begin()
    storing.send("Subject: x\r\n.\r\n")
    await asyncio.wait_for(porch.arrived.wait(), 60)
    closing = asyncio.create_task(servers[0].close(grace=5))
    assert (await silent.reply()).startswith("421 4.3.2")
    porch.go_on.set()
    assert (await storing.reply()).startswith("250 2.0.0")
    assert (await storing.reply()).startswith("421 4.3.2")
    await closing
    assert len(porch.envelopes) == 1
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", servers[0].port)


async def test_closing_in_the_middle_of_content_lets_it_finish_within_the_grace(
    smtp: Opening, porch: Porch, servers: list[Server]
) -> None:
    client = await smtp()
    await client.begin()
    client.send("Subject: x\r\n")
    closing = asyncio.create_task(servers[0].close(grace=5))
    await asyncio.sleep(0)
    assert (await client.say(".")).startswith("250 2.0.0")
    assert (await client.reply()).startswith("421 4.3.2")
    await closing
    assert len(porch.envelopes) == 1


async def test_closing_in_the_middle_of_content_that_does_not_come_is_a_421_and_no_mail(
    smtp: Opening, porch: Porch, servers: list[Server]
) -> None:
    client = await smtp()
    await client.begin()
    client.send("Subject: half\r\n")
    await servers[0].close(grace=0.05)
    assert (await client.reply()).startswith("421 4.3.2")
    assert await client.closed()
    assert porch.envelopes == []


async def test_a_mail_that_is_refused_leaves_no_trace_in_the_next(smtp: Opening, porch: Porch) -> None:
    client = await smtp()
    await client.begin("refuse@post.example.org")
    await client.say("Subject: first\r\n.")
    for line in BEGUN[1], READY[2], "DATA":
        await client.say(line)
    await client.say(".")
    assert [(envelope.recipients, envelope.raw) for envelope in porch.envelopes[1:]] == [
        (("alice@post.example.org",), b"")
    ]


FRAGMENTS = [
    b"EHLO x\r\n", b"HELO x\r\n", b"MAIL FROM:<bob@example.org>\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<alice@post.example.org>\r\n",
    b"RCPT TO:<nobody@post.example.org>\r\n", b"DATA\r\n", b"\r\n.\r\n", b".\r\n", b"RSET\r\n", b"NOOP\r\n", b"QUIT\r\n", b"STARTTLS\r\n",
    b"\0", b"\n", b"\r", b"\xff\xfe", b"x" * 5000, b"MAIL FROM:<\"", b"RCPT TO:<@", b" SIZE=99999999999999999999999", "ü".encode(),
]  # fmt: skip


async def test_no_talk_takes_the_server_down_or_leaves_half_a_mail(
    smtp: Opening, porch: Porch, servers: list[Server], caplog: pytest.LogCaptureFixture
) -> None:
    """Random talk from a fixed seed: every connection ends, no fault is logged, and the next client is served."""
    chance = random.Random(3)
    for _ in range(150):
        client = await smtp(replace(QUICK, errors=1000))
        await client.reply()
        sound = "".join(f"{word}\r\n" for word in [*READY, "DATA"][: chance.randint(0, 4)]).encode()
        talk = sound + b"".join(
            chance.choice(FRAGMENTS) if chance.random() < 0.9 else chance.randbytes(30)
            for _ in range(chance.randint(1, 25))
        )
        for start in range(0, len(talk), 700):
            client.send(talk[start : start + 700])
            await asyncio.sleep(0)
        with contextlib.suppress(OSError, RuntimeError):  # they may have hung up by now
            client.writer.write_eof()
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(client.reader.read(), 60)
        await until(lambda: servers[0].connections == 0)
    assert porch.envelopes, "some of it should have been mail"
    assert {envelope.mail_from for envelope in porch.envelopes} <= {"", "bob@example.org"}
    assert {envelope.recipients[0] for envelope in porch.envelopes} == {"alice@post.example.org"}
    assert [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}] == []
    await (last := await smtp()).begin()
    assert (await last.say(".")).startswith("250 ")
