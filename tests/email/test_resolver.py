"""The real resolver against a real DNS server on loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from gateway.email import resolver
from gateway.email.resolver import Bounded, DnsResolver, DnsTrouble, Kind

RECORDS = {
    ("example.org.", "TXT"): ['"v=spf1 " "-all"', '"caf\\233"'],
    ("example.org.", "MX"): ["10 mail.example.org."],
    ("mail.example.org.", "A"): ["192.0.2.10"],
    ("mail.example.org.", "AAAA"): ["2001:db8::10"],
    ("10.2.0.192.in-addr.arpa.", "PTR"): ["mail.example.org."],
}


class NameServer(asyncio.DatagramProtocol):
    """Answers from RECORDS, fails for `broken.`, says nothing about `silent.`, and counts. What is not there may be kept for `lack` seconds."""

    def __init__(self) -> None:
        self.questions = 0
        self.port = 0
        self.ttl = 300
        self.lack: int | None = 600

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        self.questions += 1
        name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        found = RECORDS.get((name, kind))
        if name == "silent.":
            return
        if name == "broken.":
            response.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            response.answer.append(dns.rrset.from_text_list(question.name, self.ttl, "IN", kind, found))
        else:
            if not any(name == known for known, _ in RECORDS):
                response.set_rcode(dns.rcode.NXDOMAIN)
            if self.lack is not None:
                soa = f"ns.example. hostmaster.example. 1 3600 600 86400 {self.lack}"
                response.authority.append(dns.rrset.from_text(question.name.parent(), 86400, "IN", "SOA", soa))
        self.transport.sendto(response.to_wire(), address)


def resolver_of(nameserver: NameServer, **options: Any) -> DnsResolver:
    """One that waits long for an answer."""
    return DnsResolver((f"127.0.0.1:{nameserver.port}",), **{"timeout": 60, **options})


@pytest.fixture
async def nameserver() -> AsyncIterator[NameServer]:
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        NameServer, local_addr=("127.0.0.1", 0)
    )
    yield server
    transport.close()


@pytest.mark.parametrize(
    ("name", "kind", "answer"),
    [
        ("example.org", "TXT", ("v=spf1 -all", "caf\xe9")),
        ("Example.ORG.", "MX", ("10 mail.example.org",)),
        ("mail.example.org", "A", ("192.0.2.10",)),
        ("mail.example.org", "AAAA", ("2001:db8::10",)),
        ("10.2.0.192.in-addr.arpa", "PTR", ("mail.example.org",)),
        ("example.org", "A", ()),
        ("nobody.example", "TXT", ()),
        ("a..b", "TXT", ()),
        ("x" * 64 + ".example", "TXT", ()),
    ],
)
async def test_answers_come_as_in_a_zone_file(
    nameserver: NameServer, name: str, kind: Kind, answer: tuple[str, ...]
) -> None:
    asked = resolver_of(nameserver)
    assert sorted(await asyncio.to_thread(asked.lookup, name, kind)) == sorted(answer)


@pytest.mark.parametrize("name", ["example.org", "nobody.example"])
async def test_an_answer_is_kept_and_so_is_the_lack_of_one(nameserver: NameServer, name: str) -> None:
    asked = resolver_of(nameserver)
    first = await asyncio.to_thread(asked.lookup, name, "MX")
    assert await asyncio.to_thread(asked.lookup, name, "MX") == first
    assert nameserver.questions == 1


class Clock:
    """Seconds, by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("name", "ttl", "lack", "lasts"),
    [
        ("example.org", 300, 600, 300),
        ("example.org", 7, 600, 7),
        ("example.org", 0, 600, 0),
        ("example.org", 2_000_000, 600, resolver.LONGEST),
        ("nobody.example", 300, 60, 60),
        ("nobody.example", 300, 86_400, resolver.LONGEST_LACK),
        ("mail.example.org", 300, 60, 60),  # the name is there, and has no MX
        ("broken", 300, 60, resolver.FAILURE),
        ("silent", 300, 60, resolver.FAILURE),
    ],
)
async def test_answers_and_their_lack_and_failures_are_kept_for_their_time_and_no_longer(
    nameserver: NameServer, name: str, ttl: int, lack: int, lasts: float
) -> None:
    nameserver.ttl, nameserver.lack, clock = ttl, lack, Clock()
    asked = resolver_of(nameserver, timeout=0.2 if name == "silent" else 60, clock=clock)

    async def ask() -> int:
        """How many questions it took."""
        before = nameserver.questions
        with contextlib.suppress(DnsTrouble):
            await asyncio.to_thread(asked.lookup, name, "MX")
        return nameserver.questions - before

    assert await ask() > 0
    if lasts:
        clock.now += lasts - 0.5
        assert await ask() == 0
        clock.now += 1
    assert await ask() > 0


async def test_the_lack_of_an_answer_without_a_word_how_long_is_not_kept_for_ever(nameserver: NameServer) -> None:
    nameserver.lack, clock = None, Clock()
    asked = resolver_of(nameserver, clock=clock)
    for seconds in (0.0, resolver.LONGEST_LACK + 1):
        clock.now = seconds
        assert await asyncio.to_thread(asked.lookup, "nobody.example", "TXT") == ()
    assert nameserver.questions == 2


async def test_no_more_answers_are_kept_than_there_is_room_for(nameserver: NameServer) -> None:
    asked = resolver_of(nameserver, kept=2)
    for name in ("a.example", "b.example", "c.example", "c.example", "b.example", "a.example"):
        await asyncio.to_thread(asked.lookup, name, "TXT")
    assert nameserver.questions == 4


@pytest.mark.parametrize("name", ["broken", "silent"])
async def test_no_answer_is_trouble(nameserver: NameServer, name: str) -> None:
    asked = resolver_of(nameserver, timeout=0.2 if name == "silent" else 60)
    with pytest.raises(DnsTrouble):
        await asyncio.to_thread(asked.lookup, name, "TXT")


async def test_a_bounded_resolver_asks_each_thing_once_and_no_more_than_it_may(nameserver: NameServer) -> None:
    bounded = Bounded(resolver_of(nameserver), questions=2)
    for _ in range(3):
        await asyncio.to_thread(bounded.lookup, "nobody.example", "A")
    await asyncio.to_thread(bounded.lookup, "example.org.", "MX")
    assert nameserver.questions == 2
    with pytest.raises(DnsTrouble):
        await asyncio.to_thread(bounded.lookup, "example.org", "TXT")


async def test_servers_that_say_nothing_are_told_of_in_the_log_and_a_failing_domain_is_not(
    nameserver: NameServer, caplog: pytest.LogCaptureFixture
) -> None:
    asked = resolver_of(nameserver)
    patience = asked._asked
    assert patience is not None

    async def trouble(name: str, kind: Kind) -> None:
        patience.lifetime = 0.2 if name == "silent" else 60
        with pytest.raises(DnsTrouble):
            await asyncio.to_thread(asked.lookup, name, kind)

    await trouble("broken", "TXT")
    assert caplog.records == []
    for kind in ("TXT", "MX"):
        await trouble("silent", kind)
    first, second = (record.getMessage() for record in caplog.records)
    assert f"127.0.0.1:{nameserver.port} left the last 1 questions unanswered, the newest about silent" in first
    assert "the last 2 questions" in second
    patience.lifetime = 60
    await asyncio.to_thread(asked.lookup, "example.org", "TXT")
    await trouble("silent", "A")
    assert "the last 1 questions" in caplog.records[-1].getMessage()
