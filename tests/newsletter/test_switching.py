"""A newsletter that is switched off and on again: nothing leaves that was on its way, and nothing old is mailed."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from gateway.core.audience import offering
from gateway.core.store.models import Blog, Issue, Member
from gateway.newsletter import cutting
from tests.newsletter.conftest import Press, at
from tests.newsletter.test_stages import careful, claimed, do, handed_over, status

__all__ = ["careful"]
MONDAY = at("2026-11-30 09:00")


def switch(press: Press, newsletter: str) -> int:
    """How many issues are paused by it."""

    def unit(session: Session) -> int:
        blog, alice = session.get_one(Blog, press.cast.blog), session.get_one(Member, press.cast.alice)
        return offering.offer(session, blog, alice, newsletter, press.clock.now)

    paused: int = press.run(unit)
    return paused


@pytest.mark.parametrize("cadence", ["each", "weekly"])
def test_what_was_posted_while_it_was_off_is_mailed_by_nothing(press: Press, cadence: str) -> None:
    press.quiet().reader(cadence=cadence)
    switch(press, "off")
    for n in range(2):
        press.clock.forward(hours=12)
        press.publish(f"While it was off {n}")
        press.tick()
    press.clock.forward(hours=12)
    switch(press, cadence)
    press.tick()
    assert press.issues() == []
    press.clock.forward(minutes=1)
    new = press.publish("On again")
    press.clock.now = MONDAY
    press.tick()
    assert [press.posts_of(issue) for issue in press.issues()] == [[new]]


def test_an_issue_that_fell_due_while_it_was_off_was_never_owed(press: Press) -> None:
    press.quiet().reader()
    switch(press, "off")
    press.clock.now = MONDAY + timedelta(hours=1)
    switch(press, "weekly")
    press.tick()
    assert press.occurrences() == []


def test_switching_it_off_in_the_undo_window_pauses_the_issue_until_its_owner_says_go(careful: Press) -> None:
    assert switch(careful, "off") == 1
    careful.clock.forward(minutes=11)
    careful.tick()
    [issue] = careful.issues()
    assert (issue.status, issue.paused_why, claimed(careful)) == ("paused", offering.SWITCHED_OFF, [])
    assert switch(careful, "off") == 0
    switch(careful, "weekly")
    careful.tick()
    assert (status(careful), claimed(careful)) == ("paused", [])
    do(careful, "resume")
    assert len(handed_over(careful, claimed(careful))) == 4


def test_switching_it_off_while_an_issue_is_cut_has_it_paused_when_that_is_done(careful: Press) -> None:
    careful.change(Issue, 1, status="cutting")
    assert switch(careful, "off") == 1
    assert status(careful) == "cutting"
    cutting.resume(careful.house)
    assert (status(careful), len(careful.queued())) == ("paused", 4)
