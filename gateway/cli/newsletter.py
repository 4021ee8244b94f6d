"""Commands about newsletter issues on their way: how far each is, who got it, and what stops it or lets it go on."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sqlalchemy.orm import Session

from gateway.cli.shared import AsJson, opened_house, table, tell

if TYPE_CHECKING:
    from gateway.core.store.models import Issue

newsletter = typer.Typer(help="Issues of newsletters, and their copies.", no_args_is_help=True)
Number = Annotated[int, typer.Argument(metavar="ISSUE", help="The issue's number.")]
Blog = Annotated[str, typer.Option(help="Only those of this blog.")]
Most = Annotated[int, typer.Option("--limit", min=1, help="How many, at most.")]
Only = Annotated[
    str, typer.Option("--status", help="Only copies of this status, as failed; or reported, for what came back later.")
]

_COLUMNS = ("id", "recipient", "status", "at", "answered", "reported")


@newsletter.command("list")
def newsletter_list(blog: Blog = "", limit: Most = 50, as_json: AsJson = False) -> None:
    """List issues, newest first."""
    from sqlalchemy import select

    from gateway.core.store.models import Issue
    from gateway.core.writing import blogs

    with opened_house() as house, house.database.read() as session:
        found = select(Issue).order_by(Issue.id.desc()).limit(limit)
        if blog:
            found = found.where(Issue.blog_id == blogs.by_name(session, blog).id)
        rows = [_issue(one) for one in session.scalars(found)]
    tell(rows, as_json, table(rows, ("id", "blog", "cadence", "period", "status", "send_at", "subject")))


@newsletter.command("show")
def newsletter_show(number: Number, as_json: AsJson = False) -> None:
    """Show how far an issue is, how fast it goes, and when it will be done."""
    with opened_house() as house, house.database.read() as session:
        shown = _shown(session, number, house.now())
    tell(shown, as_json, "\n".join(f"{name}: {value}" for name, value in shown.items() if value not in (None, "")))


@newsletter.command("pause")
def newsletter_pause(number: Number, as_json: AsJson = False) -> None:
    """Have no further copy leave until it is resumed."""
    from gateway.core.audience import issue_controls

    said = "is paused. What was not begun yet waits; what is being handed over now still leaves."
    _change(number, lambda session, issue, _now: issue_controls.pause(session, issue, None), said, as_json)


@newsletter.command("resume")
def newsletter_resume(number: Number, as_json: AsJson = False) -> None:
    """Let a paused issue go on where it was stopped."""
    from gateway.core.audience import issue_controls

    _change(number, lambda s, issue, now: issue_controls.resume(s, issue, None, now), "goes on.", as_json)


@newsletter.command("cancel")
def newsletter_cancel(number: Number, as_json: AsJson = False) -> None:
    """Have no further copy leave, for ever."""
    from gateway.core.audience import issue_controls

    said = (
        "is cancelled. The clock's process ends the copies that wait; what is being handed over now may still arrive."
    )
    _change(number, lambda session, issue, _now: issue_controls.cancel(session, issue, None), said, as_json)


@newsletter.command("retry")
def newsletter_retry(number: Number, as_json: AsJson = False) -> None:
    """Send an issue again to those where it failed; not to addresses that may not be mailed."""
    from gateway.core.audience import issue_controls

    _change(
        number,
        lambda session, issue, now: issue_controls.retry_failed(session, issue, None, now),
        "is sent again to those where it failed.",
        as_json,
    )


@newsletter.command("copies")
def newsletter_copies(number: Number, only: Only = "", as_json: AsJson = False) -> None:
    """List all copies of an issue: to whom, what became of each and when, what the relay said, and what came back."""
    from gateway.core.audience import issue_controls, issue_progress

    with opened_house() as house, house.database.read() as session:
        issue = issue_controls.by_number(session, number)
        rows = (asdict(one) for one in issue_progress.all_copies(session, issue.id, only=only))
        _print_json(rows) if as_json else _print_lines(rows)


def _print_json(rows: Iterator[dict[str, Any]]) -> None:
    """A JSON list, printed as it is read: a million copies never stand in memory."""
    before = "[\n  "
    for row in rows:
        print(before, json.dumps(row, ensure_ascii=False, default=str), sep="", end="")
        before = ",\n  "
    print("\n]" if before.startswith(",") else "[]")


def _print_lines(rows: Iterator[dict[str, Any]]) -> None:
    """A line each, with tabs between, for what a relay says is of any length."""
    print(*_COLUMNS, sep="\t")
    for row in rows:
        print(*(" ".join(str(row[name] if row[name] is not None else "").split()) for name in _COLUMNS), sep="\t")


def _change(number: int, change: Callable[[Session, "Issue", datetime], object], said: str, as_json: bool) -> None:
    """Does something with an issue and says so; as JSON it is the issue as it stands then."""
    from gateway.core.audience import issue_controls

    def unit(session: Session) -> dict[str, Any]:
        change(session, issue_controls.by_number(session, number), house.now())
        session.flush()
        return _shown(session, number, house.now())

    with opened_house() as house:
        after = house.database.writer.run(unit)
    tell(after, as_json, f"Issue {number} {said}")


def _shown(session: Session, number: int, now: datetime) -> dict[str, Any]:
    from gateway.core.audience import issue_controls, issue_progress

    issue = issue_controls.by_number(session, number)
    found = issue_progress.progress(session, issue, now)
    return {
        **_issue(issue),
        "finished_at": issue.finished_at,
        "paused_why": issue.paused_why,
        "copies": found.tally.copies,
        **asdict(found.tally),
        "bounced": found.bounced,
        "complained": found.complained,
        "a_minute": found.a_minute,
        "done_at": found.done_at,
        "leaves_at": found.leaves_at,
    }


def _issue(issue: "Issue") -> dict[str, Any]:
    return {
        "id": issue.id,
        "blog": issue.blog.name,
        "cadence": issue.cadence,
        "period": issue.period,
        "status": issue.status,
        "send_at": issue.send_at,
        "subject": issue.subject or issue.wanted_subject,
    }
