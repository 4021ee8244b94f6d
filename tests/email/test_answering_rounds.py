"""What the clock mails is answered with an ordinary mail program: items of a digest, Monday's question, word of being recommended."""

import re
from collections.abc import Callable
from email.message import EmailMessage
from html import escape
from itertools import count
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from gateway.core.community import micro_monday
from gateway.core.store.models import Recommendation
from gateway.email.maildir import Mail
from gateway.newsletter import digests
from gateway.newsletter import micro_monday as rounds
from gateway.newsletter.digests import Group
from tests.conftest import Cast, Clock
from tests.core.hands import choose, do, member, publish, reply
from tests.email.mailhouse import MailHouse, letter

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOB, DO = "bob@example.com", "do@post.example.org"
_numbers = count()


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


def mutt(words: str, got: Mail) -> EmailMessage:
    return _text(
        f"{words}\n\nOn Sat, Nov 28, 2026 at 09:00:00AM +0000, Demo Town wrote:\n{_quoted(got)}\n\n-- \nBob\n", got
    )


def thunderbird(words: str, got: Mail) -> EmailMessage:
    return _text(f"Am 28.11.26 um 09:00 schrieb Demo Town:\n{_quoted(got)}\n\n{words}\n", got)


def outlook(words: str, got: Mail) -> EmailMessage:
    head = f"From: Demo Town <{DO}>\nSent: Saturday, November 28, 2026 9:00 AM\nTo: Bob <{BOB}>\nSubject: {got.header('Subject')}"
    return _text(f"{words}\n\n________________________________\n{head}\n\n{got.text}\n", got)


def gmail(words: str, got: Mail) -> EmailMessage:
    mail = mutt(words, got)
    quote = f'<div class="gmail_quote"><div class="gmail_attr">On Sat, Nov 28, 2026 Demo Town wrote:<br></div><blockquote class="gmail_quote">{escape(got.text)}</blockquote></div>'
    mail.add_alternative(f'<div dir="ltr">{escape(words)}</div><br>{quote}', subtype="html")
    return mail


PROGRAMS = (mutt, thunderbird, outlook, gmail)


def _quoted(got: Mail) -> str:
    return "\n".join(f"> {line}" for line in got.text.splitlines())


def _text(words: str, got: Mail) -> EmailMessage:
    to = got.header("Reply-To")
    number = f"<{next(_numbers)}@example.com>"
    return letter(
        words,
        to=to,
        sender=BOB,
        subject=f"Re: {got.header('Subject')}",
        message_id=number,
        In_Reply_To=got.header("Message-ID"),
    )


async def sent(post: MailHouse, mail: EmailMessage) -> str:
    """What became of a mail of bob's."""
    assert (await post.send(mail, str(mail["To"]), mail_from=BOB)).startswith("250 ")
    return (await post.outcome()).status


async def digest_of_bob(post: MailHouse, clock: Clock) -> Mail:
    """A digest that is composed, sent and stored, as bob's program shows it."""
    clock.forward(days=3)
    choose(post.house, "bob", digest="weekly", last_seen_at=None)
    due = post.house.now()
    digests.queue_digests(post.house, Group("weekly", 5, 9, "UTC"), "2026-W48", due)
    await post.settled()
    return next(mail for mail in post.mails(BOB) if mail.header("Subject").startswith("Your week"))


async def test_a_digest_is_answered_by_the_reference_of_any_of_its_items(
    post: MailHouse, cast: Cast, clock: Clock
) -> None:
    """With `reply k7f …` to where the mail's answers go; of the words that are quoted, none is a command or published."""
    asked = [
        publish(post.house, "alice", f"Question {number}, @bob?", title="Asked" * (number % 2)) for number in range(4)
    ]
    got = await digest_of_bob(post, clock)
    assert got.header("Reply-To") == DO
    for question, program in zip(asked, PROGRAMS, strict=True):
        words = f"reply {question.short_reference} Said with {program.__name__}"
        assert await sent(post, program(words, got)) == "replied", program.__name__
        made = post.posts()[-1]
        assert (made.reply_to_id, made.markdown) == (question.id, f"Said with {program.__name__}")
    assert len(post.posts()) == 8
    again = await _next_digest(post, clock)
    assert again == []  # nothing is unanswered, and nothing is new


async def _next_digest(post: MailHouse, clock: Clock) -> list[Mail]:
    before = len(post.mails(BOB))
    clock.forward(days=7)
    digests.queue_digests(post.house, Group("weekly", 5, 9, "UTC"), "2026-W49", post.house.now())
    await post.settled()
    return [mail for mail in post.mails(BOB)[before:] if "Your week" in mail.header("Subject")]


async def test_an_items_own_address_takes_an_answer_from_its_link(post: MailHouse, cast: Cast, clock: Clock) -> None:
    """The link opens a mail with address and subject; what is written there is a reply, to that item and as that member."""
    mine = publish(post.house, "bob", "My own")
    reply(post.house, "carol", mine, "What do you mean?")
    asked = publish(post.house, "alice", "A question, @bob?")
    got = await digest_of_bob(post, clock)
    links = re.findall(r"mailto:(r\.[a-z2-7]+@post\.example\.org)\?subject=([^>\s]+)", got.text)
    assert [unquote(subject).rpartition(" [")[0] for _, subject in links] == ["Re: Alice", "Re: Carol"]
    address, subject = links[0]
    for number, program in enumerate(PROGRAMS):
        mail = program(f"An answer, {number}", got)
        del mail["To"], mail["Subject"]
        mail["To"], mail["Subject"] = address, unquote(subject)
        assert await sent(post, mail) == "replied", program.__name__
        made = post.posts()[-1]
        assert (made.reply_to_id, made.author_id, made.markdown) == (asked.id, cast.bob, f"An answer, {number}")
    forged = letter("Not bob", to=address, sender="carol@example.com", message_id="<forged@example.com>")
    assert (await post.send(forged, address, mail_from="carol@example.com")).startswith("5")


async def test_mondays_question_is_answered_by_mail(post: MailHouse, cast: Cast, clock: Clock) -> None:
    clock.forward(days=5)
    rounds.queue_prompts(post.house, "UTC", "2026-W49", post.house.now())
    await post.settled()
    [got] = post.mails(BOB)
    assert await sent(post, mutt("recommend @carol She asks\nthe best questions.", got)) == "answered"
    with post.house.database.read() as session:
        [one] = micro_monday.of_week(session, "2026-W48") or micro_monday.of_week(session, "2026-W49")
        assert (one.recommended_id, one.reason) == (cast.carol, "She asks the best questions.")


async def test_who_is_recommended_refuses_by_answering(post: MailHouse, cast: Cast) -> None:
    for by, program in (("alice", outlook), ("carol", gmail)):
        recommend(post, by)
        await post.settled()
        got = [mail for mail in post.mails(BOB) if "recommends you" in mail.header("Subject")][-1]
        assert "Tea" in got.text
        assert await sent(post, program("refuse", got)) == "answered", by
    with post.house.database.read() as session:
        assert [one.refused_at is None for one in session.scalars(select(Recommendation))] == [False, False]
    assert post.posts() == []


async def test_who_says_refuse_to_several_is_asked_whom_they_mean(post: MailHouse, cast: Cast) -> None:
    recommend(post, "alice")
    recommend(post, "carol")
    await post.settled()
    got = post.mails(BOB)[-1]
    assert await sent(post, mutt("refuse", got)) == "answered"
    await post.settled()
    asked = post.mails(BOB)[-1].text
    assert "@carol, @alice" in asked
    assert "Nothing was changed" in asked
    with post.house.database.read() as session:
        assert len(micro_monday.refusable(session, cast.bob)) == 2


def recommend(post: MailHouse, by: str) -> None:
    """bob is recommended now."""
    community, now = post.house.community, post.house.now()
    do(post.house, lambda s: micro_monday.recommend(s, community, member(s, by), member(s, "bob"), "Tea", now))
