"""ARC: what trusted forwarders found, believed while their seals hold; chains sealed here by dkimpy."""

from base64 import b64encode
from collections.abc import Callable

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from gateway.email.arc import Chain, check_arc
from gateway.email.authenticate import Trust, Verdict, authenticate
from gateway.email.resolver import DnsTrouble, Kind
from gateway.email.signatures import signed_mail

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
DER = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
RECORD = f"v=DKIM1; k=rsa; p={b64encode(DER).decode()}"
FORWARDER_IP, EVE_IP = "192.0.2.77", "203.0.113.66"
TRUST = Trust(sealers=frozenset({"lists.example", "gateway.example"}))
SAW_SPF = "spf=pass smtp.mailfrom=alice@example.org"
SAW_DKIM = "dkim=pass header.d=example.org"
MAIL = (
    b"From: Alice <alice@example.org>\r\nTo: alice@post.example\r\nSubject: Harbour\r\n"
    b"Date: Wed, 25 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\nHello\r\n"
)


class Dns:
    """Everybody's key is ours; example.org asks that forged mail be refused; names of `troubled` get no answer."""

    def __init__(self, *troubled: str) -> None:
        self.troubled, self.asked = troubled, 0

    def lookup(self, name: str, kind: Kind) -> tuple[str, ...]:
        self.asked += 1
        if name in self.troubled:
            raise DnsTrouble("no answer")
        if kind == "TXT" and "._domainkey." in name:
            return (RECORD,)
        return {
            ("_dmarc.example.org", "TXT"): ("v=DMARC1; p=reject",),
            ("lists.example", "TXT"): (f"v=spf1 ip4:{FORWARDER_IP} -all",),
        }.get((name, kind), ())


def sealed(raw: bytes, domain: str = "lists.example", saw: str = SAW_SPF, chain: str = "") -> bytes:
    """The mail with a further set of ARC fields on top."""
    results = f"Authentication-Results: {domain}; {saw}{f'; arc={chain}' if chain else ''}\r\n".encode()
    names = [b"from", b"to", b"subject", b"date", b"message-id"]
    lines = dkim.arc_sign(results + raw, b"s1", domain.encode(), PEM, domain.encode(), include_headers=names)
    assert len(lines) == 3
    return b"".join(lines) + raw


def verdict(raw: bytes, trust: Trust = TRUST, *, peer_ip: str = EVE_IP, dns: Dns | None = None) -> Verdict:
    return authenticate(
        raw, peer_ip=peer_ip, helo="x", mail_from="owner@lists.example", resolver=dns or Dns(), trust=trust
    )


TWICE = sealed(sealed(MAIL), "gateway.example", "dkim=fail", "pass")


def test_what_a_trusted_forwarder_saw_proves_the_author() -> None:
    found = verdict(sealed(MAIL))
    assert (found.aligned, found.failed, found.dmarc) == (True, False, "pass")
    assert "ARC: pass, sealed by lists.example" in found.summary


def test_nobody_else_is_believed_however_well_they_seal() -> None:
    assert verdict(sealed(MAIL, "evil.example")).failed
    assert verdict(sealed(MAIL, "notlists.example")).failed
    assert verdict(sealed(MAIL), Trust()).failed
    assert verdict(sealed(MAIL, "mx.lists.example")).aligned


@pytest.mark.parametrize(
    ("saw", "proved"),
    [
        (SAW_SPF, True),
        ("spf=pass smtp.mailfrom=example.org", True),
        ("spf=pass (sender is alice) smtp.helo=mail.example.org", True),
        (SAW_DKIM, True),
        ("dkim=pass header.i=@mail.example.org header.s=s1 header.b=ab/cd+e=", True),
        ("dmarc=pass (p=reject dis=none) header.from=example.org", True),
        ("dkim=fail header.d=example.org; spf=pass smtp.mailfrom=bounce@mail.example.org", True),
        ("dkim=pass header.d=evil.example; spf=fail smtp.mailfrom=example.org", False),
        ("dmarc=pass header.from=evil.example", False),
        ("spf=softfail smtp.mailfrom=example.org", False),
        ("spf=pass", False),
        ("auth=pass smtp.auth=alice@example.org", False),
        ("none", False),
    ],
)
def test_it_counts_when_what_they_saw_is_aligned(saw: str, proved: bool) -> None:
    assert verdict(sealed(MAIL, saw=saw)).aligned is proved


def test_a_chain_of_trusted_forwarders_is_heard_to_the_first() -> None:
    assert check_arc(signed_mail(TWICE), Dns()).result == "pass"
    assert verdict(TWICE).aligned


def test_nobody_behind_a_stranger_in_the_chain_is_heard() -> None:
    through_eve = sealed(sealed(MAIL), "evil.example", "dkim=fail", "pass")
    assert check_arc(signed_mail(through_eve), Dns()).result == "pass"
    assert verdict(through_eve).failed
    assert verdict(sealed(through_eve, "lists.example", "dkim=fail", "pass")).failed


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"Hello", b"Hullo"),
        lambda raw: raw + b"P.S.\r\n",
        lambda raw: raw.replace(b"Harbour", b"Harbor"),
        lambda raw: raw.replace(b"Alice <alice@", b"Alice <eve@"),
        lambda raw: b"From: eve@evil.example\r\n" + raw,
        lambda raw: raw.replace(b"alice@example.org\r\nFrom", b"bob@example.org\r\nFrom"),  # in the results
        lambda raw: raw.replace(b"cv=none", b"cv=pass"),
        lambda raw: raw.replace(b"cv=none", b"cv=fail"),
        lambda raw: raw.replace(b"i=1", b"i=2"),
        lambda raw: raw.replace(b"i=1", b"i=0"),
        lambda raw: raw.replace(b"i=1", b"i=11"),
        lambda raw: raw.replace(b"i=1", b"i=x"),
        lambda raw: raw.replace(b"ARC-Seal", b"X-Seal"),
        lambda raw: raw.replace(b"ARC-Message-Signature", b"X-Signature"),
        lambda raw: raw.replace(b"ARC-Authentication-Results", b"X-Results"),
        lambda raw: raw.replace(b"d=lists.example", b"d=gateway.example"),
        lambda raw: raw[: raw.index(b"From:")] + raw,
        lambda raw: raw.replace(b"a=rsa-sha256", b"a=rsa-sha1"),
        lambda raw: raw.replace(b"\r\nSubject", b"\r\nX-Note: a\nTo: b@c.example\r\nSubject"),
    ],
)
def test_a_chain_that_was_touched_proves_nothing(change: Callable[[bytes], bytes]) -> None:
    raw = sealed(MAIL)
    assert change(raw) != raw
    assert not verdict(change(raw)).aligned


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"cv=pass", b"cv=none"),
        lambda raw: raw.replace(b"i=1", b"i=3"),
        lambda raw: raw[: raw.index(b"ARC-Seal: i=1")] + MAIL,
        lambda raw: raw.replace(b"spf=pass", b"spf=PASS"),
    ],
)
def test_a_longer_chain_that_was_touched_proves_nothing(change: Callable[[bytes], bytes]) -> None:
    assert change(TWICE) != TWICE
    assert not verdict(change(TWICE)).aligned


def test_a_sealed_mail_sent_on_names_its_recipient_only_where_the_seal_does() -> None:
    found = verdict(sealed(MAIL))
    assert (found.is_fresh, sorted(found.signed_recipients)) == (False, ["to"])
    added = verdict(b"To: alice@post.example\r\n" + sealed(MAIL))
    assert (added.aligned, sorted(added.signed_recipients)) == (True, [])
    assert verdict(b"Cc: alice@post.example\r\n" + sealed(MAIL)).signed_recipients == {"to"}


def test_recipients_that_were_added_before_the_seal_to_a_signed_mail_name_nobody() -> None:
    """Eve adds To to a mail that Alice's signature leaves open there, and has her list send it on."""
    open_mail = MAIL.replace(b"To: alice@post.example\r\n", b"")
    signed = bytes(dkim.sign(open_mail, b"s1", b"example.org", PEM, include_headers=[b"from", b"subject"])) + open_mail
    baited = sealed(b"To: alice@post.example\r\n" + signed, saw=SAW_DKIM)
    assert verdict(baited).signed_recipients == set()
    broken = sealed((b"To: alice@post.example\r\n" + signed).replace(b"Hello", b"[list] Hello"), saw=SAW_DKIM)
    assert (verdict(broken).aligned, sorted(verdict(broken).signed_recipients)) == (True, [])


def test_a_trusted_forwarder_that_brings_the_mail_itself_needs_no_name_in_it() -> None:
    assert verdict(sealed(MAIL), peer_ip=FORWARDER_IP).is_fresh
    assert not verdict(sealed(MAIL), peer_ip=EVE_IP).is_fresh


def test_the_dns_is_not_asked_for_seals_when_nobody_is_trusted() -> None:
    dns = Dns()
    verdict(sealed(MAIL), Trust(), dns=dns)
    without = Dns()
    verdict(MAIL, Trust(), dns=without)
    assert dns.asked == without.asked


def test_trouble_with_a_sealers_key_is_temporary() -> None:
    found = verdict(sealed(MAIL), dns=Dns("s1._domainkey.lists.example"))
    assert (found.aligned, found.failed, found.temporary) == (False, False, True)


def test_a_mail_without_seals_has_no_chain() -> None:
    assert check_arc(signed_mail(MAIL), Dns()) == Chain()


@given(
    st.lists(
        st.sampled_from(
            [
                b"ARC-Seal: ",
                b"i=1;",
                b"cv=none",
                b"\r\n",
                b" b=",
                b"h=",
                b"ARC-Authentication-Results:",
                b"a=rsa-sha256;",
            ]
        )
    )
)
def test_any_seals_are_judged_without_an_error(pieces: list[bytes]) -> None:
    assert check_arc(signed_mail(b"".join(pieces) + b"\r\n" + MAIL), Dns()).result in {"none", "fail"}
