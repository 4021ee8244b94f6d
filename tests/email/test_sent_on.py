"""A signature outlives whoever the mail was for: what only DKIM proves must name the address that it came to."""

import pytest

from gateway.email import senders
from tests.conftest import Cast
from tests.email.mailhouse import BAD_IP, MailHouse, letter, signed, wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVE = "eve@evil.example"


async def sent_on(post: MailHouse, raw: bytes, *to: str) -> str:
    """Eve sends a mail of Alice's from her own server."""
    post.peer = BAD_IP
    post.dns.publish_key()
    return await post.send(raw, *to, mail_from=EVE)


async def test_a_signed_mail_to_somebody_else_is_not_published_but_asked_about(post: MailHouse) -> None:
    assert (await sent_on(post, signed(wire(letter("A secret.\n", to=EVE))))).startswith("250 ")
    held = await post.outcome()
    assert (held.status, held.envelope["hold"], post.posts()) == ("held", senders.ASK_SENT_ON, [])
    [asked] = post.mails("alice@example.com")
    assert "neither in To nor in Cc" in asked.text


@pytest.mark.parametrize("name", [b"To", b"Cc"])
async def test_a_header_that_was_added_to_a_signed_mail_names_nobody(post: MailHouse, name: bytes) -> None:
    raw = name + b": alice@post.example.org\r\n" + signed(wire(letter("A secret.\n", to=EVE)))
    assert (await sent_on(post, raw)).startswith(("250 ", "550 "))
    await post.settled()
    assert post.posts() == []


@pytest.mark.parametrize("to", ["alice@post.example.org", "Alice <ALICE+draft@Post.Example.Org>, bob@example.com"])
async def test_a_signed_mail_that_names_the_blog_is_published_from_anywhere(post: MailHouse, to: str) -> None:
    assert (await sent_on(post, signed(wire(letter(to=to))))).startswith("250 ")
    assert (await post.outcome()).status == "published"


async def test_a_copy_that_names_the_blog_counts_too(post: MailHouse) -> None:
    raw = signed(wire(letter(to="bob@example.com", Cc="alice@post.example.org")))
    assert (await sent_on(post, raw)).startswith("250 ")
    assert (await post.outcome()).status == "published"


async def test_a_blind_copy_is_published_when_spf_says_who_sends(post: MailHouse) -> None:
    post.dns.publish_key()
    assert (await post.send(signed(wire(letter(to="bob@example.com"))))).startswith("250 ")
    assert (await post.outcome()).status == "published"


async def test_a_command_that_is_sent_on_is_refused(post: MailHouse) -> None:
    raw = signed(wire(letter("help\n", to=EVE)))
    assert (await sent_on(post, raw, "do@post.example.org")).startswith("550 5.7.26 ")
    assert post.inbox() == []


async def test_whoever_knows_the_secret_address_needs_no_name_in_the_mail(post: MailHouse, cast: Cast) -> None:
    raw = signed(wire(letter(to="bob@example.com")))
    assert (await sent_on(post, raw, post.secret_address(cast.blog))).startswith("250 ")
    assert (await post.outcome()).status == "published"
