"""Conversations: a post and everything said in answer to it, oldest first; and which post a message answers."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from gateway.core.people import relations
from gateway.core.store.models import Member, MessageMap, Post
from gateway.core.writing.message_map import room


def conversation(session: Session, conversation_id: int) -> Sequence[Post]:
    """The published posts of a conversation, oldest first."""
    statement = (
        select(Post)
        .where(Post.conversation_id == conversation_id, Post.status == "published")
        .order_by(Post.published_at, Post.id)
        .options(selectinload(Post.author), selectinload(Post.media), selectinload(Post.blog))
    )
    return session.scalars(statement).all()


def latest_of(session: Session, conversation_id: int, reader_id: int, *, limit: int) -> tuple[Sequence[Post], bool]:
    """The last posts of a conversation that may reach this reader, oldest first; and whether there are earlier ones."""
    statement = (
        select(Post)
        .join(Member, Member.id == Post.author_id)
        .where(
            Post.conversation_id == conversation_id,
            Post.status == "published",
            Member.status == "active",
            relations.told_by(reader_id, Post.author_id),
        )
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(limit + 1)
        .options(selectinload(Post.author))
    )
    found = session.scalars(statement).all()
    return found[:limit][::-1], len(found) > limit


def answered_post(session: Session, channel: str, place: str, message_ids: Iterable[str]) -> Post | None:
    """The post that the nearest known of these messages stands for."""
    found = answered_message(session, channel, place, message_ids)
    return session.get(Post, found.post_id) if found else None


def answered_message(session: Session, channel: str, place: str, message_ids: Iterable[str]) -> MessageMap | None:
    """The nearest of these messages (nearest first) that we sent or received, and what it was."""
    for external_id in message_ids:
        where = (
            MessageMap.channel == channel,
            MessageMap.place == room(channel, place),
            MessageMap.external_id == external_id,
        )
        if found := session.scalar(select(MessageMap).where(*where)):
            return found
    return None


def message_in_conversation(session: Session, channel: str, place: str, conversation_id: int) -> MessageMap | None:
    """The first message of a conversation in one chat: what further ones are threaded with there."""
    where = (
        MessageMap.channel == channel,
        MessageMap.place == room(channel, place),
        MessageMap.conversation_id == conversation_id,
    )
    return session.scalar(select(MessageMap).where(*where).order_by(MessageMap.id).limit(1))


def message_of_post(session: Session, channel: str, place: str, post_id: int) -> MessageMap | None:
    """The message that stands for a post in one chat."""
    where = (MessageMap.channel == channel, MessageMap.place == room(channel, place), MessageMap.post_id == post_id)
    return session.scalar(select(MessageMap).where(*where).order_by(MessageMap.id).limit(1))


def further_messages(session: Session, delivery_id: int, first: str) -> tuple[str, ...]:
    """The messages beside the first that one delivery took: the rest of an album or of a long text, and what is left of an earlier attempt."""
    statement = select(MessageMap.external_id).where(MessageMap.delivery_id == delivery_id).order_by(MessageMap.id)
    return tuple(one for one in session.scalars(statement) if one != first)


def participants(session: Session, conversation_id: int) -> Sequence[Member]:
    """Everybody who said something in a conversation."""
    statement = (
        select(Member)
        .join(Post, Post.author_id == Member.id)
        .where(Post.conversation_id == conversation_id, Post.status == "published", Member.status == "active")
        .distinct()
        .order_by(Member.id)
    )
    return session.scalars(statement).all()
