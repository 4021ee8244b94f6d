"""Questions to the DNS, behind one small protocol, so that tests and benchmarks can answer them."""

from typing import Literal, Protocol

import dns.exception
import dns.name
import dns.nameserver
import dns.resolver

Kind = Literal["A", "AAAA", "MX", "PTR", "TXT"]


class DnsTrouble(Exception):
    """No answer now: a timeout, a failing server, no server configured, or too many questions. Later may be better."""


class Resolver(Protocol):
    """Answers questions to the DNS."""

    def lookup(self, name: str, kind: Kind) -> tuple[str, ...]:
        """The records of `name` as in a zone file, names in lower case and without the final dot: `192.0.2.1`, `10 mx.example.org`.

        The strings of a TXT record are joined; each octet stands as one character (Latin-1). Empty when there is no such name
        or record. Raises DnsTrouble. Called from several threads.
        """


class DnsResolver:
    """The real one. It asks the servers named (default: the system's) and keeps answers as long as they may be kept.

    A server is `192.0.2.53` or `192.0.2.53:5353` or `[2001:db8::53]:5353`.
    """

    def __init__(self, nameservers: tuple[str, ...] = (), *, timeout: float = 4.0, kept: int = 10_000) -> None:
        self._asked: dns.resolver.Resolver | None = None
        try:
            self._asked = dns.resolver.Resolver(configure=not nameservers)
        except dns.resolver.NoResolverConfiguration:
            return
        if nameservers:
            self._asked.nameservers = [_server(one) for one in nameservers]
        self._asked.lifetime = timeout
        self._asked.cache = dns.resolver.LRUCache(kept)

    def lookup(self, name: str, kind: Kind) -> tuple[str, ...]:
        if self._asked is None:
            raise DnsTrouble("No DNS server is configured.")
        try:
            answer = self._asked.resolve(dns.name.from_text(name), kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return ()
        except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.BadEscape, UnicodeError):
            return ()
        except (dns.exception.DNSException, OSError) as trouble:
            raise DnsTrouble(str(trouble)) from trouble
        return tuple(_text(record, kind) for record in answer.rrset or ())


class Bounded:
    """Asks another resolver at most `questions` things, each once, so that one mail cannot keep us asking."""

    def __init__(self, resolver: Resolver, questions: int = 60) -> None:
        self._resolver, self._left = resolver, questions
        self._known: dict[tuple[str, Kind], tuple[str, ...]] = {}

    def lookup(self, name: str, kind: Kind) -> tuple[str, ...]:
        """The same answer as the other's. Raises DnsTrouble when the questions are used up, too."""
        key = (name.rstrip(".").lower(), kind)
        if key not in self._known:
            if self._left == 0:
                raise DnsTrouble("One mail asks for too many lookups.")
            self._left -= 1
            self._known[key] = self._resolver.lookup(*key)
        return self._known[key]


def _server(named: str) -> dns.nameserver.Nameserver:
    host, colon, port = named.rpartition(":")
    if colon and port.isdigit() and (host.count(":") == 0 or host.endswith("]")):
        return dns.nameserver.Do53Nameserver(host.strip("[]"), int(port))
    return dns.nameserver.Do53Nameserver(named.strip("[]"))


def _text(record: object, kind: Kind) -> str:
    if kind == "TXT":
        strings: tuple[bytes, ...] = getattr(record, "strings", ())
        return b"".join(strings).decode("latin-1")
    return str(record).removesuffix(".").lower()
