"""The mail that asks to confirm: a button, and not one word of the applicant's."""

import pytest
from sqlalchemy.orm import Session

from gateway.core.audience import subscribers
from gateway.core.desk import notices
from gateway.core.people.accounts import mailed_secret
from gateway.core.store.models import Blog, Subscriber
from gateway.newsletter import RENDERERS
from tests.newsletter.conftest import Press, claim_of


def ask(press: Press, cadence: str = "weekly") -> None:
    def unit(session: Session) -> None:
        blog = session.get_one(Blog, press.cast.blog)
        house = press.house
        asked = subscribers.Application("buy+pills@example.net", cadence)
        subscribers.ask(session, house.community, blog, asked, house.now(), house.randomness)

    press.run(unit)


def test_it_links_to_the_page_whose_button_confirms(press: Press) -> None:
    ask(press, "monthly")
    [mail] = press.queued("confirm_subscription")
    answer = press.said(mail)
    assert answer is not None
    secret = mailed_secret(press.house.community.keyring, "subscribe", mail.payload["nonce"])
    [[button]] = answer.buttons
    assert button.url == f"https://alice.example.org/subscribe/confirm/{secret}"
    assert answer.subject == "Confirm your subscription to Alice"
    assert "one mail a month" in answer.text
    assert "pills" not in answer.text + answer.subject
    with press.house.database.read() as session:
        row = subscribers.look(session, press.house.community, secret, press.clock.now)
        assert (row.address, row.status) == ("buy+pills@example.net", "pending")


def test_who_reads_already_is_told_so_and_shown_where_to_change_it(press: Press) -> None:
    ask(press)
    press.change(Subscriber, 1, status="active")
    [mail] = press.queued("confirm_subscription")
    answer = press.said(mail)
    assert answer is not None
    assert answer.subject == "You are subscribed to Alice"
    assert answer.buttons[0][0].url == subscribers.unsubscribe_url(press.house.community, "alice", 1)


def test_nothing_is_asked_of_who_left_meanwhile(press: Press) -> None:
    ask(press)
    press.change(Subscriber, 1, status="unsubscribed")
    assert press.said(press.queued("confirm_subscription")[0]) is None


@pytest.mark.parametrize("status", ["pending", "active"])
def test_it_speaks_the_language_of_the_blog(press: Press, status: str) -> None:
    """The reader chose none, and the community's is another."""
    press.change(Blog, press.cast.blog, language="de")
    ask(press, "monthly")
    press.change(Subscriber, 1, status=status)
    [mail] = press.queued("confirm_subscription")
    with press.house.database.read() as session:
        parcel = notices.outgoing(session, press.house.community, claim_of(mail), RENDERERS)
    assert parcel is not None
    assert parcel.language == "de"
    assert (
        parcel.answer.subject
        == {"pending": "Bestätige dein Abo von Alice", "active": "Du hast Alice abonniert"}[status]
    )
    assert "eine Mail im Monat" in parcel.answer.text
    assert parcel.answer.buttons[0][0].label in {"Bestätigen", "Ändern oder abbestellen"}
