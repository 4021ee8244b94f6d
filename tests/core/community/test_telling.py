"""Telling: who hears of a post or reply, where, once; and what becomes of it after an edit, a deletion, a mute."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from sqlalchemy import Update, update

from gateway.core.desk import notices
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Claim
from gateway.core.messages import Answer
from gateway.core.people import accounts, relations
from gateway.core.store.models import Delivery, Follow
from tests.conftest import Cast, Clock
from tests.core.hands import choose, delete, deliveries, do, edit, link, member, publish, reply, tell, told

MAIL = "email"


def sent(house: House) -> None:
    """All that is queued was delivered; each message has its id on its platform."""
    for row in deliveries(house, status="queued"):
        execute(house, update(Delivery).where(Delivery.id == row.id).values(status="sent", remote_id=f"m{row.id}"))


def execute(house: House, statement: Update) -> None:
    do(house, lambda session: session.execute(statement))


def rendered(house: House, kind: str) -> list[Answer | None]:
    """What the queued deliveries of a kind say now."""
    claims: Sequence[Claim] = do(
        house,
        lambda s: [
            c
            for channel in ("telegram", "email")
            for c in outbox.claim(s, channel, house.now(), limit=99, lease=timedelta(60))
        ],
    )
    with house.database.read() as session:
        return [notices.RENDERERS[c.kind](session, house.community, c) for c in claims if c.kind == kind]


def test_a_reply_is_told_to_author_participants_and_mentioned_but_not_to_its_own_author(
    house: House, cast: Cast
) -> None:
    dora_joins(house)
    post = publish(house, "alice", "Hello")
    first = reply(house, "bob", post, "Hi")
    assert told(house, "reply") == {(MAIL, "alice@example.com")}
    reply(house, "carol", first, "Hi, and @dora should see this")
    assert {row.recipient for row in deliveries(house, "reply") if row.cause != f"post:{first.id}"} == {
        "alice@example.com",
        "bob@example.com",
        "dora@example.com",
    }


def dora_joins(house: House) -> None:
    do(house, lambda s: accounts.join(s, handle="dora", address="dora@example.com", now=house.now()))


def test_one_who_is_concerned_in_three_ways_hears_once_in_each_place(house: House, cast: Cast) -> None:
    """alice wrote the post, takes part and is mentioned; she has two chats and wants mail as well."""
    link(house, "alice", "100")
    link(house, "alice", "T1:D1", channel="slack")
    tell(house, "alice", "at_once", "replies", by=("email",))
    post = publish(house, "alice", "Hello")
    reply(house, "bob", post, "Hi @alice and @alice")
    places = [(row.channel, row.recipient) for row in deliveries(house, "reply")]
    assert sorted(places) == [(MAIL, "alice@example.com"), ("slack", "T1:D1"), ("telegram", "100")]


@pytest.mark.parametrize(("who", "whom", "kind"), [("alice", "bob", "mute"), ("alice", "bob", "block"), ("bob", "alice", "block")])  # fmt: skip
def test_between_people_who_muted_or_blocked_nothing_is_told(
    house: House, cast: Cast, who: str, whom: str, kind: Literal["mute", "block"]
) -> None:
    post = publish(house, "carol", "A place to meet")
    reply(house, "alice", post, "Hello")
    do(house, lambda s: relations.shun(s, member(s, who), member(s, whom), kind, house.now()))
    reply(house, "bob", post, "Hello @alice")
    assert [row.recipient for row in deliveries(house, "reply")] == ["carol@example.com"] * 2


def test_who_wants_neither_replies_nor_mentions_is_told_of_none(house: House, cast: Cast) -> None:
    tell(house, "alice", "off", "replies", "mentions")
    post = publish(house, "alice", "Hello")
    reply(house, "carol", post, "Hi @alice")
    publish(house, "carol", "See @alice")
    assert deliveries(house) == []


def test_a_closed_member_is_told_nothing(house: House, cast: Cast) -> None:
    post = publish(house, "alice", "Hello")
    choose(house, "alice", status="closed")
    reply(house, "carol", post, "Are you there?")
    assert deliveries(house) == []


def test_followers_with_a_chat_who_want_it_are_told_of_a_post(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    link(house, "carol", "300")  # follows nobody
    publish(house, "alice", "Hello")
    assert told(house, "post") == {("telegram", "200")}
    assert len(deliveries(house)) == 1


def test_a_mention_told_in_one_place_leaves_the_post_to_be_told_in_another(house: House, cast: Cast) -> None:
    """bob, a follower, hears of mentions by mail and of posts in both; in no place of both."""
    link(house, "bob", "200")
    tell(house, "bob", "at_once", "mentions", "posts", by=("email",))
    tell(house, "bob", "off", "mentions", by=("telegram",))
    publish(house, "alice", "Hi @bob")
    assert {(row.kind, row.channel) for row in deliveries(house)} == {("mention", MAIL), ("post", "telegram")}


@pytest.mark.parametrize("how", ["off", "digest"])
def test_followers_who_chose_otherwise_are_not(house: House, cast: Cast, how: str) -> None:
    link(house, "bob", "200")
    tell(house, "bob", how, "posts", by=("telegram",))
    publish(house, "alice", "Hello")
    assert deliveries(house) == []


def test_a_follower_who_closed_their_account_is_told_nothing(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    choose(house, "bob", status="closed")
    publish(house, "alice", "Hello")
    assert deliveries(house) == []


def test_followers_without_a_chat_that_is_open_get_no_mail_for_each_post(house: House, cast: Cast) -> None:
    link(house, "bob", "200", status="paused")
    publish(house, "alice", "Hello")
    assert deliveries(house) == []


@pytest.mark.parametrize(("who", "whom", "kind"), [("bob", "alice", "mute"), ("alice", "bob", "block"), ("bob", "alice", "block")])  # fmt: skip
def test_a_follower_who_muted_or_is_blocked_is_not_told_of_posts(
    house: House, cast: Cast, who: str, whom: str, kind: Literal["mute", "block"]
) -> None:
    link(house, "bob", "200")
    do(house, lambda s: relations.shun(s, member(s, who), member(s, whom), kind, house.now()))
    do(house, lambda s: relations.unfollow(s, member(s, "bob"), member(s, "alice")))
    do(house, lambda s: s.add(Follow(follower_id=cast.bob, followed_id=cast.alice, created_at=house.now())))
    publish(house, "alice", "Hello")
    assert deliveries(house) == []


def test_a_follower_who_is_mentioned_hears_once(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    publish(house, "alice", "Hello @bob")
    assert [(row.kind, row.recipient) for row in deliveries(house)] == [("mention", "200")]


def test_a_mentioned_follower_who_wants_posts_but_no_mentions_still_hears_of_the_post(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    tell(house, "bob", "off", "replies", "mentions")
    publish(house, "alice", "Hello @bob")
    assert [(row.kind, row.recipient) for row in deliveries(house)] == [("post", "200")]


def test_nothing_leaves_before_the_undo_window_ends(house: House, cast: Cast, clock: Clock) -> None:
    patient = replace(
        house,
        community=replace(house.community, undo_posts=timedelta(seconds=30), undo_replies=timedelta(seconds=5)),
    )
    link(house, "bob", "200")
    post = publish(patient, "alice", "Hello")
    reply(patient, "carol", post, "Hi")
    due = {row.kind: row.due_at - clock.now for row in deliveries(house)}
    assert due == {"post": timedelta(seconds=30), "reply": timedelta(seconds=5)}


def test_an_edit_reaches_the_chats_that_got_the_post_in_the_same_words(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    link(house, "alice", "100")
    post = publish(house, "alice", "Helo")
    answer = reply(house, "bob", post, "Hi")
    sent(house)
    edit(house, "alice", post, "Hello")
    edit(house, "bob", answer, "Hi Alice")
    changes = deliveries(house, "edit")
    assert [(row.channel, row.recipient) for row in changes] == [("telegram", "200"), ("telegram", "100")]
    texts = [said.text for said in rendered(house, "edit") if said is not None]
    assert texts == ["**Alice** wrote:\n\nHello", "**Bob** answers you:\n\nHi Alice"]


def test_an_edit_before_anybody_was_told_needs_no_second_message(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    post = publish(house, "alice", "Helo")
    edit(house, "alice", post, "Hello")
    assert deliveries(house, "edit") == []
    assert [said and said.text for said in rendered(house, "post")] == ["**Alice** wrote:\n\nHello"]


def test_mails_that_left_are_not_edited_or_taken_back(house: House, cast: Cast) -> None:
    post = publish(house, "alice", "Hello")
    answer = reply(house, "bob", post, "Hi")
    sent(house)
    edit(house, "bob", answer, "Hi Alice")
    delete(house, "bob", answer)
    assert deliveries(house, "edit") == deliveries(house, "retract") == []


def test_a_deletion_takes_the_words_back_from_chats_and_stops_what_is_on_its_way(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    post = publish(house, "alice", "Hello")
    sent(house)
    edit(house, "alice", post, "Hello!")
    delete(house, "alice", post)
    assert [row.status for row in deliveries(house, "edit")] == ["cancelled"]
    [gone] = deliveries(house, "retract")
    assert (gone.recipient, gone.status) == ("200", "queued")
    assert gone.payload["message"].startswith("m")
    [said] = rendered(house, "retract")
    assert said is not None
    assert "deleted" in said.text
    assert "Hello" not in said.text


def test_a_mute_after_the_post_counts_for_what_was_not_sent_yet(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    publish(house, "alice", "Hello")
    do(house, lambda s: relations.shun(s, member(s, "bob"), member(s, "alice"), "mute", house.now()))
    assert rendered(house, "post") == [None]
