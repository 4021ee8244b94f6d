"""Single mails from answers, read back by the standard library's parser."""

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from html.parser import HTMLParser

import cmarkgfm
import dkim
import pytest

from gateway.core.errors import Invalid
from gateway.core.messages import Answer, Button, Picture
from gateway.email.compose import compose, subject_of
from gateway.email.headers import Mailbox
from gateway.email.signing import Signer, canonical_body, dns_record, generate_key

DATE = datetime(2024, 11, 4, 8, 0, tzinfo=UTC)
ANSWER = Answer(
    text="I baked **three loaves**, see [the recipe](https://alice.example.org/bread).\n\n> Grüße aus Köln",
    subject="alice wrote: Bread",
    author="Alice <b>the</b> baker",
    buttons=((Button("Confirm", url="https://post.example.org/c?a=1&b=2"), Button("Not in mail", action="x:1")),),
    pictures=(Picture("hash", "image/jpeg", "https://alice.example.org/m/1.jpg", 'Three "loaves"'),),
    post_id=3,
    short_reference="k7f",
    reply_token="r.abc",
    link="https://alice.example.org/2024/11/04/bread",
)


def markdown(text: str) -> str:
    return str(cmarkgfm.github_flavored_markdown_to_html(text))


def mail(
    answer: Answer = ANSWER,
    *,
    sender: Mailbox = Mailbox("alice@post.example.org", "Alice, Bäckerin"),  # noqa: B008
    recipient: Mailbox = Mailbox("bob@example.net", "Bob"),  # noqa: B008
    message_id: str = "<1@post.example.org>",
    references: tuple[str, ...] = (),
    reply_to: str = "r.abc@post.example.org",
    extra: tuple[tuple[str, str], ...] = (),
    automatic: bool = True,
    language: str = "en",
    render: Callable[[str], str] = markdown,
) -> bytes:
    return compose(
        answer, sender=sender, recipient=recipient, message_id=message_id, date=DATE, render_html=render,
        references=references, reply_to=reply_to, language=language, extra=extra, automatic=automatic,
    )  # fmt: skip


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def part(raw: bytes, kind: str) -> str:
    found = parsed(raw).get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


class Fetched(HTMLParser):
    """What a client would load from elsewhere on opening the mail, and the links it would not."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "srcset", "background", "poster", "data") or (tag == "link" and name == "href"):
                self.loaded.append(value or "")
            if tag == "a" and name == "href":
                self.links.append(value or "")


def test_the_headers_are_those_of_a_notice() -> None:
    message = parsed(mail(references=("<a@x>", "<b@y>"), language="de"))
    assert message["From"].addresses[0].display_name == "Alice, Bäckerin"
    assert message["From"].addresses[0].addr_spec == "alice@post.example.org"
    assert message["To"].addresses[0].addr_spec == "bob@example.net"
    assert message["Subject"] == "alice wrote: Bread [k7f]"
    assert message["Date"].datetime == DATE
    assert message["Message-ID"] == "<1@post.example.org>"
    assert message["In-Reply-To"] == "<b@y>"
    assert message["References"] == "<a@x> <b@y>"
    assert message["Reply-To"].addresses[0].addr_spec == "r.abc@post.example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "de"
    assert message.get_content_type() == "multipart/alternative"


def test_what_a_person_wrote_is_not_called_automatic() -> None:
    assert parsed(mail(automatic=False))["Auto-Submitted"] is None


def test_the_text_part_reads_well() -> None:
    assert part(mail(), "plain") == (
        "I baked **three loaves**, see the recipe <https://alice.example.org/bread>.\n\n> Grüße aus Köln\n\n"
        '[picture: Three "loaves"] <https://alice.example.org/m/1.jpg>\n\n'
        "Confirm:\n<https://post.example.org/c?a=1&b=2>\n\n"
        "-- \nAnswer this mail to reply.\nRead it on the web: <https://alice.example.org/2024/11/04/bread>\n"
    )


def test_what_stands_around_the_words_is_in_the_readers_language() -> None:
    shown = part(mail(language="de"), "plain")
    assert '[Bild: Three "loaves"] <https://alice.example.org/m/1.jpg>' in shown
    assert "Im Web lesen: <https://alice.example.org/2024/11/04/bread>" in shown
    assert "Answer this mail" not in shown


def test_the_html_part_says_the_same() -> None:
    html = part(mail(language="de"), "html")
    assert "<strong>three loaves</strong>" in html
    assert 'alt="Three &quot;loaves&quot;"' in html
    assert "https://post.example.org/c?a=1&b=2" in Fetched(html).links
    assert 'lang="de"' in html
    assert 'name="color-scheme"' in html
    assert "prefers-color-scheme: dark" in html
    assert '<p style="' in html
    assert "Not in mail" not in html


def test_opening_the_mail_loads_nothing_but_the_answers_own_pictures() -> None:
    hostile = (
        "![pixel](https://evil.example/p.gif) ![](https://evil.example/2.gif)\n\n<img src='https://evil.example/3.gif'>\n\n"
        "![ours](https://alice.example.org/m/1.jpg)\n"
    )
    answer = Answer(text=hostile, pictures=ANSWER.pictures)
    worse = (
        "<img srcset='https://evil.example/4.gif 2x'><iframe src='https://evil.example/5'></iframe>"
        "<link rel=stylesheet href='https://evil.example/6.css'><p background='https://evil.example/7'>x</p>"
    )
    html = part(mail(answer, render=lambda text: markdown(text) + worse), "html")
    assert set(Fetched(html).loaded) == {"https://alice.example.org/m/1.jpg"}
    assert "https://evil.example/p.gif" in Fetched(html).links
    assert "url(" not in html
    assert "@import" not in html


def test_script_in_the_rendered_html_does_not_survive() -> None:
    html = part(mail(render=lambda _: "<script>alert(1)</script><a href='javascript:x' onclick='y'>z</a>"), "html")
    assert "<script" not in html
    assert "javascript:" not in html
    assert "onclick" not in html


BREAK = "x\r\nBcc: eve@example.com\r\n\r\nbody"


def test_line_breaks_in_words_cannot_add_headers() -> None:
    raw = mail(
        Answer(text="hi", subject=BREAK, author=BREAK, headers=(("X-Note", BREAK),)),
        sender=Mailbox("alice@post.example.org", BREAK),
        recipient=Mailbox("bob@example.net", f"Bob{BREAK}"),
        extra=(("X-More", BREAK),),
    )
    message = parsed(raw)
    assert message["Bcc"] is None
    assert message["Subject"] == "x Bcc: eve@example.com body"
    assert [address.addr_spec for address in message["To"].addresses] == ["bob@example.net"]
    assert message["X-Note"] == message["X-More"] == "x Bcc: eve@example.com body"
    assert message.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: mail(sender=Mailbox("alice@post.example.org\r\nBcc: eve@example.com")),
        lambda: mail(recipient=Mailbox("bob@example.net, eve@example.com")),
        lambda: mail(recipient=Mailbox("bob")),
        lambda: mail(message_id="<1@x>\r\nBcc: eve@example.com"),
        lambda: mail(reply_to="r@x> <eve@example.com"),
        lambda: mail(extra=(("X-Note: y\r\nBcc", "eve@example.com"),)),
    ],
)
def test_what_must_be_exact_is_refused_when_it_is_not(wrong: Callable[[], bytes]) -> None:
    with pytest.raises(Invalid, match="nothing was sent"):
        wrong()


def test_an_answers_own_headers_cannot_replace_ours() -> None:
    message = parsed(mail(extra=(("From", "eve@example.com"), ("List-Id", "<alice.example.org>"))))
    assert len(message.get_all("From", [])) == 1
    assert message["From"].addresses[0].addr_spec == "alice@post.example.org"
    assert message["List-Id"] == "<alice.example.org>"


def test_foreign_message_ids_that_cannot_stand_in_a_header_are_left_out() -> None:
    message = parsed(mail(references=("<a@x>", "<b\r\nBcc: eve@example.com>", "", "<c@z>")))
    assert message["References"] == "<a@x> <c@z>"


def test_a_long_conversation_keeps_its_first_and_latest_references() -> None:
    message = parsed(mail(references=tuple(f"<{number}@x>" for number in range(100))))
    ids = message["References"].split()
    assert ids[0] == "<0@x>"
    assert ids[-1] == "<99@x>"
    assert len(ids) == 20


def test_the_wire_form_is_seven_bit_with_short_lines_and_ready_to_sign() -> None:
    raw = mail(Answer(text="ä" * 400 + "\n\n" + "x" * 3000 + "\n.\n..\nFrom here  on \n", subject="Ü" * 300))
    head, _, body = raw.partition(b"\r\n\r\n")
    assert raw.isascii()
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert max(map(len, body.split(b"\r\n"))) <= 78
    assert raw.replace(b"\r\n", b"").count(b"\n") == raw.replace(b"\r\n", b"").count(b"\r") == 0
    assert canonical_body(body) == body
    assert "ä" * 400 in part(raw, "plain")
    assert parsed(raw)["Subject"] == "Ü" * 300
    key = generate_key()
    signed = Signer("post.example.org", "p1", key).sign(raw, now=int(DATE.timestamp())) + raw
    assert dkim.verify(signed, dnsfunc=lambda name, timeout=5: dns_record(key).encode())


@pytest.mark.parametrize(
    ("answer", "subject"),
    [
        (Answer(text="x", subject="Hello"), "Hello"),
        (Answer(text="x", subject="Re: Hello [k7f]", short_reference="k7f"), "Re: Hello [k7f]"),
        (Answer(text="## Bread\n\nmore", short_reference="k7f"), "Bread [k7f]"),
        (Answer(text="\n\n" + "word " * 40), "word " * 13 + "word…"),
        (Answer(text=""), ""),
    ],
)
def test_the_subject_is_given_or_taken_from_the_first_words(answer: Answer, subject: str) -> None:
    assert subject_of(answer) == subject


@pytest.mark.parametrize(
    "subject", ["=?utf-8?B?RXZl?=", "x" * 200, 'quote " and \\', "emoji 🍞 " * 30, "A: b; c, d <e@f>"]
)
def test_any_subject_and_name_arrive_as_written(subject: str) -> None:
    raw = mail(Answer(text="x", subject=subject), recipient=Mailbox("bob@example.net", subject))
    assert parsed(raw)["Subject"] == subject.strip()
    # Python 3.11's address parser puts blanks between encoded words (RFC 2047, 6.2, has none), so the older one judges.
    name, address = parseaddr(message_from_bytes(raw)["To"])
    assert str(make_header(decode_header(name))) == subject.strip()
    assert address == "bob@example.net"


def test_a_notice_is_headed_by_its_subject_and_words_of_a_person_by_nothing() -> None:
    """Beside the subject, programs show how it begins, and not the subject once more."""
    for author, headings in (("", 1), ("Alice", 0)):
        html = part(mail(Answer("Long *words* " * 40, subject="The <subject>", author=author)), "html")
        assert html.count('<h1 class="headline"') == html.count("The &lt;subject&gt;</h1>") == headings
        hidden = html.partition('class="preheader"')[2].partition(">")[2].partition("</div>")[0]
        assert hidden.startswith("Long words Long") == bool(headings)
        assert (len(hidden) >= 180) == bool(headings)
