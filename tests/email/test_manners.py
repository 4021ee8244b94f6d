"""What the mail server puts up with: connections, errors, idleness, slowness, memory; by address, by network, by proxy."""

import asyncio
import socket
import struct
from dataclasses import replace
from typing import cast

import pytest

from gateway.email import refusals
from gateway.email.door import NETWORK_SHARE, Limits, Refusal
from gateway.email.lines import LONGEST_COMMAND
from gateway.email.networks import read_networks
from gateway.email.server import Server
from tests.email.porch import BEGUN, HELLO, QUICK, READY, Client, Opening, Porch, until

PROXIES = read_networks(("127.0.0.1",))


def line(refusal: Refusal) -> str:
    return f"{refusal}\r\n"


async def stranger(smtp: Opening, limits: Limits, address: str = "203.0.113.66") -> Client:
    """A client that comes from outside, as a proxy says."""
    client = await smtp(limits, proxies=PROXIES)
    client.send(f"PROXY TCP4 {address} 192.0.2.1 55555 25\r\n")
    return client


async def test_a_stranger_who_speaks_before_the_greeting_is_turned_away(smtp: Opening) -> None:
    client = await stranger(smtp, replace(QUICK, banner_delay=5))
    assert await client.say("EHLO spammer.example") == line(refusals.TALKED_FIRST)
    assert await client.closed()


async def test_whoever_speaks_at_once_is_turned_away_without_any_delay(smtp: Opening) -> None:
    """What has come by the time of the greeting was said before it, from whomever."""
    client = await smtp(QUICK, proxies=PROXIES)
    assert await client.say("PROXY UNKNOWN\r\nEHLO client.example") == line(refusals.TALKED_FIRST)
    assert await client.closed()


async def test_whoever_waits_for_the_greeting_gets_it(smtp: Opening) -> None:
    client = await stranger(smtp, replace(QUICK, banner_delay=0.01))
    assert (await client.reply()).startswith("220 ")
    assert (await client.say("EHLO client.example")).startswith("250")


async def test_our_own_machines_wait_for_no_greeting(smtp: Opening) -> None:
    client = await smtp(replace(QUICK, banner_delay=3600))
    assert (await client.reply()).startswith("220 ")


async def test_an_address_with_too_many_connections_gets_no_more_until_one_closes(
    smtp: Opening, servers: list[Server]
) -> None:
    first = [await smtp() for _ in range(5)]
    for client in first:
        await client.reply()
    assert await (await smtp()).reply() == line(refusals.TOO_MANY_CONNECTIONS)
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
    assert await silent.reply() == line(refusals.MAKE_ROOM)
    assert (await busy.say("Subject: x\r\n.")).startswith("250 2.0.0")


async def test_a_house_full_of_busy_people_takes_nobody(smtp: Opening) -> None:
    busy = await smtp(replace(QUICK, connections=1))
    await busy.begin()
    assert await (await smtp()).reply() == line(refusals.FULL_HOUSE)


async def test_a_silent_connection_is_closed_in_words(smtp: Opening) -> None:
    client = await smtp(replace(QUICK, idle=0.05))
    await client.reply()
    assert await client.reply() == line(refusals.TOO_SLOW)
    assert await client.closed()


async def test_content_that_takes_too_long_is_dropped(smtp: Opening, porch: Porch) -> None:
    client = await smtp(replace(QUICK, content=0.05))
    await client.begin()
    client.send("Subject: half")
    assert await client.reply() == line(refusals.TOO_SLOW)
    assert porch.envelopes == []


async def test_too_many_errors_end_the_connection(smtp: Opening) -> None:
    client = await smtp(replace(QUICK, errors=2))
    await client.reply()
    replies = [await client.say("FROBNICATE") for _ in range(3)]
    assert replies == [line(refusals.NO_SUCH_COMMAND)] * 2 + [line(refusals.TOO_MANY_ERRORS)]
    assert await client.closed()


async def test_content_beyond_the_memory_set_aside_is_refused_for_now(smtp: Opening, porch: Porch) -> None:
    client = await smtp(replace(QUICK, buffered=10_000))
    await client.begin()
    assert await client.say("x" * 15_000 + "\r\n.") == line(refusals.OVERLOADED)
    for command in BEGUN[1], READY[2], "DATA":
        await client.say(command)
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


async def test_memory_of_a_mail_that_is_being_stored_counts(smtp: Opening, porch: Porch) -> None:
    """Its sender may be gone; whoever answers for it slowly, a name server for one, may not pile up mails without end."""
    first, second = await smtp(replace(QUICK, buffered=10_000)), await smtp()
    porch.go_on.clear()
    await first.begin()
    first.send("x" * 9_000 + "\r\n.\r\n")
    await until(porch.arrived.is_set)
    first.cut()
    await second.begin()
    reply = await second.say("x" * 9_000 + "\r\n.")
    porch.go_on.set()
    assert reply == line(refusals.OVERLOADED)
    await until(lambda: len(porch.envelopes) == 1)
    for command in BEGUN[1], READY[2], "DATA":
        await second.say(command)
    assert (await second.say("x" * 9_000 + "\r\n.")).startswith("250 2.0.0")


async def test_endless_content_ends_the_connection(smtp: Opening, porch: Porch) -> None:
    client = await smtp()
    await client.begin()
    client.send("x" * 100_000)
    assert (await client.reply()).startswith("552 5.3.4")
    assert porch.envelopes == []


async def test_content_that_only_trickles_is_dropped(smtp: Opening, porch: Porch) -> None:
    client = await smtp(replace(QUICK, stall=0.05))
    await client.begin()
    client.send("Subject: a few bytes")
    assert await client.reply() == line(refusals.TOO_SLOW)
    assert porch.envelopes == []


async def test_content_that_never_stalls_still_has_a_last_moment(smtp: Opening, porch: Porch) -> None:
    client = await smtp(replace(QUICK, size=10**9, content=0.3, stall=0.1))
    await client.begin()
    answer = asyncio.create_task(client.reply())
    while not answer.done():
        if not client.writer.is_closing():
            client.send("x" * 80 + "\r\n")
        await asyncio.sleep(0)
    assert await answer == line(refusals.TOO_SLOW)
    assert porch.envelopes == []


async def test_a_command_that_trickles_in_is_as_good_as_silence(smtp: Opening) -> None:
    client = await smtp(replace(QUICK, idle=0.05))
    await client.reply()
    answer, sent = asyncio.create_task(client.reply()), 0
    while not answer.done():
        if sent < LONGEST_COMMAND // 2:
            client.send("N")
            sent += 1
        await asyncio.sleep(0)
    assert await answer == line(refusals.TOO_SLOW)


async def test_a_client_that_reads_nothing_is_dropped(smtp: Opening, servers: list[Server]) -> None:
    client = await smtp(replace(QUICK, idle=0.2, farewell=0.05, idle_commands=10**9))
    await client.reply()
    cast(asyncio.Transport, client.writer.transport).pause_reading()
    client.writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.send("HELP\r\n" * 100_000)
    await until(lambda: servers[0].connections == 0)


async def test_a_mail_that_is_taken_forgives_earlier_errors(smtp: Opening) -> None:
    client = await smtp(replace(QUICK, errors=2))
    await client.reply()
    for _ in range(3):
        replies = [await client.say(word) for word in ["NONSENSE", "NONSENSE", *READY, "DATA", "Subject: x\r\n."]]
        assert replies[-1].startswith("250 2.0.0")


async def test_a_mail_server_of_our_own_is_not_blamed_for_what_it_passes_on(smtp: Opening) -> None:
    client = await smtp(replace(QUICK, errors=1, relays=read_networks(("127.0.0.1",))))
    await client.reply()
    assert [(await client.say(word))[:3] for word in ["NONSENSE"] * 5] == ["500"] * 5


async def test_mails_that_are_refused_count_as_errors(smtp: Opening) -> None:
    client = await smtp(replace(QUICK, errors=1))
    await client.reply()
    refused = [*BEGUN, "RCPT TO:<refuse@post.example.org>", "DATA", "Subject: x\r\n."]
    replies = [await client.say(word) for word in refused * 2]
    assert replies[4].startswith("550 5.1.1")
    assert replies[9] == line(refusals.TOO_MANY_ERRORS)


async def test_commands_that_bring_no_mail_are_not_listened_to_for_ever(smtp: Opening) -> None:
    client = await smtp(replace(QUICK, idle_commands=7))
    await client.reply()
    for word in [*READY, "DATA", "Subject: x\r\n.", "NOOP", "RSET", "HELP", *HELLO, "NOOP", "HELP", *BEGUN]:
        assert (await client.say(word))[0] in "23"
    assert await client.say("RSET") == line(refusals.TOO_MUCH_TALK)
    assert await client.closed()


async def test_strangers_who_connect_too_often_are_put_off_and_their_network_later(smtp: Opening) -> None:
    limits = replace(QUICK, connections_a_minute=2)

    async def greeted(address: str) -> str:
        client = await stranger(smtp, limits, address)
        return await client.reply()

    assert [(await greeted("203.0.113.1"))[:3] for _ in range(2)] == ["220", "220"]
    assert await greeted("203.0.113.1") == line(refusals.CONNECTING_TOO_FAST)
    for number in range(2, 1 + NETWORK_SHARE):
        assert [(await greeted(f"203.0.113.{number}"))[:3] for _ in range(2)] == ["220", "220"]
    assert await greeted("203.0.113.200") == line(refusals.CONNECTING_TOO_FAST)
    assert (await greeted("198.51.100.1")).startswith("220 ")


async def test_our_own_machines_may_connect_as_often_as_they_like(smtp: Opening) -> None:
    for _ in range(4):
        client = await smtp(replace(QUICK, connections_a_minute=1))
        assert (await client.reply()).startswith("220 ")
        await client.say("QUIT")


async def test_strangers_of_whom_much_was_refused_are_not_heard_again_for_a_while(smtp: Opening) -> None:
    limits = replace(QUICK, errors_in_all=3)
    for _ in range(3):
        client = await stranger(smtp, limits)
        await client.reply()
        for word in [*BEGUN, "RCPT TO:<nobody@post.example.org>", "QUIT"]:
            await client.say(word)
    assert await (await stranger(smtp, limits)).reply() == line(refusals.REFUSED_TOO_OFTEN)
    assert (await (await stranger(smtp, limits, "198.51.100.1")).reply()).startswith("220 ")


async def test_what_is_put_off_is_not_held_against_a_stranger(smtp: Opening) -> None:
    limits = replace(QUICK, errors_in_all=1)
    for _ in range(3):
        client = await stranger(smtp, limits)
        await client.reply()
        for word in [*BEGUN, "RCPT TO:<late@post.example.org>", "DATA", "Subject: x\r\n.", "QUIT"]:
            assert (await client.say(word))[0] in "234"


async def test_connections_are_limited_by_who_calls_and_not_by_the_proxy(smtp: Opening) -> None:
    limits = replace(QUICK, connections_per_address=1, connections_per_network=2)
    assert (await (await stranger(smtp, limits, "203.0.113.1")).reply()).startswith("220 ")
    assert await (await stranger(smtp, limits, "203.0.113.1")).reply() == line(refusals.TOO_MANY_CONNECTIONS)
    assert (await (await stranger(smtp, limits, "203.0.113.2")).reply()).startswith("220 ")
    assert await (await stranger(smtp, limits, "203.0.113.3")).reply() == line(refusals.TOO_MANY_CONNECTIONS)
    assert (await (await stranger(smtp, limits, "198.51.100.1")).reply()).startswith("220 ")


def version_2(command: int, family: int, addresses: bytes) -> bytes:
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x20 | command, family, len(addresses)) + addresses


_FOUR = socket.inet_aton("203.0.113.66") + socket.inet_aton("192.0.2.1") + struct.pack("!HH", 5555, 25)
_SIX = socket.inet_pton(socket.AF_INET6, "2001:db8::66") * 2 + struct.pack("!HH", 5555, 25)


@pytest.mark.parametrize(
    ("header", "peer"),
    [
        (b"PROXY TCP4 203.0.113.66 192.0.2.1 5555 25\r\n", "203.0.113.66"),
        (b"PROXY TCP6 2001:db8::66 2001:db8::1 5555 25\r\n", "2001:db8::66"),
        (b"PROXY TCP6 ::ffff:203.0.113.66 ::1 5555 25\r\n", "203.0.113.66"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (version_2(1, 0x11, _FOUR), "203.0.113.66"),
        (version_2(1, 0x21, _SIX + b"\x04\0\1x"), "2001:db8::66"),
        (version_2(0, 0x11, _FOUR), "127.0.0.1"),
        (version_2(0, 0, b""), "127.0.0.1"),
    ],
)
async def test_a_trusted_proxy_says_who_calls(smtp: Opening, porch: Porch, header: bytes, peer: str) -> None:
    client = await smtp(QUICK, proxies=PROXIES)
    client.send(header)
    await client.begin()
    assert (await client.say("Subject: x\r\n.")).startswith("250 ")
    assert porch.envelopes[0].peer_ip == porch.sessions[0].peer_ip == peer


@pytest.mark.parametrize(
    "header",
    [
        b"EHLO client.example\r\n",
        b"PROXY TCP4 203.0.113.66\r\n",
        b"PROXY TCP4 2001:db8::66 192.0.2.1 5555 25\r\n",
        b"PROXY TCP4 203.0.113.66 192.0.2.1 70000 25\r\n",
        b"PROXY " + b"x" * 20_000 + b"\r\n",
        b"\r\n\r\n\0\r\nQUIT!" + bytes(4),
        version_2(1, 0x11, b"short"),
        version_2(7, 0x11, _FOUR),
    ],
)
async def test_a_trusted_proxy_that_says_it_wrong_ends_the_connection(smtp: Opening, header: bytes) -> None:
    client = await smtp(QUICK, proxies=PROXIES)
    client.send(header)
    assert await client.reply() == line(refusals.NO_PROXY_HEADER)


async def test_a_proxy_header_from_anyone_else_is_talk_before_the_greeting(smtp: Opening) -> None:
    client = await smtp(QUICK, proxies=read_networks(("10.0.0.0/8", "::1")))
    client.send("PROXY TCP4 203.0.113.66 192.0.2.1 5555 25\r\n")
    first = await client.reply()
    assert first == line(refusals.TALKED_FIRST) or (await client.reply()) == line(refusals.NO_SUCH_COMMAND)
