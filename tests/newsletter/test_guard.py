"""An issue that too many relays refuse pauses by itself, once, and tells its owner and the operators."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from gateway.core.audience import bounces, issue_controls
from gateway.core.ledger.retries import GIVEN_UP
from gateway.core.messages import Report
from gateway.core.store.models import Delivery, Issue, Member
from gateway.newsletter import RENDERERS, guard, stages
from tests.newsletter.conftest import Press

OK, NO, GIVEN, LATER = (
    ("sent", "250 ok"),
    ("failed", "550 5.7.1 blocked"),
    ("failed", GIVEN_UP + "450"),
    ("queued", "450"),
)


@pytest.fixture
def sending(press: Press) -> Press:
    """An issue of alice's that is being sent; carol runs the server."""
    press.change(Member, press.cast.carol, role="operator")
    now = press.clock.now

    def unit(session: Session) -> None:
        session.add(
            Issue(
                blog_id=press.cast.blog,
                cadence="weekly",
                period="2026-W48",
                status="sending",
                subject="News",
                created_at=now,
                send_at=now,
            )
        )

    press.run(unit)
    ended(press, LATER)
    return press


def ended(press: Press, *copies: tuple[str, str]) -> None:
    """Copies that ended, one after the other."""

    def unit(session: Session) -> None:
        first = session.query(Delivery).count()
        rows = []
        for n, (status, reason) in enumerate(copies, first):
            press.clock.forward(seconds=1)
            now = press.clock.now
            rows.append(
                {
                    "kind": "issue",
                    "channel": "newsletter",
                    "recipient": f"r{n}@example.net",
                    "cause": "issue:1",
                    "payload": {},
                    "issue_id": 1,
                    "status": status,
                    "reason": reason,
                    "due_at": now,
                    "created_at": now,
                    "finished_at": None if status == "queued" else now,
                }
            )
        session.execute(insert(Delivery), rows)

    press.run(unit)


@pytest.mark.parametrize(
    ("copies", "pauses"),
    [
        ([OK] * 190 + [NO] * 10, True),
        ([OK] * 191 + [NO] * 9, False),
        ([NO] * 10, True),
        ([NO] * 9, False),
        ([OK] * 100 + [LATER] * 300, False),
        ([OK] * 100 + [GIVEN] * 100, False),
        ([NO] * 10 + [OK] * 200, False),
    ],
)
def test_it_pauses_at_five_percent_of_the_last_two_hundred_and_ten_at_least(
    sending: Press, copies: list[tuple[str, str]], pauses: bool
) -> None:
    ended(sending, *copies)
    assert guard.watch(sending.house) == ([1] if pauses else [])
    assert guard.watch(sending.house) == []
    [issue] = sending.issues()
    assert issue.status == ("paused" if pauses else "sending")
    assert ("550 5.7.1 blocked" in issue.paused_why) is pauses


def test_owner_and_operators_are_told_once_and_old_errors_do_not_pause_it_again(sending: Press) -> None:
    def notices() -> list[int | None]:
        with sending.house.database.read() as session:
            return list(session.scalars(select(Delivery.member_id).where(Delivery.kind == "issue_paused")))

    ended(sending, *[NO] * 20)
    guard.watch(sending.house)
    guard.watch(sending.house)
    assert sorted(map(str, notices())) == sorted(map(str, [sending.cast.alice, sending.cast.carol]))
    for notice, words in zip(
        sending.queued("issue_paused"), ("/me/issues/1", "postroom newsletter show 1"), strict=True
    ):
        answer = sending.said(notice, RENDERERS)
        assert answer is not None
        assert "20 of the last 20 copies were refused for good" in answer.text
        assert words in answer.text

    def resume(session: Session) -> None:
        alice = session.get_one(Member, sending.cast.alice)
        issue_controls.resume(session, session.get_one(Issue, 1), alice, sending.clock.forward(seconds=1))

    sending.run(resume)
    assert sending.said(sending.queued("issue_paused")[0], RENDERERS) is None
    ended(sending, *[OK] * 5, *[NO] * 9)
    assert guard.watch(sending.house) == []
    ended(sending, NO)
    assert guard.watch(sending.house) == [1]
    assert len(notices()) == 4


def test_one_of_which_no_copy_waits_is_finished_and_its_owner_hears_why_copies_failed(sending: Press) -> None:
    ended(sending, *[NO] * 20)
    sending.run(lambda s: s.execute(update(Delivery).where(Delivery.status == "queued").values(status="sent")))
    assert (guard.watch(sending.house), guard.watch(sending.house)) == ([], [])
    [issue] = sending.issues()
    assert (issue.status, issue.paused_why) == ("finished", "")
    answers = [sending.said(notice, RENDERERS) for notice in sending.queued("issue_paused")]
    for answer, words in zip(answers, ("send it to them again: https", "postroom newsletter show 1"), strict=True):
        assert answer is not None
        assert "is over. 20 of the last 20 copies were refused for good" in answer.text
        assert "No copy waits any more" in answer.text
        assert words in answer.text


def test_one_that_was_paused_before_its_last_copies_ended_is_finished(sending: Press) -> None:
    ended(sending, *[NO] * 20)
    assert guard.watch(sending.house) == [1]
    sending.run(lambda s: s.execute(update(Delivery).where(Delivery.status == "queued").values(status="sent")))
    answer = sending.said(sending.queued("issue_paused")[0], RENDERERS)
    assert answer is not None
    assert "No copy waits any more" in answer.text
    assert list(stages.finish_due(sending.house)) == [1]
    assert sending.issues()[0].status == "finished"


def test_what_is_said_of_a_copy_that_came_back_is_what_came_back(sending: Press) -> None:
    """Its relay had taken it, and said so."""
    ended(sending, *[("failed", "250 2.0.0 Ok")] * 10)
    sending.run(lambda s: s.execute(update(Delivery).values(reported="550 5.1.1 no such user")))
    assert guard.watch(sending.house) == [1]
    [issue] = sending.issues()
    assert issue.paused_why.endswith("The last answer was: 550 5.1.1 no such user")


@pytest.mark.parametrize("bad_address", [True, False])
def test_a_copy_that_came_back_for_good_counts_whoever_is_at_fault(sending: Press, bad_address: bool) -> None:
    ended(sending, *[OK] * 10)
    status, reason = ("5.1.1", "No such user.") if bad_address else ("5.7.1", "Blocked.")

    def unit(session: Session) -> None:
        copies = session.scalars(select(Delivery).where(Delivery.status == "sent")).all()
        reports = [Report(one.recipient, "dsn", True, status, reason, "", one.id, bad_address) for one in copies]
        bounces.record(session, sending.house.community, reports, sending.clock.now)

    sending.run(unit)
    assert guard.watch(sending.house) == [1]
    [issue] = sending.issues()
    assert issue.paused_why.endswith(f"The last answer was: {status} {reason}")


def test_an_operator_may_turn_it_off(sending: Press) -> None:
    ended(sending, *[NO] * 20)
    never = replace(sending.house, community=replace(sending.house.community, pause_at_percent=0))
    assert guard.watch(never) == []
