"""What lists say of people, gathered by address in a temporary SQLite file without a name, so that memory does not grow with the lists."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.core.audience.columns import BETWEEN, STANDINGS, Person, Standing


@dataclass(frozen=True, slots=True)
class Found:
    """A gathered person with the line that holds."""

    file: str
    line: int
    person: Person


@dataclass(frozen=True, slots=True)
class Double:
    """A line that does not count, since another names the same address."""

    file: str
    line: int
    address: str
    counts: tuple[str, int]  # file and line that do


class Gathered:
    """People by address. Where several lines name one, what is furthest from yes holds."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute(
            "CREATE TABLE person (id INTEGER PRIMARY KEY, address TEXT UNIQUE, standing INTEGER,"
            " since REAL, left REAL, cadence TEXT, categories TEXT, file TEXT, line INTEGER)"
        )
        self._connection.execute("CREATE INDEX by_standing ON person (standing, id)")
        self._connection.execute("BEGIN")

    def add(self, found: Found) -> "Double | None":
        """Takes them in; when they are there already, which of the two lines does not count."""
        person = found.person
        values = (
            STANDINGS.index(person.standing),
            person.since.timestamp() if person.since else None,
            person.left.timestamp() if person.left else None,
            person.cadence,
            BETWEEN.join(person.categories),
            found.file,
            found.line,
            person.address,
        )
        run = self._connection.execute
        new = run(
            "INSERT INTO person (standing, since, left, cadence, categories, file, line, address)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            values,
        )
        if new.rowcount:
            return None
        standing, file, line = run("SELECT standing, file, line FROM person WHERE address = ?", values[-1:]).fetchone()
        if values[0] <= standing:
            return Double(found.file, found.line, person.address, (file, line))
        run(
            "UPDATE person SET standing = ?, since = ?, left = ?, cadence = ?, categories = ?, file = ?, line = ?"
            " WHERE address = ?",
            values,
        )
        return Double(file, line, person.address, (found.file, found.line))

    def count(self) -> int:
        [number] = self._connection.execute("SELECT count(*) FROM person").fetchone()
        return int(number)

    def batches(self, standings: Sequence[Standing], limit: int) -> Iterator[list[Found]]:
        """All of these standings, at most `limit` at once."""
        for standing in standings:
            last = 0
            while people := self._after(STANDINGS.index(standing), last, limit):
                last = people[-1][0]
                yield [one for _, one in people]

    def _after(self, standing: int, last: int, limit: int) -> list[tuple[int, Found]]:
        found = self._connection.execute(
            "SELECT id, address, since, left, cadence, categories, file, line FROM person"
            " WHERE standing = ? AND id > ? ORDER BY id LIMIT ?",
            (standing, last, limit),
        )
        return [
            (
                row_id,
                Found(
                    file,
                    line,
                    Person(
                        address,
                        STANDINGS[standing],
                        _moment(since),
                        _moment(left),
                        cadence,
                        tuple(filter(None, about.split(BETWEEN))),
                    ),
                ),
            )
            for row_id, address, since, left, cadence, about, file, line in found
        ]

    def close(self) -> None:
        self._connection.close()


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
