"""Deliveries for many members, queued in short transactions. Going through a round once more queues nothing twice."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.people.accounts import Destination
from gateway.core.people.choices import at_large
from gateway.core.store.models import Member

BATCH = 100  # members in one transaction

Wanted = Callable[[Session, Sequence[Member]], Iterable[tuple[Member, Intent]]]
"""Which of some members get something, and what; `channel` and `recipient` are filled in for each place where they get it."""
Places = Callable[[Session, Member], Sequence[Destination]]


def queue_round(house: House, who: ColumnElement[bool], wanted: Wanted, *, places: Places = at_large) -> int:
    """Queues what the active members in `who` get, in the places they chose; returns how many they are."""
    after: int | None = 0
    number = 0
    while after is not None:
        batch = partial(_batch, house=house, who=who, wanted=wanted, places=places, after=after)
        after, queued = house.database.writer.run(batch)
        number += queued
    return number


def _batch(
    session: Session, *, house: House, who: ColumnElement[bool], wanted: Wanted, places: Places, after: int
) -> tuple[int | None, int]:
    """The last member looked at, or None when that was all, and how many of the batch get something."""
    statement = select(Member).where(Member.status == "active", Member.id > after, who).order_by(Member.id).limit(BATCH)
    members = session.scalars(statement).all()
    if not members:
        return None, 0
    intents = [
        replace(intent, channel=to.channel, recipient=to.recipient, member_id=member.id)
        for member, intent in wanted(session, members)
        for to in places(session, member)
    ]
    outbox.queue_many(session, intents, house.now())
    return members[-1].id, len({intent.member_id for intent in intents})
