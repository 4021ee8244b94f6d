"""DKIM (RFC 6376) by dkimpy, with bounds: which domains signed a mail, for as much of it as counts.

A signature counts when it covers From and the whole body: `l=` would let anyone append to the mail. SHA-1 does not count
(RFC 8301). The body's hash is taken here, piece by piece: dkimpy would split the whole mail into lines, and takes quadratic time
for a body of spaces. What dkimpy gets is the header alone, of bounded size, without the long runs of white space that its
patterns trip over.
"""

import base64
import binascii
import hashlib
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

from gateway.email.addresses import a_label
from gateway.email.resolver import DnsTrouble, Resolver

_MOST_SIGNATURES = 5
_LONGEST_SIGNATURE = 4096  # bytes
_LONGEST_HEAD = 256 * 1024
_LONGEST_KEY = 4096  # characters
_LONGEST_BLANK = b" " * 100
_PIECE = 256 * 1024  # bytes of body at a time
_BLANKS = bytes.maketrans(b"\t\r\n", b"   ")
_QUIET = logging.Logger("dkimpy", logging.CRITICAL + 1)  # it would log whatever strangers send


@dataclass(frozen=True, slots=True)
class DkimResult:
    """`domains` signed validly; `found` counts the signatures there were; `trouble` says a key could not be asked for.

    `recipients` are the headers among To and Cc, in lower case, that each of the domains signed whole: somebody who sends the mail on can't have
    added one.
    """

    domains: tuple[str, ...] = ()
    recipients: tuple[frozenset[str], ...] = ()
    found: int = 0
    trouble: bool = False


def check_dkim(raw: bytes, resolver: Resolver) -> DkimResult:
    """The domains whose signatures are valid. Mail with bare LF line ends only, as a pipe gives it, is read with CRLF."""
    head, body = _halves(raw)
    if len(head) > _LONGEST_HEAD or b"dkim-signature" not in head.lower():
        return DkimResult()
    keys = _Keys(resolver)
    try:
        headers = dkim.rfc822_parse(head)[0]
    except dkim.DKIMException:
        return DkimResult()
    values = [value for name, value in headers if name.lower() == b"dkim-signature"]
    present = Counter(name.strip().lower() for name, _ in headers)
    signed: dict[str, frozenset[str]] = {}
    for place, value in enumerate(values[:_MOST_SIGNATURES]):
        if domain := _signer(head, body, place, value, keys):
            signed[domain] = signed.get(domain, frozenset()) | _signed_whole(present, value)
    return DkimResult(tuple(signed), tuple(signed.values()), len(values), keys.trouble)


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    """The header with its blank line, and the body."""
    end = raw.find(b"\r\n\r\n")
    if end < 0 and b"\r\n" not in raw:
        raw = raw.replace(b"\n", b"\r\n")
        end = raw.find(b"\r\n\r\n")
    return (raw, b"") if end < 0 else (raw[: end + 4], raw[end + 4 :])


def _signer(head: bytes, body: bytes, place: int, value: bytes, keys: "_Keys") -> str:
    """The domain of a valid signature, or nothing."""
    if len(value) > _LONGEST_SIGNATURE or _LONGEST_BLANK in value.translate(_BLANKS):
        return ""
    try:
        fields = parse_tag_value(value)
        if not _counts(fields) or _body_hash(body, fields) != base64.b64decode(b"".join(fields[b"bh"].split())):
            return ""
        valid = _Signature(head, logger=_QUIET, minkey=1024).verify(place, keys.lookup)
        return a_label(fields[b"d"].decode("utf-8")) if valid else ""
    except (dkim.DKIMException, InvalidTagValueList, KeyError, ValueError, binascii.Error):
        return ""


def _counts(fields: dict[bytes, bytes]) -> bool:
    covered = {name.strip().lower() for name in fields.get(b"h", b"").split(b":")}
    return fields.get(b"a") in {b"rsa-sha256", b"ed25519-sha256"} and b"l" not in fields and b"from" in covered


def _signed_whole(present: Counter[bytes], value: bytes) -> frozenset[str]:
    """Which of To and Cc a signature covers each time they stand in the mail (RFC 6376 section 5.4.2)."""
    covered = Counter(name.strip().lower() for name in parse_tag_value(value)[b"h"].split(b":"))
    return frozenset(name.decode() for name in (b"to", b"cc") if 0 < present[name] <= covered[name])


def _body_hash(body: bytes, fields: dict[bytes, bytes]) -> bytes:
    relaxed = fields.get(b"c", b"simple/simple").partition(b"/")[2].strip() == b"relaxed"
    digest = hashlib.sha256()
    for piece in canonical_body(body, relaxed=relaxed):
        digest.update(piece)
    return digest.digest()


def canonical_body(body: bytes, *, relaxed: bool) -> Iterator[bytes]:
    """The body as it is signed, in pieces (RFC 6376 sections 3.4.3 and 3.4.4)."""
    empty_lines, any_text, start = 0, False, 0
    while start < len(body):
        end = body.find(b"\r\n", start + _PIECE)
        piece = body[start : end + 2 if end >= 0 else len(body)]
        start += len(piece)
        if relaxed:
            piece = _single_spaces(piece)
        text = piece[: len(piece) - _line_ends(piece)]
        if text:
            yield b"\r\n" * empty_lines
            yield text
            any_text, empty_lines = True, 0
        empty_lines += (len(piece) - len(text)) // 2
    if any_text or not relaxed:
        yield b"\r\n"


def _single_spaces(piece: bytes) -> bytes:
    """Every run of spaces and tabs as one space, none at the end of a line. Each turn halves the runs."""
    piece = piece.replace(b"\t", b" ")
    while b"  " in piece:
        piece = piece.replace(b"  ", b" ")
    return piece.replace(b" \r\n", b"\r\n")


def _line_ends(piece: bytes) -> int:
    """How many bytes at the end are CRLFs."""
    count = 0
    while piece.endswith(b"\r\n", 0, len(piece) - count):
        count += 2
    return count


class _Keys:
    """Asks for public keys as dkimpy wants them, and remembers trouble, which it would take for a missing key."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self.trouble = False

    def lookup(self, name: bytes, timeout: float = 5) -> bytes | None:
        try:
            found = self._resolver.lookup(a_label(name.decode("utf-8")), "TXT")
        except DnsTrouble as trouble:
            self.trouble = True
            raise dkim.DnsTimeoutError(str(trouble)) from trouble
        return found[0][:_LONGEST_KEY].encode("latin-1", "replace") if found else None


class _Signature(dkim.DKIM):  # type: ignore[misc]
    """A signature over a header. The body's hash was compared already, and dkimpy has no body to compare."""

    def verify_headerprep(self, idx: int = 0) -> Any:
        prepared = super().verify_headerprep(idx)
        if not prepared:
            return prepared
        fields, covered, signatures = prepared
        return {name: value for name, value in fields.items() if name != b"bh"}, covered, signatures
