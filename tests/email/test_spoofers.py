"""What spoofers do, and what each of it is answered: nothing is published in Alice's name, and nobody but her is asked."""

import base64
import hashlib
import time

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gateway.email.signing import Signer, canonical_body, canonical_fields, generate_key
from tests.email.mailhouse import BAD_IP, MailHouse, signed

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVE = "eve@evil.example"
NO_AUTHOR = "550 5.7.1 A mail needs exactly one From"
STRANGER = "550 5.7.1 This blog takes mail from its owner only"
FORGED = "550 5.7.26 The domain in From says"
HELD = "250 2.0.0"

REST = b"To: alice@post.example.org\r\nSubject: Harbour\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n"
ALICE = b"From: Alice <alice@example.com>\r\n"

FROM_FIELDS: list[tuple[bytes, str]] = [
    # forged, however it is written
    (b"From: alice@example.com", FORGED),
    (b"From: Alice <ALICE@Example.COM>", FORGED),
    (b"from: \"Alice\" (on the way (home)) <alice@example.com>", FORGED),
    (b"From:\r\n Alice\r\n\t<alice@example.com>", FORGED),
    (b'From: "alice"@example.com', FORGED),
    (b"From: =?utf-8?q?Eve?= <alice@example.com>", FORGED),
    (b"Sender: eve@evil.example\r\nFrom: alice@example.com", FORGED),
    # not exactly one author
    (b"X-Nothing: here", NO_AUTHOR),
    (b"From:", NO_AUTHOR),
    (b"From: Alice", NO_AUTHOR),
    (b"From: alice@example.com\r\nFrom: alice@example.com", NO_AUTHOR),
    (b"From: alice@example.com\r\nFROM: eve@evil.example", NO_AUTHOR),
    (b"From: eve@evil.example\r\nfrom : alice@example.com", "550 5.7.1 "),
    (b"From: eve@evil.example\r\nX-Note: a\nFrom: alice@example.com", "550 5.7.1 "),
    (b"From: eve@evil.example\r\nX-Note: a\rFrom: alice@example.com", "550 5.7.1 "),
    (b"From: alice@example.com\r\nfrom : eve@evil.example", NO_AUTHOR),
    (b"From: alice@example.com\r\nX-Note: a\nFrom: eve@evil.example", NO_AUTHOR),
    (b"From: alice@example.com\r\nX-Note: a\rFrom: eve@evil.example", NO_AUTHOR),
    (b"From: alice@example.com, eve@evil.example", NO_AUTHOR),
    (b"From: Alice <alice@example.com> <eve@evil.example>", NO_AUTHOR),
    (b"From: alice@example.com eve@evil.example", NO_AUTHOR),
    (b"From: Friends: alice@example.com;", NO_AUTHOR),
    (b"From: undisclosed-recipients:;", NO_AUTHOR),
    (b"From: <@evil.example:alice@example.com>", NO_AUTHOR),
    (b"From: <@evil.example,@other.example:alice@example.com>", NO_AUTHOR),
    (b"From: alice@example.com@evil.example", NO_AUTHOR),
    (b"From: =?utf-8?q?alice=40example=2Ecom?=", NO_AUTHOR),
    (b"From: <=?utf-8?q?alice?=@example.com>", NO_AUTHOR),
    (b"From: alice@example.com\0@evil.example", NO_AUTHOR),
    (b"From: Al\0ice <alice@example.com>", NO_AUTHOR),
    (b"From: \"Alice <alice@example.com>", NO_AUTHOR),
    (b"From: Alice (<alice@example.com>", NO_AUTHOR),
    (b"From: " + b"x" * 10_000 + b" <alice@example.com>", NO_AUTHOR),
    (b"Sender: alice@example.com", NO_AUTHOR),
    # somebody else, dressed up as Alice
    (b"From: eve@evil.example", STRANGER),
    (b"From: \"alice@example.com\" <eve@evil.example>", STRANGER),
    (b"From: =?utf-8?q?Alice_=3Calice=40example=2Ecom=3E?= <eve@evil.example>", STRANGER),
    (b"From: eve@evil.example (alice@example.com)", STRANGER),
    (b"From: \"<alice@example.com>\\\" \" <eve@evil.example>", STRANGER),
    (b'From: "alice@example.com"@evil.example', NO_AUTHOR),
    (b"From: alice%example.com@evil.example", STRANGER),
    (b"From: alice@example.com.evil.example", STRANGER),
    (b"From: alice@sub.example.com", STRANGER),
    (b"From: alice+blog@example.com", STRANGER),
    ("From: alice@ex\u0430mple.com".encode(), STRANGER),  # a Cyrillic a
    ("From: \u0430lice@example.com".encode(), STRANGER),
    (b"From: alice@xn--exmple-4nf.com", STRANGER),
    ("From: Alice \u202e<eve@evil.example>".encode(), STRANGER),
    (b"From: eve@evil.example\r\nSender: alice@example.com\r\nReply-To: alice@example.com", STRANGER),
    (b"From: eve@evil.example\r\nResent-From: alice@example.com\r\nReturn-Path: <alice@example.com>", STRANGER),
    (b"From: eve@evil.example\r\nX-Original-From: alice@example.com\r\nOn-Behalf-Of: alice@example.com", STRANGER),
]  # fmt: skip


async def replies(post: MailHouse, rows: list[tuple[bytes, str]], mail_from: str = EVE) -> list[tuple[bytes, str, str]]:
    """Those rows that were answered otherwise than they should, with what they were answered."""
    wrong = []
    for raw, expected in rows:
        reply = await post.send(raw, mail_from=mail_from)
        if not reply.startswith(expected):
            wrong.append((raw[:200], expected, reply))
    return wrong


@pytest.fixture
def town(post: MailHouse) -> MailHouse:
    """Eve has a server, SPF, a key and a policy of her own, and everything that she sends is proved to be hers."""
    post.peer = BAD_IP
    post.dns.publish_key()
    post.dns.publish_key("evil.example")
    post.dns.records["evil.example", "TXT"] = (f"v=spf1 ip4:{BAD_IP} -all",)
    post.dns.records["_dmarc.evil.example", "TXT"] = ("v=DMARC1; p=reject",)
    return post


async def test_a_false_from_is_refused_in_the_session(town: MailHouse) -> None:
    rows = [(field + b"\r\n" + REST, expected) for field, expected in FROM_FIELDS]
    assert await replies(town, rows) == []
    assert await replies(town, rows, mail_from="") == []
    assert town.inbox() == []
    assert town.mails("alice@example.com") == []


async def test_eves_own_signature_helps_none_of_them(town: MailHouse) -> None:
    rows = [(signed(field + b"\r\n" + REST, "evil.example"), expected) for field, expected in FROM_FIELDS[::2]]
    assert await replies(town, rows) == []
    assert town.inbox() == []


CLAIMS = [
    b"Authentication-Results: post.example.org; spf=pass smtp.mailfrom=alice@example.com; dkim=pass header.d=example.com; dmarc=pass header.from=example.com",
    b"Authentication-Results: mx.post.example.org; spf=pass smtp.mailfrom=alice@example.com",
    b"Received-SPF: pass (example.com: domain of alice@example.com) client-ip=192.0.2.10",
    b"ARC-Authentication-Results: i=1; lists.example; spf=pass smtp.mailfrom=alice@example.com",
    b"X-Forwarded-To: alice@post.example.org\r\nX-Forwarded-For: alice@example.com",
    b"Received: from mail.example.com (mail.example.com [192.0.2.10]) by mx.post.example.org; Wed, 25 Nov 2026 12:00:00 +0000",
    b"X-Google-DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; h=from; bh=AAAA; b=AAAA",
    b"List-Id: <alice.example.com>\r\nX-Spam-Status: No\r\nX-Verified: yes",
]


async def test_nothing_is_believed_that_a_mail_says_of_itself(town: MailHouse) -> None:
    assert await replies(town, [(claim + b"\r\n" + ALICE + REST, FORGED) for claim in CLAIMS]) == []
    assert await replies(town, [(claim + b"\r\n" + ALICE + REST, FORGED) for claim in CLAIMS], "") == []
    assert town.inbox() == []


async def test_a_sender_on_the_envelope_proves_nothing_from_anywhere_else(town: MailHouse) -> None:
    for mail_from in ("alice@example.com", "alice@example.com.evil.example", '"alice@example.com"@evil.example', ""):
        assert await replies(town, [(ALICE + REST, FORGED)], mail_from) == [], mail_from


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


WHOLE = "from:to:subject:message-id:date:content-type"


def by_hand(raw: bytes, names: str = WHOLE, more: str = "", body: bytes | None = None) -> bytes:
    """A signature of example.com's provider under selector `hand`, with odd tags, or over another body than the mail's."""
    head, _, content = raw.partition(b"\r\n\r\n")
    hashed = base64.b64encode(hashlib.sha256(canonical_body(content if body is None else body)).digest()).decode()
    tags = f"v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=hand; h={names};{more} bh={hashed}; b="
    lines = dict(canonical_fields(head + b"\r\n"))
    data = b"".join(lines[name] + b"\r\n" for name in names.encode().split(b":") if name in lines)
    signature = KEY.sign(data + b"dkim-signature:" + tags.encode(), padding.PKCS1v15(), hashes.SHA256())
    return b"DKIM-Signature: " + tags.encode() + base64.b64encode(signature) + b"\r\n" + raw


async def test_signatures_that_prove_too_little_prove_nothing(town: MailHouse) -> None:
    """Each is a real one of Alice's provider, and fits; only the first says enough."""
    town.dns.records["hand._domainkey.example.com", "TXT"] = (f"v=DKIM1; p={base64.b64encode(PUBLIC).decode()}",)
    raw, past = ALICE + REST, int(time.time()) - 60
    assert (await town.send(by_hand(raw), mail_from=EVE)).startswith("250 ")
    assert (await town.outcome()).status == "published"
    rows = [
        by_hand(raw, more=" l=7;") + b"Buy my things!\r\n",
        by_hand(raw, more=" l=0;", body=b""),
        by_hand(raw, more=f" x={past};"),
        by_hand(raw, names="to:subject"),
        by_hand(raw, names="to:subject").replace(b"alice@example", b"bob@example").replace(ALICE, ALICE + ALICE),
        by_hand(raw, more=" i=@evil.example;"),
        by_hand(raw).replace(b"Hello", b"Hallo"),
        by_hand(raw).replace(b"Harbour", b"Airport"),
        by_hand(raw).replace(b"d=example.com", b"d=evil.example"),
        by_hand(raw).replace(b"a=rsa-sha256", b"a=rsa-sha1"),
        by_hand(raw).replace(b"v=1; ", b""),
        by_hand(raw) + b"\r\nBuy my things!\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=hand; h=from; bh=AAAA; b=AAAA\r\n" * 6 + by_hand(raw),
    ]
    outcomes = await replies(town, [(row, "550 5.7.") for row in rows])
    assert outcomes == []
    assert (await town.send(by_hand(raw.replace(b"<1@", b"<2@"), "from:to:subject"), mail_from=EVE)).startswith(HELD)
    assert (await town.outcome()).status == "held"
    town.dns.records["hand._domainkey.example.com", "TXT"] = (f"v=DKIM1; t=y; p={base64.b64encode(PUBLIC).decode()}",)
    assert await replies(town, [(by_hand(raw.replace(b"Hello", b"Hi")), FORGED)]) == []
    town.dns.records["hand._domainkey.example.com", "TXT"] = ("v=DKIM1; p=",)
    assert await replies(town, [(by_hand(raw.replace(b"Hello", b"Hi")), FORGED)]) == []
    assert len(town.posts()) == 1


async def test_a_good_signature_of_hers_beside_a_broken_one_of_alices_is_still_hers(town: MailHouse) -> None:
    broken = signed(ALICE + REST).replace(b"Hello", b"Hallo")
    eve = Signer("evil.example", "s1", generate_key()).sign(broken, now=int(time.time())) + broken
    assert await replies(town, [(eve, FORGED), (signed(broken, "evil.example"), FORGED)]) == []


async def test_a_mail_that_alice_wrote_to_somebody_else_is_only_asked_about(town: MailHouse) -> None:
    to_eve = signed(ALICE + REST.replace(b"alice@post.example.org", b"eve@evil.example"))
    rows = [
        (to_eve, HELD),
        (b"X-Added: by Eve\r\n" + to_eve, HELD),
        (b"To: alice@post.example.org\r\n" + to_eve, FORGED),
        (b"Cc: alice@post.example.org\r\n" + to_eve, FORGED),
        (b"Subject: Hers\r\n" + to_eve, FORGED),
        (b"X-A: b\nTo: alice@post.example.org\r\n" + to_eve, FORGED),
        (b"X-A: b\rTo: alice@post.example.org\r\n" + to_eve, FORGED),
    ]
    assert await replies(town, rows) == []
    assert set(await town.outcomes()) == {"held"}
    assert town.posts() == []


async def test_a_header_of_any_size_is_answered(town: MailHouse) -> None:
    """Whatever hides a From behind a heap of others gets no further than a plain forgery."""
    heap = b"X-Heap: " + b"y" * 900 + b"\r\n"
    for count in (10, 400, 1200):
        reply = await town.send(heap * count + ALICE + REST, mail_from=EVE)
        assert reply.startswith(("550 5.7.", "552 5.3.4", "554 ")), (count, reply)
        reply = await town.send(ALICE + heap * count + b"From: eve@evil.example\r\n" + REST, mail_from=EVE)
        assert reply.startswith(("550 5.7.", "552 5.3.4", "554 ")), (count, reply)
    assert town.inbox() == []
