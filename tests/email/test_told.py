"""What senders are told after their mail was taken: refusals once a day, and once that a mail could not be read."""

from datetime import timedelta
from itertools import count

import pytest

from gateway.core.desk.refusals import ALIKE, MOST
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.store.models import Inbound
from tests.conftest import Cast, Clock
from tests.core.hands import publish
from tests.email.mailhouse import BAD_IP, GOOD_IP, MailHouse, letter

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALICE, BOB, DO = "alice@example.com", "bob@example.com", "do@post.example.org"
_numbers = count()


async def refused(post: MailHouse, *, text: str = "\n", sender: str = ALICE, **more: str) -> int:
    """A mail with nothing in it, or of these words for `do`; how many mails its sender has got by then."""
    to = DO if text.strip() else f"{sender.split('@')[0]}@post.example.org"
    mail = letter(text, sender=sender, to=to, subject="", message_id=f"<{next(_numbers)}@example.com>", **more)
    assert (await post.send(mail, to, mail_from=sender)).startswith("250 ")
    assert (await post.outcome()).status == "rejected"
    return len(post.mails(sender))


async def test_a_refusal_is_told_once_a_day_to_each_address_for_each_reason(post: MailHouse, clock: Clock) -> None:
    assert [await refused(post) for _ in range(3)] == [1, 1, 1]
    assert await refused(post, text="follow @nobody") == 2  # another reason
    assert await encrypted(post, "One") == 3
    assert [await encrypted(post, "Two"), await encrypted(post, "Two")] == [4, 4]  # the same reason, of other words
    assert await refused(post, sender=BOB) == 1  # another address
    [told] = post.mails(BOB)
    assert "You are told this once a day." in told.text
    assert "https://example.org/me" in told.text


async def encrypted(post: MailHouse, subject: str) -> int:
    mail = letter(subject=subject, message_id=f"<{next(_numbers)}@example.com>")
    mail.replace_header("Content-Type", 'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b')
    await post.send(mail)
    assert (await post.outcome()).status == "rejected"
    return len(post.mails(ALICE))


MISTAKES = ["please delete this post", "edit", "yes", "delete zzz", "> quoted", "yes", "yes"]


async def test_who_asks_us_something_is_answered_each_time(post: MailHouse, clock: Clock, cast: Cast) -> None:
    """At `do`, and at the address that answers a post; up to twenty refusals an hour, the last of which says so."""
    for number, words in enumerate(MISTAKES, 1):
        assert await refused(post, text=words) == number, words
    made = publish(post.house, "bob", "Hello")
    address = post.reply_address(made.id, cast.alice)
    for number in range(len(MISTAKES) + 1, len(MISTAKES) + 3):
        mail = letter("\n", to=address, subject="Re: Hello", message_id=f"<{next(_numbers)}@example.com>")
        await post.send(mail, address)
        assert (await post.outcome()).status == "rejected"
        assert len(post.mails(ALICE)) == number
    for number in range(len(MISTAKES) + 3, MOST + 3):
        assert await refused(post, text=f"nonsense {number}") == min(number, MOST)
    assert "you are told nothing for a while" in " ".join(post.mails(ALICE)[-1].text.split())
    assert "once a day" not in post.mails(ALICE)[-1].text
    clock.forward(hours=1, seconds=1)
    assert await refused(post, text="more nonsense") == MOST + 1


async def test_a_machine_that_says_the_same_again_and_again_is_answered_no_more(post: MailHouse, clock: Clock) -> None:
    assert [await refused(post, text="I am away.") for _ in range(ALIKE + 2)] == [1, 2, 3, 4, 5, 5, 5]
    clock.forward(days=1)
    assert await refused(post, text="I am away.") == ALIKE + 1


async def test_what_was_thrown_away_counts_for_no_refusal(post: MailHouse, cast: Cast) -> None:
    for number in range(MOST):
        await post.send(letter(subject=f"Re: Old {number} [zzz]", message_id=f"<{next(_numbers)}@example.com>"))
    await post.settled()
    before = len(post.mails(ALICE))
    await post.send(letter("discard all\n", to=DO, message_id="<all@example.com>"), DO)
    await post.settled()
    assert await refused(post, text="yes") == before + 2


async def test_the_day_ends_at_midnight_of_the_communitys_clock(post: MailHouse, clock: Clock) -> None:
    clock.now = clock.now.replace(hour=23, minute=59, second=59)
    assert [await refused(post), await refused(post)] == [1, 1]
    clock.forward(seconds=1)
    assert [await refused(post), await refused(post)] == [2, 2]
    clock.forward(hours=23, minutes=59, seconds=59)
    assert await refused(post) == 2
    clock.forward(seconds=1)
    assert await refused(post) == 3


async def test_a_refusal_is_counted_in_the_database_and_not_in_memory(post: MailHouse) -> None:
    await refused(post)
    await post.rest()
    post.work()
    assert await refused(post) == 1


async def test_nobody_unproven_is_told_why_their_mail_was_not_published(post: MailHouse) -> None:
    post.dns.say_nothing()
    await post.send(letter("\n", subject=""))
    assert (await post.outcome()).status == "held"
    assert [told.header("Subject").split("?")[0] for told in post.mails(ALICE)] == ["Publish this"]


@pytest.mark.parametrize("text", ["Well said.\n", "\n"])
async def test_nobody_is_mailed_for_a_reply_that_nothing_proves(post: MailHouse, cast: Cast, text: str) -> None:
    """It is taken, for only bob knows the address, but an answer might go to somebody who wrote nothing."""
    made = publish(post.house, "alice", "Hello")
    address = post.reply_address(made.id, cast.bob)
    before = len(post.mails(BOB))
    for number, peer in enumerate((BAD_IP, GOOD_IP)):
        records, post.peer = dict(post.dns.records), peer
        if peer == BAD_IP:
            post.dns.say_nothing()
        mail = letter(text, sender=BOB, to=address, subject="Re: Hello", message_id=f"<{number}@example.com>")
        assert (await post.send(mail, address, mail_from=BOB)).startswith("250 ")
        assert (await post.outcome()).status == ("replied" if text.strip() else "rejected")
        assert len(post.mails(BOB)) == before + number
        post.dns.records |= records


async def test_answers_to_commands_are_not_counted(post: MailHouse) -> None:
    for number in range(1, 4):
        mail = letter("settings\n", to=DO, subject="", message_id=f"<{next(_numbers)}@example.com>")
        await post.send(mail, DO)
        await post.settled()
        assert len(post.mails(ALICE)) == number


# What could not be read


def die(house: House, clock: Clock) -> None:
    """A reader is killed by each message as often as it takes."""
    for _ in range(inbox.MAX_ATTEMPTS):
        house.database.writer.run(lambda s: inbox.claim(s, house.now(), limit=10, lease=timedelta(seconds=60)))
        clock.forward(minutes=2)


async def test_a_mail_that_killed_its_readers_is_told_to_its_sender_once(post: MailHouse, clock: Clock) -> None:
    await post.rest()
    await post.send(letter())
    die(post.house, clock)
    post.work()
    assert (await post.outcome()).status == "dead"
    [told] = post.mails(ALICE)
    words = " ".join(told.text.split())
    assert told.header("Subject") == "Not read: Harbour"
    for said in ("“Harbour” arrived", "Nothing was published.", "The fault is ours.", "send it once more"):
        assert said in words
    await post.rest()
    post.house.database.writer.run(lambda s: inbox.replay(s, post.inbox()[0].id, post.house.now()))
    die(post.house, clock)
    post.work()
    assert (await post.outcome()).status == "dead"
    assert len(post.mails(ALICE)) == 1


async def test_a_mail_that_can_not_be_prepared_is_told_to_its_sender(post: MailHouse, clock: Clock) -> None:
    async def fail(held: inbox.Claim) -> None:
        raise RuntimeError("a mistake of ours")

    await post.rest()
    post.prepare = fail  # type: ignore[assignment]
    post.work()
    await post.send(letter())
    for _ in range(inbox.MAX_ATTEMPTS):
        await post.settled()
        clock.forward(minutes=1)
    assert (await post.outcome()).status == "dead"
    assert [told.header("Subject") for told in post.mails(ALICE)] == ["Not read: Harbour"]


@pytest.mark.parametrize("kind", ["unproven", "automatic", "for operators"])
async def test_nobody_else_is_told_of_a_dead_mail(post: MailHouse, clock: Clock, cast: Cast, kind: str) -> None:
    await post.rest()
    to = "postmaster@post.example.org" if kind == "for operators" else "alice@post.example.org"
    if kind == "unproven":
        post.dns.say_nothing()
    await post.send(letter(**({"Auto_Submitted": "auto-replied"} if kind == "automatic" else {})), to)
    die(post.house, clock)
    post.work()
    row: Inbound = await post.outcome()
    assert row.status == "dead"
    assert post.deliveries() == []
