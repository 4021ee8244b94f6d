"""Authentication-Results: read as RFC 8601 writes them, and believed only from our own mail server, on top."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.email.authenticate import Trust, Verdict, authenticate
from gateway.email.authentication_results import Found, Results, believed, read_results
from gateway.email.resolver import Kind

MAIL = b"From: Alice <alice@example.org>\r\nTo: alice@post.example\r\nSubject: Harbour\r\n\r\nHello\r\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The examples of RFC 8601, appendix B, and what large servers write
        ("example.org 1; none", Results("example.org")),
        ("example.com; spf=pass smtp.mailfrom=example.net",
         Results("example.com", (Found("spf", "pass", {"smtp.mailfrom": "example.net"}),))),
        ("example.com;\r\n\tauth=pass (cram-md5) smtp.auth=sender@example.net;\r\n spf=pass smtp.mailfrom=example.net",
         Results("example.com", (Found("auth", "pass", {"smtp.auth": "sender@example.net"}),
                                 Found("spf", "pass", {"smtp.mailfrom": "example.net"})))),
        ("example.com; dkim=pass reason=\"good signature\" header.i=@mail-router.example.net",
         Results("example.com", (Found("dkim", "pass", {"reason": "good signature", "header.i": "@mail-router.example.net"}),))),
        ("foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
         " policy (A dot can go here) .expired (this surprised me) = (as I wasn't expecting it) 1362471462", None),
        ("foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = (wait for it) fail policy.expired = 1362471462",
         Results("foo.example.net", (Found("dkim", "fail", {"policy.expired": "1362471462"}),))),
        ("mx.google.com; dkim=pass header.i=@example.org header.s=s1 header.b=fGf1/c+=; spf=pass (google.com: domain of "
         "alice@example.org designates 192.0.2.1 as permitted sender) smtp.mailfrom=alice@example.org",
         Results("mx.google.com", (Found("dkim", "pass", {"header.i": "@example.org", "header.s": "s1", "header.b": "fGf1/c+="}),
                                   Found("spf", "pass", {"smtp.mailfrom": "alice@example.org"})))),
        ("MX.Example.ORG; SPF=Pass SMTP.MailFrom=A@b.example;", Results("mx.example.org", (Found("spf", "pass", {"smtp.mailfrom": "A@b.example"}),))),
        ('mx; spf=pass smtp.mailfrom="a;b spf=pass\\" x"@evil.example',
         Results("mx", (Found("spf", "pass", {"smtp.mailfrom": 'a;b spf=pass" x@evil.example'}),))),
        ("mx; spf=fail smtp.mailfrom=a@b.example smtp.mailfrom=c@d.example",
         Results("mx", (Found("spf", "fail", {"smtp.mailfrom": "a@b.example"}),))),
        ("mx", Results("mx")),
        ("mx;", Results("mx")),
        ("", None),
        (";", None),
        ("mx 2; spf=pass", None),
        ("mx 1 1; spf=pass", None),
        ("mx; spf", None),
        ("mx; =pass", None),
        ("mx; spf=", None),
        ("mx; spf=pass (open", None),
        ('mx; spf=pass smtp.mailfrom="open', None),
        ("mx; spf=pass stray", None),
        ("mx; ; spf=pass", None),
        ("x" * 9000, None),
    ],
)  # fmt: skip
def test_a_field_is_read_as_the_rfc_writes_it(text: str, expected: Results | None) -> None:
    assert read_results(text) == expected


@pytest.mark.parametrize(
    ("values", "mine"),
    [
        ([b" mx.post.example; spf=pass"], True),
        ([b" MX.Post.Example; spf=pass", b" mx.evil.example; spf=fail"], True),
        (
            [b" mx.evil.example; spf=pass", b" mx.post.example; spf=pass"],
            False,
        ),  # ours is not on top: somebody wrote it before
        ([b" mx.post.example.evil; spf=pass"], False),
        ([b" mx.post.example (; spf=pass"], False),
        ([b' "mx.post.example"; spf=pass'], True),
        ([b" mx.post.example\xff; spf=pass"], False),
        ([], False),
    ],
)
def test_only_the_topmost_field_counts_and_only_when_it_is_ours(values: list[bytes], mine: bool) -> None:
    assert (believed(values, "mx.post.example") is not None) is mine
    assert believed(values, "") is None


@given(st.text(alphabet='mx;=/"()\\ \r\n.a1@', max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read_results(text)


class Dns:
    """example.org lets 192.0.2.10 send, and asks that forged mail be refused."""

    def lookup(self, name: str, kind: Kind) -> tuple[str, ...]:
        return {
            ("example.org", "TXT"): ("v=spf1 ip4:192.0.2.10 -all",),
            ("_dmarc.example.org", "TXT"): ("v=DMARC1; p=reject",),
        }.get((name, kind), ())


def verdict(raw: bytes, *, peer_ip: str = "", trusted: bool = True) -> Verdict:
    trust = Trust("mx.post.example") if trusted else Trust()
    return authenticate(raw, peer_ip=peer_ip, helo="", mail_from="alice@example.org", resolver=Dns(), trust=trust)


def by(server: str, results: str) -> bytes:
    return f"Authentication-Results: {server}; {results}\r\n".encode()


PASS = "spf=pass smtp.mailfrom=alice@example.org"


@pytest.mark.parametrize(
    ("results", "aligned", "fresh"),
    [
        (PASS, True, True),
        ("spf=pass smtp.helo=mail.example.org", True, True),
        ("dkim=pass header.d=example.org", True, False),
        ("dmarc=pass header.from=example.org", True, False),
        ("spf=pass smtp.mailfrom=eve@evil.example; dkim=pass header.d=evil.example", False, False),
        ("spf=fail smtp.mailfrom=alice@example.org", False, False),
        ("none", False, False),
    ],
)
def test_what_our_own_server_found_stands_for_what_we_cannot_see(results: str, aligned: bool, fresh: bool) -> None:
    found = verdict(by("mx.post.example", results) + MAIL)
    assert (found.aligned, found.is_fresh) == (aligned, fresh)
    assert not verdict(by("mx.post.example", results) + MAIL, trusted=False).aligned


def test_a_failure_that_our_own_server_saw_is_a_failure() -> None:
    assert verdict(by("mx.post.example", "spf=fail smtp.mailfrom=alice@example.org") + MAIL).failed
    assert not verdict(MAIL).failed


def test_a_peer_whom_we_know_is_judged_by_us() -> None:
    raw = by("mx.post.example", PASS) + MAIL
    assert verdict(raw, peer_ip="203.0.113.66").failed
    assert verdict(raw, peer_ip="192.0.2.10").aligned


@pytest.mark.parametrize(
    "raw",
    [
        by("mx.evil.example", PASS) + MAIL,
        by("mx.evil.example", "none") + by("mx.post.example", PASS) + MAIL,
        by("mx.post.example", "none") + by("mx.post.example", PASS) + MAIL,
        MAIL.replace(b"\r\n\r\n", b"\r\n\r\n" + by("mx.post.example", PASS)),
        MAIL.replace(b"Subject: Harbour", b"Subject: Harbour\r\n " + by("mx.post.example", PASS).strip()),
        MAIL.replace(b"Subject: Harbour", b"Subject: Harbour\n" + by("mx.post.example", PASS).strip()),
        by("mx.post.example", PASS).replace(b": ", b":: ") + MAIL,
        by("mx.post.example", PASS).replace(b"Authentication-Results", b"X-Authentication-Results") + MAIL,
    ],
)
def test_results_that_somebody_else_wrote_are_not_believed(raw: bytes) -> None:
    assert not verdict(raw).aligned
