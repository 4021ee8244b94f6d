"""Messages that reached people, by the post they tell of: so that an edit or a deletion follows them.

A post may be changed in one transaction while another notes what told of it. So both take the post's row first, before any delivery's: whoever comes
second waits for the first, and then sees what it did. Else neither would, and the copy would stand for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.store.models import Delivery, Post


@dataclass(frozen=True, slots=True)
class Told:
    """A message that reached somebody: where it is, and what it is called there."""

    delivery_id: int
    channel: str
    recipient: str
    remote_id: str
    member_id: int | None


def as_it_stands(session: Session, post_id: int) -> Post:
    """The post as it is now, and stays until this transaction ends; several may ask at once."""
    return session.get_one(Post, post_id, populate_existing=True, with_for_update={"read": True})


def sent_for_post(session: Session, post_id: int, *, kinds: Sequence[str]) -> list[Told]:
    """The messages that told people of a post which this transaction changes, where the platform gave them an id; also one of which only a part went out."""
    session.execute(select(Post.id).where(Post.id == post_id).with_for_update(key_share=True))
    statement = select(Delivery).where(Delivery.post_id == post_id, Delivery.kind.in_(kinds), Delivery.remote_id != "")
    return [
        Told(row.id, row.channel, row.recipient, row.remote_id, row.member_id) for row in session.scalars(statement)
    ]
