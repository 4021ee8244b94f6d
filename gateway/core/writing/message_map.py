"""Which message on which platform is which post."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.store.models import MessageMap, Post


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
) -> None:
    """Ties a message on a platform to a post, so that answers, edits and deletions there find it."""
    if not external_id:
        return
    place = room(channel, place)
    where = (MessageMap.channel == channel, MessageMap.place == place, MessageMap.external_id == external_id)
    if session.scalar(select(MessageMap.id).where(*where)) is not None:
        return
    session.add(
        MessageMap(
            channel=channel,
            place=place,
            external_id=external_id,
            thread=thread,
            direction=direction,
            purpose=purpose,
            post_id=post.id,
            conversation_id=post.conversation_id,
            delivery_id=delivery_id,
            created_at=now,
        )
    )


def room(channel: str, place: str) -> str:
    """Where message ids are unique: one chat; for mail the whole world (RFC 5322, 3.6.4), so there it is one room."""
    return "" if channel == "email" else place
