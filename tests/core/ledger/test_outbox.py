"""The outbox: queued once, attempted only when allowed, recorded only by its holder, doubtful only when it may have left."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.ledger import amending, outbox, retries
from gateway.core.ledger.issue_turns import IssueTurns
from gateway.core.ledger.outbox import Claim, Intent, Result
from gateway.core.store.db import make_engine
from gateway.core.store.models import Delivery, Issue, Subscriber, Suppression
from tests.conftest import Cast, Clock

LEASE = timedelta(seconds=60)


def run(house: House, unit: Callable[..., Any]) -> Any:
    return house.database.writer.run(unit)


def queue(house: House, cause: str = "post:1", **more: Any) -> int | None:
    intent = Intent(**{"kind": "answer", "channel": "email", "recipient": "bob@example.com", "cause": cause, **more})
    queued: int | None = run(house, lambda session: outbox.queue(session, intent, house.now()))
    return queued


def claim(house: House, channel: str = "email") -> list[Claim]:
    claims: list[Claim] = run(house, lambda s: outbox.claim(s, channel, house.now(), limit=10, lease=LEASE))
    return claims


def attempt(house: House, claims: list[Claim]) -> set[int]:
    allowed: set[int] = run(house, lambda session: outbox.attempt(session, claims, house.now()))
    return allowed


def record(house: House, held: Claim, result: Result) -> int:
    done: int = run(house, lambda session: outbox.record(session, [(held, result)], house.now()))
    return done


def row(house: House, row_id: int | None) -> Delivery:
    with house.database.read() as session:
        return session.get_one(Delivery, row_id)


def test_queueing_the_same_cause_for_the_same_recipient_twice_is_harmless(house: House) -> None:
    assert queue(house) is not None
    assert queue(house) is None
    assert queue(house, recipient="carol@example.com") is not None


def test_the_way_of_a_delivery(house: House) -> None:
    row_id = queue(house)
    [held] = claim(house)
    assert row(house, row_id).status == "claimed"
    assert attempt(house, [held]) == {row_id}
    assert row(house, row_id).status == "attempting"
    record(house, held, Result("sent", reason="250 ok", remote_id="m1"))
    sent = row(house, row_id)
    assert (sent.status, sent.reason, sent.remote_id, sent.attempts) == ("sent", "250 ok", "m1", 1)
    assert sent.finished_at == house.now()


def test_a_deferred_delivery_waits_until_its_time(house: House, clock: Clock) -> None:
    queue(house)
    [held] = claim(house)
    attempt(house, [held])
    record(house, held, retries.timed(held, Result("deferred", reason="451"), house.now()))
    assert claim(house) == []
    clock.forward(seconds=40)
    assert len(claim(house)) == 1


def test_a_claim_whose_process_died_never_left_and_is_queued_again(house: House, clock: Clock) -> None:
    row_id = queue(house)
    claim(house)
    clock.forward(seconds=61)
    assert run(house, lambda s: amending.expire(s, house.now(), on_ambiguous="resend")) == 0
    assert (row(house, row_id).status, row(house, row_id).doubtful) == ("queued", 0)


def test_what_a_process_holds_that_is_stopped_in_a_transaction_is_mended_later_and_holds_up_nothing(
    house: House, clock: Clock
) -> None:
    held, free = queue(house, "a"), queue(house, "b")
    attempt(house, claim(house))
    clock.forward(seconds=61)
    mend = partial(amending.expire, now=house.now(), on_ambiguous="resend")
    if not house.database.is_sqlite:  # where nobody else could write then
        engine = make_engine(house.database.url, writing=True)
        with engine.begin() as stopped:
            stopped.execute(select(Delivery.id).where(Delivery.id == held).with_for_update())
            assert house.database.writer.submit(mend).result(60) == 1
            assert (row(house, held).status, row(house, free).status) == ("attempting", "queued")
        engine.dispose()
    run(house, mend)
    assert (row(house, held).status, row(house, free).status) == ("queued", "queued")


def test_an_attempt_whose_process_died_is_doubtful_and_goes_again_or_stays(house: House, clock: Clock) -> None:
    resent, held_back = queue(house, "a"), None
    attempt(house, claim(house))
    clock.forward(seconds=61)
    assert run(house, lambda s: amending.expire(s, house.now(), on_ambiguous="resend")) == 1
    assert (row(house, resent).status, row(house, resent).doubtful) == ("queued", 1)
    attempt(house, claim(house))
    held_back = queue(house, "b")
    attempt(house, claim(house))
    clock.forward(seconds=61)
    assert run(house, lambda s: amending.expire(s, house.now(), on_ambiguous="hold")) == 2
    assert row(house, held_back).status == "uncertain"
    with house.database.read() as session:
        assert {one.id for one in amending.uncertain(session)} == {resent, held_back}


def test_nothing_is_attempted_after_its_lease(house: House, clock: Clock) -> None:
    queue(house)
    claims = claim(house)
    clock.forward(seconds=61)
    assert attempt(house, claims) == set()


def test_a_suppressed_address_is_refused_by_the_attempt_itself(house: House) -> None:
    row_id = queue(house, address_hash="h1")
    claims = claim(house)
    run(house, lambda s: s.add(Suppression(address_hash="h1", reason="complaint", created_at=house.now())))
    assert attempt(house, claims) == set()
    assert row(house, row_id).status == "suppressed"


@pytest.mark.parametrize(
    ("status", "gets"),
    [
        ("active", {"issue", "question"}),
        ("pending", {"question"}),  # whoever left and was entered by a stranger, too
        ("unsubscribed", set()),
        ("erased", set()),
    ],
)
def test_only_who_reads_now_gets_a_copy_and_a_question_who_can_answer_it(
    house: House, cast: Cast, status: str, gets: set[str]
) -> None:
    def unit(session: Session) -> tuple[int, int]:
        now = house.now()
        reader = Subscriber(blog_id=cast.blog, address="r@example.net", status="active", cadence="each", asked_at=now)
        issue = Issue(blog_id=cast.blog, cadence="weekly", period="1", status="sending", created_at=now, send_at=now)
        session.add_all((reader, issue))
        session.flush()
        return reader.id, issue.id

    reader_id, issue_id = run(house, unit)
    queue(house, "question", kind="question", subscriber_id=reader_id)
    queue(house, "issue", kind="issue", subscriber_id=reader_id, issue_id=issue_id)
    claims = claim(house) + run(
        house, lambda s: outbox.claim(s, "email", house.now(), limit=9, lease=LEASE, among=IssueTurns())
    )
    run(house, lambda s: setattr(s.get_one(Subscriber, reader_id), "status", status))
    allowed = attempt(house, claims)
    assert {held.kind for held in claims} == {"issue", "question"}
    assert {held.kind for held in claims if held.id in allowed} == gets
    assert {row(house, held.id).status for held in claims if held.id not in allowed} <= {"suppressed"}


def test_every_doubtful_delivery_is_listed_and_those_of_one_issue(house: House, cast: Cast, clock: Clock) -> None:
    """However many there are: the promise is that each extra copy stands on the list."""

    def unit(session: Session) -> int:
        now = house.now()
        one = Issue(blog_id=cast.blog, cadence="weekly", period="1", status="sending", created_at=now, send_at=now)
        session.add(one)
        session.flush()
        intents = (
            Intent("issue", "newsletter", f"reader{n}@example.net", "issue:1", issue_id=one.id if n % 2 else None)
            for n in range(2500)
        )
        outbox.queue_many(session, intents, now)
        session.execute(update(Delivery).values(status="attempting", lease_until=now))
        return one.id

    issue_id = run(house, unit)
    assert run(house, lambda s: amending.expire(s, house.now(), on_ambiguous="hold")) == 2500
    with house.database.read() as session:
        assert [row.recipient for row in amending.uncertain(session)] == [f"reader{n}@example.net" for n in range(2500)]
        assert len(list(amending.uncertain(session, issue_id=issue_id))) == 1250


def test_what_was_not_handed_over_can_be_cancelled(house: House) -> None:
    first, second = queue(house, "a"), queue(house, "b", recipient="carol@example.com")
    held = [one for one in claim(house) if one.id == second]
    attempt(house, held)
    for cause in ("a", "b"):
        run(house, lambda s, cause=cause: amending.cancel(s, house.now(), reason="taken back", cause=cause))
    assert (row(house, first).status, row(house, second).status) == ("cancelled", "attempting")


def test_a_renewed_lease_is_not_over_and_another_claim_ends_renewing(house: House, clock: Clock) -> None:
    row_id = queue(house)
    claims = claim(house)
    attempt(house, claims)
    clock.forward(seconds=50)
    assert run(house, lambda s: outbox.renew(s, claims, house.now() + LEASE)) == {row_id}
    clock.forward(seconds=50)
    assert run(house, lambda s: amending.expire(s, house.now(), on_ambiguous="resend")) == 0
    clock.forward(seconds=11)
    assert run(house, lambda s: amending.expire(s, house.now(), on_ambiguous="resend")) == 1
    claim(house)
    assert run(house, lambda s: outbox.renew(s, claims, house.now() + LEASE)) == set()
    assert row(house, row_id).doubtful == 1


def test_what_waits_for_a_chat_that_moved_goes_to_its_new_place_once(house: House) -> None:
    waits, twin = queue(house, "a", recipient="-1"), queue(house, "b", recipient="-1")
    queue(house, "b", recipient="-2")
    assert run(house, lambda s: amending.move(s, "email", "-1", "-2")) == 1
    assert (row(house, waits).recipient, row(house, twin).recipient) == ("-2", "-1")


def test_the_delivery_that_found_a_chat_moved_stands_at_the_new_place(house: House) -> None:
    row_id = queue(house, recipient="-1")
    [held] = claim(house)
    attempt(house, [held])
    record(house, held, Result("sent", remote_id="m1", moved_to="-2"))
    run(house, lambda s: amending.move(s, "email", "-1", "-2", also=row_id))
    assert row(house, row_id).recipient == "-2"
