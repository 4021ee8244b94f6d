"""SPF (RFC 7208) by pyspf, asking our resolver.

pyspf has no parameter for a resolver, but all its questions go through one method of its query, which is ours here. So nothing
global is replaced, and each check has its own.
"""

from dataclasses import dataclass
from typing import Any, cast

import spf

from gateway.core.people.domains import a_label
from gateway.email.resolver import DnsTrouble, Kind, Resolver

_LONGEST_RECORD = 4096  # characters


@dataclass(frozen=True, slots=True)
class SpfResult:
    """`result` is a word of RFC 7208 section 2.6: pass, fail, softfail, neutral, none, temperror or permerror."""

    result: str
    domain: str = ""


def check_spf(peer_ip: str, helo: str, mail_from: str, resolver: Resolver) -> SpfResult:
    """Whether `peer_ip` may send for the domain of `mail_from`, or of `helo` when that is the null sender."""
    host = helo if _is_domain(helo) else ""
    local, _, domain = mail_from.rpartition("@") if mail_from else ("postmaster", "", host)
    domain = a_label(domain)
    if not peer_ip or not domain or not domain.isascii() or domain.startswith("["):
        return SpfResult("none", domain)
    sender = f"{local.encode('ascii', 'replace').decode() or 'postmaster'}@{domain}"
    query = _Query(resolver, peer_ip, sender, host or "unknown")
    result, _, _ = query.check()
    return SpfResult(result if result != "ambiguous" else "permerror", domain)


class _Query(spf.query):  # type: ignore[misc]
    def __init__(self, resolver: Resolver, peer_ip: str, sender: str, helo: str) -> None:
        self._resolver = resolver
        super().__init__(i=peer_ip, s=sender, h=helo)

    def dns(self, name: object, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
        """The records in pyspf's shapes. A resolver follows CNAMEs by itself."""
        host = str(name).rstrip(".").lower()
        if not all(0 < len(label) < 64 for label in host.split(".")):
            return []
        try:
            found = self._resolver.lookup(host, cast(Kind, qtype))
        except DnsTrouble as trouble:
            raise spf.TempError(f"DNS {trouble}") from trouble
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("Too many lookups found nothing")
        return [_shaped(record, qtype) for record in found]


def _shaped(record: str, qtype: str) -> Any:
    if qtype == "TXT":
        return [record[:_LONGEST_RECORD].encode("latin-1", "replace")]
    if qtype == "MX":
        preference, _, host = record.partition(" ")
        return int(preference), host
    return record


def _is_domain(text: str) -> bool:
    return "." in text and not text.startswith("[") and text.isprintable() and " " not in text
