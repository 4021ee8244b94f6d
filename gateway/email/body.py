"""What the body of a mail is: Markdown for a post, and for a reply what is new in it."""

from dataclasses import dataclass

from gateway.email import html_body, plain_body
from gateway.email.read import InboundEmail
from gateway.email.reply_lines import is_sent_from
from gateway.email.reply_text import visible_html, visible_text

_LONGEST_SIGNATURE = 15  # lines
_MOST_CATEGORIES = 20


@dataclass(frozen=True, slots=True)
class Draft:
    """A post as a mail proposes it. `text` is Markdown; `inline` are the content ids of the pictures placed in it, in order."""

    title: str
    text: str
    inline: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


def draft(mail: InboundEmail) -> Draft:
    """The post that a mail proposes. A mail without words makes its subject an untitled post."""
    text, categories = _categories(markdown(mail))
    title = mail.title
    if title and not _has_words(text):
        title, text = "", "\n\n".join(filter(None, (plain_body.markdown(title), text)))
    placed = [file.content_id for file in mail.attachments if file.content_id and f"cid:{file.content_id}" in text]
    return Draft(title, text, tuple(sorted(placed, key=lambda content_id: text.index(f"cid:{content_id}"))), categories)


def markdown(mail: InboundEmail) -> str:
    """The whole letter as Markdown, without its signature: of the HTML where that says more, else of the plain text."""
    if mail.html.strip() and not (_is_real(mail) and not html_body.is_formatted(mail.html)):
        made = html_body.markdown(mail.html)
        if 2 * len(made.split()) >= len(mail.text.split()):  # else the HTML is a shadow of the letter
            return "\n".join(_without_signature(mail, made)).strip()
    return plain_body.markdown("\n".join(_without_signature(mail, mail.text)))


def reply(mail: InboundEmail) -> str:
    """What is new in a reply, as Markdown; the plain part is preferred where there is a real one."""
    if _is_real(mail):
        return plain_body.markdown(visible_text(mail.text))
    return visible_html(html_body.without_layout_tables(mail.html)).strip() if mail.html else ""


def _is_real(mail: InboundEmail) -> bool:
    """Whether the plain part is the letter, and not a note that the letter is in HTML."""
    words = len(mail.text.split())
    if not mail.html.strip() or words > 60:
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
    if not words or len(words) > _MOST_CATEGORIES or not all(_is_hashtag(word) for word in words):
        return text, ()
    return before.rstrip(), tuple(dict.fromkeys(word[1:] for word in words))


def _is_hashtag(word: str) -> bool:
    return word[:1] == "#" and 1 < len(word) <= 60 and word[1:].replace("_", "").replace("-", "").isalnum()


def _has_words(text: str) -> bool:
    """Whether there is more in the text than the marks of its pictures."""
    at, words = 0, []
    while (start := text.find("![", at)) >= 0:
        end = text.find(")", start)
        words.append(text[at:start])
        at = end + 1 if end >= 0 else len(text)
    words.append(text[at:])
    return bool("".join(words).strip())
