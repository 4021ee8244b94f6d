"""Rows of a CSV file from anywhere, read line by line, and cells that no spreadsheet takes for a formula.

Known by looking at the file: UTF-8 with or without a byte order mark, UTF-16, and which of comma, semicolon, tab and bar parts the cells. Bytes that
mean nothing become U+FFFD. A quoted cell may hold newlines. Where a quote is never closed, the row is given up after its first line, and what follows
is read anew, so that one damaged line loses itself only. Nothing longer than LONGEST is kept in memory.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader, TextIOWrapper
from typing import TextIO

LONGEST = 65_536  # characters of a row
MOST_LINES = 200  # in one row
_PARTING = ",;\t|"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Row:
    """One row and the number of its first line; `wrong` says why it has no cells."""

    line: int
    cells: list[str]
    wrong: str = ""


def rows(stream: BufferedReader) -> Iterator[Row]:
    """Every row that is not empty. The stream is closed at the end."""
    with TextIOWrapper(stream, encoding=_encoding(stream), errors="replace") as text:
        feed = _Feed(text)
        reader = csv.reader(feed, delimiter=feed.parting())
        while True:
            feed.begin()
            try:
                cells = next(reader, None)
            except (_GivenUp, csv.Error) as error:
                yield feed.given_up(str(error))
                continue
            if cells is None and not feed.taken:
                return
            if cells is None or feed.ended_inside:
                yield feed.given_up(_UNCLOSED)
            elif "".join(cells).strip():
                yield Row(feed.taken[0].number, cells)


def writer(out: TextIO) -> Callable[[Sequence[str]], object]:
    """Writes one row at a call, as spreadsheets may open it."""
    put = csv.writer(out, lineterminator="\n").writerow
    return lambda cells: put([safe(cell) for cell in cells])


def safe(cell: str) -> str:
    """The cell as it may stand in a file for spreadsheets: an apostrophe before what they would take for a formula (OWASP, CSV injection)."""
    return "'" + cell if cell.lstrip("'").startswith(_FORMULA) else cell


def plain(cell: str) -> str:
    """The cell that `safe` was given."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(_FORMULA) else cell


_UNCLOSED = "A quote in this line is not closed."
_TOO_LONG = "This line is too long."


class _GivenUp(Exception):
    """The row can't be read."""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str | None  # None: too long


class _Feed:
    """Physical lines for the parser: remembers which the present row took, and gives them again when it is given up."""

    def __init__(self, text: TextIOWrapper) -> None:
        self.taken: list[_Line] = []
        self.ended_inside = False
        self._text, self._number, self._size = text, 0, 0
        self._again: deque[_Line] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        if line is None:
            self.ended_inside = bool(self.taken)
            raise StopIteration
        self.taken.append(line)
        if line.text is None:
            raise _GivenUp(_TOO_LONG)
        self._size += len(line.text)
        if len(self.taken) > MOST_LINES or self._size > LONGEST:
            raise _GivenUp(_UNCLOSED)
        return line.text

    def begin(self) -> None:
        """The next line begins a row."""
        self.taken.clear()
        self._size = 0

    def given_up(self, why: str) -> Row:
        """The row's first line as a wrong one; the others are read anew."""
        first, *others = self.taken
        self._again.extendleft(reversed(others))
        self.ended_inside = False
        return Row(first.number, [], why if first.text is not None else _TOO_LONG)

    def parting(self) -> str:
        """What parts the cells: what the first line has most of outside quotes, or what it says itself, as Excel writes `sep=;`."""
        line = self._read()
        if line is None:
            return ","
        first = line.text or ""
        if first.startswith("sep=") and first[4:5] in tuple(_PARTING):
            return first[4]
        self._again.append(line)
        bare = "".join(first.split('"')[::2])
        return max(_PARTING, key=bare.count)

    def _read(self) -> _Line | None:
        text = self._text.readline(LONGEST + 1)
        if not text:
            return None
        self._number += 1
        if len(text) <= LONGEST:
            return _Line(self._number, text)
        while text and not text.endswith("\n"):
            text = self._text.readline(LONGEST)
        return _Line(self._number, None)


def _encoding(stream: BufferedReader) -> str:
    head = stream.peek(4)[:4]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in head[:2]:
        return "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
    return "utf-8-sig"
