"""Conversations: who is in one, in what order, and which post a message stands for."""

from typing import Any

from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.store.models import Post
from gateway.core.writing import conversations, message_map
from tests.conftest import Cast, Clock
from tests.core.hands import choose, delete, do, publish, reply


def remember(
    house: House, post: Post, external_id: str, *, channel: str = "telegram", place: str = "200", **more: Any
) -> None:
    def unit(session: Session) -> None:
        message_map.remember_message(
            session,
            session.get_one(Post, post.id),
            channel=channel,
            place=place,
            external_id=external_id,
            direction="out",
            now=house.now(),
            **more,
        )

    do(house, unit)


def found(house: House, *ids: str, channel: str = "telegram", place: str = "200") -> int | None:
    with house.database.read() as session:
        post = conversations.answered_post(session, channel, place, ids)
        return post.id if post else None


def test_a_conversation_is_read_oldest_first_without_what_was_deleted(house: House, cast: Cast, clock: Clock) -> None:
    post = publish(house, "alice", "Hello")
    replies = []
    for name in ("bob", "carol", "bob"):
        clock.forward(minutes=1)
        replies.append(reply(house, name, post, f"Says {name}"))
    delete(house, "carol", replies[1])
    with house.database.read() as session:
        whole = conversations.conversation(session, post.id)
        assert [one.id for one in whole] == [post.id, replies[0].id, replies[2].id]
        assert [one.handle for one in conversations.participants(session, post.id)] == ["alice", "bob"]


def test_a_closed_member_takes_part_no_more(house: House, cast: Cast) -> None:
    post = publish(house, "alice", "Hello")
    reply(house, "bob", post, "Hi")
    choose(house, "bob", status="closed")
    with house.database.read() as session:
        assert [one.handle for one in conversations.participants(session, post.id)] == ["alice"]


def test_the_nearest_known_message_decides_what_is_answered(house: House, cast: Cast) -> None:
    first, second = publish(house, "alice", "One"), publish(house, "alice", "Two")
    remember(house, first, "m1")
    remember(house, second, "m2")
    assert found(house, "m2", "m1") == second.id
    assert found(house, "m9", "m1") == first.id
    assert found(house, "m9") is found(house) is None


def test_message_ids_are_of_one_chat_but_of_the_whole_world_of_mail(house: House, cast: Cast) -> None:
    chat, mail = publish(house, "alice", "One"), publish(house, "alice", "Two")
    remember(house, chat, "m1", place="200")
    remember(house, mail, "<m1@post.example.org>", channel="email", place="bob@example.com")
    assert found(house, "m1", place="300") is None
    assert found(house, "m1", channel="slack") is None
    assert found(house, "<m1@post.example.org>", channel="email", place="carol@example.com") == mail.id


def test_a_message_stands_for_its_first_post_for_good(house: House, cast: Cast) -> None:
    first, second = publish(house, "alice", "One"), publish(house, "alice", "Two")
    remember(house, first, "m1")
    remember(house, second, "m1")
    remember(house, second, "")
    assert found(house, "m1") == first.id
    assert found(house, "") is None


def test_the_first_message_of_a_conversation_is_the_thread_in_that_chat(house: House, cast: Cast) -> None:
    post = publish(house, "alice", "Hello")
    answer = reply(house, "bob", post, "Hi")
    remember(house, post, "m1", delivery_id=7)
    remember(house, post, "m2", delivery_id=7)
    remember(house, answer, "m3")
    with house.database.read() as session:
        first = conversations.message_in_conversation(session, "telegram", "200", post.id)
        of_answer = conversations.message_of_post(session, "telegram", "200", answer.id)
        assert first is not None
        assert of_answer is not None
        assert (first.external_id, of_answer.external_id) == ("m1", "m3")
        assert conversations.message_in_conversation(session, "telegram", "300", post.id) is None
        assert conversations.further_messages(session, 7, "m1") == ("m2",)
