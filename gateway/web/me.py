"""A member's own page: what became of their messages, addresses, chats, the secret address, and every choice they have."""

from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.audience import offering, suppression
from gateway.core.desk import history
from gateway.core.errors import Invalid, NotFound
from gateway.core.people import accounts, choices, letters, preferences
from gateway.core.store.models import Blog, Member
from gateway.core.words import LANGUAGES
from gateway.core.writing import blogs
from gateway.web.answers import go, page
from gateway.web.sign_in import zones
from gateway.web.visit import Look, Unit, Visit

MESSAGES = 25
WAITING = 100
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def me_page(visit: Visit, session: Session) -> Response:
    """Everything about a member that only they see."""
    me = visit.me(session)
    blog = blogs.of_member(session, me.id)
    keyring = visit.community.keyring
    waiting, waiting_in_all = history.waiting(session, visit.community, me.id, limit=WAITING)
    messages, earlier = history.settled(session, visit.community, me.id, limit=MESSAGES, before=_before(visit))
    return page(
        visit,
        "me.html",
        me=me,
        blog=blog,
        posting_address=visit.community.mail(blog.name) if blog else "",
        secret_address=blogs.secret_address(visit.community, blog) if blog else "",
        waiting=waiting,
        waiting_in_all=waiting_in_all,
        messages=messages,
        earlier=earlier,
        not_mailed={one.id: suppression.why_suppressed(session, keyring, one.address) for one in me.addresses},
        chats=visit.site.chats,
        channels=history.CHANNELS,
    )


def _before(visit: Visit) -> int:
    """The number that the messages on this page are below; 0 for the newest ones."""
    asked = visit.query("before")
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 16):
        raise Invalid("This page does not exist.", hint="Go back to the first page.")
    return int(asked or 0)


def add_address(visit: Visit, session: Session) -> Unit:
    """Mails a link to an address that is to be added."""

    def unit(session: Session) -> Response:
        letters.ask_to_verify(
            session, visit.community, visit.me(session), visit.typed("address"), visit.now, visit.site.house.randomness
        )
        return go(visit, "/me", "link-mailed")

    return unit


def remove_address(visit: Visit, session: Session) -> Unit:
    """Takes an address away, unless it is the last."""

    def unit(session: Session) -> Response:
        preferences.remove_address(session, visit.me(session), _number(visit, "address"))
        return go(visit, "/me", "address-removed")

    return unit


def mail_again(visit: Visit, session: Session) -> Unit:
    """Lets mail go again to one's own address that had bounced."""

    def unit(session: Session) -> Response:
        mine = preferences.own_address(session, visit.me(session), _number(visit, "address"))
        suppression.lift(session, visit.community.keyring, mine.address)
        return go(visit, "/me", "mailed-again")

    return unit


def link_chat(visit: Visit, session: Session) -> Unit:
    """A code that links a chat, shown once."""
    way = next((one for one in visit.site.chats if one.channel == visit.typed("channel")), None)
    if way is None:
        raise NotFound("There is no such chat here.", hint="Nothing was changed.")

    def unit(session: Session) -> Look:
        code = accounts.link_code(session, visit.me(session), way.channel, visit.now, visit.site.house.randomness)
        link = way.link.replace("{code}", quote(code))
        return lambda visit, _: page(visit, "chat_code.html", way=way, code=code, link=link)

    return unit


def unlink_chat(visit: Visit, session: Session) -> Unit:
    """Forgets a chat."""

    def unit(session: Session) -> Response:
        preferences.unlink_own(session, visit.me(session), _number(visit, "chat"))
        return go(visit, "/me", "unlinked")

    return unit


def rotate(visit: Visit, session: Session) -> Unit:
    """A new secret posting address; the old one dies at once."""

    def unit(session: Session) -> Response:
        blogs.rotate_secret(session, _blog(visit, session), visit.me(session))
        return go(visit, "/me", "rotated")

    return unit


def invite(visit: Visit, session: Session) -> Unit:
    """An invitation by mail."""

    def unit(session: Session) -> Response:
        letters.invite(
            session, visit.community, visit.me(session), visit.typed("address"), visit.now, visit.site.house.randomness
        )
        return go(visit, "/me", "invited")

    return unit


def settings_page(visit: Visit, session: Session) -> Response:
    """What a member may choose."""
    me = visit.me(session)
    blog = blogs.of_member(session, me.id)
    holds = choices.of_member(session, me)
    return page(
        visit,
        "settings.html",
        me=me,
        blog=blog,
        zones=zones(),
        weekdays=WEEKDAYS,
        languages=[(code, own) for code, (own, _) in LANGUAGES.items()],
        holds=holds,
        places=[choices.MAIL, *sorted(holds.open_chats)],
        channels=history.CHANNELS,
        single=[
            (session.get_one(Member, one.author_id), one.channel, one.how) for one in choices.of_authors(session, me.id)
        ],
    )


def save_settings(visit: Visit, session: Session) -> Unit:
    """Saves the choices about oneself."""
    chosen = preferences.Preferences(
        display_name=visit.typed("display_name"),
        bio=visit.typed("bio"),
        time_zone=visit.typed("time_zone"),
        language=visit.typed("language"),
        tell=_tellings(visit),
        quiet=_quiet(visit),
        confirmations="confirmations" in visit.form,
        ask_first="ask_first" in visit.form,
        timeline_replies=visit.typed("timeline_replies"),
        digest=visit.typed("digest"),
        digest_weekday=_number(visit, "digest_weekday"),
        digest_hour=_number(visit, "digest_hour"),
        micro_monday="micro_monday" in visit.form,
        recommendable="recommendable" in visit.form,
    )

    def unit(session: Session) -> Response:
        preferences.change(session, visit.me(session), chosen, visit.now)
        return go(visit, "/me/settings", "saved")

    return unit


def _tellings(visit: Visit) -> dict[tuple[str, str], str]:
    """The fields that this form had, one for each channel and what is told there."""
    named = {(channel, what): f"tell_{what}_{channel}" for channel in choices.CHANNELS for what in choices.WHATS}
    return {pair: visit.typed(name) for pair, name in named.items() if name in visit.form}


def _quiet(visit: Visit) -> tuple[int, int] | None:
    if not visit.typed("quiet_from"):
        return None
    return _number(visit, "quiet_from"), _number(visit, "quiet_until")


def save_blog(visit: Visit, session: Session) -> Unit:
    """Saves the choices about the blog and its newsletter."""

    def unit(session: Session) -> Response:
        me, blog = visit.me(session), _blog(visit, session)
        stopped = offering.offer(session, blog, me, visit.typed("newsletter"), visit.now)
        blogs.change(
            session,
            blog,
            me,
            title=visit.typed("title")[:200],
            description=visit.typed("description")[:2000],
            time_zone=visit.typed("time_zone"),
            language=visit.typed("language").strip() or None,
            newsletter_hour=_number(visit, "newsletter_hour"),
            newsletter_weekday=_number(visit, "newsletter_weekday"),
            newsletter_late=visit.typed("newsletter_late", blogs.WHEN_LATE[0]),
            send_hours=_send_hours(visit),
            postal_address=visit.typed("postal_address")[:500],
            mail_body=visit.typed("mail_body", blogs.MAIL_BODIES[0]),
            now=visit.now,
        )
        return go(visit, "/me/settings", "newsletter-stopped" if stopped else "saved")

    return unit


def _send_hours(visit: Visit) -> tuple[int, int] | tuple[()]:
    if not visit.typed("send_from"):
        return ()
    return _number(visit, "send_from"), _number(visit, "send_until")


def _blog(visit: Visit, session: Session) -> Blog:
    blog = blogs.of_member(session, visit.me(session).id)
    if blog is None:
        raise NotFound("You have no blog yet.", hint="Nothing was changed.")
    return blog


def _number(visit: Visit, name: str) -> int:
    typed = visit.typed(name)
    if not (typed.isascii() and typed.isdigit() and len(typed) < 16):
        raise Invalid("This form is incomplete.", hint="Nothing was changed. Open the page again.")
    return int(typed)
