"""Messages and what Slack says of them later, put into their order: an edit counts though it comes before its message, an older one never undoes a newer.

Slack brings an event again after a minute, and after five, so that a message can come behind its own edit. The edit then holds all of it and is taken
as the message; the message itself comes too late. What was heard of each message is kept for an hour, and noted in the transaction that stores the event:
so what an event is taken as depends on the order of the rows in the inbox only, in which they are worked on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import Table, bindparam, delete
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from gateway.bots.slack.payloads import Json, inside, same_words, text
from gateway.core.store.models import SlackMessage

KEPT = timedelta(hours=1)
YOUNG = 600.0  # seconds; Slack gives up bringing a message sooner
Kind = Literal["said", "changed", "deleted"]
Place = Literal[
    "", "first", "late", "stale"
]  # in order; an edit before its message; a message after it; an edit after a newer one


@dataclass(frozen=True, slots=True)
class Word:
    """What an event says of a message: `at` is Slack's time of an edit."""

    message: str
    kind: Kind
    ts: str
    at: str = ""


def word_of(payload: Json, team: str) -> Word | None:
    """What the event says of a person's message; None for everything else."""
    event = inside(payload, "event")
    told = text(event, "type")
    if told == "app_mention":
        at = text(inside(event, "edited"), "ts")
        return _word(team, event, text(event, "ts"), "changed" if at else "said", at, of="mention:")
    if told != "message":
        return None
    now, before = inside(event, "message"), inside(event, "previous_message")
    match text(event, "subtype"):
        case "message_deleted":
            return None if text(before, "bot_id") else _word(team, event, text(event, "deleted_ts"), "deleted")
        case "message_changed" if text(now, "subtype") == "tombstone":
            return _word(team, event, text(now, "ts"), "deleted")
        case "message_changed":
            if text(now, "bot_id") or same_words(now, before):
                return None
            return _word(
                team, event, text(now, "ts"), "changed", text(inside(now, "edited"), "ts") or text(event, "ts")
            )
        case _:
            return None if text(event, "bot_id") else _word(team, event, text(event, "ts"), "said")


def _word(team: str, event: Json, ts: str, kind: Kind, at: str = "", *, of: str = "") -> Word | None:
    channel = text(event, "channel")
    return Word(f"{of}{team}:{channel}:{ts}"[:200], kind, ts, at) if channel and ts else None


def one_after_another(session: Session) -> None:
    """Whatever Slack brings is stored in turn from here to the end of the transaction, as SQLite does anyway; rows locked one by one would lock each other out."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(_LOCK)


def placed(session: Session, word: Word, now: datetime) -> Place:
    """Where it stands among all that was heard of its message; it is heard now. Hearing the same again changes nothing."""
    known = session.get(SlackMessage, word.message)
    if known is None:
        known = SlackMessage(message=word.message, said=False, changed="", gone=False, heard_at=now)
        session.add(known)
    place = _place(known, word)
    known.said = known.said or word.kind == "said"
    known.changed = max(known.changed, word.at)
    known.gone = known.gone or word.kind == "deleted"
    session.execute(_FORGET, {"before": now - KEPT})
    return place


def _place(known: SlackMessage, word: Word) -> Place:
    match word.kind:
        case "said":
            return "late" if not known.said and (known.changed or known.gone) else ""
        case "changed" if known.gone or (word.at and word.at <= known.changed):
            return "stale"
        case "changed":
            return "first" if not (known.said or known.changed) and _is_young(word) else ""
        case _:
            return ""


def _is_young(word: Word) -> bool:
    """Whether its message may still be on its way. One from long ago is only no longer remembered."""
    try:
        return float(word.at) - float(word.ts) < YOUNG
    except ValueError:
        return False


_LOCK = sql("SELECT pg_advisory_xact_lock(hashtextextended('slack messages', 0))")
_TABLE = cast("Table", SlackMessage.__table__)
_FORGET = delete(_TABLE).where(_TABLE.c.heard_at < bindparam("before"))
