"""Describing photos in words that come by chat."""

import pytest

from gateway.core.desk.describing import _numbered
from gateway.core.desk.grammar import Command, read
from gateway.core.store.models import Media


def photos(*alts: str) -> list[Media]:
    return [Media(position=number, kind="image", alt=alt, renditions={}) for number, alt in enumerate(alts)]


@pytest.mark.parametrize(
    ("text", "alts", "described"),
    [
        ("A rose", ("",), [(1, "A rose")]),
        ("2 roses", ("",), [(2, "roses")]),
        ("2 A rose", ("", ""), [(2, "A rose")]),
        ("2: A rose", ("", ""), [(2, "A rose")]),
        ("2\\. A rose", ("", ""), [(2, "A rose")]),
        ("1: A rose\n2: A tulip", ("", "", ""), [(1, "A rose"), (2, "A tulip")]),
        ("A rose\n\nA tulip", ("", ""), [(1, "A rose"), (2, "A tulip")]),
        ("A rose\\\nA tulip", ("", ""), [(1, "A rose"), (2, "A tulip")]),
        ("A rose\nin the fog", ("",), [(1, "A rose in the fog")]),
        ("A rose\nin the fog", ("A tulip", "", ""), [(2, "A rose in the fog")]),
        ("2 roses\nin the fog", ("", "", ""), [(1, "2 roses in the fog")]),
        ("A rose", ("A tulip", "Fog"), [(1, "A rose")]),
    ],
)
def test_each_photo_gets_its_words(text: str, alts: tuple[str, ...], described: list[tuple[int, str]]) -> None:
    assert _numbered(text, photos(*alts)) == described


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("alt: A rose", Command("alt", rest="A rose")),
        ("Alt:A rose", Command("alt", rest="A rose")),
        ("alt k7f A rose", Command("alt", "k7f", "A rose")),
        ("/alt A rose", Command("alt", rest="A rose")),
        ("alt:", Command("alt")),
        ("Alt und weise", None),
    ],
)
def test_alt_needs_a_colon_a_slash_or_a_reference(text: str, command: Command | None) -> None:
    assert read(text) == command
