"""Micro Monday's messages: the question on Monday morning, word to who was recommended, and on Tuesday the round-up of everybody's recommendations.

The round-up is a notice to members, and, where the settings name a blog for it, a post there (desk/round_up_post).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import and_
from sqlalchemy.orm import Session

from gateway.core.community import micro_monday
from gateway.core.desk import round_up_post
from gateway.core.errors import NotFound
from gateway.core.house import House
from gateway.core.ledger.outbox import Claim, Intent
from gateway.core.messages import Answer, Button
from gateway.core.people.community import Community
from gateway.core.people.relations import may_tell
from gateway.core.people.standing import Standing
from gateway.core.people.tokens import mint
from gateway.core.store.models import Member, Recommendation
from gateway.core.words import t
from gateway.newsletter.ending import with_its_end
from gateway.newsletter.rounds import queue_round
from gateway.newsletter.words import escaped

MOST_BUTTONS = 6
MOST_SHOWN = 50  # recommendations in one notice; the page has all
REWRITTEN = 5  # times, when people refuse in the very moment


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


def publish_round_up(house: House, period: str) -> str:
    """Publishes a gathered round-up as a post, once; says what became of it, or nothing where no blog is for that."""
    name = house.community.micro_monday_blog
    if not name:
        return ""
    for _ in range(REWRITTEN):
        try:
            with house.database.read() as session:
                written = round_up_post.write(session, house.community, name, period)
        except NotFound as error:
            return str(error)
        if written is None:
            return ""
        post = house.database.writer.run(partial(_published, house, written))
        if post:
            return post
    return ""


def _published(house: House, written: round_up_post.Written, session: Session) -> str:
    post = round_up_post.publish(session, house.community, written, house.now())
    return f"Published as [{post.short_reference}]." if post is not None else ""


def prompt(session: Session, community: Community, claim: Claim) -> Answer | None:
    """The question, or None for who has answered it already or wants none."""
    member, week = session.get(Member, claim.member_id), str(claim.payload["week"])
    if member is None or member.status != "active" or not member.micro_monday:
        return None
    if micro_monday.has_recommended(session, member.id, week):
        return None
    answer = Answer(
        t(
            "**Micro Monday**: recommend one person to follow, and say in a sentence why.\n\nSend `recommend @name why`, also by answering this message. You have one recommendation a week; all of them come in Tuesday's round-up.\n\n{site}/me/settings turns this question off.",
            site=community.base_url,
        ),
        subject=t("Micro Monday: whom should others follow?"),
    )
    return with_its_end(answer, community, claim, Standing.MICRO_MONDAY)


def recommended(session: Session, community: Community, claim: Claim) -> Answer | None:
    """Word to who was recommended: by whom, why, and how to refuse."""
    one = session.get(Recommendation, claim.payload["recommendation"])
    if one is None or one.refused_at is not None:
        return None
    who, by = one.recommended, one.member
    if who.status != "active" or by.status != "active" or not may_tell(session, who.id, by.id):
        return None
    text = t(
        "{name} recommends you on Micro Monday:\n\n> {reason}\n\nIt stands on the Micro Monday page ({page}) and on your profile, and comes in Tuesday's round-up. There is nothing you have to do.\n\nWould you rather not? Answer `refuse @{handle}`, and it is shown nowhere. Nobody is told of that. `recommendable off` keeps others from recommending you.",
        name=escaped(by.shown_name),
        reason=escaped(one.reason),
        page=f"{community.base_url}/micro-monday?week={one.week}",
        handle=by.handle,
    )
    label = t("Don't show it")
    if claim.channel == "email":
        token = mint(community.keyring, "refuse", one.id)
        button = Button(label, url=f"{community.base_url}/micro-monday/refuse/{token}")
    else:
        button = Button(label, action=f"refuse {by.handle}")
    subject = t("{name} recommends you on Micro Monday", name=by.shown_name)
    return Answer(text, subject=subject, buttons=((button,),))


def round_up(session: Session, community: Community, claim: Claim) -> Answer | None:
    """All recommendations since the last round-up, in the order they came, without people the reader has shut out."""
    reader = session.get(Member, claim.member_id)
    if reader is None or reader.status != "active" or not reader.micro_monday:
        return None
    shown = micro_monday.of_round_up(session, str(claim.payload["period"]), viewer_id=reader.id)
    if not shown:
        return None
    entries = "\n\n".join(_entry(community, one) for one in shown[:MOST_SHOWN])
    if len(shown) > MOST_SHOWN:
        entries += "\n\n" + t("There is more at {site}.", site=f"{community.base_url}/micro-monday")
    others = dict.fromkeys(one.recommended.handle for one in shown if one.recommended_id != reader.id)
    handles = list(others)[:MOST_BUTTONS]
    answer = Answer(
        t(
            "Whom members of {community} recommend this week:\n\n{entries}\n\nSend `follow @name` to follow somebody.",
            community=escaped(community.name),
            entries=entries,
        ),
        subject=t("Micro Monday: the round-up"),
        buttons=tuple((Button(t("Follow @{handle}", handle=handle), action=f"follow {handle}"),) for handle in handles),
    )
    return with_its_end(answer, community, claim, Standing.MICRO_MONDAY)


def _entry(community: Community, one: Recommendation) -> str:
    who = one.recommended
    said = t("{name} says: {reason}", name=escaped(one.member.shown_name), reason=escaped(one.reason))
    return f"[{escaped(who.shown_name)}]({community.member_url(who.handle)}) (@{escaped(who.handle)})  \n{said}"
