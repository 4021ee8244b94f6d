"""How a sentence comes to be in somebody's language."""

import asyncio
import pickle
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.core.words import later, n, on_clock, on_day, speaking, spoken, t

BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2026, 11, 22, 8, 5, tzinfo=UTC)


def test_days_and_clocks_are_as_people_write_them() -> None:
    assert on_clock(MOMENT, BERLIN) == "Sunday, 22 November 2026, 09:05 (Europe/Berlin)"
    assert on_day(date(2026, 3, 1)) == "1 March 2026"
    with speaking("de"):
        assert on_clock(MOMENT, BERLIN) == "Sonntag, 22. November 2026, 09:05 (Europe/Berlin)"
        assert on_day(date(2026, 3, 1)) == "1. März 2026"


def test_what_has_no_translation_is_said_in_english() -> None:
    with speaking("de"):
        assert t("Nobody translated {this}.", this="{that}") == "Nobody translated {that}."
        assert [n("{count} xyzzy", "{count} xyzzies", count) for count in (0, 1, 2)] == [
            "0 xyzzies",
            "1 xyzzy",
            "2 xyzzies",
        ]


@pytest.mark.parametrize(("asked", "given"), [("de", "de"), ("de-AT", "de"), ("DE", "de"), ("tlh", "en"), ("", "en")])
def test_a_language_without_a_catalogue_is_english(asked: str, given: str) -> None:
    with speaking("de"):
        with speaking(asked):
            assert spoken() == given
        assert spoken() == "de"


async def test_each_task_speaks_its_own_language() -> None:
    async def said(language: str) -> str:
        with speaking(language):
            await asyncio.sleep(0)
            return on_day(date(2026, 3, 1))

    assert list(await asyncio.gather(said("de"), said("en"))) == ["1. März 2026", "1 March 2026"]


def test_a_sentence_said_later_crosses_processes() -> None:
    day = later("d MMMM y")
    outer = later("It was {day}.", day=day)
    arrived = pickle.loads(pickle.dumps(outer))
    assert arrived == "It was d MMMM y."
    with speaking("de"):
        assert (t(arrived), t(day)) == ("It was d. MMMM y.", "d. MMMM y")


def test_values_are_never_read_as_fields() -> None:
    assert t("Hello {name}", name="{name.__class__}") == "Hello {name.__class__}"
