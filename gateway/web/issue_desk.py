"""The owner's desk: the issues that wait, what is in them, and a preview for whoever holds its link. What is done with them is the newsroom's."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from gateway.core.audience.newsroom import LONGEST_INTRO, LONGEST_SUBJECT, Newsroom
from gateway.core.errors import Invalid, NotFound, Unavailable
from gateway.core.store.models import Blog
from gateway.core.writing import blogs
from gateway.web.answers import go, page, sources
from gateway.web.blog import blog_of, blog_page
from gateway.web.subscribing import count
from gateway.web.visit import Unit, Visit

DESK = "/me/issues/next"
ONE_UP, ONE_DOWN = -1, 1
PREVIEWS_AN_HOUR = 60  # from one network: a blog's own templates take a process each time


def desk_page(visit: Visit, session: Session) -> Response:
    """The weekly and the monthly issue as they would leave now. Makes nothing."""
    blog, room = my_blog(visit, session), room_of(visit)
    found = room.waiting(session, visit.community, blog, visit.now)
    return page(
        visit,
        "issue_desk.html",
        blog=blog,
        zone=ZoneInfo(blog.time_zone),
        waiting=found,
        previews={one.cadence: room.preview_url(visit.community, blog, one.cadence, visit.now) for one in found},
        typed_in=visit.request.path_params.get("cadence", ""),
        longest_intro=LONGEST_INTRO,
        longest_subject=LONGEST_SUBJECT,
    )


def save_words(visit: Visit, session: Session) -> Unit:
    """Saves the intro and the subject."""
    room, cadence = room_of(visit), visit.path("cadence")

    def unit(session: Session) -> Response:
        blog = my_blog(visit, session)
        room.introduce(session, visit.community, blog, cadence, visit.typed("intro"), visit.now)
        room.entitle(session, visit.community, blog, cadence, visit.typed("subject"), visit.now)
        return go(visit, DESK, "issue-saved")

    return unit


def send_test(visit: Visit, session: Session) -> Unit:
    """Mails the issue to its owner."""
    room, cadence = room_of(visit), visit.path("cadence")

    def unit(session: Session) -> Response:
        me = visit.me(session)
        room.send_test(session, visit.community, my_blog(visit, session), cadence, me, visit.now)
        return go(visit, DESK, "test-mailed")

    return unit


Doing = Callable[[Newsroom, Visit, Session, Blog, str, str], None]


def _leave_out(room: Newsroom, visit: Visit, session: Session, blog: Blog, cadence: str, reference: str) -> None:
    room.leave_out(session, blog, cadence, [reference], visit.now)


def _put_back(room: Newsroom, visit: Visit, session: Session, blog: Blog, cadence: str, reference: str) -> None:
    room.put_back(session, blog, cadence, [reference], visit.now)


def _move(by: int) -> Doing:
    def move(room: Newsroom, visit: Visit, session: Session, blog: Blog, cadence: str, reference: str) -> None:
        room.move(session, blog, cadence, reference, by, visit.now)

    return move


DOINGS: dict[str, Doing] = {
    "up": _move(ONE_UP),
    "down": _move(ONE_DOWN),
    "out": _leave_out,
    "back": _put_back,
}
"""What the buttons beside a post do: each button says one of these and the post's reference."""


def change_posts(visit: Visit, session: Session) -> Unit:
    """Moves a post up or down, leaves it out or puts it back."""
    room, cadence = room_of(visit), visit.path("cadence")
    verb, _, reference = visit.typed("do").partition(" ")
    doing = DOINGS.get(verb)
    if doing is None:
        raise Invalid("There is no such button.", hint="Nothing was changed.")

    def unit(session: Session) -> Response:
        blog = my_blog(visit, session)
        doing(room, visit, session, blog, cadence, reference)
        return go(visit, f"{DESK}#{cadence}")

    return unit


def preview_page(visit: Visit, session: Session) -> Response:
    """The HTML of the copy itself, for whoever holds the link."""
    count(visit, "preview", most=PREVIEWS_AN_HOUR)
    return as_mail(visit, room_of(visit).preview(session, visit.community, visit.path("token"), visit.now))


def as_mail(visit: Visit, html: str) -> Response:
    """A mail's HTML as a page, under a policy of its own, since a mail brings its styles along."""
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {sources(visit.community)}; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",  # the address is the key
        "X-Robots-Tag": "noindex, nofollow",
    }
    return HTMLResponse(html, headers=headers)


def dead_link(visit: Visit, session: Session) -> Response:
    """Where the link to unsubscribe of a test or a preview leads."""
    return blog_page(visit, blog_of(visit, session), "issue_desk_link.html")


def dead_click(visit: Visit, session: Session) -> Unit:
    """A mail program's one-click from a test: nothing is done."""
    return lambda session: dead_link(visit, session)


def room_of(visit: Visit) -> Newsroom:
    if visit.site.house.newsroom is None:
        raise Unavailable("Newsletters can't be looked after here just now.", hint="Nothing was changed.")
    return visit.site.house.newsroom


def my_blog(visit: Visit, session: Session) -> Blog:
    blog = blogs.of_member(session, visit.me(session).id)
    if blog is None:
        raise NotFound("You have no blog yet.", hint="Nothing was changed.")
    return blog
