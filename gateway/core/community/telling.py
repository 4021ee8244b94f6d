"""Telling people: who hears of a post or reply, and where. Rows only; they are rendered when they are sent, and wait for the undo window.

A post that bears a past date, and a page, are told to nobody: they are no news. A reply is told to the author of what it answers, to everybody who spoke in the conversation, and to whom it mentions. A post is told to whom
it mentions and, by chat, to followers who want that. Nobody is told of being followed. One person hears of one post once in each place.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.ledger.told import Told, sent_for_post
from gateway.core.people.accounts import destinations
from gateway.core.people.relations import may_tell, told_by
from gateway.core.store.models import Follow, LinkedAccount, Member, Mention, Post
from gateway.core.writing.conversations import participants
from gateway.core.writing.posting import is_back_dated

IN_ONE_STATEMENT = 500


def tell(session: Session, post: Post, now: datetime) -> None:
    """Queues what people hear of a post or reply that was just published."""
    assert post.conversation_id is not None
    if post.kind == "page" or is_back_dated(post):
        return
    concerned = _mentioned(session, post)
    if post.kind == "reply":
        concerned |= {member.id: member for member in participants(session, post.conversation_id)}
        if (parent := session.get(Post, post.reply_to_id)) is not None:
            concerned[parent.author_id] = parent.author
    concerned.pop(post.author_id, None)
    intents = [
        _intent(post, member.id, "reply" if post.kind == "reply" else "mention", to.channel, to.recipient)
        for member in concerned.values()
        if member.status == "active" and member.tell_replies and may_tell(session, member.id, post.author_id)
        for to in destinations(session, member)
    ]
    if post.kind == "post" and post.in_chats:
        intents += _followers(session, post, {intent.member_id for intent in intents})
    for start in range(0, len(intents), IN_ONE_STATEMENT):
        outbox.queue_many(session, intents[start : start + IN_ONE_STATEMENT], now)


def _mentioned(session: Session, post: Post) -> dict[int, Member]:
    return {member.id: member for member in session.scalars(_MENTIONED, {"post_id": post.id})}


def _followers(session: Session, post: Post, already: set[int | None]) -> list[Intent]:
    """Followers with a linked chat who want to hear of new posts at once."""
    return [
        _intent(post, member_id, "post", channel, place)
        for member_id, channel, place in session.execute(_FOLLOWERS, {"author_id": post.author_id})
        if member_id not in already
    ]


# Built once: building them costs more than running them, and each post asks for both.
_MENTIONED = select(Member).join(Mention).where(Mention.post_id == bindparam("post_id"), Member.status == "active")
_AUTHOR: BindParameter[int] = bindparam("author_id")
_FOLLOWERS = (
    select(Member.id, LinkedAccount.channel, LinkedAccount.place)
    .join(Follow, Follow.follower_id == Member.id)
    .join(LinkedAccount, LinkedAccount.member_id == Member.id)
    .where(
        Follow.followed_id == _AUTHOR,
        Member.status == "active",
        Member.tell_posts,
        Member.tell_by.in_(("auto", "both")),
        LinkedAccount.status == "active",
        told_by(Member.id, _AUTHOR),
    )
)


def _intent(post: Post, member_id: int, kind: str, channel: str, recipient: str) -> Intent:
    return Intent(
        kind=kind,
        channel=channel,
        recipient=recipient,
        cause=f"post:{post.id}",
        member_id=member_id,
        post_id=post.id,
        due_at=post.notify_at,
    )


TELLING = ("post", "reply", "mention")


def change_in_chats(session: Session, post: Post, now: datetime, *, kind: str) -> None:
    """Queues an `edit` or `retract` of the messages that told people of a post, in chats where it stands already."""
    told = sent_for_post(session, post.id, kinds=TELLING)
    outbox.queue_many(session, _changes(post, told, kind, now), now)


def catch_up(session: Session, post: Post, told: Told, since: datetime, now: datetime) -> None:
    """Queues the change of a message that was on its way (from `since` on) while its post was edited or deleted."""
    if post.status == "deleted":
        outbox.queue_many(session, _changes(post, [told], "retract", now), now)
    elif post.edited_at is not None and post.edited_at >= since:
        outbox.queue_many(session, _changes(post, [told], "edit", now), now)


def _changes(post: Post, told: Iterable[Told], kind: str, now: datetime) -> list[Intent]:
    return [
        Intent(
            kind=kind,
            channel=one.channel,
            recipient=one.recipient,
            cause=f"{kind}:{post.id}:{now.isoformat()}",
            payload={"message": one.remote_id, "delivery": one.delivery_id},
            member_id=one.member_id,
            post_id=post.id,
        )
        for one in told
        if one.channel != "email"
    ]
