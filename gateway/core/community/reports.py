"""Reports of members and posts to the community's managers. Who reports is for them only, in no listing of the server's operators; of a report of
themselves a manager learns nothing; when that leaves no manager, those who run the server stand in.

A report holds what the post said when it was reported. One that is open counts once for each reporter and post, or reporter and member.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from gateway.core.errors import Conflict, Invalid, NotFound, TooMuch
from gateway.core.ledger import outbox
from gateway.core.people import accounts, choices
from gateway.core.people.managers import managers
from gateway.core.store.models import Member, Post, Report
from gateway.core.store.sql import insert_if_new
from gateway.core.words import later

A_DAY = 10  # reports of one member
LONGEST_REASON, KEPT = 2_000, 5_000  # characters: of why, and of the post


def report(
    session: Session, reporter: Member, reported: Member, post: Post | None, reason: str, now: datetime
) -> int | None:
    """Stores a report and has the managers told; its number, or None when the same is open already. Raises Invalid, TooMuch."""
    if reporter.id == reported.id:
        raise Invalid(
            later("That is yours."), hint=later("Nothing was reported. Send `delete k7f` to delete a post of your own.")
        )
    if _lately(session, reporter, now) >= A_DAY:
        raise TooMuch(later("You have reported much today."), hint=later("This was not reported. Try again tomorrow."))
    values = {
        "reporter_id": reporter.id,
        "member_id": reported.id,
        "post_id": post.id if post is not None else None,
        "reason": reason.strip()[:LONGEST_REASON],
        "words": "\n\n".join(filter(None, (post.title, post.markdown)))[:KEPT] if post is not None else "",
        "status": "open",
        "outcome": "",
        "created_at": now,
    }
    report_id = insert_if_new(session, Report, values)
    if report_id is not None:
        _tell(session, report_id, reported, now)
    return report_id


def _lately(session: Session, reporter: Member, now: datetime) -> int:
    since = now - timedelta(days=1)
    mine = select(func.count()).where(Report.reporter_id == reporter.id, Report.created_at > since)
    return session.scalar(mine) or 0


def _tell(session: Session, report_id: int, reported: Member, now: datetime) -> None:
    """One notice for each manager by mail, and one in each chat where they hear anything. It names nobody: it is made when it is sent."""
    intents = [
        outbox.Intent(
            kind="report",
            channel=to.channel,
            recipient=to.recipient,
            cause=f"report:{report_id}",
            payload={"report": report_id, "for": "managers"},
            member_id=manager.id,
        )
        for manager in managers(session, but=reported.id)
        for to in [*choices.chats_heard(session, manager), *accounts.mails(session, manager)]
    ]
    outbox.queue_many(session, intents, now)


def may_look(session: Session, member: Member, found: Report) -> bool:
    """Whether a report is this member's to look at, who looks after the community and is not the one reported."""
    return _is_among(member, managers(session, but=found.member_id))


def has_reports(session: Session, member: Member) -> bool:
    """Whether there may be a report that is this member's to look at."""
    everyone = managers(session)
    return _is_among(member, everyone) or any(_is_among(member, managers(session, but=one.id)) for one in everyone)


def is_for_operators(session: Session, found: Report) -> bool:
    """Whether those who run the server stand in for managers here, and it is not about one of them: then they may read what it says."""
    return found.member.role != "operator" and all(
        one.role == "operator" for one in managers(session, but=found.member_id)
    )


def _is_among(member: Member, others: Sequence[Member]) -> bool:
    return any(one.id == member.id for one in others)


def _theirs(session: Session, member: Member) -> ColumnElement[bool]:
    """The same as `may_look`, of all reports: only for those of somebody who looks after the community are there others than usual."""
    everyone = managers(session)
    ids = [one.id for one in everyone]
    instead = [one.id for one in everyone if _is_among(member, managers(session, but=one.id))]
    of_these = Report.member_id.in_(instead)
    return or_(of_these, Report.member_id.not_in(ids)) if _is_among(member, everyone) else of_these


def listed(session: Session, *, status: str = "open", limit: int = 20, by: Member | None = None) -> Sequence[Report]:
    """Reports, the newest first; of any state when `status` is empty; those that `by` may look at."""
    statement = select(Report).order_by(Report.id.desc()).limit(limit)
    if by is not None:
        statement = statement.where(_theirs(session, by))
    return session.scalars(statement.where(Report.status == status) if status else statement).all()


def one(session: Session, report_id: int, *, by: Member | None = None) -> Report:
    """A report by its number, if `by` may look at it. Raises NotFound."""
    found = session.get(Report, report_id)
    if found is None or (by is not None and not may_look(session, by, found)):
        raise NotFound(later("There is no report {number}.", number=report_id))
    return found


def alike(session: Session, found: Report) -> int:
    """How many other members' open reports there are of the same post, or of the same member."""
    about = Report.post_id == found.post_id if found.post_id is not None else Report.member_id == found.member_id
    others = select(func.count(Report.reporter_id.distinct())).where(
        about, Report.status == "open", Report.reporter_id != found.reporter_id
    )
    return session.scalar(others) or 0


def close(session: Session, report_id: int, by: Member | None, outcome: str, now: datetime) -> Report:
    """Ends a report, saying what was done. The words of a post that is deleted meanwhile are kept no longer. Raises NotFound, Conflict."""
    found = one(session, report_id, by=by)
    if found.status != "open":
        raise Conflict(
            later("Report {number} is closed already.", number=report_id), hint=later("Nothing was changed.")
        )
    found.status, found.outcome = "closed", outcome.strip()[:LONGEST_REASON]
    found.closed_by_id, found.closed_at = by.id if by is not None else None, now
    if found.post is not None and found.post.status == "deleted":
        found.words = ""
    return found
