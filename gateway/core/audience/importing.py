"""Subscribers from files of other services: what a list says is gathered first, then settled, those who said no before all others.

    (files) ──gather──▶ one entry for each address ──settle──▶ who must not be mailed, then who is subscribed

- An address that stands in several lines or files counts once, and what is furthest from yes holds, in whatever order it came.
- What we know ourselves goes before what a file says: nobody who left here, was erased here or is not mailed comes back by an import, and who subscribed
  here stays, unless the file tells that they said no later.
- Nothing is queued. Who is taken gets an issue only when a post came after the import.
- Each unit settles at most BATCH people and stands for itself; whatever is there already is left as it is. So an import that was killed is simply
  started again, and a second time changes nothing. A dry run reads the same and writes nothing.
- Gathered people wait in a temporary SQLite file of their own, which has no name and ends with the process; memory does not grow with the list.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.core.audience.columns import Person, Standing, read, sniff
from gateway.core.audience.csv_files import Row, rows
from gateway.core.audience.gathering import Double, Found, Gathered
from gateway.core.audience.subscribers import CADENCES, CONFIRMING_LASTS
from gateway.core.audience.suppression import Reason, not_to_import, suppress_many
from gateway.core.errors import Invalid
from gateway.core.people.tokens import Keyring
from gateway.core.store.db import Database
from gateway.core.store.models import Address, Blog, Subscriber
from gateway.core.store.sql import insert_many_if_new

_PACKED = b"PK\x03\x04"  # a zip archive's first bytes
BATCH = 1000  # people settled in one unit
OUTCOMES = {
    "taken": "Subscribed now.",
    "already": "Subscribed here already.",
    "waiting": "Asked here, and has not confirmed yet. Left as it is.",
    "left": "Left here. Who left comes back by subscribing themselves.",
    "kept out": "Not mailed by us, or erased here at their wish.",
    "unconfirmed": "Never confirmed there. They may subscribe here themselves.",
    "unknown": "The file does not say in words known here that they are subscribed.",
    "unsubscribed": "Left there, and is remembered as one who left here.",
    "not mailed": "Bounced, complained or was blocked there, and is not mailed by us.",
    "ended": "Was subscribed here, and said no there later or bounced there. Not subscribed any more.",
    "stays": "Said no or bounced there, but is known here: a member, or subscribed here since. Left as it is.",
    "double": "The same address stands in another line.",
    "wrong": "This line can't be used.",
}
_NO: tuple[Standing, ...] = ("unsubscribed", "bounced", "complained", "blocked")
_REASONS: Mapping[Standing, Reason] = {"bounced": "hard bounce", "complained": "complaint", "blocked": "asked"}


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


@dataclass(frozen=True, slots=True)
class _Import:
    database: Database
    keyring: Keyring
    blog_id: int
    cadence: str  # of whom the file tells none
    now: datetime
    dry_run: bool


@dataclass(frozen=True, slots=True)
class _Here:
    """A subscription that is there."""

    id: int
    status: str
    asked_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Settled:
    found: Found
    what: str
    row_id: int | None = None  # of a subscription that ends
    suppress: bool = False
    why: str = ""


_Settle = Callable[[_Import, Sequence[Found]], list[_Settled]]


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
    tell: Tell = lambda outcome: None,
    show: Show = lambda progress: None,
) -> Summary:
    """Takes the people of these lists as subscribers of a blog, and tells what became of each line. Raises Invalid for a file that is no list."""
    if cadence and cadence not in CADENCES:
        raise Invalid(f"{cadence!r} is no cadence.", hint=f"Choose one of: {', '.join(CADENCES)}. Nothing was saved.")
    work = _Import(database, keyring, blog_id, cadence or _usual(database, blog_id), now, dry_run)
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


def _settle_all(work: _Import, gathered: Gathered, tell: Tell, show: Show) -> None:
    total, done = gathered.count(), 0
    steps: tuple[tuple[tuple[Standing, ...], _Settle], ...] = (
        (_NO, _settle_no),
        (("active",), _settle_yes),
        (("unconfirmed", "unknown"), _left_out),
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
        offered = session.get_one(Blog, blog_id).newsletter
    return offered if offered in CADENCES else "weekly"


def _gather(gathered: "Gathered", file: File, column: str, tell: Tell, done: Callable[[int], None]) -> str:
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


def _left_out(work: _Import, people: Sequence[Found]) -> list[_Settled]:
    return [_Settled(one, one.person.standing) for one in people]


def _settle_yes(work: _Import, people: Sequence[Found]) -> list[_Settled]:
    def unit(session: Session) -> list[_Settled]:
        known = _known(session, work, people)
        barred = not_to_import(session, work.keyring, work.blog_id, (one.person.address for one in people))
        settled = [_yes(one, known, barred) for one in people]
        if not work.dry_run:
            new = [one.found.person for one in settled if one.what == "taken"]
            insert_many_if_new(session, Subscriber, [_row(work, person, "active") for person in new])
        return settled

    return _ran(work, unit)


def _yes(one: Found, known: Mapping[str, _Here], barred: Mapping[str, str]) -> _Settled:
    row = known.get(one.person.address)
    if row is not None:
        return _Settled(one, {"active": "already", "pending": "waiting"}.get(row.status, "left"))
    if one.person.address in barred:
        return _Settled(one, "kept out", why=f"{OUTCOMES['kept out']} ({barred[one.person.address]})")
    return _Settled(one, "taken")


def _settle_no(work: _Import, people: Sequence[Found]) -> list[_Settled]:
    with work.database.read() as session:
        proven = _proven(session, work, people)

    def unit(session: Session) -> list[_Settled]:
        known = _known(session, work, people)
        left = (one.person.address for one in people if one.person.standing == "unsubscribed")
        barred = not_to_import(session, work.keyring, work.blog_id, left)
        settled = [_no(one, known.get(one.person.address), proven, barred) for one in people]
        if not work.dry_run:
            _save_no(session, work, settled, known)
        return settled

    return _ran(work, unit)


def _no(one: Found, row: _Here | None, proven: set[str], barred: Mapping[str, str]) -> _Settled:
    address = one.person.address
    if row is not None and row.status == "active":
        if not _said_no_later(row, one.person):
            return _Settled(one, "stays")
        return _Settled(one, "ended", row.id, one.person.standing in _REASONS and address not in proven)
    if one.person.standing == "unsubscribed":
        kept_out = row is None and address in barred  # then a row would bring back an address that was erased
        return _Settled(one, "kept out" if kept_out else "unsubscribed")
    return _Settled(one, "stays") if address in proven else _Settled(one, "not mailed", suppress=True)


def _said_no_later(row: _Here, person: Person) -> bool:
    """Whether a no elsewhere is later than the yes we have. Of a no without a date only who confirmed here is spared: a
    confirmation lasts CONFIRMING_LASTS, and who was imported has asked longer before than that."""
    if person.left is not None:
        return person.left > row.asked_at
    return row.confirmed_at is not None and row.confirmed_at - row.asked_at > CONFIRMING_LASTS


def _save_no(session: Session, work: _Import, settled: Sequence[_Settled], known: Mapping[str, _Here]) -> None:
    left = [
        _row(work, one.found.person, "unsubscribed")
        for one in settled
        if one.what == "unsubscribed" and one.found.person.address not in known
    ]
    insert_many_if_new(session, Subscriber, left)
    ending = [one.row_id for one in settled if one.row_id is not None]
    if ending:
        leaving = update(Subscriber).where(Subscriber.id.in_(ending), Subscriber.status == "active")
        session.execute(leaving.values(status="unsubscribed", left_at=work.now))
    reasons = {one.found.person.address: _REASONS[one.found.person.standing] for one in settled if one.suppress}
    suppress_many(session, work.keyring, reasons, work.now)


def _ran(work: _Import, unit: Callable[[Session], list[_Settled]]) -> list[_Settled]:
    """Through the writer; a dry run only reads."""
    if not work.dry_run:
        return work.database.writer.run(unit)
    with work.database.read() as session:
        return unit(session)


def _known(session: Session, work: _Import, people: Sequence[Found]) -> dict[str, _Here]:
    addresses = [one.person.address for one in people]
    columns = (Subscriber.address, Subscriber.id, Subscriber.status, Subscriber.asked_at, Subscriber.confirmed_at)
    found = select(*columns).where(Subscriber.blog_id == work.blog_id, Subscriber.address.in_(addresses))
    return {
        address: _Here(row_id, status, asked_at, confirmed_at)
        for address, row_id, status, asked_at, confirmed_at in session.execute(found)
    }


def _proven(session: Session, work: _Import, people: Sequence[Found]) -> set[str]:
    """Whose address we know ourselves to be good and wanted: members', and those of other blogs' subscribers. No list may silence them everywhere."""
    addresses = [one.person.address for one in people if one.person.standing in _REASONS]
    members = select(Address.address).where(Address.address.in_(addresses), Address.verified_at.is_not(None))
    others = select(Subscriber.address).where(
        Subscriber.blog_id.in_(select(Blog.id).where(Blog.id != work.blog_id)),
        Subscriber.address.in_(addresses),
        Subscriber.status == "active",
    )
    return {*session.scalars(members), *session.scalars(others)} if addresses else set()


def _row(work: _Import, person: Person, status: str) -> dict[str, object]:
    """`cadence_since` is why no issue reaches them that holds only posts from before the import."""
    asked_at = min(person.since or work.now, work.now - CONFIRMING_LASTS * 2)
    active = status == "active"
    return {
        "blog_id": work.blog_id,
        "address": person.address,
        "status": status,
        "cadence": person.cadence if person.cadence in CADENCES else work.cadence,
        "asked_at": asked_at,
        "confirmed_at": work.now if active else None,
        "left_at": None if active else min(person.left or work.now, work.now),
        "cadence_since": work.now if active else None,
    }
