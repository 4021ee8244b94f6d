"""Other people's words inside our Markdown."""

import pytest

from gateway.core.writing.quoting import escaped
from gateway.core.writing.text import plain, render


@pytest.mark.parametrize(
    "words",
    [
        "[Your account is closed](https://evil.example)",
        "https://x[Click](https://evil.example)",
        "**bold** _sloped_ ~gone~ `code` <b>tag</b> &amp; a|b",
        "# Heading",
        "- a list",
        "1. a list",
        "![picture](https://evil.example/a.png)",
        "<https://evil.example>",
        "back\\slash",
        "snow_in_may",
    ],
)
def test_markdown_shows_exactly_the_words(words: str) -> None:
    html = render(f"“{escaped(words)}”")
    assert plain(html).strip() == f"“{words}”"
    assert 'href="https://evil.example"' not in html
    assert "<img" not in html


def test_a_line_of_its_own_begins_nothing() -> None:
    for words in ("# Heading", "- a list", "1. a list", "+ more"):
        assert render(escaped(words)).startswith("<p>")


def test_an_address_stays_one() -> None:
    assert 'href="https://example.org/a_b_c?d=e"' in render(escaped("see https://example.org/a_b_c?d=e"))


def test_it_is_one_line() -> None:
    assert escaped("one\n\ntwo\tthree") == "one two three"
