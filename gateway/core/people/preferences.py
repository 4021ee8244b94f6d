"""What a member chooses about themselves: how they are shown, when and where they are told things."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.errors import Conflict, Invalid, NotFound
from gateway.core.people.accounts import check_time_zone
from gateway.core.store.models import Address, LinkedAccount, Member

TELL_BY = ("auto", "mail", "both", "none")
TIMELINE_REPLIES = ("all", "followed", "none")
DIGESTS = ("off", "daily", "weekly")
LONGEST_NAME, LONGEST_BIO = 60, 1000


@dataclass(frozen=True, slots=True)
class Preferences:
    """Everything a member may choose. Weekdays count from Monday, 0; hours are of the member's own time zone."""

    display_name: str
    bio: str
    time_zone: str
    tell_by: str
    tell_replies: bool
    tell_posts: bool
    confirmations: bool
    timeline_replies: str
    digest: str
    digest_weekday: int
    digest_hour: int
    micro_monday: bool


def change(member: Member, chosen: Preferences) -> None:
    """Changes what the member is shown as and told. Raises Invalid, and then nothing is changed."""
    check_time_zone(chosen.time_zone)
    name, bio = " ".join(chosen.display_name.split()), chosen.bio.strip()
    if len(name) > LONGEST_NAME or len(bio) > LONGEST_BIO:
        raise Invalid(
            f"A name holds up to {LONGEST_NAME} characters, a few words about you up to {LONGEST_BIO}.",
            hint="Nothing was saved.",
        )
    choices = (
        (chosen.tell_by, TELL_BY),
        (chosen.timeline_replies, TIMELINE_REPLIES),
        (chosen.digest, DIGESTS),
    )
    if any(choice not in there for choice, there in choices):
        raise Invalid("There is no such choice.", hint="Nothing was saved.")
    if not (0 <= chosen.digest_weekday <= 6 and 0 <= chosen.digest_hour <= 23):
        raise Invalid("There is no such day or hour.", hint="Nothing was saved.")
    member.display_name, member.bio, member.time_zone = name, bio, chosen.time_zone
    member.tell_by, member.tell_replies, member.tell_posts = chosen.tell_by, chosen.tell_replies, chosen.tell_posts
    member.confirmations, member.micro_monday = chosen.confirmations, chosen.micro_monday
    member.timeline_replies, member.digest = chosen.timeline_replies, chosen.digest
    member.digest_weekday, member.digest_hour = chosen.digest_weekday, chosen.digest_hour


def remove_address(session: Session, member: Member, address_id: int) -> str:
    """Takes an address from the member and returns it. Raises NotFound, Conflict for the last verified one."""
    address = own_address(session, member, address_id)
    others = select(func.count()).where(
        Address.member_id == member.id, Address.verified_at.is_not(None), Address.id != address.id
    )
    if not session.scalar(others):
        raise Conflict("This is your only address.", hint="Add another one first; without it you could not sign in.")
    session.delete(address)
    return address.address


def own_address(session: Session, member: Member, address_id: int) -> Address:
    """One of the member's addresses. Raises NotFound."""
    address = session.get(Address, address_id)
    if address is None or address.member_id != member.id:
        raise NotFound("You have no such address.", hint="Nothing was changed.")
    return address


def unlink_own(session: Session, member: Member, linked_id: int) -> str:
    """Forgets one of the member's chats and returns its channel. Raises NotFound."""
    linked = session.get(LinkedAccount, linked_id)
    if linked is None or linked.member_id != member.id:
        raise NotFound("You have no such chat.", hint="Nothing was changed.")
    session.delete(linked)
    return linked.channel
