"""DKIM signatures, judged by dkimpy."""

import base64
from collections.abc import Callable
from typing import Any

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.core.errors import Invalid
from gateway.email.signing import Signer, canonical_body, dns_record, generate_key

NOW = 1_700_000_000
MAIL = (
    b"From: alice <alice@post.example.org>\r\nTo: bob@example.net\r\nSubject: A  long\r\n\tfolded   subject\r\n"
    b"Date: Fri, 15 Jan 2027 08:00:00 +0000\r\nMessage-ID: <1@post.example.org>\r\nX-Note: not signed\r\n"
    b"List-Id: <alice.post.example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
    b"Dear  bob, \t \r\n\r\n indented\r\n\t tab\r\n\r\n\r\n"
)


@pytest.fixture(scope="module", params=["rsa", "ed25519"])
def key(request: pytest.FixtureRequest) -> str:
    return generate_key(request.param)


class HeldKey:
    """An ed25519 key as dkimpy wants it; dkimpy itself reads one only where PyNaCl is installed."""

    def __init__(self, record: str) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(record.rpartition("p=")[2]))

    def verify(self, digest: bytes, signature: bytes) -> None:
        self._key.verify(signature, digest)


class Judge(dkim.DKIM):  # type: ignore[misc]
    """dkimpy's own verification, given an ed25519 key from its DNS record by `cryptography`."""

    def verify_sig(self, sig: Any, include_headers: Any, sig_header: Any, dnsfunc: Callable[[bytes], bytes]) -> bool:
        record = dnsfunc(sig[b"s"] + b"._domainkey." + sig[b"d"] + b".").decode()
        if "k=ed25519" not in record:
            return bool(super().verify_sig(sig, include_headers, sig_header, dnsfunc))
        self.pk, self.keysize, self.ktag = HeldKey(record), 256, b"ed25519"
        try:
            return bool(self.verify_sig_process(sig, include_headers, sig_header, dnsfunc))
        except InvalidSignature:
            return False


def verifies(mail: bytes, key: str, *, which: int = 0) -> bool:
    def answer(name: bytes, timeout: int = 5) -> bytes:
        assert name.endswith(b"._domainkey.post.example.org.")
        return dns_record(key).encode()

    try:
        return bool(Judge(mail).verify(which, dnsfunc=answer))
    except (dkim.ValidationError, InvalidSignature, NameError):  # dkimpy names PyNaCl's error in an except clause
        return False


def signed(key: str, mail: bytes = MAIL) -> bytes:
    return Signer("post.example.org", "p1", key).sign(mail, now=NOW) + mail


def test_a_signed_mail_verifies_with_the_published_record(key: str) -> None:
    assert verifies(signed(key), key)


def test_the_signature_survives_what_relaxed_allows(key: str) -> None:
    mail = signed(key)
    refolded = mail.replace(b"folded   subject", b"folded subject").replace(b"Dear  bob, \t ", b"Dear bob,")
    assert refolded != mail
    assert verifies(refolded.removesuffix(b"\r\n\r\n"), key)


@pytest.mark.parametrize(
    "change",
    [
        (b"bob,", b"eve,"),
        (b"To: bob", b"To: eve"),
        (b"Subject: A", b"Subject: Not a"),
        (b"<alice.post", b"<eve.post"),
    ],
)
def test_changing_a_signed_part_breaks_it(key: str, change: tuple[bytes, bytes]) -> None:
    changed = signed(key).replace(*change)
    assert changed != signed(key)
    assert not verifies(changed, key)


@pytest.mark.parametrize(
    "line",
    [
        b"From: eve@evil.example",
        b"Subject: Pay here",
        b"Reply-To: eve@evil.example",
        b"List-Id: <eve.example>",
        b"To: eve@evil.example",
    ],
)
def test_a_header_cannot_be_added_to_a_signed_mail(key: str, line: bytes) -> None:
    mail = signed(key)
    assert not verifies(line + b"\r\n" + mail, key)
    assert not verifies(mail.replace(b"MIME-Version", line + b"\r\nMIME-Version"), key)


def test_an_unsigned_header_may_be_added(key: str) -> None:
    assert verifies(b"Received: from somewhere\r\n" + signed(key), key)


def test_a_mail_with_a_header_twice_still_verifies(key: str) -> None:
    twice = b"To: first@example.net\r\n" + MAIL
    assert verifies(signed(key, twice), key)


def test_an_empty_body_verifies(key: str) -> None:
    assert verifies(signed(key, MAIL.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"), key)


def test_the_header_lines_are_short_and_seven_bit(key: str) -> None:
    line = Signer("post.example.org", "p1", key).sign(MAIL, now=NOW)
    assert line.isascii()
    assert line.endswith(b"\r\n")
    assert max(map(len, line.split(b"\r\n"))) <= 100


def test_two_signatures_both_verify() -> None:
    rsa, ed25519 = generate_key("rsa"), generate_key("ed25519")
    mail = Signer("post.example.org", "e1", ed25519).sign(MAIL, now=NOW)
    mail += Signer("post.example.org", "p1", rsa).sign(MAIL, now=NOW) + MAIL
    assert verifies(mail, ed25519, which=0)
    assert verifies(mail, rsa, which=1)
    assert not verifies(mail, rsa, which=0)


@pytest.mark.parametrize("pem", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_wrong_key_is_refused_in_words(pem: str) -> None:
    with pytest.raises(Invalid, match="private key in PEM"):
        Signer("post.example.org", "p1", pem)


def test_a_domain_cannot_smuggle_tags_into_the_signature() -> None:
    with pytest.raises(Invalid, match="host name"):
        Signer("post.example.org; l=0", "p1", generate_key("ed25519"))


@pytest.mark.parametrize(
    ("body", "relaxed"),
    [
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b"no end", b"no end\r\n"),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),
        (b" \t \r\nx\r\n", b"\r\nx\r\n"),
    ],
)
def test_the_relaxed_body_is_as_in_the_rfc(body: bytes, relaxed: bytes) -> None:
    assert canonical_body(body) == relaxed
