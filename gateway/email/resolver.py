"""Questions to the DNS, behind one small protocol, so that tests and benchmarks can answer them."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import dns.exception
import dns.message
import dns.name
import dns.nameserver
import dns.resolver

Kind = Literal["A", "AAAA", "MX", "PTR", "TXT"]


_SILENT = "The DNS servers %s left the last %d questions unanswered, the newest about %s: mail whose sender can't be checked is put off (451 4.7.0)."
_NONE = "No DNS server is configured, neither by dns_servers nor in the system: mail whose sender can't be checked is put off (451 4.7.0)."

log = logging.getLogger(__name__)


class DnsTrouble(Exception):
    """No answer now: a timeout, a failing server, no server configured, or too many questions. Later may be better."""


class Resolver(Protocol):
    """Answers questions to the DNS."""

    def lookup(self, name: str, kind: Kind) -> tuple[str, ...]:
        """The records of `name` as in a zone file, names in lower case and without the final dot: `192.0.2.1`, `10 mx.example.org`.

        The strings of a TXT record are joined; each octet stands as one character (Latin-1). Empty when there is no such name
        or record. Raises DnsTrouble. Called from several threads.
        """


LONGEST = 24 * 3600.0  # seconds that an answer is kept at most
LONGEST_LACK = 900.0  # the same for the lack of one: who publishes a record wants it seen
FAILURE = 30.0  # for trouble (RFC 9520 allows 1 to 300): many mails of one domain must not all wait for its dead server


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer until it is stale; `trouble` instead of records says why there is none."""

    until: float
    records: tuple[str, ...] = ()
    trouble: str = ""


class DnsResolver:
    """The real one. It asks the servers named (default: the system's) and keeps answers as long as they may be kept (RFC 2181, RFC 2308).

    A server is `192.0.2.53` or `192.0.2.53:5353` or `[2001:db8::53]:5353`. `timeout` is for one question in all, in seconds. May be used from
    several threads.
    """

    def __init__(
        self,
        nameservers: tuple[str, ...] = (),
        *,
        timeout: float = 4.0,
        kept: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._asked: dns.resolver.Resolver | None = None
        self._clock, self._most = clock, kept
        self._known: OrderedDict[tuple[str, Kind], _Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._unanswered = 0  # questions since a server said anything
        self._servers = ""
        try:
            self._asked = dns.resolver.Resolver(configure=not nameservers)
        except dns.resolver.NoResolverConfiguration:
            return
        if nameservers:
            self._asked.nameservers = [_server(one) for one in nameservers]
        self._servers = ", ".join(nameservers or map(str, self._asked.nameservers))
        self._asked.lifetime = timeout

    def lookup(self, name: str, kind: Kind) -> tuple[str, ...]:
        if self._asked is None:
            log.warning(_NONE)
            raise DnsTrouble("No DNS server is configured.")
        key = (name.rstrip(".").lower(), kind)
        with self._lock:
            found = self._known.get(key)
        if found is None or found.until <= self._clock():
            found = self._fresh(self._asked, name, kind)
            self._keep(key, found)
        if found.trouble:
            raise DnsTrouble(found.trouble)
        return found.records

    def _fresh(self, asked: dns.resolver.Resolver, name: str, kind: Kind) -> _Kept:
        try:
            answer = asked.resolve(dns.name.from_text(name), kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN as lack:
            self._unanswered = 0
            return self._lack(next(iter(lack.kwargs["responses"].values())))
        except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.BadEscape, UnicodeError):
            return _Kept(self._clock() + LONGEST)
        except (dns.exception.DNSException, OSError) as trouble:
            if _was_answered(trouble):
                self._unanswered = 0
            else:
                self._unanswered += 1
                log.warning(_SILENT, self._servers, self._unanswered, name, extra={"seldom": True})
            return _Kept(self._clock() + FAILURE, trouble=str(trouble) or "No answer.")
        self._unanswered = 0
        if answer.rrset is None:
            return self._lack(answer.response)
        lasts = min(answer.chaining_result.minimum_ttl, LONGEST)
        return _Kept(self._clock() + lasts, tuple(_text(record, kind) for record in answer.rrset))

    def _lack(self, response: dns.message.QueryMessage) -> _Kept:
        """That there is no such name or record, as long as the zone says (RFC 2308 section 5)."""
        return _Kept(self._clock() + min(response.resolve_chaining().minimum_ttl, LONGEST_LACK))

    def _keep(self, key: tuple[str, Kind], found: _Kept) -> None:
        with self._lock:
            self._known[key] = found
            self._known.move_to_end(key)
            if len(self._known) > self._most:
                self._known.popitem(last=False)


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


def _was_answered(trouble: Exception) -> bool:
    """Whether a server said anything at all, if only that it can't say."""
    failures = trouble.kwargs.get("errors") if isinstance(trouble, dns.exception.DNSException) else None
    return any(response is not None for *_, response in failures or ())


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
