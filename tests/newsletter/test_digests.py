"""Digests: what stands in them, when they are spared, and where they go."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Answer
from gateway.core.people import choices, relations
from gateway.core.store.models import LinkedAccount, Member, Post
from gateway.core.writing.text import render
from gateway.email.compose import render as compose_render
from tests.newsletter.conftest import Press, at

SATURDAY = at("2026-11-28 09:00")


@pytest.fixture
def away(press: Press) -> Press:
    """bob follows alice, gets a digest on Saturdays at nine, and has not been here for long."""
    press.quiet()
    press.change(Member, press.cast.bob, digest="weekly", last_seen_at=None)
    return press


def digest_of(press: Press) -> Answer | None:
    press.clock.now = max(press.clock.now, SATURDAY)
    press.tick()
    [*_, last] = press.queued("digest")
    return press.said(last)


def text_of(press: Press) -> str:
    answer = digest_of(press)
    assert answer is not None
    return answer.text


def test_it_tells_what_the_people_one_follows_wrote_newest_first(away: Press) -> None:
    away.publish("The first words")
    away.clock.forward(hours=1)
    away.publish("More text", title="A title")
    away.publish("Of somebody else", author="carol")
    answer = digest_of(away)
    assert answer is not None
    assert answer.subject == "Your week in Demo Town"
    assert "You have not answered" not in answer.text
    assert answer.text.index("A title") < answer.text.index("The first words")
    assert "Of somebody else" not in answer.text
    assert "**A title**  \nMore text" in answer.text
    assert "**Alice** [" in answer.text
    assert "Wednesday 25 November" in answer.text
    assert "https://alice.example.org/2026/11/25/120000" in answer.text


def test_it_puts_first_what_one_has_not_answered(away: Press) -> None:
    mine = away.publish("My own words", author="bob")
    heard, ignored = away.reply(mine, "A question?", author="alice"), away.reply(mine, "Another?", author="carol")
    mention = away.publish("Hello @bob", author="carol")
    away.reply(heard, "My answer", author="bob")
    away.change(Member, away.cast.bob, last_seen_at=None)
    answer = digest_of(away)
    assert answer is not None
    assert answer.subject == "Your week in Demo Town: 2 to answer"
    assert "A question?" not in answer.text
    assert "Another?" in answer.text
    assert "Hello @bob" in answer.text
    with away.house.database.read() as session:
        for post_id in (ignored, mention):
            post = session.get_one(Post, post_id)
            assert f"[{post.short_reference}]" in answer.text
            token = away.house.community.reply_token(post.id, away.cast.bob)
            assert f"mailto:{token}@post.example.org" in answer.text


def test_what_one_has_answered_is_not_shown_again_among_what_others_wrote(away: Press) -> None:
    """The mention is of somebody they follow, so it would stand there for its words."""
    mention = away.publish("Hello @bob, what now?")
    away.publish("Other words")
    away.reply(mention, "My answer", author="bob")
    away.change(Member, away.cast.bob, last_seen_at=None)
    text = text_of(away)
    assert "Other words" in text
    assert "what now?" not in text


def test_it_is_spared_when_there_is_nothing_to_say(away: Press) -> None:
    away.publish("My own words", author="bob")
    away.change(Member, away.cast.bob, last_seen_at=None)
    assert digest_of(away) is None


def test_it_is_spared_for_who_was_here_in_the_last_day(away: Press) -> None:
    away.publish()
    away.change(Member, away.cast.bob, last_seen_at=SATURDAY - timedelta(hours=23))
    away.clock.now = SATURDAY
    away.tick()
    assert away.queued("digest") == []
    [row] = away.occurrences("digest")
    assert (row.state, row.note) == ("skipped", "There was nothing to send.")


@pytest.mark.parametrize("change", [{"last_seen_at": SATURDAY}, {"digest": "off"}, {"status": "closed"}])
def test_it_is_spared_when_one_comes_or_ends_it_before_it_is_sent(away: Press, change: dict[str, object]) -> None:
    away.publish()
    assert digest_of(away) is not None
    away.change(Member, away.cast.bob, **change)
    assert away.said(away.queued("digest")[0]) is None


def test_what_a_spared_digest_would_have_said_stands_in_the_next(away: Press) -> None:
    mine = away.publish("Words", author="bob")
    away.reply(mine, "Still open?", author="alice")
    away.change(Member, away.cast.bob, last_seen_at=SATURDAY - timedelta(hours=1))
    away.clock.now = SATURDAY
    away.tick()
    away.clock.now = SATURDAY + timedelta(days=7)
    assert "Still open?" in text_of(away)


def test_what_a_sent_digest_said_is_not_said_again(away: Press) -> None:
    away.publish("Old news")
    assert "Old news" in text_of(away)
    claims = away.run(lambda s: outbox.claim(s, "email", SATURDAY, limit=9, lease=away.house.lease))
    away.run(lambda s: outbox.attempt(s, claims, SATURDAY))
    away.run(lambda s: outbox.record(s, [(claim, Result("sent")) for claim in claims], SATURDAY))
    away.clock.forward(days=1)
    away.publish("Fresh news")
    away.clock.now = SATURDAY + timedelta(days=7)
    text = text_of(away)
    assert "Fresh news" in text
    assert "Old news" not in text


def test_whom_one_muted_is_in_no_digest(away: Press) -> None:
    mine = away.publish("Words", author="bob")
    away.reply(mine, "From alice", author="alice")
    away.publish("By alice")
    away.change(Member, away.cast.bob, last_seen_at=None)

    def mute(session: Session) -> None:
        bob, alice = session.get_one(Member, away.cast.bob), session.get_one(Member, away.cast.alice)
        relations.shun(session, bob, alice, "mute", away.clock.now)

    away.run(mute)
    assert digest_of(away) is None


def test_it_goes_to_the_chat_of_who_wants_it_there_without_mail_addresses_in_it(away: Press) -> None:
    def link(session: Session) -> None:
        account = {"channel": "telegram", "account": "200", "place": "200", "created_at": away.clock.now}
        session.add(LinkedAccount(member_id=away.cast.bob, **account))

    away.run(link)
    away.run(
        lambda s: choices.choose(s, s.get_one(Member, away.cast.bob), "telegram", "posts", "digest", away.clock.now)
    )
    away.publish()
    assert "mailto:" not in text_of(away)
    assert [(d.channel, d.recipient) for d in away.queued("digest")] == [("telegram", "200")]


def test_words_of_others_are_shown_and_never_read_as_markup(away: Press) -> None:
    away.change(Member, away.cast.alice, display_name="**Al_ice** [x](http://evil.example)")
    away.publish(r"1\. not a list \*\*not bold\*\* `code` https://example.org/a_b_c")
    answer = digest_of(away)
    assert answer is not None
    html = render(answer.text)
    assert "**Al_ice** [x](http://evil.example)" in html.replace(
        '<a href="http://evil.example" rel="noopener">', ""
    ).replace("</a>", "")
    assert ">x</a>" not in html
    assert "1. not a list **not bold**" in html
    assert 'href="https://example.org/a_b_c"' in html
    text, _ = compose_render(answer, subject="s", language="en", replies=False, render_html=render)
    assert "1. not a list **not bold** code https://example.org/a_b_c" in text
