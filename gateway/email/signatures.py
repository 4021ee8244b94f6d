"""Signatures over mail as RFC 6376 makes them, for DKIM and for ARC: fields, tags, keys from the DNS, and whether it all fits.

Linear in time for any bytes. RSA with SHA-256 (RFC 8301) and Ed25519 (RFC 8463) count, and nothing older. A key that its domain only tries out
(`t=y`) proves nothing, and neither does one that is made for something else than mail.
"""

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from gateway.core.people.domains import a_label
from gateway.email.fingerprint import NO_FIELD, first_line
from gateway.email.resolver import DnsTrouble, Resolver

_LONGEST_HEAD = 256 * 1024  # bytes; no signature in a longer header is looked at
LONGEST_SIGNATURE = 4096  # bytes
_LONGEST_KEY = 4096  # characters
_SMALLEST_KEY = 1024  # bits (RFC 8301 section 3.2)
_PIECE = 256 * 1024  # bytes of body at a time
_ALGORITHMS = frozenset({"rsa-sha256", "ed25519-sha256"})

RECIPIENTS = frozenset({"to", "cc"})
_STANDS = RECIPIENTS | {"message-id"}  # what is not there can't be covered
_NAMED = frozenset({"subject", "date", "content-type"})  # when not there, the signature must say so
_AS_FOUND = frozenset({"content-transfer-encoding", "in-reply-to", "references"})
MEANING = _NAMED | _AS_FOUND | {"message-id"}
"""The headers that decide what a mail says, what it answers, and whether it came before."""

PublicKey = rsa.RSAPublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Field:
    """A header field: its name in lower case, what follows the colon, and its bytes as they came, without the last line end."""

    name: bytes
    value: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class SignedMail:
    """A mail as signatures see it: its header fields, how often each name stands there, and where in `raw` the body begins."""

    fields: tuple[Field, ...]
    present: Counter[bytes]
    raw: bytes = field(default=b"", repr=False)
    start: int = 0

    def values(self, name: bytes) -> list[bytes]:
        """What the fields of this name say, from the top."""
        return [one.value for one in self.fields if one.name == name]


def signed_mail(raw: bytes) -> SignedMail:
    """The mail taken apart; without fields when nothing in it can be signed: a header that is too long, or that holds bare CR or LF, or lines
    that are no fields.

    Readers take a bare one for a line end, signers don't: a field could hide there. Where a line is no field, programs differ about where the body
    begins. Mail with LF line ends only, as a pipe gives it, is read with CRLF.
    """
    end = raw.find(b"\r\n\r\n")
    if end < 0 and b"\r\n" not in raw:
        raw = raw.replace(b"\n", b"\r\n")
        end = raw.find(b"\r\n\r\n")
    end, start = (len(raw), len(raw)) if end < 0 else (end, end + 4)
    if end > _LONGEST_HEAD:
        return SignedMail((), Counter())
    head = raw[:end].removesuffix(b"\r\n")
    pairs = head.count(b"\r\n")
    if head.count(b"\r") != pairs or head.count(b"\n") != pairs or NO_FIELD.search(head, first_line(head)):
        return SignedMail((), Counter())
    fields = tuple(_fields(head))
    return SignedMail(fields, Counter(one.name for one in fields), raw, start)


def _fields(head: bytes) -> Iterator[Field]:
    lines: list[bytes] = []
    for line in [*head.split(b"\r\n"), b""]:
        if lines and line[:1] in {b" ", b"\t"}:
            lines.append(line)
            continue
        if lines:
            raw = b"\r\n".join(lines)
            name, _, value = raw.partition(b":")
            yield Field(name.strip().lower(), value, raw)
        lines = [line] if b":" in line else []


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as it is written: the tags, without white space where none counts."""

    written: Field
    tags: dict[str, str]

    @property
    def domain(self) -> str:
        return a_label(self.tags.get("d", ""))

    @property
    def covered(self) -> list[bytes]:
        """The names in `h=`, in their order."""
        return [name.strip().lower().encode() for name in self.tags.get("h", "").split(":")]

    def covers_whole(self, mail: SignedMail) -> frozenset[str]:
        """Which of RECIPIENTS and MEANING it covers each time they stand in the mail (RFC 6376 section 5.4.2): nobody can have added one.

        Nor taken one away of To, Cc, Message-ID, Subject, Date and Content-Type: a name in `h=` covers that there is none.
        """
        covered = Counter(self.covered)
        least = {**dict.fromkeys(_STANDS, 0), **dict.fromkeys(_NAMED, 1), **dict.fromkeys(_AS_FOUND, 0)}
        return frozenset(
            name
            for name, needed in least.items()
            if max(mail.present[name.encode()], needed) <= covered[name.encode()]
            and (name not in _STANDS or mail.present[name.encode()])
        )

    def fits_body(self, mail: SignedMail) -> bool:
        """Whether `bh=` is the hash of the whole body."""
        digest = hashlib.sha256()
        for piece in canonical_body(
            mail.raw, mail.start, relaxed=self.tags.get("c", "").partition("/")[2] == "relaxed"
        ):
            digest.update(piece)
        return digest.digest() == _decoded(self.tags.get("bh", ""))


def read_signature(written: Field) -> Signature | None:
    """The signature in a field; None when it is too long, is no list of tags, or is of a kind that does not count."""
    if len(written.value) > LONGEST_SIGNATURE:
        return None
    tags = read_tags(written.value.decode("utf-8", "replace"))
    if tags is None or tags.get("a") not in _ALGORITHMS or not (tags.get("d") and tags.get("s") and tags.get("b")):
        return None
    return Signature(written, tags)


def read_tags(text: str) -> dict[str, str] | None:
    """The tags of RFC 6376 section 3.2 by name, folding and white space dropped; None when malformed or one comes twice."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        name = name.strip()
        if not part.strip():
            continue
        if not equals or not name or name in found:
            return None
        found[name] = "".join(value.split())
    return found


def is_signed_by(signature: Signature, fields: Iterable[Field], key: PublicKey, *, relaxed: bool) -> bool:
    """Whether the key signed these fields, in this order, and then the signature's own without its `b=`."""
    digest = hashlib.sha256()
    for one in fields:
        digest.update(_canonical(one.raw, relaxed=relaxed) + b"\r\n")
    digest.update(_canonical(_unsigned(signature.written), relaxed=relaxed))
    signed = _decoded(signature.tags["b"])
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signed, digest.digest())
        else:
            key.verify(signed, digest.digest(), padding.PKCS1v15(), Prehashed(SHA256()))
    except InvalidSignature:
        return False
    return True


def chosen(mail: SignedMail, names: Sequence[bytes]) -> Iterator[Field]:
    """The fields that a list of names means: of each name the lowest one not yet taken (RFC 6376 section 5.4.2)."""
    left: dict[bytes, list[Field]] = {}
    for one in mail.fields:
        left.setdefault(one.name, []).append(one)
    for name in names:
        if left.get(name):
            yield left[name].pop()


class Keys:
    """Public keys from the DNS; remembers trouble, which is no missing key."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self.trouble = False

    def key(self, signature: Signature) -> PublicKey | None:
        """The key that a signature names, or None."""
        name = f"{a_label(signature.tags['s'])}._domainkey.{signature.domain}"
        try:
            found = self._resolver.lookup(name, "TXT")
        except DnsTrouble:
            self.trouble = True
            return None
        return _key(found[0][:_LONGEST_KEY], signature) if found else None


def _key(record: str, signature: Signature) -> PublicKey | None:
    """The key in a record (RFC 6376 section 3.6.1), if it is for this signature; an empty `p=` was revoked."""
    tags = read_tags(record)
    if tags is None or not tags.get("p") or tags.get("v", "DKIM1") != "DKIM1":
        return None
    kind, flags = tags.get("k", "rsa"), set(tags.get("t", "").split(":"))
    services, hashes = tags.get("s", "*").split(":"), tags.get("h", "sha256").split(":")
    if signature.tags["a"] != f"{kind}-sha256" or "sha256" not in hashes or not {"*", "email"} & set(services):
        return None
    agent, domain = a_label(signature.tags.get("i", "").rpartition("@")[2]), signature.domain
    if "y" in flags or ("s" in flags and agent not in {"", domain}):
        return None
    return _loaded(kind, _decoded(tags["p"]))


def _loaded(kind: str, data: bytes) -> PublicKey | None:
    try:
        if kind == "ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(data)
        key = load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _SMALLEST_KEY else None


def _decoded(text: str) -> bytes:
    """The bytes that base64 stands for; none when it is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _unsigned(written: Field) -> bytes:
    """A signature field as it was signed: with an empty `b=`."""
    kept = []
    for part in written.value.split(b";"):
        name, equals, _ = part.partition(b"=")
        kept.append(name + equals if name.strip() == b"b" else part)
    return written.raw[: len(written.raw) - len(written.value)] + b";".join(kept)


def _canonical(raw: bytes, *, relaxed: bool) -> bytes:
    """A field as it is signed, without its last line end (RFC 6376 sections 3.4.1 and 3.4.2)."""
    if not relaxed:
        return raw
    name, _, value = raw.partition(b":")
    words = value.replace(b"\r\n", b"").replace(b"\t", b" ").split(b" ")
    return name.strip().lower() + b":" + b" ".join(word for word in words if word)


def canonical_body(raw: bytes, start: int = 0, *, relaxed: bool) -> Iterator[bytes]:
    """The body, from `start` on, as it is signed, in pieces (RFC 6376 sections 3.4.3 and 3.4.4)."""
    empty_lines, any_text = 0, False
    while start < len(raw):
        end = raw.find(b"\r\n", start + _PIECE)
        piece = raw[start : end + 2 if end >= 0 else len(raw)]
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
