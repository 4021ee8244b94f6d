"""Coming in: sign-in by a mailed link, joining by invitation, confirming an address. Every link shows a button first."""

from zoneinfo import available_timezones

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.people import accounts, letters, web_sessions
from gateway.core.store.models import Member
from gateway.core.writing import blogs
from gateway.web.answers import go, page
from gateway.web.subscribing import count
from gateway.web.visit import Look, Unit, Visit

ASKS_AN_HOUR = 30  # from one network
TRIES_AN_HOUR = 60


def ask_page(visit: Visit, session: Session) -> Response:
    """The form for an address."""
    return page(visit, "sign_in.html")


def ask(visit: Visit, session: Session) -> Unit:
    """Mails a link if the address is a member's; says the same either way."""
    address = accounts.fold_address(visit.typed("address"))
    count(visit, "sign-in", most=ASKS_AN_HOUR)

    def unit(session: Session) -> Look:
        letters.ask_to_sign_in(session, visit.community, address, visit.now, visit.site.house.randomness)
        return lambda visit, _: page(visit, "sign_in_asked.html", address=address)

    return unit


def enter_page(visit: Visit, session: Session) -> Response:
    """The button behind the mailed link."""
    subject = accounts.look_at_token(session, "sign-in", visit.path("secret"), visit.now)
    return page(visit, "sign_in_button.html", member=session.get_one(Member, subject["member_id"]))


def enter(visit: Visit, session: Session) -> Unit:
    """Opens a session; an older one in this browser ends."""
    count(visit, "enter", most=TRIES_AN_HOUR)

    def unit(session: Session) -> Response:
        subject = accounts.use_token(session, "sign-in", visit.path("secret"), visit.now)
        return _signed_in(visit, session, subject["member_id"], go(visit, "/"))

    return unit


def leave(visit: Visit, session: Session) -> Unit:
    """Ends the session."""

    def unit(session: Session) -> Response:
        if visit.who is not None:
            web_sessions.close_session(session, visit.who.secret)
        response = go(visit, "/sign-in", "signed-out")
        response.delete_cookie(visit.site.cookie, path="/", secure=visit.site.is_https, httponly=True, samesite="lax")
        return response

    return unit


def join_page(visit: Visit, session: Session) -> Response:
    """The form for a name, behind an invitation."""
    subject = accounts.look_at_token(session, "invitation", visit.path("secret"), visit.now)
    inviter = session.get(Member, subject.get("inviter")) if subject.get("inviter") else None
    return page(visit, "join.html", address=subject["address"], inviter=inviter, zones=zones())


def join(visit: Visit, session: Session) -> Unit:
    """A new member with a blog, signed in. Their address is proven by the link."""
    count(visit, "enter", most=TRIES_AN_HOUR)

    def unit(session: Session) -> Response:
        subject = accounts.use_token(session, "invitation", visit.path("secret"), visit.now)
        member = accounts.join(
            session,
            handle=visit.typed("handle"),
            address=subject["address"],
            now=visit.now,
            display_name=visit.typed("display_name")[:60],
            time_zone=visit.typed("time_zone", visit.community.time_zone),
        )
        blogs.create(session, member, visit.now, language=visit.community.language)
        return _signed_in(visit, session, member.id, go(visit, "/me", "welcome"))

    return unit


def _signed_in(visit: Visit, session: Session, member_id: int, response: Response) -> Response:
    if visit.who is not None:
        web_sessions.close_session(session, visit.who.secret)
    accounts.seen(session, member_id, visit.now)
    secret = web_sessions.open_session(session, member_id, visit.now, visit.site.house.randomness)
    response.set_cookie(
        visit.site.cookie,
        secret,
        max_age=int(web_sessions.SESSION_LASTS.total_seconds()),
        path="/",
        secure=visit.site.is_https,
        httponly=True,
        samesite="lax",
    )
    return response


def verify_page(visit: Visit, session: Session) -> Response:
    """The button that adds an address."""
    subject = accounts.look_at_token(session, "address", visit.path("secret"), visit.now)
    member = session.get_one(Member, subject["member_id"])
    return page(visit, "verify.html", member=member, address=subject["address"])


def verify(visit: Visit, session: Session) -> Unit:
    """The address is the member's."""

    def unit(session: Session) -> Look:
        subject = accounts.use_token(session, "address", visit.path("secret"), visit.now)
        member = session.get_one(Member, subject["member_id"])
        accounts.add_address(session, member, subject["address"], visit.now, verified=True)
        return lambda visit, session: page(visit, "verified.html", address=subject["address"], handle=member.handle)

    return unit


def zones() -> list[str]:
    """The time zones to choose from, without aliases of old."""
    areas = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return ["UTC", *sorted(name for name in available_timezones() if name.startswith(areas))]
