"""How members are told: what is as usual, what they chose, of all and of one person, in each channel."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.errors import Invalid
from gateway.core.house import House
from gateway.core.people import choices, relations
from gateway.core.people.accounts import Destination
from gateway.core.store.models import Member, TellingOf
from tests.conftest import Cast
from tests.core.hands import choose, deliveries, do, link, member, publish, reply, tell, told

MAIL, CHAT = ("email", "bob@example.com"), ("telegram", "200")


def hows(house: House, channel: str, handle: str = "bob") -> list[str]:
    """How mentions, replies and posts are told."""
    with house.database.read() as session:
        holds = choices.of_member(session, member(session, handle))
        return [holds.how(channel, what) for what in choices.WHATS]


def digested(house: House) -> list[tuple[str, str]]:
    with house.database.read() as session:
        return [(to.channel, to.recipient) for to in choices.digested(session, member(session, "bob"))]


def of_alice(house: House, how: str, *, by: str = "telegram") -> None:
    do(house, lambda s: choices.choose_of(s, member(s, "bob"), member(s, "alice"), by, how, house.now()))


def test_what_is_usual_follows_what_is_linked(house: House, cast: Cast) -> None:
    assert hows(house, "email") == ["at_once", "at_once", "digest"]
    link(house, "bob", "200", status="paused")
    assert hows(house, "email") == ["at_once", "at_once", "digest"]
    link(house, "bob", "T:D", channel="slack")
    assert hows(house, "slack") == ["at_once"] * 3
    assert hows(house, "email") == ["digest"] * 3
    assert digested(house) == [MAIL]
    tell(house, "bob", "digest", "posts", by=("slack",))
    assert hows(house, "email") == ["off"] * 3
    assert digested(house) == [("slack", "T:D")]


def test_a_choice_is_for_one_thing_in_one_channel(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    tell(house, "bob", "off", "replies", by=("telegram",))
    assert hows(house, "telegram") == ["at_once", "off", "at_once"]
    tell(house, "bob", "digest", "replies", by=("telegram",))
    assert hows(house, "telegram") == ["at_once", "digest", "at_once"]
    assert hows(house, "telegram", "carol") == ["at_once"] * 3


@pytest.mark.parametrize(("by_mail", "in_chat", "places"), [
    ("at_once", "at_once", {MAIL, CHAT}),
    ("at_once", "digest", {MAIL}),
    ("off", "at_once", {CHAT}),
    ("digest", "off", set()),
])  # fmt: skip
def test_mentions_replies_and_posts_are_told_at_once_where_it_was_chosen(
    house: House, cast: Cast, by_mail: str, in_chat: str, places: set[tuple[str, str]]
) -> None:
    link(house, "bob", "200")
    tell(house, "bob", by_mail, by=("email",))
    tell(house, "bob", in_chat, by=("telegram",))
    tell(house, "alice", "off")
    post = publish(house, "alice", "Hello")
    assert told(house, "post") == places
    reply(house, "carol", post, "And you, @bob?")
    assert told(house, "reply") == places
    publish(house, "carol", "Hello @bob")
    assert told(house, "mention") == places
    assert len(deliveries(house)) == 3 * len(places)


def test_mentions_and_replies_are_chosen_apart(house: House, cast: Cast) -> None:
    tell(house, "bob", "off", "mentions")
    post = publish(house, "bob", "Hello")
    reply(house, "carol", post, "Hi")
    publish(house, "carol", "Hello @bob")
    assert told(house, "reply") == {MAIL}
    assert told(house, "mention") == set()
    tell(house, "bob", "off", "replies")
    tell(house, "bob", "at_once", "mentions")
    reply(house, "carol", post, "Hi again")
    assert len(deliveries(house, "reply")) == 1
    reply(house, "carol", post, "Hi @bob")  # both: told, for one of it is wanted
    assert len(deliveries(house, "reply")) == 2


def test_one_person_s_posts_go_before_everybody_s(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    do(house, lambda s: relations.follow(s, member(s, "bob"), member(s, "carol"), house.now()))
    tell(house, "bob", "off", "posts")
    of_alice(house, "at_once")
    publish(house, "carol", "Unheard")
    assert deliveries(house) == []
    publish(house, "alice", "Heard")
    assert told(house, "post") == {CHAT}
    of_alice(house, "at_once", by="email")
    publish(house, "alice", "Twice")
    assert told(house, "post") == {CHAT, MAIL}
    of_alice(house, "off")
    of_alice(house, "digest", by="email")
    before = len(deliveries(house))
    publish(house, "alice", "Later")
    assert len(deliveries(house)) == before
    assert digested(house) == [MAIL]
    of_alice(house, "")
    tell(house, "bob", "at_once", "posts", by=("telegram",))
    publish(house, "alice", "As everybody's")
    assert deliveries(house)[-1].recipient == "200"


def test_it_ends_with_following_and_with_a_block(house: House, cast: Cast) -> None:
    for end in ("unfollow", "block"):
        do(house, lambda s: relations.follow(s, member(s, "bob"), member(s, "alice"), house.now()))
        of_alice(house, "off")
        if end == "unfollow":
            do(house, lambda s: relations.unfollow(s, member(s, "bob"), member(s, "alice")))
        else:
            do(house, lambda s: relations.shun(s, member(s, "alice"), member(s, "bob"), "block", house.now()))
        with house.database.read() as session:
            assert session.scalars(select(TellingOf)).all() == [], end


def test_of_whom_one_does_not_follow_nothing_is_chosen(house: House, cast: Cast) -> None:
    with pytest.raises(Invalid, match="You don't follow @carol"):
        do(house, lambda s: choices.choose_of(s, member(s, "bob"), member(s, "carol"), "email", "off", house.now()))


@pytest.mark.parametrize(("channel", "what", "how"), [("fax", "posts", "off"), ("email", "likes", "off"), ("email", "posts", "soon")])  # fmt: skip
def test_what_is_no_choice_is_refused(house: House, cast: Cast, channel: str, what: str, how: str) -> None:
    with pytest.raises(Invalid):
        do(house, lambda s: choices.choose(s, member(s, "bob"), channel, what, how, house.now()))


def test_who_puts_something_into_a_digest_has_one(house: House, cast: Cast) -> None:
    choose(house, "bob", digest="off")
    tell(house, "bob", "digest", "replies", by=("email",))
    with house.database.read() as session:
        assert member(session, "bob").digest == "daily"
    choose(house, "alice", digest="weekly")
    tell(house, "alice", "digest", "replies", by=("email",))
    with house.database.read() as session:
        assert member(session, "alice").digest == "weekly"


def test_a_post_that_is_not_for_chats_goes_by_mail_to_whom_wants_that(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    tell(house, "bob", "at_once", "posts", by=("email",))

    def places(session: Session, *, in_chats: bool) -> list[Destination]:
        return [to for _, to in choices.followers_at_once(session, cast.alice, in_chats=in_chats)]

    with house.database.read() as session:
        assert places(session, in_chats=True) == [Destination(*CHAT), Destination(*MAIL)]
        assert places(session, in_chats=False) == [Destination(*MAIL)]


def test_many_are_read_in_two_queries(house: House, cast: Cast) -> None:
    tell(house, "bob", "off", "posts", by=("email",))
    with house.database.read() as session:
        everybody = session.scalars(select(Member).order_by(Member.id)).all()
        found = choices.of_members(session, everybody)
    assert [found[one].how("email", "posts") for one in (cast.alice, cast.bob, cast.carol)] == [
        "digest",
        "off",
        "digest",
    ]
