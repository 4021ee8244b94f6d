"""HTML of mail programs becomes what it shows: lists of Word, lines of Gmail and Apple Mail, emphasis by style, pictures of other sites."""

from collections.abc import Callable

import pytest

from gateway.core.writing.text import render
from gateway.email.html_body import markdown
from gateway.email.html_repair import repaired
from tests.email.growth import grows_linearly

BULLET = "<![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt \"Times\"'>&nbsp;&nbsp; </span></span></span><![endif]>"


def word(text: str, level: int = 1, mark: str = BULLET) -> str:
    return f"<p class=MsoListParagraph style='margin-left:36.0pt;mso-list:l0 level{level} lfo1'>{mark}{text}<o:p></o:p></p>\n"


def number(mark: str) -> str:
    return (
        f"<!--[if !supportLists]--><span style='mso-list:Ignore'>{mark}<span>&nbsp;&nbsp;</span></span><!--[endif]-->"
    )


@pytest.mark.parametrize(
    ("html", "made"),
    [
        (word("One") + word("Two"), "- One\n- Two"),
        (word("One") + word("Deep", 2) + word("Deeper", 3) + word("Two"), "- One\n  * Deep\n    + Deeper\n- Two"),
        (word("a", mark=number("1.")) + word("b", mark=number("2.")), "1. a\n2. b"),
        (word("c", mark=number("3)")) + word("d", mark=number("4)")), "3. c\n4. d"),
        ("<p class=MsoNormal>Before</p>" + word("x") + "<p class=MsoNormal>After</p>", "Before\n\n- x\n\nAfter"),
        (word("x") + "<p>between</p>" + word("y"), "- x\n\nbetween\n\n- y"),
        (word("<b>bold</b> item", mark=""), "- **bold** item"),
        ("<p style='mso-list:l0 level1 lfo1'>never closed", "never closed"),
    ],
)
def test_lists_of_word_are_lists(html: str, made: str) -> None:
    assert markdown(html) == made


@pytest.mark.parametrize(
    ("html", "made"),
    [
        ('<div dir="ltr">One<div>two</div><div><br></div><div>Three</div></div>', "One  \ntwo\n\nThree"),
        ('<div dir="ltr"><b>One</b><br>two<br><br>Three</div>', "**One**  \ntwo\n\nThree"),
        (
            "<body>One<div>two</div><div><br></div><div><ul><li>a</li></ul></div><div>end</div></body>",
            "One  \ntwo\n\n- a\n\nend",
        ),
        ('<div dir="ltr">Words<div><img src="cid:a"></div><div>Caption</div></div>', "Words\n\n![](cid:a)  \nCaption"),
        ('<div dir="ltr">Words<div class="gmail_signature">Alice<br>Painter</div></div>', "Words"),
        ('<div dir="auto"><b>a<br>b</b></div>', "**a  \nb**"),
        ("<div>Paragraph</div><div>by style</div>", "Paragraph\n\nby style"),
        ('<div dir="ltr"><b>open <div>inside</div></b></div>', "**open**\n\n**inside**"),
    ],
)
def test_lines_stay_lines_and_empty_ones_part_paragraphs(html: str, made: str) -> None:
    assert markdown(html) == made


@pytest.mark.parametrize(
    ("html", "made"),
    [
        (
            "<p><span style='font-weight: bold'>b</span> and <span style='font-style:italic'>i</span></p>",
            "**b** and *i*",
        ),
        (
            "<b style='font-weight:normal'><p>pasted <span style='font-weight:700'>text</span></p></b>",
            "pasted **text**",
        ),
        ("<p><span style='text-decoration:line-through'>gone</span></p>", "~~gone~~"),
        ("<p>E=mc<sup>2</sup>, H<sub>2</sub>O</p>", "E=mc<sup>2</sup>, H<sub>2</sub>O"),
        ("<p>a</b> b</span></p>", "a b"),
    ],
)
def test_emphasis_by_style_is_emphasis(html: str, made: str) -> None:
    assert markdown(html) == made


@pytest.mark.parametrize(
    ("html", "made"),
    [
        ("<p>a <img src='https://x.example/a.png' alt='A cat'> b</p>", "a [A cat](https://x.example/a.png) b"),
        ("<p><img src='https://x.example/a.png'></p>", "[picture](https://x.example/a.png)"),
        ("<p><a href='https://y.example/'><img src='//x.example/a.png' alt='y'></a></p>", "[y](https://y.example/)"),
        ("<p>a<img src='https://x.example/open.gif' width='1px' height=1></p>", "a"),
        ("<p>a<img src='https://x.example/icon.png' width=16 height=16 alt=f></p>", "a"),
        ("<p><img src='cid:a' width=16></p>", "![](cid:a)"),
    ],
)
def test_pictures_of_other_sites_become_links(html: str, made: str) -> None:
    assert markdown(html) == made


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<ol start=3><li>a<ol><li>b</li></ol></li><li>c</li></ol>", '<ol start="3">\n<li>a\n<ol>\n<li>b</li>\n</ol>\n</li>\n<li>c</li>\n</ol>'),
        ("<h2>H</h2><blockquote><p>q</p></blockquote><hr><p>x</p>", "<h2>H</h2>\n<blockquote>\n<p>q</p>\n</blockquote>\n<hr>\n<p>x</p>"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1|2</td><td><b>x</b></td></tr></table>", "<td>1|2</td>\n<td><strong>x</strong></td>"),
        ("<p>use <code>a_b</code></p><pre>x\n  y</pre>", "<p>use <code>a_b</code></p>\n<pre><code>x\n  y\n</code></pre>"),
    ],
)  # fmt: skip
def test_structure_is_kept(html: str, shown: str) -> None:
    assert shown in render(markdown(html))


HOSTILE: dict[str, Callable[[int], str]] = {
    "items": lambda n: word("x") * n,
    "deep items": lambda n: "".join(word("x", 1 + number % 9) for number in range(n)),
    "unclosed items": lambda n: "<p style='mso-list:l0 level1 lfo1'>" * n,
    "spans": lambda n: "<span style='font-weight:bold'>" * n + "</b>" * n,
    "divs": lambda n: "<div dir=ltr>" + "<div class=quote>" * n,
    "brackets": lambda n: "<" * n * 20,
    "quotes": lambda n: "<img src='" * n * 3,
    "comments": lambda n: "<!--" * n * 5,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_html_costs_by_its_length_only(name: str) -> None:
    grows_linearly(HOSTILE[name], repaired, size=1200)
