"""Real mail clients through real ports: smtplib, swaks, msmtp, curl, with and without TLS, SMTP and LMTP.

A client that is not installed is skipped, unless POSTROOM_CLIENTS=required.
"""

import asyncio
import os
import shutil
import smtplib
import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import NoReturn

import pytest

from gateway.email import refusals
from gateway.email.door import Limits
from gateway.email.server import Server, serve_lmtp_socket, serve_smtp
from tests.email.porch import UNKNOWN, Porch, until


@pytest.fixture
async def server(porch: Porch, tls: ssl.SSLContext) -> AsyncIterator[Server]:
    """Offers TLS and asks for none."""
    started = await serve_smtp(porch, "127.0.0.1", 0, Limits(size=3_000_000), hostname="localhost", tls=tls)
    yield started
    await started.close(grace=1)


@pytest.fixture
async def strict(porch: Porch, tls: ssl.SSLContext) -> AsyncIterator[Server]:
    """Takes mail over TLS only."""
    started = await serve_smtp(porch, "127.0.0.1", 0, hostname="localhost", tls=tls, require_tls=True)
    yield started
    await started.close(grace=1)


def client(name: str) -> str:
    """The path of a client's program."""
    path = shutil.which(name)
    if path is None:
        missing(f"{name} is not installed")
    return path


def missing(what: str) -> NoReturn:
    """Skips; fails where all clients are asked for."""
    if os.environ.get("POSTROOM_CLIENTS") == "required":
        pytest.fail(f"{what}, and POSTROOM_CLIENTS=required asks for it")
    pytest.skip(what)


async def run(*command: str, given: bytes = b"") -> tuple[int, str]:
    """The exit code and all output of a program."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(given), 60)
    return process.returncode or 0, output.decode(errors="replace")


def letter(body: str = "Hello from the harbour.\n.\n..two dots\n") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Bob <bob@example.org>"
    message["To"] = "alice@post.example.org"
    message["Subject"] = "Harbour"
    message.set_content(body)
    return message


async def test_smtplib_sends_a_mail_as_written(server: Server, porch: Porch) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", server.port, timeout=60) as connection:
            for _ in range(2):
                assert connection.send_message(letter()) == {}

    await asyncio.to_thread(send)
    assert len(porch.envelopes) == 2
    assert b"\r\n.\r\n..two dots\r\n" in porch.envelopes[1].raw
    assert porch.envelopes[1].mail_from == "bob@example.org"
    assert porch.envelopes[1].protocol == "ESMTP"


async def test_smtplib_is_told_which_recipient_is_unknown(server: Server, porch: Porch) -> None:
    def send() -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", server.port, timeout=60) as connection:
            return connection.send_message(letter(), to_addrs=["alice@post.example.org", "eve@post.example.org"])

    assert await asyncio.to_thread(send) == {"eve@post.example.org": (550, f"5.1.1 {UNKNOWN.text}".encode())}
    assert porch.envelopes[0].recipients == ("alice@post.example.org",)


async def test_smtplib_sends_over_tls_more_than_a_megabyte(strict: Server, porch: Porch, certificate: Path) -> None:
    def send() -> None:
        trust = ssl.create_default_context(cafile=certificate)
        with smtplib.SMTP("localhost", strict.port, timeout=60) as connection:
            connection.starttls(context=trust)
            assert not connection.has_extn("starttls")
            connection.send_message(letter("x" * 70 + "\n" + ("y" * 78 + "\n") * 20_000))
            connection.send_message(letter("the second"))

    await asyncio.to_thread(send)
    assert [len(envelope.raw) > 1_500_000 for envelope in porch.envelopes] == [True, False]
    assert porch.envelopes[0].tls
    assert porch.envelopes[0].protocol == "ESMTPS"


async def test_without_tls_a_strict_server_takes_nothing(strict: Server, porch: Porch) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", strict.port, timeout=60) as connection:
            connection.send_message(letter())

    with pytest.raises(smtplib.SMTPSenderRefused, match=r"5\.7\.0") as refusal:
        await asyncio.to_thread(send)
    assert refusal.value.smtp_code == 530
    assert porch.envelopes == []


async def test_commands_slipped_in_before_tls_are_not_obeyed_after_it(server: Server, porch: Porch) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await reader.readuntil(b"ESMTP Postroom\r\n")
    writer.write(b"EHLO eve.example\r\n")
    await reader.readuntil(b"STARTTLS\r\n")
    writer.write(b"STARTTLS\r\nMAIL FROM:<eve@evil.example>\r\n")
    assert await asyncio.wait_for(reader.read(), 60) == f"{refusals.TLS_PIPELINED}\r\n".encode()
    writer.close()


async def test_tls_within_tls_is_refused_and_the_session_goes_on(
    server: Server, porch: Porch, certificate: Path
) -> None:
    def send() -> tuple[int, bytes]:
        with smtplib.SMTP("localhost", server.port, timeout=60) as connection:
            connection.starttls(context=ssl.create_default_context(cafile=certificate))
            refused = connection.docmd("STARTTLS")
            connection.send_message(letter())
            return refused

    code, text = await asyncio.to_thread(send)
    assert f"{code} {text.decode()}" == str(refusals.TLS_ALREADY)
    assert len(porch.envelopes) == 1


async def test_a_handshake_that_fails_only_ends_its_connection(server: Server, porch: Porch) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await reader.readuntil(b"ESMTP Postroom\r\n")
    writer.write(b"EHLO eve.example\r\n")
    await reader.readuntil(b"STARTTLS\r\n")
    writer.write(b"STARTTLS\r\n")
    await reader.readuntil(b"220 2.0.0 Go ahead\r\n")
    writer.write(b"this is no handshake\r\n" * 20)
    await asyncio.wait_for(reader.read(), 60)
    writer.close()
    await until(lambda: server.connections == 0)
    await test_smtplib_sends_a_mail_as_written(server, porch)


async def test_smtplib_sends_an_international_sender(server: Server, porch: Porch) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", server.port, timeout=60) as connection:
            connection.send_message(letter(), from_addr="bób@bücher.example")

    await asyncio.to_thread(send)
    assert porch.envelopes[0].mail_from == "bób@bücher.example"
    assert porch.envelopes[0].smtputf8
    assert porch.envelopes[0].protocol == "UTF8SMTP"


@pytest.mark.parametrize("extra", [[], ["--pipeline"], ["--tls"], ["--protocol", "SMTP"]])
async def test_swaks_sends_a_mail(server: Server, porch: Porch, extra: list[str]) -> None:
    code, output = await run(
        client("swaks"), "--server", f"127.0.0.1:{server.port}", "--from", "bob@example.org", "--to", "alice@post.example.org",
        "--h-Subject", "Harbour", "--body", "line\n.\n.dots", *extra,
    )  # fmt: skip
    if "requires Net::SSLeay" in output:
        missing("swaks has no Net::SSLeay (Debian: libnet-ssleay-perl)")
    assert code == 0, output
    assert b"Subject: Harbour\r\n" in porch.envelopes[0].raw
    assert b"\r\n.\r\n.dots" in porch.envelopes[0].raw


async def test_swaks_shows_its_user_why_a_recipient_was_refused(server: Server, porch: Porch) -> None:
    code, output = await run(
        client("swaks"), "--server", f"127.0.0.1:{server.port}", "--from", "bob@example.org", "--to", "eve@post.example.org"
    )  # fmt: skip
    assert code == 24
    assert str(UNKNOWN) in output
    assert porch.envelopes == []


async def test_swaks_speaks_lmtp_over_a_unix_socket(porch: Porch, tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"
    started = await serve_lmtp_socket(porch, path, hostname="localhost")
    code, output = await run(
        client("swaks"), "--socket", str(path), "--protocol", "LMTP", "--from", "bob@example.org",
        "--to", "alice@post.example.org,bob@post.example.org", "--body", "both",
    )  # fmt: skip
    await started.close(grace=1)
    assert code == 0, output
    assert porch.envelopes[0].recipients == ("alice@post.example.org", "bob@post.example.org")


async def test_msmtp_sends_a_mail(server: Server, porch: Porch) -> None:
    code, output = await run(
        client("msmtp"), "--host=127.0.0.1", f"--port={server.port}", "--from=bob@example.org", "alice@post.example.org",
        given=b"Subject: Harbour\n\nfrom msmtp\n.\n",
    )  # fmt: skip
    assert code == 0, output
    assert porch.envelopes[0].raw.endswith(b"from msmtp\r\n.\r\n")


async def test_msmtp_sends_over_tls(strict: Server, porch: Porch, certificate: Path) -> None:
    code, output = await run(
        client("msmtp"), "--host=localhost", f"--port={strict.port}", "--tls=on", "--tls-starttls=on",
        f"--tls-trust-file={certificate}", "--from=bob@example.org", "alice@post.example.org",
        given=b"Subject: Harbour\n\nsecret\n",
    )  # fmt: skip
    assert code == 0, output
    assert porch.envelopes[0].tls


async def test_curl_sends_a_mail(server: Server, porch: Porch, tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    mail.write_bytes(b"Subject: Harbour\r\n\r\nfrom curl\r\n.\r\n")
    code, output = await run(
        client("curl"), "--silent", "--show-error", f"smtp://127.0.0.1:{server.port}/client.example",
        "--mail-from", "bob@example.org", "--mail-rcpt", "alice@post.example.org", "--upload-file", str(mail),
    )  # fmt: skip
    assert code == 0, output
    assert porch.envelopes[0].raw == mail.read_bytes()


async def test_curl_is_told_before_sending_that_a_mail_is_too_large(
    server: Server, porch: Porch, tmp_path: Path
) -> None:
    mail = tmp_path / "mail"
    mail.write_bytes(b"x" * 3_000_001)
    code, output = await run(
        client("curl"), "--silent", "--show-error", "--verbose", f"smtp://127.0.0.1:{server.port}/client.example",
        "--mail-from", "bob@example.org", "--mail-rcpt", "alice@post.example.org", "--upload-file", str(mail),
    )  # fmt: skip
    assert code != 0
    assert "552 5.3.4" in output
    assert porch.envelopes == []
