"""Refusals by mail: whose mistake is told how often, so that each mistake is told and no two machines can keep each other going.

to the blog      once a day for the same words and the same reason
to `do`, or in answer to a mail of ours     each time, but for the same words and the same reason ALIKE times a day
altogether       MOST within an hour for one member; the last of them says so
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.desk import phrases
from gateway.core.desk.held import DISCARDED
from gateway.core.messages import Answer, InboundMessage
from gateway.core.people.community import Community
from gateway.core.store.models import Inbound, Member

MOST, ALIKE = 20, 5
_LOOKED_AT = 200  # of a member's newest messages


def by_mail(
    session: Session,
    community: Community,
    message: InboundMessage,
    member: Member | None,
    answer: Answer,
    reason: str,
    now: datetime,
) -> tuple[Answer, Sequence[str]]:
    """The refusal as it is mailed, and the causes of which the first that is free is its own; none when it is not told."""
    told = _lately(session, member, now) if member is not None else 0
    if told >= MOST:
        return answer, ()
    words = f"{reason}\n{message.title}\n{message.text}"
    cause = f"refused:{now.astimezone(community.zone).date()}:{sha256(words.encode()).hexdigest()[:16]}"
    is_asked = message.only_commands or message.reply_to_post_id is not None
    said = phrases.refusal_by_mail(community, answer, once_a_day=not is_asked, is_last=told + 1 == MOST)
    return said, [f"{cause}:{number}" for number in range(ALIKE)] if is_asked else [cause]


def _lately(session: Session, member: Member, now: datetime) -> int:
    """How many of a member's mails were refused within the last hour, among their newest."""
    mine = select(Inbound).where(Inbound.member_id == member.id)
    newest = mine.order_by(Inbound.id.desc()).limit(_LOOKED_AT).subquery()
    mails = (newest.c.channel == "email", newest.c.status == "rejected", newest.c.reason != DISCARDED)
    lately = newest.c.finished_at > now - timedelta(hours=1)
    return session.scalar(select(func.count()).select_from(newest).where(*mails, lately)) or 0
