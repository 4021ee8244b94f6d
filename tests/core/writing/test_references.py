"""Short references: unique, short, never a word of a language, known by their shape."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.writing.references import ALL, DIGITS, EXAMPLE, LETTERS, is_reference, short_reference

MANY = 200_000


def test_the_first_two_hundred_thousand_are_all_different_and_have_the_shape() -> None:
    made = [short_reference(number) for number in range(1, MANY + 1)]
    assert len(set(made)) == MANY
    assert all(is_reference(one) for one in made)
    assert EXAMPLE not in made
    assert {len(one) for one in made} == {3, 4, 5}


def test_lengths_grow_as_the_docstring_says() -> None:
    lengths = {number: len(short_reference(number)) for number in (4_102, 4_103, 83_000_000)}
    assert lengths == {4_102: 3, 4_103: 4, 83_000_000: 6}


def test_none_is_ever_a_word() -> None:
    """The second character is always a digit, there is no vowel to make a word with, and nothing looks like another."""
    assert set(DIGITS).isdisjoint(LETTERS)
    assert set(ALL).isdisjoint("aeiouy01l")
    assert all(short_reference(number)[1].isdigit() for number in range(1, 10_000))


def test_they_can_not_be_counted_from_outside() -> None:
    """Neighbours share no beginning, so nobody reads the number of posts from one."""
    made = [short_reference(number) for number in range(1, 200)]
    assert sum(a[:2] == b[:2] for a, b in pairwise(made)) < 10
    assert made != sorted(made)


@given(st.integers(min_value=1, max_value=80_000_000))
def test_every_number_has_one_of_three_to_six_characters(number: int) -> None:
    made = short_reference(number)
    assert is_reference(made)
    assert 3 <= len(made) <= 6


@pytest.mark.parametrize(
    "word", ["k7f", "K7F", "[k7f]", "[K7F]", "b2", "h2o", "mp3", "r2d2", "k7", "a7f", "k7o", "", "[]"]
)
def test_the_shape_decides(word: str) -> None:
    expected = {"k7f", "K7F", "[k7f]", "[K7F]", "r2d2"}
    assert is_reference(word) is (word in expected)


@given(st.text(max_size=12))
def test_any_text_may_be_asked_about(word: str) -> None:
    assert is_reference(word) in {True, False}
