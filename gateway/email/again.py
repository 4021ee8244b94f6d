"""A mail that came before comes again: once more it makes no second post, and nothing is dropped silently.

Most often a server did not hear our 250 and sends once more; that must stay harmless. So a mail that is here already is stored again only when the
earlier one came to nothing, and never so that two of them are published. What the earlier one came to decides:

    waits, or was answered, edited …   nothing more is stored
    held or about to be, now proved    the earlier one is ended, this one taken
    rejected or dead                   taken: what stood in its way may be gone
    published, but the post is deleted taken and held: its sender may want it again, or a server may not know
    ignored, for lack of a better copy taken, when this very delivery is proved and that one was not

The row that is stored takes over the key, so that the newest is always the one that the next copy is compared with.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.ledger import inbox
from gateway.core.ledger.inbox import Arrival
from gateway.core.store.models import Inbound, Post
from gateway.core.words import N
from gateway.email.senders import ASK_AGAIN

_UNTOLD = frozenset({"held", *inbox.OPEN})
PROVED_SINCE = N("The same mail came again, this time with proof of who sent it; that one was taken instead.")


def store(session: Session, arrivals: Iterable[Arrival], now: datetime) -> None:
    """All of these mails, in as few statements as can be; those that are here already as said above."""
    listed = list(arrivals)
    if inbox.store_many(session, listed, now) == len(listed):
        return
    for arrival in listed:
        earlier = session.scalar(
            select(Inbound)
            .where(Inbound.channel == arrival.channel, Inbound.unique_key == arrival.unique_key)
            .with_for_update()
        )
        instead = _instead(session, earlier, arrival) if earlier is not None else None
        if earlier is None or instead is None:
            continue
        if earlier.status in _UNTOLD:
            earlier.status, earlier.reason, earlier.finished_at = "ignored", PROVED_SINCE, now
        earlier.unique_key = f"{earlier.unique_key}/{earlier.id}"
        session.flush()
        inbox.store(session, instead, now)


def _instead(session: Session, earlier: Inbound, arrival: Arrival) -> Arrival | None:
    """What to store beside the earlier row, if anything."""
    before, facts = earlier.envelope, arrival.envelope
    is_asked, is_better = "hold" in facts, _is_sure(facts) and not _is_sure(before)
    if is_asked:
        return None
    match earlier.status:
        case "held" | "received" | "claimed" if before.get("hold", ASK_AGAIN) != ASK_AGAIN and "released" not in before:
            return arrival  # whoever works on a claimed one has lost it with its status
        case "rejected" if "hold" not in before or _is_sure(facts):  # what Alice threw away must not come back by Eve
            return arrival
        case "dead":
            return arrival
        case "ignored" if is_better:
            return arrival
        case "published" | "replied" | "answered" if _made_what_is_gone(session, earlier):
            return replace(arrival, envelope={**facts, "hold": ASK_AGAIN})
    return None


def _is_sure(facts: dict[str, object]) -> bool:
    return facts.get("proof") in {"delivery", "secret"}


def _made_what_is_gone(session: Session, earlier: Inbound) -> bool:
    if earlier.post_id is None or earlier.envelope.get("kind") == "commands":
        return False
    return session.get_one(Post, earlier.post_id).status == "deleted"
