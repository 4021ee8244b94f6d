"""What the body of a mail is: Markdown for a post, and for a reply what is new in it."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from gateway.core.desk.grammar import unescaped
from gateway.core.messages import Wishes
from gateway.core.words import N
from gateway.email import directives, html_body, pictures, plain_body
from gateway.email.directives import Directives
from gateway.email.html_tables import without_layout_tables
from gateway.email.quoted_header import header_block, header_line, original_message
from gateway.email.read import InboundEmail
from gateway.email.reply_lines import is_sent_from
from gateway.email.reply_text import visible_html, visible_text
from gateway.email.subject import is_forwarded, is_too_long, title_of

_LONGEST_SIGNATURE = 15  # lines
_REAL_WORDS = 60  # more of them are no mere note
# Fewer words than that, or than this part of all, may be absent from a half that is the letter nevertheless.
_FEW_WORDS, _MANY = 3, 5
_WORD = re.compile(r"[\u0e00-\U0010ffff]|[^\W\u0e00-\U0010ffff]+")  # each character of a script that may set no spaces
_ADDRESS = re.compile(r"\]\([^()\s]{0,2000}\)")  # of a link or picture
_LOOKED_AT = 100_000  # characters, for another's letter
PASSED_ON = N(
    "It holds a mail that somebody else wrote, so it is kept as a draft. With `status: publish` at its top it would be published at once."
)
TOO_LONG = N("The subject was too long for a title; it begins the text instead.")

Half = Literal["auto", "text", "html"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A post as a mail proposes it. `text` is Markdown, in which `cid:` names pictures; `alts` describe them by content id.

    `left_out` are content ids of pictures that stood in the letter's HTML and in nothing of what became the post: signatures, layout.
    """

    title: str
    text: str
    categories: tuple[str, ...] = ()
    wishes: Wishes = field(default_factory=Wishes)
    alts: Mapping[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def draft(mail: InboundEmail, half: Half = "auto") -> Draft:
    """The post that a mail proposes. A mail without words makes its subject an untitled post."""
    subject, found = directives.in_subject(mail.title)
    title = title_of(subject, answers=bool(mail.references))
    body, is_html = _body(mail, half)
    body = directives.in_text(body, found)
    if not found.wishes.state and _passes_on(body, by_subject=is_forwarded(mail.title)):
        found.wishes = replace(found.wishes, state="draft")
        found.notes.append(PASSED_ON)
    lines = _without_signature(mail, body)
    text = "\n".join(lines).strip("\n") if is_html else plain_body.markdown("\n".join(lines))
    text, categories = _categories(text.strip() if is_html else text)
    described = pictures.described(text)
    title, text = _title_and_text(title, described.text, found)
    left_out = _unused(mail, text) if is_html else frozenset[str]()
    files = sorted(mail.attachments, key=lambda file: not file.content_type.startswith("image/"))
    ids = pictures.order(text, [file.content_id for file in files if file.content_id not in left_out])
    for number, alt in found.alts.items():
        if not 0 < number <= len(ids):
            found.describes_nothing(number, alt)
    alts = {**described.alts, **{ids[number - 1]: alt for number, alt in found.alts.items() if 0 < number <= len(ids)}}
    return Draft(
        title=title,
        text=pictures.with_alts(text, alts),
        categories=tuple(dict.fromkeys((*found.categories, *categories)))[: directives.MOST_CATEGORIES],
        wishes=found.wishes,
        alts=alts,
        left_out=left_out,
        notes=tuple(found.notes),
    )


def _passes_on(body: str, *, by_subject: bool) -> bool:
    """Whether another's letter stands in it as a program sets one that is forwarded: below a line drawn for it, or, as the subject says, below its header lines."""
    if not by_subject and "----" not in body:  # most have neither
        return False
    lines = [unescaped(line).strip() for line in body[:_LOOKED_AT].split("\n")]
    for at, line in enumerate(lines):
        drawn = original_message(line) == "forward" and any(header_line(below)[0] for below in lines[at + 1 : at + 4])
        if drawn or (by_subject and header_line(line)[0] and header_block(lines, at)):
            return True
    return False


def _title_and_text(title: str, text: str, found: Directives) -> tuple[str, str]:
    if is_too_long(title):
        found.notes.append(TOO_LONG)
        return found.title, "\n\n".join(filter(None, (plain_body.markdown(title), text)))
    if title and not _has_words(text):
        return found.title, "\n\n".join(filter(None, (plain_body.markdown(title), text)))
    return found.title or title, text


def markdown(mail: InboundEmail, half: Half = "auto") -> str:
    """The whole letter as Markdown, without its signature: of the HTML where that says more, else of the plain text."""
    body, is_html = _body(mail, half)
    text = "\n".join(_without_signature(mail, body))
    return text.strip() if is_html else plain_body.markdown(text)


def _body(mail: InboundEmail, half: Half) -> tuple[str, bool]:
    """The half of the mail that is the post, and whether it was HTML and is Markdown now. Whichever was chosen, an empty one gives way."""
    if not mail.html.strip() or (half == "text" and mail.text.strip()):
        return mail.text, False
    made = html_body.markdown(mail.html)
    if (
        half == "auto"
        and mail.text.strip()
        and not html_body.is_formatted(mail.html)
        and not _says_more(made, mail.text)
    ):
        return mail.text, False
    shadow = half == "auto" and _is_shadow(made, mail.text)
    return (mail.text, False) if shadow or not made else (made, True)


def _is_shadow(made: str, text: str) -> bool:
    """Whether the HTML says so much less than the plain half that this is the letter, and no note that the letter is in HTML."""
    words = len(text.split())
    return 2 * len(made.split()) < words and (words > _REAL_WORDS or not _says_more(made, text))


def _says_more(made: str, text: str) -> bool:
    """Whether many words of the HTML are absent from the plain half: it is a mere note, or the beginning."""
    words = Counter(_WORD.findall(_ADDRESS.sub("]", made.replace("\\", "")).casefold()))
    absent = (words - Counter(_WORD.findall(text.casefold()))).total()
    return absent >= _FEW_WORDS and absent * _MANY > words.total()


def _unused(mail: InboundEmail, text: str) -> frozenset[str]:
    named = (file.content_id for file in mail.attachments if file.content_id and f"cid:{file.content_id}" in mail.html)
    return frozenset(content_id for content_id in named if f"cid:{content_id}" not in text)


def reply(mail: InboundEmail) -> str:
    """What is new in a reply, as Markdown; the plain part is preferred where there is a real one."""
    if _is_real(mail):
        return plain_body.markdown(visible_text(mail.text))
    return visible_html(without_layout_tables(mail.html)).strip() if mail.html else ""


def _is_real(mail: InboundEmail) -> bool:
    """Whether the plain part is the letter, and not a note that the letter is in HTML."""
    words = len(mail.text.split(None, _REAL_WORDS + 1))
    if not mail.html.strip() or words > _REAL_WORDS:
        return True
    return words > 0 and html_body.word_count(mail.html) <= 3 * words + 30


def _without_signature(mail: InboundEmail, text: str) -> list[str]:
    """The lines before the last `-- `, and before "Sent from my …" at the end; a signature that is all there is stays."""
    lines = _without_blank_end(text.split("\n"))
    start = max(0 if mail.title or mail.attachments else 1, len(lines) - _LONGEST_SIGNATURE)
    for at in range(len(lines) - 1, start - 1, -1):
        if lines[at].rstrip() in {"--", "\\--"}:
            lines = lines[:at]
            break
    lines = _without_blank_end(lines)
    if lines and is_sent_from(lines[-1]):
        lines = _without_blank_end(lines[:-1])
    return lines


def _without_blank_end(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def _categories(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without a last line of hashtags, and their words; hashtags in running text stay text."""
    before, _, last = text.rstrip().rpartition("\n")
    words = last.replace("\\#", "#").split()
    if not words or len(words) > directives.MOST_CATEGORIES or not all(_is_hashtag(word) for word in words):
        return text, ()
    return before.rstrip(), tuple(dict.fromkeys(word[1:] for word in words))


def _is_hashtag(word: str) -> bool:
    return (
        word[:1] == "#"
        and 1 < len(word) <= directives.LONGEST_CATEGORY
        and word[1:].replace("_", "").replace("-", "").isalnum()
    )


def _has_words(text: str) -> bool:
    """Whether there is more in the text than the marks of its pictures."""
    at, words = 0, []
    while (start := text.find("![", at)) >= 0:
        end = text.find(")", start)
        words.append(text[at:start])
        at = end + 1 if end >= 0 else len(text)
    words.append(text[at:])
    return bool("".join(words).strip())
