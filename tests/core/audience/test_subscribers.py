"""Subscribers: asking, confirming by a button, choosing how often, leaving."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.audience import subscribers
from gateway.core.audience.subscribers import Application
from gateway.core.audience.suppression import suppress
from gateway.core.errors import Conflict, Invalid, NotAllowed, NotFound
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.people.accounts import mailed_secret
from gateway.core.people.tokens import mint
from gateway.core.store.models import Blog, Delivery, Issue, OneTimeToken, Subscriber
from tests.conftest import Cast, Clock

EVE = "eve@example.net"


def on(house: House, work: Callable[[Session], object]) -> None:
    house.database.writer.run(work)


def ask(house: House, cast: Cast, address: str = EVE, cadence: str = "weekly", *categories: str) -> None:
    def unit(session: Session) -> None:
        blog = session.get_one(Blog, cast.blog)
        asked = Application(address, cadence, categories)
        subscribers.ask(session, house.community, blog, asked, house.now(), house.randomness)

    on(house, unit)


def asked(house: House) -> list[Delivery]:
    with house.database.read() as session:
        statement = select(Delivery).where(Delivery.kind == "confirm_subscription").order_by(Delivery.id)
        return list(session.scalars(statement))


def only(house: House) -> Subscriber:
    with house.database.read() as session:
        return session.scalars(select(Subscriber)).one()


def token_of(house: House, mail: Delivery) -> str:
    return mailed_secret(house.community.keyring, "subscribe", mail.payload["nonce"])


def confirm(house: House, token: str) -> Subscriber:
    return house.database.writer.run(lambda s: subscribers.confirm(s, house.community, token, house.now()))


def leave(house: House) -> Subscriber | None:
    token = subscribers.unsubscribe_token(house.community, only(house).id)
    return house.database.writer.run(lambda s: subscribers.unsubscribe(s, house.community, token, house.now()))


def test_asking_queues_one_mail_to_the_address_and_nothing_else(house: House, cast: Cast) -> None:
    ask(house, cast, " Eve@Example.NET ")
    [mail] = asked(house)
    assert (mail.channel, mail.recipient) == ("email", EVE)
    assert only(house).status == "pending"


def test_asking_again_the_same_day_mails_nothing_and_keeps_the_last_cadence(
    house: House, cast: Cast, clock: Clock
) -> None:
    ask(house, cast, cadence="weekly")
    clock.forward(hours=13)  # the next date in UTC, but not yet a day later
    ask(house, cast, cadence="monthly")
    assert len(asked(house)) == 1
    assert only(house).cadence == "monthly"


def test_asking_a_day_later_mails_once_more(house: House, cast: Cast, clock: Clock) -> None:
    ask(house, cast)
    clock.forward(days=1)
    ask(house, cast)
    ask(house, cast)
    assert len(asked(house)) == 2


def test_a_suppressed_address_gets_nothing_and_leaves_no_row(house: House, cast: Cast) -> None:
    on(house, lambda s: suppress(s, house.community.keyring, EVE, "complaint", house.now()))
    ask(house, cast)
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Subscriber)) == 0
        assert session.scalar(select(func.count()).select_from(OneTimeToken)) == 0
    assert asked(house) == []


@pytest.mark.parametrize("address", ["", "eve", "eve@", "@example.net", "eve@a, bob@b", "eve@exam\nple.net"])
def test_what_is_no_address_is_refused(house: House, cast: Cast, address: str) -> None:
    with pytest.raises(Invalid):
        ask(house, cast, address)


def test_an_unknown_cadence_and_a_blog_without_newsletter_are_refused(house: House, cast: Cast) -> None:
    with pytest.raises(Invalid, match="no cadence"):
        ask(house, cast, cadence="hourly")
    on(house, lambda s: setattr(s.get_one(Blog, cast.blog), "newsletter", "off"))
    with pytest.raises(NotAllowed):
        ask(house, cast)


def test_looking_at_the_link_ten_times_changes_nothing(house: House, cast: Cast) -> None:
    ask(house, cast)
    token = token_of(house, asked(house)[0])
    for _ in range(10):
        with house.database.read() as session:
            assert subscribers.look(session, house.community, token, house.now()).status == "pending"
    assert only(house).status == "pending"


def test_confirming_is_idempotent_and_keeps_the_first_moment(house: House, cast: Cast, clock: Clock) -> None:
    ask(house, cast)
    token = token_of(house, asked(house)[0])
    first = confirm(house, token)
    assert (first.status, first.confirmed_at) == ("active", house.now())
    clock.forward(days=2)
    assert confirm(house, token.upper()).confirmed_at == first.confirmed_at


def test_a_confirmation_expires_after_seven_days(house: House, cast: Cast, clock: Clock) -> None:
    ask(house, cast)
    token = token_of(house, asked(house)[0])
    clock.forward(days=7)
    with pytest.raises(NotFound):
        confirm(house, token)


def test_a_token_for_something_else_confirms_and_unsubscribes_nobody(house: House, cast: Cast) -> None:
    ask(house, cast)
    keyring, row = house.community.keyring, only(house)
    leaving = subscribers.unsubscribe_token(house.community, row.id)
    for wrong in (leaving, mint(keyring, "reply", row.id), mailed_secret(keyring, "sign-in", 1), "", "x" * 300):
        with pytest.raises(NotFound):
            confirm(house, wrong)
    for wrong in (token_of(house, asked(house)[0]), mint(keyring, "unsubscribe", row.id, 1)[:-1], "nonsense"):
        with house.database.read() as session, pytest.raises(NotFound):
            subscribers.preferences(session, house.community, wrong)


def test_leaving_is_idempotent_and_kills_the_old_confirmation(house: House, cast: Cast, clock: Clock) -> None:
    ask(house, cast)
    token = token_of(house, asked(house)[0])
    confirm(house, token)
    clock.forward(hours=1)
    left = leave(house)
    assert left is not None
    assert (left.status, left.left_at) == ("unsubscribed", house.now())
    clock.forward(hours=1)
    again = leave(house)
    assert again is not None
    assert again.left_at == left.left_at
    with pytest.raises(NotFound):
        confirm(house, token)


def test_who_left_may_ask_and_confirm_again(house: House, cast: Cast, clock: Clock) -> None:
    ask(house, cast)
    confirm(house, token_of(house, asked(house)[0]))
    leave(house)
    clock.forward(days=1)
    ask(house, cast, cadence="each")
    assert only(house).status == "pending"
    again = confirm(house, token_of(house, asked(house)[1]))
    assert (again.status, again.cadence, again.confirmed_at) == ("active", "each", house.now())


def test_who_reads_already_is_asked_but_nothing_of_theirs_is_changed(house: House, cast: Cast, clock: Clock) -> None:
    ask(house, cast, cadence="weekly")
    confirm(house, token_of(house, asked(house)[0]))
    clock.forward(days=1)
    ask(house, cast, cadence="each")
    assert len(asked(house)) == 2
    assert (only(house).status, only(house).cadence) == ("active", "weekly")


def test_an_erased_subscriber_unsubscribes_into_nothing(house: House, cast: Cast) -> None:
    token = subscribers.unsubscribe_token(house.community, 4711)

    def unit(session: Session) -> Subscriber | None:
        return subscribers.unsubscribe(session, house.community, token, house.now())

    assert house.database.writer.run(unit) is None


def test_changing_how_often_notes_since_when(house: House, cast: Cast, clock: Clock) -> None:
    ask(house, cast)
    confirm(house, token_of(house, asked(house)[0]))
    token = subscribers.unsubscribe_token(house.community, only(house).id)

    def change(cadence: str) -> Subscriber:
        return house.database.writer.run(
            lambda s: subscribers.change(s, house.community, token, cadence, (), house.now())
        )

    assert change("weekly").cadence_since is None
    clock.forward(hours=1)
    assert (change("each").cadence, only(house).cadence_since) == ("each", house.now())
    with pytest.raises(Invalid):
        change("never")
    leave(house)
    with pytest.raises(Conflict):
        change("weekly")


def test_leaving_takes_back_queued_copies_of_open_issues_and_no_others(house: House, cast: Cast) -> None:
    ask(house, cast)
    confirm(house, token_of(house, asked(house)[0]))
    row = only(house)

    def unit(session: Session) -> None:
        for number, (status, recipient) in enumerate(
            [("sending", EVE), ("sending", "bob@example.com"), ("finished", EVE)]
        ):
            issue = Issue(
                blog_id=cast.blog,
                cadence="weekly",
                period=f"p{number}",
                status=status,
                created_at=house.now(),
                send_at=house.now(),
            )
            session.add(issue)
            session.flush()
            copy = outbox.Intent("issue", "newsletter", recipient, f"issue:{issue.id}", issue_id=issue.id)
            outbox.queue(session, copy, house.now())

    on(house, unit)
    leave(house)
    with house.database.read() as session:
        copies = session.scalars(select(Delivery).where(Delivery.kind == "issue").order_by(Delivery.id)).all()
        assert [copy.status for copy in copies] == ["suppressed", "queued", "queued"]
        assert copies[0].subscriber_id is None or copies[0].subscriber_id == row.id


def test_every_mark_for_leaving_gets_the_readers_own_page(house: House) -> None:
    url, address = subscribers.ways_to_leave(house.community, "alice", 7)
    values = subscribers.mark_values(url, ("unsubscribe-ab12", "other-1"))
    token = subscribers.unsubscribe_token(house.community, 7)
    assert values == {"unsubscribe-ab12": f"https://alice.example.org/unsubscribe/{token}"}
    assert address == f"u.{token}@post.example.org"
    assert len(f"u.{token}") <= 64


def test_a_mail_on_its_way_is_not_handed_over_to_an_address_suppressed_meanwhile(house: House, cast: Cast) -> None:
    ask(house, cast)
    claims = house.database.writer.run(
        lambda s: outbox.claim(s, "email", house.now(), limit=9, lease=timedelta(minutes=1))
    )
    on(house, lambda s: suppress(s, house.community.keyring, EVE, "hard bounce", house.now()))
    assert house.database.writer.run(lambda s: outbox.attempt(s, claims, house.now())) == set()
    assert asked(house)[0].status == "suppressed"
