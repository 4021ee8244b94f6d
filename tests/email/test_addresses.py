"""The address table: what every local part means, how it is written, and what is none of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.people.accounts import compared, lowered
from gateway.core.people.domains import a_label
from gateway.core.people.names import RESERVED
from gateway.core.people.tokens import Keyring, mint, secret_part
from gateway.email.addresses import (
    Blog,
    Bounce,
    Commands,
    Community,
    NewsletterReply,
    Postmaster,
    Recipient,
    Reply,
    Unsubscribe,
    parse,
    write,
)
from gateway.email.author import author
from gateway.email.header_values import correspondents

DOMAIN = "post.example.org"
RING = Keyring({0: b"k" * 32}, current=0)
SECRET = secret_part(RING, 1, 0)
TOKEN = mint(RING, "reply", 2**64 - 1, 2**64 - 1)

TABLE: list[tuple[str, Recipient]] = [
    ("alice", Blog("alice")),
    ("ALICE", Blog("alice")),
    (f"alice.{SECRET}", Blog("alice", SECRET)),
    (f"alice+{SECRET.upper()}", Blog("alice", SECRET)),
    ("alice+draft", Blog("alice", None, ("draft",))),
    ("alice.draft+page", Blog("alice", None, ("draft", "page"))),
    ("alice+subscribe", Blog("alice", None, ("subscribe",))),
    (f"alice+draft.{SECRET}+page", Blog("alice", SECRET, ("draft", "page"))),
    ("alice+tag-with-hyphens", Blog("alice", None, ("tag-with-hyphens",))),
    (f"r.{TOKEN}", Reply(TOKEN)),
    (f"R+{TOKEN.upper()}", Reply(TOKEN)),
    (f"n.{TOKEN}", NewsletterReply(TOKEN)),
    (f"b.{TOKEN}", Bounce(TOKEN)),
    (f"u.{TOKEN}", Unsubscribe(TOKEN)),
    ("do", Commands()),
    ("postmaster", Postmaster("postmaster")),
    ("Abuse", Postmaster("abuse")),
    ("community", Community()),
]

NOT_OURS = [
    "",
    "@post.example.org",
    "alice",
    "alice@",
    "alice@example.org",
    "alice@evil.post.example.org",
    "alice@post.example.org.evil.example",
    "alice@post.example.org@evil.example",
    "eve@evil.example@post.example.org",
    "a@post.example.org",
    "alice+@post.example.org",
    "alice..draft@post.example.org",
    ".alice@post.example.org",
    "al-ice@post.example.org",
    "álice@post.example.org",
    "\u212aate@post.example.org",  # the Kelvin sign, which folds to k
    "alice\0@post.example.org",
    '"alice"@post.example.org',
    f"alice.{SECRET}.{SECRET}@post.example.org",
    "alice+ä@post.example.org",
    "r@post.example.org",
    "r.@post.example.org",
    "r.short@post.example.org",
    f"r.{TOKEN}.{TOKEN}@post.example.org",
    f"r.{TOKEN[:-1]}1@post.example.org",
    f"x.{TOKEN}@post.example.org",
    "do.it@post.example.org",
    "community.x@post.example.org",
    "www@post.example.org",
    "r.draft@post.example.org",
    "a" * 10_000 + "@post.example.org",
    "alice+" + "a" * 33 + "@post.example.org",
]


@pytest.mark.parametrize(("local", "meaning"), TABLE)
def test_every_row_of_the_address_table(local: str, meaning: Recipient) -> None:
    assert parse(f"{local}@{DOMAIN}", DOMAIN) == meaning
    assert parse(f"{local}@POST.Example.ORG.", DOMAIN) == meaning


@pytest.mark.parametrize("address", NOT_OURS)
def test_anything_else_is_no_address_of_ours(address: str) -> None:
    assert parse(address, DOMAIN) is None


@pytest.mark.parametrize(("local", "meaning"), TABLE)
def test_what_is_written_is_read_back(local: str, meaning: Recipient) -> None:
    assert parse(write(meaning, DOMAIN), DOMAIN) == meaning


def test_postmaster_needs_no_domain() -> None:
    assert parse("Postmaster", DOMAIN) == Postmaster()


@pytest.mark.parametrize("written", ["alice@bücher.example", "alice@BÜCHER.example", "alice@xn--bcher-kva.example"])
@pytest.mark.parametrize("domain", ["bücher.example", "xn--bcher-kva.example"])
def test_an_international_domain_is_the_same_in_both_its_forms(written: str, domain: str) -> None:
    assert parse(written, domain) == Blog("alice")


@pytest.mark.parametrize("domain", ["a" * 64 + "ü.example", "ü..example", "\udcff.example"])
def test_a_domain_that_has_no_a_label_form_equals_nothing_of_ours(domain: str) -> None:
    assert a_label(domain) == domain
    assert parse(f"alice@{domain}", DOMAIN) is None


@pytest.mark.parametrize(
    ("domain", "written"),
    [
        ("straße.example", "xn--strae-oqa.example"),
        ("STRAẞE.example.", "xn--strae-oqa.example"),
        ("strasse.example", "strasse.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("βόλοσ.example", "xn--nxasmq6b.example"),
        ("例え。example", "xn--r8jz45g.example"),
        ("_dmarc.bücher.example", "_dmarc.xn--bcher-kva.example"),
    ],
)
def test_no_domain_is_taken_for_another(domain: str, written: str) -> None:
    assert a_label(domain) == written
    assert (parse(f"alice@{domain}", "strasse.example") is None) == (written != "strasse.example")


@pytest.mark.parametrize(
    "written", ["Groß@Straße.example", "JÖRG@BÜCHER.example", "jo\u0308rg@bücher.example", "Alice@Example.org"]
)
def test_both_readings_of_an_author_agree_and_find_one_member(written: str) -> None:
    """What proves an author and what reads the mail are two readers; a difference is taken for forgery."""
    raw = f"From: A <{written}>\r\nSubject: x\r\n\r\nx\r\n".encode()
    [read] = correspondents(f"A <{written}>".encode().decode("ascii", "surrogateescape"))
    assert lowered(author(raw).address) == read.address
    assert compared(read.address) == compared(written)


def test_no_reserved_name_is_read_as_a_blog() -> None:
    assert not [name for name in RESERVED if isinstance(parse(f"{name}@{DOMAIN}", DOMAIN), Blog)]


def test_a_token_with_two_ids_fits_and_more_than_64_characters_are_refused() -> None:
    token = mint(RING, "reply", 2**64 - 1, 2**64 - 1)
    assert parse(write(Reply(token), DOMAIN), DOMAIN) == Reply(token)
    with pytest.raises(ValueError, match="64"):
        write(Reply("a" * 63), DOMAIN)


@given(st.text(max_size=80))
def test_any_text_is_parsed_without_an_error(text: str) -> None:
    assert parse(text, DOMAIN) is None or "@" in text or text.strip().lower() == "postmaster"
    parse(f"{text}@{DOMAIN}", DOMAIN)
