"""The issues of one's newsletter once they were cut: how far each is, who got it, and the buttons that stop it and let it go on. For the blog's owner only."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.audience import issue_controls, issue_progress, missed_issues
from gateway.core.errors import Invalid, NotFound
from gateway.core.store.models import Blog, Issue, Member
from gateway.core.writing import blogs
from gateway.web.answers import go, page
from gateway.web.visit import Unit, Visit

MOST = 50
SHOWN = {
    "": "All",
    "failed": "Failed",
    "suppressed": "Left, or not to be mailed",
    "reported": "Came back",
    "uncertain": "Uncertain",
}
LEFT_OUT = "The reader has left or may not be mailed."
"""Of every copy that was not handed over, whichever it was: an owner must not learn what others here know of an address."""

Doing = Callable[[Session, Issue, Member, datetime], str]


def _pause(session: Session, issue: Issue, by: Member, _now: datetime) -> str:
    issue_controls.pause(session, issue, by)
    return "issue-paused"


def _cancel(session: Session, issue: Issue, by: Member, _now: datetime) -> str:
    issue_controls.cancel(session, issue, by)
    return "issue-cancelled"


def _resume(session: Session, issue: Issue, by: Member, now: datetime) -> str:
    issue_controls.resume(session, issue, by, now)
    return _leaves(issue, now)


def _send(session: Session, issue: Issue, by: Member, now: datetime) -> str:
    issue_controls.send_now(session, issue, by, now)
    return _leaves(issue, now)


def _leaves(issue: Issue, now: datetime) -> str:
    return "issue-waits" if issue_progress.leaves_at(issue, now) > now else "issue-leaves"


def _retry(session: Session, issue: Issue, by: Member, now: datetime) -> str:
    issue_controls.retry_failed(session, issue, by, now)
    return "issue-retried"


DOINGS: Mapping[str, Doing] = {"pause": _pause, "resume": _resume, "send": _send, "cancel": _cancel, "retry": _retry}
"""What the buttons of an issue's page do; each names the notice that says so."""


def issues_page(visit: Visit, session: Session) -> Response:
    """All issues of one's blogs, the latest first, and those that were missed."""
    me = visit.me(session)
    before = _number(visit.query("before"))
    mine = select(Issue).join(Blog, Blog.id == Issue.blog_id).where(Blog.member_id == me.id, Issue.status != "draft")
    if before:
        mine = mine.where(Issue.id < before)
    found = session.scalars(mine.order_by(Issue.id.desc()).limit(MOST + 1)).all()
    blog = blogs.of_member(session, me.id)
    return page(
        visit,
        "my_issues.html",
        issues=found[:MOST],
        earlier=found[MOST - 1].id if len(found) > MOST else 0,
        missed=missed_issues.missed(session, blog) if blog is not None else (),
        blog=blog,
        states=issue_controls.STATES,
    )


def issue_page(visit: Visit, session: Session) -> Response:
    """How far one issue is, and a page of its copies."""
    issue = _mine(visit, session, visit.me(session))
    progress = issue_progress.progress(session, issue, visit.now)
    only, after = visit.query("only"), _number(visit.query("after"))
    found = issue_progress.copies(session, issue.id, after=after, only=only)
    return page(
        visit,
        "my_issue.html",
        issue=issue,
        progress=progress,
        by_hours=progress.leaves_at is not None and progress.leaves_at > issue.send_at,
        again=issue_controls.failed_that_may_go_again(session, issue, visit.now),
        state=issue_controls.STATES[issue.status],
        copies=[replace(one, answered=LEFT_OUT) if one.status == "suppressed" else one for one in found],
        after=after,
        later=found[-1].id if len(found) == issue_progress.PAGE else 0,
        only=only,
        shown=SHOWN,
    )


def act(visit: Visit, session: Session) -> Unit:
    """Does what a button says, and shows the issue as it is then."""
    doing = DOINGS.get(visit.path("verb"))
    if doing is None:
        raise NotFound("There is no such button.", hint="Nothing was changed.")

    def unit(session: Session) -> Response:
        me = visit.me(session)
        issue = _mine(visit, session, me)
        return go(visit, f"/me/issues/{issue.id}", doing(session, issue, me, visit.now))

    return unit


def send_missed(visit: Visit, session: Session) -> Unit:
    """Sends an issue that was missed after all."""

    def unit(session: Session) -> Response:
        me = visit.me(session)
        blog = blogs.of_member(session, me.id)
        if blog is None:
            raise NotFound("You have no blog yet.", hint="Nothing was changed.")
        missed_issues.send_missed(session, blog, visit.typed("cadence"), me, visit.now)
        return go(visit, "/me/issues", "issue-made")

    return unit


def _mine(visit: Visit, session: Session, me: Member) -> Issue:
    """The issue that the path names. Raises NotFound."""
    number = visit.path("number")
    known = number.isascii() and number.isdigit() and len(number) < 16
    return issue_controls.of_owner(session, int(number) if known else 0, me)


def _number(asked: str) -> int:
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 16):
        raise Invalid("This page does not exist.", hint="Go back to the first page.")
    return int(asked or 0)
