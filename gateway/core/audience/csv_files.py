"""Rows of a CSV file from anywhere, read line by line, and cells that no spreadsheet takes for a formula.

Known by looking at the file: UTF-8 with or without a byte order mark, UTF-16, Windows-1252, and which of comma, semicolon, tab and bar parts the cells.
Bytes that mean nothing become U+FFFD. A quoted cell may hold newlines. Where a quote is never closed, the row is given up after its first line, and
what follows is read anew, so that one damaged line loses itself only. Nothing longer than LONGEST is kept in memory.
"""

import csv
import re
import shutil
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedRandom, BufferedReader, TextIOWrapper
from tempfile import TemporaryFile
from typing import TextIO, TypeAlias

LONGEST = 65_536  # characters of a row
MOST_LINES = 200  # in one row
_PARTING = ",;\t|"
_CHUNK = 65_536  # bytes read at once to know the encoding
_NOT_1252 = re.compile("[^\0-\x7f\udc80-\udcff]|[\udc81\udc8d\udc8f\udc90\udc9d]")  # UTF-8, and bytes without a letter
_Stream: TypeAlias = BufferedReader | BufferedRandom
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Row:
    """One row and the number of its first line; `wrong` says why it has no cells."""

    line: int
    cells: list[str]
    wrong: str = ""


def rows(stream: BufferedReader) -> Iterator[Row]:
    """Every row that is not empty. The stream is closed at the end."""
    again = _read_twice(stream)
    with TextIOWrapper(again, encoding=_encoding(again), errors="replace") as text:
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
        """What parts the cells: what the first line has most of outside quotes, or what it says itself, as Excel writes `sep=;`. Blank lines are passed over."""
        line = self._read()
        while line is not None and line.text is not None and not line.text.strip():
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


def _read_twice(stream: BufferedReader) -> _Stream:
    """The stream; one that can't go back, as a pipe, as a copy on disk that has no name."""
    if stream.seekable():
        return stream
    copy = TemporaryFile()  # noqa: SIM115 - closed with the text that reads it
    with stream:
        shutil.copyfileobj(stream, copy)
    copy.seek(0)
    return copy


def _encoding(stream: _Stream) -> str:
    head = stream.peek(4)[:4]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in head[:2]:
        return "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
    return "cp1252" if _is_1252(stream) else "utf-8-sig"


def _is_1252(stream: _Stream) -> bool:
    """Whether all that is not ASCII up to the end can be Windows-1252, and none of it UTF-8: a file that has both is a damaged one. Goes back to where it was."""
    start, decoder = stream.tell(), getincrementaldecoder("utf-8")("surrogateescape")
    found, wrong, ended = False, False, False
    while not (wrong or ended):
        chunk = stream.read(_CHUNK)
        text, ended = decoder.decode(chunk, final=not chunk), not chunk
        if not text.isascii():
            found, wrong = True, _NOT_1252.search(text) is not None
    stream.seek(start)
    return found and not wrong
