"""A signature outlives whoever the mail was for: what only DKIM proves must name the address that it came to."""

from collections.abc import Callable
from itertools import count

import pytest

from gateway.email import senders
from tests.conftest import Cast
from tests.email.mailhouse import BAD_IP, GOOD_IP, USUAL, MailHouse, letter, signed, signed_once, wire

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


@pytest.mark.parametrize("to", ["alice@post.example.org", "Alice <ALICE@Post.Example.Org>, bob@example.com"])
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


async def test_a_command_that_is_sent_on_is_not_obeyed_before_its_sender_says_so(post: MailHouse) -> None:
    raw = signed(wire(letter("help\n", to=EVE)))
    assert (await sent_on(post, raw, "do@post.example.org")).startswith("250 ")
    row = await post.outcome()
    assert (row.status, row.reason) == ("held", senders.ASK_SENT_ON)


async def test_whoever_knows_the_secret_address_needs_no_name_in_the_mail(post: MailHouse, cast: Cast) -> None:
    raw = signed(wire(letter(to="bob@example.com")))
    assert (await sent_on(post, raw, post.secret_address(cast.blog))).startswith("250 ")
    assert (await post.outcome()).status == "published"


# What Eve makes of a mail to the blog of which she got a copy

_numbers = count()
BLOG = "alice@post.example.org"
SPELLINGS = ["alice+x", "alice+page", "alice.y", "alice+draft", "Alice.page+x"]
CHANGES: list[Callable[[bytes], bytes]] = [
    lambda raw: b"Subject: Eve was here\r\n" + raw,
    lambda raw: b"SUBJECT:\r\n\tEve was here\r\n" + raw,
    lambda raw: b"Message-ID: <eve@evil.example>\r\n" + raw,
    lambda raw: b"Date: Thu, 26 Nov 2026 12:00:00 +0000\r\n" + raw,
    lambda raw: b"Content-Type: text/html\r\n" + raw,
    lambda raw: b"Content-Transfer-Encoding: base64\r\n" + raw,
    lambda raw: b"In-Reply-To: <other@example.com>\r\n" + raw,
    lambda raw: b"References: <other@example.com>\r\n" + raw,
    lambda raw: b"no field\r\n" + raw,
    lambda raw: b"X-Odd : field\r\n" + raw,
    lambda raw: b"\r\n" + raw,
]
SAME: list[Callable[[bytes], bytes]] = [
    lambda raw: b"Received: from evil.example by evil.example; now\r\n" + raw,
    lambda raw: raw.replace(b"Subject: ", b"subject:\t "),
    lambda raw: raw.replace(b"Message-ID:", b"MESSAGE-ID:"),
    lambda raw: raw.replace(b"from the", b"from \t the"),
    lambda raw: raw + b"\r\n\r\n",
    lambda raw: b"From eve@evil.example Thu Nov 26 12:00:00 2026\r\n" + raw,
]


def a_mail(to: str = BLOG, *names: str) -> bytes:
    """Another mail of Alice's to her blog, with a copy for Eve."""
    mail = letter(to=to, message_id=f"<{next(_numbers)}@example.com>", Cc=EVE)
    return signed_once(wire(mail), *names)


async def test_a_mail_to_the_blog_is_published_once_however_eve_sends_it_on(post: MailHouse) -> None:
    raw = a_mail()
    post.dns.publish_key()
    await post.send(raw)
    tries = [(raw, f"{one}@post.example.org") for one in SPELLINGS] + [(one(raw), BLOG) for one in (*CHANGES, *SAME)]
    for changed, to in tries:
        assert changed != raw or to != BLOG
        assert (await sent_on(post, changed, to)).startswith(("250 ", "550 ")), changed[:80]
    assert set(await post.outcomes()) <= {"published", "held"}
    assert [len(post.posts(status)) for status in ("published", "draft", "scheduled")] == [1, 0, 0]


async def test_nothing_is_published_that_eve_changed_and_sends_first(post: MailHouse) -> None:
    for one in SPELLINGS:
        await sent_on(post, a_mail(), f"{one}@post.example.org")
    for change in CHANGES:
        await sent_on(post, change(a_mail()))
    await sent_on(post, a_mail("alice+draft@post.example.org"), BLOG)
    for left_out in ("subject", "date", "message-id", "content-type", "content-transfer-encoding", "to"):
        await sent_on(post, a_mail(BLOG, *(name for name in USUAL if name != left_out)))
    assert set(await post.outcomes()) == {"held"}
    assert [len(post.posts(status)) for status in ("published", "draft", "scheduled")] == [0, 0, 0]


async def test_a_whole_signed_mail_is_published_from_anywhere_whatever_servers_do_to_it(post: MailHouse) -> None:
    for change in SAME:
        assert (await sent_on(post, change(a_mail()))).startswith("250 ")
    await sent_on(post, a_mail("alice+draft@post.example.org"), "alice.draft@post.example.org")
    assert await post.outcomes() == [*["published"] * len(SAME), "answered"]
    assert (len(post.posts()), len(post.posts("draft"))) == (len(SAME), 1)


async def test_what_was_taken_away_from_a_mail_shows_where_the_signature_does_not_say_so(post: MailHouse) -> None:
    for name in (b"Subject", b"Date", b"Message-ID", b"Content-Type"):
        lines = wire(letter(message_id=f"<{next(_numbers)}@example.com>", Cc=EVE)).split(b"\r\n")
        raw = b"\r\n".join(line for line in lines if not line.startswith(name + b":"))
        assert name + b":" not in raw
        await sent_on(post, signed_once(raw, *(one for one in USUAL if one != name.decode().lower())))
        assert (await post.outcome()).envelope["hold"] == senders.ASK_OPEN, name
    assert post.posts() == []


async def test_a_draft_that_alice_wrote_stays_one_when_eve_sends_it_to_the_blog(post: MailHouse) -> None:
    raw = a_mail("alice+draft@post.example.org")
    post.dns.publish_key()
    await post.send(raw, "alice+draft@post.example.org")
    await sent_on(post, raw, BLOG)
    assert (await post.outcomes(), len(post.posts()), len(post.posts("draft"))) == (["answered"], 0, 1)


async def test_alice_is_heard_when_eve_was_quicker(post: MailHouse) -> None:
    """Eve's copy to another address waits; then Alice's own comes, and is taken as she sent it."""
    raw = a_mail("alice+draft@post.example.org")
    await sent_on(post, raw, BLOG)
    assert (await post.outcome()).status == "held"
    post.peer = GOOD_IP
    await post.send(raw, "alice+draft@post.example.org")
    assert (await post.outcomes(), len(post.posts()), len(post.posts("draft"))) == (["ignored", "answered"], 0, 1)
