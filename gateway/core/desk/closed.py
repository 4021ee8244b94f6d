"""A chat that is closed to us, because the bot was blocked or the chat is gone: it is told nothing more, and its member hears that elsewhere."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.core.ledger import outbox
from gateway.core.messages import Answer
from gateway.core.people import accounts
from gateway.core.people.community import Community
from gateway.core.store.models import LinkedAccount
from gateway.core.writing.quoting import escaped


def close(session: Session, community: Community, channel: str, place: str, now: datetime) -> None:
    """Pauses the link, and queues one notice for each other chat of its member, or for their mail when there is none; nothing when it was paused before."""
    for linked in accounts.pause_link(session, channel, place, "blocked"):
        member = linked.member
        elsewhere = accounts.destinations(session, member, chat_only=True) or accounts.mails(session, member)
        payload = {"answer": _said(community, linked).to_json()}
        cause = f"closed:{linked.id}:{now.isoformat()}"
        intents = [
            outbox.Intent("closed", to.channel, to.recipient, cause, payload, member_id=member.id) for to in elsewhere
        ]
        if member.status == "active":
            outbox.queue_many(session, intents, now)


def _said(community: Community, linked: LinkedAccount) -> Answer:
    platform = linked.channel.title()
    shown = f" (shown as {escaped(linked.shown_as)})" if linked.shown_as else ""
    return Answer(
        f"{community.name} can no longer write to your {platform} chat{shown}: the bot was blocked there, or the chat is gone. Your blog and your posts are as they were.\n\n"
        f"From now on you are told things here. To be told them in {platform} again, unblock the bot there and write to it. You can unlink the chat at {community.base_url}/me.",
        subject=f"Your {platform} chat is closed to us",
        link=f"{community.base_url}/me",
    )
