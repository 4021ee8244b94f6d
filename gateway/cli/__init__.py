"""Every `postroom` command. Thin: it reads arguments, calls one function, prints. Reporting commands take `--json`."""

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gateway import __version__
from gateway.cli import logs, newsletter, people, queues, reports, serving, subscribers, themes


class _Commands(TyperGroup):
    """All commands. What they make is readable for their owner only; a fault in their arguments ends 64 (sysexits: usage)."""

    def main(self, *arguments: Any, **more: Any) -> Any:
        before = os.umask(0o077)
        try:
            return super().main(*arguments, **more)
        except SystemExit as end:
            sys.exit(_shown(64 if end.code == 2 else end.code))  # 2 is the library's own word for it
        finally:
            os.umask(before)


def _shown(code: Any) -> Any:
    """The exit code once all that was printed is out; 1, as in the library, where nobody reads the last of it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it ends
        return code or 1
    return code


main = typer.Typer(
    name="postroom",
    cls=_Commands,
    help="A community of blogs whose front doors are mail and chat.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@main.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    logs.set_up()
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
    ("newsletter", newsletter.newsletter),
    ("subscribers", subscribers.subscribers),
    ("theme", themes.theme),
    ("member", people.member),
    ("reports", reports.reports),
    ("slack", people.slack),
):
    main.add_typer(group, name=name)
