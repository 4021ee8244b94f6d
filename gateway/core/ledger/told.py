"""Messages that reached people, by the post they tell of: so that an edit or a deletion follows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.store.models import Delivery


@dataclass(frozen=True, slots=True)
class Told:
    """A message that reached somebody: where it is, and what it is called there."""

    delivery_id: int
    channel: str
    recipient: str
    remote_id: str
    member_id: int | None


def sent_for_post(session: Session, post_id: int, *, kinds: Sequence[str]) -> list[Told]:
    """The messages that told people of a post, where the platform gave them an id; also one of which only a part went out."""
    statement = select(Delivery).where(Delivery.post_id == post_id, Delivery.kind.in_(kinds), Delivery.remote_id != "")
    return [
        Told(row.id, row.channel, row.recipient, row.remote_id, row.member_id) for row in session.scalars(statement)
    ]
