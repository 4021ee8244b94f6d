"""Subscribers from files of other services: what a list says is gathered first, then settled, those who said no before all others.

    (files) ──gather──▶ one entry for each address ──settle──▶ who must not be mailed, then who is subscribed

- An address that stands in several lines or files counts once, and what is furthest from yes holds, in whatever order it came.
- What we know ourselves goes before what a file says: see settling.py.
- Nothing is queued. Who is taken gets an issue only when a post came after the import.
- Each unit settles at most BATCH people and stands for itself; whatever is there already is left as it is. So an import that was killed is simply
  started again, and a second time changes nothing. A dry run reads the same and writes nothing.
- Gathered people wait in a temporary SQLite file of their own, which has no name and ends with the process; memory does not grow with the list.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader

from gateway.core.audience.columns import Standing, read, sniff
from gateway.core.audience.csv_files import Row, rows
from gateway.core.audience.gathering import Double, Found, Gathered
from gateway.core.audience.settling import NO, OUTCOMES, Import, Settle, leave_out, settle_no, settle_yes
from gateway.core.audience.wishes import CADENCES, offered_first
from gateway.core.errors import Invalid
from gateway.core.people.tokens import Keyring
from gateway.core.store.db import Database
from gateway.core.store.models import Blog

_PACKED = b"PK\x03\x04"  # a zip archive's first bytes
BATCH = 1000  # people settled in one unit


@dataclass(frozen=True, slots=True)
class File:
    """A list to read; `size` in bytes, 0 when nobody knows."""

    name: str
    stream: BufferedReader
    size: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line: `what` is one of OUTCOMES, `why` says more."""

    file: str
    line: int
    address: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: bytes while reading (`total` 0 when nobody knows), people while saving."""

    step: str  # reading | saving
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Summary:
    """How many lines came to what, and which service wrote each file."""

    services: dict[str, str]
    counts: dict[str, int]


Tell = Callable[[Outcome], None]
Show = Callable[[Progress], None]


def import_subscribers(
    database: Database,
    keyring: Keyring,
    blog_id: int,
    files: Sequence[File],
    now: datetime,
    *,
    cadence: str = "",
    column: str = "",
    dry_run: bool = False,
    operator: bool = False,
    tell: Tell = lambda outcome: None,
    show: Show = lambda progress: None,
) -> Summary:
    """Takes the people of these lists as subscribers of a blog, and tells what became of each line. Raises Invalid for a file that is no list.

    The operator's lists do and tell more than a blog's owner's: see settling.py.
    """
    if cadence and cadence not in CADENCES:
        raise Invalid(f"{cadence!r} is no cadence.", hint=f"Choose one of: {', '.join(CADENCES)}. Nothing was saved.")
    work = Import(database, keyring, blog_id, cadence or _usual(database, blog_id), now, dry_run, operator)
    counts: Counter[str] = Counter()

    def told(outcome: Outcome) -> None:
        counts[outcome.what] += 1
        tell(outcome)

    with closing(Gathered()) as gathered:
        services = _gather_all(gathered, files, column, told, show)
        _settle_all(work, gathered, told, show)
    return Summary(services, dict(counts))


def _gather_all(gathered: Gathered, files: Sequence[File], column: str, tell: Tell, show: Show) -> dict[str, str]:
    """Reads all files; which service wrote each."""
    total = sum(file.size for file in files) if all(file.size for file in files) else 0
    services: dict[str, str] = {}
    before = 0
    for file in files:

        def done(here: int, before: int = before) -> None:
            show(Progress("reading", before + here, total))

        services[file.name] = _gather(gathered, file, column, tell, done)
        before += file.size
    return services


def _settle_all(work: Import, gathered: Gathered, tell: Tell, show: Show) -> None:
    total, done = gathered.count(), 0
    steps: tuple[tuple[tuple[Standing, ...], Settle], ...] = (
        (NO, settle_no),
        (("active",), settle_yes),
        (("unconfirmed", "unknown"), leave_out),
    )
    for standings, settle in steps:
        for people in gathered.batches(standings, BATCH):
            for one in settle(work, people):
                found, why = one.found, one.why or OUTCOMES[one.what]
                tell(Outcome(found.file, found.line, found.person.address, one.what, why))
            done += len(people)
            show(Progress("saving", done, total))


def _usual(database: Database, blog_id: int) -> str:
    """What the blog offers first."""
    with database.read() as session:
        return offered_first(session.get_one(Blog, blog_id))


def _gather(gathered: Gathered, file: File, column: str, tell: Tell, done: Callable[[int], None]) -> str:
    """Reads one file; the name of the service that wrote it."""
    if file.stream.peek(4)[:4] == _PACKED:
        raise Invalid(
            f"{file.name} is a zip archive, or a spreadsheet.", hint="Unpack it, or save it as CSV. Nothing was saved."
        )
    lines = rows(file.stream)
    first = next(lines, None)
    if first is None:
        raise Invalid(f"{file.name} is empty.", hint="Nothing was saved.")
    columns = sniff(first.cells, file=file.name.rpartition("/")[2], column=column)
    if not columns.has_header:
        lines = _with_first(first, lines)
    for number, row in enumerate(lines):
        try:
            if row.wrong:
                raise Invalid(row.wrong)
            double = gathered.add(Found(file.name, row.line, read(columns, row.cells)))
        except Invalid as wrong:
            tell(
                Outcome(
                    file.name,
                    row.line,
                    row.cells[columns.address] if columns.address < len(row.cells) else "",
                    "wrong",
                    str(wrong),
                )
            )
        else:
            if double is not None:
                tell(_doubled(double))
        if number % BATCH == 0 and file.size:
            done(file.stream.tell())
    return columns.service


def _doubled(double: Double) -> Outcome:
    file, line = double.counts
    place = f"line {line}" if file == double.file else f"{file}, line {line}"
    return Outcome(
        double.file, double.line, double.address, "double", f"The same address stands in {place}, which counts."
    )


def _with_first(first: Row, lines: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from lines
