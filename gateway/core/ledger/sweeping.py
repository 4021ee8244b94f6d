"""What is kept no longer than it must be: raw mail, refusals, used-up secrets, and blobs that no row names.

Each sweep is safe to repeat and to interrupt. A blob is an orphan when it is a day old and no row names it: what was just stored, and whose row
is not committed yet, is younger.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from gateway.core.ledger.inbox import OPEN
from gateway.core.store.blobs import Blobs
from gateway.core.store.models import Inbound, Media, OneTimeToken, Refusal, WebSession
from gateway.core.store.sql import changed

REFUSALS_KEPT = timedelta(days=7)
TOKENS_KEPT = timedelta(days=30)
ORPHANS_FROM = timedelta(days=1)


def rows(
    session: Session,
    now: datetime,
    *,
    raw_days: int,
    unanswered: Callable[[Sequence[int]], None] = lambda row_ids: None,
) -> dict[str, int]:
    """Forgets what is over its time; says how much of each. A held message can be published no more, so it ends with its content.

    `unanswered` is called with the held messages that ended so, if there are any.
    """
    ended = and_(Inbound.finished_at <= now - timedelta(days=raw_days), Inbound.status.not_in(OPEN))
    kept = or_(Inbound.raw.is_not(None), Inbound.raw_blob.is_not(None))
    reason = Inbound.reason + f" Nobody said that it was theirs within {raw_days} days."
    over = update(Inbound).where(ended, Inbound.status == "held").values(status="rejected", reason=reason)
    if row_ids := session.scalars(over.returning(Inbound.id)).all():
        unanswered(sorted(row_ids))
    incinerated = {"raw": None, "raw_blob": None, "incinerated_at": now}
    return {
        "raw mails": changed(session, update(Inbound).where(ended, kept).values(**incinerated)),
        "refusals": changed(session, delete(Refusal).where(Refusal.at <= now - REFUSALS_KEPT)),
        "one-time links": changed(session, delete(OneTimeToken).where(OneTimeToken.expires_at <= now - TOKENS_KEPT)),
        "sessions": changed(session, delete(WebSession).where(WebSession.expires_at <= now)),
    }


def orphans(session: Session, blobs: Blobs, now: datetime) -> list[str]:
    """Keys of old blobs that no row names. Reads only; delete them with `blobs.delete`."""
    old = set(blobs.keys((now - ORPHANS_FROM).timestamp()))
    if not old:
        return []
    named = set(session.scalars(select(Inbound.raw_blob).where(Inbound.raw_blob.is_not(None))))
    return sorted(old - named - set(_published(session.scalars(select(Media.renditions)))))


def _published(media: Iterable[dict[str, list[dict[str, str]]]]) -> Iterable[str]:
    for renditions in media:
        for size in renditions["sizes"]:
            yield size["blob"]
