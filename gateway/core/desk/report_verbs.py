"""Reporting somebody or something, and what the community's managers read of it and say to it. The reporter is named to them only."""

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gateway.core.community import reports as kept
from gateway.core.desk import phrases
from gateway.core.desk.grammar import unescaped
from gateway.core.desk.post_verbs import meant
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import Invalid, NotAllowed
from gateway.core.ledger.outbox import Claim
from gateway.core.messages import Answer
from gateway.core.people import accounts
from gateway.core.people.community import Community
from gateway.core.store.models import Member, Report
from gateway.core.words import at_hour, later, n, t
from gateway.core.writing.quoting import escaped


def report(turn: Turn) -> Spoken:
    """Stores a report of a post or a member; only the community's managers learn of it."""
    post = None
    if turn.asked.target.startswith("@"):
        reported = accounts.by_handle(turn.session, turn.asked.target)
    else:
        post = meant(turn)
        reported = post.author
    number = kept.report(turn.session, turn.who, reported, post, unescaped(turn.asked.rest), turn.now)
    facts = {"handle": reported.handle, "address": turn.community.mail("community")}
    text = (
        t(
            "Thank you. Only the community's managers see this, and they look at it. @{handle} is not told, and nobody else learns who reported.\n\nYou need not wait for them: `mute @{handle}` or `block @{handle}` works at once, silently. To add something or to take the report back, write to {address}; only the managers read that.",
            **facts,
        )
        if number is not None
        else t(
            "You have reported this already, and the community's managers have it; it counts once. @{handle} is not told. To add something or to take it back, write to {address}; only the managers read that.",
            **facts,
        )
    )
    return Spoken("answered", Answer(text, subject=t("Your report")))


def reports(turn: Turn) -> Spoken:
    """For managers: the open reports, one of them, or closing one."""
    if not kept.has_reports(turn.session, turn.who):
        raise NotAllowed(
            later("Only the community's managers see reports."),
            hint=later("To report something, send `report k7f why`, or `report @name why`."),
        )
    if not turn.asked.target:
        return Spoken("answered", _list(turn))
    if turn.asked.target.lower() != "close":
        found = kept.one(turn.session, _number(turn.asked.target), by=turn.who)
        return Spoken("answered", shown(turn.session, turn.community, found, turn.who))
    number, _, outcome = turn.asked.rest.partition(" ")
    closed = kept.close(turn.session, _number(number), turn.who, unescaped(outcome), turn.now)
    text = t(
        "Report {number} is closed. The other managers see what you wrote; neither who reported nor @{handle} is told. `reports {number}` shows it again.",
        number=closed.id,
        handle=closed.member.handle,
    )
    return Spoken("answered", Answer(text, subject=t("Report {number} is closed", number=closed.id)))


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 16):
        raise Invalid(
            later("Which report?"),
            hint=later(
                "Send `reports 3` to read one, `reports close 3 what was done` to close it. Nothing was changed."
            ),
        )
    return int(word)


def _list(turn: Turn) -> Answer:
    found = kept.listed(turn.session, by=turn.who)
    if not found:
        return Answer(t("No report is open."), subject=t("Reports"))
    zone = ZoneInfo(turn.who.time_zone)
    entries = "\n".join(f"- {one.id}, {at_hour(one.created_at, zone)}: {_about(one)}" for one in found)
    text = t(
        "**Open reports**, the newest first\n\n{entries}\n\n`reports {number}` shows one with all that is known, `reports close {number} what was done` closes it. Only the community's managers see this.",
        entries=entries,
        number=found[0].id,
    )
    return Answer(text, subject=t("Reports"))


def _about(found: Report) -> str:
    """Who reports what, in a line."""
    names = {"reporter": found.reporter.handle, "handle": found.member.handle}
    if found.post is None:
        return t("@{reporter} reports @{handle}", **names)
    ref = found.post.short_reference
    return t("@{reporter} reports [{ref}] by @{handle}", ref=ref, **names)


def told(session: Session, community: Community, claim: Claim) -> Answer | None:
    """A manager's notice of a report; nothing when it is closed, or they are no manager any more."""
    found = session.get(Report, claim.payload["report"])
    member = session.get(Member, claim.member_id)
    if found is None or found.status != "open" or member is None or member.status != "active":
        return None
    if not kept.may_look(session, member, found):
        return None
    if claim.channel != "email" and not accounts.is_chat_of(session, member, claim.channel, claim.recipient):
        return None
    return shown(session, community, found, member)


def shown(session: Session, community: Community, found: Report, reader: Member) -> Answer:
    """A report with all that is known of it, and what a manager can do now."""
    why = escaped(found.reason) or t("They gave no reason.")
    parts = [f"**{_about(found)}** ({at_hour(found.created_at, ZoneInfo(reader.time_zone))})", why]
    parts += [_post(community, found)] if found.post is not None else []
    if others := kept.alike(session, found):
        parts.append(n("{count} other member reports the same.", "{count} other members report the same.", others))
    parts.append(_state(community, found))
    return Answer(
        "\n\n".join(parts),
        subject=t("Report {number}: @{handle}", number=found.id, handle=found.member.handle),
    )


def _post(community: Community, found: Report) -> str:
    """What the post said, and what became of it."""
    post = found.post
    assert post is not None
    quoted = "\n".join(f"> {escaped(line)}".rstrip() for line in found.words.split("\n")) if found.words else ""
    if post.status == "deleted":
        now = t("It is deleted meanwhile.")
    elif post.edited_at is not None and post.edited_at > found.created_at:
        now = t("It was changed since: {url}", url=phrases.post_url(community, post))
    else:
        now = phrases.post_url(community, post)
    return "\n\n".join(filter(None, (quoted, now)))


def _state(community: Community, found: Report) -> str:
    if found.status != "open":
        return t("It is closed: {outcome}", outcome=escaped(found.outcome) or t("nothing was noted."))
    return t(
        "What you can do now: talk to @{handle}, by naming them in a post or a reply; ask those who run the server; advise who reported. There are no other sanctions yet. Then send `reports close {number} what was done`. Who reported is told to nobody but you managers; please keep it so.",
        handle=found.member.handle,
        number=found.id,
    )
