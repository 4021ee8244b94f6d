"""Copies made ahead of the engine, in threads."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from gateway.core.ledger.outbox import Claim
from gateway.email.making import AT_ONCE, Making
from gateway.email.relay import Copy

NOW = datetime(2024, 11, 4, 8, 0, tzinfo=UTC)


def held(number: int) -> Claim:
    return Claim(
        number, 1, "issue", "newsletter", "bob@example.net", "issue 1", {}, None, number, 1, None, 0, 0, NOW, NOW
    )


class Queue:
    """What waits, and who made what of it; when nothing is left, a claim waits until `stop`."""

    def __init__(self, count: int) -> None:
        self.waiting = [held(number) for number in range(count)]
        self.asked: list[int] = []
        self.makers: set[int] = set()
        self.made: list[int] = []
        self.stop = asyncio.Event()

    async def claim(self, most: int) -> list[Claim]:
        self.asked.append(most)
        if not self.waiting:
            await self.stop.wait()
        some, self.waiting = self.waiting[:most], self.waiting[most:]
        return some

    def make(self, some: Sequence[Claim]) -> list[Copy]:
        self.makers.add(threading.get_ident())
        self.made += [one.id for one in some]
        return [Copy(one.id, "", one.recipient, b"") for one in some]


@pytest.mark.parametrize("most", [1, 3, 40, 1000])
async def test_copies_come_in_the_order_of_their_claims_and_never_more_than_asked_for(most: int) -> None:
    queue = Queue(650)
    making = Making(queue.claim, queue.make)
    offered: list[int] = []
    while len(offered) < 650:
        copies = await asyncio.wait_for(making.offer(most), 60)
        assert 0 < len(copies) <= most
        offered += [copy.id for copy in copies]
    assert offered == list(range(650))
    assert threading.get_ident() not in queue.makers
    assert await making.close() == []


async def test_the_next_are_claimed_and_made_before_they_are_asked_for() -> None:
    queue = Queue(2 * AT_ONCE)
    making = Making(queue.claim, queue.make)
    offered: list[Copy] = []
    while len(offered) <= AT_ONCE // 2:
        offered += await making.offer(20)
    async with asyncio.timeout(60):
        while len(queue.asked) < 2 or len(queue.made) == len(offered):
            await asyncio.sleep(0)
    assert len(queue.made) < AT_ONCE, "only a few are kept ahead"
    await making.close()


async def test_what_was_not_offered_comes_back_when_it_is_closed() -> None:
    queue = Queue(AT_ONCE)
    making = Making(queue.claim, queue.make)
    offered = await making.offer(7)
    left = await making.close()
    assert [copy.id for copy in offered] + [one.id for one in left] == list(range(AT_ONCE))


async def test_an_offer_that_nobody_waits_for_any_more_loses_nothing() -> None:
    queue = Queue(0)
    making = Making(queue.claim, queue.make)
    offering = asyncio.create_task(making.offer(7))
    while not queue.asked:
        await asyncio.sleep(0)
    offering.cancel()
    await asyncio.gather(offering, return_exceptions=True)
    queue.waiting = [held(number) for number in range(9)]
    queue.stop.set()
    assert len(await asyncio.wait_for(making.offer(5), 60)) == 5
    assert [one.id for one in await making.close()] == [5, 6, 7, 8]


async def test_none_are_offered_when_there_will_be_no_more() -> None:
    queue = Queue(0)
    queue.stop.set()
    making = Making(queue.claim, queue.make)
    assert await making.offer(5) == []
    assert await making.close() == []
