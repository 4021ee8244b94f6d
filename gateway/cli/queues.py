"""Commands about what came in, what leaves, whom we don't mail, and what is due."""

import base64
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cli.shared import AsJson, fail, opened_house, table, tell
from gateway.configuration import load

inbox = typer.Typer(help="What came in, and what became of it.", no_args_is_help=True)
Row = Annotated[int, typer.Argument(metavar="ID")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]
InboxStatus = Annotated[str, typer.Option("--status", help="Only what stands so, as held or dead.")]
OutboxStatus = Annotated[str, typer.Option("--status", help="Only what stands so, as queued or failed.")]


@inbox.command("list")
def inbox_list(status: InboxStatus = "", limit: Limit = 50, as_json: AsJson = False) -> None:
    """List inbound messages, newest first."""
    from gateway.core.desk.reports import inbound

    _list(partial(inbound, status=status, limit=limit), ("channel", "from", "to", "status", "reason"), as_json)


@inbox.command("refused")
def inbox_refused(
    address: Annotated[str, typer.Option(help="Only whose sender or recipient this is, or has this as a part.")] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List mail that was refused in the last seven days, newest first: from whom, to whom, and why."""
    from gateway.core.desk.refused import refused

    _list(partial(refused, address=address, limit=limit), ("from", "to", "peer", "code", "reason"), as_json)


@inbox.command("show")
def inbox_show(row: Row, as_json: AsJson = False) -> None:
    """Show one inbound message: its envelope, its outcome and why, and the way it came."""
    from gateway.core.desk import reports
    from gateway.core.errors import NotFound
    from gateway.email.route import route

    with opened_house() as house, house.database.read() as session:
        shown = reports.inbound_one(session, row, raw_days=load(os.environ).raw_mail_days)
        try:
            hops = route(reports.raw(session, house.blobs, row)) if shown["channel"] == "email" else ()
        except NotFound:  # incinerated; `content` says since when
            hops = ()
        except OSError as error:
            hops, shown["content"] = (), _missing(error)
    words = [f"{name}: {value}" for name, value in shown.items() if value not in {None, ""}]
    words += [f"by way of: {hop.sender or '?'} to {hop.server or '?'}, {hop.protocol}, {hop.date}" for hop in hops]
    tell({**shown, "route": [asdict(hop) for hop in hops]}, as_json, "\n".join(words))


@inbox.command("raw")
def inbox_raw(row: Row, as_json: AsJson = False) -> None:
    """Write a message's bytes as they came to standard output; as JSON in base64."""
    from gateway.core.desk import reports

    with opened_house() as house, house.database.read() as session:
        try:
            content = reports.raw(session, house.blobs, row)
        except OSError as error:
            fail(f"The content of inbound message {row} is {_missing(error)}", 1)
    if as_json:
        tell({"id": row, "size": len(content), "base64": base64.b64encode(content).decode()}, as_json, "")
    else:
        sys.stdout.buffer.write(content)


def _missing(error: OSError) -> str:
    """What to say of a message whose file can't be read."""
    file = Path(error.filename).absolute() if error.filename else "its file"
    return f"missing: {file} can't be read ({error.strerror}). Is data_dir right, and were the blobs restored?"


@inbox.command("replay")
def inbox_replay(row: Row, as_json: AsJson = False) -> None:
    """Have a message processed again."""
    from gateway.core.ledger import inbox as ledger

    _change(row, lambda session, now: ledger.replay(session, row, now), "will be processed again.", as_json)


@inbox.command("release")
def inbox_release(row: Row, as_json: AsJson = False) -> None:
    """Publish a held message, or one that was ignored as automatic: its sender was confirmed."""
    from gateway.core.ledger import inbox as ledger

    said = "is released and will be published."
    _change(row, lambda session, now: ledger.release(session, row, now), said, as_json)


@inbox.command("discard")
def inbox_discard(row: Row, as_json: AsJson = False) -> None:
    """Drop a held, waiting or dead message."""
    from gateway.core.ledger import inbox as ledger

    why = "Discarded by the operator."
    _change(row, lambda session, now: ledger.discard(session, row, now, reason=why), "is discarded.", as_json)


def _change(row: int, change: Callable[[Session, datetime], None], said: str, as_json: bool) -> None:
    """Changes what becomes of a message and says so; as JSON it is the row as it stands then."""
    from gateway.core.desk import reports

    def unit(session: Session) -> dict[str, Any]:
        reports.inbound_one(session, row)  # what is sealed is not there
        change(session, house.now())
        session.flush()
        return reports.inbound_one(session, row)

    with opened_house() as house:
        after = house.database.writer.run(unit)
    tell(after, as_json, f"Inbound message {row} {said}")


outbox = typer.Typer(help="What leaves, and what became of it.", no_args_is_help=True)


@outbox.command("list")
def outbox_list(status: OutboxStatus = "", limit: Limit = 50, as_json: AsJson = False) -> None:
    """List deliveries, newest first."""
    from gateway.core.desk.reports import deliveries

    shown = ("kind", "channel", "to", "status", "reason", "reported")
    _list(partial(deliveries, status=status, limit=limit), shown, as_json)


@outbox.command("uncertain")
def outbox_uncertain(
    issue: Annotated[int | None, typer.Option(help="Only copies of this issue, by its number.")] = None,
    as_json: AsJson = False,
) -> None:
    """List all deliveries that may have left twice or not at all, because a process stopped in the middle."""
    from gateway.core.audience import issue_controls
    from gateway.core.desk.reports import uncertain

    def read(session: Session) -> list[dict[str, Any]]:
        if issue is not None:
            issue_controls.by_number(session, issue)
        return uncertain(session, issue_id=issue)

    _list(read, ("kind", "channel", "to", "status", "doubtful"), as_json)


@outbox.command("resend")
def outbox_resend(
    ids: Annotated[list[int] | None, typer.Argument(metavar="ID…", help="The deliveries' numbers.")] = None,
    issue: Annotated[int | None, typer.Option(help="All uncertain copies of this issue, by its number.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send uncertain deliveries again. Whoever got theirs gets it twice, with the same Message-ID."""
    from gateway.core.ledger import amending
    from gateway.core.store.models import Delivery, Issue

    if bool(ids) == (issue is not None):
        fail("Name the deliveries, or their issue with --issue. Nothing was changed.", 64)
    with opened_house() as house:
        with house.database.read() as session:
            known = set(session.scalars(select(Delivery.id).where(Delivery.id.in_(ids or ()))))
            if issue is not None and session.get(Issue, issue) is None:
                fail(f"There is no issue {issue}. Nothing was changed.", 1)
        if unknown := sorted({*(ids or ())} - known):
            fail(f"There is no such delivery: {', '.join(map(str, unknown))}. Nothing was changed.", 1)
        again = house.database.writer.run(
            lambda session: amending.resend(session, house.now(), ids=ids or (), issue_id=issue)
        )
    missed = sorted(set(ids or ()) - set(again))
    said = f"{len(again)} {'is' if len(again) == 1 else 'are'} sent again."
    if missed:
        said += f" Not uncertain, or of a cancelled issue, and left as they were: {', '.join(map(str, missed))}."
    tell({"again": again, "left": missed}, as_json, said)


suppressed = typer.Typer(help="Addresses that are not mailed any more, and why.", no_args_is_help=True)


@suppressed.command("list")
def suppressed_list(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List what is not mailed any more, newest first."""
    from gateway.core.desk import reports

    with opened_house() as house, house.database.read() as session:
        rows = reports.suppressed(session, house.community.keyring, limit=limit)
    tell(rows, as_json, table(rows, ("at", "address", "reason")))


@suppressed.command("lift")
def suppressed_lift(address: str, as_json: AsJson = False) -> None:
    """Let an address be mailed again; do so when its owner asks you to."""
    from gateway.core.audience import suppression

    with opened_house() as house:
        keyring = house.community.keyring
        lifted = house.database.writer.run(lambda session: suppression.lift(session, keyring, address))
    said = f"{address} is mailed again." if lifted else f"Nothing was held against {address}."
    tell({"address": address, "lifted": lifted}, as_json, said)


def schedule(as_json: AsJson = False) -> None:
    """List what is due next, the soonest first, and then what happened, the latest first."""
    from gateway.newsletter import plan
    from gateway.newsletter import schedule as clock

    with opened_house() as house:
        entries = [*clock.upcoming(house), *clock.history(house)]
        with house.database.read() as session:
            names = {entry.schedule for entry in entries}
            what, over = plan.described(names, session), plan.over(names, session)

    def shown(at: datetime | None) -> str | None:
        return at.astimezone(house.community.zone).isoformat(" ", "seconds") if at is not None else None

    rows = [
        asdict(entry)
        | {"what": what[entry.schedule], "due_at": shown(entry.due_at), "finished_at": shown(entry.finished_at)}
        for entry in entries
        if not (entry.state == "due" and entry.schedule in over)
    ]
    listed = [row | {"period": ""} if plan.is_of_post(row["schedule"]) else row for row in rows]  # it is its time
    tell(rows, as_json, table(listed, ("due_at", "what", "period", "state", "note")))


def _list(read: Callable[[Session], list[dict[str, Any]]], columns: tuple[str, ...], as_json: bool) -> None:
    """Prints what is read, each with its number and time and then these columns."""
    with opened_house() as house, house.database.read() as session:
        rows = read(session)
    tell(rows, as_json, table(rows, ("id", "at", *columns)))
