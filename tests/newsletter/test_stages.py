"""An issue after it was cut: its undo window, pause, resume, cancel, once more what failed, and what its owner is told."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience import issue_controls, issue_progress, subscribers
from gateway.core.audience.issue_progress import CopyOf, Tally
from gateway.core.audience.suppression import address_hash, suppress
from gateway.core.errors import Conflict, NotAllowed, NotFound
from gateway.core.ledger import amending, issue_copies, outbox
from gateway.core.ledger.issue_turns import IssueTurns
from gateway.core.ledger.outbox import Result
from gateway.core.store.models import Blog, Delivery, Issue, Member
from gateway.newsletter import RENDERERS, stages
from tests.newsletter.conftest import Press, at

MONDAY = at("2026-11-30 09:00")
WINDOW = timedelta(minutes=10)


@pytest.fixture
def careful(press: Press) -> Press:
    """Four weekly readers, a post, ten minutes to think again, and Monday at nine."""
    town = replace(press.house.community, undo_issues=WINDOW)
    press = replace(press, house=replace(press.house, community=town)).quiet()
    for n in range(4):
        press.reader(f"r{n}@example.net", address_hash=address_hash(town.keyring, f"r{n}@example.net"))
    press.clock.forward(hours=1)
    press.publish("First of the week")
    press.clock.now = MONDAY
    press.tick()
    return press


def claimed(press: Press) -> list[outbox.Claim]:
    def unit(session: Session) -> list[outbox.Claim]:
        now, lease = press.clock.now, press.house.lease
        return outbox.claim(session, "newsletter", now, limit=99, lease=lease, among=IssueTurns())

    claims: list[outbox.Claim] = press.run(unit)
    return claims


def handed_over(press: Press, claims: list[outbox.Claim], *results: Result) -> list[str]:
    """Who got it of those claimed; the relay answers with these results in turn, and then that it was sent."""
    allowed = press.run(lambda s: outbox.attempt(s, claims, press.clock.now))
    sent = [one for one in claims if one.id in allowed]
    said = [*results, *(Result("sent", reason="250 ok") for _ in sent)]
    press.run(lambda s: outbox.record(s, list(zip(sent, said, strict=False)), press.clock.now))
    return [one.recipient for one in sent]


def do(press: Press, verb: str, by: str | None = "alice", issue_id: int = 1) -> int | None:
    """What the owner does, or who else tries."""

    def unit(session: Session) -> int | None:
        issue = issue_controls.by_number(session, issue_id)
        member = session.get_one(Member, getattr(press.cast, by)) if by is not None else None
        act = getattr(issue_controls, verb)
        done: int | None = act(session, issue, member, *(() if verb in {"pause", "cancel"} else (press.clock.now,)))
        return done

    number: int | None = press.run(unit)
    return number


def status(press: Press) -> str:
    return press.issues()[0].status


def tally(press: Press) -> Tally:
    with press.house.database.read() as session:
        return issue_progress.tally(session, 1)


def told(press: Press) -> list[str]:
    """The notices about issues, by kind."""
    with press.house.database.read() as session:
        about_issues = Delivery.kind.like("issue#_%", escape="#")
        return list(session.scalars(select(Delivery.kind).where(about_issues).order_by(Delivery.id)))


def test_no_copy_leaves_in_the_undo_window_and_the_owner_is_told_of_its_beginning_and_its_end(careful: Press) -> None:
    [issue] = careful.issues()
    assert (issue.status, issue.send_at) == ("scheduled", MONDAY + WINDOW)
    [notice] = careful.queued("issue_scheduled")
    answer = careful.said(notice, RENDERERS)
    assert answer is not None
    assert "4 copies leave on Monday, 30 November 2026, 09:10 (UTC)" in answer.text
    assert "newsletter cancel" in answer.text
    careful.clock.forward(seconds=599)
    careful.tick()
    assert claimed(careful) == []
    careful.clock.forward(hours=-2)  # a clock that is set back makes it wait, no more
    careful.tick()
    assert (status(careful), claimed(careful)) == ("scheduled", [])
    careful.clock.now = MONDAY + WINDOW
    for _ in range(2):
        careful.tick()
    assert careful.said(notice, RENDERERS) is None
    assert len(handed_over(careful, claimed(careful))) == 4
    for _ in range(2):
        careful.tick()
    assert (status(careful), told(careful)) == ("finished", ["issue_scheduled", "issue_finished"])
    answer = careful.said(careful.queued("issue_finished")[0], RENDERERS)
    assert answer is not None
    assert "4 copies were sent." in answer.text


NO = Result("failed", reason="550 5.7.1 blocked")


@pytest.mark.parametrize(("readers", "failed", "is_told"), [(1, 1, True), (2, 1, True), (3, 1, False), (1, 0, False)])
def test_of_a_post_alone_whose_copies_failed_by_half_its_owner_is_told_once(
    press: Press, readers: int, failed: int, is_told: bool
) -> None:
    for number in range(readers):
        press.quiet().reader(f"r{number}@example.net", cadence="each")
    press.clock.forward(hours=1)
    press.publish("A post", title="Small")
    press.clock.forward(hours=1)
    press.tick()
    handed_over(press, claimed(press), *[NO] * failed)
    for _ in range(2):
        press.tick()
    assert (status(press), told(press)) == ("finished", ["issue_failed"] * is_told)
    if is_told:
        answer = press.said(press.queued("issue_failed")[0], RENDERERS)
        assert answer is not None
        assert answer.subject == "Failed: Small"
        failures = "The only copy that was" if readers == 1 else "Of 2 copies that were"
        assert f"{failures} handed over" in answer.text
        assert "> 550 5.7.1 blocked" in answer.text
        assert "send it to them again: https://example.org/me/issues/1\n" in answer.text


def test_of_copies_whose_readers_left_it_is_not_said_that_they_failed(careful: Press) -> None:
    town = careful.house.community

    def leave(session: Session) -> None:
        for number in (1, 2, 3):
            subscribers.unsubscribe(session, town, subscribers.unsubscribe_token(town, number), MONDAY)

    careful.run(leave)
    careful.clock.forward(minutes=10)
    careful.tick()
    handed_over(careful, claimed(careful), NO)
    careful.tick()
    answer = careful.said(careful.queued("issue_failed")[0], RENDERERS)
    assert answer is not None
    assert " The only copy that was handed over failed. " in answer.text


def test_of_a_failed_weekly_one_its_owner_is_told_that_instead_of_its_end_and_of_its_end_when_it_went_again(
    careful: Press,
) -> None:
    careful.clock.forward(minutes=10)
    careful.tick()
    handed_over(careful, claimed(careful), NO, NO)
    careful.tick()
    assert (status(careful), told(careful)) == ("finished", ["issue_scheduled", "issue_failed"])
    assert do(careful, "retry_failed") == 2
    assert careful.said(careful.queued("issue_failed")[0], RENDERERS) is None
    careful.tick()
    handed_over(careful, claimed(careful))
    careful.tick()
    assert told(careful) == ["issue_scheduled", "issue_failed", "issue_finished"]


def test_who_knows_that_it_was_paused_for_its_failures_is_not_told_of_them_again(careful: Press) -> None:
    careful.clock.forward(minutes=10)
    careful.tick()
    claims = claimed(careful)
    careful.run(lambda s: outbox.attempt(s, claims, careful.clock.now))
    careful.change(Issue, 1, status="paused", paused_why="4 of the last 4 copies were refused for good.")
    careful.run(lambda s: outbox.record(s, [(one, NO) for one in claims], careful.clock.now))
    careful.tick()
    assert (status(careful), careful.issues()[0].paused_why) == ("finished", "")
    assert told(careful) == ["issue_scheduled", "issue_finished"]


def test_what_is_paused_in_the_middle_is_handed_over_once_when_it_goes_on(careful: Press) -> None:
    do(careful, "pause")
    careful.clock.forward(minutes=11)
    careful.tick()
    assert (status(careful), claimed(careful)) == ("paused", [])
    do(careful, "resume")
    assert status(careful) == "sending"
    claims = claimed(careful)
    first = handed_over(careful, claims[:1])
    do(careful, "pause", by=None)
    assert handed_over(careful, claims[1:]) == []
    careful.tick()
    assert (status(careful), claimed(careful)) == ("paused", [])
    do(careful, "resume")
    rest = handed_over(careful, claimed(careful))
    assert sorted(first + rest) == [f"r{n}@example.net" for n in range(4)]
    careful.tick()
    assert (status(careful), tally(careful)) == ("finished", Tally(sent=4))


def test_what_is_cancelled_in_the_last_second_ends_without_a_copy_and_its_posts_come_in_no_other_issue(
    careful: Press,
) -> None:
    careful.clock.forward(seconds=599)
    do(careful, "cancel")
    house, now = careful.house, careful.clock.now
    some = careful.run(lambda s: issue_copies.end_queued(s, 1, "Cancelled.", now, most=3))  # and then a kill
    assert (some, tally(careful)) == (3, Tally(waiting=1, cancelled=3))
    careful.clock.forward(minutes=1)
    careful.tick()
    assert (claimed(careful), tally(careful), status(careful)) == ([], Tally(cancelled=4), "cancelled")
    assert careful.issues()[0].finished_at == careful.clock.now
    stages.end_cancelled(house)
    careful.clock.now = MONDAY + timedelta(days=7)
    careful.tick()
    assert len(careful.issues()) == 1


def test_a_copy_that_is_on_its_way_when_its_issue_is_cancelled_still_ends_it(careful: Press) -> None:
    careful.clock.forward(minutes=10)
    careful.tick()
    claims = claimed(careful)
    careful.run(lambda s: outbox.attempt(s, claims[:1], careful.clock.now))
    do(careful, "cancel")
    careful.tick()
    assert careful.issues()[0].finished_at is None
    later = Result("deferred", "451 later", retry_at=careful.clock.now)
    careful.run(lambda s: outbox.record(s, [(claims[0], later)], careful.clock.now))
    assert handed_over(careful, claims[1:]) == []
    careful.tick()
    assert (tally(careful), careful.issues()[0].finished_at) == (Tally(cancelled=4), careful.clock.now)


def test_only_what_failed_and_may_be_mailed_is_tried_once_more(careful: Press) -> None:
    careful.clock.forward(minutes=10)
    careful.tick()
    failed = Result("failed", reason="554 5.7.1 not today")
    handed_over(careful, claimed(careful), failed, failed, failed)
    careful.tick()
    assert status(careful) == "finished"
    community = careful.house.community
    careful.run(lambda s: suppress(s, community.keyring, "r1@example.net", "hard bounce", careful.clock.now))
    token = subscribers.unsubscribe_token(community, 3)
    careful.run(lambda s: subscribers.unsubscribe(s, community, token, careful.clock.now))
    careful.clock.forward(hours=1)
    assert do(careful, "retry_failed") == 1
    assert status(careful) == "sending"
    stages.finish_due(careful.house)
    assert status(careful) == "sending"  # what is to be queued still keeps it open
    careful.tick()
    [again] = claimed(careful)
    assert (again.recipient, again.attempts) == ("r0@example.net", 0)
    assert handed_over(careful, [again]) == ["r0@example.net"]
    careful.tick()
    assert (status(careful), tally(careful)) == ("finished", Tally(sent=2, failed=2))
    assert told(careful) == ["issue_scheduled", "issue_failed"]
    with pytest.raises(Conflict, match="No copy of this issue can be sent again"):
        do(careful, "retry_failed")


def test_what_is_cancelled_while_copies_that_failed_wait_to_go_again_leaves_none_of_them_queued(careful: Press) -> None:
    careful.clock.forward(minutes=11)
    careful.tick()
    failed = Result("failed", reason="550 no")
    handed_over(careful, claimed(careful), failed, failed)
    do(careful, "retry_failed")
    do(careful, "cancel")
    careful.tick()
    assert tally(careful) == Tally(sent=2, failed=2)
    [issue] = careful.issues()
    assert (issue.status, issue.retry_before, issue.finished_at) == ("cancelled", None, careful.clock.now)
    # and when the wish was read before, and the issue cancelled then
    assert careful.run(lambda s: stages._queue_again(s, 1, careful.clock.now)) is False
    assert tally(careful) == Tally(sent=2, failed=2)


def test_what_makes_no_sense_is_refused_and_changes_nothing(careful: Press) -> None:
    possible = {
        "pause": {"scheduled", "sending"},
        "resume": {"paused"},
        "cancel": {"draft", "cutting", "scheduled", "sending", "paused"},
        "send_now": {"scheduled"},
    }
    for verb, states in possible.items():
        for state in issue_controls.STATES:
            careful.change(Issue, 1, status=state)
            if state in states:
                do(careful, verb)
                assert status(careful) != state
                continue
            with pytest.raises(Conflict):
                do(careful, verb)
            assert status(careful) == state
    careful.change(Issue, 1, status="sending")
    with pytest.raises(NotAllowed):
        do(careful, "pause", by="bob")
    with pytest.raises(NotFound):
        do(careful, "pause", issue_id=77)
    assert status(careful) == "sending"


def test_what_stays_uncertain_is_one_of_its_copies(careful: Press) -> None:
    """A process is killed while it hands one over, and the operator chose `hold`."""
    careful.clock.forward(minutes=10)
    careful.tick()
    first, second, *others = claimed(careful)
    handed_over(careful, [first])
    careful.run(lambda s: outbox.attempt(s, [second], careful.clock.now))
    careful.clock.forward(hours=1)
    careful.run(lambda s: amending.expire(s, careful.clock.now, on_ambiguous="hold"))
    counted = tally(careful)
    assert counted == Tally(waiting=len(others), sent=1, uncertain=1, held=1)
    assert counted.copies == 4
    handed_over(careful, claimed(careful))
    assert (tally(careful).sent, tally(careful).copies) == (3, 4)
    careful.run(lambda s: amending.resend(s, careful.clock.now, issue_id=1))
    assert tally(careful) == Tally(waiting=1, sent=3, uncertain=1)


def test_progress_tells_rate_and_end_and_lists_every_copy_in_pages(careful: Press) -> None:
    careful.clock.forward(minutes=10)
    careful.tick()
    claims = claimed(careful)
    handed_over(careful, claims[:1])
    careful.clock.forward(seconds=20)
    handed_over(careful, claims[1:2], Result("failed", reason="550 no"))
    careful.change(Delivery, claims[0].id, reported="complaint abuse")
    careful.change(Delivery, claims[1].id, reported="5.1.1 unknown user")
    careful.change(Delivery, claims[2].id, reported="no complaint The reader took back a complaint.")

    def looked() -> issue_progress.Progress:
        with careful.house.database.read() as session:
            return issue_progress.progress(session, session.get_one(Issue, 1), careful.clock.now)

    now = careful.clock.now
    found = looked()
    assert (found.tally, found.a_minute, found.bounced, found.complained) == (
        Tally(waiting=2, sent=1, failed=1),
        6,
        1,
        1,
    )
    assert (found.done_at, found.leaves_at) == (now + timedelta(seconds=20), None)
    careful.change(Blog, careful.cast.blog, send_from=20, send_until=6)
    found = looked()
    assert (found.done_at, found.leaves_at) == (None, at("2026-11-30 20:00"))
    with careful.house.database.read() as session:
        pages: list[list[CopyOf]] = [list(issue_progress.copies(session, 1, most=3))]
        pages.append(list(issue_progress.copies(session, 1, most=3, after=pages[0][-1].id)))
        reported = issue_progress.copies(session, 1, only="reported")
        failed = issue_progress.copies(session, 1, only="failed")
        everything = list(issue_progress.all_copies(session, 1))
    assert [len(page) for page in pages] == [3, 1]
    assert [one.id for one in everything] == [one.id for page in pages for one in page]
    assert [one.recipient for one in reported] == ["r0@example.net", "r1@example.net", "r2@example.net"]
    assert [(one.recipient, one.answered, one.at) for one in failed] == [("r1@example.net", "550 no", now)]
