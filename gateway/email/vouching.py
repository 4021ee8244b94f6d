"""Who else may vouch for a mail's author: our own mail server, and forwarders whom the operator trusts.

A signature outlives whoever the mail was for: anybody who ever got a mail that a large provider sealed can send it on, unchanged, seal and all. So a
seal, like a DKIM signature, needs To or Cc to name the recipient and all that matters to be covered; unless SPF says that one of the trusted forwarders brings the mail itself.
"""

from dataclasses import dataclass

from gateway.email.arc import Chain, believed_results, check_arc, is_one_of
from gateway.email.authentication_results import Results, believed
from gateway.email.dkim_check import signed_whole_by
from gateway.email.dmarc import Policy, is_aligned
from gateway.email.resolver import Resolver
from gateway.email.signatures import MEANING, RECIPIENTS, SignedMail
from gateway.email.spf_check import SpfResult

_EVERYTHING = RECIPIENTS | MEANING


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose word about a mail is taken.

    `authserv_id` names the results of our own mail server, and is empty when the mail did not come from it; `sealers` are domains of forwarders.
    """

    authserv_id: str = ""
    sealers: frozenset[str] = frozenset()


NOBODY = Trust()


@dataclass(frozen=True, slots=True)
class Proof:
    """Something that proves the author. `fresh`: it is about this delivery, and no old mail sent on.

    Else `whole` are the headers, in lower case, that nobody can have changed since.
    """

    fresh: bool = False
    whole: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Author:
    """Whose proof is wanted: the domain in From, and how strictly it asks to be matched."""

    domain: str
    policy: Policy

    def is_meant(self, domain: str, *, by_spf: bool) -> bool:
        """Whether what a domain proves speaks for the author."""
        strict = self.policy.strict_spf if by_spf else self.policy.strict_dkim
        return is_aligned(domain, self.domain, strict=strict)


def our_results(mail: SignedMail, trust: Trust) -> Results | None:
    """What our own mail server wrote on top of the mail, if it did."""
    return believed(mail.values(b"authentication-results"), trust.authserv_id)


def spf_in(results: Results | None) -> SpfResult | None:
    """What our own mail server says of SPF: it has seen the peer."""
    found = next((one for one in results.found if one.method == "spf"), None) if results else None
    return SpfResult(found.result, found.domain("smtp.mailfrom", "smtp.helo")) if found else None


def vouched_for(mail: SignedMail, results: Results, author: Author) -> list[Proof]:
    """What results of somebody we trust prove by DKIM or DMARC. A pass without any signature of the author's can only be SPF's."""

    def is_meant(domain: str) -> bool:
        return author.is_meant(domain, by_spf=False)

    by_dkim = any(is_meant(one.domain("header.d", "header.i")) for one in results.passed("dkim"))
    by_dmarc = any(one.domain("header.from") == author.domain for one in results.passed("dmarc"))
    if not (by_dkim or by_dmarc):
        return []
    named = signed_whole_by(mail, is_meant)
    return [Proof(whole=_EVERYTHING if named is None and not by_dkim else named or frozenset())]


def sealed_proofs(
    mail: SignedMail, author: Author, spf: SpfResult, trust: Trust, resolver: Resolver
) -> tuple[Chain, list[Proof]]:
    """The mail's chain of seals, and what trusted forwarders in it prove; nobody asks the DNS when none is trusted."""
    if not trust.sealers:
        return Chain(), []
    chain = check_arc(mail, resolver)
    fresh = spf.result == "pass" and is_one_of(spf.domain, trust.sealers)
    proofs = [
        Proof(fresh, chain.whole & one.whole)
        for results in believed_results(chain, trust.sealers)
        for one in _seen(mail, results, author)
    ]
    return chain, proofs


def _seen(mail: SignedMail, results: Results, author: Author) -> list[Proof]:
    """What a forwarder saw: mail that came from the author's own provider was theirs as it stood, header included."""
    by_spf = (one.domain("smtp.mailfrom", "smtp.helo") for one in results.passed("spf"))
    if any(author.is_meant(domain, by_spf=True) for domain in by_spf):
        return [Proof(whole=_EVERYTHING)]
    return vouched_for(mail, results, author)
