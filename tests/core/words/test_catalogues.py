"""Every language says every sentence, with the same fields and the same marks."""

import string
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message

from gateway.core.words import LANGUAGES, SOURCE
from tests.core.words.collect import collected, is_translated, marked, written

OTHERS = [language for language in LANGUAGES if language != SOURCE]


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def pairs(message: Message) -> Iterator[tuple[str, str]]:
    """The English and the other of each form."""
    if isinstance(message.id, str):
        yield message.id, str(message.string)
        return
    one, *many = list(message.string or ())
    yield message.id[0], one
    for form in many:
        yield message.id[-1], form


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_all_sentences_and_no_others(language: str) -> None:
    known = {message.id: message for message in written(language) if message.id}
    wanted = {message.id for message in collected() if message.id}
    assert {one for one in wanted if one not in known or not is_translated(known[one])} == set()
    assert set(known) - wanted == set()
    assert [message.id for message in known.values() if message.fuzzy] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_fields_commands_and_paragraphs(language: str) -> None:
    """What stands in backticks is sent as it is, in every language."""
    for message in written(language):
        if not message.id:
            continue
        for english, other in pairs(message):
            needed = fields(english) - ({"count"} if isinstance(message.id, tuple) else set())
            assert needed <= fields(other) <= fields(english) | {"count"}, english
            assert english.count("`") == other.count("`"), english
            assert english.count("\n\n") == other.count("\n\n"), english
            assert (english[:1].isspace(), english[-1:].isspace()) == (other[:1].isspace(), other[-1:].isspace()), (
                english
            )


def test_sentences_are_found_wherever_they_stand() -> None:
    code = (
        """text = f"{t('one')} {n('{count} two', '{count} twos', 2)}"\nlater("th" "ree", x=N("four"))\nt(five)\nt("")"""
    )
    assert list(marked(code)) == ["one", ("{count} two", "{count} twos"), "three", "four"]
