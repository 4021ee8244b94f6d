"""What a mail's parts amount to: one plain body, one HTML body, and files.

A tree offers its body more than once (multipart/alternative), in pieces with pictures between them (Apple Mail), or not at
all. A plain body is offered only if nothing of the letter is missing from it; so is an HTML body.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape

from gateway.email import charsets, transfer
from gateway.email.flowed import unflow
from gateway.email.header_values import tidy, words
from gateway.email.limits import LIMITS
from gateway.email.parts import Header, Part, parameter, raw_header, take_apart

_PLAIN = frozenset({"text/plain", "text/markdown", "text/x-markdown", "text/x-web-markdown"})
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_ENCRYPTED = frozenset({"multipart/encrypted", "application/pgp-encrypted"})
_PKCS7 = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
_REPORT_PARTS = frozenset({"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"})
_EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/heic": ".heic", "image/webp": ".webp",
               "application/pdf": ".pdf", "text/calendar": ".ics", "text/html": ".html", "text/plain": ".txt"}  # fmt: skip
ENCRYPTED = "The mail is encrypted, and we cannot read it. Send it unencrypted to post it."
OWN_ID = "part."  # content ids of ours, for files that came without


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail. `content_id` names it in `cid:` links (without <>); `inline` if the sender placed it in the text."""

    filename: str
    content_type: str
    data: bytes
    content_id: str = ""
    inline: bool = False


@dataclass(slots=True)
class Content:
    """The bodies found so far. None means: this form does not hold the whole letter."""

    text: str | None = ""
    html: str | None = ""
    files: list[Attachment] = field(default_factory=list)
    body: bool = False  # whether there is any body in either form


@dataclass(slots=True)
class Reader:
    """Reads the parts of one mail and notes what could not be read."""

    raw: bytes
    problems: list[str] = field(default_factory=list)
    unreadable: str = ""
    files: int = 0

    def content(self, part: Part) -> Content:
        """What this part and all in it amount to."""
        if part.type in _ENCRYPTED or (part.type in _PKCS7 and "signed" not in self._parameter(part, "smime-type")):
            self.unreadable = self.unreadable or ENCRYPTED
            return Content()
        if part.children:
            return self._multipart(part)
        if part.type in _SIGNATURES or part.type in _REPORT_PARTS:
            return Content()
        disposition = raw_header(part.header, "content-disposition").partition(";")[0].strip().casefold()
        if disposition != "attachment" and part.type in _PLAIN:
            return self._plain(part)
        if disposition != "attachment" and part.type == "text/html":
            return self._html(part)
        return Content(files=[self._file(part, inline=disposition == "inline")])

    def _multipart(self, part: Part) -> Content:
        if part.type == "multipart/alternative":
            return self._alternative(part)
        if part.type == "multipart/related":
            return self._related(part)
        if part.type == "multipart/signed":
            return self._mixed(part.children[:1])
        return self._mixed(part.children)

    def _alternative(self, part: Part) -> Content:
        """One letter in several forms: the first that is plain, the last that is HTML, and the files of all."""
        forms = [self.content(child) for child in part.children]
        kinds = [child.type for child in part.children]
        files = [
            file
            for form, kind in zip(forms, kinds, strict=True)
            if not kind.startswith("text/") or kind == "text/calendar"
            for file in form.files
        ]
        plain = next((form.text for form in forms if form.body and form.text is not None), None)
        html = next((form.html for form in reversed(forms) if form.body and form.html is not None), None)
        return Content(plain, html, files, body=any(form.body for form in forms))

    def _related(self, part: Part) -> Content:
        """A letter and the pictures in it; the letter is the part that `start` names, else the first."""
        start = self._parameter(part, "start").strip("<> ")
        ids = [_content_id(child.header) for child in part.children]
        root = ids.index(start) if start and start in ids else 0
        content = self.content(part.children[root])
        for index, child in enumerate(part.children):
            if index != root:
                files = self.content(child).files if child.children else [self._file(child, inline=True)]
                content.files += [replace(file, inline=True) for file in files]
        return content

    def _mixed(self, children: list[Part]) -> Content:
        """Pieces one after the other. A picture placed between two pieces of text gets its mark there."""
        whole = Content()
        waiting: list[Attachment] = []
        for child in children:
            piece = self._as_file(child) if whole.body and self._is_named_text(child) else self.content(child)
            whole.files += piece.files
            if piece.body:
                _join(whole, piece, waiting)
                waiting = []
            elif whole.body:
                waiting += [file for file in piece.files if file.inline and file.content_type.startswith("image/")]
        return whole

    def _is_named_text(self, part: Part) -> bool:
        """A text with a file name that follows a letter was put there as a file, whatever its disposition says."""
        return part.type.startswith("text/") and bool(self._filename(part))

    def _as_file(self, part: Part) -> Content:
        return Content(files=[self._file(part, inline=False)])

    def _plain(self, part: Part) -> Content:
        text = self._text(part)
        if self._parameter(part, "format").casefold() == "flowed":
            text = unflow(text, delsp=self._parameter(part, "delsp").casefold() == "yes")
        return Content(text, None, body=bool(text.strip()))

    def _html(self, part: Part) -> Content:
        html = self._text(part)
        return Content(None, html, body=bool(html.strip()))

    def _text(self, part: Part) -> str:
        data = self._decoded(part, "The text")
        label = self._parameter(part, "charset") or (_meta_charset(data) if part.type == "text/html" else "")
        text, whole = charsets.decode(data, label)
        if not whole:
            self._note("Some characters of the text could not be read.")
        if len(text) > LIMITS.text:
            self._note(f"The text was longer than {LIMITS.text:,} characters; the rest was left out.")
            text = text[: LIMITS.text]
        return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode("utf-8")

    def _file(self, part: Part, *, inline: bool) -> Attachment:
        self.files += 1
        name = self._filename(part) or self._default_name(part)
        data = self._decoded(part, f"The file {name}")
        content_id = _content_id(part.header) or f"{OWN_ID}{self.files}"
        return Attachment(name, part.type, data, content_id, inline)

    def _decoded(self, part: Part, what: str) -> bytes:
        data, problem = transfer.decode(
            self.raw[part.start : part.end], raw_header(part.header, "content-transfer-encoding")[:100]
        )
        if problem:
            self._note(f"{what} is damaged. {problem}")
        return data

    def _filename(self, part: Part) -> str:
        given = parameter(part.header, "content-disposition", "filename") or self._parameter(part, "name")
        return file_name(given)

    def _default_name(self, part: Part) -> str:
        if part.type in _MESSAGES:
            enclosed = take_apart(self.raw[part.start : min(part.end, part.start + LIMITS.header)]).root.header
            return (
                file_name(words(raw_header(enclosed, "subject")[: LIMITS.subject]).replace("/", " ")) or "message"
            ) + ".eml"
        return f"{part.type.partition('/')[0]}-{self.files}{_EXTENSIONS.get(part.type, '')}"

    def _parameter(self, part: Part, key: str) -> str:
        return parameter(part.header, "content-type", key)

    def _note(self, problem: str) -> None:
        problem = tidy(problem)
        if problem not in self.problems:
            self.problems.append(problem)


def file_name(given: str) -> str:
    """A name without folders, encoded words, control characters or leading dots; "" when nothing is left."""
    name = words(given) if "=?" in given or not given.isascii() else tidy(given)
    name = name.replace("\\", "/").rpartition("/")[2].lstrip(". ").rstrip()
    if len(name) > LIMITS.filename:
        stem, dot, extension = name.rpartition(".")
        name = f"{stem[: LIMITS.filename - 12]}.{extension[:11]}" if dot else name[: LIMITS.filename]
    return name


def _join(whole: Content, piece: Content, pictures: list[Attachment]) -> None:
    """Adds a piece of the letter, and before it the pictures that stood between."""
    if not whole.body:
        whole.text, whole.html, whole.body = piece.text, piece.html, True
        return
    html = piece.html if piece.html is not None else _as_html(piece.text)
    before = whole.html if whole.html is not None else _as_html(whole.text)
    marked = "".join(
        f'<p><img src="cid:{escape(file.content_id)}" alt="{escape(file.filename)}"></p>' for file in pictures
    )
    whole.html = before + marked + html if whole.html is not None or piece.html is not None else None
    if whole.text is not None and piece.text is not None:
        between = "".join(f"![{_alt(file)}](<cid:{file.content_id}>)\n\n" for file in pictures)
        whole.text = f"{whole.text.rstrip()}\n\n{between}{piece.text.lstrip(chr(10))}"
    else:
        whole.text = None


def _as_html(text: str | None) -> str:
    paragraphs = escape(text or "").strip().split("\n\n")
    return "".join(
        "<p>" + paragraph.strip().replace("\n", "<br>\n") + "</p>" for paragraph in paragraphs if paragraph.strip()
    )


def _alt(file: Attachment) -> str:
    return "".join(mark for mark in file.filename if mark not in "[]\\<>")


def _content_id(header: Header) -> str:
    given = words(raw_header(header, "content-id")[:500]).strip("<> ")
    return "".join(_harmless(given))


def _harmless(given: str) -> Iterator[str]:
    """The marks of a content id that can stand in `<cid:…>` and in an attribute."""
    for mark in given:
        if not mark.isspace() and mark not in "<>\"'()[]\\":
            yield mark


def _meta_charset(data: bytes) -> str:
    """The charset an HTML page names in its first 2 KB, for parts whose header names none."""
    start = data[:2048].lower().find(b"charset=")
    if start < 0:
        return ""
    value = data[start + 8 : start + 48].lstrip(b"\"' ")
    end = next((at for at, byte in enumerate(value) if byte in b"\"' />;"), len(value))
    return value[:end].decode("ascii", "replace")
