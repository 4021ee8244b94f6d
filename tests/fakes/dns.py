"""A real DNS server on loopback with the zones a test gives it: UDP, RFC 1035, answers for A, AAAA, MX, PTR and TXT."""

import asyncio
from collections.abc import Mapping
from typing import Any, Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zones = Mapping[tuple[str, str], tuple[str, ...]]
"""Records by (name, kind); TXT records without quotation marks."""


class DnsFake(asyncio.DatagramProtocol):
    """An async context; `address` is `127.0.0.1:port`. Names in `failing` get SERVFAIL."""

    def __init__(self, zones: Zones, failing: frozenset[str] = frozenset()) -> None:
        self.zones, self.failing = zones, failing
        self.asked: list[tuple[str, str]] = []
        self._transport: Any = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    async def __aexit__(self, *error: object) -> None:
        self._transport.close()

    @property
    def address(self) -> str:
        return "127.0.0.1:{}".format(self._transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        [question] = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA | dns.flags.RA
        if name in self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif records := self.zones.get((name, kind)):
            texts = [_quoted(text) if kind == "TXT" else text for text in records]
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *texts))
        elif all(known != name for known, _ in self.zones):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(answer.to_wire(max_size=65535), addr)


def _quoted(text: str) -> str:
    """A TXT record's strings hold 255 octets each (RFC 1035, 3.3.14)."""
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))
