"""What happens between claiming and recording counts too; and a loop with nothing to do does nothing."""

import asyncio
from dataclasses import dataclass

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from gateway import delivering, roles
from gateway.core.desk import acts, notices
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Outgoing
from gateway.core.store.models import Blog, Delivery, LinkedAccount, Member, Post
from gateway.core.writing import posting
from tests.conftest import Cast


@dataclass
class Interrupted:
    """A carrier in whose hands the author changes their mind."""

    house: House
    author: int
    edits: bool
    channel: str = "telegram"

    async def send(self, parcel: Outgoing) -> Result:
        def unit(session: Session) -> None:
            post = session.get_one(Post, parcel.answer.post_id)
            author = session.get_one(Member, self.author)
            if self.edits:
                words = posting.write(session, self.house.community, "Better words")
                acts.edit(session, post, author, words, self.house.now())
            else:
                acts.delete(session, post, author, self.house.now())

        await asyncio.wrap_future(self.house.database.writer.submit(unit))
        return Result("sent", remote_id="m1")


@pytest.mark.parametrize(("edits", "kind"), [(True, "edit"), (False, "retract")])
async def test_a_notice_on_its_way_follows_what_became_of_its_post(
    house: House, cast: Cast, edits: bool, kind: str
) -> None:
    def publish(session: Session) -> None:
        session.add(
            LinkedAccount(member_id=cast.bob, channel="telegram", account="2", place="2", created_at=house.now())
        )
        session.flush()
        words = posting.write(session, house.community, "Words")
        author, blog = session.get_one(Member, cast.alice), session.get_one(Blog, cast.blog)
        acts.publish(session, house.community, blog, author, words, house.now())

    house.database.writer.run(publish)
    [held] = house.database.writer.run(lambda s: outbox.claim(s, "telegram", house.now(), limit=5, lease=house.lease))
    await delivering.deliver(house, Interrupted(house, cast.alice, edits), notices.RENDERERS, held)
    with house.database.read() as session:
        [change] = session.scalars(select(Delivery).where(Delivery.kind == kind))
    assert (change.recipient, change.payload["message"]) == ("2", "m1")


async def test_a_loop_with_nothing_to_do_looks_about_once_a_second(house: House) -> None:
    looks, stop = 0, asyncio.Event()

    @event.listens_for(house.database.writer._engine, "begin")
    def count(_connection: object) -> None:
        nonlocal looks
        looks += 1

    time = asyncio.get_running_loop().time
    begun = time()
    loop = asyncio.create_task(roles.run_intake(house, {}, stop))
    async with asyncio.timeout(60):
        while looks < 3:
            await asyncio.sleep(0.02)
    stop.set()
    await loop
    assert time() - begun > 0.9, "the first and at most another for the ring of the opening cost no second"
