"""A mail that comes again: never published twice, and never dropped silently when the first came to nothing."""

from datetime import timedelta

import pytest

from gateway.core.errors import Conflict
from gateway.core.ledger import inbox
from gateway.core.store.models import Inbound, Post
from gateway.email import again, senders
from tests.conftest import Clock
from tests.core.hands import delete, do
from tests.email.mailhouse import BAD_IP, MailHouse, letter, signed, signed_once, wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALICE, EVE, DO = "alice@example.com", "eve@evil.example", "do@post.example.org"
NAMELESS = b"From: alice@example.com\r\nTo: alice@post.example.org\r\nSubject: Tide\r\n\r\nHigh at noon.\r\n"


def release(post: MailHouse, row: Inbound) -> None:
    do(post.house, lambda session: inbox.release(session, row.id, post.house.now()))


def drop(post: MailHouse, made: Post) -> None:
    delete(post.house, "alice", made)


async def sent(post: MailHouse, *mails: bytes) -> list[str]:
    """What became of all mails so far, when these have come too."""
    for raw in mails:
        assert (await post.send(raw)).startswith("250 ")
        await post.settled()
    return await post.outcomes()


async def test_a_server_that_did_not_hear_our_answer_makes_no_second_post(post: MailHouse) -> None:
    for raw in (wire(letter()), NAMELESS):
        assert len(set(await sent(post, raw, raw, b"Received: from a by b; now\r\n" + raw))) == 1
    assert len(post.posts()) == 2


async def test_a_mail_without_a_message_id_may_come_again_on_another_day(post: MailHouse, clock: Clock) -> None:
    assert await sent(post, NAMELESS) == ["published"]
    clock.forward(days=1)
    assert await sent(post, NAMELESS, NAMELESS) == ["published"] * 2
    assert len(post.posts()) == 2


async def test_a_draft_that_was_deleted_is_asked_about_too(post: MailHouse) -> None:
    to = "alice+draft@post.example.org"
    await post.send(letter(), to)
    await post.settled()
    drop(post, post.posts("draft")[0])
    await post.send(letter(), to)
    assert await post.outcomes() == ["answered", "held"]


@pytest.mark.parametrize("raw", [NAMELESS, wire(letter())])
async def test_a_mail_whose_post_was_deleted_is_asked_about_once_and_published_once(
    post: MailHouse, raw: bytes
) -> None:
    await sent(post, raw)
    drop(post, post.posts()[0])
    assert await sent(post, raw, raw, raw) == ["published", "held"]
    held = post.inbox()[-1]
    assert (held.envelope["hold"], post.posts()) == (senders.ASK_AGAIN, [])
    assert "the post that it made is deleted" in " ".join(post.mails(ALICE)[-1].text.split())
    release(post, held)
    assert await sent(post, raw) == ["published", "published"]
    assert len(post.posts()) == 1
    drop(post, post.posts()[0])
    assert await sent(post, raw) == ["published", "published", "held"]


async def test_a_held_mail_that_comes_again_with_proof_is_published_and_no_longer_asked_about(post: MailHouse) -> None:
    records = dict(post.dns.records)
    post.dns.say_nothing()
    assert await sent(post, wire(letter()), wire(letter())) == ["held"]
    post.dns.records |= records
    assert await sent(post, wire(letter())) == ["ignored", "published"]
    assert (post.inbox()[0].reason, len(post.posts())) == (again.PROVED_SINCE, 1)
    post.dns.say_nothing()
    assert await sent(post, wire(letter())) == ["ignored", "published"]
    with pytest.raises(Conflict):
        release(post, post.inbox()[0])


async def test_a_mail_that_is_still_waiting_to_be_held_makes_way_too(post: MailHouse) -> None:
    await post.rest()
    records = dict(post.dns.records)
    post.dns.say_nothing()
    await post.send(letter())
    do(post.house, lambda s: inbox.claim(s, post.house.now(), limit=1, lease=timedelta(seconds=60)))
    [claimed] = post.inbox()
    post.dns.records |= records
    await post.send(letter())
    post.work()
    assert (claimed.status, await post.outcomes()) == ("claimed", ["ignored", "published"])


async def test_two_to_one_blog_in_one_session_are_one(post: MailHouse) -> None:
    await post.send(letter(), "alice@post.example.org", "alice+draft@post.example.org", "alice.x@post.example.org")
    assert await post.outcomes() == ["published"]


async def test_a_rejected_mail_is_tried_again(post: MailHouse) -> None:
    empty = wire(letter("\n", subject=""))
    assert await sent(post, empty, empty) == ["rejected", "rejected"]
    assert len(post.mails(ALICE)) == 1


async def test_a_dead_mail_is_tried_again(post: MailHouse, clock: Clock) -> None:
    await post.rest()
    await post.send(letter())
    for _ in range(inbox.MAX_ATTEMPTS + 1):
        do(post.house, lambda s: inbox.claim(s, post.house.now(), limit=10, lease=timedelta(seconds=60)))
        clock.forward(minutes=2)
    post.work()
    assert await sent(post, wire(letter())) == ["dead", "published"]


async def test_what_alice_threw_away_comes_back_by_herself_only(post: MailHouse) -> None:
    raw = signed(wire(letter(Cc=EVE)))
    good, post.peer = post.peer, BAD_IP
    post.dns.publish_key()
    await post.send(raw, "alice+x@post.example.org", mail_from=EVE)
    held = await post.outcome()
    assert held.status == "held"
    do(post.house, lambda s: inbox.discard(s, held.id, post.house.now(), reason="You discarded it."))
    for to in ("alice+x@post.example.org", "alice@post.example.org"):
        await post.send(raw, to, mail_from=EVE)
    assert await post.outcomes() == ["rejected"]
    post.peer = good
    assert await sent(post, raw) == ["rejected", "published"]


async def test_a_copy_that_eve_made_look_like_a_machines_does_not_stand_in_alices_way(post: MailHouse) -> None:
    raw = signed_once(wire(letter(Cc=EVE)))
    good, post.peer = post.peer, BAD_IP
    post.dns.publish_key()
    await post.send(b"Auto-Submitted: auto-replied\r\n" + raw, mail_from=EVE)
    assert (await post.outcome()).status == "ignored"
    post.peer = good
    assert await sent(post, raw, raw) == ["ignored", "published"]


async def test_a_command_that_comes_again_is_obeyed_once(post: MailHouse) -> None:
    for _ in range(3):
        await post.send(letter("help\n", to=DO, subject=""), DO)
    assert (await post.outcomes(), len(post.mails(ALICE))) == (["answered"], 1)
