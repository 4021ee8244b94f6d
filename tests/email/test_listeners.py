"""The mail servers that settings ask for: several ports, TLS required or from the start, a proxy in front, LMTP on sockets."""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.email import refusals
from gateway.email.listeners import limits_of, start_servers
from gateway.email.server import Server
from gateway.settings import Settings
from tests.email.porch import Client, Porch
from tests.email.test_server_clients import client, letter, run

HERE = ("127.0.0.1:0",)
Starting = Callable[..., Awaitable[dict[str, Server]]]


@pytest.fixture
async def start(porch: Porch) -> AsyncIterator[Starting]:
    """Starts the servers of these settings; by name, the last of each."""
    started: list[Server] = []

    async def starting(roles: str = "smtp,lmtp", **settings: Any) -> dict[str, Server]:
        chosen = Settings(domain="post.example.org", **{"smtp_listen": HERE, **settings})
        named = await start_servers(porch, chosen, roles.split(","))
        started.extend(server for _, server in named)
        return dict(named)

    yield starting
    for server in started:
        await server.close(grace=1)


async def greeting(server: Server) -> tuple[Client, str]:
    opened = Client(*await asyncio.open_connection("127.0.0.1", server.port))
    return opened, await opened.reply()


async def test_each_role_opens_its_own_doors(start: Starting, certificate: Path, tmp_path: Path) -> None:
    places = {
        "submission_listen": HERE,
        "smtps_listen": HERE,
        "lmtp_listen": (str(tmp_path / "lmtp.sock"), "127.0.0.1:0"),
        "tls_certificate": str(certificate),
    }
    assert set(await start("smtp", **places)) == {"smtp", "submission", "smtps"}
    assert set(await start("lmtp", **places)) == {"lmtp"}
    assert await start("web", **places) == {}


async def test_submission_takes_mail_after_starttls_only(start: Starting, porch: Porch, certificate: Path) -> None:
    servers = await start(submission_listen=HERE, tls_certificate=str(certificate))

    def send(name: str, *, secure: bool) -> None:
        with smtplib.SMTP("localhost", servers[name].port, timeout=60) as connection:
            if secure:
                connection.starttls(context=ssl.create_default_context(cafile=certificate))
            assert not connection.has_extn("auth")
            connection.send_message(letter())

    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        await asyncio.to_thread(send, "submission", secure=False)
    assert f"{refused.value.smtp_code} {bytes(refused.value.smtp_error).decode()}" == str(refusals.TLS_FIRST)
    await asyncio.to_thread(send, "submission", secure=True)
    await asyncio.to_thread(send, "smtp", secure=False)
    assert [envelope.protocol for envelope in porch.envelopes] == ["ESMTPS", "ESMTP"]


async def test_tls_may_be_required_everywhere(start: Starting, certificate: Path) -> None:
    servers = await start(require_tls=True, tls_certificate=str(certificate))
    opened, _ = await greeting(servers["smtp"])
    await opened.say("EHLO client.example")
    assert await opened.say("MAIL FROM:<bob@example.org>") == f"{refusals.TLS_FIRST}\r\n"
    opened.writer.close()


async def test_smtps_speaks_tls_from_the_first_byte(start: Starting, porch: Porch, certificate: Path) -> None:
    servers = await start(smtps_listen=HERE, tls_certificate=str(certificate))

    def send() -> None:
        trust = ssl.create_default_context(cafile=certificate)
        with smtplib.SMTP_SSL("localhost", servers["smtps"].port, timeout=10, context=trust) as connection:
            connection.ehlo()
            assert not connection.has_extn("starttls")
            connection.send_message(letter("x" * 70 + "\n" + ("y" * 78 + "\n") * 20_000))
            connection.send_message(letter())

    await asyncio.to_thread(send)
    assert [envelope.protocol for envelope in porch.envelopes] == ["ESMTPS", "ESMTPS"]
    assert len(porch.envelopes[0].raw) > 1_500_000


async def test_curl_speaks_smtps(start: Starting, porch: Porch, certificate: Path, tmp_path: Path) -> None:
    servers = await start(smtps_listen=HERE, tls_certificate=str(certificate))
    mail = tmp_path / "mail"
    mail.write_bytes(b"Subject: Harbour\r\n\r\nfrom curl\r\n")
    code, output = await run(
        client("curl"), "--silent", "--show-error", "--cacert", str(certificate),
        f"smtps://localhost:{servers['smtps'].port}/client.example",
        "--mail-from", "bob@example.org", "--mail-rcpt", "alice@post.example.org", "--upload-file", str(mail),
    )  # fmt: skip
    assert code == 0, output
    assert porch.envelopes[0].tls


@pytest.mark.parametrize(("version", "family"), [("1", "TCP4"), ("2", "AF_INET")])
async def test_swaks_comes_through_a_proxy(start: Starting, porch: Porch, version: str, family: str) -> None:
    servers = await start(proxies=("127.0.0.0/8",), greeting_delay_ms=50)
    code, output = await run(
        client("swaks"), "--server", f"127.0.0.1:{servers['smtp'].port}", "--from", "bob@example.org", "--to",
        "alice@post.example.org", "--proxy-version", version, "--proxy-family", family, "--proxy-source", "203.0.113.66",
        "--proxy-source-port", "55555", "--proxy-dest", "192.0.2.1", "--proxy-dest-port", "25",
    )  # fmt: skip
    assert code == 0, output
    assert porch.envelopes[0].peer_ip == "203.0.113.66"


async def test_several_ports_share_their_limits(start: Starting, certificate: Path) -> None:
    servers = await start(submission_listen=HERE, tls_certificate=str(certificate), smtp_connections_per_address=1)
    opened, said = await greeting(servers["smtp"])
    refused, refusal = await greeting(servers["submission"])
    assert (said[:3], refusal) == ("220", f"{refusals.TOO_MANY_CONNECTIONS}\r\n")
    opened.writer.close()
    refused.writer.close()


async def test_both_kinds_of_lmtp_answer_each_recipient(start: Starting, porch: Porch, tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"
    servers = await start(lmtp_listen=(str(path), "127.0.0.1:0"))
    over_tcp = Client(*await asyncio.open_connection("127.0.0.1", servers["lmtp"].port))
    over_socket = Client(*await asyncio.open_unix_connection(str(path)))
    for opened in (over_tcp, over_socket):
        await opened.reply()
        for line in ("LHLO mta.example", "MAIL FROM:<bob@example.org>"):
            assert (await opened.say(line)).startswith("250")
        assert await opened.say("RCPT TO:<nobody@post.example.org>") != ""
        assert await opened.say("DATA") == f"{refusals.RCPT_FIRST}\r\n"
        for name in ("alice", "late", "refuse"):
            assert (await opened.say(f"RCPT TO:<{name}@post.example.org>")).startswith("250")
        assert (await opened.say("DATA")).startswith("354")
        opened.send("Subject: x\r\n.\r\n")
        assert [(await opened.reply())[:3] for _ in range(3)] == ["250", "451", "550"]
        opened.writer.close()
    assert [envelope.answers_each for envelope in porch.envelopes] == [True, True]


async def test_an_mta_is_not_blamed_for_what_it_hands_over(start: Starting) -> None:
    servers = await start("lmtp", lmtp_listen=HERE, smtp_errors=1)
    opened, _ = await greeting(servers["lmtp"])
    await opened.say("LHLO mta.example")
    await opened.say("MAIL FROM:<bob@example.org>")
    for _ in range(5):
        assert (await opened.say("RCPT TO:<nobody@post.example.org>")).startswith("550 5.1.1")
    opened.writer.close()


async def test_when_one_port_is_taken_none_is_open(start: Starting, tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(OSError, match="in use"):
            await start(lmtp_listen=(str(path), place))
    assert not path.exists()


def test_limits_are_what_the_settings_say() -> None:
    chosen = Settings(
        max_message_size=1, max_recipients=2, smtp_connections=3, smtp_connections_per_address=4,
        smtp_connections_per_network=5, smtp_connections_per_minute=6, smtp_errors=7, smtp_idle_seconds=8,
        smtp_content_seconds=9, greeting_delay_ms=250, bare_line_ends="refuse",
    )  # fmt: skip
    limits = limits_of(chosen)
    assert (limits.size, limits.recipients, limits.connections, limits.connections_per_address) == (1, 2, 3, 4)
    assert (limits.connections_per_network, limits.connections_a_minute, limits.errors) == (5, 6, 7)
    assert (limits.idle, limits.content, limits.banner_delay, limits.refuse_bare_line_ends) == (8.0, 9.0, 0.25, True)
