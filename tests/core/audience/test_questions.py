"""Questions whether somebody asked for a newsletter: one a day to an address, over all blogs, and none is lost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.audience import erasure, subscribers
from gateway.core.audience.subscribers import WAITING, Application
from gateway.core.audience.suppression import suppress
from gateway.core.errors import NotFound
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.people.accounts import mailed_secret
from gateway.core.store.models import Blog, Delivery, Member, OneTimeToken, Subscriber
from gateway.core.writing import blogs
from tests.conftest import Cast, Clock
from tests.core.hands import member

T = TypeVar("T")
EVE = "eve@example.net"
DAY = timedelta(days=1)


@pytest.fixture
def mailbox(house: House, cast: Cast, clock: Clock) -> "Mailbox":
    return Mailbox(house, clock)


class Mailbox:
    """Eve's: what she asks for, and what comes."""

    def __init__(self, house: House, clock: Clock) -> None:
        self.house, self.clock, self.start = house, clock, clock.now

    def run(self, work: Callable[[Session], T]) -> T:
        return self.house.database.writer.run(work)

    def ask(self, *names: str, address: str = EVE) -> None:
        def unit(session: Session, name: str) -> None:
            blog = session.scalars(select(Blog).where(Blog.name == name)).one()
            blog.newsletter = "weekly"
            asked = Application(address, "weekly")
            subscribers.ask(session, self.house.community, blog, asked, self.house.now(), self.house.randomness)

        for name in names:
            self.run(partial(unit, name=name))

    def comes(self) -> list[outbox.Claim]:
        """The questions that are handed over now."""

        def unit(session: Session) -> list[outbox.Claim]:
            now = self.house.now()
            claims = outbox.claim(session, "email", now, limit=9, lease=timedelta(minutes=1))
            allowed = outbox.attempt(session, claims, now)
            sent = [one for one in claims if one.id in allowed]
            outbox.record(session, [(one, outbox.Result("sent")) for one in sent], now)
            return sent

        return self.run(unit)

    def press(self, mail: outbox.Claim) -> str:
        token = mailed_secret(self.house.community.keyring, "subscribe", mail.payload["nonce"])
        now = self.house.now()
        return self.run(lambda s: subscribers.confirm(s, self.house.community, token, now).blog.name)

    def leave(self, name: str) -> None:
        token = subscribers.unsubscribe_token(self.house.community, self.reader(name).id)
        self.run(lambda s: subscribers.unsubscribe(s, self.house.community, token, self.house.now()))

    def reader(self, name: str) -> Subscriber:
        with self.house.database.read() as session:
            return session.scalars(select(Subscriber).join(Blog).where(Blog.name == name)).one()

    def due(self) -> list[tuple[str, datetime]]:
        statement = (
            select(Blog.name, Delivery.due_at)
            .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
            .join(Blog, Blog.id == Subscriber.blog_id)
            .where(Delivery.status == "queued")
            .order_by(Delivery.due_at)
        )
        with self.house.database.read() as session:
            return [(name, at) for name, at in session.execute(statement)]


def test_each_blog_of_one_day_has_its_question_one_a_day(mailbox: Mailbox, clock: Clock) -> None:
    mailbox.ask("alice")
    [mail] = mailbox.comes()
    assert mailbox.press(mail) == "alice"
    mailbox.ask("bob")
    clock.forward(hours=1)
    mailbox.ask("carol", "bob", "alice")
    assert mailbox.comes() == []
    clock.forward(hours=22, minutes=59)
    assert mailbox.comes() == []
    clock.forward(minutes=1)
    [mail] = mailbox.comes()
    assert mailbox.press(mail) == "bob"
    clock.forward(hours=23, minutes=59)
    assert mailbox.comes() == []
    clock.forward(minutes=1)
    [mail] = mailbox.comes()
    clock.forward(days=6, hours=23)
    assert mailbox.press(mail) == "carol"
    assert [mailbox.reader(name).status for name in ("alice", "bob", "carol")] == ["active"] * 3


def test_asking_the_same_blog_again_while_its_question_waits_asks_once(mailbox: Mailbox, clock: Clock) -> None:
    mailbox.ask("alice", "bob", "bob")
    clock.forward(hours=13)  # the next date in UTC
    mailbox.ask("bob", "alice")
    assert mailbox.due() == [("alice", mailbox.start), ("bob", mailbox.start + DAY)]


def test_a_day_after_its_question_a_blog_may_be_asked_for_again(mailbox: Mailbox, clock: Clock) -> None:
    mailbox.ask("alice", "bob")
    clock.forward(days=1)
    mailbox.ask("bob", "alice")
    assert [name for name, _ in mailbox.due()] == ["alice", "bob", "alice"]
    assert mailbox.due()[-1][1] == mailbox.start + 2 * DAY


def test_few_wait_for_one_address_and_nobody_elses_wait_for_them(mailbox: Mailbox, clock: Clock) -> None:
    names = [f"blog{number}" for number in range(WAITING + 3)]

    def unit(session: Session) -> None:
        for name in names:
            blogs.create(session, member(session, "bob"), mailbox.start, name=name)

    mailbox.run(unit)
    mailbox.ask(*names)
    days = [(name, mailbox.start + number * DAY) for number, name in enumerate(names[: WAITING + 1])]
    assert mailbox.due() == days
    mailbox.ask("alice", address="other@example.net")
    assert ("alice", mailbox.start) in mailbox.due()
    clock.forward(days=1)
    mailbox.ask(names[-1], names[-2])
    assert mailbox.due()[-1] == (names[-1], mailbox.start + (WAITING + 1) * DAY)


def test_of_who_was_erased_no_question_is_sent_and_no_trace_is_left(mailbox: Mailbox, clock: Clock) -> None:
    mailbox.ask("alice", "bob", "carol")
    assert len(mailbox.comes()) == 1
    row_id = mailbox.reader("carol").id  # hers is due the day after tomorrow
    now = mailbox.house.now()
    mailbox.run(lambda s: erasure.erase(s, mailbox.house.community, s.get_one(Subscriber, row_id), now))
    with mailbox.house.database.read() as session:
        statement = select(Delivery.recipient, Delivery.payload).where(Delivery.subscriber_id == row_id)
        [(recipient, payload)] = session.execute(statement).all()
        assert (recipient.endswith("@erased.invalid"), payload) == (True, {})
    clock.forward(days=1)
    assert mailbox.press(*mailbox.comes()) == "bob"
    clock.forward(days=1)
    assert mailbox.comes() == []


def test_a_question_that_could_not_be_sent_until_it_was_over_is_not_sent(mailbox: Mailbox, clock: Clock) -> None:
    mailbox.ask("alice", "bob")
    clock.forward(days=8)
    assert mailbox.run(lambda s: erasure.forget_unconfirmed(s, clock.now)) == 1
    assert [name for name, _ in mailbox.due()] == ["bob"]
    clock.forward(days=1)
    assert mailbox.run(lambda s: erasure.forget_unconfirmed(s, clock.now)) == 1
    assert mailbox.comes() == []


def test_a_question_that_waits_is_not_sent_to_who_wants_no_mail_any_more(mailbox: Mailbox, clock: Clock) -> None:
    mailbox.ask("alice", "bob")
    assert len(mailbox.comes()) == 1
    mailbox.run(lambda s: suppress(s, mailbox.house.community.keyring, EVE, "complaint", clock.now))
    clock.forward(days=1)
    assert mailbox.comes() == []


def test_who_leaves_and_asks_again_the_same_day_is_asked_the_next(mailbox: Mailbox, clock: Clock) -> None:
    mailbox.ask("alice")
    [first] = mailbox.comes()
    mailbox.press(first)
    clock.forward(hours=1)
    mailbox.leave("alice")
    clock.forward(hours=1)
    mailbox.ask("alice", "alice")
    with pytest.raises(NotFound):
        mailbox.press(first)
    assert mailbox.due() == [("alice", mailbox.start + DAY)]
    clock.forward(hours=22)
    assert mailbox.press(*mailbox.comes()) == "alice"
    assert mailbox.reader("alice").status == "active"


def test_a_question_that_waits_while_they_leave_and_ask_again_works(mailbox: Mailbox, clock: Clock) -> None:
    mailbox.ask("alice")
    mailbox.press(*mailbox.comes())
    clock.forward(days=1)
    mailbox.ask("bob", "alice")  # whoever it was asks for what eve reads
    assert len(mailbox.comes()) == 1
    clock.forward(hours=1)
    mailbox.leave("alice")
    clock.forward(hours=1)
    mailbox.ask("alice", "alice")
    clock.forward(hours=1)
    mailbox.ask("alice")
    assert mailbox.due() == [("alice", mailbox.start + 2 * DAY)]
    with mailbox.house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(OneTimeToken)) == 4  # one more, and not for each asking
    clock.forward(hours=21)
    assert mailbox.press(*mailbox.comes()) == "alice"


def test_whoever_enters_a_readers_address_changes_nothing_of_what_is_known_of_them(
    mailbox: Mailbox, clock: Clock
) -> None:
    mailbox.ask("alice")
    clock.forward(hours=1)
    mailbox.press(*mailbox.comes())
    known = subscribers.known_moments(mailbox.reader("alice"))
    assert known == (mailbox.start, mailbox.start + timedelta(hours=1))
    clock.forward(days=10)
    mailbox.ask("bob", "alice", "alice")
    assert subscribers.known_moments(mailbox.reader("alice")) == known
    assert mailbox.due() == [("bob", clock.now), ("alice", clock.now + DAY)]  # and one a day is still all that comes
    clock.forward(hours=1)
    mailbox.ask("carol", "alice")
    assert [name for name, _ in mailbox.due()] == ["bob", "alice", "carol"]


@pytest.mark.parametrize("asked_at", [subscribers.UNKNOWN, datetime(2024, 1, 15, tzinfo=UTC)])
def test_whoever_enters_an_imported_readers_address_has_not_confirmed_for_them(
    mailbox: Mailbox, cast: Cast, clock: Clock, asked_at: datetime
) -> None:
    facts = {"status": "active", "cadence": "weekly", "asked_at": asked_at, "confirmed_at": clock.now}
    mailbox.run(lambda s: s.add(Subscriber(blog_id=cast.blog, address=EVE, source="import", **facts)))
    known = subscribers.known_moments(mailbox.reader("alice"))
    assert known == (asked_at if asked_at.year == 2024 else None, None)
    clock.forward(days=3)
    mailbox.ask("bob", "alice")
    assert subscribers.known_moments(mailbox.reader("alice")) == known


def test_a_link_that_is_pressed_while_another_question_waits_confirms_as_of_that_moment(
    mailbox: Mailbox, clock: Clock
) -> None:
    mailbox.ask("alice")
    [mail] = mailbox.comes()
    clock.forward(days=2)
    mailbox.ask("bob", "carol", "alice")
    clock.forward(hours=1)
    mailbox.press(mail)
    assert subscribers.known_moments(mailbox.reader("alice")) == (clock.now, clock.now)


def test_two_who_ask_at_once_are_given_two_days(mailbox: Mailbox) -> None:
    """By two units of the writer at once; other processes wait for each other at the count of the address's domain."""

    def unit(session: Session, name: str) -> None:
        blog = session.scalars(select(Blog).join(Member).where(Blog.name == name)).one()
        blog.newsletter = "weekly"
        house = mailbox.house
        subscribers.ask(session, house.community, blog, Application(EVE, "weekly"), mailbox.start, house.randomness)

    submit = mailbox.house.database.writer.submit
    futures = [submit(partial(unit, name=name)) for name in ("alice", "bob", "carol")]
    for future in futures:
        future.result()
    assert sorted(at for _, at in mailbox.due()) == [mailbox.start + number * DAY for number in range(3)]
