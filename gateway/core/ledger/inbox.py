"""The inbox: whatever came in, stored raw before it was acknowledged, each row ending in exactly one visible outcome.

    received ──claim──▶ claimed ──finish──▶ one outcome of OUTCOMES
        ▲                 │ │
        └──── defer ──────┘ └── lease over: claimed again, or `dead` after MAX_ATTEMPTS claims

Invariants
- A row exists before the sender was told that we have the message; (channel, unique_key) makes a second delivery harmless.
- A claim commits its attempt before anything is read, so a message that kills its reader is counted.
- Rows of one ordering key are claimed oldest first, one at a time.
- `finish` and `defer` name the fence of their claim; after the lease went to another process they raise `LostLease`, and with that
  everything applied in the same transaction is undone. So an outcome and its effects are one commit.
- Parts of an album wait in `due_at` until no further part came for ALBUM_QUIET; the oldest is claimed and the others are merged into it.

What SIGKILL leaves behind: rows `received` (processed at the next start) or `claimed` (claimed again once the lease is over). Prepared
files that no row names are swept. Nobody else needs to mend anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Integer, Table, bindparam, exists, func, select, update
from sqlalchemy.orm import Session

from gateway.core.errors import Conflict, NotFound
from gateway.core.store.at_once import insert_many_if_new
from gateway.core.store.bell import ring_for
from gateway.core.store.models import Inbound, Post
from gateway.core.store.sql import Claimable, changed, insert_if_new

OUTCOMES = frozenset(
    {
        "published",
        "edited",
        "deleted",
        "replied",
        "answered",
        "held",
        "merged",
        "recorded",
        "ignored",
        "rejected",
        "dead",
    }
)
OPEN = ("received", "claimed")
# A row of these that names a post has made it; one kept as a draft, or for later, is answered. Others have changed a post that was there.
MADE_A_POST = frozenset({"published", "replied", "answered"})
MAX_ATTEMPTS = 3
ALBUM_QUIET = timedelta(seconds=2.5)
ALBUM_LONGEST = timedelta(seconds=10)


class LostLease(Conflict):
    """The claim went to another process; what was done under it is undone."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as a door hands it over. `raw` or `raw_blob` holds its bytes; `envelope` whatever else the door knows, as JSON."""

    channel: str
    unique_key: str
    ordering_key: str
    raw: bytes | None = None
    raw_blob: str | None = None
    raw_size: int = 0
    recipient: str = ""
    sender: str = ""
    envelope: dict[str, Any] = field(default_factory=dict)
    album: str | None = None
    member_id: int | None = None  # whose message it is, where the door knows
    edit_of: str | None = None  # of an edit: the message that it changes, as `message_key` names it


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that this process may work on until `lease_until`."""

    id: int
    channel: str
    fence: int
    attempts: int
    lease_until: datetime | None
    recipient: str
    sender: str
    envelope: dict[str, Any]
    raw: bytes | None
    raw_blob: str | None
    album: str | None
    received_at: datetime


def store(session: Session, arrival: Arrival, now: datetime) -> int | None:
    """The new row's id, or None when this message is here already."""
    ring_for(session, "inbox")
    row_id = insert_if_new(session, Inbound, _row(arrival, now))
    if row_id is not None and arrival.album:
        _wait_for_album(session, arrival, now)
    return row_id


def store_many(session: Session, arrivals: Sequence[Arrival], now: datetime) -> int:
    """Several messages, none of them part of an album, in one statement; how many were new. Those that are here already change nothing."""
    ring_for(session, "inbox")
    return insert_many_if_new(session, Inbound, [_row(arrival, now) for arrival in arrivals])


def _row(arrival: Arrival, now: datetime) -> dict[str, Any]:
    return {
        "channel": arrival.channel,
        "unique_key": arrival.unique_key,
        "ordering_key": arrival.ordering_key,
        "recipient": arrival.recipient,
        "sender": arrival.sender,
        "envelope": arrival.envelope,
        "raw": arrival.raw,
        "raw_blob": arrival.raw_blob,
        "raw_size": arrival.raw_size or len(arrival.raw or b""),
        "status": "received",
        "attempts": 0,
        "fence": 0,
        "due_at": now,
        "received_at": now,
        "reason": "",
        "album": arrival.album,
        "edit_of": arrival.edit_of,
        "member_id": arrival.member_id,
    }


def _wait_for_album(session: Session, arrival: Arrival, now: datetime) -> None:
    parts = (Inbound.channel == arrival.channel, Inbound.album == arrival.album, Inbound.status == "received")
    first = session.scalar(select(func.min(Inbound.received_at)).where(*parts)) or now
    session.execute(update(Inbound).where(*parts).values(due_at=min(now + ALBUM_QUIET, first + ALBUM_LONGEST)))


def claim(
    session: Session,
    now: datetime,
    *,
    limit: int,
    lease: timedelta,
    among: Claimable | None = None,
    given_up: Callable[[int], None] = lambda row_id: None,
) -> list[Claim]:
    """Up to `limit` due rows, the oldest of each ordering key, their attempts counted. Gives up on rows tried MAX_ATTEMPTS times.

    `among` are the rows that are looked at (`due`), all of them by default. `given_up` is called with each row that is dead now.
    """
    claims, dead = [], []
    for row in (among or _ALL).rows(session, now=now, most=limit):
        if row.attempts >= MAX_ATTEMPTS:
            dead.append(row)
        else:
            taken = _claim(row)
            claims.append(replace(taken, fence=taken.fence + 1, attempts=taken.attempts + 1, lease_until=now + lease))
    if claims:
        until = {"ids": [held.id for held in claims], "until": now + lease}
        session.connection().execute(_TAKE, until)
    for row in dead:
        reason = f"Postroom tried {row.attempts} times and did not survive reading it. Nothing was published."
        values = {"status": "dead", "finished_at": now, "reason": reason}
        session.execute(update(Inbound).where(Inbound.id == row.id).values(values))
        given_up(row.id)
    return claims


def due(where: ColumnElement[bool] | None = None) -> Claimable:
    """The rows that are due among those that `where` allows, for `claim`."""
    row, earlier = _TABLE.c, _TABLE.alias("earlier")
    now: ColumnElement[datetime] = bindparam("now")
    is_due = ((row.status == "received") & (row.due_at <= now)) | ((row.status == "claimed") & (row.lease_until <= now))
    waits = exists().where(
        earlier.c.ordering_key == row.ordering_key, earlier.c.status.in_(OPEN), earlier.c.id < row.id
    )
    statement = select(_TABLE).where(is_due & ~waits).order_by(row.id).limit(bindparam("most", type_=Integer))
    return Claimable(statement if where is None else statement.where(where))


_TABLE = cast("Table", Inbound.__table__)
_ALL = due()
_TAKE = (
    update(_TABLE)
    .where(_TABLE.c.id.in_(bindparam("ids", expanding=True)))
    .values(status="claimed", attempts=_TABLE.c.attempts + 1, fence=_TABLE.c.fence + 1, lease_until=bindparam("until"))
)
_HELD = update(_TABLE).where(
    _TABLE.c.id == bindparam("held_id"), _TABLE.c.fence == bindparam("held_fence"), _TABLE.c.status == "claimed"
)


def _claim(row: Any) -> Claim:
    return Claim(
        id=row.id,
        channel=row.channel,
        fence=row.fence,
        attempts=row.attempts,
        lease_until=row.lease_until,
        recipient=row.recipient,
        sender=row.sender,
        envelope=row.envelope,
        raw=row.raw,
        raw_blob=row.raw_blob,
        album=row.album,
        received_at=row.received_at,
    )


def album_parts(session: Session, held: Claim) -> list[Claim]:
    """The other parts of the claimed part's album, in the order they came."""
    statement = select(Inbound).where(
        Inbound.channel == held.channel,
        Inbound.album == held.album,
        Inbound.status == "received",
        Inbound.id != held.id,
    )
    return [_claim(row) for row in session.scalars(statement.order_by(Inbound.id))]


def album_post(session: Session, held: Claim) -> int | None:
    """The post that the earlier parts of the claimed part's album have made, when it came too late to be one of them."""
    statement = select(Inbound.post_id).where(
        Inbound.channel == held.channel,
        Inbound.album == held.album,
        Inbound.status.in_(MADE_A_POST),
        Inbound.post_id.is_not(None),
        Inbound.id != held.id,
    )
    return session.scalar(statement.order_by(Inbound.id).limit(1))


def message_key(place: str, external_id: str) -> str:
    """A platform's message as `edit_of` names it."""
    return f"{place}:{external_id}"


def early_edits(session: Session, channel: str, key: str) -> list[Claim]:
    """Edits of a message that came before it and so had changed nothing, oldest first."""
    statement = select(Inbound).where(
        Inbound.edit_of == key, Inbound.channel == channel, Inbound.status == "ignored", Inbound.post_id.is_(None)
    )
    return [_claim(row) for row in session.scalars(statement.order_by(Inbound.id))]


def finish(
    session: Session,
    held: Claim,
    outcome: str,
    now: datetime,
    *,
    reason: str = "",
    member_id: int | None = None,
    post_id: int | None = None,
) -> None:
    """Ends the row in `outcome`, in the transaction that did what it says; a member that is known stays. Raises LostLease."""
    assert outcome in OUTCOMES, outcome
    known = {} if member_id is None else {"member_id": member_id}
    ring_for(session, "inbox")  # the next of this ordering key may go
    _update_held(
        session,
        held,
        status=outcome,
        reason=reason,
        post_id=post_id,
        finished_at=now,
        lease_until=None,
        **known,
    )


def renew(session: Session, held: Claim, until: datetime) -> None:
    """Keeps a message that is still being read from looking abandoned. Raises LostLease."""
    _update_held(session, held, lease_until=until)


def finish_part(session: Session, part_id: int, now: datetime, *, post_id: int | None) -> bool:
    """Marks an album's further part, or an edit that came first, as merged into the post; False when it was taken meanwhile."""
    done = changed(
        session,
        update(Inbound)
        .where(Inbound.id == part_id, Inbound.status.in_(("received", "ignored")))
        .values(status="merged", finished_at=now, post_id=post_id),
    )
    return bool(done)


def defer(session: Session, held: Claim, until: datetime, *, reason: str, counts: bool = True) -> None:
    """Puts the row back until a later time; `counts=False` takes the attempt back (nothing was wrong with the message)."""
    ring_for(session, "inbox")
    attempts = held.attempts if counts else held.attempts - 1
    _update_held(session, held, status="received", due_at=until, reason=reason, lease_until=None, attempts=attempts)


def _update_held(session: Session, held: Claim, **values: Any) -> None:
    session.flush()
    done = session.connection().execute(_HELD, {"held_id": held.id, "held_fence": held.fence, **values})
    if not done.rowcount:
        raise LostLease(f"Inbound message {held.id} was taken over by another process.")


def replay(session: Session, row_id: int, now: datetime) -> None:
    """Has the row processed again. Raises NotFound, and Conflict when the post that it made is there, published, waiting or a draft."""
    row = _locked(session, row_id)
    if row.status in OPEN:
        raise Conflict(f"Inbound message {row_id} is waiting to be processed already.")
    if row.status == "merged":
        raise Conflict(
            f"Inbound message {row_id} is part of an album.", hint="Replay the part that made the post instead."
        )
    post = session.get(Post, row.post_id) if row.post_id is not None else None
    if row.status in MADE_A_POST and post is not None and post.status != "deleted":
        raise Conflict(
            f"Inbound message {row_id} has made the {'draft' if post.status == 'draft' else 'post'} [{post.short_reference}] already.",
            hint="Delete that one first, or there would be two.",
        )
    _again(row, now)


def release(session: Session, row_id: int, now: datetime) -> None:
    """Has a held row processed as one whose sender was confirmed, or one that was ignored as automatic as one that a person wrote.

    Raises NotFound, Conflict when it is neither.
    """
    row = _locked(session, row_id)
    if row.status != "held" and not (row.status == "ignored" and row.envelope.get("automatic")):
        raise Conflict(
            f"Inbound message {row_id} is {row.status}; only a held one, or one ignored as automatic, can be released."
        )
    _again(row, now)
    row.envelope = {**without_excerpt(row.envelope), "released": True}


def discard(session: Session, row_id: int, now: datetime, *, reason: str) -> None:
    """Ends a held, waiting or dead row as rejected. Raises NotFound, Conflict."""
    row = _locked(session, row_id)
    if row.status not in {"held", "received", "dead"}:
        raise Conflict(f"Inbound message {row_id} is {row.status}; only a held, waiting or dead one can be discarded.")
    row.status, row.reason, row.finished_at = "rejected", reason, now
    row.envelope = without_excerpt(row.envelope)


def without_excerpt(envelope: dict[str, Any]) -> dict[str, Any]:
    """What the door knew, without the words that were shown in a question: they are kept no longer than it is open."""
    return {name: value for name, value in envelope.items() if name != "excerpt"}


def _locked(session: Session, row_id: int) -> Inbound:
    """The row, which nobody else claims meanwhile."""
    ring_for(session, "inbox")
    row = session.get(Inbound, row_id, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no inbound message {row_id}.")
    return row


def _again(row: Inbound, now: datetime) -> None:
    if row.raw is None and row.raw_blob is None:
        raise Conflict(f"Inbound message {row.id} can't be processed again: its content is no longer kept.")
    row.status, row.attempts, row.due_at, row.reason, row.finished_at = "received", 0, now, "", None
