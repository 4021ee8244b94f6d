"""What members put into their digest comes there, in the place they chose, and nothing else does."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from gateway.core.people import choices, relations
from gateway.core.store.models import Delivery, LinkedAccount, Member
from tests.newsletter.conftest import Press, at

SATURDAY = at("2026-11-28 09:00")


@pytest.fixture
def town(press: Press) -> Press:
    """bob follows alice and carol, gets a digest on Saturdays at nine, and has a chat."""
    press.quiet()
    press.change(Member, press.cast.bob, digest="weekly")

    def unit(session: Session) -> None:
        bob, carol = session.get_one(Member, press.cast.bob), session.get_one(Member, press.cast.carol)
        relations.follow(session, bob, carol, press.clock.now)
        chat = {"channel": "telegram", "account": "200", "place": "200", "created_at": press.clock.now}
        session.add(LinkedAccount(member_id=bob.id, **chat))

    press.run(unit)
    return press


def choose(press: Press, channel: str, what: str, how: str) -> None:
    press.run(lambda s: choices.choose(s, s.get_one(Member, press.cast.bob), channel, what, how, press.clock.now))


def of_one(press: Press, author_id: int, channel: str, how: str) -> None:
    press.run(
        lambda s: choices.choose_of(
            s, s.get_one(Member, press.cast.bob), s.get_one(Member, author_id), channel, how, press.clock.now
        )
    )


def digests(press: Press, *, here: bool = False) -> dict[str, str]:
    """What bob's digests of Saturday say, by channel; `here`: he was here an hour before."""
    press.clock.now = SATURDAY
    press.change(Member, press.cast.bob, last_seen_at=SATURDAY - timedelta(hours=1) if here else None)
    press.tick()
    said = {row.channel: press.said(row) for row in press.queued("digest")}
    return {channel: answer.text for channel, answer in said.items() if answer is not None}


def test_posts_that_were_put_into_the_chat_s_digest_come_there_and_not_at_once(town: Press) -> None:
    choose(town, "telegram", "posts", "digest")
    town.publish("From alice")
    assert town.queued("post") == []
    [(channel, said)] = digests(town).items()
    assert channel == "telegram"
    assert "From alice" in said


def test_who_chose_it_gets_it_though_they_were_here(town: Press) -> None:
    choose(town, "telegram", "posts", "digest")
    town.publish("From alice")
    [said] = digests(town, here=True).values()
    assert "From alice" in said
    assert "when there is something new. `digest off` ends it" in said


def test_who_never_chose_is_spared_when_they_were_here(town: Press) -> None:
    town.publish("From alice")
    assert digests(town, here=True) == {}


def test_posts_that_are_told_at_once_or_not_are_in_no_digest(town: Press) -> None:
    choose(town, "email", "posts", "off")
    mine = town.publish("My own", author="bob")
    town.publish("From alice")
    town.reply(mine, "A question?", author="carol")
    [said] = digests(town).values()
    assert "A question?" in said
    assert "From alice" not in said


def test_replies_in_the_digest_are_also_those_to_others_in_one_s_conversations(town: Press) -> None:
    choose(town, "telegram", "replies", "digest")
    choose(town, "telegram", "posts", "off")
    post = town.publish("A place to meet", author="alice")
    town.reply(post, "I am here", author="bob")
    town.reply(post, "To alice, not to bob", author="carol")
    elsewhere = town.publish("Another place", author="alice")
    town.reply(elsewhere, "Without bob", author="carol")
    assert town.recipients("reply") == ["alice@example.com"] * 3
    [said] = digests(town).values()
    assert "## In conversations you are in" in said
    assert "To alice, not to bob" in said
    assert "Without bob" not in said
    assert "place" not in said


def test_mentions_and_replies_are_left_out_by_themselves(town: Press) -> None:
    mine = town.publish("My own", author="bob")
    town.reply(mine, "Replying", author="carol")
    town.publish("Naming @bob", author="carol")
    choose(town, "email", "posts", "off")
    for off, heard in (("mentions", "Replying"), ("replies", "Naming")):
        choose(town, "email", "mentions", "digest")
        choose(town, "email", "replies", "digest")
        choose(town, "email", off, "off")
        said = digests(town)["email"]
        assert [word for word in ("Replying", "Naming") if word in said] == [heard]


def test_one_person_s_posts_alone_are_in_it(town: Press) -> None:
    choose(town, "email", "posts", "off")
    choose(town, "telegram", "posts", "off")
    of_one(town, town.cast.carol, "telegram", "digest")
    town.publish("From alice")
    for number in range(70):
        town.publish(f"Again alice {number}")
    town.publish("From carol", author="carol")
    said = digests(town)["telegram"]
    assert "From carol" in said
    assert "alice" not in said.lower()


def test_and_one_person_s_are_left_out(town: Press) -> None:
    of_one(town, town.cast.carol, "email", "off")
    town.publish("From alice")
    town.publish("From carol", author="carol")
    said = digests(town)["email"]
    assert "From alice" in said
    assert "From carol" not in said


def test_of_being_followed_no_digest_tells(town: Press) -> None:
    def follow(session: Session) -> None:
        for name in (town.cast.alice, town.cast.carol):
            relations.follow(
                session, session.get_one(Member, name), session.get_one(Member, town.cast.bob), town.clock.now
            )

    choose(town, "telegram", "replies", "digest")
    town.run(follow)
    assert digests(town) == {}


def test_what_failed_in_one_channel_stands_in_the_next_digest_there_only(town: Press) -> None:
    choose(town, "telegram", "posts", "digest")
    choose(town, "email", "posts", "digest")
    town.publish("Old news")
    assert digests(town).keys() == {"telegram", "email"}
    for row in town.queued("digest"):
        town.change(Delivery, row.id, status="sent" if row.channel == "telegram" else "failed")
    town.clock.forward(days=1)
    town.publish("Fresh news")
    town.clock.now = SATURDAY + timedelta(days=7)
    town.tick()
    said = {row.channel: town.said(row) for row in town.queued("digest") if row.status == "queued"}
    assert {channel: "Old news" in (answer.text if answer else "") for channel, answer in said.items()} == {
        "telegram": False,
        "email": True,
    }
