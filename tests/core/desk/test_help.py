"""What `help` says of one word: how it is used, then what it does, each once."""

import pytest

from gateway.core.desk.grammar import VERBS, Verb
from gateway.core.desk.phrases import help_for
from gateway.core.words import LANGUAGES, speaking, t


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_one_word_is_explained_in_two_paragraphs_that_say_nothing_twice(verb: Verb, language: str) -> None:
    with speaking(language):
        usage, what = help_for(verb.name).text.split("\n\n")
        assert usage == f"`{t(verb.usage)}`"
        assert what[0].isupper()
        assert what.lower().count(t(verb.help).lower()) == 1
        assert f"`{t(verb.usage)}`" not in what
        assert what.endswith(".")
        assert not what.endswith("..")


def test_other_names_of_a_word_are_told_and_explain_it_too() -> None:
    told = help_for("timeline").text
    assert told == "`timeline`\n\nRead the people you follow. Also `tl`."
    assert help_for("tl").text == told
