"""Micro Monday: one recommendation a week of one person to follow, with a short reason. Weeks are ISO weeks in the community's time zone.

Who is recommended is told, and may refuse, of which nobody is told; then it is shown nowhere, and whoever made it may recommend somebody else in that
week. Who wants none at all is not `recommendable`. Why somebody can't be recommended is never said: it may be that, a refusal, a mute or a block.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from gateway.core.errors import Conflict, Invalid
from gateway.core.ledger import outbox
from gateway.core.people import choices
from gateway.core.people.community import Community
from gateway.core.people.relations import may_tell, told_by
from gateway.core.store.models import Member, Recommendation, Shun
from gateway.core.store.sql import changed, insert_if_new
from gateway.core.words import later

LONGEST_REASON = 500
PINNED = 3


def week_of(community: Community, now: datetime) -> str:
    """The ISO week of a moment in the community's time zone, as `2026-W47`."""
    year, week, _ = now.astimezone(community.zone).isocalendar()
    return f"{year}-W{week:02}"


def recommend(
    session: Session, community: Community, member: Member, other: Member, reason: str, now: datetime
) -> None:
    """One recommendation a member and week; who is recommended is told. Raises Invalid, Conflict."""
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
    week = week_of(community, now)
    _check_possible(session, member, other, week)
    values = {"member_id": member.id, "recommended_id": other.id, "week": week, "reason": reason, "created_at": now}
    made = insert_if_new(session, Recommendation, values)
    if made is None:
        raise Conflict(
            later("You have recommended somebody this week already."),
            hint=later("There is one a week; next Monday is yours again."),
        )
    _tell(session, made, other, now)


def _check_possible(session: Session, member: Member, other: Member, week: str) -> None:
    mine = select(Recommendation).where(Recommendation.member_id == member.id).order_by(Recommendation.id.desc())
    refused = mine.where(Recommendation.recommended_id == other.id, Recommendation.week == week).limit(1)
    refused = refused.where(Recommendation.refused_at.is_not(None))
    if not (other.recommendable and may_tell(session, other.id, member.id)) or session.scalar(refused) is not None:
        raise Invalid(
            later("@{handle} can't be recommended.", handle=other.handle),
            hint=later("Some people like it quiet. Nothing was saved; recommend somebody else this week."),
        )
    stood = mine.where(Recommendation.week < week, Recommendation.refused_at.is_(None))
    last = session.scalar(stood.limit(1))
    if last is not None and last.recommended_id == other.id:
        raise Conflict(
            later("You recommended @{handle} last time.", handle=other.handle),
            hint=later("Choose somebody else this week. Nothing was saved."),
        )


def _tell(session: Session, recommendation_id: int, other: Member, now: datetime) -> None:
    """Tells who was recommended, in the places where they are told anything."""
    cause, payload = f"recommended:{recommendation_id}", {"recommendation": recommendation_id}
    intents = [
        outbox.Intent("recommended", to.channel, to.recipient, cause, payload, member_id=other.id)
        for to in choices.at_large(session, other)
    ]
    outbox.queue_many(session, intents, now)


def refusable(session: Session, member_id: int, by: str = "") -> Sequence[Recommendation]:
    """The recommendations of a member that they have not refused, the newest first; only those by a handle, if one is given."""
    of_them = _whole().where(Recommendation.recommended_id == member_id, Recommendation.refused_at.is_(None))
    if by:
        of_them = of_them.where(Recommendation.member_id.in_(select(Member.id).where(Member.handle == by)))
    return session.scalars(of_them.order_by(Recommendation.id.desc())).all()


def refuse(session: Session, one: Recommendation, now: datetime) -> bool:
    """The recommended says no: from now on it is shown nowhere. False when they had said so."""
    fresh = (Recommendation.id == one.id, Recommendation.refused_at.is_(None))
    return bool(changed(session, update(Recommendation).where(*fresh).values(refused_at=now)))


# What is shown


def shown_to(viewer_id: int | None) -> ColumnElement[bool]:
    """What may be shown: not refused, both still members, neither blocks the other; to a member, of nobody whom they shut out or who shut them out."""
    one = Recommendation
    between = or_(
        and_(Shun.member_id == one.member_id, Shun.target_id == one.recommended_id),
        and_(Shun.member_id == one.recommended_id, Shun.target_id == one.member_id),
    )
    return and_(
        one.refused_at.is_(None),
        _here(one.member_id),
        _here(one.recommended_id),
        ~exists().where(between, Shun.kind == "block"),
        true()
        if viewer_id is None
        else and_(told_by(viewer_id, one.member_id), told_by(viewer_id, one.recommended_id)),
    )


def _here(who: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return who.in_(select(Member.id).where(Member.status == "active"))


def _whole() -> Select[Recommendation]:
    """Recommendations with both their members, in one statement."""
    return select(Recommendation).options(joinedload(Recommendation.member), joinedload(Recommendation.recommended))


def of_week(session: Session, week: str, *, viewer_id: int | None = None) -> Sequence[Recommendation]:
    """A week's recommendations in the order they came."""
    where = (Recommendation.week == week, shown_to(viewer_id))
    return session.scalars(_whole().where(*where).order_by(Recommendation.id)).all()


def weeks(session: Session, *, viewer_id: int | None = None, limit: int = 60) -> list[str]:
    """The weeks that have recommendations, newest first."""
    statement = select(Recommendation.week).where(shown_to(viewer_id)).distinct()
    return list(session.scalars(statement.order_by(Recommendation.week.desc()).limit(limit)))


def pinned(session: Session, member_id: int, *, viewer_id: int | None = None) -> Sequence[Recommendation]:
    """The newest recommendations of a member: the pin on their profile."""
    of_them = _whole().where(Recommendation.recommended_id == member_id, shown_to(viewer_id))
    return session.scalars(of_them.order_by(Recommendation.id.desc()).limit(PINNED)).all()


def made_by(session: Session, member_id: int, week: str) -> Recommendation | None:
    """A member's recommendation of that week, the last one if an earlier one was refused."""
    mine = _whole().where(Recommendation.member_id == member_id, Recommendation.week == week)
    return session.scalar(mine.order_by(Recommendation.id.desc()).limit(1))


def has_recommended(session: Session, member_id: int, week: str) -> bool:
    """Whether a member has made their one recommendation of that week, and it was not refused."""
    made = made_by(session, member_id, week)
    return made is not None and made.refused_at is None


def round_up(session: Session, period: str, until: datetime) -> int:
    """Gathers the recommendations made up to `until` that no round-up carried yet; returns how many. Once more changes nothing."""
    waiting = (
        Recommendation.round_up.is_(None),
        Recommendation.refused_at.is_(None),
        Recommendation.created_at <= until,
    )
    return changed(session, update(Recommendation).where(*waiting).values(round_up=period))


def hold_round_up(session: Session, period: str) -> None:
    """From now to the end of this transaction nobody refuses what this round-up carries; who was about to is waited for."""
    carried = select(Recommendation.id).where(Recommendation.round_up == period)
    session.execute(carried.order_by(Recommendation.id).with_for_update())


def of_round_up(session: Session, period: str, *, viewer_id: int | None = None) -> Sequence[Recommendation]:
    """What a round-up carries, in the order they came."""
    where = (Recommendation.round_up == period, shown_to(viewer_id))
    return session.scalars(_whole().where(*where).order_by(Recommendation.id)).all()
