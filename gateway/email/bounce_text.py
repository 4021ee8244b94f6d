"""The words of a report: its text parts, and HTML without its marks."""

from email.message import Message
from html import unescape

from gateway.email.charsets import decode

_MOST_TEXT = 60_000
_NOT_READ = ("text/html", "text/rfc822-headers", "text/css")
_UNSEEN = ("style", "script", "title")


def text_of(mail: Message, parts: list[Message]) -> str:
    """The words of a report: its text parts, HTML as bare words, in order."""
    texts: list[str] = []
    for part in parts:
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        if kind == "text/html" and not any("@" in t for t in texts):
            texts.append(_unmarked(decoded(part)))
        elif kind.startswith("text/") and kind not in _NOT_READ:
            texts.append(decoded(part))
    if not any(t.strip() for t in texts) and isinstance(mail.preamble, str):
        texts.append(mail.preamble)
    return "\n".join(texts)[:_MOST_TEXT]


def decoded(part: Message) -> str:
    """A part's text, whatever its encoding says."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raw = part.get_payload()
        return raw if isinstance(raw, str) else ""
    return (
        decode(payload[: 4 * _MOST_TEXT], str(part.get_param("charset") or ""))[0]
        .replace("\r\n", "\n")
        .replace("\r", "\n")
    )


def _unmarked(html: str) -> str:
    low = html.lower()
    pieces, at, last = [], 0, low.rfind("</")
    while (start := html.find("<", at)) >= 0:
        pieces.append(html[at:start])
        name = low[start + 1 : start + 13].strip("/ ")
        ending = "-->" if name.startswith("!--") else ">"
        if name.startswith(_UNSEEN) and low[start + 1 : start + 2] != "/" and start < last:
            start = low.find("</", start)
        end = html.find(ending, start)
        if end < 0:
            at = len(html)
            break
        pieces.append(_instead(html[start + 1 : end], name))
        at = end + len(ending)
    pieces.append(html[at:])
    return unescape("".join(pieces)).replace("\u00a0", " ")


def _instead(inside: str, name: str) -> str:
    """What a tag is for the reader: an address in brackets, a new line, or nothing."""
    if "@" in inside and "=" not in inside and not name.startswith("!--"):
        return f"<{inside}>"
    return "\n" if name.startswith(("br", "p", "div", "tr", "li", "h")) else ""
