"""An issue that was missed by hours leaves late, waits for its owner, or is left out, as the owner has chosen."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from gateway.core.audience import missed_issues
from gateway.core.errors import Conflict, NotAllowed
from gateway.core.store.models import Blog, Member
from gateway.newsletter import RENDERERS, schedule
from tests.newsletter.conftest import Press, at

MONDAY = at("2026-11-30 09:00")


@pytest.fixture
def weekly(press: Press) -> Press:
    """One weekly reader and a post; on Monday at nine nobody is there."""
    press.quiet().reader()
    press.clock.forward(hours=1)
    press.publish("First")
    return press


@pytest.mark.parametrize(
    ("choice", "hours", "state", "issues"),
    [
        ("send", 5, "done", 1),
        ("draft", 2, "done", 1),
        ("draft", 5, "held", 0),
        ("skip", 5, "skipped", 0),
        ("skip", 2, "done", 1),
        ("draft", 24 * 9, "held", 0),
    ],
)
def test_what_becomes_of_it(weekly: Press, choice: str, hours: int, state: str, issues: int) -> None:
    weekly.change(Blog, weekly.cast.blog, newsletter_late=choice)
    if hours > 24:  # the next Monday has come, too
        weekly.clock.now = MONDAY - timedelta(days=7)
        weekly.tick()
    weekly.clock.now = MONDAY + timedelta(hours=hours)
    weekly.tick()
    weekly.tick()
    assert len(weekly.issues()) == issues
    assert weekly.occurrences()[-1].state == state
    assert len(weekly.queued("issue_late")) == (state == "held")


def test_one_that_waits_for_its_owner_is_sent_when_they_say_so(weekly: Press) -> None:
    weekly.change(Blog, weekly.cast.blog, newsletter_late="draft")
    weekly.clock.now = MONDAY + timedelta(hours=5)
    weekly.tick()
    [notice] = weekly.queued("issue_late")
    answer = weekly.said(notice, RENDERERS)
    assert answer is not None
    assert "https://example.org/me/issues" in answer.text
    assert "The weekly issue of the newsletter of " in answer.text
    assert " was due on Monday, 30 November 2026, 09:00 (UTC), while this server did not run." in answer.text
    assert [entry.state for entry in schedule.upcoming(weekly.house)] == ["held", "upcoming"]

    def send(session: Session, who: str = "alice") -> None:
        by, blog = session.get_one(Member, getattr(weekly.cast, who)), session.get_one(Blog, weekly.cast.blog)
        missed_issues.send_missed(session, blog, "weekly", by, weekly.clock.now)

    with pytest.raises(NotAllowed):
        weekly.run(lambda session: send(session, "bob"))
    weekly.run(send)
    for _ in range(2):
        weekly.tick()
    assert [(issue.period, issue.status) for issue in weekly.issues()] == [("2026-W49", "sending")]
    assert [entry.state for entry in schedule.upcoming(weekly.house)] == ["sending", "upcoming"]
    assert weekly.said(notice, RENDERERS) is None
    with pytest.raises(Conflict):
        weekly.run(send)


def test_the_posts_of_one_that_was_left_are_in_the_next(weekly: Press) -> None:
    weekly.change(Blog, weekly.cast.blog, newsletter_late="draft")
    weekly.clock.now = MONDAY + timedelta(hours=5)
    weekly.tick()
    weekly.publish("Second")
    weekly.clock.now = MONDAY + timedelta(days=7)
    weekly.tick()
    assert [weekly.posts_of(issue) for issue in weekly.issues()] == [[1, 2]]
    assert [row.state for row in weekly.occurrences()] == ["skipped", "done"]
