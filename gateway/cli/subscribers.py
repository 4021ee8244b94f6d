"""Commands about the subscribers of a blog: their lists in and out."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO, cast

import typer

from gateway.cli.shared import AsJson, fail, opened_house, tell

if TYPE_CHECKING:
    from gateway.core.audience.importing import File, Outcome, Progress, Summary

subscribers = typer.Typer(help="Who gets a blog by mail.", no_args_is_help=True)
SHOWN = 20  # lines of the list that are told of without a report
_SHORT = ("taken", "already", "double")  # outcomes that nobody needs to look at line by line
Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="CSV files; - for standard input.")]


@subscribers.command("import")
def subscribers_import(
    blog: str,
    files: Files,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would come of it; save nothing.")] = False,
    cadence: Annotated[str, typer.Option(help="each, weekly or monthly. Default: what the blog offers first.")] = "",
    column: Annotated[str, typer.Option(help="The column with the addresses, when it is not found.")] = "",
    report: Annotated[Path | None, typer.Option(help="A CSV file to write what became of each line to.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take the people of these lists as subscribers. Nobody is mailed because of it; a second time changes nothing."""
    from gateway.core.audience.importing import import_subscribers
    from gateway.core.writing import blogs

    with opened_house() as house, ExitStack() as stack:
        opened = [stack.enter_context(_opened(name)) for name in files]
        told = stack.enter_context(_reported(report))
        with house.database.read() as session:
            blog_id = blogs.by_name(session, blog).id
        summary = import_subscribers(
            house.database,
            house.community.keyring,
            blog_id,
            opened,
            house.now(),
            cadence=cadence,
            column=column,
            dry_run=dry_run,
            operator=True,
            tell=told,
            show=_Shown(),
        )
    lines = _said(summary, told, report, dry_run=dry_run)
    tell({**asdict(summary), "dry_run": dry_run, "lines": [asdict(one) for one in told.first]}, as_json, lines)


@subscribers.command("export")
def subscribers_export(
    blog: str,
    out: Annotated[Path | None, typer.Option(help="The file to write. Default: standard output.")] = None,
) -> None:
    """Write all subscribers of a blog as CSV, with their state: those who left or are not mailed too."""
    from gateway.core.audience.exporting import export_subscribers
    from gateway.core.writing import blogs

    with opened_house() as house, _written(out) as file:
        with house.database.read() as session:
            blog_id = blogs.by_name(session, blog).id
        count = export_subscribers(house.database, house.community.keyring, blog_id, file)
    print(f"{count} subscribers.", file=sys.stderr)


@contextmanager
def _opened(name: str) -> "Iterator[File]":
    from gateway.core.audience.importing import File

    if name == "-":
        yield File("standard input", BufferedReader(cast("BufferedReader", sys.stdin.buffer)))
        return
    try:
        with Path(name).open("rb") as stream:
            yield File(name, stream, Path(name).stat().st_size)
    except OSError as error:
        fail(f"{name} can't be read: {error.strerror}. Nothing was saved.", 1)


@contextmanager
def _written(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        fail(f"{path} can't be written: {error.strerror}. Nothing was saved.", 1)
    with file:
        yield file


class _Told:
    """Hears what became of each line: writes it to the report, and keeps the first that somebody should look at."""

    def __init__(self, file: TextIO | None) -> None:
        from gateway.core.audience import csv_files

        self.first: list[Outcome] = []
        self._row = csv_files.writer(file) if file is not None else None
        if self._row:
            self._row(("file", "line", "email", "outcome", "why"))

    def __call__(self, outcome: "Outcome") -> None:
        if self._row:
            self._row((outcome.file, str(outcome.line), outcome.address, outcome.what, outcome.why))
        if outcome.what not in _SHORT and len(self.first) < SHOWN:
            self.first.append(outcome)


@contextmanager
def _reported(path: Path | None) -> Iterator[_Told]:
    if path is None:
        yield _Told(None)
        return
    with _written(path) as file:
        yield _Told(file)


class _Shown:
    """Says on standard error how far it is, at most once a second."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, progress: "Progress") -> None:
        now = time.monotonic()
        if now - self._last < 1:
            return
        self._last = now
        if progress.step == "saving":
            print(f"saving: {progress.done:,} of {progress.total:,} addresses", file=sys.stderr)
        elif progress.total:
            print(f"reading: {100 * progress.done // progress.total} %", file=sys.stderr)


def _said(summary: "Summary", told: _Told, report: Path | None, *, dry_run: bool) -> str:
    from gateway.core.audience.settling import OUTCOMES

    lines = [f"{name}: {service}" for name, service in summary.services.items()]
    lines += [f"{summary.counts[what]:>9,}  {what}: {why}" for what, why in OUTCOMES.items() if what in summary.counts]
    lines += [f"{one.file}, line {one.line}: {one.address or '(no address)'}: {one.why}" for one in told.first]
    looked_at = sum(count for what, count in summary.counts.items() if what not in _SHORT)
    if looked_at > len(told.first) and report is None:
        lines.append(f"And {looked_at - len(told.first):,} lines more; --report FILE tells of all.")
    lines.append("This was a dry run: nothing was saved." if dry_run else "Saved. Nobody was mailed.")
    return "\n".join(lines)
