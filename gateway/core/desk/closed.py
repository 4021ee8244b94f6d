"""A chat that is closed to us, because the bot was blocked or the chat is gone: it is told nothing more, and its member hears that elsewhere."""

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from gateway.core.ledger import outbox
from gateway.core.messages import Answer
from gateway.core.people import accounts, choices
from gateway.core.people.community import Community
from gateway.core.store.models import LinkedAccount
from gateway.core.words import N, speaking, t
from gateway.core.writing.quoting import escaped

Reason = Literal["blocked", "removed"]  # by the member; with the app, from their workspace


def close(
    session: Session,
    community: Community,
    channel: str,
    place: str,
    now: datetime,
    *,
    reason: Reason = "blocked",
) -> None:
    """Pauses the link, and queues one notice for each other chat of its member, or for their mail when there is none; nothing when it was paused before."""
    for linked in accounts.pause_link(session, channel, place, reason):
        member = linked.member
        elsewhere = choices.chats_heard(session, member) or accounts.mails(session, member)
        with speaking(member.language or community.language):
            payload = {"answer": _said(community, linked, reason).to_json()}
        cause = f"closed:{linked.id}:{now.isoformat()}"
        intents = [
            outbox.Intent("closed", to.channel, to.recipient, cause, payload, member_id=member.id) for to in elsewhere
        ]
        if member.status == "active":
            outbox.queue_many(session, intents, now)


BLOCKED = N(
    "{community} can no longer write to your {platform} chat{shown}: the bot was blocked there, or the chat is gone. Your blog and your posts are as they were.\n\nFrom now on you are told things here. To be told them in {platform} again, unblock the bot there and write to it. You can unlink the chat at {site}/me."
)
REMOVED = N(
    "{community} can no longer write to your {platform} chat{shown}: the app was removed from that workspace. Your blog and your posts are as they were.\n\nFrom now on you are told things here. To be told them in {platform} again, have the app installed there again, and write to it. You can unlink the chat at {site}/me."
)


def _said(community: Community, linked: LinkedAccount, reason: Reason) -> Answer:
    platform = linked.channel.title()
    shown = t(" (shown as {shown_as})", shown_as=escaped(linked.shown_as)) if linked.shown_as else ""
    return Answer(
        t(
            REMOVED if reason == "removed" else BLOCKED,
            community=community.name,
            platform=platform,
            shown=shown,
            site=community.base_url,
        ),
        subject=t("Your {platform} chat is closed to us", platform=platform),
        link=f"{community.base_url}/me",
    )
