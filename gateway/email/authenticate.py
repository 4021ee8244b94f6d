"""Whether a mail comes from whom it says: SPF, DKIM and DMARC in one verdict.

Each of the three proves a domain, and a proof counts when that domain is aligned with the one in From:

    SPF    the peer's address may send for the domain of MAIL FROM     forwarding breaks it
    DKIM   the domain signed From and the body                         changing the mail breaks it
    DMARC  the author's domain says what to do when neither counts     nothing, quarantine or reject

A verdict is one of four: `aligned` (the author is proved), `failed` (the author's domain asks us not to believe this mail),
`temporary` (the DNS gave no answer that would decide; ask the client to come again), or none of them: no proof, no objection. A DMARC
result of fail under the policy `none` is not `failed`: that domain asks that nothing be done.

Results that others found are believed from two only, and from nobody unless the operator says so (`vouching`): our own mail server in front of us,
and forwarders in an unbroken chain of ARC seals. DNS trouble of a peer on our own machine or network, as when there is no DNS at all, counts as no
proof. Without a peer's address (a pipe, a Unix socket) SPF proves nothing, and its absence is not held against the mail.
"""

import ipaddress
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from gateway.core.people.domains import a_label
from gateway.email.arc import Chain
from gateway.email.author import author
from gateway.email.dkim_check import DkimResult, check_dkim
from gateway.email.dmarc import Policy, policy_of
from gateway.email.resolver import Bounded, DnsResolver, DnsTrouble, Resolver
from gateway.email.signatures import MEANING, RECIPIENTS, SignedMail, signed_mail
from gateway.email.spf_check import SpfResult, check_spf
from gateway.email.vouching import NOBODY, Author, Proof, Trust, our_results, sealed_proofs, spf_in, vouched_for

__all__ = ["DnsResolver", "DnsTrouble", "Resolver", "Trust", "Verdict", "authenticate"]

T = TypeVar("T")
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

    `is_fresh` says that a proof is about this very delivery. Any other may have been sent on by anybody who got the mail: `signed_recipients`
    are the headers among To and Cc, in lower case, that nobody can have added to it then, and `is_whole` says that nobody can have changed what it
    says, what it answers, or whether it looks like a new one.
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
    is_fresh: bool = False
    signed_recipients: frozenset[str] = frozenset()
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class _Evidence:
    """All that was found out, before it is weighed. `policy` is None when the DNS would not say."""

    author: Author
    spf: SpfResult
    dkim: DkimResult
    policy: Policy | None
    chain: Chain
    proofs: tuple[Proof, ...]


def authenticate(
    raw: bytes,
    *,
    peer_ip: str,
    helo: str,
    mail_from: str,
    resolver: Resolver,
    trust: Trust = NOBODY,
    now: float | None = None,
) -> Verdict:
    """The verdict on one mail at `now` (None: at this moment). Never raises; blocks while it asks the DNS, so call it in a thread."""
    bounded = Bounded(resolver)
    found = author(raw)
    if not found.address:
        return Verdict("", "", "none", "", (), "permerror", "", False, False, False, found.problem)
    mail = signed_mail(raw)
    spf = _or(lambda: check_spf(peer_ip, helo, mail_from, bounded), SpfResult("permerror"), "SPF")
    moment = time.time() if now is None else now
    evidence = _evidence(mail, a_label(found.address.rpartition("@")[2]), spf, bounded, trust, moment)
    return _weighed(found.address, evidence, peer_ip)


def _evidence(mail: SignedMail, domain: str, spf: SpfResult, resolver: Resolver, trust: Trust, now: float) -> _Evidence:
    """What SPF, DKIM and those who vouch say; seals are looked at only when nothing else proves the author."""
    results = our_results(mail, trust)
    spf = (spf_in(results) or spf) if spf.result == "none" else spf
    dkim = _or(lambda: check_dkim(mail, resolver, now), DkimResult(), "DKIM")
    policy = _policy(domain, resolver)
    meant = Author(domain, policy or Policy())
    signed = zip(dkim.domains, dkim.whole, strict=True)
    proofs = [Proof(whole=whole) for signer, whole in signed if meant.is_meant(signer, by_spf=False)]
    if spf.result == "pass" and meant.is_meant(spf.domain, by_spf=True):
        proofs.append(Proof(fresh=True))
    if results is not None:
        proofs += vouched_for(mail, results, meant)
    none: tuple[Chain, list[Proof]] = Chain(), []
    chain, more = none if proofs else _or(lambda: sealed_proofs(mail, meant, spf, trust, resolver), none, "ARC")
    return _Evidence(meant, spf, dkim, policy, chain, (*proofs, *more))


def _weighed(address: str, found: _Evidence, peer_ip: str) -> Verdict:
    spf, dkim, asked = found.spf, found.dkim, found.author.policy
    aligned, unanswered = bool(found.proofs), dkim.trouble or found.chain.trouble
    if is_ours(peer_ip):
        trouble = not aligned and unanswered and not peer_ip
    else:
        trouble = not aligned and (unanswered or spf.result == "temperror" or found.policy is None)
    unseen = not peer_ip and spf.result == "none" and not dkim.found
    whole = frozenset[str]().union(*(one.whole for one in found.proofs))
    dmarc = _dmarc(asked, aligned=aligned, trouble=trouble, unseen=unseen)
    return Verdict(
        from_address=address,
        from_domain=found.author.domain,
        spf=spf.result,
        spf_domain=spf.domain,
        dkim=dkim.domains,
        dmarc=dmarc,
        policy=asked.asked,
        aligned=aligned,
        failed=dmarc == "fail" and asked.asked in {"quarantine", "reject"},
        temporary=trouble,
        summary=_summary(found, dmarc, trouble=trouble),
        is_fresh=any(one.fresh for one in found.proofs),
        signed_recipients=whole & RECIPIENTS,
        is_whole=whole >= MEANING,
    )


def _or(work: Callable[[], T], otherwise: T, name: str) -> T:
    """What the work gives, or this when there is a fault of ours in it, which is logged."""
    try:
        return work()
    except Exception:
        log.exception("%s could not be checked", name)
        return otherwise


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


@lru_cache(4096)
def is_ours(peer_ip: str) -> bool:
    """Whether a peer is this machine or its network; also when nobody said who it is."""
    try:
        address = ipaddress.ip_address(peer_ip)
    except ValueError:
        return True
    return any(address in network for network in _OURS if network.version == address.version)


def _summary(found: _Evidence, dmarc: str, *, trouble: bool) -> str:
    spf, dkim, policy = found.spf, found.dkim, found.author.policy
    said = [f"SPF: {spf.result}{f' for {spf.domain}' if spf.domain else ''}"]
    if dkim.domains:
        said.append(f"DKIM: pass for {', '.join(dkim.domains)}")
    else:
        said.append("DKIM: no valid signature" if dkim.found else "DKIM: none")
    if found.chain.result != "none":
        sealers = ", ".join(domain for domain, _ in found.chain.sealed)
        said.append(f"ARC: {found.chain.result}{f', sealed by {sealers}' if sealers else ''}")
    said.append(f"DMARC of {found.author.domain}: {dmarc}{f' (policy {policy.asked})' if policy.asked else ''}")
    words = "; ".join(said) + "."
    return f"{words} The DNS did not answer everything; later it may." if trouble else words
