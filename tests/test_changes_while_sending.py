"""A post that is changed or deleted in the moment when a message that tells of it is noted as sent: the message follows, whoever commits first."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway import delivering
from gateway.app import RENDERERS
from gateway.core.desk import acts
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Outgoing
from gateway.core.store.models import Post
from gateway.core.writing import posting
from tests.conftest import Cast, Clock
from tests.core.hands import deliveries, do, link, member, publish


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    """SQLite has one transaction at a time."""
    return new_database("postgresql")


class Slow:
    """Has somebody else begin something before it says that it has sent."""

    channel = "telegram"

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self._meanwhile = meanwhile

    async def send(self, parcel: Outgoing) -> Result:
        await asyncio.to_thread(self._meanwhile)
        return Result("sent", remote_id="77")


@pytest.mark.parametrize(("how", "ago"), [("edit", 0), ("edit", 2), ("retract", 0)])
async def test_a_change_that_is_not_committed_yet_is_waited_for(
    house: House, cast: Cast, clock: Clock, how: str, ago: int
) -> None:
    """Its transaction can't see that the message went out; so the one that notes this has to see the change, though it began some seconds `ago`."""
    link(house, "bob", "200")
    post = publish(house, "alice", "Before")
    clock.forward(minutes=1)
    [held] = do(house, lambda s: outbox.claim(s, "telegram", house.now(), limit=9, lease=house.lease))
    begun = house.now() - timedelta(seconds=ago)
    changed, noted = threading.Event(), threading.Event()
    changing: list[Future[None]] = []

    def change(session: Session) -> None:
        by, mine = member(session, "alice"), session.get_one(Post, post.id)
        if how == "edit":
            acts.edit(session, mine, by, posting.write(session, house.community, "After"), begun)
        else:
            acts.delete(session, mine, by, begun)
        session.flush()
        changed.set()
        until(lambda: noted.is_set() or somebody_waits(session))

    def begin() -> None:
        changing.append(house.database.writer.submit(change))
        assert changed.wait(60)

    await delivering.deliver(house, Slow(begin), RENDERERS, held)
    noted.set()
    await asyncio.wrap_future(changing[0])
    assert [row.payload["message"] for row in deliveries(house, how)] == ["77"]


def somebody_waits(session: Session) -> bool:
    """For a lock, on the server of this test process."""
    return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def until(condition: Callable[[], bool]) -> None:
    """Looks for it until it holds, at most 60 s."""
    pause = threading.Event()
    assert any(condition() or pause.wait(0.01) for _ in range(6000))
