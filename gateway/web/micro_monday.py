"""Micro Monday: the recommendations week by week, making one, and refusing one."""

from datetime import date

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.community import micro_monday
from gateway.core.desk import round_up_post
from gateway.core.errors import NotAllowed, NotFound
from gateway.core.people import accounts
from gateway.core.people.tokens import mint, read
from gateway.core.store.models import Recommendation
from gateway.web import microcast
from gateway.web.answers import go, page
from gateway.web.visit import Look, Unit, Visit


def mondays(visit: Visit, session: Session) -> Response:
    """The recommendations of a week, the other weeks, and the newest of the microcast."""
    viewer_id = visit.who.member_id if visit.who else None
    this_week = micro_monday.week_of(visit.community, visit.now)
    weeks = micro_monday.weeks(session, viewer_id=viewer_id)
    week = visit.query("week") or (weeks[0] if weeks else this_week)
    found = micro_monday.of_week(session, week, viewer_id=viewer_id)
    return page(
        visit,
        "micro_monday.html",
        weeks=[(one, monday(one)) for one in weeks],
        week=week,
        since=monday(week),
        this_week=this_week,
        recommendations=found,
        refusing={
            one.id: f"/micro-monday/refuse/{mint(visit.community.keyring, 'refuse', one.id)}"
            for one in found
            if one.recommended_id == viewer_id
        },
        mine=micro_monday.made_by(session, viewer_id, this_week) if viewer_id is not None else None,
        microcast=microcast.newest_of(visit, session),
    )


def monday(week: str) -> date:
    """The Monday of `2026-W47`. Raises NotFound."""
    year, _, number = week.partition("-W")
    try:
        return date.fromisocalendar(int(year), int(number), 1)
    except (ValueError, OverflowError):
        raise NotFound("There is no such week.") from None


def recommend(visit: Visit, session: Session) -> Unit:
    """One recommendation a week."""

    def unit(session: Session) -> Response:
        other = accounts.by_handle(session, visit.typed("handle"))
        micro_monday.recommend(session, visit.community, visit.me(session), other, visit.typed("reason"), visit.now)
        return go(visit, "/micro-monday", "recommended")

    return unit


def refuse_page(visit: Visit, session: Session) -> Response:
    """What would be shown no more, and a button; for whoever was recommended, by the link in their mail or when signed in."""
    return _refusing(visit, _one(visit, session))


def refuse(visit: Visit, session: Session) -> Unit:
    """Has it shown nowhere."""

    def unit(session: Session) -> Look:
        round_up_post.refuse(session, visit.community, _one(visit, session), visit.now)
        return refuse_page

    return unit


def _refusing(visit: Visit, one: Recommendation) -> Response:
    response = page(visit, "refuse.html", one=one)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _one(visit: Visit, session: Session) -> Recommendation:
    """The recommendation of the link. Raises NotFound; NotAllowed for another member."""
    ids = read(visit.community.keyring, "refuse", visit.path("token"))
    one = session.get(Recommendation, ids[0]) if len(ids) == 1 else None
    if one is None:
        raise NotFound("There is no such recommendation.", hint="Nothing was changed.")
    if visit.who is not None and visit.who.member_id != one.recommended_id:
        raise NotAllowed(
            "This recommendation is of another member.",
            hint="Nothing was changed. If the link was sent to you, sign out and open it again.",
        )
    return one
