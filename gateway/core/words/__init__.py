"""Sentences in the language of whoever reads them.

GNU gettext's way: the English sentence in the code is the key, a catalogue is a PO file beside this one, and what a catalogue lacks is said in English.

    with speaking("de"):
        t("Published: {url}", url=url)                      # „Veröffentlicht: https://…“
        n("{count} photo", "{count} photos", 2)             # „2 Fotos“

`N` marks a sentence that a constant holds, for the catalogue's sake; `t` says it later. `later` is a sentence with its values that crosses a process
or a thread before it is said: it reads as English until `t` says it. The language in force is the context's (`contextvars`), so each loop, request and unit
of work has its own, and a thread that is not told any speaks English.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from string import Formatter
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
    "changed",
    "later",
    "n",
    "named",
    "on_clock",
    "on_day",
    "on_full_day",
    "on_weekday",
    "packed",
    "quoted",
    "speaking",
    "spoken",
    "t",
    "together",
    "unpacked",
]

_SPOKEN: ContextVar[str] = ContextVar("language", default=SOURCE)
_LONGEST, _DEEPEST = 100_000, 8  # characters of a sentence that is unpacked, and sentences within each other


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


def named(word: str) -> str:
    """The language that its code, or its own or its English name means; empty when there is no catalogue for it."""
    wanted = word.strip().casefold()
    names = ((code, {code, own.casefold(), in_english.casefold()}) for code, (own, in_english) in LANGUAGES.items())
    return next((code for code, said in names if wanted in said), "")


def t(sentence: str, /, **values: Any) -> str:
    """The sentence in the language in force, `{name}` filled in from the values. What `later` made comes with its own.

    Without values nothing is filled in: words that are no sentence of ours may hold any braces.
    """
    if isinstance(sentence, Later):
        return sentence.said()
    return _filled(sentence_of(_SPOKEN.get(), sentence), values)


def _filled(sentence: str, values: dict[str, Any]) -> str:
    return sentence.format_map(values) if values else sentence


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
        made = super().__new__(cls, _filled(key, values))
        made.key, made.values = key, values
        return made

    def __reduce__(self) -> tuple[type["Later"], tuple[str, dict[str, Any]]]:
        return (Later, (self.key, self.values))

    def said(self) -> str:
        values = {key: t(v) if isinstance(v, Later) else v for key, v in self.values.items()}
        return _filled(sentence_of(_SPOKEN.get(), self.key), values)

    def with_values(self, change: Callable[[str], str]) -> "Later":
        """The same sentence, every text among its values changed."""
        return Later(self.key, {name: _changed(value, change) for name, value in self.values.items()})


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, Later):
        return value.with_values(change)
    return change(value) if isinstance(value, str) else value


def later(sentence: str, /, **values: Any) -> Later:
    """A sentence to be said where it is known who reads it."""
    return Later(sentence, values)


def changed(sentence: str, change: Callable[[str], str]) -> str:
    """The sentence after a change to its words; in English ever after when the change touched more than the values that `later` gave it."""
    whole = change(sentence)
    if not isinstance(sentence, Later):
        return whole
    if whole == sentence:
        return sentence
    made = sentence.with_values(change)
    return made if made == whole else Later("{said}", {"said": whole})


def packed(sentence: str) -> str | dict[str, Any]:
    """The sentence as JSON values: plain text as it is, of what `later` made its key and its values."""
    if not isinstance(sentence, Later):
        return sentence
    values = {
        name: value if type(value) is int else packed(value if isinstance(value, str) else str(value))
        for name, value in sentence.values.items()
    }
    return {"key": sentence.key, "values": values}


def unpacked(value: object) -> str:
    """What `packed` gave, from whoever claims to have packed it. Raises ValueError for anything else.

    A field is a plain name and has a value, so that nothing is looked up or padded, whatever the sentence says.
    """
    return _unpacked(value, _DEEPEST)


def _unpacked(value: object, deepest: int) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, dict) or not deepest:
        raise ValueError("It is no sentence.")
    key, given = value.get("key"), value.get("values")
    if not isinstance(key, str) or not isinstance(given, dict):
        raise ValueError("It is no sentence.")
    values = {name: inner if type(inner) is int else _unpacked(inner, deepest - 1) for name, inner in given.items()}
    pieces = list(Formatter().parse(key)) if values else []
    names = [name for _, name, _, _ in pieces if name is not None]
    is_plain = all(name is None or (name.isidentifier() and not spec and not turn) for _, name, spec, turn in pieces)
    if not is_plain or not values.keys() >= set(names):
        raise ValueError("Its fields are not plain names with a value each.")
    if len(key) + sum(len(str(values[name])) for name in names) > _LONGEST:
        raise ValueError("It is too long for a sentence.")
    return Later(key, values)


def together(*sentences: str) -> Later:
    """Sentences one after another, each to be said later; empty ones go."""
    values = {f"s{number}": sentence for number, sentence in enumerate(sentences) if sentence}
    return Later(" ".join(f"{{{name}}}" for name in values), values)


def quoted(words: str) -> str:
    """Words in the quotation marks of the language."""
    return t("“{words}”", words=words)


def on_clock(at: datetime, zone: ZoneInfo) -> str:
    """A moment on a clock, with the clock's name: `Sunday, 22 November 2026, 09:30 (Europe/Berlin)`."""
    pattern = t("EEEE, d MMMM y, HH:mm")  # as CLDR writes dates
    return f"{format_datetime(at.astimezone(zone), pattern, locale=_SPOKEN.get())} ({zone.key})"


def at_hour(at: datetime, zone: ZoneInfo) -> str:
    """A moment of these days on a clock: `22 November 09:30`."""
    return format_datetime(at.astimezone(zone), t("d MMMM HH:mm"), locale=_SPOKEN.get())


def on_weekday(local: date) -> str:
    """A day of these weeks: `Tuesday 24 November`."""
    return format_date(local, t("EEEE d MMMM"), locale=_SPOKEN.get())


def on_day(day: date) -> str:
    """A day: `22 November 2026`."""
    return format_date(day, t("d MMMM y"), locale=_SPOKEN.get())


def on_full_day(day: date) -> str:
    """A day and which of the week it is: `Sunday, 22 November 2026`."""
    return format_date(day, t("EEEE, d MMMM y"), locale=_SPOKEN.get())
