"""Follow, mute, block: who reads whom. All of it is silent, and nobody is ever shown who follows them or how many."""

from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from gateway.core.errors import Invalid
from gateway.core.store.models import Follow, Member, Shun, TellingOf
from gateway.core.store.sql import changed, insert_if_new
from gateway.core.words import later

Who = InstrumentedAttribute[int] | ColumnElement[int] | int  # a column of members' ids, or one


def follow(session: Session, follower: Member, followed: Member, now: datetime) -> bool:
    """False when it was so already. Raises Invalid for oneself; following ends one's own mute or block."""
    if follower.id == followed.id:
        raise Invalid(later("You can't follow yourself."), hint=later("Your own posts are in your timeline anyway."))
    unshun(session, follower, followed)
    values = {"follower_id": follower.id, "followed_id": followed.id, "created_at": now}
    return insert_if_new(session, Follow, values) is not None


def unfollow(session: Session, follower: Member, followed: Member) -> bool:
    """False when there was nothing to end. What was chosen of their posts alone ends with it."""
    chosen = delete(TellingOf).where(TellingOf.member_id == follower.id, TellingOf.author_id == followed.id)
    session.execute(chosen)
    return bool(
        changed(session, delete(Follow).where(Follow.follower_id == follower.id, Follow.followed_id == followed.id))
    )


def following(session: Session, member_id: int) -> list[Member]:
    """Whom a member follows, by handle: the one list of this kind that is public."""
    statement = select(Member).join(Follow, Follow.followed_id == Member.id).where(Follow.follower_id == member_id)
    return list(session.scalars(statement.where(Member.status == "active").order_by(Member.handle)))


def shun(session: Session, member: Member, target: Member, kind: Literal["mute", "block"], now: datetime) -> str:
    """Mutes or blocks somebody, silently, and says which holds now: a mute does not soften a block. Raises Invalid for oneself.

    A block also ends following, both ways.
    """
    if member.id == target.id:
        raise Invalid(later("You can't mute or block yourself."))
    values = {"member_id": member.id, "target_id": target.id, "kind": kind, "created_at": now}
    if insert_if_new(session, Shun, values) is None and kind == "block":
        session.get_one(Shun, (member.id, target.id)).kind = kind
    if kind == "block":
        unfollow(session, member, target)
        unfollow(session, target, member)
    return "block" if has_blocked(session, member.id, target.id) else "mute"


def unshun(session: Session, member: Member, target: Member) -> bool:
    """Ends a mute or block; False when there was none."""
    return bool(changed(session, delete(Shun).where(Shun.member_id == member.id, Shun.target_id == target.id)))


def may_tell(session: Session, reader_id: int, author_id: int) -> bool:
    """Whether the author's words may reach the reader: not muted or blocked by them, and the author has not blocked them."""
    return session.scalar(select(Shun.kind).where(_between(reader_id, author_id)).limit(1)) is None


def told_by(reader: Who, author: Who) -> ColumnElement[bool]:
    """`may_tell` as a condition on readers or on authors, so that many are asked about in one statement."""
    return ~exists().where(_between(reader, author))


def _between(reader: Who, author: Who) -> ColumnElement[bool]:
    return or_(
        (Shun.member_id == reader) & (Shun.target_id == author),
        (Shun.member_id == author) & (Shun.target_id == reader) & (Shun.kind == "block"),
    )


def has_blocked(session: Session, member_id: int, target_id: int) -> bool:
    """Whether `member_id` blocks `target_id`."""
    row = session.get(Shun, (member_id, target_id))
    return row is not None and row.kind == "block"
