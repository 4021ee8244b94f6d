"""Which message on which platform is which post."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from gateway.core.store.models import MessageMap, Post
from gateway.core.store.sql import insert_if_new


def remember_message(
    session: Session,
    post: Post,
    *,
    channel: str,
    place: str,
    external_id: str,
    direction: str,
    now: datetime,
    purpose: str = "",
    thread: str = "",
    delivery_id: int | None = None,
    said: str = "",
    revision: int = 0,
) -> bool:
    """Ties a message on a platform to a post, so that answers, edits and deletions there find it. False when it was tied to one before."""
    if not external_id:
        return False
    made = insert_if_new(
        session,
        MessageMap,
        {
            "channel": channel,
            "place": room(channel, place),
            "external_id": external_id,
            "thread": thread,
            "direction": direction,
            "purpose": purpose,
            "post_id": post.id,
            "conversation_id": post.conversation_id,
            "delivery_id": delivery_id,
            "said": said,
            "revision": revision,
            "created_at": now,
        },
    )
    return made is not None


def forget_words(session: Session, post_id: int) -> None:
    """Erases what the messages that made a post said."""
    session.execute(update(MessageMap).where(MessageMap.post_id == post_id).values(said=""))


def room(channel: str, place: str) -> str:
    """Where message ids are unique: one chat; for mail the whole world (RFC 5322, 3.6.4), so there it is one room."""
    return "" if channel == "email" else place
