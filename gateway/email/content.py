"""What a mail's parts amount to: one plain body, one HTML body, and files.

A tree offers its body more than once (multipart/alternative), in pieces with pictures between them (Apple Mail), or not at
all. A plain body is offered only if nothing of the letter is missing from it; so is an HTML body.
"""

from dataclasses import dataclass, field, replace
from html import escape

from gateway.core.words import N, changed, later
from gateway.core.writing.markup import plain
from gateway.email import armour, charsets, cms, invitation, tnef, transfer, uuencode
from gateway.email.file_names import UNKNOWN, content_id, default_name, file_name, harmless_id, message_name, type_of
from gateway.email.flowed import unflow
from gateway.email.header_values import tidy
from gateway.email.limits import LIMITS
from gateway.email.parts import Part, parameter, raw_header, take_apart

_PLAIN = frozenset({"text/plain", "text/markdown", "text/x-markdown", "text/x-web-markdown"})
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_ENCRYPTED = frozenset({"multipart/encrypted", "application/pgp-encrypted", "application/x-microsoft-rpmsg-message"})
_PKCS7 = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_CALENDARS = frozenset({"text/calendar", "application/ics"})
_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
_REPORT_PARTS = frozenset({"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"})
_DEEPEST = 3  # mails signed and signed again
ENCRYPTED = N("The mail is encrypted, and we cannot read it. Nothing was published. Send it unencrypted to post it.")
_SIGNED_TOO_OFTEN = N("The mail is signed more than {times} times over; it was not read.")
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
    once_more: bool = False  # whether this is the letter in another form, as Outlook's winmail.dat has it


@dataclass(slots=True)
class Reader:
    """Reads the parts of one mail and notes what could not be read."""

    raw: bytes
    problems: list[str] = field(default_factory=list)
    unreadable: str = ""
    files: int = 0
    depth: int = 0
    invitation: str = ""
    charset: str = ""  # that the first text names

    def letter(self, root: Part) -> Content:
        """What a mail amounts to; an invitation that says nothing else is told in words."""
        content = self.content(root)
        if not content.body and self.invitation:
            content.text, content.body = self.invitation, True
        return content

    def content(self, part: Part) -> Content:
        """What this part and all in it amount to."""
        if part.type in _ENCRYPTED:
            return self._encrypted()
        if part.type in _PKCS7 or self._is_called(part, "smime.p7m"):
            return self._smime(part)
        if part.type in _TNEF or self._is_called(part, "winmail.dat"):
            return self._tnef(part)
        if part.children:
            return self._multipart(part)
        if part.type in _SIGNATURES or part.type in _REPORT_PARTS:
            return Content()
        disposition = raw_header(part.header, "content-disposition").partition(";")[0].strip().casefold()
        if disposition != "attachment" and part.type in _PLAIN:
            return self._plain(part)
        if disposition != "attachment" and part.type == "text/html":
            return self._html(part)
        if part.type in _CALENDARS:
            self.invitation = self.invitation or invitation.summary(self._text(part))
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
        ids = [content_id(child.header) for child in part.children]
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
        others: list[Content] = []
        waiting: list[Attachment] = []
        for child in children:
            piece = self._as_file(child) if whole.body and self._is_named_text(child) else self.content(child)
            whole.files += piece.files
            if piece.once_more:
                others.append(piece)
            elif piece.body:
                _join(whole, piece, waiting)
                waiting = []
            elif whole.body:
                waiting += [file for file in piece.files if file.inline and file.content_type.startswith("image/")]
        for other in others:
            _fill(whole, other)
        return whole

    def _is_named_text(self, part: Part) -> bool:
        """A text with a file name that follows a letter was put there as a file, whatever its disposition says."""
        return part.type.startswith("text/") and bool(self._filename(part))

    def _as_file(self, part: Part) -> Content:
        return Content(files=[self._file(part, inline=False)])

    def _plain(self, part: Part) -> Content:
        text, enclosed = uuencode.take_out(self._text(part))
        if self._parameter(part, "format").casefold() == "flowed":
            text = unflow(text, delsp=self._parameter(part, "delsp").casefold() == "yes")
        if armour.is_encrypted(text):
            return self._encrypted()
        files = [self._enclosed(name, data) for name, data in enclosed]
        return Content(armour.without_armour(text), None, files, body=bool(text.strip()))

    def _html(self, part: Part) -> Content:
        html = self._text(part)
        if armour.ENCRYPTED in html and armour.is_encrypted(plain(html)):
            return self._encrypted()
        return Content(None, html, body=bool(html.strip()))

    def _encrypted(self) -> Content:
        self.unreadable = self.unreadable or ENCRYPTED
        return Content()

    def _smime(self, part: Part) -> Content:
        """A mail signed as a whole is what it holds; one that can't be taken apart is a file, if it says that it is signed."""
        kind = self._parameter(part, "smime-type").casefold()
        shell = cms.unwrap(self._decoded(part, N("The signed mail is damaged. {problem}")))
        if shell.content is not None:
            return self._inside(shell.content)
        if shell.encrypted or not kind.startswith(("signed", "certs", "compressed")):
            return self._encrypted()
        return Content(files=[self._file(part, inline=False)])

    def _inside(self, raw: bytes) -> Content:
        tree = take_apart(raw.lstrip(b"\r\n"))
        inner = Reader(raw.lstrip(b"\r\n"), files=self.files, depth=self.depth + 1)
        if self.depth >= _DEEPEST:
            inner.unreadable = later(_SIGNED_TOO_OFTEN, times=_DEEPEST)
        inner.unreadable = inner.unreadable or tree.unreadable
        content = Content() if inner.unreadable else inner.letter(tree.root)
        for problem in inner.problems:
            self._note(problem)
        self.unreadable, self.files = self.unreadable or inner.unreadable, inner.files
        return content

    def _tnef(self, part: Part) -> Content:
        found = tnef.read(self._decoded(part, N("The file winmail.dat is damaged. {problem}")))
        if found is None:
            return Content(files=[self._file(part, inline=False)])
        if found.is_damaged:
            nothing = N("The file winmail.dat is damaged. Nothing in it could be read.")
            some = N("The file winmail.dat is damaged. What could be read of it was kept.")
            self._note(later(nothing if found.is_empty else some))
        files = [
            self._enclosed(file.name, file.data, file.content_type, harmless_id(file.content_id), found.html)
            for file in found.files
        ]
        text, html = found.text[: LIMITS.text] or None, found.html[: LIMITS.text] or None
        return Content(_unix(text), _unix(html), files, body=bool(text or html), once_more=True)

    def _enclosed(self, name: str, data: bytes, content_type: str = "", own_id: str = "", html: str = "") -> Attachment:
        """A file that came within a text or within winmail.dat."""
        self.files += 1
        name = file_name(name) or default_name(content_type or "file/", self.files)
        inline = bool(own_id) and f"cid:{own_id}" in html
        return Attachment(name, content_type or type_of(name), data, own_id or f"{OWN_ID}{self.files}", inline)

    def _text(self, part: Part) -> str:
        end = part.end
        if end - part.start > LIMITS.text_bytes:  # at the end of a line, so that no character is cut
            end = part.start + LIMITS.text_bytes
            end = self.raw.rfind(b"\n", part.start, end) + 1 or end
        data = self._decoded(part, N("The text is damaged. {problem}"), end)
        label = self._parameter(part, "charset") or (_meta_charset(data) if part.type == "text/html" else "")
        self.charset = self.charset or label
        text, whole = charsets.decode(data, label)
        if not whole:
            self._note(later("Some characters of the text could not be read."))
        if len(text) > LIMITS.text or end < part.end:
            self._note(
                later(
                    "The text was too long; what follows its first {count} characters was left out.",
                    count=min(len(text), LIMITS.text),
                )
            )
            text = text[: LIMITS.text]
        return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode("utf-8")

    def _file(self, part: Part, *, inline: bool) -> Attachment:
        self.files += 1
        name = self._filename(part) or self._default_name(part)
        data = self._decoded(part, N("The file {name} is damaged. {problem}"), name=name)
        if part.type.startswith("text/") and (label := self._parameter(part, "charset")):
            words, whole = charsets.decode(data, label)
            data = words.encode("utf-8", "replace") if whole else data
        own_id = content_id(part.header) or f"{OWN_ID}{self.files}"
        return Attachment(name, part.type, data, own_id, inline)

    def _decoded(self, part: Part, damaged: str, end: int = 0, name: str = "") -> bytes:
        encoding = raw_header(part.header, "content-transfer-encoding")[:100]
        data, problem = transfer.decode(self.raw, encoding, part.start, end or part.end)
        if problem:
            self._note(later(damaged, name=name, problem=problem))
        return data

    def _filename(self, part: Part) -> str:
        given = parameter(part.header, "content-disposition", "filename") or self._parameter(part, "name")
        return file_name(given)

    def _default_name(self, part: Part) -> str:
        if part.type in _MESSAGES:
            enclosed = take_apart(self.raw[part.start : min(part.end, part.start + LIMITS.header)])
            return message_name(enclosed.root.header)
        return default_name(part.type, self.files)

    def _is_called(self, part: Part, name: str) -> bool:
        return part.type == UNKNOWN and self._filename(part).casefold() == name

    def _parameter(self, part: Part, key: str) -> str:
        return parameter(part.header, "content-type", key)

    def _note(self, problem: str) -> None:
        problem = changed(problem, tidy)
        if problem not in self.problems:
            self.problems.append(problem)


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


def _fill(whole: Content, other: Content) -> None:
    """Takes from another form of the letter what the mail itself does not hold."""
    if not whole.body:
        whole.text, whole.html, whole.body = other.text, other.html, other.body
    elif whole.html is None:
        whole.html = other.html


def _as_html(text: str | None) -> str:
    paragraphs = escape(text or "").strip().split("\n\n")
    return "".join(
        "<p>" + paragraph.strip().replace("\n", "<br>\n") + "</p>" for paragraph in paragraphs if paragraph.strip()
    )


def _unix(text: str | None) -> str | None:
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode() if text else None


def _alt(file: Attachment) -> str:
    return "".join(mark for mark in file.filename if mark not in "[]\\<>")


def _meta_charset(data: bytes) -> str:
    """The charset an HTML page names in its first 2 KB, for parts whose header names none."""
    start = data[:2048].lower().find(b"charset=")
    if start < 0:
        return ""
    value = data[start + 8 : start + 48].lstrip(b"\"' ")
    end = next((at for at, byte in enumerate(value) if byte in b"\"' />;"), len(value))
    return value[:end].decode("ascii", "replace")
