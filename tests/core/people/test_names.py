"""Which names blogs and members can have."""

import pytest

from gateway.core.people.names import RESERVED, is_name, is_reserved


@pytest.mark.parametrize("name", ["al", "alice", "a_1", "_x", "42", "a" * 32])
def test_short_lowercase_words_are_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name", ["", "a", "a" * 33, "Alice", "al ice", "al-ice", "al.ice", "al+ice", "álice", "a\n", "al\0"]
)
def test_anything_else_is_no_name(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize("name", ["r", "b", "u", "n", "do", "postmaster", "Abuse", "COMMUNITY", "www", "admin"])
def test_names_with_another_meaning_are_reserved_in_any_case(name: str) -> None:
    assert is_reserved(name)


def test_people_are_not_reserved() -> None:
    assert not {"alice", "bob", "eve"} & RESERVED
