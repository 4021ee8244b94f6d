"""Held messages that nobody answered: whoever was asked is told, once, that they were thrown away and not published."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.store.models import Delivery, Inbound
from gateway.upkeep import forget
from tests.conftest import Cast, Clock
from tests.core.desk.test_held import comes, questions, set_alice
from tests.core.hands import do, link


def swept(house: House) -> list[tuple[str, str, str, str]]:
    """A sweep; the channel, recipient, subject and text of what it tells."""
    with house.database.read() as session:
        before = set(session.scalars(select(Delivery.id)))
    do(house, lambda s: forget(s, house, 30))
    with house.database.read() as session:
        rows = session.scalars(select(Delivery).where(Delivery.id.not_in(before)).order_by(Delivery.channel)).all()
    return [
        (one.channel, one.recipient, one.payload["answer"]["subject"], one.payload["answer"]["text"]) for one in rows
    ]


def test_who_was_asked_is_told_once_where_they_were_asked(house: House, cast: Cast, clock: Clock) -> None:
    link(house, "alice", "100")
    number = comes(house, cast)
    clock.forward(days=29)
    assert swept(house) == []
    clock.forward(days=1)
    told = swept(house)
    assert [(channel, place) for channel, place, *_ in told] == [("email", "alice@example.com"), ("telegram", "100")]
    for _, _, subject, text in told:
        assert subject == "Not published: Harbour"
        assert "Nothing of that was published" in text
        assert "“Harbour”, of 25 November 2026" in text
    with house.database.read() as session:
        assert session.get_one(Inbound, number).status == "rejected"
    assert swept(house) == []


def test_many_that_ran_out_are_listed_in_one_notice(house: House, cast: Cast, clock: Clock) -> None:
    for number in range(23):
        comes(house, cast, f"Number {number}")
    clock.forward(days=30)
    [(_, _, subject, text)] = swept(house)
    assert subject == "Not published: 23 messages"
    assert text.count("\n- ") == 21
    assert "- and 3 more" in text


def test_what_was_answered_is_not_told_of_again(house: House, cast: Cast, clock: Clock) -> None:
    number = comes(house, cast)
    do(house, lambda s: inbox.discard(s, number, house.now(), reason="You discarded it."))
    clock.forward(days=30)
    assert swept(house) == []


def test_who_left_is_told_nothing(house: House, cast: Cast, clock: Clock) -> None:
    comes(house, cast)
    set_alice(house, cast, status="suspended")
    clock.forward(days=30)
    assert swept(house) == []


def test_what_nobody_was_asked_about_is_not_told_of(house: House, cast: Cast, clock: Clock) -> None:
    """As mail for operators where there are none."""

    def hold(session: Session) -> None:
        arrival = inbox.Arrival(
            "email", "key", "key", raw=b"x", envelope={"from": "alice@example.com"}, member_id=cast.alice
        )
        inbox.store(session, arrival, house.now())
        [held] = inbox.claim(session, house.now(), limit=1, lease=house.lease)
        inbox.finish(session, held, "held", house.now(), reason="There are no operators to hand this to.")

    do(house, hold)
    clock.forward(days=30)
    assert swept(house) == []
    assert questions(house) == []
