"""The mail server over real sockets: every refusal, limits, two protocols, TLS, and closing without half a mail."""

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.email.door import ACCEPTED, Envelope, Limits, Refusal, Reply, Session
from gateway.email.server import Server, serve_lmtp, serve_lmtp_socket, serve_smtp

UNKNOWN = Refusal(550, "5.1.1", "Nobody here has this address. Nothing was stored.")
BUSY = Refusal(451, "4.7.1", "This address takes no more mail just now. Try again later.")
QUICK = Limits(size=20_000, recipients=3, errors=30, connections_per_address=5)


class Porch:
    """A door that knows alice and bob, keeps what comes in, and fails on command."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.sessions: list[Session] = []
        self.sizes: list[int] = []
        self.arrived = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def sender(self, session: Session, address: str, size: int) -> Refusal | None:
        self.sizes.append(size)
        if address.startswith("fault"):
            raise RuntimeError("secret detail")
        return Refusal(550, "5.7.1", "You may not write here.") if address.startswith("eve") else None

    async def recipient(self, session: Session, address: str) -> Refusal | None:
        self.sessions.append(session)
        if address.startswith("fault"):
            raise RuntimeError("secret detail")
        return None if address.startswith(("alice", "bob", "late", "refuse", "break", "short")) else UNKNOWN

    async def accept(self, envelope: Envelope) -> Sequence[Reply]:
        self.arrived.set()
        await self.go_on.wait()
        self.envelopes.append(envelope)
        if envelope.recipients[0].startswith("break"):
            raise RuntimeError("secret detail")
        if envelope.recipients[0].startswith("short"):
            return []
        return [self._answer(recipient) for recipient in envelope.recipients]

    def _answer(self, recipient: str) -> Reply:
        return BUSY if recipient.startswith("late") else UNKNOWN if recipient.startswith("refuse") else ACCEPTED


class Client:
    """A raw client: it sends bytes and reads replies, each awaited for five seconds at most."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def reply(self) -> str:
        """The next reply, all its lines; empty when the server has hung up."""
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), 5)).decode()
            lines.append(line)
            if line[3:4] != "-":
                return "".join(lines)

    def send(self, text: str | bytes) -> None:
        self.writer.write(text if isinstance(text, bytes) else text.encode())

    async def say(self, line: str | bytes) -> str:
        self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return await self.reply()

    async def begin(self, recipient: str = "alice@post.example.org", *, hello: str = "EHLO") -> str:
        """Everything up to the invitation to send content."""
        await self.reply()
        for line in (f"{hello} client.example", "MAIL FROM:<bob@example.org>", f"RCPT TO:<{recipient}>"):
            assert (await self.say(line)).startswith("250")
        return await self.say("DATA")

    def cut(self) -> None:
        """Vanish, as when a cable is pulled: the server is told by a reset."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(), 5) == b""


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds, five seconds at most."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


Opening = Callable[..., Awaitable[Client]]


@pytest.fixture
def porch() -> Porch:
    return Porch()


@pytest.fixture
async def clients() -> AsyncIterator[list[Client]]:
    opened: list[Client] = []
    yield opened
    for client in opened:
        client.writer.close()


@pytest.fixture
async def servers() -> AsyncIterator[list[Server]]:
    started: list[Server] = []
    yield started
    for server in started:
        await server.close(grace=1)


@pytest.fixture
def smtp(porch: Porch, servers: list[Server], clients: list[Client]) -> Opening:
    """Opens a connection to a server with these limits, started at the first call."""

    async def opening(limits: Limits = QUICK) -> Client:
        if not servers:
            servers.append(await serve_smtp(porch, "127.0.0.1", 0, limits, hostname="post.example.org"))
        client = Client(*await asyncio.open_connection("127.0.0.1", servers[0].port))
        clients.append(client)
        return client

    return opening


HELLO = ["EHLO client.example"]
BEGUN = [*HELLO, "MAIL FROM:<bob@example.org>"]
READY = [*BEGUN, "RCPT TO:<alice@post.example.org>"]

REFUSALS: list[tuple[list[str | bytes], str]] = [
    (["FROBNICATE"], "500 5.5.1"),
    ([""], "500 5.5.1"),
    (["ÉHLO x"], "500 5.5.1"),
    ([b"EHLO \xff"], "500 5.5.2"),
    (["EHLO a\0b"], "500 5.5.2"),
    (["EHLO a\rb"], "500 5.5.2"),
    (["NOOP " + "x" * 5000], "500 5.5.2"),
    (["NOOP " + "x" * 50_000], "500 5.5.2"),
    (["EHLO"], "501 5.5.4"),
    (["HELO"], "501 5.5.4"),
    (["MAIL FROM:<bob@example.org>"], "503 5.5.1"),
    (["VRFY alice"], "502 5.5.1"),
    (["EXPN alice"], "502 5.5.1"),
    (["AUTH PLAIN AGFsaWNlAHNlY3JldA=="], "502 5.5.1"),
    (["STARTTLS"], "502 5.5.1"),
    ([*HELLO, "RSET now"], "501 5.5.4"),
    ([*HELLO, "RCPT TO:<alice@post.example.org>"], "503 5.5.1"),
    ([*HELLO, "DATA"], "503 5.5.1"),
    ([*HELLO, "MAIL FROM:bob"], "501 5.5.4"),
    ([*HELLO, "MAIL FROM:<@relay.example:bob@example.org>"], "501 5.1.7"),
    ([*HELLO, "MAIL FROM:<bob@example.org\0>"], "500 5.5.2"),
    ([*HELLO, "MAIL FROM:<bob@example.org> SIZE=20001"], "552 5.3.4"),
    ([*HELLO, "MAIL FROM:<bob@example.org> RET=FULL"], "555 5.5.4"),
    ([*HELLO, "MAIL FROM:<bób@example.org>"], "553 5.6.7"),
    ([*HELLO, "MAIL FROM:<eve@evil.example>"], "550 5.7.1"),
    ([*HELLO, "MAIL FROM:<fault@example.org>"], "451 4.3.0"),
    ([*BEGUN, "MAIL FROM:<bob@example.org>"], "503 5.5.1"),
    ([*BEGUN, "RCPT TO:<nobody@post.example.org>"], "550 5.1.1"),
    ([*BEGUN, "RCPT TO:<>"], "501 5.1.3"),
    ([*BEGUN, "RCPT TO:<@relay.example:alice@post.example.org>"], "501 5.1.3"),
    ([*BEGUN, "RCPT TO:<alice\0@post.example.org>"], "500 5.5.2"),
    ([*BEGUN, "RCPT TO:<alicé@post.example.org>"], "553 5.6.7"),
    ([*BEGUN, "RCPT TO:<alice@post.example.org> NOTIFY=NEVER"], "555 5.5.4"),
    ([*BEGUN, "RCPT TO:<fault@post.example.org>"], "451 4.3.0"),
    ([*BEGUN, "RCPT TO:<nobody@post.example.org>", "DATA"], "503 5.5.1"),
    ([*READY, "DATA now"], "501 5.5.4"),
    ([*READY, "RCPT TO:<bob@post.example.org>", "RCPT TO:<bob@post.example.org>", "RCPT TO:<bob@post.example.org>"], "452 4.5.3"),
    ([*READY, "RSET", "DATA"], "503 5.5.1"),
    ([*READY, "EHLO again.example", "DATA"], "503 5.5.1"),
    ([*READY, "DATA", "x" * 20_000 + "\r\n."], "552 5.3.4"),
    ([*BEGUN, "RCPT TO:<refuse@post.example.org>", "DATA", "Subject: x\r\n."], "550 5.1.1"),
    ([*BEGUN, "RCPT TO:<break@post.example.org>", "DATA", "Subject: x\r\n."], "451 4.3.0"),
    ([*BEGUN, "RCPT TO:<short@post.example.org>", "DATA", "Subject: x\r\n."], "451 4.3.0"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "status"), REFUSALS)
async def test_every_refusal_has_its_codes_and_a_sentence_and_the_session_goes_on(
    smtp: Opening, porch: Porch, lines: list[str | bytes], status: str
) -> None:
    client = await smtp()
    assert (await client.reply()).startswith("220 post.example.org ESMTP")
    replies = [await client.say(line) for line in lines]
    assert re.fullmatch(re.escape(status) + r" [A-ZN][^\r\n]{15,}[.>a-z]\r\n", replies[-1])
    assert "secret detail" not in "".join(replies)
    assert "Traceback" not in "".join(replies)
    assert (await client.say("NOOP")) == "250 2.0.0 OK\r\n"


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


async def test_whoever_speaks_before_the_greeting_is_turned_away(smtp: Opening) -> None:
    client = await smtp(replace(QUICK, banner_delay=5))
    assert (await client.say("EHLO spammer.example")).startswith("554 5.5.1")
    assert await client.closed()


async def test_whoever_waits_for_the_greeting_gets_it(smtp: Opening) -> None:
    client = await smtp(replace(QUICK, banner_delay=0.01))
    assert (await client.reply()).startswith("220 ")
    assert (await client.say("EHLO client.example")).startswith("250")


async def test_an_address_with_too_many_connections_gets_no_more_until_one_closes(
    smtp: Opening, servers: list[Server]
) -> None:
    first = [await smtp() for _ in range(5)]
    for client in first:
        await client.reply()
    assert (await (await smtp()).reply()).startswith("421 4.7.0")
    await first[0].say("QUIT")
    assert await first[0].closed()
    await until(lambda: servers[0].connections <= 4)
    assert (await (await smtp()).reply()).startswith("220 ")


async def test_a_full_house_sends_away_whoever_has_been_silent_longest(smtp: Opening) -> None:
    limits = replace(QUICK, connections=2)
    silent, busy = await smtp(limits), await smtp()
    await silent.reply()
    await busy.begin()
    assert (await (await smtp()).reply()).startswith("220 ")
    assert (await silent.reply()).startswith("421 4.3.2")
    assert (await busy.say("Subject: x\r\n.")).startswith("250 2.0.0")


async def test_a_house_full_of_busy_people_takes_nobody(smtp: Opening) -> None:
    busy = await smtp(replace(QUICK, connections=1))
    await busy.begin()
    assert (await (await smtp()).reply()).startswith("421 4.3.2")


async def test_a_silent_connection_is_closed_in_words(smtp: Opening) -> None:
    client = await smtp(replace(QUICK, idle=0.05))
    await client.reply()
    assert (await client.reply()).startswith("421 4.4.2")
    assert await client.closed()


async def test_content_that_takes_too_long_is_dropped(smtp: Opening, porch: Porch) -> None:
    client = await smtp(replace(QUICK, content=0.05))
    await client.begin()
    client.send("Subject: half")
    assert (await client.reply()).startswith("421 4.4.2")
    assert porch.envelopes == []


async def test_too_many_errors_end_the_connection(smtp: Opening) -> None:
    client = await smtp(replace(QUICK, errors=2))
    await client.reply()
    replies = [await client.say("FROBNICATE") for _ in range(3)]
    assert [reply[:9] for reply in replies] == ["500 5.5.1", "500 5.5.1", "421 4.7.0"]
    assert await client.closed()


async def test_content_beyond_the_memory_set_aside_is_refused_for_now(smtp: Opening, porch: Porch) -> None:
    client = await smtp(replace(QUICK, buffered=10_000))
    await client.begin()
    assert (await client.say("x" * 15_000 + "\r\n.")).startswith("452 4.3.1")
    for line in BEGUN[1], READY[2], "DATA":
        await client.say(line)
    assert (await client.say("x" * 5_000 + "\r\n.")).startswith("250 2.0.0")


async def test_memory_of_a_lost_connection_is_given_back(smtp: Opening, servers: list[Server], porch: Porch) -> None:
    lost, next_one = await smtp(replace(QUICK, buffered=10_000)), await smtp()
    await lost.begin()
    lost.send("x" * 9_000)
    await lost.writer.drain()
    await next_one.begin()
    lost.cut()
    await until(lambda: servers[0].connections <= 1)
    assert (await next_one.say("x" * 9_000 + "\r\n.")).startswith("250 2.0.0")
    assert len(porch.envelopes) == 1


async def test_endless_content_ends_the_connection(smtp: Opening, porch: Porch) -> None:
    client = await smtp()
    await client.begin()
    client.send("x" * 100_000)
    assert (await client.reply()).startswith("552 5.3.4")
    assert porch.envelopes == []


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


async def test_a_mail_being_stored_is_stored_although_its_client_has_gone(
    smtp: Opening, porch: Porch, servers: list[Server]
) -> None:
    porch.go_on.clear()
    client = await smtp()
    await client.begin()
    client.send("Subject: x\r\n.\r\n")
    await asyncio.wait_for(porch.arrived.wait(), 5)
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
    await asyncio.wait_for(porch.arrived.wait(), 5)
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
