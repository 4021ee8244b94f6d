"""What became of things, for operators and for `--json`: plain values, with secrets left out."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import false, func, literal, select, text
from sqlalchemy.orm import Session

from gateway.core.audience import suppression
from gateway.core.desk import history
from gateway.core.desk.sealing import SEALED
from gateway.core.errors import Invalid, NotFound
from gateway.core.ledger import amending, inbox, outbox
from gateway.core.people.tokens import Keyring, redacted_as_written
from gateway.core.store.blobs import Blobs
from gateway.core.store.models import Address, Delivery, Inbound, Post, Subscriber, Suppression
from gateway.core.store.models.ledger import LEASED, QUEUED, UNSENT


def inbound(session: Session, *, status: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """Inbound messages, newest first. Raises Invalid for a state that does not exist."""
    _known(status, {*inbox.OPEN, *inbox.OUTCOMES})
    sealed = func.coalesce(Inbound.envelope["kind"].as_string(), "") == SEALED
    reported = func.coalesce(Inbound.envelope["sealed"].as_boolean(), false())
    statement = select(Inbound).where(~sealed, ~reported).order_by(Inbound.id.desc()).limit(limit)
    if status:
        statement = statement.where(Inbound.status == status)
    rows = session.scalars(statement).all()
    _kept = history.posts_of(session, rows)
    return [_inbound(session, row) for row in rows]


def inbound_one(session: Session, row_id: int, *, raw_days: int = 0) -> dict[str, Any]:
    """One inbound message with all that is known of it; with `raw_days`, also until when its content is kept. Raises NotFound."""
    row = _row(session, row_id)
    post = session.get(Post, row.post_id) if row.post_id is not None else None
    more = {
        "subject": row.envelope.get("subject", ""),
        "attempts": row.attempts,
        "size": row.raw_size,
        "post": f"[{post.short_reference}], {history.state_of(post)}" if post is not None else None,
    }
    hold = {"held because": row.envelope["hold"]} if row.envelope.get("hold") else {}
    finished = row.finished_at.isoformat(timespec="seconds") if row.finished_at and row.status != "held" else None
    ended = {"finished": finished, "content": _content(row, raw_days)}
    return {**_inbound(session, row), **more, **hold, **ended}


def _content(row: Inbound, raw_days: int) -> str:
    """Whether its bytes are kept, and since or until when."""
    if row.incinerated_at is not None:
        return f"incinerated on {row.incinerated_at.date()}"
    if row.raw is None and row.raw_blob is None:
        return "not kept"
    if row.finished_at is None or not raw_days:
        return "kept"
    return f"kept until {(row.finished_at + timedelta(days=raw_days)).date()}"


def outcome(session: Session, row_id: int) -> dict[str, Any]:
    """What an MTA's log may say of a message that it handed over; of a sealed one only how it ended. Raises NotFound."""
    row = session.get(Inbound, row_id)
    if row is not None and _is_sealed(row):
        return {"id": row.id, "status": row.status}
    return inbound_one(session, row_id)


def raw(session: Session, blobs: Blobs, row_id: int) -> bytes:
    """A message's bytes as they came. Raises NotFound, also when they are no longer kept."""
    row = _row(session, row_id)
    if row.raw is not None:
        return row.raw
    if row.raw_blob is not None:
        return blobs.get(row.raw_blob)
    since = f": it was incinerated on {row.incinerated_at.date()}" if row.incinerated_at is not None else ""
    raise NotFound(f"The content of inbound message {row_id} is no longer kept{since}.")


def deliveries(session: Session, *, status: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """Deliveries, newest first. Raises Invalid for a state that does not exist."""
    _known(status, {*outbox.UNFINISHED, *outbox.FINISHED})
    sealed = func.coalesce(Delivery.payload["for"].as_string(), "") == SEALED
    statement = select(Delivery).where(~sealed).limit(limit)
    if status:
        statement = statement.where(Delivery.status == literal(status, literal_execute=True))
    if few := next((words for states, words in _FEW if status in states), ""):
        statement = statement.where(text(few)).order_by(text("+delivery.id DESC"))  # else all that was sent is read
    else:
        statement = statement.order_by(Delivery.id.desc())
    return [_delivery(row) for row in session.scalars(statement)]


_FEW = (({"queued"}, QUEUED), ({"claimed", "attempting"}, LEASED), ({*outbox.FINISHED} - {"sent"}, UNSENT))


def uncertain(session: Session, *, issue_id: int | None = None) -> list[dict[str, Any]]:
    """All deliveries that may have left more than once, or not at all; of one issue, if it is named."""
    found = (row for row in amending.uncertain(session, issue_id=issue_id) if row.payload.get("for") != SEALED)
    return [{**_delivery(row), "doubtful": row.doubtful} for row in found]


def _known(status: str, states: Collection[str]) -> None:
    if status and status not in states:
        raise Invalid(f"There is no state {status!r}.", hint=f"The states are {', '.join(sorted(states))}.")


def _row(session: Session, row_id: int) -> Inbound:
    row = session.get(Inbound, row_id)
    if row is None or _is_sealed(row):
        raise NotFound(f"There is no inbound message {row_id}.")
    return row


def _is_sealed(row: Inbound) -> bool:
    return row.envelope.get("kind") == SEALED or bool(row.envelope.get("sealed"))


def _inbound(session: Session, row: Inbound) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.received_at.isoformat(timespec="seconds"),
        "channel": row.channel,
        "from": row.envelope.get("from") or row.sender,
        "to": redacted_as_written(row.recipient),
        "status": row.status,
        "reason": history.reason_of(session, row),
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.created_at.isoformat(timespec="seconds"),
        "kind": row.kind,
        "channel": row.channel,
        "to": row.recipient,
        "status": row.status,
        "reason": row.reason,
        "reported": row.reported,
    }


def suppressed(session: Session, keyring: Keyring, *, limit: int = 50) -> list[dict[str, Any]]:
    """What is not mailed any more, newest first. An address is shown when it is a member's or a subscriber's: else we know its hash only."""
    rows = session.scalars(select(Suppression).order_by(Suppression.created_at.desc()).limit(limit * len(keyring.keys)))
    wanted = {row.address_hash: row for row in rows}
    known: dict[str, str] = {}
    for column in (Address.address, Subscriber.address):
        for address in session.scalars(select(column).execution_options(yield_per=1000)):
            known.update((one, address) for one in suppression.hashes(keyring, address) if one in wanted)
    listed = {known.get(key, f"unknown, hash {key[:12]}"): row for key, row in wanted.items()}
    return [
        {"at": row.created_at.isoformat(timespec="seconds"), "address": address, "reason": row.reason}
        for address, row in list(listed.items())[:limit]
    ]
