"""Who left while an issue was sent and takes it back at once: the copies that leaving dropped are queued again, once."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.core.audience import erasure, subscribers, suppression
from gateway.core.errors import Conflict
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.issue_turns import IssueTurns
from gateway.core.ledger.outbox import Intent
from gateway.core.people.tokens import Keyring
from gateway.core.store.db import Database
from gateway.core.store.models import Delivery, Issue, Subscriber
from gateway.newsletter import stages
from tests.conftest import Cast, Clock

T = TypeVar("T")
EVE, BOB = "eve@example.net", "bob@example.net"


class Town:
    """Two readers of alice's blog, and an issue that is being sent to them."""

    def __init__(self, house: House, blog_id: int) -> None:
        self.house, self.blog_id, now = house, blog_id, house.now()

        def unit(session: Session) -> tuple[int, int]:
            facts = {"status": "active", "cadence": "weekly", "asked_at": now, "confirmed_at": now}
            readers = {one: Subscriber(blog_id=blog_id, address=one, **facts) for one in (EVE, BOB)}
            issue = Issue(blog_id=blog_id, cadence="weekly", period="p", status="sending", created_at=now, send_at=now)
            session.add_all([*readers.values(), issue])
            session.flush()
            for address, reader in readers.items():
                cause = f"issue:{issue.id}"
                copy = Intent("issue", "newsletter", address, cause, issue_id=issue.id, subscriber_id=reader.id)
                outbox.queue(session, copy, now)
            return issue.id, readers[EVE].id

        self.issue, self.eve = self.run(unit)
        self.token = subscribers.unsubscribe_token(house.community, self.eve)

    def run(self, work: Callable[[Session], T]) -> T:
        return self.house.database.writer.run(work)

    def leave(self) -> None:
        self.run(lambda s: subscribers.unsubscribe(s, self.house.community, self.token, self.house.now()))

    def back(self) -> str:
        house = self.house
        return self.run(
            lambda s: subscribers.come_back(s, house.community, self.token, house.now(), house.randomness).status
        )

    def claim(self) -> list[outbox.Claim]:
        now, lease = self.house.now(), self.house.lease
        return self.run(lambda s: outbox.claim(s, "newsletter", now, limit=9, lease=lease, among=IssueTurns()))

    def hand_over(self, claims: list[outbox.Claim]) -> list[str]:
        """To whom these may go, and go."""

        def unit(session: Session) -> list[str]:
            allowed = outbox.attempt(session, claims, self.house.now())
            sent = [one for one in claims if one.id in allowed]
            outbox.record(session, [(one, outbox.Result("sent")) for one in sent], self.house.now())
            return sorted(one.recipient for one in sent)

        return self.run(unit)

    def copy(self) -> tuple[str, str, bool]:
        with self.house.database.read() as session:
            row = session.scalars(select(Delivery).where(Delivery.recipient == EVE, Delivery.kind == "issue")).one()
            return row.status, row.reason, row.finished_at is None

    def set(self, table: type[Delivery] | type[Issue], row_id: int, **values: object) -> None:
        self.run(lambda s: s.execute(update(table).where(table.id == row_id).values(**values)))


@pytest.fixture
def town(house: House, cast: Cast) -> Town:
    return Town(house, cast.blog)


DROPPED = ("suppressed", "They left before this copy was handed over.", False)


@pytest.mark.parametrize("status", ["cutting", "scheduled", "sending", "paused"])
def test_the_copy_is_queued_again_and_goes_once(town: Town, clock: Clock, status: str) -> None:
    town.set(Issue, town.issue, status=status)
    town.leave()
    assert town.copy() == DROPPED
    clock.forward(hours=1)
    assert (town.back(), town.back()) == ("active", "active")
    assert town.copy() == ("queued", "", True)
    town.set(Issue, town.issue, status="sending")
    assert town.hand_over(town.claim()) == [BOB, EVE]
    town.leave()
    town.back()
    assert town.copy() == ("sent", "", False)
    assert town.claim() == []


def test_a_copy_that_was_claimed_when_they_left_goes_by_a_new_claim_only(town: Town) -> None:
    old = town.claim()
    town.leave()
    town.back()
    new = town.claim()
    assert [one.recipient for one in new] == [EVE]
    assert town.hand_over(old) == [BOB]
    assert town.hand_over(new) == [EVE]


def test_a_copy_whose_handing_over_was_refused_because_they_left_comes_back_too(town: Town) -> None:
    claims = town.claim()
    row = {"status": "unsubscribed", "left_at": town.house.now()}
    town.run(lambda s: s.execute(update(Subscriber).where(Subscriber.id == town.eve).values(**row)))
    assert town.hand_over(claims) == [BOB]
    assert town.copy() == DROPPED
    town.back()
    assert town.hand_over(town.claim()) == [EVE]


@pytest.mark.parametrize("status", ["finished", "cancelled"])
def test_of_an_issue_that_is_over_nothing_comes_back(town: Town, status: str) -> None:
    town.leave()
    town.set(Issue, town.issue, status=status)
    assert town.back() == "active"
    assert town.copy() == DROPPED


@pytest.mark.parametrize(
    "values",
    [{"status": "suppressed", "reason": "This address must not be mailed."}, {"status": "cancelled", "reason": ""},
     {"status": "failed", "reason": "550 no"}, {"doubtful": 1}],
)  # fmt: skip
def test_what_leaving_did_not_drop_or_what_may_have_left_stays_as_it_is(town: Town, values: dict[str, object]) -> None:
    [copy] = [one for one in town.claim() if one.recipient == EVE]
    town.set(Delivery, copy.id, **values)
    town.leave()
    before = town.copy()
    assert town.back() == "active"
    assert town.copy() == before


def test_who_comes_back_later_confirms_and_gets_no_old_copy(town: Town, clock: Clock) -> None:
    town.leave()
    clock.forward(hours=25)
    assert town.back() == "pending"
    assert town.copy() == DROPPED


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_is_erased_while_they_come_back_stays_erased(
    town: Town, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.leave()
    other = Database(database_url)
    known = suppression.is_suppressed

    def erased_meanwhile(session: Session, keyring: Keyring, address: str) -> bool:
        community, now = town.house.community, town.house.now()
        other.writer.run(lambda s: erasure.erase(s, community, s.get_one(Subscriber, town.eve), now))
        return known(session, keyring, address)

    monkeypatch.setattr(subscribers, "is_suppressed", erased_meanwhile)
    with pytest.raises(Conflict):
        town.back()
    other.close()
    with town.house.database.read() as session:
        assert session.get_one(Subscriber, town.eve).status == subscribers.ERASED


def test_an_issue_that_waits_for_who_came_back_is_not_finished(town: Town) -> None:
    town.leave()
    assert town.hand_over(town.claim()) == [BOB]
    town.back()
    assert stages.finish_due(town.house) == {}
    assert town.hand_over(town.claim()) == [EVE]
    assert [tally.sent for tally in stages.finish_due(town.house).values()] == [2]
