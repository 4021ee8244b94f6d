"""SPF, DKIM and DMARC in one verdict, with real signatures and a DNS of our own."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

import dkim
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given
from hypothesis import strategies as st

from gateway.email.authenticate import Verdict, authenticate
from gateway.email.dmarc import is_aligned, organisational_domain
from gateway.email.resolver import DnsTrouble, Kind
from gateway.email.signatures import canonical_body
from gateway.email.signing import Signer, dns_record, generate_key
from tests.email.growth import grows_linearly

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
RECORD = "v=DKIM1; k=rsa; p=" + "".join(PUBLIC.decode().splitlines()[1:-1])
GOOD_IP, BAD_IP = "192.0.2.10", "203.0.113.66"


@dataclass
class Zone:
    """A resolver that knows these records, is in trouble for some names, and counts what it is asked."""

    records: dict[tuple[str, Kind], tuple[str, ...]]
    troubled: set[str] = field(default_factory=set)
    asked: list[tuple[str, Kind]] = field(default_factory=list)

    def lookup(self, name: str, kind: Kind) -> tuple[str, ...]:
        self.asked.append((name, kind))
        if name in self.troubled or "*" in self.troubled:
            raise DnsTrouble("no answer")
        return self.records.get((name, kind), ())


def zone(**policies: str) -> Zone:
    """example.org with SPF, a key and a policy of reject; other policies by name, with `_` for the dot."""
    records: dict[tuple[str, Kind], tuple[str, ...]] = {
        ("example.org", "TXT"): ("something else", "v=spf1 ip4:192.0.2.0/24 -all"),
        ("mail.example.org", "TXT"): ("v=spf1 a -all",),
        ("mail.example.org", "A"): (GOOD_IP,),
        ("s1._domainkey.example.org", "TXT"): (RECORD,),
        ("s1._domainkey.evil.example", "TXT"): (RECORD,),
        ("evil.example", "TXT"): ("v=spf1 ip4:203.0.113.66 -all",),
        ("_dmarc.example.org", "TXT"): ("v=DMARC1; p=reject; sp=quarantine",),
    }
    for name, policy in policies.items():
        records[f"_dmarc.{name.replace('_', '.')}", "TXT"] = (policy,)
    return Zone(records)


def mail(sender: str = "Alice <alice@example.org>", body: bytes = b"Hello  there \r\n\r\nbye\r\n\r\n\r\n") -> bytes:
    return f"From: {sender}\r\nTo: alice@post.example\r\nSubject: Harbour\r\n\r\n".encode() + body


def signed(raw: bytes, domain: bytes = b"example.org", **options: object) -> bytes:
    return bytes(dkim.sign(raw, b"s1", domain, PEM, **options)) + raw


SIGNED = signed(mail())


def verdict(
    raw: bytes,
    resolver: Zone,
    *,
    peer_ip: str = BAD_IP,
    mail_from: str = "alice@example.org",
    helo: str = "mail.example.org",
) -> Verdict:
    return authenticate(raw, peer_ip=peer_ip, helo=helo, mail_from=mail_from, resolver=resolver)


def outcome(found: Verdict) -> tuple[bool, bool, bool]:
    return found.aligned, found.failed, found.temporary


PROVED, FORGED, LATER, UNPROVED = (
    (True, False, False),
    (False, True, False),
    (False, False, True),
    (False, False, False),
)


def test_spf_of_the_senders_domain_proves_the_author() -> None:
    found = verdict(mail(), zone(), peer_ip=GOOD_IP)
    assert outcome(found) == PROVED
    assert (found.from_address, found.from_domain) == ("alice@example.org", "example.org")
    assert (found.spf, found.spf_domain, found.dkim, found.dmarc, found.policy) == (
        "pass", "example.org", (), "pass", "reject",
    )  # fmt: skip
    assert found.summary == "SPF: pass for example.org; DKIM: none; DMARC of example.org: pass (policy reject)."


@pytest.mark.parametrize("canonical", [(b"simple", b"simple"), (b"relaxed", b"relaxed"), (b"relaxed", b"simple")])
def test_dkim_proves_the_author_from_anywhere(canonical: tuple[bytes, bytes]) -> None:
    found = verdict(signed(mail(), canonicalize=canonical), zone())
    assert outcome(found) == PROVED
    assert found.dkim == ("example.org",)
    assert (found.spf, found.dmarc) == ("fail", "pass")


def test_a_forged_mail_fails() -> None:
    found = verdict(mail(), zone())
    assert outcome(found) == FORGED
    assert found.dmarc == "fail"


def test_proofs_of_another_domain_do_not_speak_for_the_author() -> None:
    raw = signed(mail(), b"evil.example")
    found = verdict(raw, zone(), mail_from="eve@evil.example")
    assert (found.spf, found.dkim) == ("pass", ("evil.example",))
    assert outcome(found) == FORGED


def test_a_subdomain_of_the_same_organisation_speaks_for_the_author() -> None:
    assert outcome(verdict(mail(), zone(), peer_ip=GOOD_IP, mail_from="bounce@mail.example.org")) == PROVED
    assert outcome(verdict(signed(mail("alice@mail.example.org")), zone())) == PROVED


def test_a_strict_policy_takes_the_very_domain_only() -> None:
    strict = zone(example_org="v=DMARC1; p=reject; aspf=s; adkim=s")
    assert outcome(verdict(mail(), strict, peer_ip=GOOD_IP, mail_from="bounce@mail.example.org")) == FORGED
    assert outcome(verdict(signed(mail("alice@mail.example.org")), strict)) == FORGED
    assert outcome(verdict(signed(mail()), strict)) == PROVED


def test_a_subdomain_without_a_record_has_the_organisations_policy_for_subdomains() -> None:
    assert verdict(mail("alice@news.example.org"), zone()).policy == "quarantine"


@pytest.mark.parametrize(
    ("records", "policy", "expected"),
    [
        ((), "", UNPROVED),
        (("v=DMARC1; p=none",), "none", UNPROVED),
        (("v=DMARC1; p=QUARANTINE",), "quarantine", FORGED),
        (("v=DMARC1;p=reject;",), "reject", FORGED),
        (("v=DMARC1; p=nonsense",), "none", UNPROVED),
        (("v=DMARC1; p=reject", "v=DMARC1; p=none"), "", UNPROVED),
        (("v=spf1 -all", "v=DMARC1; p=reject"), "reject", FORGED),
        (("v=DMARC1; ;;=;p", "x" * 100_000), "none", UNPROVED),
    ],
)
def test_what_the_authors_domain_publishes_decides_about_unproved_mail(
    records: tuple[str, ...], policy: str, expected: tuple[bool, bool, bool]
) -> None:
    resolver = zone()
    resolver.records["_dmarc.example.org", "TXT"] = records
    found = verdict(mail(), resolver)
    assert found.policy == policy
    assert outcome(found) == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"bye", b"buy"),
        lambda raw: raw.replace(b"Harbour", b"Harbor"),
        lambda raw: raw.replace(b"Alice <alice@", b"Alice <eve@"),
        lambda raw: raw.replace(b"d=example.org", b"d=example.net"),
        lambda raw: raw.replace(b"s=s1", b"s=s2"),
        lambda raw: raw.replace(b"a=rsa-sha256", b"a=rsa-sha1"),
        lambda raw: raw.replace(b"bh=", b"bh=!"),
        lambda raw: raw.replace(b" b=", b" b=A"),
        lambda raw: raw.replace(b"v=1", b"v=2"),
        lambda raw: raw.replace(b"h=", b"l=0; h="),
        lambda raw: raw + b"more\r\n",
    ],
)
def test_a_changed_mail_has_no_valid_signature(change: Callable[[bytes], bytes]) -> None:
    raw = signed(mail())
    assert change(raw) != raw
    assert outcome(verdict(change(raw), zone())) == FORGED


@pytest.mark.parametrize(
    ("record", "proves"),
    [
        (RECORD, True),
        (RECORD.removeprefix("v=DKIM1; "), True),
        (RECORD.replace("k=rsa; ", ""), True),
        (f"{RECORD}; s=email; h=sha1:sha256; n=a note; t=s", True),
        (f"{RECORD}; t=y", False),  # a domain that only tries it out (RFC 6376 section 3.6.1)
        (f"{RECORD}; t=s:y", False),
        (f"{RECORD}; s=tlsrpt", False),
        (f"{RECORD}; h=sha1", False),
        (f"{RECORD}; p=", False),
        ("v=DKIM1; k=rsa; p=", False),  # revoked
        ("v=DKIM1; k=rsa; p=AAAA", False),
        ("v=DKIM1; k=rsa; p=!", False),
        (RECORD.replace("k=rsa", "k=ed25519"), False),
        (RECORD.replace("DKIM1", "DKIM2"), False),
        ("", False),
        ("no tags", False),
    ],
)
def test_a_key_proves_what_its_record_says(record: str, proves: bool) -> None:
    resolver = zone()
    resolver.records["s1._domainkey.example.org", "TXT"] = (record,)
    assert verdict(SIGNED, resolver).aligned is proves


def test_ed25519_signatures_count_beside_rsa_ones() -> None:
    key = generate_key("ed25519")
    resolver = zone()
    resolver.records["e1._domainkey.example.org", "TXT"] = (dns_record(key),)
    raw = Signer("example.org", "e1", key).sign(mail(), now=1) + mail()
    assert verdict(raw, resolver).dkim == ("example.org",)
    assert verdict(signed(raw), resolver).dkim == ("example.org",)
    assert verdict(raw.replace(b"bye", b"buy"), resolver).dkim == ()
    resolver.records["e1._domainkey.example.org", "TXT"] = (RECORD,)
    assert verdict(raw, resolver).dkim == ()


@pytest.mark.parametrize(
    ("tags", "proves"),
    [
        ("x=2000", True),
        ("x=1999", True),
        ("x=1000", False),
        ("x=999", False),
        ("x=soon", False),
        ("x=-1", False),
        ("i=@example.org", True),
        ("i=alice@mail.example.org", True),
        ("i=@evil.example", False),
        ("i=@notexample.org", False),
        ("l=0", False),
        ("l=16", False),
        ("s=s1", False),  # it stands there twice then
        ("z=From:eve@evil.example", True),
    ],
)
def test_a_signatures_further_tags_are_heeded(tags: str, proves: bool) -> None:
    raw = with_tags(mail(), tags)
    found = authenticate(raw, peer_ip=BAD_IP, helo="x", mail_from="eve@evil.example", resolver=zone(), now=1000)
    assert found.aligned is proves


def with_tags(raw: bytes, tags: str) -> bytes:
    """The mail signed, simple/simple, by hand, with these tags too."""
    head, _, body = raw.partition(b"\r\n\r\n")
    hashed = b64encode(sha256(b"".join(canonical_body(body, relaxed=False))).digest()).decode()
    field = f"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; h=from; {tags}; bh={hashed}; b="
    line = next(line for line in head.split(b"\r\n") if line.startswith(b"From:"))
    data = line + b"\r\n" + field.encode()
    return field.encode() + b64encode(KEY.sign(data, padding.PKCS1v15(), hashes.SHA256())) + b"\r\n" + raw


@pytest.mark.parametrize("end", [b"\r", b"\n"])
def test_a_header_with_bare_line_ends_carries_no_signature(end: bytes) -> None:
    assert verdict(b"X-Note: one" + end + b"To: alice@post.example\r\n" + SIGNED, zone()).dkim == ()


def test_a_signature_over_part_of_the_body_does_not_count() -> None:
    raw = signed(mail(), length=True)
    assert verdict(raw, zone()).dkim == ()


def test_a_signature_that_leaves_out_from_does_not_count() -> None:
    unsigned = signed(mail()).replace(b"h=from", b"h=xrom", 1).replace(b" from :", b" xrom :")
    assert verdict(unsigned, zone()).dkim == ()


def test_one_good_signature_among_bad_ones_is_enough_but_only_the_first_five_are_looked_at() -> None:
    good = signed(mail())
    bad = b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; h=from; bh=AAAA; b=AAAA\r\n"
    assert verdict(bad * 4 + good, zone()).dkim == ("example.org",)
    assert verdict(bad * 5 + good, zone()).dkim == ()


def test_a_mail_piped_in_with_bare_line_feeds_keeps_its_signature() -> None:
    assert verdict(signed(mail()).replace(b"\r\n", b"\n"), zone()).dkim == ("example.org",)


@pytest.mark.parametrize("name", ["example.org", "_dmarc.example.org"])
def test_trouble_with_the_dns_that_would_decide_is_temporary(name: str) -> None:
    resolver = zone()
    resolver.troubled.add(name)
    found = verdict(mail(), resolver)
    assert outcome(found) == LATER
    assert found.dmarc == "temperror"
    assert "later" in found.summary


def test_trouble_with_a_key_is_temporary() -> None:
    resolver = zone()
    resolver.troubled.add("s1._domainkey.example.org")
    assert outcome(verdict(signed(mail()), resolver)) == LATER


def test_trouble_does_not_matter_when_another_proof_stands() -> None:
    resolver = zone()
    resolver.troubled.add("example.org")
    assert outcome(verdict(signed(mail()), resolver)) == PROVED


@pytest.mark.parametrize("peer_ip", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.4", "fd00::1"])
def test_without_any_dns_a_peer_of_our_own_network_proves_nothing_and_fails_nothing(peer_ip: str) -> None:
    resolver = Zone({}, {"*"})
    for raw in (mail(), signed(mail())):
        assert outcome(verdict(raw, resolver, peer_ip=peer_ip)) == UNPROVED


def test_a_mail_whose_peer_nobody_knows_waits_for_its_key_and_for_nothing_else() -> None:
    assert outcome(verdict(mail(), Zone({}, {"*"}), peer_ip="")) == UNPROVED
    assert outcome(verdict(signed(mail()), Zone({}, {"*"}), peer_ip="")) == LATER


def test_a_peer_of_our_own_network_is_judged_like_any_other_when_the_dns_answers() -> None:
    resolver = zone()
    assert outcome(verdict(mail(), resolver, peer_ip="127.0.0.1")) == FORGED
    resolver.records["example.org", "TXT"] = ("v=spf1 ip4:127.0.0.1 -all",)
    assert outcome(verdict(mail(), resolver, peer_ip="127.0.0.1")) == PROVED


def test_a_mail_whose_peer_nobody_knows_is_not_blamed_for_it() -> None:
    assert outcome(verdict(mail(), zone(), peer_ip="")) == UNPROVED
    assert outcome(verdict(signed(mail()), zone(), peer_ip="")) == PROVED
    assert outcome(verdict(signed(mail()).replace(b"bye", b"buy"), zone(), peer_ip="")) == FORGED


def test_the_null_sender_is_judged_by_its_helo() -> None:
    found = verdict(mail(), zone(), peer_ip=GOOD_IP, mail_from="")
    assert (found.spf, found.spf_domain, found.aligned) == ("pass", "mail.example.org", True)
    assert verdict(mail(), zone(), peer_ip=GOOD_IP, mail_from="", helo="[192.0.2.10]").spf == "none"


def test_an_international_domain_is_looked_up_in_its_a_label_form() -> None:
    resolver = zone()
    resolver.records["xn--bcher-kva.example", "TXT"] = ("v=spf1 ip4:192.0.2.0/24 -all",)
    found = verdict(mail("bób@bücher.example"), resolver, peer_ip=GOOD_IP, mail_from="bób@bücher.example")
    assert (found.from_domain, found.spf, found.aligned) == ("xn--bcher-kva.example", "pass", True)


@pytest.mark.parametrize(
    "sender",
    [
        "alice@example.org, eve@evil.example",
        "alice@example.org\r\nFrom: eve@evil.example",
        "alice@example.org\0",
        "<@evil.example:alice@example.org>",
        "",
    ],
)
def test_a_mail_without_exactly_one_author_proves_nobody(sender: str) -> None:
    found = verdict(mail(sender), zone(), peer_ip=GOOD_IP)
    assert (found.from_address, found.dmarc) == ("", "permerror")
    assert outcome(found) == UNPROVED
    assert "From" in found.summary


def test_results_written_into_the_mail_are_not_believed() -> None:
    claims = b"Authentication-Results: post.example; spf=pass; dkim=pass header.d=example.org; dmarc=pass\r\nReceived-SPF: pass\r\n"
    assert outcome(verdict(claims + mail(), zone())) == FORGED


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 mx -all", "pass"),
        ("v=spf1 ptr:example.org -all", "pass"),
        ("v=spf1 include:mail.example.org -all", "pass"),
        ("v=spf1 redirect=mail.example.org", "pass"),
        ("v=spf1 exists:%{ir}.allow.example.org -all", "pass"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1 ~all", "softfail"),
        ("v=spf1 include:example.org -all", "permerror"),
        ("v=spf1 a:x1.example a:x2.example a:x3.example -all", "permerror"),
        ("v=spf1 nonsense", "permerror"),
        ("v=spf1 exists:%{x", "permerror"),
    ],
)
def test_spf_records_of_many_kinds(record: str, result: str) -> None:
    resolver = zone()
    resolver.records |= {
        ("example.org", "TXT"): (record,),
        ("example.org", "MX"): ("10 mail.example.org",),
        ("10.2.0.192.in-addr.arpa", "PTR"): ("mail.example.org",),
        ("10.2.0.192.allow.example.org", "A"): ("127.0.0.2",),
    }
    assert verdict(mail(), resolver, peer_ip=GOOD_IP).spf == result


def test_one_mail_asks_a_bounded_number_of_questions() -> None:
    resolver = zone()
    resolver.records["example.org", "TXT"] = ("v=spf1 " + " ".join(f"mx:m{n}.example" for n in range(9)) + " -all",)
    for n in range(9):
        resolver.records[f"m{n}.example", "MX"] = tuple(f"10 h{n}-{h}.example" for h in range(10))
        resolver.records |= {(f"h{n}-{h}.example", "A"): ("198.51.100.1",) for h in range(10)}
    found = verdict(mail(), resolver)
    assert len(resolver.asked) <= 60
    assert outcome(found) == LATER


@pytest.mark.parametrize(
    ("domain", "organisation"),
    [
        ("example.org", "example.org"),
        ("a.b.example.org", "example.org"),
        ("mail.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("org", "org"),
        ("a.host.invalid", "host.invalid"),
        ("foo.ck", "foo.ck"),
        ("a.b.foo.ck", "b.foo.ck"),
        ("a.www.ck", "www.ck"),
        ("localhost", "localhost"),
    ],
)
def test_the_organisation_is_what_somebody_registered(domain: str, organisation: str) -> None:
    assert organisational_domain(domain) == organisation


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", ""),
        ("co.uk", "evil.co.uk"),
        ("a.co.uk", "b.co.uk"),
        ("alice.example", "evil.example"),
        ("example.org", "notexample.org"),
    ],
)
def test_strangers_under_one_suffix_are_not_aligned(one: str, other: str) -> None:
    assert not is_aligned(one, other)
    assert not is_aligned(other, one)


@given(st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"\n", b"b c", b"\r\n\r\n"])).map(b"".join), st.booleans())
def test_bodies_are_canonical_as_dkimpy_has_them(body: bytes, relaxed: bool) -> None:
    body += b"\r\n"
    expected = (Relaxed if relaxed else Simple).canonicalize_body(body)
    assert b"".join(canonical_body(body, relaxed=relaxed)) == expected


def test_a_long_body_is_the_same_in_pieces() -> None:
    body = b"".join(b"line %d  \twith   blanks \t\r\n\r\n" % number for number in range(40_000)) + b"\r\n" * 200_000
    assert b"".join(canonical_body(body, relaxed=True)) == Relaxed.canonicalize_body(body)
    assert b"".join(canonical_body(body, relaxed=False)) == Simple.canonicalize_body(body)


HOSTILE: list[Callable[[int], bytes]] = [
    lambda size: (
        b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; h=from; bh=AAAA; b=" + b" \t" * size + b"!\r\n"
    ),
    lambda size: b"DKIM-Signature: v=1; d=example.org; s=s1; h=from" + b"\r\n \r\n " * size + b"; bh=AAAA; b=A\r\n",
    lambda size: b"DKIM-Signature: " + b";" * size + b"\r\n",
    lambda size: b"DKIM-Signature: a\r\n" * size,
    lambda size: b"DKIM-Signature: v=1; c=relaxed/relaxed; a=rsa-sha256; d=example.org; s=s1; h=from; b=AAAA\r\n" * 9,
    lambda size: b"not a header\r\nDKIM-Signature: v=1\r\n",
    lambda size: b" DKIM-Signature: v=1\r\n",
]


@pytest.mark.parametrize("head", HOSTILE)
def test_hostile_signatures_cost_no_more_than_they_are_long_and_raise_nothing(head: Callable[[int], bytes]) -> None:
    def check(raw: bytes) -> None:
        assert not verdict(raw, zone()).aligned

    grows_linearly(lambda size: head(size) + mail(body=b" " * (100 * size) + b"\r\n"), check, size=1_500)


@given(st.binary(max_size=300), st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_nothing_that_a_client_says_raises(raw: bytes, helo: str, mail_from: str, peer_ip: str) -> None:
    resolver = zone()
    for sent in (raw, b"From: " + raw, b"DKIM-Signature: " + raw + b"\r\n" + mail()):
        authenticate(sent, peer_ip=peer_ip, helo=helo, mail_from=mail_from, resolver=resolver)
        authenticate(sent, peer_ip=GOOD_IP, helo=helo, mail_from=f"{mail_from}@{helo}", resolver=resolver)


@given(st.text(max_size=60), st.text(max_size=200))
def test_nothing_that_the_dns_says_raises(record: str, key: str) -> None:
    resolver = zone()
    resolver.records["example.org", "TXT"] = (record, f"v=spf1 {record}")
    resolver.records["_dmarc.example.org", "TXT"] = (f"v=DMARC1{record}",)
    resolver.records["s1._domainkey.example.org", "TXT"] = (key,)
    verdict(SIGNED, resolver)
