"""Commands about reports to the community's managers. Who reported stands in none of them, nor when to the second, for that tells it: managers
ask in chat or by mail. What a report says is shown only where those who run the server stand in for managers.
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.shared import AsJson, opened_house, table, tell

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gateway.core.store.models import Report

reports = typer.Typer(help="What members reported.", no_args_is_help=True)
Number = Annotated[int, typer.Argument(metavar="NUMBER")]
COLUMNS = ("number", "at", "status", "member", "post", "reason")


@reports.command("list")
def reports_list(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the open reports, newest first, without who reported."""
    from gateway.core.community import reports as kept

    with opened_house() as house, house.database.read() as session:
        rows = [_row(session, one) for one in kept.listed(session, status="" if everything else "open", limit=limit)]
    tell(rows, as_json, table(rows, COLUMNS))


@reports.command("show")
def reports_show(number: Number, as_json: AsJson = False) -> None:
    """Show one report, without who reported; while there is no manager also why, and what the post said then."""
    from gateway.core.community import reports as kept

    with opened_house() as house, house.database.read() as session:
        found = kept.one(session, number)
        said = {"words": found.words, "outcome": found.outcome} if kept.is_for_operators(session, found) else {}
        closed = found.closed_at and found.closed_at.date().isoformat()
        shown = {**_row(session, found), **said, "others": kept.alike(session, found), "closed": closed}
    tell(shown, as_json, "\n".join(f"{name}: {value}" for name, value in shown.items() if value not in {None, ""}))


@reports.command("close")
def reports_close(
    number: Number, outcome: Annotated[str, typer.Argument(help="What was done.")] = "", as_json: AsJson = False
) -> None:
    """Close a report, saying what was done. Nobody is told."""
    from gateway.core.community import reports as kept

    with opened_house() as house:
        row = house.database.writer.run(lambda s: _row(s, kept.close(s, number, None, outcome, house.now())))
    tell(row, as_json, f"Report {number} is closed.")


def _row(session: "Session", one: "Report") -> dict[str, Any]:
    """What it is about, and since which day; why only for whom it is."""
    from gateway.core.community import reports as kept

    said = {"reason": one.reason} if kept.is_for_operators(session, one) else {}
    return {
        "number": one.id,
        "at": one.created_at.date().isoformat(),
        "status": one.status,
        "member": f"@{one.member.handle}",
        "post": one.post.short_reference if one.post is not None else "",
        **said,
    }
