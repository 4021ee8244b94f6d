"""How often somebody may try what can be guessed. Counted in the database, for all processes alike."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from gateway.core.store.models import Attempts


def used_up(session: Session, what: str, who: str, now: datetime, *, most: int, within: timedelta) -> bool:
    """Whether they have failed so often since the first time that is not longer ago than `within`."""
    row = session.get(Attempts, (what, who))
    return row is not None and row.since > now - within and row.tries >= most


def failed(session: Session, what: str, who: str, now: datetime, *, within: timedelta) -> None:
    """Notes one more failure. What is longer ago than `within` is forgotten, whoever it was."""
    session.execute(delete(Attempts).where(Attempts.what == what, Attempts.since <= now - within))
    row = session.get(Attempts, (what, who), with_for_update=True)
    if row is None:
        session.add(Attempts(what=what, who=who, since=now, tries=1))
    else:
        row.tries += 1
    session.flush()
