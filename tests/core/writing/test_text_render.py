"""Markdown becomes HTML that a browser can be shown, whoever wrote it."""

import resource
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.writing.markup import tokens
from gateway.core.writing.sanitise import GUEST
from gateway.core.writing.text import mentions, render, summary
from tests.email.growth import grows_linearly


def test_markdown_of_github_is_rendered() -> None:
    html = render(
        "# Tea\n\n*green* **black** ~~none~~ about ~5 to ~6\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n- one\n- two"
    )
    assert "<h1>Tea</h1>" in html
    assert "<em>green</em> <strong>black</strong> <del>none</del> about ~5 to ~6" in html
    assert '<td align="right">2</td>' in html
    assert "<li>two</li>" in html


def test_a_bare_address_becomes_a_link() -> None:
    assert '<a href="https://example.org/a_b" rel="noopener">https://example.org/a_b</a>' in render(
        "see https://example.org/a_b"
    )


def test_links_in_a_reply_earn_nothing_on_the_page_they_stand_on() -> None:
    assert 'rel="nofollow noopener ugc"' in render("[x](https://example.org)", rel=GUEST)


def test_html_that_posts_may_hold_stays() -> None:
    html = render(
        "<figure><img src='/p/1.jpg' alt='A cat'><figcaption>Cat</figcaption></figure>\n\n"
        'a <sup>1</sup> <u>b</u> <span class="spoiler">c</span>\n\n<details><summary>More</summary>d</details>'
    )
    assert '<figure><img src="/p/1.jpg" alt="A cat" loading="lazy"><figcaption>Cat</figcaption></figure>' in html
    assert '<sup>1</sup> <u>b</u> <span class="spoiler">c</span>' in html
    assert "<details><summary>More</summary>d</details>" in html


@pytest.mark.parametrize(
    ("markdown", "never"),
    [
        ("<script>alert(1)</script>", "alert"),
        ("<style>p{}</style>", "p{}"),
        ("<p onclick='x()'>a</p>", "onclick"),
        ("<p style='position:fixed'>a</p>", "style"),
        ("[a](javascript:alert(1))", "javascript"),
        ("<a href='JaVa&Tab;ScRiPt:alert(1)'>a</a>", "alert"),
        ("<a href='&#106;avascript:alert(1)'>a</a>", "script"),
        ("![a](data:image/png;base64,AAAA)", "data:"),
        ("![a](mailto:eve@example.org)", "mailto"),
        ("[a](blob:https://example.org/1)", "blob"),
        ("<iframe src='https://example.org'></iframe>", "iframe"),
        ("<form action='/'><input name=a><button>b</button></form>", "<form"),
        ("<form action='/'><input name=a><button>b</button></form>", "<input"),
        ("<svg><script>alert(1)</script></svg>", "alert"),
        ("<math><mi//xlink:href='data:x,<script>alert(1)</script>'>", "alert"),
        ("<img src=x onerror=alert(1)>", "onerror"),
        ("<video src='x.mp4' autoplay></video>", "autoplay"),
        ("<a href='/' target='_blank' id='top'>a</a>", "target"),
        ("<a href='/' id='top'>a</a>", "id="),
        ("<span class='toolbar'>a</span>", "toolbar"),
        ("<base href='https://eve.example'>", "base"),
        ("<meta http-equiv=refresh content='0;url=https://eve.example'>", "refresh"),
        ("<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<img src=x onerror"),
    ],
)
def test_what_eve_may_not_bring_in_is_gone(markdown: str, never: str) -> None:
    assert never not in render(markdown)


def test_footnotes_of_two_posts_on_one_page_do_not_share_names() -> None:
    first, second = render("a[^1]\n\n[^1]: one"), render("b[^1]\n\n[^1]: two")

    def names(html: str) -> set[str]:
        return {value for token in tokens(html) for key, value in token.attributes.items() if key == "id"}

    assert len(names(first)) == 2
    assert not names(first) & names(second)
    assert {f"#{name}" for name in names(first)} == {
        token.attributes["href"] for token in tokens(first) if token.name == "a" and not token.closing
    }


def test_footnotes_still_meet_when_mentions_are_linked() -> None:
    html = render("@alice[^1]\n\n[^1]: one", mention_url=lambda handle: f"https://{handle}.example.org/")
    assert html == render("[@alice](https://alice.example.org/)[^1]\n\n[^1]: one").replace(
        '<a href="https://alice.example.org/" rel', '<a class="mention" href="https://alice.example.org/" rel'
    ).replace(_notes_of(render("[@alice](https://alice.example.org/)[^1]\n\n[^1]: one")), _notes_of(html))


def _notes_of(html: str) -> str:
    return next(
        v.removesuffix("fnref-1") for t in tokens(html) if (v := t.attributes.get("id", "")).endswith("fnref-1")
    )


def test_mentions_are_names_outside_code_links_and_mail_addresses() -> None:
    assert mentions(
        render(
            "@alice, (@Bob) and **@carl_2**'s: `@code` [@link](https://x.org) bob@x.org https://x.org/@url "
            "@dora@mastodon.example @erin.example.org a@frank @alice @x @" + "y" * 33 + "\n\n    @indented\n"
        )
    ) == ("alice", "bob", "carl_2")


def test_a_mention_that_ends_a_sentence_counts() -> None:
    assert mentions(render("I saw @alice. Then @bob: and @carl!")) == ("alice", "bob", "carl")


def test_a_mention_links_to_the_member_when_there_is_one() -> None:
    pages = {"alice": 'https://alice.example.org/?"><script>'}
    html = render("@alice and @nobody `@alice`", mention_url=pages.get)
    assert '<a class="mention" href="https://alice.example.org/?&quot;' in html.replace("%3E", ">")
    assert "<script" not in html
    assert "</a> and @nobody <code>@alice</code>" in html


def test_what_stands_before_the_mark_is_the_summary() -> None:
    assert summary("One *two\n\n<!--more-->\n\nthree*") == "<p>One *two</p>"
    assert summary("<div>One\n\n<!--more-->\n\nthree</div>") == "<div>One\n</div>"
    assert summary("One two") is None
    assert summary("`<!--more-->`") is None


HOSTILE: dict[str, tuple[str, str]] = {  # a piece that is said over and over, and the end
    "quotes": (">", "a"),
    "brackets": ("[", ""),
    "stars": ("*a ", ""),
    "mixed": ("**a_ ", ""),
    "divs": ("<div>", ""),
    "spans": ("<span>", ""),
    "notes": ("[^1]", "\n\n[^1]: x"),
    "angles": ("<", ""),
    "comment": ("<!--", ""),
    "lists": ("* ", "a"),
    "names": ("@aa", ""),
    "ampersands": ("&", ""),
    "quotation marks": ('<a title="', ""),
    "unclosed tags": ("<a ", ""),
}


def shown(markdown: str) -> None:
    mentions(render(markdown, mention_url=lambda handle: None))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markdown_costs_by_its_length(name: str) -> None:
    piece, end = HOSTILE[name]
    grows_linearly(lambda size: piece * (size // len(piece)) + end, shown, size=10_000)


def test_hostile_tables_and_code_cost_by_their_length() -> None:
    grows_linearly(lambda wide: "|a" * wide + "\n" + "|-" * wide + "\n" + "|b\n" * 200, shown, size=250)
    grows_linearly(lambda long: "|a" * 50 + "\n" + "|-" * 50 + "\n" + "|b\n" * long, shown, size=250)
    grows_linearly(lambda size: "".join("`" * i + " " for i in range(int((2 * size) ** 0.5))), shown, size=10_000)


def test_what_is_too_deep_to_render_is_shown_as_it_was_written() -> None:
    assert render(">" * 1000 + "a") == "<p>" + "&gt;" * 1000 + "a</p>"


def test_text_that_is_no_unicode_is_rendered_all_the_same() -> None:
    assert render("a\0b \ud83d c") == "<p>a�b ? c</p>\n"


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("ab @*_~`[]()!<>/\\\"'=&;:#-|\n1.^ü😀")), max_size=80))
def test_any_text_is_rendered_to_html_that_the_sanitiser_would_not_change(markdown: str) -> None:
    html = render(markdown)
    assert "".join(token.raw for token in tokens(html)) == html
    open_elements: list[str] = []
    for token in tokens(html):
        if token.closing:
            assert open_elements.pop() == token.name
        elif token.name and token.name not in {"br", "hr", "img", "source"}:
            open_elements.append(token.name)
    assert not open_elements


@pytest.mark.skipif(sys.platform == "win32", reason="that build hides the functions that free")
def test_rendering_does_not_use_up_memory() -> None:
    """The binding alone loses 45 bytes for each byte rendered: 100 MB here."""
    post = "hello *world* " * 400
    for _ in range(20):
        render(post)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(400):
        render(post)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000 * (
        1024 if sys.platform == "darwin" else 1
    )
