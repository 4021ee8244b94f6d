"""Held messages that nobody answered: when their time is over they are thrown away, and whoever was asked about them is told."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk import held
from gateway.core.ledger import inbox, outbox
from gateway.core.messages import Answer
from gateway.core.people.community import Community
from gateway.core.store.models import Inbound, Member
from gateway.core.words import n, on_day, speaking, t
from gateway.core.writing.quoting import escaped


def tell(session: Session, community: Community, row_ids: Sequence[int], now: datetime) -> None:
    """Queues one notice for each member and place where they were asked, naming all of theirs."""
    waited: dict[int, list[Inbound]] = defaultdict(list)
    for row in session.scalars(select(Inbound).where(Inbound.id.in_(row_ids)).order_by(Inbound.id)):
        row.envelope = inbox.without_excerpt(row.envelope)
        if row.member_id is not None and "listed" in row.envelope:  # else nobody was asked
            waited[row.member_id].append(row)
    for member_id, rows in waited.items():
        member = session.get_one(Member, member_id)
        if member.status == "active":
            _tell(session, community, member, rows, now)


def _tell(session: Session, community: Community, member: Member, rows: Sequence[Inbound], now: datetime) -> None:
    with speaking(member.language or community.language):
        payload = {"answer": _said(community, rows).to_json()}
    places = [place for row in rows for place in held.places(session, member, row.channel, str(row.envelope["from"]))]
    for place in dict.fromkeys(places):
        cause = f"unanswered:{rows[0].id}"
        intent = outbox.Intent("answer", place.channel, place.recipient, cause, payload, member_id=member.id)
        outbox.queue(session, intent, now)


def _said(community: Community, rows: Sequence[Inbound]) -> Answer:
    """What was thrown away, and that nothing of it was published."""
    named, more = rows[: held.LISTED], len(rows) - held.LISTED
    entries = [
        t(
            "- “{title}”, of {day}",
            title=escaped(held.shown(row)),
            day=on_day(row.received_at.astimezone(community.zone).date()),
        )
        for row in named
    ]
    listed = "\n".join([*entries, *([t("- and {more} more", more=more)] if more > 0 else [])])
    text = n(
        "A message came for your blog, and we asked whether it is from you. Nobody answered, so it was thrown away. Nothing of that was published.\n\n{listed}\n\nIf you sent it, send it again.",
        "{count} messages came for your blog, and we asked whether they are from you. Nobody answered, so they were thrown away. Nothing of that was published.\n\n{listed}\n\nIf you sent one, send it again.",
        len(rows),
        listed=listed,
    )
    what = held.shown(rows[0]) if len(rows) == 1 else t("{count} messages", count=len(rows))
    return Answer(text, subject=t("Not published: {title}", title=what))
