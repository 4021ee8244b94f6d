"""What is scheduled: every rule that is in force now, under the name its occurrences bear.

    issue:{blog}:{weekly|monthly}                  for cadences that somebody reads
    digest:{weekly|daily}:{weekday}:{hour}:{zone}  for all members who chose the same, so that occurrences grow with choices, not with members
    micro_monday_prompt:{zone}                     for all members of a zone
    micro_monday_round_up
    moved:{blog}:{weekday}:{hour}:{zone}:{since}   once, when a newsletter is moved: for what was due by its earlier moments

Each member's own delivery is unique per period besides, so that moving from one group to another brings nothing twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.desk.acts import SCHEDULED
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Member, Post
from gateway.core.writing.blogs import MOVED
from gateway.core.writing.posting import is_scheduled
from gateway.newsletter import calendar
from gateway.newsletter.calendar import Due, Rule, zone_of
from gateway.newsletter.selection import cadences_with_readers, readers_since

PROMPT_HOUR = ROUND_UP_HOUR = 9
MONDAY, TUESDAY = 0, 1


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A rule in force. `since` tells when it began to concern somebody: what was due before was never owed."""

    name: str
    rule: Rule
    zone: ZoneInfo
    since: Callable[[Session], datetime | None]

    def latest(self, now: datetime) -> Due:
        return calendar.latest(self.rule, self.zone, now)

    def following(self, now: datetime) -> Due:
        return calendar.following(self.rule, self.zone, now)


def scheduled(session: Session, community: Community) -> list[Scheduled]:
    """All that is scheduled. Reads only."""
    return [*_issues(session), *_digests(session), *_micro_mondays(session, community)]


def _issues(session: Session) -> Iterator[Scheduled]:
    for blog, cadence in cadences_with_readers(session):
        yield issue_of(blog, cadence)


def issue_of(blog: Blog, cadence: str) -> Scheduled:
    """When the weekly or monthly issue of a blog is due."""
    now = Moments(blog.newsletter_weekday, blog.newsletter_hour, blog.time_zone, blog.newsletter_moved_at)
    return issue_by(now, blog, cadence)


@dataclass(frozen=True, slots=True)
class Moments:
    """When the issues of a blog are due, or were; and since when."""

    weekday: int
    hour: int
    zone: str
    since: datetime | None


def issue_by(moments: Moments, blog: Blog, cadence: str) -> Scheduled:
    """When its weekly or monthly issue is due by these."""
    rule = Rule("week" if cadence == "weekly" else "month", moments.hour, moments.weekday)
    since = _first_reader(blog, cadence, moments.since)
    return Scheduled(f"issue:{blog.id}:{cadence}", rule, zone_of(moments.zone), since)


def _first_reader(blog: Blog, cadence: str, moved: datetime | None) -> Callable[[Session], datetime | None]:
    """Looked up only for what is not done yet. A newsletter that was switched on again, or moved to another moment, begins anew."""

    def since(session: Session) -> datetime | None:
        read = readers_since(session, blog.id, cadence)
        begun = (read, blog.newsletter_since, moved)
        return None if read is None else max(at for at in begun if at is not None)

    return since


def _always(since: datetime) -> Callable[[Session], datetime | None]:
    return lambda _session: since


def _digests(session: Session) -> Iterator[Scheduled]:
    choice = (Member.digest, Member.digest_weekday, Member.digest_hour, Member.time_zone)
    statement = (
        select(*choice, func.min(func.coalesce(Member.digest_moved_at, Member.created_at)))
        .where(Member.status == "active", Member.digest != "off")
        .group_by(*choice)
    )
    began: dict[tuple[str, int, int, str], datetime] = {}
    for cadence, weekday, hour, zone, since in session.execute(statement):
        group = (cadence, weekday if cadence == "weekly" else 0, hour, zone)
        began[group] = min(since, began.get(group, since))
    for (cadence, weekday, hour, zone), since in began.items():
        rule = Rule("week" if cadence == "weekly" else "day", hour, weekday)
        yield Scheduled(f"digest:{cadence}:{weekday}:{hour}:{zone}", rule, zone_of(zone), _always(since))


def _micro_mondays(session: Session, community: Community) -> Iterator[Scheduled]:
    """In zones ahead of the community's the question waits until its week has begun there: only then can one recommend."""
    statement = (
        select(Member.time_zone, func.min(Member.created_at))
        .where(Member.status == "active", Member.micro_monday)
        .group_by(Member.time_zone)
    )
    since: datetime | None = None
    for zone, began in session.execute(statement):
        rule = Rule("week", PROMPT_HOUR, MONDAY, begun_in=community.zone)
        yield Scheduled(f"micro_monday_prompt:{zone}", rule, zone_of(zone), _always(began))
        since = began if since is None else min(since, began)
    if since is None and community.micro_monday_blog:  # nobody wants to be asked, and the blog's readers want to read
        since = session.scalar(select(func.min(Member.created_at)).where(Member.status == "active"))
    if since is not None:
        yield Scheduled("micro_monday_round_up", Rule("week", ROUND_UP_HOUR, TUESDAY), community.zone, _always(since))


_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def described(names: Iterable[str], session: Session) -> dict[str, str]:
    """What the occurrences of these names are, for those who run the place. Reads only."""
    wanted = set(names)
    numbers = {int(name.split(":")[1]) for name in wanted if name.startswith(("issue:", f"{MOVED}:"))}
    blogs = dict(session.execute(select(Blog.id, Blog.name).where(Blog.id.in_(numbers))).all())
    posts = {number: post.short_reference for number, post in _posts(wanted, session).items()}
    return {name: _described(name, blogs, posts) for name in wanted}


def over(names: Iterable[str], session: Session) -> set[str]:
    """Those of these names that are of a post which waits for its time no more: deleted, or published by hand. Reads only."""
    wanted = set(names)
    posts = _posts(wanted, session)
    return {f"{SCHEDULED}:{number}" for number, post in posts.items() if not is_scheduled(post)}


def is_of_post(name: str) -> bool:
    """Whether this is the name of one post's time."""
    return name.startswith(f"{SCHEDULED}:")


def _posts(names: Iterable[str], session: Session) -> dict[int, Post]:
    numbers = {int(name.split(":")[1]) for name in names if is_of_post(name)}
    return {post.id: post for post in session.scalars(select(Post).where(Post.id.in_(numbers)))}


def _described(name: str, blogs: Mapping[int, str], posts: Mapping[int, str]) -> str:
    match name.split(":"):
        case ["issue", blog, cadence]:
            often = {"each": "each post", "weekly": "weekly issue", "monthly": "monthly issue"}.get(cadence, cadence)
            return f"{often} of {blogs.get(int(blog), blog)}"
        case ["moved", blog, *_]:
            return f"earlier moments of {blogs.get(int(blog), blog)}"
        case ["digest", "daily", _, hour, zone]:
            return f"digests of every day {hour}:00, {zone}"
        case ["digest", _, weekday, hour, zone]:
            return f"digests of {_DAYS[int(weekday)]} {hour}:00, {zone}"
        case ["micro_monday_prompt", zone]:
            return f"Micro Monday's question, {zone}"
        case ["micro_monday_round_up"]:
            return "Micro Monday's round-up"
        case ["publish", post]:
            return f"post [{posts.get(int(post), post)}] at its time"
    return name
