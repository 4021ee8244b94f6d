"""What a member chooses about themselves: how they are shown, when and where they are told things."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.errors import Conflict, Invalid, NotFound
from gateway.core.people import accounts, choices, digest, quiet
from gateway.core.people.accounts import check_time_zone
from gateway.core.store.models import Address, LinkedAccount, Member
from gateway.core.words import LANGUAGES, later

TIMELINE_REPLIES = ("all", "followed", "none")
DIGESTS = ("off", "daily", "weekly")
LONGEST_NAME, LONGEST_BIO = 60, 1000


@dataclass(frozen=True, slots=True)
class Preferences:
    """Everything a member may choose. Weekdays count from Monday, 0; hours are of the member's own time zone."""

    display_name: str
    bio: str
    time_zone: str
    language: str  # empty: the community's
    tell: Mapping[tuple[str, str], str]  # channel and what → how; of what is not named nothing is changed
    quiet: tuple[int, int] | None
    confirmations: bool
    ask_first: bool
    timeline_replies: str
    digest: str
    digest_weekday: int
    digest_hour: int
    micro_monday: bool
    recommendable: bool


def change(session: Session, member: Member, chosen: Preferences, now: datetime) -> None:
    """Changes what the member is shown as and told. Raises Invalid, and then nothing is changed."""
    check_time_zone(chosen.time_zone)
    name, bio = " ".join(chosen.display_name.split()), chosen.bio.strip()
    if len(name) > LONGEST_NAME or len(bio) > LONGEST_BIO:
        raise Invalid(
            later(
                "A name holds up to {longest_name} characters, a few words about you up to {longest_bio}.",
                longest_name=LONGEST_NAME,
                longest_bio=LONGEST_BIO,
            ),
            hint=later("Nothing was saved."),
        )
    listed = (
        (chosen.timeline_replies, TIMELINE_REPLIES),
        (chosen.digest, DIGESTS),
        (chosen.language, ("", *LANGUAGES)),
    )
    if any(choice not in there for choice, there in listed):
        raise Invalid(later("There is no such choice."), hint=later("Nothing was saved."))
    if not (0 <= chosen.digest_weekday <= 6 and 0 <= chosen.digest_hour <= 23):
        raise Invalid(later("There is no such day or hour."), hint=later("Nothing was saved."))
    was = (member.quiet_from, member.quiet_until, member.time_zone)
    digest.keep(
        member,
        now,
        cadence=chosen.digest,
        weekday=chosen.digest_weekday,
        hour=chosen.digest_hour,
        time_zone=chosen.time_zone,
    )
    member.display_name, member.bio, member.language = name, bio, chosen.language
    quiet.keep(member, chosen.quiet)
    if was != (member.quiet_from, member.quiet_until, member.time_zone):
        quiet.over(session, member, now)
    member.confirmations, member.ask_first = chosen.confirmations, chosen.ask_first
    member.micro_monday, member.recommendable = chosen.micro_monday, chosen.recommendable
    member.timeline_replies = chosen.timeline_replies
    before = choices.of_member(session, member)
    for (channel, what), how in chosen.tell.items():
        if before.how(channel, what) != how:  # what is as usual stays so, and goes on to follow what is linked
            choices.choose(session, member, channel, what, how, now, revive=False)


def remove_address(session: Session, member: Member, address_id: int) -> str:
    """Takes an address from the member and returns it. Raises NotFound, Conflict for the last verified one."""
    address = own_address(session, member, address_id)
    others = select(func.count()).where(
        Address.member_id == member.id, Address.verified_at.is_not(None), Address.id != address.id
    )
    if not session.scalar(others):
        raise Conflict(
            later("This is your only address."), hint=later("Add another one first; without it you could not sign in.")
        )
    session.delete(address)
    return address.address


def own_address(session: Session, member: Member, address_id: int) -> Address:
    """One of the member's addresses. Raises NotFound."""
    address = session.get(Address, address_id)
    if address is None or address.member_id != member.id:
        raise NotFound(later("You have no such address."), hint=later("Nothing was changed."))
    return address


def unlink_named(session: Session, member: Member, which: str) -> LinkedAccount:
    """Forgets the chat that a channel's name, or a number among the member's chats, stands for. Raises NotFound, Conflict for one of several."""
    mine = accounts.linked(session, member.id)
    if which.isdecimal():
        found = [one for number, one in enumerate(mine, 1) if str(number) == which.lstrip("0")]
    else:
        found = [one for one in mine if one.channel == which.lower()]
    if not found:
        raise NotFound(
            later("There is no such chat."), hint=later("Nothing was changed. Send `unlink` by mail to see them.")
        )
    if len(found) > 1:
        numbers = ", ".join(str(mine.index(one) + 1) for one in found)
        raise Conflict(
            later("There are several such chats."),
            hint=later("Name one by its number: {numbers}. Nothing was changed.", numbers=numbers),
        )
    session.delete(found[0])
    session.flush()
    return found[0]


def unlink_own(session: Session, member: Member, linked_id: int) -> str:
    """Forgets one of the member's chats and returns its channel. Raises NotFound."""
    linked = session.get(LinkedAccount, linked_id)
    if linked is None or linked.member_id != member.id:
        raise NotFound(later("You have no such chat."), hint=later("Nothing was changed."))
    session.delete(linked)
    return linked.channel
