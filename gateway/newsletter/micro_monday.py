"""Micro Monday's two messages: the question on Monday morning, and on Tuesday the round-up of everybody's recommendations."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_
from sqlalchemy.orm import Session

from gateway.core.community import micro_monday
from gateway.core.house import House
from gateway.core.ledger.outbox import Claim, Intent
from gateway.core.messages import Answer, Button
from gateway.core.people.community import Community
from gateway.core.people.relations import may_tell
from gateway.core.store.models import Member, Recommendation
from gateway.core.words import t
from gateway.newsletter.rounds import queue_round
from gateway.newsletter.words import escaped

MOST_BUTTONS = 6


def queue_prompts(house: House, zone: str, week: str, due_at: datetime) -> int:
    """Asks the members of a time zone, so many, whom they recommend, once a week wherever they travel."""
    who = and_(Member.micro_monday, Member.time_zone == zone, Member.created_at < due_at)

    def wanted(_session: Session, members: Sequence[Member]) -> Iterable[tuple[Member, Intent]]:
        for member in members:
            yield (
                member,
                Intent("micro_monday_prompt", "", "", f"micro_monday_prompt:{week}:{member.id}", {"week": week}),
            )

    return queue_round(house, who, wanted)


def queue_round_up(house: House, period: str, due_at: datetime) -> int:
    """Gathers what was recommended up to `due_at` and sends it to members; returns how many recommendations it carries."""
    house.database.writer.run(lambda session: micro_monday.round_up(session, period, due_at))
    with house.database.read() as session:
        carried = len(micro_monday.of_round_up(session, period))
    if carried:
        intent = Intent("micro_monday_round_up", "", "", f"micro_monday_round_up:{period}", {"period": period})
        who = and_(Member.micro_monday, Member.created_at < due_at)
        queue_round(house, who, lambda _session, members: ((member, intent) for member in members))
    return carried


def prompt(session: Session, community: Community, claim: Claim) -> Answer | None:
    """The question, or None for who has answered it already or wants none."""
    member, week = session.get(Member, claim.member_id), str(claim.payload["week"])
    if member is None or member.status != "active" or not member.micro_monday:
        return None
    if micro_monday.has_recommended(session, member.id, week):
        return None
    return Answer(
        t(
            "It is **Micro Monday**: recommend one person to follow, and say in a sentence why.\n\nSend `recommend @name why`, also by answering this message. You have one recommendation a week; all of them come in Tuesday's round-up.\n\n{site}/me turns this question off.",
            site=community.base_url,
        ),
        subject=t("Micro Monday: whom should others follow?"),
    )


def round_up(session: Session, community: Community, claim: Claim) -> Answer | None:
    """All recommendations since the last round-up, in the order they came, without people the reader has shut out."""
    reader = session.get(Member, claim.member_id)
    if reader is None or reader.status != "active" or not reader.micro_monday:
        return None
    shown = [
        one
        for one in micro_monday.of_round_up(session, str(claim.payload["period"]))
        if one.recommended.status == "active"
        and may_tell(session, reader.id, one.member_id)
        and may_tell(session, reader.id, one.recommended_id)
    ]
    if not shown:
        return None
    entries = "\n\n".join(_entry(community, one) for one in shown)
    others = dict.fromkeys(one.recommended.handle for one in shown if one.recommended_id != reader.id)
    handles = list(others)[:MOST_BUTTONS]
    return Answer(
        t(
            "Whom members of {community} recommend this week:\n\n{entries}\n\nSend `follow @name` to follow somebody.",
            community=escaped(community.name),
            entries=entries,
        ),
        subject=t("Micro Monday: the round-up"),
        buttons=tuple((Button(t("Follow @{handle}", handle=handle), action=f"follow {handle}"),) for handle in handles),
    )


def _entry(community: Community, one: Recommendation) -> str:
    who = one.recommended
    said = t("{name} says: {reason}", name=escaped(one.member.shown_name), reason=escaped(one.reason))
    return f"[{escaped(who.shown_name)}]({community.member_url(who.handle)}) (@{escaped(who.handle)})  \n{said}"
