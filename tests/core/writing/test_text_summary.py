"""How much of a post a timeline, a feed or a notice shows, and what its title gives."""

import unicodedata

import pytest

from gateway.core.writing.text import display_title, excerpt, plain, render, slug, timeline_text


def test_plain_text_keeps_words_and_paragraphs_only() -> None:
    html = render("# Tea\n\nOne *two*\nthree\\\nfour &amp; `a  b`\n\n- x\n- y\n\n```\n1\n  2\n```\n\n![cat](/c.jpg)")
    assert plain(html) == "Tea\n\nOne two three\nfour & a b\n\nx\ny\n\n1\n2"


def test_a_short_titleless_post_shows_in_full() -> None:
    html = render("a *b* " * 50)
    assert len(plain(html)) <= 300
    shown = timeline_text(html)
    assert not shown.truncated
    assert shown.html == html.strip()


def test_300_characters_of_rendered_text_fit_and_301_do_not() -> None:
    fits = render(f"[{'a' * 300}](https://example.org/{'b' * 500})")
    assert not timeline_text(fits).truncated
    assert timeline_text(render("a" * 301)).truncated


def test_600_fit_with_a_block_quote() -> None:
    html = render("> " + "word " * 100)
    assert not timeline_text(html).truncated
    assert timeline_text(render("> " + "word " * 121)).truncated


def test_a_long_post_is_cut_at_a_word_and_its_html_stays_whole() -> None:
    shown = timeline_text(render("**" + "word " * 100 + "end**\n\nmore"))
    assert shown.truncated
    assert shown.html.endswith("word…</strong></p>")
    assert 280 < len(plain(shown.html)) <= 301


def test_a_script_without_spaces_is_cut_anywhere() -> None:
    assert plain(timeline_text(render("茶" * 400)).html) == "茶" * 300 + "…"


def test_a_titled_post_shows_as_its_title() -> None:
    shown = timeline_text(render("x" * 1000), "Tea & <b>")
    assert (shown.html, shown.truncated, shown.title) == ("Tea &amp; &lt;b&gt;", True, "Tea & <b>")


def test_headings_and_tables_become_what_a_timeline_may_hold() -> None:
    shown = timeline_text(render("## Tea\n\n| a | b |\n|---|---|\n| 1 | 2 |"))
    assert "<p><strong>Tea</strong></p>" in shown.html
    assert "table" not in shown.html
    assert plain(shown.html).split() == ["Tea", "a", "b", "1", "2"]


@pytest.mark.parametrize("title", ["2026-11-22", "22.11.2026", "May 5, 2026", "42", "1. März", "Sun, 22nd Nov", "#7"])
def test_a_title_that_is_only_a_date_or_a_number_is_not_shown(title: str) -> None:
    assert display_title(title) == ""
    assert not timeline_text(render("hello"), title).truncated


@pytest.mark.parametrize("title", ["May", "2026 in books", "???", "Sun and rain", "Catch-22", "Fri 13 film"])
def test_a_title_with_a_word_is_shown(title: str) -> None:
    assert display_title(f" {title} ") == title


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Don’t Panic!", "dont-panic"),
        ("Äpfel & Öl für Straße", "apfel-ol-fur-strasse"),
        ("Привет, мир", "privet-mir"),
        ("Йод", "yod"),
        ("Καλημέρα", "kalimera"),
        ("Łódź", "lodz"),
        ("日本語", ""),
        ("😀", ""),
        ("", ""),
        ("x" * 80, "x" * 60),
        ("a" * 50 + " bbbbbbbbbb", "a" * 50),
    ],
)
def test_a_slug_is_the_title_in_ascii(title: str, expected: str) -> None:
    assert slug(title) == expected


def test_a_slug_is_spelt_as_its_language_does() -> None:
    title = "Äpfel & Öl für Straße"
    for written in (title, unicodedata.normalize("NFD", title)):
        assert slug(written, "de") == slug(written, "de-AT") == "aepfel-oel-fuer-strasse"
        assert slug(written, "en") == slug(written, "sv") == "apfel-ol-fur-strasse"


def test_an_excerpt_is_one_line_within_its_length() -> None:
    html = render("One two\n\nthree **four** five")
    assert excerpt(html, 100) == "One two three four five"
    assert excerpt(html, 12) == "One two…"
    assert excerpt(html, 0) == "…"
