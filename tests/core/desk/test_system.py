"""Messages that nobody means to publish: reports, subscriptions, mail for the people who run the place, blocked bots."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.core.audience import asking_limits, subscribers
from gateway.core.desk import intake, notices
from gateway.core.desk.verbs import Spoken
from gateway.core.house import House
from gateway.core.ledger import inbox, outbox
from gateway.core.messages import InboundMessage, Intent, Report
from gateway.core.people import choices
from gateway.core.store.models import Inbound, Post, Subscriber
from tests.conftest import Cast, Clock
from tests.core.hands import choose, deliveries, do, link, member

EVE = "eve@example.net"
_numbers = iter(range(1, 10_000))


def come(house: House, message: InboundMessage, kind: str = "", peer: str = "") -> tuple[Spoken, int]:
    """One message through the desk, and its row."""
    arrival = inbox.Arrival(message.channel, f"s{next(_numbers)}", message.place, raw=b"Subject: x\r\n\r\nHello", envelope={"kind": kind, "peer": peer})  # fmt: skip
    do(house, lambda s: inbox.store(s, arrival, house.now()))
    [held] = do(house, lambda s: inbox.claim(s, house.now(), limit=1, lease=timedelta(60)))
    with house.database.read() as session:
        plan = intake.understand(session, house.community, message)
    spoken = do(house, lambda s: intake.apply(s, house.community, held, plan, house.now(), house.randomness))
    return spoken, held.id


def mail(intent: Intent, **facts: Any) -> InboundMessage:
    return InboundMessage("email", EVE, EVE, intent=intent, text="Hello", **facts)


@pytest.fixture(autouse=True)
def _nothing_is_published(house: House) -> Iterator[None]:
    """Whatever comes in a test of this file, no post comes of it and its sender is told nothing."""
    yield
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Post)) == 0
    assert deliveries(house, "answer") == []


@pytest.mark.parametrize("intent", [Intent.AUTOMATIC, Intent.NOTHING])
def test_automatic_mail_is_ignored_with_its_reason(house: House, cast: Cast, intent: Intent) -> None:
    spoken, row_id = come(house, mail(intent, notes=("It was not posted, because it is a vacation notice.",)))
    assert spoken.outcome == "ignored"
    with house.database.read() as session:
        assert "vacation" in session.get_one(Inbound, row_id).reason


def test_a_report_is_recorded_and_never_answered(house: House, cast: Cast) -> None:
    spoken, _ = come(house, mail(Intent.REPORT, reports=(Report(EVE, "dsn", hard=True),)))
    assert spoken.outcome == "recorded"
    assert "no delivery of ours" in spoken.reason
    assert come(house, mail(Intent.REPORT))[0].reason == "No address could be found in it."
    assert deliveries(house) == []


def test_a_mail_to_subscribe_is_asked_back(house: House, cast: Cast) -> None:
    spoken, _ = come(house, mail(Intent.SUBSCRIBE, blog_id=cast.blog))
    assert spoken.outcome == "recorded"
    assert [(row.kind, row.recipient) for row in deliveries(house)] == [("confirm_subscription", EVE)]


def test_mails_to_subscribe_are_limited_as_forms_are_and_nobody_is_answered(
    house: House, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the network that a mail came from; not one that a server of our own hands on."""
    monkeypatch.setattr(asking_limits, "FROM_A_NETWORK", 1)
    asked = mail(Intent.SUBSCRIBE, blog_id=cast.blog)
    said = [come(house, asked, peer=peer)[0] for peer in ("8.8.8.8", "8.8.8.9", "10.0.0.1", "10.0.0.1")]
    assert [spoken.outcome for spoken in said] == ["recorded", "rejected", "recorded", "recorded"]
    assert "too often" in said[1].reason
    with house.database.read() as session:
        assert session.scalars(select(Subscriber.source)).all() == ["mail"]


def test_a_mail_to_leave_unsubscribes_whose_token_it_is(house: House, cast: Cast) -> None:
    come(house, mail(Intent.SUBSCRIBE, blog_id=cast.blog))
    with house.database.read() as session:
        row = session.scalars(select(Subscriber)).one()
    token = subscribers.unsubscribe_token(house.community, row.id)
    assert come(house, mail(Intent.LEAVE, action=token[:-1] + "a"))[0].outcome == "rejected"
    assert come(house, mail(Intent.LEAVE, action=token))[0].outcome == "recorded"
    with house.database.read() as session:
        assert session.scalars(select(Subscriber.status)).one() == "unsubscribed"


@pytest.mark.parametrize(
    ("hand_to", "roles", "expected"),
    [
        ("operators", {"alice": "operator", "bob": "operator", "carol": "manager"}, ["alice", "bob"]),
        ("operators", {"carol": "manager"}, []),
        ("managers", {"alice": "operator", "carol": "manager"}, ["carol"]),
        ("managers", {"alice": "operator"}, ["alice"]),
        ("owner", {"bob": "operator", "carol": "manager"}, ["alice"]),
    ],
)
def test_mail_for_people_is_handed_to_them_wrapped(
    house: House, cast: Cast, hand_to: str, roles: dict[str, str], expected: list[str]
) -> None:
    for handle, role in roles.items():
        choose(house, handle, role=role)
    spoken, row_id = come(house, mail(Intent.FOR_PEOPLE, hand_to=hand_to, blog_id=cast.blog), kind=hand_to)
    assert spoken.outcome == ("recorded" if expected else "held")
    assert [row.recipient for row in deliveries(house)] == [f"{name}@example.com" for name in expected]
    for held in do(house, lambda s: outbox.claim(s, "email", house.now(), limit=9, lease=timedelta(60))):
        with house.database.read() as session:
            said = notices.RENDERERS[held.kind](session, house.community, held)
        assert said is not None
        assert said.enclosed_inbound == row_id
        assert EVE in said.text
        assert said.reply_token == ""


def test_a_closed_operator_gets_nothing(house: House, cast: Cast) -> None:
    choose(house, "alice", role="operator", status="closed")
    assert come(house, mail(Intent.FOR_PEOPLE, hand_to="operators"))[0].outcome == "held"


def test_a_blocked_bot_tells_that_chat_nothing_and_mail_takes_over(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    chat = InboundMessage("telegram", "200", "200", intent=Intent.BLOCKED)
    come(house, chat)
    with house.database.read() as session:
        assert [to.channel for to in choices.at_large(session, member(session, "bob"))] == ["email"]
    come(house, replace(chat, intent=Intent.UNBLOCKED))
    with house.database.read() as session:
        assert [to.channel for to in choices.at_large(session, member(session, "bob"))] == ["telegram"]


def test_who_blocked_the_bot_hears_of_it_once_by_mail(house: House, cast: Cast, clock: Clock) -> None:
    link(house, "bob", "200")
    chat = InboundMessage("telegram", "200", "200", intent=Intent.BLOCKED)
    come(house, chat)
    come(house, chat)
    [notice] = deliveries(house, "closed")
    assert (notice.channel, notice.recipient, notice.member_id) == ("email", "bob@example.com", cast.bob)
    said = notice.payload["answer"]["text"]
    assert "can no longer write to your Telegram chat" in said
    assert "unblock the bot" in said
    come(house, replace(chat, intent=Intent.UNBLOCKED))
    clock.forward(seconds=1)
    come(house, chat)
    assert len(deliveries(house, "closed")) == 2


def test_who_has_another_chat_hears_of_a_closed_one_there(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    link(house, "bob", "T1:D1", channel="slack")
    come(house, InboundMessage("telegram", "200", "200", intent=Intent.BLOCKED))
    assert [(one.channel, one.recipient) for one in deliveries(house, "closed")] == [("slack", "T1:D1")]
