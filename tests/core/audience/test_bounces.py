"""Reports about our mail: what each does, and what nobody can do to a stranger by writing one."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience import bounces
from gateway.core.audience.suppression import address_hash, is_suppressed
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.messages import Report
from gateway.core.store.models import Base, Delivery, Subscriber
from tests.conftest import Cast, Clock
from tests.core.hands import do

EVE, STRANGER = "eve@example.net", "stranger@example.net"


def a_copy(house: House, cast: Cast, *, channel: str = "newsletter", remote_id: str = "<1@post.example.org>") -> int:
    """The delivery of an issue's copy to eve, who subscribes to alice's blog; it was sent."""

    def unit(session: Session) -> int:
        now = house.now()
        eve = Subscriber(blog_id=cast.blog, address=EVE, status="active", cadence="weekly", asked_at=now)
        session.add(eve)
        session.flush()
        hashed = address_hash(house.community.keyring, EVE)
        intent = Intent("issue", channel, EVE, "issue:1", subscriber_id=eve.id, address_hash=hashed)
        delivery_id = outbox.queue(session, intent, now)
        assert delivery_id is not None
        row = session.get_one(Delivery, delivery_id)
        row.status, row.remote_id, row.reason = "sent", remote_id, "250 queued"
        return delivery_id

    return do(house, unit)


def report(house: House, **facts: Any) -> str:
    values: dict[str, Any] = {"address": EVE, "kind": "dsn", **facts}
    [said] = do(house, lambda s: bounces.record(s, house.community, [Report(**values)], house.now()))
    return said


def suppressed(house: House) -> set[str]:
    with house.database.read() as session:
        keyring = house.community.keyring
        return {one for one in (EVE, STRANGER, "alice@example.com") if is_suppressed(session, keyring, one)}


def status(house: House) -> tuple[str, str]:
    with house.database.read() as session:
        row = session.scalars(select(Delivery)).one()
        return row.status, session.scalars(select(Subscriber)).one().status


def test_a_hard_bounce_ends_mail_to_that_address(house: House, cast: Cast) -> None:
    facts = {"hard": True, "bad_address": True, "status": "5.1.1", "reason": "no such user"}
    said = report(house, **facts, delivery_id=a_copy(house, cast))
    assert said == f"{EVE} is not mailed any more (hard bounce)."
    assert suppressed(house) == {EVE}
    assert status(house) == ("failed", "active")
    with house.database.read() as session:
        row = session.scalars(select(Delivery)).one()
        assert (row.reported, row.reason) == ("5.1.1 no such user", "250 queued"), "the relay's answer stays"


def test_only_the_recipient_of_that_delivery_is_suppressed_whatever_the_report_says(house: House, cast: Cast) -> None:
    report(house, address=STRANGER, hard=True, bad_address=True, delivery_id=a_copy(house, cast))
    assert suppressed(house) == {EVE}


def test_a_failure_by_anothers_fault_fails_the_copy_and_is_counted_as_soft(
    house: House, cast: Cast, clock: Clock
) -> None:
    copy, said = a_copy(house, cast), ""
    for _ in range(6):
        assert suppressed(house) == set(), said
        said = report(
            house, hard=True, status="5.7.1", reason="The recipient's server refuses our mail.", delivery_id=copy
        )
        assert status(house) == ("failed", "active")
        clock.forward(days=1)
    assert said == f"{EVE} is not mailed any more (mail to it keeps coming back)."
    assert suppressed(house) == {EVE}


def test_a_reason_that_is_a_sentence_gets_no_second_full_stop(house: House, cast: Cast) -> None:
    reason = "The recipient's server does not answer."
    said = report(house, hard=False, status="4.4.1", reason=reason, delivery_id=a_copy(house, cast))
    assert said == f"{EVE}: {reason}"
    said = report(house, hard=False, reason=reason)
    assert said == f"{EVE}: The recipient's server does not answer; no delivery of ours is known for it."


def test_a_full_mailbox_is_counted_as_soft_whatever_class_its_server_gives_it(house: House, cast: Cast) -> None:
    said = report(house, hard=True, status="5.2.2", reason="mailbox full", delivery_id=a_copy(house, cast))
    assert said == f"{EVE}: mailbox full."


@pytest.mark.parametrize("hard", [None, False])
def test_a_soft_or_doubtful_bounce_only_leaves_a_note(house: House, cast: Cast, hard: bool | None) -> None:
    said = report(house, hard=hard, status="4.2.2", reason="mailbox full", delivery_id=a_copy(house, cast))
    assert "mailbox full" in said
    assert suppressed(house) == set()
    assert status(house) == ("sent", "active")


def test_a_complaint_unsubscribes_and_suppresses(house: House, cast: Cast) -> None:
    report(house, kind="arf", delivery_id=a_copy(house, cast))
    assert suppressed(house) == {EVE}
    assert status(house) == ("sent", "unsubscribed")
    with house.database.read() as session:
        assert session.scalars(select(Subscriber.left_at)).one() == house.now()
        assert session.scalars(select(Delivery.reported)).one() == "complaint"


def test_an_automatic_answer_is_no_bounce(house: House, cast: Cast) -> None:
    report(house, kind="autoreply", hard=True, delivery_id=a_copy(house, cast))
    assert suppressed(house) == set()
    assert status(house) == ("sent", "active")


def test_a_message_id_finds_the_delivery_when_the_address_was_rewritten(house: House, cast: Cast) -> None:
    a_copy(house, cast)
    report(house, hard=True, bad_address=True, message_id="<1@post.example.org>")
    assert suppressed(house) == {EVE}


HIDDEN = ("", "redacted@example.net", "redacted", "[redacted]@isp.example", "redacted-7@isp.example", "xxxx", "xxxx@xxxx.example", "*****@example.net",
    "undisclosed-recipients:;", "d41d8cd98f00b204e9800998ecf8427e@example.net")  # fmt: skip


@pytest.mark.parametrize("address", HIDDEN)
def test_a_complaint_whose_address_is_hidden_is_matched_by_message_id(house: House, cast: Cast, address: str) -> None:
    a_copy(house, cast)
    said = report(house, kind="arf", address=address, message_id="<1@post.example.org>")
    assert said == f"{EVE} is not mailed any more (complaint)."
    assert suppressed(house) == {EVE}
    assert status(house) == ("sent", "unsubscribed")


@pytest.mark.parametrize("address", HIDDEN)
def test_a_bounce_whose_address_is_hidden_changes_nothing(house: House, cast: Cast, address: str) -> None:
    a_copy(house, cast)
    before = everything(house)
    report(house, address=address, hard=True, bad_address=True, message_id="<1@post.example.org>")
    assert everything(house) == before


@pytest.mark.parametrize("address", [STRANGER, "redactie@krant.example", "x@example.net", "abc@example.net"])
def test_a_complaint_of_somebody_else_about_a_copy_that_was_sent_on_changes_nothing(
    house: House, cast: Cast, address: str
) -> None:
    a_copy(house, cast)
    before = everything(house)
    report(house, kind="arf", address=address, message_id="<1@post.example.org>")
    assert everything(house) == before


@pytest.mark.parametrize(
    "facts",
    [
        {"address": "alice@example.com"},
        {"address": "alice@example.com", "message_id": "<unknown@example.org>"},
        {"address": "alice@example.com", "delivery_id": 999_999},
        {"address": "alice@example.com", "message_id": "", "kind": "arf"},
        {"address": "", "message_id": "\0"},
        {"address": "", "message_id": "<unknown@example.org>", "kind": "arf"},
    ],
)
def test_a_report_about_nothing_known_changes_nothing(house: House, cast: Cast, facts: dict[str, Any]) -> None:
    a_copy(house, cast)
    before = everything(house)
    assert "no delivery of ours is known" in report(house, hard=True, **facts)
    assert everything(house) == before


def test_a_message_id_that_is_a_chats_message_number_is_no_mail(house: House, cast: Cast) -> None:
    a_copy(house, cast, channel="telegram", remote_id="77")
    before = everything(house)
    report(house, hard=True, message_id="77")
    assert everything(house) == before


def everything(house: House) -> str:
    with house.database.read() as session:
        return "\n".join(repr(row) for table in Base.metadata.sorted_tables for row in session.execute(select(table)))


def test_soft_bounces_on_many_days_end_mail_to_that_address(house: House, cast: Cast, clock: Clock) -> None:
    copy = a_copy(house, cast)
    said = ""
    for _ in range(6):
        assert suppressed(house) == set(), said
        said = report(house, hard=False, status="4.2.2", delivery_id=copy)
        clock.forward(days=1)
    assert said == f"{EVE} is not mailed any more (mail to it keeps coming back)."
    assert suppressed(house) == {EVE}


def test_a_complaint_that_was_taken_back_stops_nobody(house: House, cast: Cast) -> None:
    report(house, kind="not-spam", delivery_id=a_copy(house, cast))
    assert suppressed(house) == set()
    assert status(house) == ("sent", "active")
