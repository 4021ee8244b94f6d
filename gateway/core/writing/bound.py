"""Channels on a platform whose posts are posts of a blog."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gateway.core.store.models import Blog, BoundChannel
from gateway.core.store.sql import changed, insert_if_new


def of_place(session: Session, channel: str, place: str) -> BoundChannel | None:
    """What binds this place, if anything does."""
    return session.scalar(select(BoundChannel).where(BoundChannel.channel == channel, BoundChannel.place == place))


def of_member(session: Session, channel: str, member_id: int) -> Sequence[BoundChannel]:
    """A member's bound channels, the oldest first."""
    mine = select(BoundChannel).where(BoundChannel.channel == channel, BoundChannel.member_id == member_id)
    return session.scalars(mine.order_by(BoundChannel.id)).all()


def bind(session: Session, blog: Blog, channel: str, place: str, title: str, account: str, now: datetime) -> bool:
    """Binds a channel to a blog, whose owner has this account there; anew, if it was theirs before. False when it is another member's."""
    values = {
        "channel": channel,
        "place": place,
        "title": title,
        "account": account,
        "member_id": blog.member_id,
        "blog_id": blog.id,
        "created_at": now,
    }
    if insert_if_new(session, BoundChannel, values) is not None:
        return True
    theirs = update(BoundChannel).where(
        BoundChannel.channel == channel, BoundChannel.place == place, BoundChannel.member_id == blog.member_id
    )
    return bool(changed(session, theirs.values(title=title, account=account, blog_id=blog.id)))


def unbind(session: Session, channel: str, place: str) -> None:
    """Ends it; the posts stay."""
    session.execute(delete(BoundChannel).where(BoundChannel.channel == channel, BoundChannel.place == place))
