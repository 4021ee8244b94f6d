"""What becomes of people whom a list names: those who said no are settled first, then who is subscribed.

What we know ourselves goes before what a list says: nobody who left here, was erased here or is not mailed comes back by an import, and who subscribed here
stays, unless the list tells that they said no later. Each unit stands for itself and leaves what is there already; a dry run only reads.

What a list can do and tell depends on who brings it. The operator's ends all mail to addresses that bounced or complained elsewhere, but for those that we know
ourselves to be good, and it tells whom we do not mail. An owner's tells and changes nothing but their own blog's: any member can have a list with
any address in it, and must neither learn from it whether others know the address, nor keep others from mailing it. So whoever is not mailed by us is taken
from it like a stranger, and the hand-over sees to it that no copy leaves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.core.audience.columns import Person, Standing
from gateway.core.audience.gathering import Found
from gateway.core.audience.subscribers import CONFIRMING_LASTS, UNKNOWN, confirmed_here, drop_copies
from gateway.core.audience.suppression import (
    Reason,
    address_hash,
    keep_out,
    kept_out,
    suppress_many,
    suppressed_among,
)
from gateway.core.audience.wishes import CADENCES
from gateway.core.people.tokens import Keyring
from gateway.core.store.at_once import insert_many_if_new
from gateway.core.store.db import Database
from gateway.core.store.models import Address, Blog, Subscriber, SubscriberCategory

OUTCOMES = {
    "taken": "Subscribed now.",
    "already": "Subscribed here already.",
    "waiting": "Asked here, and has not confirmed yet. Left as it is.",
    "left": "Left here. Who left comes back by subscribing themselves.",
    "kept out": "Not to be mailed, or erased here at their wish.",
    "unconfirmed": "Never confirmed there. They may subscribe here themselves.",
    "unknown": "The file does not say in words known here that they are subscribed.",
    "unsubscribed": "Left there, and is remembered as one who left here.",
    "not mailed": "Bounced, complained or was blocked there. No list brings them here.",
    "ended": "Was subscribed here, and said no there later or bounced there. Not subscribed any more.",
    "stays": "Said no or bounced there, but is known here. Left as it is.",
    "double": "The same address stands in another line.",
    "wrong": "This line can't be used.",
}
NO: tuple[Standing, ...] = ("unsubscribed", "bounced", "complained", "blocked")
_REASONS: Mapping[Standing, Reason] = {"bounced": "hard bounce", "complained": "complaint", "blocked": "asked"}


@dataclass(frozen=True, slots=True)
class Import:
    """One import into one blog."""

    database: Database
    keyring: Keyring
    blog_id: int
    cadence: str  # of whom the file tells none
    now: datetime
    dry_run: bool
    operator: bool  # brings it, and not the blog's owner


@dataclass(frozen=True, slots=True)
class _Here:
    """A subscription that is there."""

    id: int
    status: str
    asked_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one person: `what` is one of OUTCOMES."""

    found: Found
    what: str
    row_id: int | None = None  # of a subscription that ends
    barred: bool = False  # from now on
    why: str = ""


Settle = Callable[[Import, Sequence[Found]], list[Settled]]


def settle_no(work: Import, people: Sequence[Found]) -> list[Settled]:
    """Those who said no: they are subscribed no longer, and an address that must not be mailed is not mailed."""
    with work.database.read() as session:
        proven = _proven(session, work, people) if work.operator else set()

    def unit(session: Session) -> list[Settled]:
        known = _known(session, work, people)
        barred = _barred(session, work, [one.person.address for one in people if one.person.standing == "unsubscribed"])
        settled = [_no(one, known.get(one.person.address), proven, barred) for one in people]
        if not work.dry_run:
            _save_no(session, work, settled, known)
        return settled

    return _ran(work, unit)


def _no(one: Found, row: _Here | None, proven: set[str], barred: Mapping[str, str]) -> Settled:
    address = one.person.address
    if row is not None and row.status == "active":
        if not _said_no_later(row, one.person):
            return Settled(one, "stays")
        return Settled(one, "ended", row.id, one.person.standing in _REASONS and address not in proven)
    if one.person.standing == "unsubscribed":
        kept_out = row is None and address in barred  # then a row would bring back an address that was erased
        return Settled(one, "kept out" if kept_out else "unsubscribed")
    return Settled(one, "stays") if address in proven else Settled(one, "not mailed", barred=True)


def _said_no_later(row: _Here, person: Person) -> bool:
    """Whether a no elsewhere is later than the yes we have. Of a no without a date only who confirmed here is spared."""
    if person.left is not None:
        return person.left > row.asked_at
    return row.confirmed_at is not None and not confirmed_here(row.asked_at, row.confirmed_at)


def _save_no(session: Session, work: Import, settled: Sequence[Settled], known: Mapping[str, _Here]) -> None:
    left = [
        _row(work, one.found.person, "unsubscribed")
        for one in settled
        if one.what == "unsubscribed" and one.found.person.address not in known
    ]
    insert_many_if_new(session, Subscriber, left)
    ending = [one.row_id for one in settled if one.row_id is not None]
    if ending:
        leaving = update(Subscriber).where(Subscriber.id.in_(ending), Subscriber.status == "active")
        session.execute(leaving.values(status="unsubscribed", left_at=work.now))
        gone = [one.found.person.address for one in settled if one.row_id is not None]
        drop_copies(session, work.blog_id, gone, work.now)
    reasons = {one.found.person.address: _REASONS[one.found.person.standing] for one in settled if one.barred}
    if work.operator:
        suppress_many(session, work.keyring, reasons, work.now)
    else:
        keep_out(session, work.keyring, work.blog_id, reasons, work.now)


def settle_yes(work: Import, people: Sequence[Found]) -> list[Settled]:
    """Those who are subscribed there: new ones are subscribed here."""

    def unit(session: Session) -> list[Settled]:
        known = _known(session, work, people)
        barred = _barred(session, work, [one.person.address for one in people])
        settled = [_yes(one, known, barred) for one in people]
        if not work.dry_run:
            new = [one.found.person for one in settled if one.what == "taken"]
            insert_many_if_new(session, Subscriber, [_row(work, person, "active") for person in new])
            _choose(session, work, {person.address: person.categories for person in new if person.categories})
        return settled

    return _ran(work, unit)


def _choose(session: Session, work: Import, about: Mapping[str, Sequence[str]]) -> None:
    """The categories of people who are new. They are the owner's words, and may be of posts that come here later."""
    new = select(Subscriber.id, Subscriber.address).where(
        Subscriber.blog_id == work.blog_id, Subscriber.address.in_(about)
    )
    rows = [
        {"subscriber_id": row_id, "name": name}
        for row_id, address in (session.execute(new) if about else ())
        for name in about[address]
    ]
    insert_many_if_new(session, SubscriberCategory, rows)


def _yes(one: Found, known: Mapping[str, _Here], barred: Mapping[str, str]) -> Settled:
    row = known.get(one.person.address)
    if row is not None:
        return Settled(one, {"active": "already", "pending": "waiting"}.get(row.status, "left"))
    if one.person.address in barred:
        return Settled(one, "kept out", why=f"{OUTCOMES['kept out']} ({barred[one.person.address]})")
    return Settled(one, "taken")


def leave_out(work: Import, people: Sequence[Found]) -> list[Settled]:
    """Those of whom nobody knows that they said yes."""
    return [Settled(one, one.person.standing) for one in people]


def _ran(work: Import, unit: Callable[[Session], list[Settled]]) -> list[Settled]:
    """Through the writer; a dry run only reads."""
    if not work.dry_run:
        return work.database.writer.run(unit)
    with work.database.read() as session:
        return unit(session)


def _known(session: Session, work: Import, people: Sequence[Found]) -> dict[str, _Here]:
    addresses = [one.person.address for one in people]
    columns = (Subscriber.address, Subscriber.id, Subscriber.status, Subscriber.asked_at, Subscriber.confirmed_at)
    found = select(*columns).where(Subscriber.blog_id == work.blog_id, Subscriber.address.in_(addresses))
    return {
        address: _Here(row_id, status, asked_at, confirmed_at)
        for address, row_id, status, asked_at, confirmed_at in session.execute(found)
    }


def _barred(session: Session, work: Import, addresses: Sequence[str]) -> dict[str, str]:
    """Whom this list does not bring here, and why; an owner's goes by what their own blog knows."""
    barred = kept_out(session, work.keyring, work.blog_id, addresses)
    return barred | suppressed_among(session, work.keyring, addresses) if work.operator else barred


def _proven(session: Session, work: Import, people: Sequence[Found]) -> set[str]:
    """Whose address we know ourselves to be good and wanted: members', and those of other blogs' subscribers. No list may silence them everywhere."""
    addresses = [one.person.address for one in people if one.person.standing in _REASONS]
    members = select(Address.address).where(Address.address.in_(addresses), Address.verified_at.is_not(None))
    others = select(Subscriber.address).where(
        Subscriber.blog_id.in_(select(Blog.id).where(Blog.id != work.blog_id)),
        Subscriber.address.in_(addresses),
        Subscriber.status == "active",
    )
    return {*session.scalars(members), *session.scalars(others)} if addresses else set()


def _row(work: Import, person: Person, status: str) -> dict[str, object]:
    """`cadence_since` is why no issue reaches them that holds only posts from before the import."""
    told = person.since is not None and person.since < work.now - CONFIRMING_LASTS
    active = status == "active"
    return {
        "blog_id": work.blog_id,
        "address": person.address,
        "address_hash": address_hash(work.keyring, person.address),
        "hash_key": work.keyring.current,
        "status": status,
        "cadence": person.cadence if person.cadence in CADENCES else work.cadence,
        "asked_at": person.since if told else UNKNOWN,
        "confirmed_at": work.now if active else None,
        "left_at": None if active else min(person.left or work.now, work.now),
        "cadence_since": work.now if active else None,
        "source": "import",
    }
