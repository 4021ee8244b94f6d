"""A member's chats: what resumes one, who hears that one was linked, and what a chat hears that is linked no more."""

from typing import Any

import pytest

from gateway.core.desk import notices
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.messages import Answer
from gateway.core.people import accounts
from gateway.core.people.accounts import link_code, pause_link
from gateway.core.store.models import Delivery
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
        found = accounts.chats(session, hands.member(session, handle))
        return [one.recipient for one in found]


def test_a_paused_chat_is_told_things_again_when_its_member_speaks_there(house: House, linked: Cast) -> None:
    hands.do(house, lambda session: pause_link(session, "telegram", "200", "gone"))
    say(house, "/help", account="200", place="-900", private=False)
    assert chats(house, "bob") == []
    assert say(house, "/nonsense", account="200").outcome == "rejected"
    assert chats(house, "bob") == ["200"]


def rendered(house: House, delivery: Delivery) -> Answer | None:
    values: dict[str, Any] = {name: getattr(delivery, name, None) for name in outbox.Claim.__dataclass_fields__}
    with house.database.read() as session:
        return notices.RENDERERS[delivery.kind](session, house.community, outbox.Claim(**values))


def test_a_chat_that_was_unlinked_hears_nothing_of_what_was_queued(house: House, linked: Cast) -> None:
    hands.publish(house, "alice", "Hello")
    [delivery] = hands.deliveries(house, "post")
    assert rendered(house, delivery) is not None
    say(house, "unlink", account="200")
    assert rendered(house, delivery) is None


def test_a_chat_that_is_somebody_else_s_now_hears_nothing_of_what_was_queued(house: House, linked: Cast) -> None:
    hands.publish(house, "alice", "Hello")
    [delivery] = hands.deliveries(house, "post")
    say(house, "unlink", account="200")
    hands.link(house, "carol", "200")
    assert rendered(house, delivery) is None


def link_by_code(house: House, handle: str, account: str) -> None:
    code = hands.do(
        house,
        lambda session: link_code(session, hands.member(session, handle), "telegram", house.now(), house.randomness),
    )
    assert say(house, f"link {code}", account=account, account_name="@eve_*").outcome == "answered"


def warnings(house: House) -> list[tuple[str, str]]:
    rows = hands.deliveries(house, "answer")
    return [(row.channel, row.recipient) for row in rows if "If that was not you" in row.payload["answer"]["text"]]


def test_a_first_chat_is_announced_by_mail(house: House, cast: Cast) -> None:
    link_by_code(house, "alice", "100")
    assert warnings(house) == [("email", "alice@example.com")]
    text = next(row for row in hands.deliveries(house, "answer") if row.channel == "email").payload["answer"]["text"]
    assert text.startswith(r"A Telegram chat was linked to your account (shown as @eve\_\*).")
    assert "unlink it at https://example.org/me." in text


def test_a_further_chat_is_announced_everywhere_but_in_itself(house: House, linked: Cast) -> None:
    link_by_code(house, "alice", "101")
    assert warnings(house) == [("telegram", "100"), ("email", "alice@example.com")]


def test_who_is_told_nothing_is_told_of_a_linked_chat_by_mail(house: House, linked: Cast) -> None:
    hands.tell(house, "alice", "off")
    link_by_code(house, "alice", "101")
    assert warnings(house) == [("email", "alice@example.com")]


def test_a_wrong_code_announces_nothing(house: House, linked: Cast) -> None:
    assert say(house, "link WRONG", account="300").outcome == "rejected"
    assert warnings(house) == []
