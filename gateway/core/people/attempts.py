"""How often somebody may try what can be guessed, or what others have to bear. Counted in the database, for all processes alike."""

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from gateway.core.store.models import Attempts
from gateway.core.store.sql import insert_if_new


def used_up(session: Session, what: str, who: str, now: datetime, *, most: int, within: timedelta) -> bool:
    """Whether they have tried so often since the first time that is not longer ago than `within`."""
    row = session.get(Attempts, (what, who))
    return row is not None and row.since > now - within and row.tries >= most


def count(session: Session, what: str, who: str, now: datetime, *, within: timedelta) -> None:
    """Notes one more. What is longer ago than `within` is forgotten, whoever it was."""
    session.execute(delete(Attempts).where(Attempts.what == what, Attempts.since <= now - within))
    insert_if_new(session, Attempts, {"what": what, "who": who, "since": now, "tries": 0})
    session.execute(update(Attempts).where(Attempts.what == what, Attempts.who == who).values(tries=Attempts.tries + 1))
