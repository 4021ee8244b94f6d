"""Markdown read as plain text."""

import pytest

from gateway.email.plain import pictures_as_links, plain
from tests.email.growth import grows_linearly


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("plain *words* and **more**", "plain *words* and **more**"),
        ("[the recipe](https://a.example/r)", "the recipe <https://a.example/r>"),
        ('[the recipe](https://a.example/r "A title")', "the recipe <https://a.example/r>"),
        ("[wiki](https://a.example/Bread_(food))", "wiki <https://a.example/Bread_(food)>"),
        ("[https://a.example/](https://a.example/)", "<https://a.example/>"),
        ("![three loaves](https://a.example/p.jpg)", "[picture: three loaves] <https://a.example/p.jpg>"),
        ("![](https://a.example/p.jpg)", "[picture] <https://a.example/p.jpg>"),
        ("[![alt](p.jpg)](https://a.example/)", "[picture: alt] <p.jpg> <https://a.example/>"),
        (r"5 \* 3 \[not a link\](x) C:\path", r"5 * 3 [not a link](x) C:\path"),
        ("`[code](stays)` and [this](goes)", "`[code](stays)` and this <goes>"),
        ("```\n[code](stays) \\*\n```\n[this](goes)", "```\n[code](stays) \\*\n```\nthis <goes>"),
        ("[open only and ](", "[open only and ]("),
        ("[a] (b) ] [ ![", "[a] (b) ] [ !["),
        ("ends in \\", "ends in \\"),
        ("", ""),
    ],
)
def test_markdown_reads_as_text(markdown: str, text: str) -> None:
    assert plain(markdown) == text


@pytest.mark.parametrize("opens", ["[", "[](", "![", "`", "[a](", "\\"])
@pytest.mark.parametrize("closes", ["", ")"])
def test_hostile_text_costs_no_more_than_it_is_long(opens: str, closes: str) -> None:
    def read(hostile: str) -> None:
        plain(hostile)
        pictures_as_links(hostile, ())

    grows_linearly(lambda size: opens * size + closes * size, read, size=5_000)


def test_only_our_own_pictures_stay_pictures() -> None:
    text = "![a](https://own.example/a.jpg) ![b](https://evil.example/pixel.gif) ![](https://evil.example/2) ![c] (x)"
    assert pictures_as_links(text, {"https://own.example/a.jpg"}) == (
        "![a](https://own.example/a.jpg) [b](https://evil.example/pixel.gif) [picture](https://evil.example/2) ![c] (x)"
    )
