"""Signed mail is read; encrypted mail is told that we cannot, and nothing of it is offered."""

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7EnvelopeBuilder,
    PKCS7Options,
    PKCS7SignatureBuilder,
)
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email import cms
from gateway.email.armour import is_encrypted, without_armour
from gateway.email.read import InboundEmail, read
from tests.conftest import NOON
from tests.email.growth import grows_linearly

INNER = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSigned words, gr\xc3\xbcn.\r\n"
KEY = rsa.generate_private_key(65537, 2048)
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alice")])
CERTIFICATE = (
    x509.CertificateBuilder()
    .subject_name(NAME)
    .issuer_name(NAME)
    .public_key(KEY.public_key())
    .serial_number(1)
    .not_valid_before(NOON)
    .not_valid_after(NOON.replace(year=NOON.year + 1))
    .sign(KEY, hashes.SHA256())
)


def signed(content: bytes = INNER, *options: PKCS7Options) -> bytes:
    builder = PKCS7SignatureBuilder().set_data(content).add_signer(CERTIFICATE, KEY, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [PKCS7Options.Binary, *options])


def enveloped() -> bytes:
    builder = PKCS7EnvelopeBuilder().set_data(INNER).add_recipient(CERTIFICATE)
    return builder.encrypt(serialization.Encoding.DER, [PKCS7Options.Binary])


def smime(data: bytes, content_type: str) -> InboundEmail:
    head = f"From: alice@example.org\r\nSubject: S\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return read(head.encode() + b"\r\n".join(base64.encodebytes(data).split(b"\n")))


def indefinite(data: bytes) -> bytes:
    """Signed data as OpenSSL and Outlook stream it: every length left open, the content in pieces."""
    oid_data = bytes.fromhex("06092a864886f70d010701")
    pieces = b"".join(b"\x04" + bytes([len(data[at : at + 10])]) + data[at : at + 10] for at in range(0, len(data), 10))
    content = b"\x30\x80" + oid_data + b"\xa0\x80\x24\x80" + pieces + b"\0\0" * 3
    body = b"\x30\x80" + b"\x02\x01\x01" + b"\x31\x80\x30\x80" + b"\0\0" * 2 + content + b"\x31\x00" + b"\0\0"
    return b"\x30\x80" + bytes.fromhex("06092a864886f70d010702") + b"\xa0\x80" + body + b"\0\0" * 2


@pytest.mark.parametrize(
    "content_type",
    [
        "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "application/x-pkcs7-mime; name=smime.p7m",
        'application/octet-stream; name="smime.p7m"',
    ],
)
@pytest.mark.parametrize("data", [signed(), indefinite(INNER)], ids=["definite", "streamed"])
def test_a_mail_signed_as_a_whole_is_read(content_type: str, data: bytes) -> None:
    mail = smime(data, content_type)
    assert (mail.text, mail.unreadable, mail.problems, mail.attachments) == ("Signed words, grün.\n", "", (), ())


def test_what_is_signed_may_have_files_and_be_signed_twice() -> None:
    twice = b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n" + signed()
    mixed = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + INNER + b"\r\n--b\r\nContent-Type: image/png; "
        b"name=p.png\r\n\r\nPNG\r\n--b--\r\n"
    )
    assert smime(signed(twice), "application/pkcs7-mime; smime-type=signed-data").text == "Signed words, grün.\n"
    mail = smime(signed(mixed), "application/pkcs7-mime; smime-type=signed-data")
    assert [file.filename for file in mail.attachments] == ["p.png"]


def test_a_mail_signed_over_and_over_is_refused() -> None:
    data = signed()
    for _ in range(6):
        data = signed(b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n" + data)
    assert "signed more than" in smime(data, "application/pkcs7-mime").unreadable


def test_signed_data_that_are_damaged_are_a_file_and_no_encrypted_mail() -> None:
    mail = smime(signed()[:40], "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m")
    assert (mail.unreadable, mail.text, [file.filename for file in mail.attachments]) == ("", "", ["smime.p7m"])


PGP_MIME = (
    b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=s\r\n\r\n--s\r\nContent-Type: '
    b"application/pgp-encrypted\r\n\r\nVersion: 1\r\n--s\r\n\r\nsecret\r\n--s--\r\n"
)
PGP_BROKEN_BY_EXCHANGE = PGP_MIME.replace(b"multipart/encrypted", b"multipart/mixed")
ARMOUR = b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA/8hR\r\n=abcd\r\n-----END PGP MESSAGE-----\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        PGP_MIME,
        PGP_BROKEN_BY_EXCHANGE,
        b"Content-Type: multipart/mixed; boundary=l\r\n\r\n--l\r\n" + PGP_MIME + b"\r\n--l\r\n\r\nlist footer\r\n--l--\r\n",
        b"Content-Type: text/plain\r\n\r\n" + ARMOUR,
        b"Content-Type: text/plain\r\n\r\n\r\n  " + ARMOUR + b"-- \r\nlist footer\r\n",
        b"Content-Type: text/html\r\n\r\n<html><body><div><pre>" + ARMOUR + b"</pre></div></body></html>",
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: binary\r\n\r\n" + enveloped(),
        b"Content-Type: application/x-pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n" + enveloped(),
        b"Content-Type: application/octet-stream; name=smime.p7m\r\nContent-Transfer-Encoding: binary\r\n\r\n" + enveloped(),
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\ndamaged",
        b"Content-Type: application/x-microsoft-rpmsg-message; name=message.rpmsg\r\n\r\nx",
        b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n" + signed(PGP_MIME),
    ],
    ids=range(12),
)  # fmt: skip
def test_encrypted_mail_says_that_we_cannot_read_it(raw: bytes) -> None:
    mail = read(b"From: alice@example.org\r\nSubject: ...\r\n" + raw)
    assert "encrypted" in mail.unreadable
    assert "Nothing was published." in mail.unreadable
    assert (mail.title, mail.sender) == ("...", "alice@example.org")


CLEARSIGNED = (
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nHello Bob.\n- -- \nAlice\n- - an item\n-----BEGIN PGP SIGNATURE-----\n\n"
    "iQEzBAEB\n=abcd\n-----END PGP SIGNATURE-----\n"
)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        (CLEARSIGNED, "Hello Bob.\n-- \nAlice\n- an item\n"),
        (CLEARSIGNED.replace("Hash: SHA512\n", ""), "Hello Bob.\n-- \nAlice\n- an item\n"),
        (f"Before\n{CLEARSIGNED}\nlist footer\n", "Before\nHello Bob.\n-- \nAlice\n- an item\n\nlist footer\n"),
        (CLEARSIGNED.partition("-----END")[0], "Hello Bob.\n-- \nAlice\n- an item\n"),
        ("-----BEGIN PGP SIGNED MESSAGE-----\n\nnever signed\n", None),
        ("I like -----BEGIN PGP SIGNED MESSAGE----- as a title\n", None),
        ("Nothing here.", None),
    ],
)
def test_an_inline_signature_is_taken_off(text: str, bare: str | None) -> None:
    assert without_armour(text) == (text if bare is None else bare)


def test_a_mail_with_an_inline_signature_is_read_without_it() -> None:
    mail = read(b"From: alice@example.org\r\n\r\n" + CLEARSIGNED.replace("\n", "\r\n").encode())
    assert mail.text == "Hello Bob.\n-- \nAlice\n- an item\n"


def test_a_letter_about_encryption_is_no_encrypted_letter() -> None:
    assert not is_encrypted("This is what it looks like:\n\n" + ARMOUR.decode())
    mail = read(b"From: alice@example.org\r\n\r\nThis is what it looks like:\r\n\r\n" + ARMOUR)
    assert (mail.unreadable, mail.text.count("BEGIN PGP")) == ("", 1)


@given(st.sampled_from([signed(), enveloped(), indefinite(INNER)]), st.integers(0, 3000), st.binary(max_size=4))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_shell(data: bytes, at: int, piece: bytes) -> None:
    cms.unwrap(data[:at] + piece + data[at + len(piece) :])
    cms.unwrap(data[:at])


OPENED = bytes.fromhex("308006092a864886f70d010702a0803080020101")


@pytest.mark.parametrize("piece", [b"\x30\x80", b"\x31\x80", b"\x24\x80", b"\x04\x00", b"\0\0", b"\x31\x00"])
def test_the_time_grows_no_faster_than_the_data(piece: bytes) -> None:
    grows_linearly(lambda size: OPENED + piece * size, cms.unwrap, size=20_000)
    start = OPENED + b"\x31\x00\x30\x80" + bytes.fromhex("06092a864886f70d010701") + b"\xa0\x80\x24\x80"
    grows_linearly(lambda size: start + piece * size, cms.unwrap, size=20_000)


@pytest.mark.parametrize(
    "piece", ["-----BEGIN PGP SIGNED MESSAGE-----\n", "-----BEGIN PGP SIGNATURE-----\n", "\n", "- "]
)
def test_taking_armour_off_takes_no_long_time(piece: str) -> None:
    text = "-----BEGIN PGP SIGNED MESSAGE-----\n"
    grows_linearly(lambda size: text + piece * (size // len(piece)), without_armour, size=200_000)
