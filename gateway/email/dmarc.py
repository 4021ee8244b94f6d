"""DMARC (RFC 7489): what the author's domain asks for, and which domains may speak for it."""

import importlib.resources
from dataclasses import dataclass
from functools import cache

from publicsuffix2 import PublicSuffixList

from gateway.email.resolver import Resolver

_POLICIES = frozenset({"none", "quarantine", "reject"})


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain publishes: `asked` is none, quarantine or reject; empty when it publishes nothing."""

    asked: str = ""
    strict_spf: bool = False
    strict_dkim: bool = False


def policy_of(domain: str, resolver: Resolver) -> Policy:
    """The policy for mail from `domain`: its own, else that of its organisational domain (section 6.6.3).

    Raises DnsTrouble.
    """
    own = _record(domain, resolver)
    if own:
        return _policy(own, own.get("p", ""))
    organisation = organisational_domain(domain)
    shared = _record(organisation, resolver) if organisation != domain else {}
    return _policy(shared, shared.get("sp", shared.get("p", ""))) if shared else Policy()


def is_aligned(domain: str, author_domain: str, *, strict: bool = False) -> bool:
    """Whether what `domain` proved speaks for `author_domain` (section 3.1): the same organisation, or if strict the same."""
    if not domain or not author_domain:
        return False
    return domain == author_domain or (
        not strict and organisational_domain(domain) == organisational_domain(author_domain)
    )


def organisational_domain(domain: str) -> str:
    """The part of a domain that somebody registered, by the Public Suffix List; a public suffix stands for itself.

    Under a top-level domain that the list does not know, somebody registers two labels: publicsuffix2 would make it one, and
    everybody there one organisation.
    """
    if _suffixes().get_tld(domain, strict=True) is None:
        return ".".join(domain.split(".")[-2:])
    return str(_suffixes().get_sld(domain))


def _record(domain: str, resolver: Resolver) -> dict[str, str]:
    """The tags of the one DMARC record; none when there are several (section 6.6.3)."""
    found = [text for text in resolver.lookup(f"_dmarc.{domain}", "TXT") if text.startswith("v=DMARC1")]
    if len(found) != 1:
        return {}
    tags = (tag.partition("=") for tag in found[0][:4096].split(";"))
    return {name.strip().lower(): value.strip().lower() for name, _, value in tags}


def _policy(tags: dict[str, str], asked: str) -> Policy:
    """An invalid policy counts as none (section 6.6.3)."""
    return Policy(asked if asked in _POLICIES else "none", tags.get("aspf") == "s", tags.get("adkim") == "s")


@cache
def _suffixes() -> PublicSuffixList:
    """The list that authheaders ships, which is newer than publicsuffix2's own."""
    text = (importlib.resources.files("authheaders") / "public_suffix_list.txt").read_text(encoding="utf-8")
    return PublicSuffixList(text.splitlines())
