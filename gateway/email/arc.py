"""ARC (RFC 8617): what forwarders found out about a mail before they changed it, and sealed.

Each forwarder adds a set of three fields under the next number: its results, a signature over the mail as it sent it on, and a seal over all
sets so far. A chain holds when the sets are complete, every seal is valid, and the newest signature fits the mail as it came. That
says who wrote the sets and that nobody changed them since; whether they are believed is another matter (`believed_results`): anybody can seal anything.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from gateway.email.authentication_results import Results, read_results
from gateway.email.resolver import Resolver
from gateway.email.signatures import (
    Field,
    Keys,
    Signature,
    SignedMail,
    chosen,
    is_signed_by,
    read_signature,
    read_tags,
)

_MOST_SETS = 10  # RFC 8617 section 4.2.1 allows 50; each costs a question and a signature
_RESULTS, _MESSAGE, _SEAL = b"arc-authentication-results", b"arc-message-signature", b"arc-seal"


@dataclass(frozen=True, slots=True)
class Chain:
    """What became of a mail's chain: `result` is none, pass or fail; `sealed` holds who sealed what, the newest first.

    `whole` are the headers that the newest signature covers whole; `trouble` says that a key could not be asked for.
    """

    result: str = "none"
    sealed: tuple[tuple[str, Results], ...] = ()
    whole: frozenset[str] = frozenset()
    trouble: bool = False


@dataclass(frozen=True, slots=True)
class _Set:
    """One forwarder's three fields."""

    results: Field
    message: Signature
    seal: Signature


def check_arc(mail: SignedMail, resolver: Resolver) -> Chain:
    """The chain of a mail, as RFC 8617 section 5.2 has it checked."""
    if not any(one.name in {_RESULTS, _MESSAGE, _SEAL} for one in mail.fields):
        return Chain()
    sets = _sets(mail)
    if not sets or not _is_continuous(sets):
        return Chain("fail")
    keys = Keys(resolver)
    newest = sets[-1].message
    holds = (
        newest.fits_body(mail)
        and mail.present[b"from"] == 1
        and _is_signed(newest, chosen(mail, newest.covered), keys)
        and all(_is_signed(one.seal, _sealed(sets, number), keys) for number, one in enumerate(sets))
    )
    if not holds:
        return Chain("fail", trouble=keys.trouble)
    sealed = [(one.seal.domain, _claims(one.results)) for one in reversed(sets)]
    return Chain("pass", tuple(sealed), newest.covers_whole(mail))


def believed_results(chain: Chain, sealers: Collection[str]) -> Iterator[Results]:
    """What forwarders say whom the operator trusts, the newest first, up to the first who is not one of them.

    Whoever stands behind a stranger in the chain is not heard: the stranger may have made it all up, and a mail that passed through their hands
    may have been changed there.
    """
    if chain.result != "pass":
        return
    for domain, results in chain.sealed:
        if not is_one_of(domain, sealers):
            return
        yield results


def is_one_of(domain: str, trusted: Collection[str]) -> bool:
    """Whether a domain is one of those that are trusted, or below one."""
    return any(domain == one or domain.endswith(f".{one}") for one in trusted)


def _sets(mail: SignedMail) -> list[_Set] | None:
    """The sets by number; None unless they are numbered from 1 and each is complete, once."""
    by_number: dict[tuple[int, bytes], Field] = {}
    for one in mail.fields:
        if one.name in {_RESULTS, _MESSAGE, _SEAL}:
            number = _number(one)
            if not 0 < number <= _MOST_SETS or (number, one.name) in by_number:
                return None
            by_number[number, one.name] = one
    sets = []
    for number in range(1, len(by_number) // 3 + 1):
        parts = [by_number.pop((number, name), None) for name in (_RESULTS, _MESSAGE, _SEAL)]
        results, message, seal = parts
        if results is None or message is None or seal is None:
            return None
        made = _made(results, read_signature(message), read_signature(seal))
        if made is None:
            return None
        sets.append(made)
    return None if by_number else sets


def _made(results: Field, message: Signature | None, seal: Signature | None) -> _Set | None:
    """The set, if its signatures are of a kind that counts (sections 4.1.2 and 4.1.3)."""
    if message is None or seal is None or "h" in seal.tags or "l" in message.tags:
        return None
    if b"from" not in message.covered or _SEAL in message.covered:
        return None
    message.tags.setdefault("c", "relaxed/relaxed")  # ARC has no other default
    return _Set(results, message, seal)


def _number(written: Field) -> int:
    """What `i=` says, 0 when it says nothing; in results it stands before the first semicolon (section 4.1.1)."""
    text = written.value.decode("utf-8", "replace")
    tags = read_tags(text.partition(";")[0] if written.name == _RESULTS else text) or {}
    number = tags.get("i", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0


def _is_continuous(sets: Sequence[_Set]) -> bool:
    """Whether the first seal says `none` and every later one that the chain held until then (section 5.2)."""
    return [one.seal.tags.get("cv", "").lower() for one in sets] == ["none"] + ["pass"] * (len(sets) - 1)


def _is_signed(signature: Signature, fields: Iterator[Field], keys: Keys) -> bool:
    """A seal knows the relaxed form only."""
    key = keys.key(signature)
    relaxed = signature.tags.get("c", "relaxed").partition("/")[0] == "relaxed"
    return key is not None and is_signed_by(signature, fields, key, relaxed=relaxed)


def _sealed(sets: Sequence[_Set], number: int) -> Iterator[Field]:
    """What a seal covers before itself: all sets up to its own, in order (section 5.1.1)."""
    for place, one in enumerate(sets[: number + 1]):
        yield one.results
        yield one.message.written
        if place < number:
            yield one.seal.written


def _claims(written: Field) -> Results:
    """The results behind `i=1;`; nothing when they can't be read."""
    text = written.value.decode("utf-8", "replace").partition(";")[2]
    return read_results(text) or Results("")
