"""What a mail's body becomes: Markdown of the right half, as people meant it."""

from dataclasses import replace

import pytest

from gateway.core.writing.text import render
from gateway.email import html_body, plain_body
from gateway.email.body import PASSED_ON, Draft, draft, markdown, reply
from gateway.email.read import Attachment, InboundEmail
from tests.email.growth import grows_linearly


def post(text: str = "", html: str = "", title: str = "T", files: tuple[Attachment, ...] = ()) -> InboundEmail:
    return InboundEmail(title=title, text=text, html=html, attachments=files, sender="alice@example.org", from_count=1)


PICTURE = Attachment("lake.png", "image/png", b"", "ii_1", True)


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("One\ntwo\nthree", "One  \ntwo  \nthree"),
        ("Para one.\n\nPara two.", "Para one.\n\nPara two."),
        ("*Emphasis* and [link](http://a.example)", "*Emphasis* and [link](http://a.example)"),
        ("- one\n- two\n  more\n* three", "- one\n- two  \n  more\n* three"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("12. Mai war schön.", "12\\. Mai war schön."),
        ("1986. A year", "1986\\. A year"),
        ("# Heading\ntext", "# Heading\ntext"),
        ("#hashtag first", "#hashtag first"),
        ("> a quote\n> of two\nanswer", "> a quote  \n> of two  \nanswer"),
        ("Title\n=====\n\ntext", "Title\n=====\n\ntext"),
        ("The end of it.\n-----", "The end of it.\n\n-----"),
        ("    Indented first line,\nand the rest.", "Indented first line,  \nand the rest."),
        ("Code:\n\n    x = 1\n    y = 2", "Code:\n\n    x = 1\n    y = 2"),
        ("```\nif a<b:\n  pass\n```", "```\nif a<b:\n  pass\n```"),
        ("if a<b and c>d", "if a\\<b and c>d"),
        ("List<T> and `List<T>`", "List\\<T> and `List<T>`"),
        ("x<sub>2</sub> <https://a.example> <bob@example.org>", "x<sub>2</sub> <https://a.example> <bob@example.org>"),
        ("before\n\n<!--more-->\n\nafter", "before\n\n<!--more-->\n\nafter"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("", ""),
    ],
)
def test_plain_text_stays_as_it_was_meant(written: str, made: str) -> None:
    assert plain_body.markdown(written) == made


def test_what_looks_like_a_tag_is_still_there_when_rendered() -> None:
    assert "a&lt;b and c&gt;d" in render(plain_body.markdown("if a<b and c>d"))


def test_lines_that_a_program_wrapped_are_joined_and_those_of_a_poem_are_not() -> None:
    wrapped = (
        "This is a paragraph that a mail program has wrapped at seventy-two\n"
        "columns, so that every line but the last is as long as the column\n"
        "allows, whatever the person wanted.\n"
        "\n"
        "Roses are red\n"
        "Violets are blue\n"
    )
    first, poem = plain_body.markdown(wrapped).split("\n\n")
    assert "\n" not in first
    assert poem == "Roses are red  \nViolets are blue"


@pytest.mark.parametrize(
    ("html", "made"),
    [
        ("<p>a <b>bold</b> <i>it</i> <code>c</code> <a href='http://a.example/'>l</a></p>", "a **bold** *it* `c` [l](http://a.example/)"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul><ol><li>c</li></ol>", "- a\n  * b\n\n1. c"),
        ("<pre><code>x\n  y</code></pre>", "```\nx\n  y\n```"),
        ("<p>a<br>b</p>", "a  \nb"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("<table><tr><td><p>One</p><p>Two</p></td></tr></table>", "One\n\nTwo"),
        ("<table><tr><td><table><tr><td>x</td><td>y</td></tr></table></td></tr></table>", "x\n\ny"),
        ("<p>a</p><img src='cid:ii_1' alt='lake'><p>b</p>", "a\n\n![lake](cid:ii_1)\n\nb"),
        ("<p>a</p><img src='http://spy.example/' width='1' height='1'>", "a"),
        ("<style>p {}</style><script>x()</script><p>a</p>", "a"),
        ("<div>a</div><div class='gmail_signature'>--<br>Alice</div>", "a"),
        ("<p>1986. a year</p>", "1986\\. a year"),
        ("<p>List&lt;T&gt; <code>&lt;T&gt;</code></p><pre>&lt;T&gt;</pre>", "List\\<T> `<T>`\n\n```\n<T>\n```"),
        ("<p>a</p><img src='cid:ii_1' width='1'>", "a\n\n![](cid:ii_1)"),
    ],
)  # fmt: skip
def test_html_becomes_markdown(html: str, made: str) -> None:
    assert html_body.markdown(html) == made


def test_words_nested_too_deep_for_the_converter_are_not_lost() -> None:
    assert html_body.markdown("<div>" * 20_000 + "Hello" + "</div>" * 20_000) == "Hello"


def test_html_without_formatting_gives_way_to_the_plain_half() -> None:
    mail = post(
        "I *typed* Markdown.\n- so\n- there\n",
        "<div dir=ltr>I *typed* Markdown.<div>- so</div><div>- there</div></div>",
    )
    assert markdown(mail) == "I *typed* Markdown.\n- so\n- there"


def test_a_bare_link_is_no_formatting_but_words_over_a_link_are() -> None:
    bare = "<div>See <a href='http://a.example'>http://a.example/</a></div>"
    assert not html_body.is_formatted(bare)
    assert not html_body.is_formatted('<a href="mailto:bob@example.org" target="_blank">bob@example.org</a>')
    assert not html_body.is_formatted('<a href="http://a.example/?a=1&amp;b=2">http://a.example/?a=1&amp;b=2</a>')
    assert html_body.is_formatted("<div>See <a href='http://a.example'>this</a></div>")
    assert html_body.is_formatted('<a class="x" href=http://a.example/>this</a>')


def test_formatted_html_is_preferred_to_its_plain_shadow() -> None:
    assert markdown(post("Hello *you*", "<p>Hello <b>you</b></p>")) == "Hello **you**"


def test_an_html_half_that_says_less_than_the_plain_one_is_not_believed() -> None:
    assert markdown(post("A whole letter of many words is here.", "<b>hi</b>")).startswith("A whole letter")


def test_a_plain_half_that_only_points_at_the_html_is_not_the_letter() -> None:
    html = "<p>" + "word " * 100 + "</p>"
    mail = post("Please view this mail in a program that shows HTML.", html)
    assert markdown(mail).startswith("word word")
    assert "word word" in reply(mail)


STUB = "This letter is written in HTML. Please look at it in a mail program that is able to show such letters."
LETTER = "We sailed out at nine. The sea was calm, nobody spoke, and far away a bell rang over the water, slowly."


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("This message is in HTML.", "The boat leaves at nine."),
        ("This message is in HTML.", LETTER),
        (STUB, "Come to the boat tomorrow."),
        (f"{STUB} " * 4, f"{LETTER} " * 20),
        ("We sailed out at nine.", f"{LETTER}</p><p>{LETTER}"),
        (LETTER, f"{LETTER}</p><p>Then it rained, and we all went home to read the books of others."),
        ("Gr??e aus M?nchen ?ber s?", "Grüße aus München über süße Äpfel"),
        ("请用浏览器看", "船九点开。海很平静。"),
    ],
)
def test_a_plain_half_that_lacks_many_words_of_the_html_is_not_the_letter(text: str, html: str) -> None:
    made = markdown(post(text, f"<p>{html}</p>"))
    assert made.split() == html.replace("</p><p>", " ").split()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (LETTER.replace(" ", "\n"), LETTER),
        (f"{LETTER}\nSee http://a.example/b", f"{LETTER} See <a href='http://a.example/b'>http://a.example/b</a>"),
        (LETTER, f"{LETTER} <img src='http://a.example/one/two/three/four/five/six/seven/eight.png'>"),
        (LETTER, f"{LETTER} Sent from afar"),
        ("The names a_b_c, d_e_f and g_h_i", "The names a_b_c, d_e_f and g_h_i"),
        ("*Hello* bob", "Hello bob, you two"),
        ("船九点开。海很\n平静。", "船九点开。海很平静。"),
        (f"{LETTER} " * 5, "Scanned by a program against all evils"),
    ],
)
def test_a_plain_half_that_lacks_few_words_of_the_html_is_the_letter(text: str, html: str) -> None:
    assert markdown(post(text, f"<div>{html}</div>")) == plain_body.markdown(text)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Words.\n\n-- \nAlice\nhttp://a.example", "Words."),
        ("Words.\n\n--\nAlice", "Words."),
        ("Words.\n\nSent from my iPhone", "Words."),
    ],
)
def test_signatures_are_no_part_of_a_post(text: str, made: str) -> None:
    assert markdown(post(text)).split() == made.split()


def test_a_forward_keeps_what_it_forwards() -> None:
    text = "Look!\n\n---------- Forwarded message ---------\nFrom: Bob <bob@example.org>\n\nNews."
    assert "News." in markdown(post(text))


GMAIL = "---------- Forwarded message ---------\nFrom: Dora <dora@private.example>\nDate: Mon, 3 May 2026 at 10:30\nSubject: hello\nTo: Alice <alice@example.org>\n\nMy letter. Tel 0171 555"
OUTLOOK = "Von: Dora <dora@private.example>\nGesendet: Montag, 3. Mai 2026 10:30\nAn: Alice <alice@example.org>\nBetreff: hello\n\nMein Brief."


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Fwd: hello", f"Look!\n\n{GMAIL}"),
        ("hello", f"Look!\n\n{GMAIL}"),
        ("Fwd: hello", GMAIL),
        ("WG: hello", f"Schau!\n\n{OUTLOOK}"),
        ("WG: hello", f"-----Ursprüngliche Nachricht-----\n{OUTLOOK}"),
        ("Fwd: hello", f"Look!\n\nBegin forwarded message:\n\n{GMAIL.partition(chr(10))[2]}"),
    ],
)
def test_anothers_letter_is_published_only_when_its_author_says_so(title: str, text: str) -> None:
    html = "<div>" + text.replace("<", "&lt;").replace("\n", "<br>") + "</div><p><b>x</b></p>"
    for mail in (post(text, title=title), post("", html, title=title)):
        made = draft(mail)
        assert (made.wishes.state, made.notes) == ("draft", (PASSED_ON,))
        assert "dora@private.example" in made.text
        said = draft(
            replace(mail, text=mail.text and f"status: publish\n\n{mail.text}", title=f"[publish] {mail.title}")
        )
        assert (said.wishes.state, said.notes) == ("publish", ())


@pytest.mark.parametrize(
    "piece", ["From: Bob\n", "Date: Monday\n\n", "---- Forwarded message ----\n", "From: Bob <b@c.example>\nx\n"]
)
def test_looking_for_anothers_letter_costs_no_more_than_the_mail_is_long(piece: str) -> None:
    grows_linearly(lambda size: post(f"Words.\n\n{piece * (size // len(piece))}", title="Fwd: T"), draft, size=20_000)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Fwd: hello", "Only my own words."),
        ("Fwd: hello", "From: here to there\n\nA walk."),
        ("T", f"Look how Outlook writes:\n\n{OUTLOOK}"),
        ("T", "----\n\nForwarded message: a poem\n\n----"),
    ],
)
def test_words_that_are_no_letter_are_ones_own(title: str, text: str) -> None:
    assert draft(post(text, title=title)).wishes.state == ""


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Title", "Words.", Draft("Title", "Words.")),
        ("Only a subject", "", Draft("", "Only a subject")),
        ("Only a subject", "-- \nAlice", Draft("", "Only a subject")),
        ("", "Words.", Draft("", "Words.")),
        ("", "-- \nAll there is", Draft("", "--\nAll there is")),
        ("", "", Draft("", "")),
        ("T", "Words.\n\n#one #two_2 #Ünï", Draft("T", "Words.", ("one", "two_2", "Ünï"))),
        ("T", "About #one thing.", Draft("T", "About #one thing.")),
        ("T", "# Heading", Draft("T", "# Heading")),
        ("T", "Words.\n#one #two", Draft("T", "Words.", ("one", "two"))),
        ("2 < 3 <b", "", Draft("", "2 < 3 \\<b")),
    ],
)
def test_drafts(title: str, text: str, expected: Draft) -> None:
    assert draft(post(text, title=title)) == expected


def test_pictures_in_the_text_are_named_in_their_order() -> None:
    other = replace(PICTURE, content_id="ii_2")
    attached = replace(PICTURE, content_id="part.3", inline=False)
    html = "<p>b</p><img src='cid:ii_2'><p>a</p><img src='cid:ii_1'>"
    made = draft(post("[image] [image]", html, files=(PICTURE, other, attached)))
    assert made.left_out == frozenset()
    assert made.text == "b\n\n![](cid:ii_2)\n\na\n\n![](cid:ii_1)"


def test_a_picture_alone_with_a_subject_is_an_untitled_post_with_the_picture() -> None:
    made = draft(post("", "<div><img src='cid:ii_1' alt='lake'></div>", "At the lake", (PICTURE,)))
    assert made == Draft("", "At the lake\n\n![lake](cid:ii_1)", alts={"ii_1": "lake"})


def test_a_reply_prefers_the_plain_half_and_drops_the_quotation() -> None:
    text = "New.\n\nOn Mon, 1 Jun 2026 at 10:00, Bob <bob@example.org> wrote:\n> Old.\n"
    assert reply(post(text, "<p>New.</p><blockquote>Old.</blockquote>")) == "New."


BOMBS = ["<div>", "<table>", "<table><tr><td>", '<a href="', "<", "<script>", "<ul><li>", "<!--", "<td ", "&"]


@pytest.mark.parametrize(
    ("start", "piece"), [*(("", bomb) for bomb in BOMBS), ("<a ", "href=x"), ("", "<a " + "href=x" * 500)]
)
def test_html_bombs_cost_no_more_than_they_are_long(start: str, piece: str) -> None:
    grows_linearly(lambda size: post("", start + piece * (size // len(piece))), draft, size=30_000)


@pytest.mark.parametrize(
    "piece", ["\n", "> ", "-\n", "<", "<a ", "`", "1. \n", " ", "    a\n", "|-", "- ", "<a:", "#", "***\n", "a\n===\n"]
)
def test_plain_bombs_cost_no_more_than_they_are_long(piece: str) -> None:
    grows_linearly(lambda size: post(piece * (size // len(piece))), draft, size=30_000)


@pytest.mark.parametrize("name", ["blockquote", "ul", "ol"])
@pytest.mark.parametrize("depth", [19, 20, 21, 40])
def test_quotes_and_lists_deeper_than_anyone_writes_are_kept_flat(name: str, depth: int) -> None:
    item = "" if name == "blockquote" else "<li>"
    deepest = min(depth, 20)
    made = html_body.markdown(f"<{name}>{item}" * depth + "Words" + f"</{name}>" * depth)
    assert made == html_body.markdown(
        f"<{name}>{item}" * deepest + item * (depth - deepest) + "Words" + f"</{name}>" * deepest
    )
    assert "Words" in made


@pytest.mark.parametrize("selector", html_body.SIGNATURES)
def test_every_signature_that_a_program_marks_is_left_out(selector: str) -> None:
    attribute = "class" if selector.startswith(".") else "id"
    html = f'<p>Words</p><div {attribute}="{selector[1:]}">Alice, <b>Harbour</b> 1</div>'
    assert html_body.markdown(html) == "Words"


@pytest.mark.parametrize("side", ["width", "height"])
def test_a_picture_that_counts_readers_is_left_out(side: str) -> None:
    assert html_body.markdown(f'<p>Words <IMG {side}="1" src="http://example.org/seen"></p>') == "Words"
