"""The waiting issue: looked at without making anything, changed by its owner, and taken over when its time comes."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from gateway.core.audience.newsroom import LONGEST_INTRO, Waiting
from gateway.core.desk import acts
from gateway.core.errors import Invalid, NotFound
from gateway.core.messages import RenderedIssue
from gateway.core.store.models import Blog, Issue, IssuePost, Member, Post, Subscriber
from gateway.email.wire import IssueWire
from gateway.newsletter import drafts, issues
from gateway.newsletter.issues import Masthead
from tests.newsletter.conftest import Press, at, freeze

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MONDAY = at("2026-11-30 09:00")  # alice's blog is in UTC, weekly on Mondays at nine


@pytest.fixture
def weekly(press: Press) -> Press:
    """One weekly reader, confirmed on Wednesday at noon; three posts since."""
    press.quiet().reader()
    for text in ("First", "Second", "Third"):
        press.clock.forward(hours=1)
        press.publish(text)
    return press


def look(press: Press, cadence: str = "weekly") -> Waiting:
    with press.house.database.read() as session:
        blog = session.get_one(Blog, press.cast.blog)
        found = drafts.waiting(session, press.house.community, blog, press.clock.now)
        return next(one for one in found if one.cadence == cadence)


def hand(press: Press, act: Callable[..., Any], *args: Any, cadence: str = "weekly") -> None:
    """Does one of the owner's acts with the waiting issue."""

    def unit(session: Session) -> None:
        blog = session.get_one(Blog, press.cast.blog)
        before = (press.house.community,) if act in (drafts.introduce, drafts.entitle) else ()
        act(session, *before, blog, cadence, *args, press.clock.now)

    press.run(unit)


def titles(one: Waiting) -> list[str]:
    return [post.title for post in one.posts]


def reference(press: Press, title: str) -> str:
    one = look(press)
    return next(post.reference for post in (*one.posts, *one.left_out) if post.title == title)


def frozen(issue: Issue) -> str:
    """The words that every copy carries."""
    assert issue.segments is not None
    wire = IssueWire.from_bytes(issue.segments)
    whole = wire.head + b"".join(part for part in wire.segments if isinstance(part, bytes))
    return whole.replace(b"=\r\n", b"").decode()


@on_sqlite
def test_looking_shows_what_would_go_when_and_to_how_many_and_makes_nothing(weekly: Press) -> None:
    weekly.reader("bob@example.net", "monthly")
    one = look(weekly)
    assert (titles(one), one.left_out, one.leaves_at) == (["First", "Second", "Third"], (), MONDAY)
    assert (one.recipients, one.subject, one.is_empty) == (1, "First and 2 more posts", False)
    assert look(weekly, "monthly").leaves_at == at("2026-12-01 09:00")
    assert weekly.issues() == []


def test_intro_subject_order_and_what_is_left_out_are_in_the_frozen_bytes(weekly: Press) -> None:
    hand(weekly, drafts.introduce, "A **quiet** week.")
    hand(weekly, drafts.entitle, "  What the river\nsaid ")
    hand(weekly, drafts.arrange, [reference(weekly, "Third")])
    hand(weekly, drafts.leave_out, [reference(weekly, "First")])
    weekly.clock.forward(hours=1)
    weekly.publish("Fourth, since then")
    weekly.reader("late@example.net")
    told = look(weekly)
    assert (titles(told), told.subject) == (["Third", "Second", "Fourth, since then"], "What the river said")
    weekly.clock.now = MONDAY
    weekly.tick()
    [issue] = weekly.issues()
    assert (issue.period, issue.subject, issue.created_at) == ("2026-W49", "What the river said", MONDAY)
    words = frozen(issue)
    assert "Subject: What the river said" in words
    places = [words.index(part) for part in ("quiet", "Third", "Second", "Fourth, since then")]
    assert places == sorted(places)
    assert "First" not in words
    assert "https://alice.example.org/newsletters/weekly/2026-W49" in issue.html
    assert sorted(weekly.recipients()) == ["eve@example.net", "late@example.net"]
    assert len(weekly.recipients()) == told.recipients


def test_what_was_left_out_comes_in_no_later_issue_unless_it_was_put_back(weekly: Press) -> None:
    first, second = reference(weekly, "First"), reference(weekly, "Second")
    hand(weekly, drafts.leave_out, [first, second])
    hand(weekly, drafts.put_back, [f"[{second.upper()}]"])
    one = look(weekly)
    assert (titles(one), [post.title for post in one.left_out]) == (["Second", "Third"], ["First"])
    weekly.clock.now = MONDAY
    weekly.tick()
    weekly.clock.forward(days=1)
    weekly.publish("Of the next week")
    assert titles(look(weekly)) == ["Of the next week"]
    weekly.clock.now = MONDAY + timedelta(days=7)
    weekly.tick()
    with weekly.house.database.read() as session:
        last = weekly.issues()[-1].id
        rows = session.query(IssuePost).filter(IssuePost.issue_id == last).all()
        assert [session.get_one(Post, row.post_id).markdown for row in rows] == ["Of the next week"]


@on_sqlite
def test_a_deleted_post_vanishes_and_one_of_another_cadence_is_untouched(weekly: Press) -> None:
    weekly.reader("bob@example.net", "monthly")
    hand(weekly, drafts.arrange, [reference(weekly, "Second"), reference(weekly, "First")])

    def delete(session: Session) -> None:
        alice = session.get_one(Member, weekly.cast.alice)
        acts.delete(session, session.get_one(Post, 2), alice, weekly.clock.now)

    weekly.run(delete)
    assert titles(look(weekly)) == ["First", "Third"]
    assert titles(look(weekly, "monthly")) == ["First", "Third"]
    weekly.clock.now = MONDAY
    weekly.tick()
    assert [weekly.posts_of(issue) for issue in weekly.issues()] == [[1, 3]]


@on_sqlite
def test_an_issue_without_posts_leaves_only_when_its_owner_has_written_something(weekly: Press) -> None:
    everything = [post.reference for post in look(weekly).posts]
    hand(weekly, drafts.leave_out, everything)
    assert look(weekly).is_empty
    weekly.clock.now = MONDAY
    weekly.tick()
    assert [issue.status for issue in weekly.issues()] == ["draft"]
    assert [row.note for row in weekly.occurrences("issue")] == ["There was nothing to send."]
    hand(weekly, drafts.introduce, "No posts, but a *word*.\n\nAnd another.")
    one = look(weekly)
    assert (one.is_empty, one.subject, one.leaves_at) == (
        False,
        "No posts, but a word. And another.",
        MONDAY + timedelta(days=7),
    )
    weekly.clock.now = one.leaves_at
    weekly.tick()
    [issue] = weekly.issues()
    assert (issue.period, issue.subject, weekly.recipients()) == ("2026-W50", one.subject, ["eve@example.net"])
    assert "And another." in frozen(issue)


@on_sqlite
def test_a_draft_goes_when_its_moment_is_moved(weekly: Press) -> None:
    """It waited for Monday's issue; now Fridays are chosen, of the week before."""
    hand(weekly, drafts.introduce, "Hello")
    weekly.change(Blog, weekly.cast.blog, newsletter_weekday=4)
    friday = at("2026-11-27 09:00")
    assert look(weekly).leaves_at == friday
    weekly.clock.now = friday
    weekly.tick()
    assert [(issue.period, issue.intro, len(weekly.posts_of(issue))) for issue in weekly.issues()] == [
        ("2026-W48", "Hello", 3)
    ]


def test_what_its_owner_does_while_it_is_rendered_counts(weekly: Press) -> None:
    """Saved is saved: an intro that comes between rendering and making has the issue rendered again."""
    again = iter((True, False))

    def meanwhile(rendered: RenderedIssue, head: Masthead) -> bytes:
        if next(again):
            hand(weekly, drafts.introduce, "Just in time")
        return freeze(rendered, head)

    weekly.clock.now = MONDAY
    issues.cut(weekly.house, weekly.cast.blog, "weekly", "2026-W49", meanwhile)
    [issue] = weekly.issues()
    assert "Just in time" in frozen(issue)


@on_sqlite
@pytest.mark.parametrize("cadence", ["weekly", "monthly"])
def test_the_count_is_the_number_of_copies(press: Press, cadence: str) -> None:
    """Whoever confirmed, left, changed over or is suppressed meanwhile."""
    press.quiet()
    other = "monthly" if cadence == "weekly" else "weekly"
    press.reader("one@example.net", cadence)
    press.reader("other@example.net", other)
    press.reader("gone@example.net", cadence, status="unsubscribed")
    press.reader("asked@example.net", cadence, status="pending", confirmed_at=None)
    press.clock.forward(hours=1)
    press.publish("Words")
    press.clock.forward(hours=1)
    changed = press.reader("changed@example.net", cadence)
    press.change(Subscriber, changed, cadence_since=press.clock.now)  # after the only post, which the other has mailed
    press.reader("late@example.net", cadence)
    told = look(press, cadence)
    press.clock.now = told.leaves_at
    press.tick()
    mailed = next(issue for issue in press.issues() if issue.cadence == cadence).id
    copies = [copy.recipient for copy in press.queued() if copy.issue_id == mailed]
    assert sorted(copies) == ["late@example.net", "one@example.net"]
    assert told.recipients == len(copies)


def test_many_hands_at_once_make_one_draft(weekly: Press) -> None:
    """From a chat and two tabs in the same moment, nobody having touched it before: all of it counts."""
    first, second = reference(weekly, "First"), reference(weekly, "Second")
    doings: list[Callable[[Session, Blog], None]] = [
        lambda s, blog: drafts.introduce(s, weekly.house.community, blog, "weekly", "Hello", weekly.clock.now),
        lambda s, blog: drafts.entitle(s, weekly.house.community, blog, "weekly", "Of rivers", weekly.clock.now),
        lambda s, blog: drafts.leave_out(s, blog, "weekly", [first], weekly.clock.now),
        lambda s, blog: drafts.leave_out(s, blog, "weekly", [second], weekly.clock.now),
    ]

    def unit(doing: Callable[[Session, Blog], None]) -> Callable[[Session], None]:
        return lambda session: doing(session, session.get_one(Blog, weekly.cast.blog))

    for done in [weekly.house.database.writer.submit(unit(doing)) for doing in doings]:
        done.result(timeout=60)
    one = look(weekly)
    assert (one.intro, one.subject, titles(one), len(one.left_out)) == ("Hello", "Of rivers", ["Third"], 2)
    assert [issue.status for issue in weekly.issues()] == ["draft"]


@on_sqlite
def test_nobody_can_touch_what_does_not_wait(weekly: Press) -> None:
    before = asdict(look(weekly))
    for act, args, cadence in (
        (drafts.introduce, ("Hello",), "monthly"),
        (drafts.introduce, ("Hello",), "each"),
        (drafts.leave_out, (["zz9"],), "weekly"),
        (drafts.put_back, ([reference(weekly, "First")],), "weekly"),
        (drafts.arrange, ([reference(weekly, "First"), "zz9"],), "weekly"),
    ):
        with pytest.raises(NotFound):
            hand(weekly, act, *args, cadence=cadence)
    with pytest.raises(Invalid):
        hand(weekly, drafts.introduce, "x" * (LONGEST_INTRO + 1))
    with pytest.raises(Invalid):
        hand(weekly, drafts.entitle, "x" * 201)
    assert asdict(look(weekly)) == before
    assert weekly.issues() == []
