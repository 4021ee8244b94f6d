"""What became of a member's messages, in words for them: their page and the command `inbox` show the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk.phrases import post_url
from gateway.core.people.community import Community
from gateway.core.people.tokens import mint
from gateway.core.store.models import Inbound, Post

CHANNELS = {"email": "mail", "telegram": "Telegram", "slack": "Slack", "console": "the console", "web": "this site"}
OUTCOMES = {
    "received": "waiting",
    "claimed": "being read",
    "published": "published",
    "edited": "changed a post",
    "deleted": "deleted a post",
    "replied": "published as a reply",
    "answered": "answered",
    "held": "held: waiting for you",
    "merged": "part of an album",
    "recorded": "noted",
    "ignored": "ignored",
    "rejected": "not published",
    "dead": "could not be read",
}


@dataclass(frozen=True, slots=True)
class Came:
    """One message and what became of it. `url` leads to what it made, or for a held one to where it is decided; either may be empty."""

    at: datetime
    channel: str
    subject: str
    status: str
    outcome: str
    reason: str
    url: str


def of_member(session: Session, community: Community, member_id: int, *, limit: int, but: int = 0) -> Sequence[Came]:
    """A member's newest messages, the newest first, without the one that asks."""
    mine = select(Inbound).where(Inbound.member_id == member_id, Inbound.id != but)
    return [_came(session, community, row) for row in session.scalars(mine.order_by(Inbound.id.desc()).limit(limit))]


def _came(session: Session, community: Community, row: Inbound) -> Came:
    return Came(
        at=row.received_at,
        channel=CHANNELS.get(row.channel, row.channel),
        subject=subject_of(row),
        status=row.status,
        outcome=OUTCOMES.get(row.status, row.status),
        reason=row.reason,
        url=_url(session, community, row),
    )


def _url(session: Session, community: Community, row: Inbound) -> str:
    if row.status == "held":
        return f"{community.base_url}/held/{mint(community.keyring, 'held', row.id)}"
    post = session.get(Post, row.post_id) if row.post_id is not None else None
    return post_url(community, post) if post is not None and post.status == "published" else ""


def subject_of(row: Inbound) -> str:
    """What a message calls itself, as its door read it; empty for a chat's."""
    return str(row.envelope.get("subject", ""))
