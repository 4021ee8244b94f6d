"""Every `postroom` command. Thin: it reads arguments, calls one function, prints. Reporting commands take `--json`."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any, NoReturn

import typer

from gateway import __version__
from gateway.core.errors import PostroomError
from gateway.core.house import House
from gateway.settings import ROLES, Settings, SettingsError, load, masked

main = typer.Typer(
    name="postroom",
    help="A community of blogs whose front doors are mail and chat.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
LINKED = ("telegram", "slack")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@main.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses that hold a bot's token
    for library in ("apscheduler", "alembic", "mail.log"):  # they tell of every turn
        logging.getLogger(library).setLevel(logging.WARNING)
    if version:
        print(f"postroom {__version__}")
        raise typer.Exit


@main.command()
def serve(
    roles: Annotated[str, typer.Option(help=f"Which of {','.join(ROLES)} this process has.")] = ",".join(ROLES),
) -> None:
    """Serve until told to stop (SIGTERM, Ctrl-C)."""
    chosen = [role.strip() for role in roles.split(",") if role.strip()]
    if unknown := [role for role in chosen if role not in ROLES]:
        _fail(f"--roles: there is no role {unknown[0]}. The roles are {', '.join(ROLES)}.", 64)
    with _faults_told():
        _run_loop(_serve(load(os.environ), chosen))


async def _serve(settings: Settings, chosen: list[str]) -> None:
    from gateway.app import App

    app = App(settings, only=chosen)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.ask_to_stop)
    try:
        try:
            await app.start()
        except OSError as error:
            _fail(f"Postroom can't listen where the settings say: {error}. `postroom config` prints them.", 69)
        print(f"Postroom serves {settings.community_name}: {settings.base_url}", flush=True)
        await app.serve()
    finally:
        await app.stop()


@main.command()
def config(as_json: AsJson = False) -> None:
    """Print the settings in force; secrets are masked."""
    with _faults_told():
        shown = masked(load(os.environ))
    _print(shown, as_json, "\n".join(f"{name} = {value}" for name, value in shown.items()))


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from gateway.core.store.migrate import head, upgrade

    with _faults_told():
        upgrade(load(os.environ).database)
    print(f"The database is at revision {head()}.")


@main.command()
def receive(
    mail_from: Annotated[str, typer.Option(help="The envelope sender; empty for the null sender.")],
    rcpt: Annotated[str, typer.Option(help="The envelope recipient.")],
    client_ip: Annotated[str, typer.Option(help="Who handed the mail to the MTA, for SPF.")] = "",
    helo: Annotated[str, typer.Option(help="What they called themselves.")] = "",
) -> None:
    """Take one message from standard input through the whole inbound path, as an MTA's pipe transport calls it.

    Prints the outcome as JSON. Exits by sysexits: 0 done, 65 bad data, 67 no such user, 75 try again, 77 not allowed.
    """
    from gateway.pipe import TRY_AGAIN
    from gateway.pipe import receive as receive_one

    envelope = {"mail_from": mail_from, "rcpt": rcpt, "client_ip": client_ip, "helo": helo}
    try:
        outcome, code = asyncio.run(receive_one(load(os.environ), sys.stdin.buffer.read(), **envelope))
    except Exception as error:  # whatever is wrong here, the MTA keeps the mail and tries again
        logging.getLogger("postroom").exception("a mail could not be received")
        outcome, code = {"status": "not stored", "reason": f"{type(error).__name__}: {error}"}, TRY_AGAIN
    print(json.dumps(outcome, ensure_ascii=False))
    raise typer.Exit(code)


# The inbox

inbox = typer.Typer(help="What came in, and what became of it.", no_args_is_help=True)
main.add_typer(inbox, name="inbox")
Row = Annotated[int, typer.Argument(metavar="ID")]


@inbox.command("list")
def inbox_list(
    status: Annotated[str, typer.Option(help="Only these, as held or dead.")] = "",
    limit: int = 50,
    as_json: AsJson = False,
) -> None:
    """List inbound messages, newest first."""
    from gateway.core.desk import reports

    with _house() as house, house.database.read() as session:
        rows = reports.inbound(session, status=status, limit=limit)
    _print(rows, as_json, _table(rows, ("id", "at", "channel", "from", "to", "status", "reason")))


@inbox.command("show")
def inbox_show(row: Row, as_json: AsJson = False) -> None:
    """Show one inbound message: its envelope, its outcome and why."""
    from gateway.core.desk import reports

    with _house() as house, house.database.read() as session:
        shown = reports.inbound_one(session, row)
    _print(shown, as_json, "\n".join(f"{name}: {value}" for name, value in shown.items()))


@inbox.command("raw")
def inbox_raw(row: Row) -> None:
    """Write a message's bytes as they came to standard output."""
    from gateway.core.desk import reports

    with _house() as house, house.database.read() as session:
        sys.stdout.buffer.write(reports.raw(session, house.blobs, row))


@inbox.command("replay")
def inbox_replay(row: Row) -> None:
    """Have a message processed again."""
    from gateway.core.ledger import inbox as ledger

    with _house() as house:
        house.database.writer.run(lambda session: ledger.replay(session, row, house.now()))
    print(f"Inbound message {row} will be processed again.")


@inbox.command("release")
def inbox_release(row: Row) -> None:
    """Publish a held message: its sender was confirmed."""
    from gateway.core.ledger import inbox as ledger

    with _house() as house:
        house.database.writer.run(lambda session: ledger.replay(session, row, house.now(), released=True))
    print(f"Inbound message {row} is released and will be published.")


@inbox.command("discard")
def inbox_discard(row: Row) -> None:
    """Drop a held, waiting or dead message."""
    from gateway.core.ledger import inbox as ledger

    with _house() as house:
        house.database.writer.run(
            lambda session: ledger.discard(session, row, house.now(), reason="Discarded by the operator.")
        )
    print(f"Inbound message {row} is discarded.")


# The outbox

outbox = typer.Typer(help="What leaves, and what became of it.", no_args_is_help=True)
main.add_typer(outbox, name="outbox")


@outbox.command("list")
def outbox_list(
    status: Annotated[str, typer.Option(help="Only these, as queued or failed.")] = "",
    limit: int = 50,
    as_json: AsJson = False,
) -> None:
    """List deliveries, newest first."""
    from gateway.core.desk import reports

    with _house() as house, house.database.read() as session:
        rows = reports.deliveries(session, status=status, limit=limit)
    _print(rows, as_json, _table(rows, ("id", "at", "kind", "channel", "to", "status", "reason")))


@outbox.command("uncertain")
def outbox_uncertain(as_json: AsJson = False) -> None:
    """List deliveries that may have left twice or not at all, because a process stopped in the middle."""
    from gateway.core.desk import reports

    with _house() as house, house.database.read() as session:
        rows = reports.uncertain(session)
    _print(rows, as_json, _table(rows, ("id", "at", "kind", "channel", "to", "status", "doubtful")))


@main.command()
def schedule(as_json: AsJson = False) -> None:
    """List what is due next, and what happened."""
    from gateway.newsletter import schedule as clock

    with _house() as house:
        rows = [asdict(entry) for entry in [*reversed(clock.upcoming(house)), *clock.history(house)]]
    _print(rows, as_json, _table(rows, ("due_at", "schedule", "period", "state", "note")))


# Members

member = typer.Typer(help="The people.", no_args_is_help=True)
main.add_typer(member, name="member")


@member.command("add")
def member_add(
    handle: str,
    address: str,
    name: Annotated[str, typer.Option(help="The name people see.")] = "",
    time_zone: Annotated[str, typer.Option(help="An IANA time zone.")] = "",
    operator: Annotated[bool, typer.Option(help="They run this community.")] = False,
) -> None:
    """Add a member with a blog; their address counts as confirmed."""
    from gateway.core.desk import welcome

    with _house() as house:
        zone = time_zone or house.community.time_zone
        lines = house.database.writer.run(
            lambda session: welcome.add(
                session, house.community, house.now(), handle, address, name=name, time_zone=zone, operator=operator
            )
        )
    print("\n".join(lines))


@member.command("invite")
def member_invite(address: str) -> None:
    """Send somebody an invitation by mail."""
    from gateway.core.people import letters

    with _house() as house:
        house.database.writer.run(
            lambda session: letters.invite(session, house.community, None, address, house.now(), house.randomness)
        )
    print(f"An invitation to {address} is on its way.")


@member.command("link-code")
def member_link_code(handle: str, channel: Annotated[str, typer.Argument(help="telegram or slack")]) -> None:
    """Make a code that links a chat to a member: they send `link CODE` to the bot within ten minutes."""
    from gateway.core.people import accounts

    if channel not in LINKED:
        _fail(f"CHANNEL: there is no channel {channel}. It is one of {', '.join(LINKED)}.", 64)
    with _house() as house:
        code = house.database.writer.run(
            lambda s: accounts.link_code(s, accounts.by_handle(s, handle), channel, house.now(), house.randomness)
        )
    print(code)


@main.command()
def chat(as_handle: Annotated[str, typer.Option("--as", help="Whose words these are.")]) -> None:
    """Talk to the desk as a member, in a terminal."""
    from gateway.bots.console import talk

    with _house() as house:
        asyncio.run(talk(house, as_handle))


slack = typer.Typer(help="Slack.", no_args_is_help=True)
main.add_typer(slack, name="slack")


@slack.command("manifest")
def slack_manifest() -> None:
    """Print the app manifest to paste at Slack."""
    from gateway.bots.slack.manifest import manifest

    with _faults_told():
        settings = load(os.environ)
    print(json.dumps(manifest(settings.base_url, settings.slack_mode, settings.community_name), indent=2))


@main.command()
def run() -> None:
    """Set up a community at the first start, then serve it."""
    from gateway.first_start import prepare

    with _faults_told():
        try:
            settings = prepare(os.environ)
        except (EOFError, KeyboardInterrupt):
            _fail("\nNothing more was set up. Start again with `postroom run`.", 130)
        _run_loop(_serve(settings, list(ROLES)))


# What they share


@contextmanager
def _house() -> Iterator[House]:
    from gateway.opening import open_house

    with _faults_told():
        house = open_house(load(os.environ))
        try:
            yield house
        finally:
            house.database.close()


@contextmanager
def _faults_told() -> Iterator[None]:
    """What can go wrong, as a sentence and an exit code: 78 for the settings, 69 for the database, else 1."""
    from sqlalchemy.exc import OperationalError

    try:
        yield
    except SettingsError as error:
        _fail(str(error), 78)
    except PostroomError as error:
        _fail(str(error), 1)
    except OperationalError as error:
        _fail(f"The database can't be used: {error.orig}. It is the one that database_url names.", 69)


def _run_loop(work: Any) -> None:
    try:
        import uvloop
    except ImportError:  # not on Windows
        asyncio.run(work)
    else:
        uvloop.run(work)


def _fail(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(code)


def _print(value: object, as_json: bool, text: str) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str) if as_json else text)


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    if not rows:
        return "There is nothing to list."
    cells = [[str(row.get(column, "")) for column in columns] for row in rows]
    widths = [max(len(column), *(len(line[n]) for line in cells)) for n, column in enumerate(columns)]
    lines = [columns, *cells]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
