"""What is new in an HTML reply, as Markdown, whatever client wrote it."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email.reply_html import MOST_TAGS
from gateway.email.reply_text import visible_html
from tests.email.growth import grows_linearly

ANSWER = "<div>Yes, gladly.</div><div><br></div><div>Thanks,</div><div>Alice</div>"
EXPECTED = "Yes, gladly.\n\nThanks,  \nAlice"
OLD = "<div>Shall we?</div><div>Bob</div>"

CLIENTS = {
    "Gmail": f'<div dir="ltr">{ANSWER}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Wed, Jan 1, 2025 Bob &lt;<a href="mailto:b@example.org">b@example.org</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0">{OLD}</blockquote></div>',
    "Gmail in a language nobody knows": f'<div dir="ltr">{ANSWER}</div><div class="gmail_quote"><div class="gmail_attr">Xyz abc Bob qwe</div><blockquote class="gmail_quote">{OLD}</blockquote></div>',
    "Gmail with a signature": f'<div dir="ltr">{ANSWER}<div><br></div>-- <br><div class="gmail_signature">Alice Writer</div></div><div class="gmail_quote">On 1/1/25 Bob wrote:<blockquote class="gmail_quote">{OLD}</blockquote></div>',
    "Outlook 2016": f'<div class=WordSection1><p class=MsoNormal>Yes, gladly.<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>Thanks,</p><p class=MsoNormal>Alice</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class=MsoNormal><b>From:</b> Bob<br><b>Sent:</b> Wed<br><b>To:</b> Alice<br><b>Subject:</b> Hi</p></div>{OLD}</div>',
    "Outlook in a language nobody knows": f'<div>{ANSWER}<div style="border:none;border-top:solid #B5C4DF 1.0pt"><p><b>Xyz:</b> Bob<br><b>Abc:</b> Wed</p></div>{OLD}</div>',
    "Outlook on the web": f'<div>{ANSWER}</div><div id="appendonsend"></div><hr style="width:98%"><div id="divRplyFwdMsg"><b>From:</b> Bob<br><b>Sent:</b> Wed</div>{OLD}',
    "Outlook 2003": f'{ANSWER}<div><hr size=2><b>From:</b> Bob [mailto:b@example.org]<br><b>Sent:</b> Wed<br><b>To:</b> Alice<br><b>Subject:</b> Hi<br></div>{OLD}',
    "Outlook Express": f'{ANSWER}<blockquote style="BORDER-LEFT: #000 2px solid"><div>----- Original Message -----</div><div>From: Bob</div><div>Sent: Wed</div>{OLD}</blockquote>',
    "Apple Mail": f'<html><body>{ANSWER}<br><div><blockquote type="cite"><div>On 1 Jan 2025, at 15:00, Bob &lt;b@example.org&gt; wrote:</div><br>{OLD}</blockquote></div></body></html>',
    "Thunderbird": f'<p>Yes, gladly.</p><p>Thanks,<br>Alice</p><div class="moz-cite-prefix">Am 01.01.25 um 15:00 schrieb Bob:<br></div><blockquote type="cite" cite="mid:abc@example.org">{OLD}</blockquote><pre class="moz-signature">-- \nAlice</pre>',
    "Yahoo": f'<div class="yahoo-style-wrap">{ANSWER}</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>On Wednesday, January 1, 2025, Bob &lt;b@example.org&gt; wrote:</div><div>{OLD}</div></div>',
    "Proton": f'{ANSWER}<div class="protonmail_signature_block">Sent with Proton</div><div class="protonmail_quote">On Wednesday Bob wrote:<blockquote class="protonmail_quote" type="cite">{OLD}</blockquote></div>',
    "Zoho": f'{ANSWER}<div class="zmail_extra" style="border-top:1px"><div>---- On Wed, 01 Jan 2025 Bob wrote ----</div><blockquote>{OLD}</blockquote></div>',
    "Hotmail": f'<div dir="ltr">{ANSWER}<div><hr id="stopSpelling">Date: Wed, 1 Jan 2025<br>Subject: Hi<br>From: b@example.org<br>To: a@example.org<br><br>{OLD}</div></div>',
    "Windows Mail": f'{ANSWER}<div data-signatureblock="true"><br></div><div style="padding-top:5px;border-top-color:rgb(229,229,229);border-top-width:1px;border-top-style:solid"><b>Von:</b> Bob<br><b>Gesendet:</b> Mi</div>{OLD}',
    "Mail.ru": f'{ANSWER}<br>Среда, 1 января 2025, 15:00 +03:00 от Bob &lt;b@example.org&gt;:<br><blockquote style="border-left:1px solid #0857A6">{OLD}</blockquote>',
    "Yandex": f'{ANSWER}<div>01.01.2025, 15:00, "Bob" &lt;b@example.org&gt;:</div><blockquote>{OLD}</blockquote>',
    "iPhone": f'{ANSWER}<div id="AppleMailSignature">Sent from my iPhone</div><div><br><blockquote type="cite">On 1 Jan 2025, at 15:00, Bob wrote:<br>{OLD}</blockquote></div>',
    "Outlook for Mac": f'{ANSWER}<span id="OLK_SRC_BODY_SECTION"><div><b>From: </b>Bob</div>{OLD}</span>',
    "Zimbra": f'{ANSWER}<hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>Bob</div><div data-marker="__QUOTED_TEXT__">{OLD}</div>',
}  # fmt: skip


@pytest.mark.parametrize("client", CLIENTS)
def test_the_reply_of_each_client_comes_out_alone(client: str) -> None:
    text = visible_html(CLIENTS[client])
    assert text.replace(",  \n", ",\n") == EXPECTED.replace(",  \n", ",\n")


def test_an_answer_between_quotes_keeps_the_quotes_it_answers() -> None:
    html = '<div class="gmail_quote"><div class="gmail_attr">On 1/1/25 Bob wrote:</div><blockquote class="gmail_quote">Shall we?</blockquote><div>Yes.</div><blockquote class="gmail_quote">When?</blockquote><div>At ten.</div></div>'
    assert visible_html(html) == "> Shall we?\n\nYes.\n\n> When?\n\nAt ten."


def test_an_answer_below_the_quote_is_the_reply() -> None:
    html = (
        f'<div class="moz-cite-prefix">On 1/1/25 Bob wrote:</div><blockquote type="cite">{OLD}</blockquote><p>Yes.</p>'
    )
    assert visible_html(html) == "Yes."


def test_emphasis_links_and_lists_become_markdown() -> None:
    html = '<p>A <b>bold</b> <a href="https://example.org/">link</a></p><ul><li>one</li><li>two</li></ul>'
    assert visible_html(html) == "A **bold** [link](https://example.org/)\n\n- one\n- two"


def test_a_forward_with_nothing_added_keeps_the_forwarded_text() -> None:
    html = f'<div dir="ltr"><br><div class="gmail_quote">---------- Forwarded message ---------<br>From: Bob<br>Date: Wed<br>Subject: Hi<br><br>{OLD}</div></div>'
    assert "Shall we?" in visible_html(html)


def test_scripts_styles_and_comments_say_nothing() -> None:
    assert visible_html("<style>p{color:red}</style><script>alert(1)</script><!-- x --><p>Yes.</p>") == "Yes."


def test_more_tags_than_a_letter_has_leave_the_words() -> None:
    assert visible_html("<p>Yes.</p>" + "<b></b>" * MOST_TAGS) == "Yes."


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from([
    "<div>", "</div>", "<blockquote type=cite>", "</blockquote>", "Yes", "<br>", "<p class=MsoNormal>", "</p>", "&nbsp;", "<div class=gmail_quote>", "<", ">", "<!--", "-->", "<ul><li>",
    "<hr id=stopSpelling>", "<a href='", "<script>", "On 1/1/25 Bob wrote:",
]), max_size=20).map("".join)))  # fmt: skip
def test_it_never_raises(html: str) -> None:
    assert isinstance(visible_html(html), str)


@pytest.mark.parametrize("unit", ["<div>", "<b>", "<blockquote>a", "<ul><li>a", "<", "<!--", "<a href='", "a<br>", "<table><tr><td>", "</div>", "&", "<script>", "<p><b></p>", "<pre>a\n", "<pre></pre>", "<p style='display:none'>a", "<li style='display:none'><table><li>", "<li><b style=display:none>", "<p style='display:none' a=\"b>"])  # fmt: skip
def test_the_cost_does_not_grow_faster_than_the_size(unit: str) -> None:
    grows_linearly(lambda size: unit * (size // len(unit)), visible_html, size=12_000)


def test_the_public_rows_come_out() -> None:
    if not os.environ.get("TEST_CORPORA"):
        pytest.skip("TEST_CORPORA is not set: no public rows to measure against")
    rows = [
        json.loads(line)
        for line in (Path(os.environ["TEST_CORPORA"]) / "reply" / "talon_html.jsonl").read_text().splitlines()
    ]
    missed = [row["name"] for row in rows if visible_html(row["input_html"]).split() != row["expected_text"].split()]
    assert len(missed) <= 0.03 * len(rows), missed
