"""Commands that serve, set up, or take one mail."""

import asyncio
import gc
import json
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.shared import AsJson, fail, faults_told, located, run_loop, tell
from gateway.configuration import load, masked, read_from, settings_file
from gateway.core.errors import PostroomError
from gateway.settings import ROLES, Settings, SettingsError

if TYPE_CHECKING:
    from gateway.pipe import End


log = logging.getLogger("postroom")


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
            fail(f"Postroom can't listen where the settings say: {error}. {read_from(os.environ)}", 69)
        settle()
        print(f"Postroom serves {settings.community_name}: {settings.base_url}", flush=True)
        await app.serve()
    finally:
        await app.stop()
        log.info("stopped")


def settle() -> None:
    """What is loaded when a process begins to serve stays to its end: the search for cycles leaves it out, and comes a tenth as often.

    It took a tenth of what a copy of a newsletter costs beside its signature.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10 * gc.get_threshold()[0], *gc.get_threshold()[1:])


def config(
    as_json: AsJson = False,
    dns: Annotated[bool, typer.Option("--dns", help="Print the DNS records to set instead.")] = False,
) -> None:
    """Print the settings in force, if they hold; secrets are masked."""
    from gateway import first_start, keys
    from gateway.email.listeners import tls_of

    with faults_told():
        settings = load(os.environ)
        tls_of(settings)
        keys.check_dkim(settings)
        if dns:
            records = first_start.dns(settings)
            tell(records, as_json, "\n".join(records))
            return
        shown = masked(settings)
    tell(shown, as_json, "\n".join(f"{name} = {value}" for name, value in shown.items()))


def migrate() -> None:
    """Bring the database to the newest schema."""
    from gateway.core.store.migrate import head
    from gateway.opening import prepare_database

    with faults_told():
        prepare_database(load(os.environ))
    print(f"The database is at revision {head()}.")


def receive(
    mail_from: Annotated[str, typer.Option(help="The envelope sender; empty for the null sender.")],
    rcpt: Annotated[list[str], typer.Option(help="The envelope recipient; may be given several times.")],
    also: Annotated[list[str] | None, typer.Argument(metavar="RECIPIENT", help="Further recipients.")] = None,
    client_ip: Annotated[str, typer.Option(help="Who handed the mail to the MTA, for SPF.")] = "",
    helo: Annotated[str, typer.Option(help="What they called themselves.")] = "",
) -> None:
    """Take one message from standard input through the whole inbound path, as an MTA's pipe transport calls it.

    Prints the outcome as JSON, for several recipients one a line. Exits by sysexits: 0 done, 64 a wrong argument, 65 bad data, 67 no such
    user, 75 try again, 77 not allowed.
    """
    from gateway.core.people.tokens import redacted
    from gateway.pipe import exit_code

    raw, recipients = sys.stdin.buffer.read(), list(dict.fromkeys([*rcpt, *(also or ())]))
    ends = _received(raw, mail_from, recipients, client_ip, helo)
    for recipient, (outcome, _) in zip(recipients, ends, strict=False):
        named = {"recipient": redacted(recipient)} if len(ends) > 1 else {}
        print(json.dumps({**named, **outcome}, ensure_ascii=False))
    raise typer.Exit(exit_code(ends))


def _received(raw: bytes, mail_from: str, recipients: list[str], client_ip: str, helo: str) -> "list[End]":
    """What became of it for each recipient; one end for all while it could be stored for none."""
    from sqlalchemy.exc import OperationalError

    from gateway.pipe import TRY_AGAIN, address_of
    from gateway.pipe import receive as receive_one

    peer = address_of(client_ip)
    if client_ip and not peer:
        print(f"--client-ip: {client_ip!r} is no IP address; it counts as not given.", file=sys.stderr)
    try:
        settings = load(os.environ)
        _check_ours(settings, recipients)
        work = receive_one(settings, raw, mail_from=mail_from, recipients=recipients, client_ip=peer, helo=helo)
        return asyncio.run(work)
    except SettingsError as error:
        reason = located(error)
    except PostroomError as error:
        reason = str(error)
    except OperationalError as error:
        reason = f"The database can't be used: {error.orig}"
    except Exception as error:  # whatever is wrong here, the MTA keeps the mail and tries again
        log.exception("a mail could not be received")
        reason = f"{type(error).__name__}: {error}"
    return [({"status": "not stored", "reason": reason}, TRY_AGAIN)]


def _check_ours(settings: Settings, recipients: list[str]) -> None:
    """Without any settings every address is a stranger's, and every mail would be refused for good."""
    from gateway.email.forwarders import is_elsewhere

    unset = settings_file(os.environ) is None and "POSTROOM_DOMAIN" not in os.environ
    if unset and all(is_elsewhere(one, settings.domain) for one in recipients):
        raise SettingsError(f"domain: it is not set, and none of the recipients is at {settings.domain}.")


def run() -> None:
    """Set up a community at the first start, then serve it."""
    from gateway.first_start import prepare

    with faults_told():
        try:
            settings = prepare(os.environ)
        except (EOFError, KeyboardInterrupt):
            fail("\nNothing more was set up. Start again with `postroom run`.", 130)
        run_loop(_serve(settings, list(ROLES)))
