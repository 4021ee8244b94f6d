"""What is said in groups: private things are refused there, and nothing is published that was not said to the bot."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from gateway.core.desk.verbs import HANDLERS, PRIVATE
from gateway.core.house import House
from gateway.core.messages import Intent
from gateway.core.people.accounts import chats
from gateway.core.store.models import Member, Post
from gateway.core.writing.message_map import remember_message
from tests.conftest import Cast
from tests.core import hands
from tests.core.desk.test_intake import say

GROUP: dict[str, Any] = {"private": False, "place": "-900"}
SAID = {
    "draft": "/draft Not for you",
    "drafts": "/drafts",
    "publish": "/publish k7f",
    "timeline": "/timeline",
    "mentions": "/mentions",
    "mute": "/mute @bob",
    "unmute": "/unmute @bob",
    "block": "/block @bob",
    "unblock": "/unblock @bob",
    "digest": "/digest daily",
    "link": "/link CODE",
    "unlink": "/unlink",
    "bind": "/bind @channel",
    "unbind": "/unbind",
    "settings": "/settings",
    "inbox": "/inbox",
    "confirmations": "/confirmations off",
    "release": "/release 1",
    "discard": "/discard 1",
    "address": "/address alice@work.example",
    "report": "/report @bob spam",
    "reports": "/reports",
    "tell": "/tell posts off",
    "quiet": "/quiet 22-7",
    "ask": "/ask on",
    "newsletter": "/newsletter",
    "refuse": "/refuse @bob",
    "recommendable": "/recommendable off",
}


@pytest.fixture
def linked(house: House, cast: Cast) -> Cast:
    """alice's chat is 100, bob's 200."""
    hands.link(house, "alice", "100")
    hands.link(house, "bob", "200")
    return cast


def test_private_things_are_refused_in_a_group(house: House, linked: Cast) -> None:
    for verb, text in SAID.items():
        spoken = say(house, text, **GROUP)
        assert (spoken.outcome, spoken.post_id) == ("rejected", None), verb
        assert spoken.answer is not None
        assert spoken.answer.text.startswith("Ask me that in private."), verb


def test_a_group_hears_no_secret_address_and_no_draft(house: House, linked: Cast) -> None:
    hands.publish(house, "alice", "A surprise for Bob", draft=True)
    for text in ("/settings", "/drafts", "/timeline", "/mentions"):
        answer = say(house, text, **GROUP).answer
        assert answer is not None
        assert "alice." not in answer.text
        assert "surprise" not in answer.text


def test_what_a_group_refuses_changes_nothing(house: House, linked: Cast) -> None:
    for text in ("/unlink", "/digest daily", "/draft Hidden"):
        say(house, text, **GROUP)
    with house.database.read() as session:
        alice = session.get_one(Member, linked.alice)
        assert alice.digest != "daily"
        assert [one.recipient for one in chats(session, alice)] == ["100"]
        assert session.query(Post).count() == 0


def test_a_button_for_private_things_is_refused_in_a_group(house: House, linked: Cast) -> None:
    draft = hands.publish(house, "alice", "Later", draft=True)
    pressed: dict[str, Any] = {"intent": Intent.PRESS, "action": f"publish {draft.short_reference}"}
    assert say(house, "", **pressed, **GROUP).outcome == "rejected"
    assert say(house, "", **pressed).outcome == "published"


def test_posting_in_a_group_by_command_still_works(house: House, linked: Cast) -> None:
    assert say(house, "/post Hello", **GROUP).outcome == "published"
    assert say(house, "/follow @bob", **GROUP).outcome == "answered"
    assert say(house, "/help", **GROUP).outcome == "answered"


def test_every_private_word_is_a_word() -> None:
    assert set(HANDLERS) >= PRIVATE == set(SAID)


def _told(house: House, post: Post, *, place: str) -> None:
    def unit(session: Session) -> None:
        remember_message(
            session,
            session.get_one(Post, post.id),
            channel="telegram",
            place=place,
            external_id="m5",
            direction="out",
            now=house.now(),
        )

    hands.do(house, unit)


def test_an_answer_in_a_group_is_published_only_when_the_bot_is_named(house: House, linked: Cast) -> None:
    post = hands.publish(house, "alice", "Hello")
    _told(house, post, place="-900")
    assert say(house, "nice", account="200", answers=("m5",), addressed=False, **GROUP).outcome == "ignored"
    assert say(house, "nice", account="200", answers=("m5",), addressed=True, **GROUP).outcome == "replied"
