"""Commands that serve, set up, or take one mail."""

import asyncio
import json
import logging
import os
import signal
import sys
from typing import Annotated

import typer

from gateway.cli.shared import AsJson, fail, faults_told, run_loop, tell
from gateway.configuration import load, masked
from gateway.settings import ROLES, Settings


def serve(
    roles: Annotated[str, typer.Option(help=f"Which of {','.join(ROLES)} this process has.")] = ",".join(ROLES),
) -> None:
    """Serve until told to stop (SIGTERM, Ctrl-C)."""
    chosen = [role.strip() for role in roles.split(",") if role.strip()]
    if unknown := [role for role in chosen if role not in ROLES]:
        fail(f"--roles: there is no role {unknown[0]}. The roles are {', '.join(ROLES)}.", 64)
    with faults_told():
        run_loop(_serve(load(os.environ), chosen))


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
            fail(f"Postroom can't listen where the settings say: {error}. `postroom config` prints them.", 69)
        print(f"Postroom serves {settings.community_name}: {settings.base_url}", flush=True)
        await app.serve()
    finally:
        await app.stop()


def config(as_json: AsJson = False) -> None:
    """Print the settings in force; secrets are masked."""
    with faults_told():
        shown = masked(load(os.environ))
    tell(shown, as_json, "\n".join(f"{name} = {value}" for name, value in shown.items()))


def migrate() -> None:
    """Bring the database to the newest schema."""
    from gateway.core.store.migrate import head, upgrade

    with faults_told():
        upgrade(load(os.environ).database)
    print(f"The database is at revision {head()}.")


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


def run() -> None:
    """Set up a community at the first start, then serve it."""
    from gateway.first_start import prepare

    with faults_told():
        try:
            settings = prepare(os.environ)
        except (EOFError, KeyboardInterrupt):
            fail("\nNothing more was set up. Start again with `postroom run`.", 130)
        run_loop(_serve(settings, list(ROLES)))
