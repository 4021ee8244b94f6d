"""DKIM signatures with a held key (RFC 6376, RFC 8463), relaxed/relaxed, oversigned."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from gateway.core.errors import Invalid

# Named once more than they occur, so that nobody can add a second one, or a first, and keep the signature whole.
OVERSIGNED = (
    b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"reply-to", b"in-reply-to", b"references",
    b"mime-version", b"content-type", b"content-transfer-encoding",
)  # fmt: skip
# Signed when present, and then oversigned too. Their absence is not signed: a discussion list may add its own.
WHEN_PRESENT = (
    b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"list-archive", b"list-help", b"list-post", b"list-owner",
    b"feedback-id", b"auto-submitted", b"precedence", b"content-language", b"sender",
)  # fmt: skip
_SIGNED = frozenset(OVERSIGNED + WHEN_PRESENT)
_PADDING, _SHA256 = padding.PKCS1v15(), hashes.SHA256()

Field = tuple[bytes, bytes]
"""A header's lowercase name and its relaxed canonical line without CRLF."""


def generate_key(kind: Literal["rsa", "ed25519"] = "rsa") -> str:
    """A new private key as PEM (PKCS #8). RSA has 2048 bits, which every receiver verifies."""
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    if kind == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        key = ed25519.Ed25519PrivateKey.generate()
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode("ascii")


def dns_record(private_key_pem: str) -> str:
    """The value of the TXT record that publishes the key's public half, at `selector._domainkey.domain`."""
    key = _load(private_key_pem)
    if isinstance(key, rsa.RSAPrivateKey):
        info = serialization.PublicFormat.SubjectPublicKeyInfo
        public = key.public_key().public_bytes(serialization.Encoding.DER, info)
        return f"v=DKIM1; k=rsa; p={_b64(public).decode('ascii')}"
    return f"v=DKIM1; k=ed25519; p={_b64(key.public_key().public_bytes_raw()).decode('ascii')}"


class Signer:
    """One domain's key, loaded once and held."""

    def __init__(self, domain: str, selector: str, private_key_pem: str) -> None:
        for word in (domain, selector):
            if not word.isascii() or not word.replace("-", "").replace(".", "").replace("_", "").isalnum():
                raise Invalid("A DKIM domain or selector must be a host name in ASCII; nothing was signed.")
        self.domain = domain.lower()
        self.selector = selector
        self._key = _load(private_key_pem)
        self.algorithm = "rsa" if isinstance(self._key, rsa.RSAPrivateKey) else "ed25519"
        self._kept: tuple[tuple[tuple[bytes, ...], int], tuple[bytes, bytes]] | None = None

    @property
    def record_name(self) -> str:
        """The DNS name of the TXT record that receivers ask for."""
        return f"{self.selector}._domainkey.{self.domain}"

    def sign(self, raw: bytes, *, now: int) -> bytes:
        """The DKIM-Signature header line for a whole message with CRLF line ends; put it in front of the message.

        `now` is the signing time in seconds since 1970.
        """
        head, _, body = raw.partition(b"\r\n\r\n")
        fields = [field for field in canonical_fields(head + b"\r\n") if field[0] in _SIGNED]
        return self.sign_fields(fields, body_hash(canonical_body(body)), now=now)

    def sign_fields(self, fields: Sequence[Field], hashed_body: bytes, *, now: int) -> bytes:
        """The DKIM-Signature header line for canonical fields in the order of the message, and a `body_hash`.

        Fields that `sign` would leave out must not be among them.
        """
        lines = b"\r\n".join([line for _, line in reversed(fields)])
        return self.unsigned(lines, tuple([name for name, _ in fields]), hashed_body, now=now).signed()

    def unsigned(self, lines: bytes, names: tuple[bytes, ...], hashed_body: bytes, *, now: int) -> "Unsigned":
        """As `sign_fields` but for the signature itself, for canonical lines that stand in reverse already, joined by CRLF, and the `names` of their fields in order."""
        tags, canonical = self._tags(names, now)
        to_sign = b"".join((lines, b"\r\ndkim-signature:", canonical, hashed_body, b"; b="))
        return Unsigned(self, b"".join((b"DKIM-Signature: ", tags, hashed_body, b";\r\n b=")), to_sign)

    def signature(self, data: bytes) -> bytes:
        """The value of `b=` for these bytes, folded."""
        signature = _b64(self._raw_signature(data))
        return b"\r\n ".join([signature[at : at + 72] for at in range(0, len(signature), 72)])

    def _tags(self, names: tuple[bytes, ...], now: int) -> tuple[bytes, bytes]:
        """The tags up to the body's hash, as they are sent and in canonical form: the same for all copies that an issue has in a second."""
        if (kept := self._kept) is not None and kept[0] == (names, now):
            return kept[1]
        tags = (
            f"v=1; a={self.algorithm}-sha256; c=relaxed/relaxed; d={self.domain};\r\n"
            f" s={self.selector}; t={now};\r\n"
            f" h={_signed_names(names)};\r\n bh="
        )
        made = tags.encode("ascii"), tags.replace("\r\n ", " ").encode("ascii")
        self._kept = (names, now), made  # one assignment, for copies are signed in several threads
        return made

    def _raw_signature(self, data: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, _PADDING, _SHA256)
        return self._key.sign(hashlib.sha256(data).digest())  # RFC 8463, 3: it signs the hash


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A DKIM-Signature header line that lacks its signature."""

    signer: Signer
    line: bytes
    to_sign: bytes

    def signed(self) -> bytes:
        """The whole line. This is what costs: all else was done before."""
        return b"".join((self.line, self.signer.signature(self.to_sign), b"\r\n"))


def body_hash(canonical: bytes) -> bytes:
    """The `bh=` value of a canonical body."""
    return _b64(hashlib.sha256(canonical).digest())


def canonical_fields(lines: bytes) -> list[Field]:
    """Every header of a block of header lines in the relaxed form (RFC 6376, 3.4.2), in order."""
    unfolded = lines.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    fields = []
    for line in unfolded.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            name = name.strip().lower()
            fields.append((name, name + b":" + b" ".join(value.split())))
    return fields


def canonical_body(body: bytes) -> bytes:
    """The body in the relaxed form (RFC 6376, 3.4.4)."""
    lines = [_relaxed_line(line) for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join([line + b"\r\n" for line in lines])


def _relaxed_line(line: bytes) -> bytes:
    squeezed = b" ".join(word for word in line.replace(b"\t", b" ").split(b" ") if word)
    return b" " + squeezed if squeezed and line[:1] in (b" ", b"\t") else squeezed


@lru_cache(maxsize=256)
def _signed_names(present: tuple[bytes, ...]) -> str:
    """The `h=` list, a few names to a line; the one blank at each fold is part of what is signed. It is the same for all copies of an issue."""
    # For a name that occurs twice the verifier takes the lowest one first (RFC 6376, 5.4.2).
    names = [*reversed(present), *OVERSIGNED, *(name for name in WHEN_PRESENT if name in present)]
    groups = [b":".join(names[at : at + 5]).decode("ascii") for at in range(0, len(names), 5)]
    return ":\r\n ".join(groups)


def _load(pem: str) -> rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    except (ValueError, TypeError) as error:
        raise Invalid("The DKIM key is not a private key in PEM without a password; nothing was signed.") from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        return key
    raise Invalid("The DKIM key must be RSA with at least 2048 bits, or ed25519; nothing was signed.")


def _b64(raw: bytes) -> bytes:
    return base64.b64encode(raw)
