"""Blogs: making, finding, their settings and secret addresses."""

from collections.abc import Sequence
from datetime import datetime

from babel import Locale, UnknownLocaleError
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.errors import Invalid, NotAllowed, NotFound
from gateway.core.ledger import occurrences
from gateway.core.people.accounts import check_time_zone, claim_name
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Member
from gateway.core.words import later

_LONGEST_TAG = 35  # characters, as BCP 47 advises
MAIL_BODIES = ("auto", "text", "html")
MOVED = "moved"  # the schedule of a newsletter's earlier moments
WHEN_LATE = ("send", "draft", "skip")  # what becomes of an issue that was missed by hours


def create(
    session: Session, owner: Member, now: datetime, *, name: str = "", title: str = "", language: str = "en"
) -> Blog:
    """A new blog; the first one bears its owner's handle. `language` is for an owner who chose none. Raises Invalid, Conflict."""
    name = claim_name(session, name, now) if name and name != owner.handle else owner.handle
    blog = Blog(
        member_id=owner.id,
        name=name,
        title=title.strip(),
        time_zone=owner.time_zone,
        language=owner.language or language,
        created_at=now,
    )
    session.add(blog)
    session.flush()
    return blog


def by_name(session: Session, name: str) -> Blog:
    """The blog of that name, of an active owner. Raises NotFound."""
    statement = select(Blog).join(Member).where(Blog.name == name.strip().lower(), Member.status == "active")
    blog = session.scalar(statement)
    if blog is None:
        raise NotFound(later("There is no blog called {name}.", name=name))
    return blog


def of_member(session: Session, member_id: int) -> Blog | None:
    """The blog a member posts to when they name none: their first."""
    return session.scalar(select(Blog).where(Blog.member_id == member_id).order_by(Blog.id).limit(1))


def change(
    session: Session,
    blog: Blog,
    by: Member,
    *,
    title: str | None = None,
    description: str | None = None,
    time_zone: str | None = None,
    language: str | None = None,
    newsletter_hour: int | None = None,
    newsletter_weekday: int | None = None,
    newsletter_late: str | None = None,
    send_hours: tuple[int, int] | tuple[()] | None = None,
    postal_address: str | None = None,
    mail_body: str | None = None,
    now: datetime | None = None,
) -> None:
    """Changes what is given (whether there is a newsletter: audience/offering); no `send_hours` at all are an empty tuple. Raises NotAllowed, Invalid.

    From `now` on the newsletter has its new moments: none that lies before was missed. What was due by the old ones and nobody has noticed yet still is.
    """
    _own(blog, by)
    moments = _moments(blog)
    if time_zone is not None:
        check_time_zone(time_zone)
        blog.time_zone = time_zone
    if language is not None:
        blog.language = _language(language)
    if newsletter_hour is not None:
        blog.newsletter_hour = _within(newsletter_hour, 23, "hour")
    if newsletter_weekday is not None:
        blog.newsletter_weekday = _within(newsletter_weekday, 6, "weekday")
    if newsletter_late is not None:
        blog.newsletter_late = _one_of(newsletter_late, WHEN_LATE)
    if send_hours is not None:
        blog.send_from, blog.send_until = _hours(send_hours)
    if mail_body is not None:
        blog.mail_body = _one_of(mail_body, MAIL_BODIES)
    blog.title = blog.title if title is None else title.strip()
    blog.description = blog.description if description is None else description.strip()
    blog.postal_address = blog.postal_address if postal_address is None else postal_address.strip()
    if now is not None and _moments(blog) != moments:
        if blog.newsletter != "off":
            _keep_what_was_due(session, blog, moments, now)
        blog.newsletter_moved_at = now


def _moments(blog: Blog) -> tuple[int, int, str]:
    return blog.newsletter_weekday, blog.newsletter_hour, blog.time_zone


def _keep_what_was_due(session: Session, blog: Blog, moments: tuple[int, int, str], now: datetime) -> None:
    """Has the clock look once more, as of `now`, at the moments that the newsletter had (newsletter/schedule.py): a second or a day may have passed since it last did."""
    since = int(blog.newsletter_moved_at.timestamp()) if blog.newsletter_moved_at is not None else 0
    weekday, hour, zone = moments
    occurrences.expect(session, f"{MOVED}:{blog.id}:{weekday}:{hour}:{zone}:{since}", now.isoformat(), now)


def _one_of(word: str, choices: Sequence[str]) -> str:
    if word not in choices:
        raise Invalid(
            later("“{word}” is no choice.", word=word), hint=later("It is one of: {words}.", words=", ".join(choices))
        )
    return word


def secret_address(community: Community, blog: Blog) -> str:
    return community.secret_address(blog.name, blog.id, blog.secret_epoch)


def rotate_secret(session: Session, blog: Blog, by: Member) -> None:
    """Kills the blog's secret address at once; `secret_address` gives the new one. Raises NotAllowed."""
    _own(blog, by)
    blog.secret_epoch += 1


def _own(blog: Blog, by: Member) -> None:
    if blog.member_id != by.id:
        raise NotAllowed(later("Only its owner may change a blog."))


def _language(tag: str) -> str:
    """A language's name as on pages and in mails: `de`, `pt-BR`. Raises Invalid."""
    try:
        if len(tag) <= _LONGEST_TAG:
            Locale.parse(tag, sep="-")
            return tag
    except (ValueError, UnknownLocaleError):
        pass
    raise Invalid(
        later("“{word}” names no language.", word=tag[:_LONGEST_TAG]),
        hint=later("Nothing was changed. Give it as `en`, `de` or `pt-BR`."),
    )


def _hours(hours: tuple[int, int] | tuple[()]) -> tuple[int, int] | tuple[None, None]:
    if not hours:
        return None, None
    since, until = (_within(hour, 23, "hour") for hour in hours)
    if since == until:
        raise Invalid(
            later("Mail is sent from one full hour to another, as 8 to 20."), hint=later("Nothing was changed.")
        )
    return since, until


def _within(number: int, highest: int, what: str) -> int:
    if not 0 <= number <= highest:
        raise Invalid(
            later("{number} is no {what}.", number=number, what=what),
            hint=later("It is a number from 0 to {highest}.", highest=highest),
        )
    return number
