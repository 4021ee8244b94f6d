"""`newsletter pause`, `resume` and `cancel`: an issue that is on its way, stopped and let go on by its owner."""

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from gateway.core.audience import issue_controls
from gateway.core.audience.issue_progress import leaves_at, on_the_way, tally
from gateway.core.desk.phrases import when
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import Conflict, Invalid
from gateway.core.messages import Answer, Button
from gateway.core.store.models import Issue
from gateway.core.words import N, later, n, t
from gateway.core.writing.quoting import escaped

_POSTS = {  # of a cancelled one
    "each": N("Its post stays on your blog. Readers of every post get it no more; weekly and monthly ones may."),
    "weekly": N(
        "Its posts stay on your blog and come in no other weekly issue; readers of other cadences may get them."
    ),
    "monthly": N(
        "Its posts stay on your blog and come in no other monthly issue; readers of other cadences may get them."
    ),
}
FITTING = {"pause": ("scheduled", "sending"), "resume": ("paused",), "cancel": issue_controls.ON_ITS_WAY}


def control(turn: Turn, what: str, number: int | None) -> Spoken:
    """Does it with the issue of that number, or with the only one that is meant, and says how it stands."""
    issue = issue_controls.of_owner(turn.session, number, turn.who) if number is not None else _meant(turn, what)
    return Spoken("answered", DOINGS[what](turn, issue))


def on_their_way(turn: Turn) -> str:
    """A line for each issue that has been cut and is not sent yet, with what stops it or lets it go on; empty when there is none."""
    return "\n".join(_line(one) for one in issue_controls.on_their_way(turn.session, turn.who))


def _meant(turn: Turn, what: str) -> Issue:
    found = issue_controls.on_their_way(turn.session, turn.who)
    fitting = [one for one in found if one.status in FITTING[what]]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        words = ", ".join(f"`newsletter {what} {one.id}` ({escaped(one.subject)})" for one in fitting)
        raise Invalid(
            later("Several issues of yours are on their way."),
            hint=later("Say which you mean: {words}. Nothing was changed.", words=words),
        )
    if found:
        states: Sequence[str] = [later(issue_controls.STATES[one.status]) for one in found]
        raise Conflict(later("Your issue is {state}.", state=states[0]), hint=later("Nothing was changed."))
    raise Conflict(later("No issue of yours is on its way."), hint=later("Nothing was changed."))


def _pause(turn: Turn, issue: Issue) -> Answer:
    issue_controls.pause(turn.session, issue, turn.who)
    waiting = tally(turn.session, issue.id).waiting
    text = t(
        "“{subject}” is paused: {copies} `newsletter resume` lets it go on, `newsletter cancel` ends it.",
        subject=escaped(issue.subject),
        copies=n("{count} copy waits.", "{count} copies wait.", waiting),
    )
    resume, cancel = (f"newsletter {what} {issue.id}" for what in ("resume", "cancel"))
    buttons = ((Button(t("Let it go on"), action=resume), Button(t("Cancel it"), action=cancel)),)
    return Answer(text, subject=t("Your newsletter"), buttons=buttons)


def _resume(turn: Turn, issue: Issue) -> Answer:
    issue_controls.resume(turn.session, issue, turn.who, turn.now)
    text = t("“{subject}” goes on where it was stopped. Nobody gets it twice.", subject=escaped(issue.subject))
    at = leaves_at(issue, turn.now)
    if at > turn.now:
        text += " " + t("Its copies leave on {time}.", time=when(at, ZoneInfo(turn.who.time_zone)))
    return Answer(text, subject=t("Your newsletter"))


def _cancel(turn: Turn, issue: Issue) -> Answer:
    issue_controls.cancel(turn.session, issue, turn.who)
    text = t(
        "“{subject}” is cancelled. {copies} {posts}",
        subject=escaped(issue.subject),
        copies=_copies_gone(turn, issue),
        posts=t(_POSTS[issue.cadence]),
    )
    return Answer(text, subject=t("Your newsletter"))


def _copies_gone(turn: Turn, issue: Issue) -> str:
    left, leaving = tally(turn.session, issue.id).sent, on_the_way(turn.session, issue.id)
    said = [n("{count} copy had left.", "{count} copies had left.", left)] if left else []
    if leaving:
        said.append(
            n(
                "{count} copy is on its way and may still arrive.",
                "{count} copies are on their way and may still arrive.",
                leaving,
            )
        )
    return " ".join(said) or t("No copy had left.")


DOINGS: Mapping[str, Callable[[Turn, Issue], Answer]] = {"pause": _pause, "resume": _resume, "cancel": _cancel}


def _line(issue: Issue) -> str:
    what = "resume" if issue.status == "paused" else "pause"
    return t(
        "“{subject}” is {state}: `newsletter {what} {number}`, `newsletter cancel {number}`.",
        subject=escaped(issue.subject),
        state=t(issue_controls.STATES[issue.status]),
        what=what,
        number=issue.id,
    )
