"""Words in answer to what we said of one's own photo: a description only where we asked for one, and never in place of a reply."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway import delivering
from gateway.app import RENDERERS
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Outgoing
from gateway.core.store.models import Media, Post
from tests.conftest import Cast
from tests.core.desk.test_intake import say
from tests.core.hands import do, link, photo, publish


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


class Phone:
    """Alice's chat: the last that she was told there."""

    channel = "telegram"

    def __init__(self, house: House) -> None:
        self._house = house
        self.last = ""
        self._told = ""

    async def send(self, parcel: Outgoing) -> Result:
        self.last, self._told = parcel.answer.text, f"m{parcel.delivery_id}"
        return Result("sent", remote_id=self._told)

    async def answer(self, words: str) -> str:
        """Answers the last message natively; gives what became of that."""
        for held in do(
            self._house, lambda s: outbox.claim(s, "telegram", self._house.now(), limit=9, lease=self._house.lease)
        ):
            if held.recipient == "100":
                await delivering.deliver(self._house, self, RENDERERS, held)
        return say(self._house, words, answers=(self._told,)).outcome


@pytest.fixture
def phone(house: House, cast: Cast) -> Phone:
    link(house, "alice", "100")
    return Phone(house)


def alts(house: House) -> list[str]:
    with house.database.read() as session:
        return list(session.scalars(select(Media.alt)))


async def test_what_asked_for_a_description_gets_it(house: House, phone: Phone) -> None:
    say(house, "My garden", media=(photo(),))
    assert await phone.answer("A rose") == "edited"
    assert "Describe the photo" in phone.last
    assert alts(house) == ["A rose"]


async def test_what_did_not_ask_gets_a_reply(house: House, phone: Phone) -> None:
    """A draft that is published now, and a changed post: nothing was asked there."""
    say(house, "draft: My garden", media=(photo(),))
    say(house, "publish")
    assert await phone.answer("It smells of tea") == "replied"
    assert "Describe" not in phone.last
    assert alts(house) == [""]


async def test_below_a_reply_words_are_a_reply_and_alt_describes(house: House, phone: Phone) -> None:
    question = publish(house, "bob", "How is your garden?")
    say(house, f"reply {question.short_reference} Like this", media=(photo(),))
    assert await phone.answer("And it smells of tea") == "replied"
    assert "Describe the photo" in phone.last
    assert alts(house) == [""]
    with house.database.read() as session:
        [mine, more] = session.scalars(select(Post).where(Post.kind == "reply").order_by(Post.id))
    assert (more.markdown, more.reply_to_id) == ("And it smells of tea", mine.id)
    say(house, f"alt {mine.short_reference} A rose")
    assert alts(house) == ["A rose"]
