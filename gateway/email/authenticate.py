"""Whether a mail comes from whom it says: SPF, DKIM and DMARC in one verdict.

Each of the three proves a domain, and a proof counts when that domain is aligned with the one in From:

    SPF    the peer's address may send for the domain of MAIL FROM     forwarding breaks it
    DKIM   the domain signed From and the body                         changing the mail breaks it
    DMARC  the author's domain says what to do when neither counts     nothing, quarantine or reject

A verdict is one of four: `aligned` (the author is proved), `failed` (the author's domain asks us not to believe this mail),
`temporary` (the DNS gave no answer that would decide; ask the client to come again), or none of them: no proof, no objection. A DMARC
result of fail under the policy `none` is not `failed`: that domain asks that nothing be done.

Results are never believed from headers. DNS trouble of a peer on our own machine or network, as when there is no DNS at all,
counts as no proof. Without a peer's address (a pipe, a Unix socket) SPF proves nothing, and its absence is not held against
the mail.
"""

import ipaddress
import logging
from dataclasses import dataclass

from gateway.email.addresses import a_label
from gateway.email.author import author
from gateway.email.dkim_check import DkimResult, check_dkim
from gateway.email.dmarc import Policy, is_aligned, policy_of
from gateway.email.resolver import Bounded, DnsResolver, DnsTrouble, Resolver
from gateway.email.spf_check import SpfResult, check_spf

__all__ = ["DnsResolver", "DnsTrouble", "Resolver", "Verdict", "authenticate"]

log = logging.getLogger(__name__)

_OURS = [
    ipaddress.ip_network(text)
    for text in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about a mail's author.

    `from_address` is the one address in From, or empty when there is not exactly one: such a mail has no author, and
    `summary` says why. `spf` and `dmarc` are result words (RFC 8601 section 2.7), `dkim` the domains with a valid signature,
    `policy` what the author's domain asks for. `summary` is a sentence or two for people.

    `by_spf` says that SPF alone would make it aligned. What only DKIM proves may have been sent on by anybody who got it; `signed_recipients`
    are the headers among To and Cc, in lower case, that nobody can have added to it then.
    """

    from_address: str
    from_domain: str
    spf: str
    spf_domain: str
    dkim: tuple[str, ...]
    dmarc: str
    policy: str
    aligned: bool
    failed: bool
    temporary: bool
    summary: str
    by_spf: bool = False
    signed_recipients: frozenset[str] = frozenset()


def authenticate(raw: bytes, *, peer_ip: str, helo: str, mail_from: str, resolver: Resolver) -> Verdict:
    """The verdict on one mail. Never raises; blocks while it asks the DNS, so call it in a thread."""
    bounded = Bounded(resolver)
    found = author(raw)
    domain = a_label(found.address.rpartition("@")[2])
    spf = _spf(peer_ip, helo, mail_from, bounded)
    if not found.address:
        return Verdict("", "", spf.result, spf.domain, (), "permerror", "", False, False, False, found.problem)
    dkim = _dkim(raw, bounded)
    policy = _policy(domain, bounded)
    asked = policy or Policy()
    by_spf = spf.result == "pass" and is_aligned(spf.domain, domain, strict=asked.strict_spf)
    signed = [
        headers
        for signer, headers in zip(dkim.domains, dkim.recipients, strict=True)
        if is_aligned(signer, domain, strict=asked.strict_dkim)
    ]
    aligned = by_spf or bool(signed)
    trouble = not aligned and not is_ours(peer_ip) and (spf.result == "temperror" or dkim.trouble or policy is None)
    dmarc = _dmarc(asked, aligned=aligned, trouble=trouble, unseen=not peer_ip and not dkim.found)
    return Verdict(
        from_address=found.address,
        from_domain=domain,
        spf=spf.result,
        spf_domain=spf.domain,
        dkim=dkim.domains,
        dmarc=dmarc,
        policy=asked.asked,
        aligned=aligned,
        failed=dmarc == "fail" and asked.asked in {"quarantine", "reject"},
        temporary=trouble,
        summary=_summary(domain, spf, dkim, dmarc, asked, trouble=trouble),
        by_spf=by_spf,
        signed_recipients=frozenset().union(*signed),
    )


def _spf(peer_ip: str, helo: str, mail_from: str, resolver: Resolver) -> SpfResult:
    try:
        return check_spf(peer_ip, helo, mail_from, resolver)
    except Exception:
        log.exception("SPF could not be checked")
        return SpfResult("permerror", a_label(mail_from.rpartition("@")[2]))


def _dkim(raw: bytes, resolver: Resolver) -> DkimResult:
    try:
        return check_dkim(raw, resolver)
    except Exception:
        log.exception("DKIM could not be checked")
        return DkimResult()


def _policy(domain: str, resolver: Resolver) -> Policy | None:
    """The policy, or None when the DNS would not say."""
    try:
        return policy_of(domain, resolver)
    except DnsTrouble:
        return None
    except Exception:
        log.exception("A DMARC policy could not be read")
        return Policy()


def _dmarc(policy: Policy, *, aligned: bool, trouble: bool, unseen: bool) -> str:
    if trouble:
        return "temperror"
    if not policy.asked or (unseen and not aligned):
        return "none"
    return "pass" if aligned else "fail"


def is_ours(peer_ip: str) -> bool:
    """Whether a peer is this machine or its network; also when nobody said who it is."""
    try:
        address = ipaddress.ip_address(peer_ip)
    except ValueError:
        return True
    return any(address in network for network in _OURS if network.version == address.version)


def _summary(domain: str, spf: SpfResult, dkim: DkimResult, dmarc: str, policy: Policy, *, trouble: bool) -> str:
    said = [f"SPF: {spf.result}{f' for {spf.domain}' if spf.domain else ''}"]
    if dkim.domains:
        said.append(f"DKIM: pass for {', '.join(dkim.domains)}")
    else:
        said.append("DKIM: no valid signature" if dkim.found else "DKIM: none")
    said.append(f"DMARC of {domain}: {dmarc}{f' (policy {policy.asked})' if policy.asked else ''}")
    words = "; ".join(said) + "."
    return f"{words} The DNS did not answer everything; later it may." if trouble else words
