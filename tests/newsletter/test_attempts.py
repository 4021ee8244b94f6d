"""What can't be done keeps nothing else from being done: one member's blog never stops another's mail."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.messages import RenderedIssue
from gateway.core.store.models import Blog, Issue, Member
from gateway.newsletter import digests, issues, schedule
from gateway.newsletter.issues import Masthead
from tests.newsletter.conftest import Press, freeze


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


@pytest.fixture
def two(press: Press) -> Press:
    """alice's and bob's blog, a reader of every post of each, and three posts of bob's before one of alice's."""
    press.quiet().reader("a@example.net", "each")
    press.reader("b@example.net", "each", blog_id=bobs(press))
    for n in range(3):
        press.clock.forward(minutes=1)
        press.publish(f"Bob {n}", author="bob")
    press.clock.forward(minutes=1)
    press.publish("Alice")
    press.clock.forward(minutes=1)
    return press


def bobs(press: Press) -> int:
    with press.house.database.read() as session:
        return session.scalars(select(Blog.id).where(Blog.member_id == press.cast.bob)).one()


def subjects(press: Press) -> list[str]:
    return [one.subject for one in press.issues()]


def test_posts_that_cannot_be_mailed_keep_no_later_one_back(two: Press) -> None:
    broken = [True]

    def fragile(rendered: RenderedIssue, head: Masthead) -> bytes:
        if broken and head.blog_name == "bob":
            raise RuntimeError("no disk")
        return freeze(rendered, head)

    with pytest.raises(ExceptionGroup) as raised:
        issues.cut_each(two.house, fragile, at_once=2)
    assert [str(one) for one in raised.value.exceptions] == ["no disk"] * 3
    assert raised.value.exceptions[0].__notes__ == ["It was raised by post 1."]
    assert (subjects(two), two.recipients()) == (["Alice"], ["a@example.net"])
    broken.clear()
    schedule.tick(two.house, freeze=fragile)
    assert subjects(two) == ["Alice", "Bob 0", "Bob 1", "Bob 2"]


def test_an_issue_that_cannot_be_cut_on_keeps_no_later_one_back(two: Press) -> None:
    two.tick()

    def spoil(session: Session) -> None:
        for issue in session.scalars(select(Issue)):
            issue.status, issue.cut_cursor = "cutting", 0
        session.get_one(Issue, 1).period = "no post"

    two.run(spoil)
    with pytest.raises(ExceptionGroup, match="some of what is due"):
        two.tick()
    assert [one.status for one in two.issues()] == ["cutting", "sending", "sending", "sending"]


def test_a_zone_that_is_no_more_is_utc_for_issues_and_digests(two: Press) -> None:
    two.change(Blog, bobs(two), time_zone="Mars/Olympus")
    two.change(Member, two.cast.bob, time_zone="Mars/Olympus", digest="daily", digest_hour=9)
    two.tick()
    assert subjects(two) == ["Bob 0", "Bob 1", "Bob 2", "Alice"]
    two.clock.forward(hours=25)
    group = digests.Group("daily", 0, 9, "Mars/Olympus")
    assert digests.queue_digests(two.house, group, "some day", two.clock.now) == 1
    notice = two.queued("digest")[-1]
    answer = two.said(notice)
    assert answer is not None
    assert "Alice" in answer.text
