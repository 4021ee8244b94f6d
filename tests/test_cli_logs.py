"""What the log says: a trouble once a minute with a count, a full disk as a sentence, and every other error with its trace."""

import errno
import io
import logging
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.cli.logs import QUIET, Calm
from gateway.core.errors import Unavailable


class Log:
    """A logger with the filter, and a clock to move."""

    def __init__(self) -> None:
        self.now = 0.0
        self._out = io.StringIO()
        handler = logging.StreamHandler(self._out)
        handler.addFilter(Calm(lambda: self.now))
        self.logger = logging.Logger("test")
        self.logger.addHandler(handler)

    def lines(self) -> list[str]:
        """What was written since the last look."""
        written = self._out.getvalue().splitlines()
        self._out.seek(0)
        self._out.truncate()
        return written

    def exception(self, error: BaseException, words: str = "a mail could not be stored") -> None:
        try:
            raise error
        except BaseException:
            self.logger.exception(words)


@pytest.fixture
def log() -> Log:
    return Log()


def full_database(tmp_path: Path) -> Unavailable:
    """What the writer raises when SQLite has no more room."""
    engine = create_engine(f"sqlite:///{tmp_path}/small.db")
    try:
        with engine.begin() as connection:
            connection.execute(text("PRAGMA max_page_count = 2"))
            connection.execute(text("CREATE TABLE a (b)"))
            connection.execute(text("INSERT INTO a VALUES (zeroblob(100000))"))
    except SQLAlchemyError as error:
        lost = Unavailable("The database could not save this; nothing was saved.")
        lost.__cause__ = error
        return lost
    finally:
        engine.dispose()
    raise AssertionError("it had room")


def test_a_full_disk_is_one_sentence_whoever_meets_it(log: Log, tmp_path: Path) -> None:
    full = full_database(tmp_path)
    log.exception(full)
    log.exception(OSError(errno.ENOSPC, "No space left on device"), "a blob could not be stored")
    log.exception(full, "nothing could be claimed; trying again")
    [line] = log.lines()
    assert line.startswith("The disk is full: nothing can be saved")
    assert "a mail could not be stored (OperationalError: database or disk is full)" in line
    log.now = QUIET
    log.exception(full)
    [line] = log.lines()
    assert line.endswith("(2 times more since this was last said)")


def test_a_failing_disk_is_not_called_full(log: Log) -> None:
    log.exception(OSError(errno.EIO, "Input/output error"))
    [line] = log.lines()
    assert line.startswith("The disk fails, or is full")


def test_any_other_error_keeps_its_trace_and_is_told_once_a_minute(log: Log) -> None:
    def unknown() -> None:
        log.exception(sqlite3.OperationalError("no such table: post"), "inbound 1 could not be processed")

    unknown()
    written = log.lines()
    assert written[0] == "inbound 1 could not be processed"
    assert written[1].startswith("Traceback")
    assert written[-1] == "sqlite3.OperationalError: no such table: post"
    unknown()
    assert log.lines() == []
    log.exception(sqlite3.OperationalError("no such table: post"), "inbound 2 could not be processed")
    log.exception(ValueError("x"), "inbound 1 could not be processed")
    assert sum(line.startswith("Traceback") for line in log.lines()) == 2
    log.now = QUIET - 1
    unknown()
    assert log.lines() == []
    log.now = QUIET
    unknown()
    assert log.lines()[0] == "inbound 1 could not be processed (2 times more since this was last said)"


def test_what_is_marked_so_is_told_once_a_minute_whatever_its_numbers(log: Log) -> None:
    for number in range(5):
        log.logger.warning("%d bytes free", number, extra={"seldom": True})
        log.logger.warning("inbound %d was taken over", number)
        log.logger.info("serving")
    written = log.lines()
    assert written.count("serving") == 5
    assert [line for line in written if "free" in line] == ["0 bytes free"]
    assert len([line for line in written if "taken over" in line]) == 5


def test_errors_that_lead_to_each_other_end(log: Log) -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    log.exception(first)
    assert log.lines()[0] == "a mail could not be stored"


def test_what_is_remembered_has_an_end(log: Log) -> None:
    for number in range(3000):
        log.logger.warning("inbound %d was taken over", number)
    log.logger.warning("inbound %d was taken over", 2999)
    assert len(log.lines()) == 3000
