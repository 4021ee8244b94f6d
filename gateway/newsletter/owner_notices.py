"""What the owner of a blog is told of an issue: that it is about to leave, how it ended, that much of it failed, that it was paused for its errors or could not be made anew, that one was missed.

Each is told once. The words are made when they are sent, so they tell how it is then; what is true no more is not said.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience.issue_progress import Tally, leaves_at, tally
from gateway.core.audience.missed_issues import missed
from gateway.core.audience.offering import SWITCHED_OFF
from gateway.core.audience.withdrawing import is_to_be_made_anew
from gateway.core.ledger import outbox
from gateway.core.ledger.occurrences import Claim as Occurred
from gateway.core.ledger.outbox import Claim, Intent
from gateway.core.messages import Answer, Button
from gateway.core.people import accounts, choices
from gateway.core.people.community import Community
from gateway.core.people.managers import having
from gateway.core.store.models import Blog, Delivery, Issue, Member
from gateway.core.words import N, n, on_clock, packed, t, unpacked
from gateway.newsletter.calendar import zone_of
from gateway.newsletter.words import escaped

URGENT = frozenset({"issue_paused", "issue_late", "issue_failed"})  # told by mail, too, where nothing else may be told
_WAS_DUE = {
    "weekly": N("The weekly issue of the newsletter of {blog} was due on {time}, while this server did not run."),
    "monthly": N("The monthly issue of the newsletter of {blog} was due on {time}, while this server did not run."),
}
# Of an issue of which too many copies were refused: the words, the subject, and what its owner does next
_PAUSED = (
    N(
        "The newsletter issue “{subject}” of {blog} is paused: {refused} The last answer was:\n\n> {said}\n\nWhat was not sent yet waits; nothing is lost."
    ),
    N("Paused: {subject}"),
    N("When the cause is mended, resume it at {url}, or cancel it there."),
)
_REFUSED = (
    N(
        "The newsletter issue “{subject}” of {blog} is over. {refused} The last answer was:\n\n> {said}\n\nNo copy waits any more, so it was not paused. Mend the cause before the next issue."
    ),
    N("Refused: {subject}"),
    N("Who did not get it, with a button to send it to them again: {url}"),
)


def tell_owner(session: Session, issue: Issue, kind: str, now: datetime) -> None:
    """Queues a notice for the owner, in the places they chose."""
    _tell(session, [issue.blog.owner], kind, f"{kind}:{issue.id}", {"issue": issue.id}, now)


def tell_end(session: Session, issue: Issue, now: datetime) -> None:
    """The same at the end, for those who were told of the beginning. That half of the copies or more failed, every owner is told once, unless
    they know because it was paused for that."""
    if _failed_widely(tally(session, issue.id)) and issue.paused_why in {"", SWITCHED_OFF}:
        tell_owner(session, issue, "issue_failed", now)
        return
    told = select(Delivery.id).where(Delivery.cause == f"issue_scheduled:{issue.id}").limit(1)
    if session.scalar(told) is not None:
        tell_owner(session, issue, "issue_finished", now)


def _failed_widely(counted: Tally) -> bool:
    """Whether half or more of what was handed over failed, and something did: of a small issue, too, which the guard does not pause."""
    return 2 * counted.failed >= max(counted.failed + counted.sent + counted.held, 1)


def tell_paused(session: Session, issue: Issue, refused: int, looked_at: int, said: str, now: datetime) -> None:
    """For the owner and the operators, once for each time that it is paused by itself."""
    _tell_of_pause(session, issue, {"refused": refused, "of": looked_at, "said": said[:300]}, now)


def tell_stuck(session: Session, issue: Issue, now: datetime) -> None:
    """That it is paused because it could not be made anew, in the same way."""
    _tell_of_pause(session, issue, {}, now)


def _tell_of_pause(session: Session, issue: Issue, facts: dict[str, Any], now: datetime) -> None:
    people = {one.id: one for one in (issue.blog.owner, *having(session, "operator"))}
    cause = f"issue_paused:{issue.id}:{now.isoformat()}"
    _tell(session, people.values(), "issue_paused", cause, {"issue": issue.id, **facts}, now)


def tell_late(session: Session, blog: Blog, held: Occurred, now: datetime) -> None:
    """That an issue is held until its owner decides."""
    facts = {"blog": blog.id, "period": held.period}
    _tell(session, [blog.owner], "issue_late", f"issue_late:{held.schedule}:{held.period}", facts, now)


def tell_templates(session: Session, issue: Issue, fault: str, now: datetime) -> None:
    """That the blog's own templates were not used for it."""
    facts = {"issue": issue.id, "fault": packed(fault)}
    _tell(session, [issue.blog.owner], "issue_templates", f"issue_templates:{issue.id}", facts, now)


def _tell(
    session: Session, people: Iterable[Member], kind: str, cause: str, facts: dict[str, Any], now: datetime
) -> None:
    intents = [
        Intent(kind, to.channel, to.recipient, cause, facts, member_id=member.id)
        for member in people
        for to in choices.at_large(session, member) or (accounts.mails(session, member) if kind in URGENT else ())
    ]
    outbox.queue_many(session, intents, now)


def scheduled(session: Session, community: Community, claim: Claim) -> Answer | None:
    """That it leaves soon, with ways to stop it; nothing once it has left or was stopped."""
    issue, member = _issue(session, claim), session.get(Member, claim.member_id)
    if issue.status != "scheduled" or member is None:
        return None
    at = on_clock(leaves_at(issue, issue.send_at), zone_of(member.time_zone))
    copies = n(
        "{count} copy leaves on {time}.", "{count} copies leave on {time}.", tally(session, issue.id).copies, time=at
    )
    text = t(
        "The newsletter issue “{subject}” of {blog} is ready. {copies}\n\nTo stop it, send `newsletter pause` or `newsletter cancel` before, or open {url}. Otherwise there is nothing to do.",
        **_names(issue),
        copies=copies,
        url=page_of(community, issue),
    )
    pause, page = f"newsletter pause {issue.id}", page_of(community, issue)
    buttons = ((Button(t("Pause"), action=pause), Button(t("Look at it"), url=page)),)
    return Answer(text, subject=t("Leaves soon: {subject}", subject=issue.subject), buttons=buttons)


def finished(session: Session, community: Community, claim: Claim) -> Answer | None:
    """What became of its copies."""
    issue = _issue(session, claim)
    if issue.status != "finished":
        return None
    counted = tally(session, issue.id)
    lines = [n("{count} copy was sent.", "{count} copies were sent.", counted.sent)]
    if counted.failed:
        lines.append(n("{count} copy failed.", "{count} copies failed.", counted.failed))
    if counted.suppressed:
        lines.append(
            n(
                "{count} copy was not sent, for its reader has left or may not be mailed.",
                "{count} copies were not sent, for their readers have left or may not be mailed.",
                counted.suppressed,
            )
        )
    if counted.uncertain:
        lines.append(n("Of {count} copy it is not certain.", "Of {count} copies it is not certain.", counted.uncertain))
    text = t(
        "The newsletter issue “{subject}” of {blog} has been sent. {tally}\n\nWho got it: {url}",
        **_names(issue),
        tally=" ".join(lines),
        url=page_of(community, issue),
    )
    return Answer(text, subject=t("Sent: {subject}", subject=issue.subject))


def failed(session: Session, community: Community, claim: Claim) -> Answer | None:
    """That half of its copies or more failed, with what was said of the last, and what to do; nothing once they were sent again."""
    issue = _issue(session, claim)
    counted = tally(session, issue.id)
    if issue.status != "finished" or not _failed_widely(counted):
        return None
    ended = (Delivery.issue_id == issue.id, Delivery.status == "failed")
    last = select(Delivery.reported, Delivery.reason).where(*ended).order_by(Delivery.finished_at.desc()).limit(1)
    reported, reason = session.execute(last).one()
    failures = n(
        "The only copy that was handed over failed.",
        "Of {count} copies that were handed over {failed} failed.",
        counted.failed + counted.sent + counted.held,
        failed=f"{counted.failed:,}",
    )
    text = t(
        "The newsletter issue “{subject}” of {blog} is over. {failures} The last answer was:\n\n> {said}\n\nWho did not get it, why, and a button to send it to them again: {url}\n\nWhen an address does not exist there is nothing to do: nothing more is mailed there. When many refuse your mail for another reason, tell whoever runs this server.",
        **_names(issue),
        failures=failures,
        said=escaped((reported or reason)[:300]),
        url=page_of(community, issue),
    )
    return Answer(text, subject=t("Failed: {subject}", subject=issue.subject))


def paused(session: Session, community: Community, claim: Claim) -> Answer | None:
    """That too many copies were refused, and so it was paused, unless none waited any more; and what to do. Nothing once it goes on."""
    issue = _issue(session, claim)
    goes_on = issue.resumed_at is not None and issue.resumed_at >= claim.created_at
    if issue.status not in {"paused", "finished"} or goes_on:
        return None
    is_owner = claim.member_id == issue.blog.member_id
    if "refused" not in claim.payload:
        waits = issue.status == "paused" and is_to_be_made_anew(issue)
        return _stuck(community, issue, is_owner=is_owner) if waits else None
    refused = n(
        "{count} of the last {looked_at} copies was refused for good.",
        "{count} of the last {looked_at} copies were refused for good.",
        int(claim.payload["refused"]),
        looked_at=claim.payload["of"],
    )
    words, subject, for_owner = _PAUSED if tally(session, issue.id).waiting else _REFUSED
    text = t(words, **_names(issue), refused=refused, said=escaped(str(claim.payload["said"])))
    if is_owner:
        next_step = t(for_owner, url=page_of(community, issue))
    else:
        next_step = t("`postroom newsletter show {number}` tells more.", number=issue.id)
    return Answer(f"{text}\n\n{next_step}", subject=t(subject, subject=issue.subject))


def _stuck(community: Community, issue: Issue, *, is_owner: bool) -> Answer:
    text = t(
        "The newsletter issue “{subject}” of {blog} is paused: something of it was deleted before it left, and it could not be made anew of the rest. No copy has left.",
        **_names(issue),
    )
    if is_owner:
        next_step = t(
            "Let it go on at {url} to have it tried again, or cancel it there. Whoever runs this server was told, too.",
            url=page_of(community, issue),
        )
    else:
        next_step = t(
            "What was wrong is in the server's log; `postroom newsletter show {number}` tells more of the issue.",
            number=issue.id,
        )
    return Answer(f"{text}\n\n{next_step}", subject=t("Paused: {subject}", subject=issue.subject))


def late(session: Session, community: Community, claim: Claim) -> Answer | None:
    """That it is held because nobody was there to send it in time; nothing once it was sent, or the next one was."""
    blog = session.get_one(Blog, claim.payload["blog"])
    found = [one for one in missed(session, blog) if one.period == claim.payload["period"]]
    if not found:
        return None
    due = on_clock(found[0].due_at, zone_of(blog.time_zone))
    text = t(
        "{was_due} You want to decide about those yourself, so nothing was sent.\n\nSend it at {url}, or leave it: then its posts are in the next issue.",
        was_due=t(_WAS_DUE[found[0].cadence], blog=escaped(blog.shown_title), time=due),
        url=f"{community.base_url}/me/issues",
    )
    return Answer(text, subject=t("Late: the newsletter of {blog}", blog=blog.shown_title))


def templates(session: Session, community: Community, claim: Claim) -> Answer | None:
    """What was wrong with the blog's own templates, and that the issue went nevertheless."""
    issue = _issue(session, claim)
    text = t(
        "The newsletter issue “{subject}” of {blog} was made with the templates that Postroom brings, for your own can't be mailed: {fault}\n\nYour readers get it as usual. Mend your templates before the next one.",
        **_names(issue),
        fault=escaped(t(unpacked(claim.payload["fault"]))),
    )
    return Answer(text, subject=t("Your newsletter's templates were not used"))


def page_of(community: Community, issue: Issue) -> str:
    """Where the owner looks at an issue."""
    return f"{community.base_url}/me/issues/{issue.id}"


def _issue(session: Session, claim: Claim) -> Issue:
    return session.get_one(Issue, claim.payload["issue"])


def _names(issue: Issue) -> dict[str, str]:
    return {"subject": escaped(issue.subject), "blog": escaped(issue.blog.shown_title)}
