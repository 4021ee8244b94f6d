"""How members want to be told: mentions, replies and new posts, each at once, in a digest or not, in each channel by itself.

What a member never chose is as usual:

    in a chat     at once
    by mail       mentions and replies at once while no chat is linked, else in the digest; posts in the digest;
                  nothing, once they have put something into the digest of a chat

What they chose of one person's posts goes before what they chose of everybody's. Of being followed nobody is told.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from gateway.core.errors import Invalid
from gateway.core.people import digest
from gateway.core.people.accounts import Destination, chats, mails
from gateway.core.people.relations import told_by
from gateway.core.store.models import Address, Follow, LinkedAccount, Member, Telling, TellingOf
from gateway.core.words import later

MENTIONS, REPLIES, POSTS = "mentions", "replies", "posts"
AT_ONCE, DIGEST, OFF = "at_once", "digest", "off"
WHATS = (MENTIONS, REPLIES, POSTS)
HOWS = (AT_ONCE, DIGEST, OFF)
MAIL = "email"
CHANNELS = (MAIL, "telegram", "slack")  # in which one may be told
AFRESH = "daily"  # the digest of who had none and now puts something into it


@dataclass(frozen=True, slots=True)
class Choices:
    """What holds for one member: what they chose, and what is usual for who has these chats open."""

    chosen: Mapping[tuple[str, str], str]  # channel and what → how
    open_chats: frozenset[str]  # channels

    def how(self, channel: str, what: str) -> str:
        """How they are told of something in a channel."""
        return self.chosen.get((channel, what)) or self._usual(channel, what)

    def _usual(self, channel: str, what: str) -> str:
        if channel != MAIL:
            return AT_ONCE
        if any(how == DIGEST and chat in self.open_chats for (chat, _), how in self.chosen.items()):
            return OFF  # the digest comes there
        return AT_ONCE if what != POSTS and not self.open_chats else DIGEST

    def is_silent(self, channel: str) -> bool:
        """Whether they want to hear of nothing there."""
        return all(self.how(channel, what) == OFF for what in WHATS)


def of_members(session: Session, members: Iterable[Member]) -> dict[int, Choices]:
    """What holds for each of these members, in two queries."""
    ids = [member.id for member in members]
    chosen: dict[int, dict[tuple[str, str], str]] = {member_id: {} for member_id in ids}
    for row in session.scalars(select(Telling).where(Telling.member_id.in_(ids))):
        chosen[row.member_id][row.channel, row.what] = row.how
    linked = select(LinkedAccount.member_id, LinkedAccount.channel).where(
        LinkedAccount.member_id.in_(ids), LinkedAccount.status == "active"
    )
    open_chats: dict[int, set[str]] = {member_id: set() for member_id in ids}
    for member_id, channel in session.execute(linked):
        open_chats[member_id].add(channel)
    return {member_id: Choices(chosen[member_id], frozenset(open_chats[member_id])) for member_id in ids}


def of_member(session: Session, member: Member) -> Choices:
    """What holds for one member."""
    return of_members(session, [member])[member.id]


def of_authors(session: Session, member_id: int) -> list[TellingOf]:
    """What a member chose of single people's posts, by their handles."""
    statement = select(TellingOf).join(Member, Member.id == TellingOf.author_id).where(TellingOf.member_id == member_id)
    return list(session.scalars(statement.order_by(Member.handle)))


# Choosing


def choose(
    session: Session, member: Member, channel: str, what: str, how: str, now: datetime, *, revive: bool = True
) -> None:
    """From now on the member is told of it so. Who puts something into a digest and has none gets one, unless not `revive`. Raises Invalid."""
    _known(channel, how)
    if what not in WHATS:
        raise Invalid(later("There is no such choice."), hint=later("Nothing was saved."))
    row = session.get(Telling, (member.id, channel, what))
    if row is None:
        session.add(Telling(member_id=member.id, channel=channel, what=what, how=how))
    else:
        row.how = how
    if revive:
        _with_digest(member, how, now)
    session.flush()


def choose_of(session: Session, member: Member, author: Member, channel: str, how: str, now: datetime) -> None:
    """The same of one person's posts; an empty `how` is as everybody's. Raises Invalid for whom they don't follow."""
    if how:
        _known(channel, how)
    if session.get(Follow, (member.id, author.id)) is None:
        raise Invalid(
            later("You don't follow @{handle}.", handle=author.handle),
            hint=later("Send `follow @{handle}` first. Nothing was changed.", handle=author.handle),
        )
    row = session.get(TellingOf, (member.id, author.id, channel))
    if row is not None:
        session.delete(row)
        session.flush()
    if how:
        session.add(TellingOf(member_id=member.id, author_id=author.id, channel=channel, how=how))
        _with_digest(member, how, now)
    session.flush()


def _known(channel: str, how: str) -> None:
    if channel not in CHANNELS or how not in HOWS:
        raise Invalid(later("There is no such choice."), hint=later("Nothing was saved."))


def _with_digest(member: Member, how: str, now: datetime) -> None:
    if how == DIGEST and member.digest == "off":
        digest.keep(member, now, cadence=AFRESH)


# Where somebody is told


def at_once(session: Session, concerned: Mapping[Member, Collection[str]]) -> list[tuple[Member, Destination]]:
    """Where members are told at once of something that is all of this to them; a few queries, however many they are."""
    holds, places = of_members(session, concerned), _places(session, concerned)
    return [
        (member, to)
        for member, whats in concerned.items()
        for to in places[member.id]
        if any(holds[member.id].how(to.channel, what) == AT_ONCE for what in whats)
    ]


def _places(session: Session, members: Iterable[Member]) -> dict[int, list[Destination]]:
    """Every place of these members: their open chats, and their mail."""
    places: dict[int, list[Destination]] = {member.id: [] for member in members}
    linked = select(LinkedAccount).where(LinkedAccount.member_id.in_(places), LinkedAccount.status == "active")
    for one in session.scalars(linked.order_by(LinkedAccount.id)):
        places[one.member_id].append(Destination(one.channel, one.place))
    verified = select(Address).where(Address.member_id.in_(places), Address.verified_at.is_not(None))
    first: dict[int, str] = {}
    for address in session.scalars(verified.order_by(Address.id)):
        first.setdefault(address.member_id, address.address)
    for member_id, address_of in first.items():
        places[member_id].append(Destination(MAIL, address_of))
    return places


def at_large(session: Session, member: Member) -> list[Destination]:
    """Where a member is told what is none of that: in the chats where they want to hear anything, else by mail unless they want nothing there."""
    holds = of_member(session, member)
    return _heard(holds, chats(session, member)) or _heard(holds, mails(session, member))


def chats_heard(session: Session, member: Member) -> list[Destination]:
    """The chats where a member wants to hear anything."""
    return _heard(of_member(session, member), chats(session, member))


def _heard(holds: Choices, places: Sequence[Destination]) -> list[Destination]:
    return [to for to in places if not holds.is_silent(to.channel)]


def digested(session: Session, member: Member) -> list[Destination]:
    """Where a member's digest goes: wherever they want anything in it."""
    holds = of_member(session, member)
    single = {row.channel for row in of_authors(session, member.id) if row.how == DIGEST}
    places = [*chats(session, member), *mails(session, member)]
    return [to for to in places if to.channel in single or any(holds.how(to.channel, w) == DIGEST for w in WHATS)]


_ASKED, _OF = aliased(Telling), aliased(TellingOf)
WANT_A_DIGEST = or_(
    exists().where(_ASKED.member_id == Member.id, _ASKED.how == DIGEST),
    exists().where(_OF.member_id == Member.id, _OF.how == DIGEST),
)
"""The members who put something into their digest themselves, and so count on it."""


def followers_at_once(session: Session, author_id: int, *, in_chats: bool) -> list[tuple[int, Destination]]:
    """The followers who want to be told of an author's posts at once, and where; with `in_chats` False only by mail."""
    connection, who = session.connection(), {"author_id": author_id}
    session.flush()
    found = [*connection.execute(_IN_CHATS, who)] if in_chats else []
    found += connection.execute(_BY_MAIL, who)
    return [(member_id, Destination(channel, place)) for member_id, channel, place in found if place]


# Built once: building them costs more than running them, and each post asks for both.
_AUTHOR: BindParameter[int] = bindparam("author_id")


def _chosen(statement: Any, channel: ColumnElement[str] | InstrumentedAttribute[str], usual: str) -> Select[Any]:
    """Those of the author's followers who are told at once in a channel, by their own choice or as is usual."""
    of_all = and_(Telling.member_id == Member.id, Telling.channel == channel, Telling.what == POSTS)
    of_one = and_(TellingOf.member_id == Member.id, TellingOf.author_id == _AUTHOR, TellingOf.channel == channel)
    chosen: Select[Any] = (
        statement.outerjoin(Telling, of_all)
        .outerjoin(TellingOf, of_one)
        .where(
            Follow.followed_id == _AUTHOR,
            Member.status == "active",
            func.coalesce(TellingOf.how, Telling.how, usual) == AT_ONCE,
            told_by(Member.id, _AUTHOR),
        )
    )
    return chosen


_FIRST_ADDRESS = (
    select(Address.address)
    .where(Address.member_id == Member.id, Address.verified_at.is_not(None))
    .order_by(Address.id)
    .limit(1)
    .scalar_subquery()
)
_IN_CHATS = _chosen(
    select(Member.id, LinkedAccount.channel, LinkedAccount.place)
    .join(Follow, Follow.follower_id == Member.id)
    .join(LinkedAccount, and_(LinkedAccount.member_id == Member.id, LinkedAccount.status == "active")),
    LinkedAccount.channel,
    AT_ONCE,
)
_BY_MAIL = _chosen(
    select(Member.id, literal(MAIL), _FIRST_ADDRESS).join(Follow, Follow.follower_id == Member.id),
    literal(MAIL),
    DIGEST,
)
