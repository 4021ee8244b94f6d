"""Telling people: who hears of a post or reply, and where. Rows only; they are rendered when they are sent, and wait for the undo window.

A post that bears a past date, and a page, are told to nobody: they are no news. A reply is told to the author of what it answers, to everybody who spoke in the conversation, and to whom it mentions. A post is told to whom
it mentions and to followers who want that: each at once, or in their digest, which finds it by itself, or not (people/choices). Nobody is told of being followed. One
person hears of one post once in each place.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.ledger.told import Told, sent_for_post
from gateway.core.people import choices
from gateway.core.people.relations import may_tell
from gateway.core.store.models import Member, Mention, Post
from gateway.core.writing.conversations import participants
from gateway.core.writing.posting import is_back_dated

IN_ONE_STATEMENT = 500


def tell(session: Session, post: Post, now: datetime) -> None:
    """Queues what people hear of a post or reply that was just published."""
    if post.kind == "page" or is_back_dated(post):
        return
    concerned = {
        member: whats
        for member, whats in _concerned(session, post).items()
        if member.status == "active" and may_tell(session, member.id, post.author_id)
    }
    kind = "reply" if post.kind == "reply" else "mention"
    intents = [
        _intent(post, member.id, kind, to.channel, to.recipient) for member, to in choices.at_once(session, concerned)
    ]
    if post.kind == "post":
        already = {(intent.member_id, intent.channel, intent.recipient) for intent in intents}
        intents += [
            _intent(post, member_id, "post", to.channel, to.recipient)
            for member_id, to in choices.followers_at_once(session, post.author_id, in_chats=post.in_chats)
            if (member_id, to.channel, to.recipient) not in already
        ]
    for start in range(0, len(intents), IN_ONE_STATEMENT):
        outbox.queue_many(session, intents[start : start + IN_ONE_STATEMENT], now)


def _concerned(session: Session, post: Post) -> dict[Member, set[str]]:
    """Whom a post concerns beside followers, and as what."""
    found = {member: {choices.MENTIONS} for member in session.scalars(_MENTIONED, {"post_id": post.id})}
    if post.kind == "reply":
        assert post.conversation_id is not None
        parent = session.get(Post, post.reply_to_id)
        others = participants(session, post.conversation_id)
        for member in [*others, *([parent.author] if parent is not None else [])]:
            found.setdefault(member, set()).add(choices.REPLIES)
    found.pop(post.author, None)
    return found


# Built once: building it costs more than running it.
_MENTIONED = select(Member).join(Mention).where(Mention.post_id == bindparam("post_id"), Member.status == "active")


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


def change_in_chats(session: Session, post: Post, now: datetime, *, kind: str, files: bool = False) -> None:
    """Queues an `edit` or `retract` of the messages that told people of a post, in chats where it stands already. `files`: they changed, too."""
    told = sent_for_post(session, post.id, kinds=TELLING)
    outbox.queue_many(session, _changes(post, told, kind, now, files=files), now)


def catch_up(session: Session, post: Post, told: Told, now: datetime, *, is_edited: bool) -> None:
    """Queues the change of a message that was on its way while its post was edited or deleted."""
    if post.status == "deleted":
        outbox.queue_many(session, _changes(post, [told], "retract", now), now)
    elif is_edited:
        outbox.queue_many(session, _changes(post, [told], "edit", now, files=bool(post.media)), now)


def _changes(post: Post, told: Iterable[Told], kind: str, now: datetime, *, files: bool = False) -> list[Intent]:
    return [
        Intent(
            kind=kind,
            channel=one.channel,
            recipient=one.recipient,
            cause=f"{kind}:{post.id}:{now.isoformat()}",
            payload={"message": one.remote_id, "delivery": one.delivery_id} | ({"files": True} if files else {}),
            member_id=one.member_id,
            post_id=post.id,
        )
        for one in told
        if one.channel != "email"
    ]
