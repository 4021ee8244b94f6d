"""How a sentence comes to be in somebody's language."""

import asyncio
import json
import pickle
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.core.words import (
    Later,
    changed,
    later,
    n,
    on_clock,
    on_day,
    packed,
    speaking,
    spoken,
    t,
    together,
    unpacked,
)

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


NESTED = later("{message} {hint}", message=later("“{name}” is {count} times too large.", name="a{b}", count=3), hint="")


@pytest.mark.parametrize("sentence", ["plain {words}", later("Twice {{braced}}: {day}", day=later("d MMMM y")), NESTED])
def test_a_sentence_crosses_as_json(sentence: str) -> None:
    arrived = unpacked(json.loads(json.dumps(packed(sentence))))
    assert (type(arrived), arrived) == (type(sentence), sentence)
    with speaking("de"):
        assert t(arrived) == t(sentence) if isinstance(sentence, Later) else arrived == sentence


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("{a.__class__}", {"a": "x", "a.__class__": "x"}),
        ("{a[0]}", {"a": "x"}),
        ("{a!r}", {"a": "x"}),
        ("{a:>999999999}", {"a": "x"}),
        ("{a:{a}}", {"a": "9"}),
        ("{}", {"": "x"}),
        ("{0}", {"0": "x"}),
        ("{a", {"a": "x"}),
        ("{a}", {"b": "x"}),
        ("{a}", {"a": None}),
        ("{a}", {"a": True}),
        ("{a}", {"a": 1.5}),
        ("{a}", {"a": ["x"]}),
        ("{a}", {"a": {"key": "{b}", "values": {"c": "x"}}}),
        ("{a}" * 1000, {"a": "x" * 1000}),
        (3, {}),
        ("a", None),
    ],
)
def test_what_no_sentence_packs_to_is_refused(key: object, values: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpacked({"key": key, "values": values})


@pytest.mark.parametrize("value", [None, 3, ["a"], {}, {"key": "a"}])
def test_what_is_no_sentence_at_all_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="no sentence"):
        unpacked(value)


def test_sentences_are_not_unpacked_from_each_other_without_end() -> None:
    value: object = "x"
    for _ in range(50):
        value = {"key": "{a}{a}", "values": {"a": value}}
    with pytest.raises(ValueError, match="no sentence"):
        unpacked(value)


def test_a_change_to_the_values_keeps_a_sentence() -> None:
    kept = changed(
        later("{outer}", outer=later("The file {name} has {count}.", name="A B", count=3)),
        lambda text: text.replace("A B", "…"),
    )
    assert isinstance(kept, Later)
    assert kept == "The file … has 3."
    assert changed("A B", lambda text: text.replace("A B", "…")) == "…"


def test_a_change_that_reaches_across_a_sentence_is_said_in_english() -> None:
    made = changed(later("d MMMM {y}", y="y {braces}"), lambda text: text.replace("M y", "M …"))
    with speaking("de"):
        assert (made, t(made)) == ("d MMMM … {braces}",) * 2


def test_words_that_are_no_sentence_may_hold_any_braces() -> None:
    for words in ("{a}", "{", "{0.x}", "}{"):
        assert (t(words), t(later(words)), t(later("{words}", words=words))) == (words,) * 3
        assert t(unpacked(packed(later(words)))) == words


def test_sentences_one_after_another_are_each_said_later() -> None:
    both = together(later("d MMMM y"), "", "as it stands")
    assert both == "d MMMM y as it stands"
    with speaking("de"):
        assert t(both) == "d. MMMM y as it stands"
