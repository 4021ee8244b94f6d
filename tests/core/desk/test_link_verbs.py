"""Linking and unlinking by words: wrong codes are soon looked at no more, and a chat is unlinked from anywhere."""

from typing import Any

import pytest
from sqlalchemy import select

from gateway.core.desk.link_verbs import WRONG_CODES
from gateway.core.house import House
from gateway.core.people import accounts
from gateway.core.store.models import Attempts, LinkedAccount
from tests.conftest import Cast, Clock
from tests.core.desk.test_intake import say
from tests.core.hands import do, link, member

MAIL: dict[str, Any] = {"channel": "email", "account": "alice@example.com", "place": "alice@example.com"}


def code_for(house: House, handle: str, channel: str = "telegram") -> str:
    return do(house, lambda s: accounts.link_code(s, member(s, handle), channel, house.now(), house.randomness))


def text(house: House, words: str, **more: Any) -> str:
    answer = say(house, words, **more).answer
    assert answer is not None
    return answer.text


def chats(house: House) -> list[str]:
    with house.database.read() as session:
        return list(session.scalars(select(LinkedAccount.place).order_by(LinkedAccount.id)))


def test_after_some_wrong_codes_none_is_looked_at_for_an_hour(house: House, cast: Cast, clock: Clock) -> None:
    for number in range(WRONG_CODES):
        assert "Nothing was linked." in text(house, f"link WRONG{number}", account="666")
    assert "does not work any more" in text(house, "link WRONG", account="667")  # of another account
    right = code_for(house, "alice")
    assert text(house, f"link {right}", account="666") == (
        "Too many wrong codes came from here, so none is looked at for an hour. Nothing was linked."
    )
    assert chats(house) == []
    clock.forward(hours=1)
    assert "This chat is linked" in text(house, f"link {code_for(house, 'alice')}", account="666")
    with house.database.read() as session:
        tried = {row.who: row.tries for row in session.scalars(select(Attempts))}
    assert tried == {"telegram:666": WRONG_CODES, "telegram:667": 1}


def test_they_are_counted_by_mail_as_well(house: House, cast: Cast) -> None:
    for _ in range(WRONG_CODES):
        assert say(house, "link WRONG", member_id=cast.alice, **MAIL).outcome == "rejected"
    assert "Too many wrong codes" in text(house, "link WRONG", member_id=cast.alice, **MAIL)


def test_counting_begins_anew_after_an_hour(house: House, cast: Cast, clock: Clock) -> None:
    for _ in range(WRONG_CODES - 1):
        say(house, "link WRONG", account="666")
    clock.forward(hours=1)
    for _ in range(WRONG_CODES):
        assert "does not work any more" in text(house, "link WRONG", account="666")
    assert "Too many" in text(house, "link WRONG", account="666")
    clock.forward(hours=1)
    say(house, "link WRONG", account="667")
    with house.database.read() as session:
        assert session.scalars(select(Attempts.who)).all() == ["telegram:667"]  # nobody is kept on record for long


@pytest.mark.parametrize("words", ["unlink telegram", "/unlink 1", "Unlink Telegram"])
def test_a_chat_is_unlinked_by_mail(house: House, cast: Cast, words: str) -> None:
    link(house, "alice", "100")
    said = text(house, words, member_id=cast.alice, **MAIL)
    assert "Your chat Telegram is no longer linked." in said
    assert "you are told nothing there" in said
    assert "get a code at https://example.org/me" in said
    assert chats(house) == []


def test_and_from_another_chat(house: House, cast: Cast) -> None:
    link(house, "alice", "100")
    link(house, "alice", "T:U", channel="slack")
    link(house, "bob", "200")
    assert "Slack" in text(house, "unlink slack")
    assert chats(house) == ["100", "200"]
    assert "This chat is no longer linked" in text(house, "unlink telegram")
    assert chats(house) == ["200"]


def test_by_mail_unlink_alone_lists_what_there_is(house: House, cast: Cast) -> None:
    said = text(house, "unlink", member_id=cast.alice, **MAIL)
    assert said.startswith("You have no linked chat.")
    link(house, "alice", "100")
    link(house, "alice", "101")
    said = text(house, "unlink", member_id=cast.alice, **MAIL)
    assert "1. Telegram\n2. Telegram\n" in said
    assert "Nothing was changed." in said
    assert "by its number: 1, 2" in text(house, "unlink telegram", member_id=cast.alice, **MAIL)
    assert "no such chat" in text(house, "unlink 3", member_id=cast.alice, **MAIL)
    assert chats(house) == ["100", "101"]
    say(house, "unlink 2", member_id=cast.alice, **MAIL)
    assert chats(house) == ["100"]
