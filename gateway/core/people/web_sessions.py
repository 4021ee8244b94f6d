"""Who is signed in where: a secret in a browser's cookie, of which only the hash is kept."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from gateway.core.people.accounts import Randomness
from gateway.core.people.tokens import hash_token, new_secret
from gateway.core.store.models import WebSession

SESSION_LASTS = timedelta(days=60)


def open_session(session: Session, member_id: int, now: datetime, randomness: Randomness) -> str:
    """The secret for the browser's cookie; stored as its hash, with a CSRF secret beside it."""
    secret = new_secret(randomness)
    session.add(
        WebSession(
            hash=hash_token(secret),
            member_id=member_id,
            csrf=new_secret(randomness),
            created_at=now,
            expires_at=now + SESSION_LASTS,
        )
    )
    return secret


def find_session(session: Session, secret: str, now: datetime) -> WebSession | None:
    """The open session of that secret, or None."""
    row = session.get(WebSession, hash_token(secret))
    return row if row is not None and row.expires_at > now else None


def close_session(session: Session, secret: str) -> None:
    session.execute(delete(WebSession).where(WebSession.hash == hash_token(secret)))
