"""Sentences in the language of whoever reads them.

GNU gettext's way: the English sentence in the code is the key, a catalogue is a PO file beside this one, and what a catalogue lacks is said in English.

    with speaking("de"):
        t("Published: {url}", url=url)                      # „Veröffentlicht: https://…“
        n("{count} photo", "{count} photos", 2)             # „2 Fotos“

`N` marks a sentence that a constant holds, for the catalogue's sake; `t` says it later. `later` is a sentence with its values that crosses a process
or a thread before it is said: it reads as English until `t` says it. The language in force is the context's (`contextvars`), so each loop, request and unit
of work has its own, and a thread that is not told any speaks English.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from gateway.core.words.catalogues import LANGUAGES, SOURCE, plural_of, sentence_of

__all__ = [
    "LANGUAGES",
    "SOURCE",
    "Later",
    "N",
    "at_hour",
    "is_spoken",
    "later",
    "n",
    "on_clock",
    "on_day",
    "speaking",
    "spoken",
    "t",
]

_SPOKEN: ContextVar[str] = ContextVar("language", default=SOURCE)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within, sentences are in this language, or in English where there is no catalogue for it. `de-AT` is German."""
    main = language.partition("-")[0].lower()
    before = _SPOKEN.set(main if main in LANGUAGES else SOURCE)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def spoken() -> str:
    """The language in force: a key of LANGUAGES."""
    return _SPOKEN.get()


def is_spoken(language: str) -> bool:
    """Whether there is a catalogue for it."""
    return language in LANGUAGES


def t(sentence: str, /, **values: Any) -> str:
    """The sentence in the language in force, `{name}` filled in from the values. What `later` made comes with its own."""
    if isinstance(sentence, Later):
        return sentence.said()
    return sentence_of(_SPOKEN.get(), sentence).format_map(values)


def n(one: str, many: str, count: int, /, **values: Any) -> str:
    """The form of the sentence that goes with the count, which it may name as `{count}`."""
    return plural_of(_SPOKEN.get(), one, many, count).format_map({"count": count, **values})


def N(sentence: str, /) -> str:  # noqa: N802 - gettext's own name for it
    """The sentence as it is, for a constant: marked for the catalogue, to be said by `t`."""
    return sentence


class Later(str):
    """A sentence that reads as English, and that `t` says in the language in force."""

    __slots__ = ("key", "values")
    key: str
    values: dict[str, Any]

    def __new__(cls, key: str, values: dict[str, Any]) -> "Later":
        made = super().__new__(cls, key.format_map(values))
        made.key, made.values = key, values
        return made

    def __reduce__(self) -> tuple[type["Later"], tuple[str, dict[str, Any]]]:
        return (Later, (self.key, self.values))

    def said(self) -> str:
        return sentence_of(_SPOKEN.get(), self.key).format_map(
            {key: t(v) if isinstance(v, Later) else v for key, v in self.values.items()}
        )


def later(sentence: str, /, **values: Any) -> Later:
    """A sentence to be said where it is known who reads it."""
    return Later(sentence, values)


def on_clock(at: datetime, zone: ZoneInfo) -> str:
    """A moment on a clock, with the clock's name: `Sunday, 22 November 2026, 09:30 (Europe/Berlin)`."""
    pattern = t("EEEE, d MMMM y, HH:mm")  # as CLDR writes dates
    return f"{format_datetime(at.astimezone(zone), pattern, locale=_SPOKEN.get())} ({zone.key})"


def at_hour(at: datetime, zone: ZoneInfo) -> str:
    """A moment of these days on a clock: `22 November 09:30`."""
    return format_datetime(at.astimezone(zone), t("d MMMM HH:mm"), locale=_SPOKEN.get())


def on_day(day: date) -> str:
    """A day: `22 November 2026`."""
    return format_date(day, t("d MMMM y"), locale=_SPOKEN.get())
