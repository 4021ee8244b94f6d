"""The real resolver against a real DNS server on loopback."""

import asyncio
from collections.abc import AsyncIterator

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from gateway.email.resolver import Bounded, DnsResolver, DnsTrouble, Kind

RECORDS = {
    ("example.org.", "TXT"): ['"v=spf1 " "-all"', '"caf\\233"'],
    ("example.org.", "MX"): ["10 mail.example.org."],
    ("mail.example.org.", "A"): ["192.0.2.10"],
    ("mail.example.org.", "AAAA"): ["2001:db8::10"],
    ("10.2.0.192.in-addr.arpa.", "PTR"): ["mail.example.org."],
}


class NameServer(asyncio.DatagramProtocol):
    """Answers from RECORDS, fails for `broken.`, says nothing about `silent.`, and counts."""

    def __init__(self) -> None:
        self.questions = 0
        self.port = 0

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
            response.answer.append(dns.rrset.from_text_list(question.name, 300, "IN", kind, found))
        elif not any(name == known for known, _ in RECORDS):
            response.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(response.to_wire(), address)


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
    resolver = DnsResolver((f"127.0.0.1:{nameserver.port}",))
    assert sorted(await asyncio.to_thread(resolver.lookup, name, kind)) == sorted(answer)


@pytest.mark.parametrize("name", ["example.org", "nobody.example"])
async def test_an_answer_is_kept_and_so_is_the_lack_of_one(nameserver: NameServer, name: str) -> None:
    resolver = DnsResolver((f"127.0.0.1:{nameserver.port}",))
    first = await asyncio.to_thread(resolver.lookup, name, "MX")
    assert await asyncio.to_thread(resolver.lookup, name, "MX") == first
    assert nameserver.questions == 1


@pytest.mark.parametrize("name", ["broken", "silent"])
async def test_no_answer_is_trouble(nameserver: NameServer, name: str) -> None:
    resolver = DnsResolver((f"127.0.0.1:{nameserver.port}",), timeout=0.2)
    with pytest.raises(DnsTrouble):
        await asyncio.to_thread(resolver.lookup, name, "TXT")


async def test_a_bounded_resolver_asks_each_thing_once_and_no_more_than_it_may(nameserver: NameServer) -> None:
    bounded = Bounded(DnsResolver((f"127.0.0.1:{nameserver.port}",)), questions=2)
    for _ in range(3):
        await asyncio.to_thread(bounded.lookup, "nobody.example", "A")
    await asyncio.to_thread(bounded.lookup, "example.org.", "MX")
    assert nameserver.questions == 2
    with pytest.raises(DnsTrouble):
        await asyncio.to_thread(bounded.lookup, "example.org", "TXT")
