"""A member's chats: what resumes one, who hears that one was linked, and what a chat hears that is linked no more."""

import pytest

from gateway.core.house import House
from gateway.core.people.accounts import destinations, pause_link
from gateway.core.store.models import Member
from tests.conftest import Cast
from tests.core import hands
from tests.core.desk.test_intake import say


@pytest.fixture
def linked(house: House, cast: Cast) -> Cast:
    """alice's chat is 100, bob's 200."""
    hands.link(house, "alice", "100")
    hands.link(house, "bob", "200")
    return cast


def chats(house: House, handle: str) -> list[str]:
    with house.database.read() as session:
        person = session.query(Member).filter_by(handle=handle).one()
        return [one.recipient for one in destinations(session, person, chat_only=True)]


def test_a_paused_chat_is_told_things_again_when_its_member_speaks_there(house: House, linked: Cast) -> None:
    hands.do(house, lambda session: pause_link(session, "telegram", "200", "gone"))
    say(house, "/help", account="200", place="-900", private=False)
    assert chats(house, "bob") == []
    assert say(house, "/nonsense", account="200").outcome == "rejected"
    assert chats(house, "bob") == ["200"]
