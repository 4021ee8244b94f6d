"""Commands about what came in, what leaves, and what is due."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from gateway.cli.shared import AsJson, opened_house, table, tell

inbox = typer.Typer(help="What came in, and what became of it.", no_args_is_help=True)
Row = Annotated[int, typer.Argument(metavar="ID")]


@inbox.command("list")
def inbox_list(
    status: Annotated[str, typer.Option(help="Only these, as held or dead.")] = "",
    limit: int = 50,
    as_json: AsJson = False,
) -> None:
    """List inbound messages, newest first."""
    from gateway.core.desk import reports

    with opened_house() as house, house.database.read() as session:
        rows = reports.inbound(session, status=status, limit=limit)
    tell(rows, as_json, table(rows, ("id", "at", "channel", "from", "to", "status", "reason")))


@inbox.command("show")
def inbox_show(row: Row, as_json: AsJson = False) -> None:
    """Show one inbound message: its envelope, its outcome and why."""
    from gateway.core.desk import reports

    with opened_house() as house, house.database.read() as session:
        shown = reports.inbound_one(session, row)
    tell(shown, as_json, "\n".join(f"{name}: {value}" for name, value in shown.items()))


@inbox.command("raw")
def inbox_raw(row: Row) -> None:
    """Write a message's bytes as they came to standard output."""
    from gateway.core.desk import reports

    with opened_house() as house, house.database.read() as session:
        sys.stdout.buffer.write(reports.raw(session, house.blobs, row))


@inbox.command("replay")
def inbox_replay(row: Row) -> None:
    """Have a message processed again."""
    from gateway.core.ledger import inbox as ledger

    with opened_house() as house:
        house.database.writer.run(lambda session: ledger.replay(session, row, house.now()))
    print(f"Inbound message {row} will be processed again.")


@inbox.command("release")
def inbox_release(row: Row) -> None:
    """Publish a held message: its sender was confirmed."""
    from gateway.core.ledger import inbox as ledger

    with opened_house() as house:
        house.database.writer.run(lambda session: ledger.replay(session, row, house.now(), released=True))
    print(f"Inbound message {row} is released and will be published.")


@inbox.command("discard")
def inbox_discard(row: Row) -> None:
    """Drop a held, waiting or dead message."""
    from gateway.core.ledger import inbox as ledger

    with opened_house() as house:
        house.database.writer.run(
            lambda session: ledger.discard(session, row, house.now(), reason="Discarded by the operator.")
        )
    print(f"Inbound message {row} is discarded.")


# The outbox

outbox = typer.Typer(help="What leaves, and what became of it.", no_args_is_help=True)


@outbox.command("list")
def outbox_list(
    status: Annotated[str, typer.Option(help="Only these, as queued or failed.")] = "",
    limit: int = 50,
    as_json: AsJson = False,
) -> None:
    """List deliveries, newest first."""
    from gateway.core.desk import reports

    with opened_house() as house, house.database.read() as session:
        rows = reports.deliveries(session, status=status, limit=limit)
    tell(rows, as_json, table(rows, ("id", "at", "kind", "channel", "to", "status", "reason")))


@outbox.command("uncertain")
def outbox_uncertain(as_json: AsJson = False) -> None:
    """List deliveries that may have left twice or not at all, because a process stopped in the middle."""
    from gateway.core.desk import reports

    with opened_house() as house, house.database.read() as session:
        rows = reports.uncertain(session)
    tell(rows, as_json, table(rows, ("id", "at", "kind", "channel", "to", "status", "doubtful")))


def schedule(as_json: AsJson = False) -> None:
    """List what is due next, and what happened."""
    from gateway.newsletter import schedule as clock

    with opened_house() as house:
        rows = [asdict(entry) for entry in [*reversed(clock.upcoming(house)), *clock.history(house)]]
    tell(rows, as_json, table(rows, ("due_at", "schedule", "period", "state", "note")))
