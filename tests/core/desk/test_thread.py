"""`thread k7f`: the last posts of a conversation, without people whom the reader has shut out or who have shut out the reader."""

import pytest

from gateway.core.house import House
from gateway.core.store.models import Post
from tests.conftest import Cast
from tests.core import hands
from tests.core.desk.test_intake import say


@pytest.fixture
def root(house: House, cast: Cast) -> Post:
    """alice's post, which bob and carol answered; alice's chat is 100, bob's 200, carol's 300."""
    for handle, place in (("alice", "100"), ("bob", "200"), ("carol", "300")):
        hands.link(house, handle, place)
    post = hands.publish(house, "alice", "The beginning")
    hands.reply(house, "bob", post, "What Bob says")
    hands.reply(house, "carol", post, "What Carol says")
    return post


def thread(house: House, post: Post, *, account: str) -> str:
    answer = say(house, f"thread {post.short_reference}", account=account).answer
    assert answer is not None
    return answer.text


def test_a_short_conversation_is_shown_whole(house: House, root: Post) -> None:
    text = thread(house, root, account="100")
    assert text.index("The beginning") < text.index("What Bob says") < text.index("What Carol says")
    assert "the whole conversation" not in text


@pytest.mark.parametrize("word", ["mute", "block"])
def test_whom_one_shuts_out_one_does_not_read(house: House, root: Post, word: str) -> None:
    say(house, f"{word} @carol", account="200")
    assert "What Carol says" not in thread(house, root, account="200")
    assert "What Carol says" in thread(house, root, account="100")


def test_who_blocks_one_is_not_read(house: House, root: Post) -> None:
    say(house, "block @bob", account="300")
    assert "What Carol says" not in thread(house, root, account="200")


def test_who_mutes_one_is_read(house: House, root: Post) -> None:
    say(house, "mute @bob", account="300")
    assert "What Carol says" in thread(house, root, account="200")


def test_a_conversation_of_people_who_are_shut_out_is_not_there(house: House, root: Post) -> None:
    say(house, "block @alice", account="200")
    say(house, "block @carol", account="200")
    for post in hands.do(house, lambda s: s.query(Post).filter_by(kind="reply").all()):
        if post.markdown == "What Bob says":
            hands.delete(house, "bob", post)
    assert say(house, f"thread {root.short_reference}", account="200").outcome == "rejected"


def test_of_a_long_conversation_the_last_twenty_are_shown_with_the_way_to_the_rest(house: House, root: Post) -> None:
    for number in range(20):
        hands.reply(house, "bob", root, f"Answer {number:02}")
    text = thread(house, root, account="100")
    assert "The beginning" not in text
    assert "What Carol says" not in text
    assert [f"Answer {number:02}" in text for number in range(20)] == [True] * 20
    assert text.startswith("These are the last 20; the whole conversation: https://example.org/conversations/")
