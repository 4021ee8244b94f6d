"""One single mail from an Answer: a confirmation, a notice, a reply, a sign-in link."""

from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime

import css_inline
import nh3

from gateway.core.messages import Answer, Picture
from gateway.core.templates import FILLER, environment
from gateway.core.words import speaking, t
from gateway.core.writing.text import excerpt
from gateway.email import headers, mime
from gateway.email.headers import Mailbox
from gateway.email.plain import pictures_as_links, plain

_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
_PREVIEW = 150  # characters
_OURS = frozenset(
    (
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "reply-to",
        "mime-version",
        "content-type",
    )
)


def compose(
    answer: Answer,
    *,
    sender: Mailbox,
    recipient: Mailbox,
    message_id: str,
    date: datetime,
    render_html: Callable[[str], str],
    references: Sequence[str] = (),
    reply_to: str = "",
    language: str = "en",
    extra: Sequence[tuple[str, str]] = (),
    automatic: bool = True,
    enclosed: bytes = b"",
) -> bytes:
    """The whole mail, unsigned, 7-bit with CRLF, ready for a Signer and the relay.

    `render_html` turns the answer's Markdown into sanitised HTML. `references` are the Message-IDs of the conversation, the one
    answered last. `enclosed` is a mail that goes along as it came. `extra` headers follow the answer's own. `automatic` says that no person wrote this just now (RFC 3834).
    Raises Invalid for an address, Message-ID or header that cannot stand in a mail.
    """
    with speaking(language):
        subject = subject_of(answer)
        text, html = render(answer, subject=subject, language=language, replies=bool(reply_to), render_html=render_html)
    content_type, body = mime.with_enclosed(text, html, enclosed)
    lines = [
        headers.mailbox("From", sender),
        headers.mailbox("To", recipient),
        headers.words("Subject", subject),
        f"Date: {format_datetime(date)}\r\n".encode("ascii"),
        headers.phrase("Message-ID", "", message_id.strip("<>")),
        *_threading(references),
        *([headers.mailbox("Reply-To", Mailbox(reply_to))] if reply_to else []),
        *([headers.exact("Auto-Submitted", "auto-generated")] if automatic else []),
        *(headers.words(name, value) for name, value in (*answer.headers, *extra) if name.lower() not in _OURS),
        headers.exact("Content-Language", language),
        headers.exact("MIME-Version", "1.0"),
        headers.exact("Content-Type", content_type),
        b"\r\n",
        body,
    ]
    return b"".join(lines)


def render(
    answer: Answer, *, subject: str, language: str, replies: bool, render_html: Callable[[str], str]
) -> tuple[str, str]:
    """The text and the HTML of an answer, what stands around it in the language in force. Nothing is fetched from elsewhere when it is opened, but the answer's own pictures."""
    shown = {
        "subject": subject,
        "headline": "" if answer.author else headers.one_line(answer.subject),  # what a person says has none
        "language": language,
        "pictures": [(picture.url, picture.alt, _picture(picture)) for picture in answer.pictures],
        "buttons": [button for row in answer.buttons for button in row if button.url],
        "footer": _footer(answer, replies=replies),
        "link": answer.link,
        "link_label": t("Read it on the web"),
    }
    own_pictures = {picture.url for picture in answer.pictures}
    templates = environment("email")
    body = _without_remote(render_html(pictures_as_links(answer.text, own_pictures)), own_pictures)
    html = _INLINER.inline(
        templates.get_template("message.html").render(body=body, preheader=_preheader(body), **shown)
    )
    text = templates.get_template("message.txt").render(body=plain(answer.text), **shown)
    return text.strip("\n") + "\n", html


def subject_of(answer: Answer) -> str:
    """The answer's subject, or its first words, with its short reference as `[k7f]`."""
    subject = headers.one_line(answer.subject)
    if not subject:
        first = next((line for line in plain(answer.text).split("\n") if line.strip()), "")
        words = headers.one_line(first.lstrip("#>*- "))
        subject = words if len(words) <= 70 else words[:70].rsplit(" ", 1)[0] + "…"
    reference = f"[{answer.short_reference}]"
    return f"{subject} {reference}".strip() if answer.short_reference and reference not in subject else subject


def _preheader(html: str) -> str:
    """How it begins, for programs that show that beside the subject; else they would show the headline, which says the same."""
    begins = excerpt(html, _PREVIEW)
    return begins + FILLER * (_PREVIEW + 30 - len(begins))


def _picture(picture: Picture) -> str:
    return t("[picture: {alt}]", alt=picture.alt) if picture.alt else t("[picture]")


def _footer(answer: Answer, *, replies: bool) -> list[str]:
    hint = [t("Answer this mail to reply.")] if replies and answer.reply_token else []
    return [*hint, *([answer.foot] if answer.foot else [])]


def _threading(references: Sequence[str]) -> list[bytes]:
    ids = [f"<{reference.strip('<>')}>" for reference in references if _is_id(reference)]
    if not ids:
        return []
    known = ids if len(ids) <= 20 else [ids[0], *ids[-19:]]  # RFC 5322 sets no limit, receivers do
    return [headers.exact("In-Reply-To", ids[-1]), headers.exact("References", " ".join(known))]


def _is_id(reference: str) -> bool:
    """Whether it may stand in our headers; what a stranger's mail called itself is left out when it may not."""
    inner = reference.strip("<>")
    return (
        inner.isascii() and inner.isprintable() and 0 < len(inner) <= 250 and not any(mark in " <>" for mark in inner)
    )


def _without_remote(html: str, own: set[str]) -> str:
    def allowed(tag: str, attribute: str, value: str) -> str | None:
        return None if tag == "img" and attribute in ("src", "srcset") and value not in own else value

    return nh3.clean(html, attribute_filter=allowed, link_rel=None)
