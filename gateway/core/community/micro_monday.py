"""Micro Monday: one recommendation a week of one person to follow, with a short reason. Weeks are ISO weeks in the community's time zone."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.core.errors import Conflict, Invalid
from gateway.core.people.community import Community
from gateway.core.people.relations import may_tell
from gateway.core.store.models import Member, Recommendation
from gateway.core.store.sql import changed, insert_if_new
from gateway.core.words import later

LONGEST_REASON = 500


def week_of(community: Community, now: datetime) -> str:
    """The ISO week of a moment in the community's time zone, as `2026-W47`."""
    year, week, _ = now.astimezone(community.zone).isocalendar()
    return f"{year}-W{week:02}"


def recommend(
    session: Session, community: Community, member: Member, other: Member, reason: str, now: datetime
) -> None:
    """One recommendation a member and week. Raises Invalid, Conflict."""
    reason = " ".join(reason.split())
    if member.id == other.id:
        raise Invalid(later("You can't recommend yourself."), hint=later("Nothing was saved."))
    if not reason:
        raise Invalid(
            later("Say why, in a sentence."),
            hint=later("Send `recommend @{handle} why`. Nothing was saved.", handle=other.handle),
        )
    if len(reason) > LONGEST_REASON:
        raise Invalid(
            later("Keep the reason below {longest_reason} characters.", longest_reason=LONGEST_REASON),
            hint=later("Nothing was saved."),
        )
    if not may_tell(session, other.id, member.id):
        raise Invalid(later("@{handle} can't be recommended.", handle=other.handle), hint=later("Nothing was saved."))
    last = session.scalar(
        select(Recommendation).where(Recommendation.member_id == member.id).order_by(Recommendation.id.desc()).limit(1)
    )
    week = week_of(community, now)
    if last is not None and last.recommended_id == other.id and last.week != week:
        raise Conflict(
            later("You recommended @{handle} last time.", handle=other.handle),
            hint=later("Choose somebody else this week. Nothing was saved."),
        )
    values = {"member_id": member.id, "recommended_id": other.id, "week": week, "reason": reason, "created_at": now}
    if insert_if_new(session, Recommendation, values) is None:
        raise Conflict(
            later("You have recommended somebody this week already."),
            hint=later("There is one a week; next Monday is yours again."),
        )


def of_week(session: Session, week: str) -> Sequence[Recommendation]:
    """A week's recommendations in the order they came."""
    return session.scalars(select(Recommendation).where(Recommendation.week == week).order_by(Recommendation.id)).all()


def has_recommended(session: Session, member_id: int, week: str) -> bool:
    """Whether a member has made their one recommendation of that week."""
    where = (Recommendation.member_id == member_id, Recommendation.week == week)
    return session.scalar(select(Recommendation.id).where(*where)) is not None


def round_up(session: Session, period: str, until: datetime) -> int:
    """Gathers the recommendations made up to `until` that no round-up carried yet; returns how many. Once more changes nothing."""
    waiting = (Recommendation.round_up.is_(None), Recommendation.created_at <= until)
    return changed(session, update(Recommendation).where(*waiting).values(round_up=period))


def of_round_up(session: Session, period: str) -> Sequence[Recommendation]:
    """What a round-up carries, in the order they came."""
    return session.scalars(
        select(Recommendation).where(Recommendation.round_up == period).order_by(Recommendation.id)
    ).all()
