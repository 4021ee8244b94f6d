"""What a process says in its log: each trouble in a sentence, at once and then at most once a minute with a count.

A full disk, a failing one, and a database that is away are nobody's programming mistake: they are named, without a stack trace, whoever met them.
Any other error keeps its trace; the very same one is not told again within the minute. Records below WARNING pass as they are.
"""

import errno
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, OperationalError

QUIET = 60.0  # seconds between two lines about the same
_MOST = 1000  # troubles remembered
_FULL = "The disk is full: nothing can be saved, and mail is put off. Make room; no restart is needed."
_FAILS = "The disk fails, or is full: nothing can be saved, and mail is put off."
_AWAY = "The database can't be used: nothing can be saved, and mail is put off."
_SQLITE = {sqlite3.SQLITE_FULL: _FULL, sqlite3.SQLITE_IOERR: _FAILS}
_SQLITE |= dict.fromkeys((sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY), _AWAY)
_OS = {errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EIO: _FAILS}
_PRIMARY = 0xFF  # the first byte of an SQLite result code (SQLite docs, rescode.html)


def set_up() -> None:
    """Logs to standard error, for every command."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(Calm())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses that hold a bot's token
    for library in ("apscheduler", "alembic", "mail.log"):  # they tell of every turn
        logging.getLogger(library).setLevel(logging.WARNING)


@dataclass(slots=True)
class _Told:
    at: float
    left_out: int = 0


class Calm(logging.Filter):
    """Lets a record pass, or keeps back and counts what was told within the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._told: dict[tuple[object, ...], _Told] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        key = _named(record)
        told, now = self._told.get(key), self._clock()
        if told is not None and now - told.at < QUIET:
            told.left_out += 1
            return False
        if told is not None and told.left_out:
            record.msg, record.args = f"{record.getMessage()} ({told.left_out} times more since this was last said)", ()
        self._remember(key, now)
        return True

    def _remember(self, key: tuple[object, ...], now: float) -> None:
        self._told.pop(key, None)
        self._told[key] = _Told(now)
        if len(self._told) > _MOST:
            del self._told[next(iter(self._told))]


def _named(record: logging.LogRecord) -> tuple[object, ...]:
    """What the record is about. One about a full disk and the like becomes a sentence that says so."""
    error = record.exc_info[1] if record.exc_info else None
    trouble = next((found for one in _chain(error) if (found := _trouble(one))), None)
    if trouble is None:
        return (record.name, record.msg, "" if getattr(record, "seldom", False) else str(record.args), _said(error))
    sentence, why = trouble
    record.msg, record.args = f"{sentence} What was met: {record.getMessage()} ({why})", ()
    record.exc_info = record.exc_text = None
    return (sentence,)


def _trouble(error: BaseException) -> tuple[str, str] | None:
    """The sentence for trouble that is no mistake in a program, and what exactly was said; None for any other error."""
    if isinstance(error, sqlite3.Error):
        sentence = _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & _PRIMARY)
    elif isinstance(error, OSError):
        sentence = _OS.get(error.errno or 0)
    else:
        away = isinstance(error, OperationalError) and not isinstance(error.orig, sqlite3.Error)
        sentence = _AWAY if away else None
    return (sentence, _said(error)) if sentence else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it, each once."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, DBAPIError) and error.orig is not None:
            yield error.orig
        yield error
        error = error.__cause__ or error.__context__


def _said(error: BaseException | None) -> str:
    original = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(original).__name__}: {' '.join(str(original).split())}"[:300] if original is not None else ""
