"""What a person newly wrote in an HTML reply, as Markdown.

One pass over the tags finds what clients mark as quotation or signature by structure, in no language: it is left out, or
a marker line is put before it. The rest becomes Markdown, where block quotes are `> ` lines, and goes through the rules
of `reply_text` like any other text. A line of `<div>`s is a line, not a paragraph.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.email.html_body import markdown

MOST_TAGS = 30_000  # more are no letter: the words are taken without their form
_DEEPEST = 24  # of block quotes and lists; what is nested deeper stands there too
MARKER = "-----Original Message-----"  # which `reply_text` knows for the beginning of a quotation

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})((?:[\s/][^<>]{0,6000})?)>")
_ATTRIBUTE = re.compile(r"""([^\s=/"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"']+))?""")
_ANY_TAG = re.compile(r"<[^<>]{0,6000}>")
_SILENT = ("script", "style", "title", "xml")
_VOID = frozenset(["br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr"])
_OUTLOOK_LINE = "p.mso"  # its paragraphs have no space between them
_PLAIN_BODY = "pre.body"  # a text that was wrapped whole, as K-9 and archives do: no code
_ALSO = {"p": _OUTLOOK_LINE, "pre": _PLAIN_BODY}
_LINES = frozenset(
    ["div", _OUTLOOK_LINE, _PLAIN_BODY, "section", "article", "center", "header", "footer", "main", "address"]
)
_BLOCKS = frozenset([
    "p", "ul", "ol", "li", "table", "tr", "td", "th", "tbody",
    "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "body", "html", "dl", "dt", "dd",
])  # fmt: skip
# What ends an element whose end tag was left out, and what stands inside that keeps it open.
_ROWS = frozenset(["tr", "tbody", "thead", "tfoot"])
_ENDED_BY = {
    "p": _BLOCKS | _LINES | _ROWS,
    "li": frozenset(["li"]),
    "dt": frozenset(["dt", "dd"]),
    "dd": frozenset(["dt", "dd"]),
    "td": frozenset(["td", "th"]) | _ROWS,
    "th": frozenset(["td", "th"]) | _ROWS,
    "tr": _ROWS,
}
_ENDED_BY[_OUTLOOK_LINE] = _ENDED_BY["p"]
_KEEPS_OPEN = frozenset(["table", "ul", "ol", "dl"])
_NESTING = frozenset(["blockquote", "ul", "ol", "li"])

_QUOTES = (
    "gmail_quote", "yahoo_quoted", "protonmail_quote", "zmail_extra", "tutanota_quote", "olk_src_body_section", "moz-cite-prefix",
    "__quoted_text__", "__headers__", "gmail_attr", "hey-quote", "mailru-quote", "js-helper js-readmsg-msg", "quoted-text",
    "front-blockquote", "mail_extra_quoted", "ntes-mailmaster-quote", "ms-outlook-mobile-reference-message", "freebirdquote",
)  # fmt: skip
_SIGNATURES = (
    "gmail_signature", "moz-signature", "applemailsignature", "ymail_android_signature", "ms-outlook-mobile-signature",
    "protonmail_signature_block", "data-signatureblock", "id=\"signature\"", "id='signature'", "id=signature", "hey-signature",
    "tutanota_signature", "yahoo_signature", "ydp-signature", "data-marker=\"__sig_pre__\"", "data-marker=\"__sig_post__\"",
    "id=\"x_signature\"", "mobile-signature", "ymail_ios_signature", "front-signature", "messagesignaturesection", "cm_signature", "data-signature-widget",
    "class=\"signature\"", "class='signature'", "class=signature", "bloop_sign", "composer_signature", "outlook-ios-signature", "outlook-android-signature", "mb_sig",
    "zmail_signature", "samsung_signature", "mailmaster-signature", "ntes-signature", "spark_signature", "signature_block",
)  # fmt: skip
_TO_THE_END = (
    "divrplyfwdmsg", "appendonsend", "stopspelling", "outlookmessageheader", "mail-editor-reference-message-container", "__divider__",
    "reply-intro", "ms-outlook-mobile-body-separator-line", "orig-message", "replyforwardmessage", "spark-quote", "name=\"messagereplysection\"",
    "name='messagereplysection'", "id=\"_mailoriginal\"", "mailorient", "zwchr",
)  # fmt: skip


@dataclass(slots=True)
class _Page:
    """The HTML being written anew: its pieces, the open tags, and whether words have been written."""

    pieces: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    hidden: int = 0  # the depth of `open` at which a part left out began; 0 if none
    unseen: bool = True  # what has `display: none` is left out
    hid: bool = False  # something was, for that
    at_line_start: bool = True
    words: bool = False
    marked: bool = False  # something was left out or led
    led: bool = False  # the marker line has been written
    plain_body: bool = False  # all words stand in a `<pre>`


def visible_html(html: str, text_of: Callable[[str], str] | None = None) -> str:
    """The new text of an HTML reply, as Markdown; empty if there is none."""
    from gateway.email.reply_text import visible_text  # the door; it imports this module

    visible = text_of or visible_text
    if html.count("<") > MOST_TAGS:
        return visible(_bare(html))
    html = _audible(html)
    page = _trimmed(html)
    text = _words(page, visible)
    if page.hid and not text:  # what hides all is torn, or the program's way
        page = _trimmed(html, unseen=False)
        text = _words(page, visible)
    if not text and page.marked and _forwards(html):
        return _tidy(markdown(html)).strip()
    if text.endswith("\n```") and text.count("```") % 2:  # the fence of a part that was left out
        text = text[:-3].strip()
    return text


def _words(page: _Page, visible: Callable[[str], str]) -> str:
    text = visible(_tidy(markdown("".join(page.pieces))))
    if page.marked:
        text = _tidy("\n".join(line for line in text.split("\n") if line != MARKER))
    return text.strip()


def _bare(html: str) -> str:
    return _tidy(_ANY_TAG.sub("\n", html[:400_000]).replace("&nbsp;", " ").replace("&gt;", ">").replace("&lt;", "<"))


def _tidy(text: str) -> str:
    """The Markdown with at most one blank line at a time, one above each quotation, and with two blanks at the end of a line for a break only."""
    lines: list[str] = []
    code = False
    for line in text.split("\n"):
        seen = line.rstrip()
        code ^= seen.startswith("```")
        if seen[:2] == "\\>" and not code:
            seen = seen[1:]  # typed as a mark of quotation, by a program that writes plain text into HTML
        if seen[:1] == ">" and not code and lines and lines[-1] and lines[-1][0] != ">":
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        if not seen and lines:
            lines[-1] = lines[-1].rstrip()
        if seen or (lines and lines[-1]):
            lines.append(f"{seen}  " if seen and line.endswith("  ") else seen)
    return "\n".join(lines)


def _forwards(html: str) -> bool:
    from gateway.email.quoted_header import original_message

    lines = _bare(html).split("\n", 200)[:200]
    return any(original_message(line) == "forward" for line in lines)


def _audible(html: str) -> str:
    """The HTML without comments, scripts and styles."""
    low = html.lower()
    if len(low) != len(html):
        low = html
    spans = sorted(
        [*_spans(low, "<!--", "-->"), *(s for name in _SILENT for s in _spans(low, f"<{name}", f"</{name}>"))]
    )
    pieces, at = [], 0
    for start, end in spans:
        if start >= at:
            pieces.append(html[at:start])
            at = end
    return "".join([*pieces, html[at:]])


def _spans(low: str, opening: str, closing: str) -> list[tuple[int, int]]:
    found, at = [], 0
    while (start := low.find(opening, at)) >= 0:
        end = low.find(closing, start)
        if end < 0:
            break
        at = end + len(closing)
        found.append((start, at))
    return found


def _trimmed(html: str, unseen: bool = True) -> _Page:
    """The HTML without what structure marks as someone else's, and, with `unseen`, without what no reader shows."""
    page, at = _Page(plain_body=_is_plain_body(html), unseen=unseen), 0
    for tag in _TAG.finditer(html):
        _write(page, html[at : tag.start()])
        at = tag.end()
        name = tag[2].lower()
        if tag[1]:
            _close(page, name, tag[0])
        elif _open(page, name, tag[3].lower(), tag[0]):
            break
    else:
        _write(page, html[at:])
    return page


def _is_plain_body(html: str) -> bool:
    low = html.lower() if html.isascii() else html
    start, end = low.find("<pre"), low.rfind("</pre>")
    around = f"{html[:start]}\n{html[end + 6 :]}"
    return 0 <= start < end and len(around) < 20_000 and not _ANY_TAG.sub("", around).strip()


def _write(page: _Page, text: str) -> None:
    if not text or page.hidden:
        return
    if not text.replace("&nbsp;", "").strip():
        page.pieces.append(text)
        page.at_line_start = page.at_line_start and not ("&nbsp;" in text or "\xa0" in text)
        return
    page.pieces.append(text.replace("\n", "<br>\n") if page.counts.get(_PLAIN_BODY) else text)
    page.words, page.at_line_start = True, False


def _open(page: _Page, name: str, attributes: str, source: str) -> bool:
    """Writes an opening tag as it should stand; True if all that follows is someone else's."""
    if name == "p" and "mso" in attributes:
        name = _OUTLOOK_LINE
    elif name == "pre" and page.plain_body:
        name = _PLAIN_BODY
    if page.hidden and _ends_the_hidden(page, name):
        _close(page, page.open[page.hidden - 1], "")
    if name not in _VOID and not source.endswith("/>"):
        page.open.append(name)
        page.counts[name] = page.counts.get(name, 0) + 1
    if page.hidden:
        return False
    if attributes and _ends_the_reply(name, attributes) and page.words:
        page.marked = True
        return True
    if (
        (attributes or name == "signature")
        and name not in _VOID
        and not source.endswith("/>")
        and (_is_unseen(page, attributes) or _is_left_out(page, name, attributes))
    ):
        page.hidden = len(page.open)
        return False
    if name in _LINES:
        _break_line(page)
    elif name == "blockquote" and page.counts[name] <= _DEEPEST:
        page.pieces.append("<blockquote>")  # without `cite`, which would be written out
        page.at_line_start = True
    elif name == "br":
        page.pieces.append("<br>")
        page.at_line_start = True
    elif name in _NESTING and page.counts[name] > _DEEPEST:
        _break_line(page)
    else:
        page.at_line_start = page.at_line_start or name in _BLOCKS
        page.words = page.words or name == "img"
        page.pieces.append(source)
    return False


def _ends_the_hidden(page: _Page, name: str) -> bool:
    """True if the part left out has no end tag and ends here, as HTML allows: `<p>hidden<p>shown`."""
    left_out = page.open[page.hidden - 1]
    inside = page.open[page.hidden : page.hidden + _DEEPEST]
    return name in _ENDED_BY.get(left_out, ()) and _KEEPS_OPEN.isdisjoint(inside)


def _break_line(page: _Page) -> None:
    if not page.at_line_start:
        page.pieces.append("<br>")
    page.at_line_start = True


def _close(page: _Page, name: str, source: str) -> None:
    if page.counts.get(_ALSO.get(name, "")):
        name = _ALSO[name]
    if not page.counts.get(name):
        return
    deep = name in _NESTING and page.counts[name] > _DEEPEST
    while page.open:
        popped = page.open.pop()
        page.counts[popped] -= 1
        if popped == name:
            break
    if page.hidden:
        if len(page.open) < page.hidden:
            page.hidden = 0
            _break_line(page)
    elif name in _LINES or deep:
        _break_line(page)
    else:
        page.at_line_start = page.at_line_start or name in _BLOCKS
        page.pieces.append(source)


def _ends_the_reply(name: str, attributes: str) -> bool:
    if any(mark in attributes for mark in _TO_THE_END):
        return True
    return (
        name in ("div", "p", _OUTLOOK_LINE)
        and "border-top" in attributes
        and _is_outlook_rule(attributes.replace(" ", ""))
    )


def _is_outlook_rule(style: str) -> bool:
    """True for the thin line that Outlook and Windows Mail draw above the quoted headers."""
    colours = ("#b5c4df", "#e1e1e1", "rgb(181,196,223)", "rgb(225,225,225)", "rgb(229,229,229)", "#e5e5e5")
    return "solid" in style and any(colour in style for colour in colours)


def _is_unseen(page: _Page, attributes: str) -> bool:
    """True for what no reader shows, such as the words that a newsletter program sets for lists of mail."""
    if not page.unseen or "none" not in attributes or "display" not in attributes:
        return False
    styles = (value.strip("\"'") for name, value in _ATTRIBUTE.findall(attributes) if name == "style")
    declarations = (declaration.partition(":") for style in styles for declaration in style.split(";"))
    hides = any(name.strip() == "display" and value.split("!")[0].strip() == "none" for name, _, value in declarations)
    page.hid = page.hid or hides
    return hides


def _is_left_out(page: _Page, name: str, attributes: str) -> bool:
    if name == "signature" or any(mark in attributes for mark in _SIGNATURES):
        return True
    quoted = any(mark in attributes for mark in _QUOTES)
    if (quoted and name == "blockquote") or ("cite" in attributes and name == "blockquote"):
        if not page.led:
            _mark(page)
        return False  # `> ` lines: whether an answer stands among them is seen in the text
    if not quoted:
        return False
    page.marked = True
    if (
        "gmail_quote" in attributes
        or "yahoo_quoted" in attributes
        or "protonmail_quote" in attributes
        or "zmail_extra" in attributes
    ):
        _mark(page)
        return False
    return True


def _mark(page: _Page) -> None:
    """Writes the line that begins a quotation."""
    page.marked = page.led = True
    page.pieces.append(f"<p>{MARKER}</p>")
    page.at_line_start = True
