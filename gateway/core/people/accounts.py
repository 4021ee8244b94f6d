"""Members: how they join, the addresses and chats they are known by, and where they are told things."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from unicodedata import normalize
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Table, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from gateway.core.errors import Conflict, Invalid, NotFound
from gateway.core.people.domains import a_label
from gateway.core.people.names import is_name, is_reserved
from gateway.core.people.tokens import Keyring, hash_token, mint, new_secret
from gateway.core.store.models import Address, LinkedAccount, Member, Name, OneTimeToken
from gateway.core.store.sql import changed, insert_if_new
from gateway.core.words import later

Randomness = Callable[[int], bytes]

INVITATION_LASTS = timedelta(days=14)
SIGN_IN_LASTS = timedelta(minutes=15)
LINKING_LASTS = timedelta(minutes=10)
VERIFYING_LASTS = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Destination:
    """One place where a member is told things: a mail address, or a private chat."""

    channel: str
    recipient: str


def claim_name(session: Session, name: str, now: datetime) -> str:
    """Takes a name for good and returns it case-folded. Raises Invalid, Conflict."""
    name = check_name(name)
    if insert_if_new(session, Name, {"name": name, "created_at": now}) is None:
        raise _taken(name)
    return name


def check_name(name: str) -> str:
    """The name case-folded, if anybody may be called so. Raises Invalid, Conflict."""
    name = name.strip().lower().removeprefix("@")
    if not is_name(name):
        raise Invalid(
            later("“{name}” can't be a name.", name=name),
            hint=later("Names are 2 to 32 letters a-z, digits and underscores."),
        )
    if is_reserved(name):
        raise _taken(name)
    return name


def _taken(name: str) -> Conflict:
    return Conflict(later("The name {name} is taken.", name=name), hint=later("Choose another one."))


def join(
    session: Session,
    *,
    handle: str,
    address: str,
    now: datetime,
    display_name: str = "",
    time_zone: str = "UTC",
    language: str = "",
    role: str = "member",
) -> Member:
    """A new member whose mail address is verified already. Raises Invalid, Conflict; makes no blog."""
    check_time_zone(time_zone)
    handle = claim_name(session, handle, now)
    member = Member(
        handle=handle,
        display_name=display_name.strip(),
        time_zone=time_zone,
        language=language,
        role=role,
        created_at=now,
    )
    session.add(member)
    session.flush()
    add_address(session, member, address, now, verified=True)
    return member


def check_time_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises Invalid."""
    if name not in available_timezones():
        raise Invalid(
            later("“{name}” is no time zone.", name=name),
            hint=later("Time zones look like Europe/Berlin or America/New_York."),
        )
    return ZoneInfo(name)


_APART = frozenset(" <>,;")  # what parts addresses from each other, or from names
_NOT_LOCAL = frozenset("@:")  # nor is `mailto:` of an address


def fold_address(address: str) -> str:
    """The address as it is compared (`compared`). Raises Invalid when it can't be one."""
    folded = compared(address)
    local, at, domain = folded.rpartition("@")
    wrong = not (local and at and domain) or len(folded) > 254 or not folded.isprintable()
    if wrong or not _APART.isdisjoint(folded) or not _NOT_LOCAL.isdisjoint(local):
        raise Invalid(
            later("“{address}” is no mail address.", address=address.strip()),
            hint=later("Write it like you@example.org."),
        )
    return folded


def compared(address: str) -> str:
    """In lower case and composed characters, without surrounding spaces; an international domain in its A-label form (RFC 5890).

    Not case-folded, which would make `groß@` somebody else's `gross@`.
    """
    local, at, domain = lowered(address.strip()).rpartition("@")
    return f"{local}{at}{a_label(domain)}"


def lowered(address: str) -> str:
    """In lower case and composed characters: how an author is written before anybody is looked for."""
    return normalize("NFC", address.lower())


def add_address(session: Session, member: Member, address: str, now: datetime, *, verified: bool) -> Address:
    """Adds a mail address to a member. Raises Invalid, Conflict when it belongs to somebody."""
    folded = fold_address(address)
    values = {"member_id": member.id, "address": folded, "verified_at": now if verified else None, "created_at": now}
    address_id = insert_if_new(session, Address, values)
    if address_id is None:
        raise Conflict(
            later("{folded} belongs to a member already.", folded=folded), hint=later("Use another address.")
        )
    return session.get_one(Address, address_id)


def by_handle(session: Session, handle: str) -> Member:
    """The active member of that handle, with or without `@`. Raises NotFound."""
    name = handle.strip().lower().removeprefix("@")
    member = session.scalar(select(Member).where(Member.handle == name, Member.status == "active"))
    if member is None:
        raise NotFound(later("There is no member called @{name}.", name=name))
    return member


def by_address(session: Session, address: str) -> Member | None:
    """The active member who has verified this address, or None."""
    statement = (
        select(Member)
        .join(Address)
        .where(Address.address == compared(address), Address.verified_at.is_not(None), Member.status == "active")
    )
    return session.scalar(statement)


def by_account(session: Session, channel: str, account: str) -> Member | None:
    """The active member whose chat account this is, or None."""
    statement = (
        select(Member)
        .join(LinkedAccount)
        .where(LinkedAccount.channel == channel, LinkedAccount.account == account, Member.status == "active")
    )
    return session.scalar(statement)


def chats(session: Session, member: Member) -> list[Destination]:
    """The linked chats that a member can be told things in now; where they want to be told what, people/choices knows."""
    mine = select(LinkedAccount).where(LinkedAccount.member_id == member.id, LinkedAccount.status == "active")
    return [Destination(one.channel, one.place) for one in session.scalars(mine.order_by(LinkedAccount.id))]


def mails(session: Session, member: Member) -> list[Destination]:
    """Where this member gets mail, whatever they choose to be told."""
    address = mail_address(session, member)
    return [Destination("email", address)] if address else []


def mail_address(session: Session, member: Member) -> str | None:
    """The member's first verified address."""
    statement = select(Address.address).where(Address.member_id == member.id, Address.verified_at.is_not(None))
    return session.scalar(statement.order_by(Address.id).limit(1))


def is_chat_of(session: Session, member: Member, channel: str, place: str) -> bool:
    """Whether this is a linked chat of the member that may be told things now."""
    where = (
        LinkedAccount.member_id == member.id,
        LinkedAccount.channel == channel,
        LinkedAccount.place == place,
        LinkedAccount.status == "active",
    )
    return session.scalar(select(LinkedAccount.id).where(*where).limit(1)) is not None


def seen(session: Session, member_id: int, now: datetime) -> None:
    """Notes that the member was here, so that a digest may be spared."""
    session.connection().execute(_SEEN, {"seen_id": member_id, "last_seen_at": now})


_SEEN = update(cast("Table", Member.__table__)).where(Member.id == bindparam("seen_id"))


# Secrets that work once


def issue_token(
    session: Session, purpose: str, subject: dict[str, Any], now: datetime, lasts: timedelta, randomness: Randomness
) -> str:
    """A secret that `use_token` accepts once until it expires; only its hash is kept."""
    secret = new_secret(randomness)
    session.add(
        OneTimeToken(hash=hash_token(secret), purpose=purpose, subject=subject, created_at=now, expires_at=now + lasts)
    )
    return secret


def issue_mailed_token(
    session: Session,
    keyring: Keyring,
    purpose: str,
    subject: dict[str, Any],
    now: datetime,
    lasts: timedelta,
    randomness: Randomness,
) -> int:
    """A nonce from which `mailed_secret` makes the secret again when the mail is rendered: no row ever holds the secret itself."""
    nonce = int.from_bytes(randomness(8), "big") >> 1
    row_hash = hash_token(mailed_secret(keyring, purpose, nonce))
    session.add(OneTimeToken(hash=row_hash, purpose=purpose, subject=subject, created_at=now, expires_at=now + lasts))
    return nonce


def mailed_secret(keyring: Keyring, purpose: str, nonce: int) -> str:
    """The secret of a mailed link."""
    return mint(keyring, f"mailed {purpose}", nonce)


def look_at_token(session: Session, purpose: str, secret: str, now: datetime) -> dict[str, Any]:
    """What the secret stands for, without using it up (a GET must change nothing). Raises NotFound."""
    row = session.get(OneTimeToken, hash_token(secret.strip()))
    if row is None or row.purpose != purpose or row.used_at is not None or row.expires_at <= now:
        raise NotFound(later("This link or code does not work any more."), hint=later("Ask for a new one."))
    return row.subject


def use_token(session: Session, purpose: str, secret: str, now: datetime) -> dict[str, Any]:
    """What the secret stands for; it never works again. Raises NotFound for wrong, used and expired alike."""
    subject = look_at_token(session, purpose, secret, now)
    once = update(OneTimeToken).where(OneTimeToken.hash == hash_token(secret.strip()), OneTimeToken.used_at.is_(None))
    if not changed(session, once.values(used_at=now)):
        raise NotFound(later("This link or code does not work any more."), hint=later("Ask for a new one."))
    return subject


# Linked chats


def link_code(session: Session, member: Member, channel: str, now: datetime, randomness: Randomness) -> str:
    """A code that links a chat account to this member: 10 minutes, once. Earlier codes for the channel die."""
    session.execute(
        delete(OneTimeToken).where(
            OneTimeToken.purpose == f"link:{channel}", OneTimeToken.subject["member_id"].as_integer() == member.id
        )
    )
    return issue_token(session, f"link:{channel}", {"member_id": member.id}, now, LINKING_LASTS, randomness)


def owner_of_code(session: Session, channel: str, code: str, now: datetime) -> Member:
    """The member whose linking code this is; it works still. Raises NotFound."""
    return session.get_one(Member, look_at_token(session, f"link:{channel}", code, now)["member_id"])


def link(
    session: Session, channel: str, account: str, place: str, code: str, now: datetime, *, shown_as: str = ""
) -> Member:
    """Links a chat account to the member whose code this is. Raises NotFound, Conflict."""
    subject = use_token(session, f"link:{channel}", code, now)
    member = session.get_one(Member, subject["member_id"])
    taken = session.scalar(
        select(LinkedAccount).where(LinkedAccount.channel == channel, LinkedAccount.account == account)
    )
    if taken is not None and taken.member_id != member.id:
        raise Conflict(
            later("This chat account is linked to another member."), hint=later("Send `unlink` there first.")
        )
    if taken is None:
        taken = LinkedAccount(member_id=member.id, channel=channel, account=account, place=place, created_at=now)
        session.add(taken)
    taken.place, taken.status, taken.paused_reason, taken.shown_as = place, "active", "", shown_as
    session.flush()
    return member


def linked(session: Session, member_id: int) -> Sequence[LinkedAccount]:
    """A member's chats, in the order in which they were linked."""
    mine = select(LinkedAccount).where(LinkedAccount.member_id == member_id)
    return session.scalars(mine.order_by(LinkedAccount.id)).all()


def pause_link(
    session: Session, channel: str, place: str, reason: Literal["blocked", "left", "gone", "removed"]
) -> Sequence[LinkedAccount]:
    """Stops telling a chat things until it is resumed: they blocked the bot, or it was put out. The links that were not paused before."""
    where = (LinkedAccount.channel == channel, LinkedAccount.place == place, LinkedAccount.status == "active")
    found = session.scalars(select(LinkedAccount).where(*where).with_for_update()).all()
    for linked in found:
        linked.status, linked.paused_reason = "paused", reason
    session.flush()
    return found


def resume_link(session: Session, channel: str, account: str) -> None:
    """Tells the chat things again; nothing when it is not paused."""
    where = (LinkedAccount.channel == channel, LinkedAccount.account == account, LinkedAccount.status == "paused")
    session.execute(update(LinkedAccount).where(*where).values(status="active", paused_reason=""))


def count_members(session: Session) -> int:
    """How many members there are: for the operator's first start, shown to nobody else."""
    return session.scalar(select(func.count()).select_from(Member)) or 0
