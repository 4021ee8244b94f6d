"""DKIM (RFC 6376): which domains signed a mail, for as much of it as counts.

A signature counts when it covers From and the whole body: `l=` would let anyone append to the mail. What has expired (`x=`) counts no more.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.core.people.domains import a_label
from gateway.email.resolver import Resolver
from gateway.email.signatures import (
    LONGEST_SIGNATURE,
    Field,
    Keys,
    Signature,
    SignedMail,
    chosen,
    is_signed_by,
    read_signature,
    read_tags,
)

_MOST_SIGNATURES = 5
_DKIM = b"dkim-signature"


@dataclass(frozen=True, slots=True)
class DkimResult:
    """`domains` signed validly; `found` counts the signatures there were; `trouble` says a key could not be asked for.

    `whole` are the headers, in lower case, that each of the domains signed so that nobody who sends the mail on can have changed them
    (`Signature.covers_whole`).
    """

    domains: tuple[str, ...] = ()
    whole: tuple[frozenset[str], ...] = ()
    found: int = 0
    trouble: bool = False


def check_dkim(mail: SignedMail, resolver: Resolver, now: float) -> DkimResult:
    """The domains whose signatures are valid at `now`, in seconds since 1970."""
    written = [one for one in mail.fields if one.name == _DKIM]
    keys = Keys(resolver)
    signed: dict[str, frozenset[str]] = {}
    for one in written[:_MOST_SIGNATURES]:
        signature = read_signature(one)
        if signature is not None and _counts(signature, now) and _is_valid(signature, mail, keys):
            whole = signature.covers_whole(mail)
            signed[signature.domain] = signed.get(signature.domain, frozenset()) | whole
    return DkimResult(tuple(signed), tuple(signed.values()), len(written), keys.trouble)


def signed_whole_by(mail: SignedMail, is_meant: Callable[[str], bool]) -> frozenset[str] | None:
    """Which headers all signatures of the domains meant cover whole, for somebody else who found one valid; None without such a signature."""
    named = []
    for one in mail.fields:
        if one.name == _DKIM and is_meant(_domain(one)):
            signature = read_signature(one)
            named.append(signature.covers_whole(mail) if signature is not None else frozenset[str]())
    return frozenset.intersection(*named) if named else None


def _domain(written: Field) -> str:
    tags = read_tags(written.value[:LONGEST_SIGNATURE].decode("utf-8", "replace")) or {}
    return a_label(tags.get("d", ""))


def _counts(signature: Signature, now: float) -> bool:
    """Whether it would prove anything if it were valid (RFC 6376 section 6.1.1)."""
    tags = signature.tags
    expires, agent = tags.get("x", ""), a_label(tags.get("i", "").rpartition("@")[2]) or signature.domain
    return (
        tags.get("v") == "1"
        and "l" not in tags
        and b"from" in signature.covered
        and (not expires or (expires.isascii() and expires.isdigit() and now < int(expires[:15])))
        and (agent == signature.domain or agent.endswith(f".{signature.domain}"))
    )


def _is_valid(signature: Signature, mail: SignedMail, keys: Keys) -> bool:
    if mail.present[b"from"] != 1 or not signature.fits_body(mail):
        return False
    key = keys.key(signature)
    relaxed = signature.tags.get("c", "simple").partition("/")[0] == "relaxed"
    return key is not None and is_signed_by(signature, chosen(mail, signature.covered), key, relaxed=relaxed)
