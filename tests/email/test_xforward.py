"""XFORWARD: a mail server of our own says who brought it the mail; nobody else may."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.email import refusals
from gateway.email.networks import read_networks
from gateway.email.server import Server, serve_lmtp, serve_lmtp_socket
from gateway.email.xforward import Forwarded, read_xforward
from tests.email.porch import QUICK, READY, Client, Opening, Porch

OURS = replace(QUICK, relays=read_networks(("127.0.0.0/8",)))


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("ADDR=192.0.2.1", Forwarded("192.0.2.1")),
        ("NAME=mail.example.org ADDR=192.0.2.1 PROTO=ESMTP HELO=mail.example.org", Forwarded("192.0.2.1", "mail.example.org")),
        ("addr=IPV6:2001:DB8::1 helo=[IPv6:2001:db8::1]", Forwarded("2001:db8::1", "[IPv6:2001:db8::1]")),
        ("ADDR=IPv6:::ffff:192.0.2.1", Forwarded("192.0.2.1")),
        ("ADDR=[UNAVAILABLE] HELO=[TEMPUNAVAIL]", Forwarded()),
        ("HELO=spam+20and+2Bham", Forwarded("", "spam and+ham")),
        ("ADDR=somewhere", Forwarded()),
        ("SOURCE=REMOTE PORT=25 IDENT=ABC", Forwarded()),
        ("HELO=", Forwarded()),
    ],
)  # fmt: skip
def test_what_is_said_is_read(argument: str, said: Forwarded) -> None:
    assert read_xforward(argument, Forwarded()) == said


@pytest.mark.parametrize(
    "argument",
    ["", "ADDR", "ADDR=192.0.2.1 ", "LOGIN=alice", "HELO=a+2", "HELO=a+0A", "HELO=a+zz", "HELO=" + "a" * 300],
)
def test_what_makes_no_sense_is_refused(argument: str) -> None:
    assert read_xforward(argument, Forwarded()) == refusals.BAD_XFORWARD


def test_several_commands_add_up() -> None:
    before = read_xforward("ADDR=192.0.2.1", Forwarded())
    assert isinstance(before, Forwarded)
    assert read_xforward("HELO=mx.example", before) == Forwarded("192.0.2.1", "mx.example")


async def mail(client: Client) -> str:
    for line in [*READY[1:], "DATA"]:
        await client.say(line)
    return await client.say("Subject: x\r\n.")


async def test_a_server_of_ours_says_who_brought_it_each_mail(smtp: Opening, porch: Porch) -> None:
    client = await smtp(OURS)
    await client.reply()
    assert "XFORWARD NAME ADDR PROTO HELO\r\n" in await client.say("EHLO relay.example")
    assert (await client.say("XFORWARD ADDR=192.0.2.1")).startswith("250 2.0.0")
    assert (await client.say("XFORWARD HELO=mail.example.org PROTO=ESMTP")).startswith("250 2.0.0")
    await mail(client)
    await mail(client)
    first, second = porch.envelopes
    assert (first.peer_ip, first.helo, first.trusted) == ("192.0.2.1", "mail.example.org", True)
    assert (second.peer_ip, second.helo) == ("", ""), "what was said of one mail is not said of the next"
    assert porch.sessions[0].trusted
    assert porch.sessions[0].peer_ip == "192.0.2.1"


async def test_a_server_of_ours_is_never_taken_for_the_sender(smtp: Opening, porch: Porch) -> None:
    client = await smtp(OURS)
    await client.reply()
    await client.say("EHLO relay.example")
    await mail(client)
    assert (porch.envelopes[0].peer_ip, porch.envelopes[0].helo, porch.envelopes[0].trusted) == ("", "", True)


async def test_nobody_else_may_say_so(smtp: Opening, porch: Porch) -> None:
    client = await smtp(replace(QUICK, relays=read_networks(("192.0.2.0/24",))))
    await client.reply()
    assert "XFORWARD" not in await client.say("EHLO evil.example")
    assert (await client.say("XFORWARD ADDR=192.0.2.1")).startswith("500 5.5.1")
    await mail(client)
    assert (porch.envelopes[0].peer_ip, porch.envelopes[0].trusted) == ("127.0.0.1", False)


async def test_it_is_said_before_a_mail_begins_and_forgotten_with_rset(smtp: Opening, porch: Porch) -> None:
    client = await smtp(OURS)
    await client.reply()
    await client.say("EHLO relay.example")
    await client.say("XFORWARD ADDR=192.0.2.1")
    await client.say(READY[1])
    assert (await client.say("XFORWARD ADDR=192.0.2.66")).startswith("503 5.5.1")
    assert (await client.say("XFORWARD NONSENSE")).startswith("503 5.5.1")
    await client.say("RSET")
    assert (await client.say("XFORWARD NONSENSE")).startswith("501 5.5.4")
    await mail(client)
    assert porch.envelopes[0].peer_ip == ""


async def test_over_lmtp_a_unix_socket_is_trusted_and_a_port_only_by_its_address(
    porch: Porch, servers: list[Server], clients: list[Client], tmp_path: Path
) -> None:
    path = tmp_path / "lmtp.sock"
    servers.append(await serve_lmtp_socket(porch, path, QUICK, hostname="post.example.org"))
    clients.append(Client(*await asyncio.open_unix_connection(str(path))))
    for limits in (QUICK, OURS):
        servers.append(await serve_lmtp(porch, "127.0.0.1", 0, limits, hostname="post.example.org"))
        clients.append(Client(*await asyncio.open_connection("127.0.0.1", servers[-1].port)))
    for client in clients:
        await client.reply()
        await client.say("LHLO relay.example")
        await client.say("XFORWARD ADDR=192.0.2.1 HELO=mail.example.org")
        await mail(client)
    seen = [(one.peer_ip, one.helo, one.trusted) for one in porch.envelopes]
    assert seen == [("192.0.2.1", "mail.example.org", True), ("", "", False), ("192.0.2.1", "mail.example.org", True)]
