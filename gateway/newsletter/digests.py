"""The members' digest: what they have not answered, and what the people they follow wrote, by time and by nothing else.

It goes to each place where a member wants something in a digest (people/choices), and holds what they want of it there; what is said to them also
when they are told of it at once, until they answer.

It is spared when there is nothing to say, and, unless they chose it themselves, when the member was here in the last day. Each begins where the last one
that was sent ended, so that one that was spared hides nothing; but at most two periods back for what others wrote, and four for what is unanswered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from urllib.parse import quote

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from gateway.core.community.timeline import Item, conversations_page, mentions_page, timeline_page
from gateway.core.desk.listings import WEEKDAYS
from gateway.core.house import House
from gateway.core.ledger.outbox import Claim, Intent
from gateway.core.messages import Answer
from gateway.core.people import choices
from gateway.core.people.community import Community
from gateway.core.people.standing import Standing
from gateway.core.store.models import Delivery, Member, Post
from gateway.core.words import n, on_weekday, t
from gateway.core.writing.text import excerpt
from gateway.newsletter.calendar import period_of, zone_of
from gateway.newsletter.ending import with_its_end
from gateway.newsletter.rounds import queue_round
from gateway.newsletter.words import escaped

JUST_HERE = timedelta(hours=24)
APART = timedelta(hours=20)  # at least, whatever a member does to their settings
LONGEST_BACK = 4  # periods
MOST_ITEMS = 12  # of each sort
_LOOKED_AT = 60
_MOST_LOOKED_AT = 600
_EXCERPT = 240  # characters
_PERIOD = {"weekly": timedelta(days=7), "daily": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Group:
    """The members whose digest is due at the same local time. `cadence` is weekly or daily; `weekday` serves weekly."""

    cadence: str
    weekday: int
    hour: int
    zone: str


def queue_digests(house: House, group: Group, period: str, due_at: datetime) -> int:
    """Queues the digest of one period for a group, for so many members; each gets it once, whichever group they move to."""
    who = and_(
        Member.digest == group.cadence,
        Member.digest_hour == group.hour,
        Member.time_zone == group.zone,
        Member.created_at < due_at,
        or_(Member.digest_moved_at.is_(None), Member.digest_moved_at < due_at),
        *((Member.digest_weekday == group.weekday,) if group.cadence == "weekly" else ()),
        or_(Member.last_seen_at.is_(None), Member.last_seen_at <= due_at - JUST_HERE, choices.WANT_A_DIGEST),
    )
    day = due_at.astimezone(zone_of(group.zone)).date()

    def wanted(session: Session, members: Sequence[Member]) -> Iterable[tuple[Member, Intent]]:
        lately = _had_one(session, [member.id for member in members], day, house.now() - APART)
        payload = {"day": day.isoformat(), "cadence": group.cadence}
        for member in members:
            if member.id not in lately:
                yield member, Intent("digest", "", "", f"digest:{period}:{member.id}", payload)

    return queue_round(house, who, wanted, places=choices.digested)


def _had_one(session: Session, member_ids: Sequence[int], day: date, since: datetime) -> set[int]:
    causes = [cause for member_id in member_ids for cause in _causes(member_id, day, days=1, weeks=1)]
    statement = select(Delivery.member_id).where(Delivery.cause.in_(causes), Delivery.created_at > since)
    return {member_id for member_id in session.scalars(statement) if member_id is not None}


def _causes(member_id: int, day: date, *, days: int, weeks: int) -> list[str]:
    """The causes of a member's digests of this and earlier periods, of either cadence."""
    periods = [period_of("day", day - timedelta(days=n)) for n in range(days + 1)]
    periods += [period_of("week", day - timedelta(weeks=n)) for n in range(weeks + 1)]
    return [f"digest:{period}:{member_id}" for period in periods]


def digest(session: Session, community: Community, claim: Claim) -> Answer | None:
    """What a member missed, or None when that is nothing or they have been here meanwhile."""
    member = session.get(Member, claim.member_id)
    if member is None or member.status != "active" or member.digest == "off":
        return None
    wish = _wish(session, member, claim.channel)
    was_here = member.last_seen_at is not None and member.last_seen_at > claim.created_at - JUST_HERE
    if was_here and not wish.counts_on_it:
        return None
    cadence = str(claim.payload["cadence"])
    since = _last_digest(session, member, claim)
    lately = max(since, claim.created_at - 2 * _PERIOD[cadence])
    unanswered = _unanswered(session, community, member, wish, since)
    said = _said_to_others(session, community, member, lately) if wish.conversations else []
    named = {one.post_id for one in (*unanswered, *said)}
    written = [one for one in _written(session, community, member, wish, lately) if one.post_id not in named]
    if not (unanswered or said or written):
        return None
    subject = (
        t("Your day in {community}", community=community.name)
        if cadence == "daily"
        else t("Your week in {community}", community=community.name)
    )
    if unanswered:
        subject = n("{subject}: {count} to answer", "{subject}: {count} to answer", len(unanswered), subject=subject)
    shown = (unanswered[:MOST_ITEMS], said[:MOST_ITEMS], written[:MOST_ITEMS])
    words = _words_below_titles(session, [item for items in shown for item in items])
    pieces = [*_paragraphs(community, member, claim.channel, shown, words)]
    if max(len(unanswered), len(said), len(written)) > MOST_ITEMS:
        pieces.append(t("There is more at {site}.", site=community.base_url))
    first = (*unanswered, *said, *written)[0].short_reference
    pieces.append(t("Answer one with `reply {first} your words`, also by answering this message.", first=first))
    pieces.append(
        t("{when} `digest off` ends it; {site}/me changes it.", when=_when(member, wish), site=community.base_url)
    )
    answer = Answer("\n\n".join(pieces), subject=subject)
    return with_its_end(answer, community, claim, Standing.DIGEST)


def _last_digest(session: Session, member: Member, claim: Claim) -> datetime:
    """When the last one that was sent by this channel was made; at most some periods ago."""
    day, period = date.fromisoformat(claim.payload["day"]), _PERIOD[str(claim.payload["cadence"])]
    causes = _causes(member.id, day, days=7 * LONGEST_BACK, weeks=LONGEST_BACK)
    sent = (
        Delivery.cause.in_(causes),
        Delivery.channel == claim.channel,
        Delivery.status == "sent",
        Delivery.id < claim.id,
        Delivery.cause != claim.cause,
    )
    last = session.scalar(select(func.max(Delivery.created_at)).where(*sent))
    return last or claim.created_at - LONGEST_BACK * period


@dataclass(frozen=True, slots=True)
class Wish:
    """What a member wants in the digest of one channel."""

    said_to_them: tuple[Literal["mentions", "replies"], ...]
    conversations: bool  # what others say to each other in those they take part in
    posts: bool
    authors: Mapping[str, str]  # handles of those whose posts they chose something else of, and what
    counts_on_it: bool  # did they choose it themselves?

    def has(self, author: str) -> bool:
        """Whether an author's new posts belong in it."""
        how = self.authors.get(author)
        return self.posts if how is None else how == choices.DIGEST


def _wish(session: Session, member: Member, channel: str) -> Wish:
    holds = choices.of_member(session, member)
    single = choices.of_authors(session, member.id)
    handles = {one.author_id: session.get_one(Member, one.author_id).handle for one in single}
    chosen = [*holds.chosen.values(), *(one.how for one in single)]
    to_them: tuple[Literal["mentions", "replies"], ...] = ("mentions", "replies")
    return Wish(
        said_to_them=tuple(what for what in to_them if holds.how(channel, what) != choices.OFF),
        conversations=holds.how(channel, choices.REPLIES) == choices.DIGEST,
        posts=holds.how(channel, choices.POSTS) == choices.DIGEST,
        authors={handles[one.author_id]: one.how for one in single if one.channel == channel},
        counts_on_it=choices.DIGEST in chosen,
    )


def _unanswered(session: Session, community: Community, member: Member, wish: Wish, since: datetime) -> list[Item]:
    if not wish.said_to_them:
        return []
    only = wish.said_to_them[0] if len(wish.said_to_them) == 1 else ""
    items = mentions_page(session, community, member.id, limit=_LOOKED_AT, only=only).items
    missed = [item for item in items if item.published_at > since]
    answered = _answered(session, member, missed)
    return [item for item in missed if item.post_id not in answered]


def _answered(session: Session, member: Member, items: Sequence[Item]) -> set[int | None]:
    """Which of these the member has answered."""
    ids = [item.post_id for item in items]
    mine = (Post.author_id == member.id, Post.status == "published", Post.reply_to_id.in_(ids))
    return set(session.scalars(select(Post.reply_to_id).where(*mine)))


def _said_to_others(session: Session, community: Community, member: Member, since: datetime) -> list[Item]:
    items = conversations_page(session, community, member.id, limit=_LOOKED_AT).items
    return [item for item in items if item.published_at > since]


def _written(session: Session, community: Community, member: Member, wish: Wish, since: datetime) -> list[Item]:
    """Others' posts that they want in it and have not answered, for those they know; as many as it shows and one more."""
    found: list[Item] = []
    before, looked_at = "", 0
    while len(found) <= MOST_ITEMS and looked_at < _MOST_LOOKED_AT:
        page = timeline_page(session, community, member.id, limit=_LOOKED_AT, before=before)
        recent = [item for item in page.items if item.published_at > since]
        answered = _answered(session, member, recent)
        found += [
            item
            for item in recent
            if item.kind == "post"
            and item.author_handle != member.handle
            and wish.has(item.author_handle)
            and item.post_id not in answered
        ]
        if len(recent) < len(page.items) or not page.next:
            break
        before, looked_at = page.next, looked_at + len(page.items)
    return found


def _words_below_titles(session: Session, items: Sequence[Item]) -> dict[int, str]:
    """How the posts that have a title begin: timelines show that alone."""
    titled = [item.post_id for item in items if item.title]
    found = session.execute(select(Post.id, Post.html).where(Post.id.in_(titled)))
    return {post_id: excerpt(html, _EXCERPT) for post_id, html in found}


def _paragraphs(
    community: Community, member: Member, channel: str, shown: Sequence[Sequence[Item]], words: Mapping[int, str]
) -> Iterable[str]:
    titles = (t("You have not answered"), t("In conversations you are in"), t("From the people you follow"))
    for title, items in zip(titles, shown, strict=True):
        if items:
            yield f"## {title}"
            yield from (_entry(community, member, channel, item, words.get(item.post_id, "")) for item in items)


def _entry(community: Community, member: Member, channel: str, item: Item, words: str) -> str:
    name = escaped(item.author_name)
    day = on_weekday(item.published_at.astimezone(zone_of(member.time_zone)))
    links = [f"[{t('Read')}]({item.url})"]
    if channel == "email":
        links.append(f"[{t('Answer')}]({_mailto(community, member, item)})")
    said = f"**{_said(item)}**  \n{escaped(words)}" if words else _said(item)
    return f"**{name}** [{item.short_reference}], {day}  \n{said}  \n{' · '.join(links)}"


def _mailto(community: Community, member: Member, item: Item) -> str:
    """A mail that answers a post, with a subject, without which mail programs ask back."""
    address = community.mail(community.reply_token(item.post_id, member.id))
    return f"mailto:{address}?subject={quote(f'Re: {item.author_name} [{item.short_reference}]', safe='')}"


def _said(item: Item) -> str:
    words = " ".join(item.plain.split())
    if len(words) > _EXCERPT:
        words = words[
            : words.rfind(" ", _EXCERPT // 2, _EXCERPT) if " " in words[_EXCERPT // 2 : _EXCERPT] else _EXCERPT
        ]
        words += "…"
    photos = f"({n('{count} photo', '{count} photos', item.photos)})" if item.photos else ""
    return f"{escaped(words)} {photos}".strip() or "…"


def _when(member: Member, wish: Wish) -> str:
    at = f"{member.digest_hour}:00"
    if member.digest == "daily":
        if wish.counts_on_it:
            return t("This comes every day at {at} when there is something new.", at=at)
        return t("This comes every day at {at} when there is something new and you were away.", at=at)
    day = t(WEEKDAYS[member.digest_weekday])
    if wish.counts_on_it:
        return t("This comes {day} at {at} when there is something new.", day=day, at=at)
    return t("This comes {day} at {at} when there is something new and you were away.", day=day, at=at)
