"""What subscribers want, how often may be asked, and coming back."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience import asking_limits, erasure, subscribers, suppression, wishes
from gateway.core.audience.subscribers import Application
from gateway.core.errors import Conflict, Invalid, TooMuch
from gateway.core.house import House
from gateway.core.store.models import Attempts, Blog, Category, Delivery, Post, Subscriber, SubscriberCategory
from tests.conftest import Cast, Clock

EVE = "eve@example.net"


def on(house: House, work: Callable[[Session], Any]) -> Any:
    return house.database.writer.run(work)


def ask(house: House, cast: Cast, address: str = EVE, *categories: str, host: str = "192.0.2.7") -> None:
    asked = Application(address, "weekly", categories, "api", host)

    def unit(session: Session) -> None:
        blog = session.get_one(Blog, cast.blog)
        subscribers.ask(session, house.community, blog, asked, house.now(), house.randomness)

    on(house, unit)


def a_post_about(house: House, cast: Cast, *names: str, status: str = "published") -> None:
    def unit(session: Session) -> None:
        post = Post(status=status, author_id=cast.alice, markdown="", html="", created_at=house.now())
        post.blog_id, post.short_reference = cast.blog, f"{status}{len(names)}"
        post.categories = [Category(name=name) for name in names]
        session.add(post)

    on(house, unit)


def a_reader(house: House, cast: Cast, status: str = "active") -> str:
    """Their token."""

    def unit(session: Session) -> int:
        row = Subscriber(blog_id=cast.blog, address=EVE, status=status, cadence="weekly", asked_at=house.now())
        row.confirmed_at = house.now()
        session.add(row)
        session.flush()
        return row.id

    return subscribers.unsubscribe_token(house.community, on(house, unit))


def rows(house: House, model: type[Any]) -> list[Any]:
    with house.database.read() as session:
        return list(session.scalars(select(model)))


def wanted(house: House) -> list[str]:
    return sorted(row.name for row in rows(house, SubscriberCategory))


def test_categories_are_chosen_among_those_that_posts_bear_and_a_stranger_changes_none(
    house: House, cast: Cast, clock: Clock
) -> None:
    a_post_about(house, cast, "Birds", "Snails")
    a_post_about(house, cast, "Secret", status="draft")
    with house.database.read() as session:
        assert wishes.offered(session, cast.blog) == ["Birds", "Snails"]
    for name in ("Secret", "Buy pills"):
        with pytest.raises(Invalid, match="no category"):
            ask(house, cast, EVE, name)
    ask(house, cast, EVE, "Snails", "Snails")
    assert wanted(house) == ["Snails"]
    ask(house, cast, EVE, "Birds")  # they have not confirmed; the last word holds
    assert wanted(house) == ["Birds"]
    [row] = rows(house, Subscriber)
    assert (row.source, row.status, row.hash_key) == ("api", "pending", house.community.keyring.current)
    assert row.address_hash == suppression.address_hash(house.community.keyring, EVE)
    on(house, lambda s: setattr(s.get_one(Subscriber, row.id), "status", "active"))
    ask(house, cast, EVE, "Snails")
    assert wanted(house) == ["Birds"]
    token = subscribers.unsubscribe_token(house.community, row.id)
    choices: tuple[tuple[str, ...], ...] = (("Snails", "Birds"), ())
    for names in choices:
        on(
            house,
            partial(
                subscribers.change,
                community=house.community,
                token=token,
                cadence="each",
                categories=names,
                now=clock.now,
            ),
        )
        assert wanted(house) == sorted(names)
    ask_row = rows(house, Subscriber)[0]
    assert (ask_row.cadence, ask_row.cadence_since) == ("each", clock.now)


def test_erasure_takes_wishes_and_hash_along(house: House, cast: Cast) -> None:
    a_post_about(house, cast, "Birds")
    ask(house, cast, EVE, "Birds")
    with house.database.read() as session:
        row = session.scalars(select(Subscriber)).one()
        held = erasure.held(session, house.community, row, house.now())
    assert (held["categories"], held["came_by"]) == (["Birds"], "api")
    on(house, lambda s: erasure.erase(s, house.community, s.get_one(Subscriber, row.id), house.now()))
    [row] = rows(house, Subscriber)
    assert (row.address_hash, row.hash_key, row.source, wanted(house)) == ("", None, "", [])


def test_networks_and_domains_are_limited_in_the_database_and_an_hour_forgets(
    house: House, cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known of an address makes no difference, and what is refused is not counted."""
    monkeypatch.setattr(asking_limits, "FROM_A_NETWORK", 3)
    monkeypatch.setattr(asking_limits, "TO_A_DOMAIN", 5)
    for _ in range(3):
        ask(house, cast, EVE, host="192.0.2.1")
    for host in ("192.0.2.9", "192.0.2.200"):
        with pytest.raises(TooMuch, match="network"):
            ask(house, cast, "one@example.org", host=host)
    for number in range(2):
        ask(house, cast, f"r{number}@example.net", host="")  # nobody knows from where
    with pytest.raises(TooMuch, match="of example"):
        ask(house, cast, "new@example.net", host="2001:db8::1")
    assert {(row.who, row.tries) for row in rows(house, Attempts)} == {("192.0.2.0/24", 3), ("example.net", 5)}
    for number in range(7):  # the domain is not what a few fill for everybody else
        ask(house, cast, f"r{number}@gmail.com", host="")
    clock.forward(minutes=61)
    ask(house, cast, "new@example.net", host="192.0.2.1")
    assert len(rows(house, Delivery)) == 11
    for peer, host in (("127.0.0.1", ""), ("10.0.0.3", ""), ("", ""), ("8.8.8.8", "8.8.8.8"), ("fe80::1", "")):
        assert asking_limits.outside(peer) == host


def test_who_left_comes_back_at_once_within_a_day_and_later_by_a_mail(house: House, cast: Cast, clock: Clock) -> None:
    token = a_reader(house, cast)

    def back() -> str:
        def unit(session: Session) -> str:
            return subscribers.come_back(session, house.community, token, clock.now, house.randomness).status

        return str(on(house, unit))

    def leave() -> None:
        on(house, lambda s: subscribers.unsubscribe(s, house.community, token, clock.now))

    assert back() == "active"
    leave()
    clock.forward(hours=23)
    assert (back(), rows(house, Delivery)) == ("active", [])
    leave()
    clock.forward(hours=25)
    assert (back(), back()) == ("pending", "pending")
    assert [row.kind for row in rows(house, Delivery)] == ["confirm_subscription"]
    leave()
    on(house, lambda s: suppression.suppress(s, house.community.keyring, EVE, "complaint", clock.now))
    with pytest.raises(Conflict):
        back()
