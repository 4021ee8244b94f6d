"""A link to an international host works in programs that know only DNS."""

import pytest

from gateway.core.writing.text import render


@pytest.mark.parametrize(
    ("markdown", "address"),
    [
        ("[x](http://münchen.de/ü?q=ü)", "http://xn--mnchen-3ya.de/%C3%BC?q=%C3%BC"),
        ("<http://me@MÜNCHEN.de:80>", "http://me@xn--mnchen-3ya.de:80"),
        ("<a href='https://日本.jp?x'>x</a>", "https://xn--wgv71a.jp?x"),
        ("![x](https://münchen.de/tea.png)", "https://xn--mnchen-3ya.de/tea.png"),
        ("[x](http://e.org/%C3%BC)", "http://e.org/%C3%BC"),
        ("[x](http://straße.de/)", "http://stra%C3%9Fe.de/"),  # which is not strasse.de, as Python's codec has it
        ("[x](http://a..ü/)", "http://a..%C3%BC/"),
    ],
)
def test_an_international_host_is_written_as_dns_knows_it(markdown: str, address: str) -> None:
    assert f'="{address}"' in render(markdown)


def test_the_words_of_an_address_stay_as_written() -> None:
    assert ">http://münchen.de/x</a>" in render("http://münchen.de/x")
