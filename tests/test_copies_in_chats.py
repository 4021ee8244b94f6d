"""What was told of a post in chats is changed and taken away with it, whatever it took to get there: several messages, or a part of them."""

from collections.abc import Callable

import pytest

from gateway import delivering
from gateway.app import RENDERERS
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Outgoing
from gateway.core.people import relations
from tests.conftest import Cast, Clock
from tests.core.hands import delete, do, edit, link, member, publish


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


class Chat:
    """Takes each parcel as three messages, or as much of it as it is told."""

    channel = "telegram"

    def __init__(self) -> None:
        self.got: list[Outgoing] = []
        self.next: list[Result] = []

    async def send(self, parcel: Outgoing) -> Result:
        self.got.append(parcel)
        if parcel.edits:
            return Result("sent", remote_id=parcel.edits)
        whole = Result("sent", remote_id=f"{len(self.got)}a", also=(f"{len(self.got)}b", f"{len(self.got)}c"))
        return self.next.pop(0) if self.next else whole


@pytest.fixture
def chat(house: House, cast: Cast) -> Chat:
    """Bob's, who follows alice."""
    link(house, "bob", "200")
    return Chat()


async def carry(house: House, chat: Chat) -> list[tuple[str, str, tuple[str, ...]]]:
    """Delivers what is due; which messages were changed, and how."""
    before = len(chat.got)
    for held in do(house, lambda s: outbox.claim(s, "telegram", house.now(), limit=9, lease=house.lease)):
        await delivering.deliver(house, chat, RENDERERS, held)
    return [(one.kind, one.edits, one.parts) for one in chat.got[before:]]


async def test_all_messages_of_a_long_copy_are_named_in_a_change(house: House, chat: Chat, clock: Clock) -> None:
    post = publish(house, "alice", "word " * 2000)
    await carry(house, chat)
    clock.forward(minutes=1)
    edit(house, "alice", post, "Short")
    assert await carry(house, chat) == [("edit", "1a", ("1b", "1c"))]
    assert "Short" in chat.got[-1].answer.text
    clock.forward(minutes=1)
    delete(house, "alice", post)
    assert await carry(house, chat) == [("retract", "1a", ("1b", "1c"))]


@pytest.mark.parametrize("resent", [True, False])
async def test_what_went_out_in_part_is_taken_away_too(house: House, chat: Chat, clock: Clock, resent: bool) -> None:
    post = publish(house, "alice", "word " * 2000)
    chat.next = [Result("uncertain", "Only 2 of 3 messages went out.", remote_id="x1", also=("x2",))]
    await carry(house, chat)
    if resent:
        clock.forward(hours=1)
        assert await carry(house, chat) == [("post", "", ())]
    clock.forward(minutes=1)
    delete(house, "alice", post)
    [(kind, first, parts)] = await carry(house, chat)
    expected = {"x1", "x2", "2a", "2b", "2c"} if resent else {"x1", "x2"}
    assert (kind, {first, *parts}, len(parts)) == ("retract", expected, len(expected) - 1)


async def test_a_try_that_sent_nothing_forgets_nothing(house: House, chat: Chat, clock: Clock) -> None:
    post = publish(house, "alice", "word " * 2000)
    chat.next = [Result("uncertain", "Only 1 of 3.", remote_id="x1"), Result("deferred", "Later.")]
    await carry(house, chat)
    clock.forward(hours=1)
    await carry(house, chat)
    delete(house, "alice", post)
    assert await carry(house, chat) == [("retract", "x1", ())]


async def test_whom_one_muted_since_still_changes_what_stands_there(house: House, chat: Chat, clock: Clock) -> None:
    post = publish(house, "alice", "Before")
    await carry(house, chat)
    do(house, lambda s: relations.shun(s, member(s, "bob"), member(s, "alice"), "mute", house.now()))
    clock.forward(minutes=1)
    edit(house, "alice", post, "After")
    assert await carry(house, chat) == [("edit", "1a", ("1b", "1c"))]
    publish(house, "alice", "Unheard")
    assert await carry(house, chat) == []
