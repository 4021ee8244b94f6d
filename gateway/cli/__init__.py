"""Every `postroom` command. Thin: it reads arguments, calls one function, prints. Reporting commands take `--json`."""

import logging
from typing import Annotated

import typer

from gateway import __version__
from gateway.cli import people, queues, serving

main = typer.Typer(
    name="postroom",
    help="A community of blogs whose front doors are mail and chat.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@main.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses that hold a bot's token
    for library in ("apscheduler", "alembic", "mail.log"):  # they tell of every turn
        logging.getLogger(library).setLevel(logging.WARNING)
    if version:
        print(f"postroom {__version__}")
        raise typer.Exit


for command in (
    serving.serve,
    serving.config,
    serving.migrate,
    serving.receive,
    serving.run,
    queues.schedule,
    people.chat,
):
    main.command()(command)
for name, group in (
    ("inbox", queues.inbox),
    ("outbox", queues.outbox),
    ("suppressed", queues.suppressed),
    ("member", people.member),
    ("slack", people.slack),
):
    main.add_typer(group, name=name)
