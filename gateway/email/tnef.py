"""winmail.dat taken apart: the letter and the files in what Outlook sends as TNEF (MS-OXTNEF).

tnefparse, the library there is, raises on damage and is no longer kept up (docs/decisions/0004). What a mail needs of the format fits here: strict
about lengths, without exceptions, and linear.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.email.charsets import decode
from gateway.email.rtf import text_of, unpacked

_SIGNATURE = 0x223E9F78
_MESSAGE, _BODY, _CODE_PAGE = 0x9003, 0x800C, 0x9007
_ATTACHMENT_BEGINS, _ATTACHMENT_TITLE, _ATTACHMENT_DATA, _ATTACHMENT = 0x9002, 0x8010, 0x800F, 0x9005
_TEXT, _RTF, _HTML, _INTERNET_CODE_PAGE = 0x1000, 0x1009, 0x1013, 0x3FDE
_NAME, _SHORT_NAME, _DISPLAY_NAME, _TYPE, _CONTENT_ID, _DATA = 0x3707, 0x3704, 0x3001, 0x370E, 0x3712, 0x3701
_MOST_ATTRIBUTES, _MOST_PROPERTIES = 5000, 5000
_STRING, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_SIZES = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_MULTIPLE, _NAMED = 0x1000, 0x8000
_OBJECT_ID = 16  # bytes before an embedded object

_Values = dict[int, tuple[int, bytes]]  # property id to its type and its first value


@dataclass(slots=True)
class File:
    """A file as it was attached; `content_type` and `content_id` are "" when Outlook gave none."""

    name: str = ""
    data: bytes = b""
    content_type: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Letter:
    """What a winmail.dat holds; `text` and `html` are "" when it holds none."""

    text: str = ""
    html: str = ""
    files: list[File] = field(default_factory=list)
    is_damaged: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.html or self.files)


class _Damaged(Exception):
    """It ends too early; what was read before is kept."""


class _Unknown(Exception):
    """It has a type nobody knows; what was read before is kept."""


def read(data: bytes) -> Letter | None:
    """The letter and the files, as far as they can be read; None when it is no TNEF. Never raises."""
    if int.from_bytes(data[:4], "little") != _SIGNATURE:
        return None
    reading = _Reading()
    try:
        for attribute, value in _attributes(data):
            reading.take(attribute, value)
    except _Damaged:
        reading.is_damaged = True
    return reading.letter()


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(id, value) of each attribute. Raises _Damaged where one is longer than the data."""
    at = 6
    for number in range(_MOST_ATTRIBUTES):
        length = int.from_bytes(data[at + 5 : at + 9], "little")
        start, end = at + 9, at + 9 + length
        if number and not data[at:start].strip(b"\0\r\n "):  # a few bytes may follow the last one
            return
        if end > len(data):
            raise _Damaged
        yield int.from_bytes(data[at + 1 : at + 3], "little"), data[start:end]
        at = end + 2


class _Reading:
    """Attributes being gathered: those of the message, then those of each attachment in turn."""

    def __init__(self) -> None:
        self._page = "cp1252"
        self._body = b""
        self._message: _Values = {}
        self._files: list[File] = []
        self.is_damaged = False

    def take(self, attribute: int, value: bytes) -> None:
        if attribute == _CODE_PAGE:
            self._page = f"cp{int.from_bytes(value[:4], 'little')}"
        elif attribute == _BODY:
            self._body = value
        elif attribute == _MESSAGE:
            self._message = self._properties(value)
        elif attribute == _ATTACHMENT_BEGINS:
            self._files.append(File())
        elif self._files:
            self._take_of_file(self._files[-1], attribute, value)

    def _take_of_file(self, file: File, attribute: int, value: bytes) -> None:
        if attribute == _ATTACHMENT_TITLE:
            file.name = file.name or self._words(_STRING, value)
        elif attribute == _ATTACHMENT_DATA:
            file.data = value
        elif attribute == _ATTACHMENT:
            found = self._properties(value)
            names = (self._string(found, name) for name in (_NAME, _DISPLAY_NAME, _SHORT_NAME))
            file.name = next(filter(None, names), file.name)
            file.content_type = self._string(found, _TYPE).strip().casefold()
            file.content_id = self._string(found, _CONTENT_ID)
            kind, content = found.get(_DATA, (0, b""))
            file.data = file.data or (content[_OBJECT_ID:] if kind == _OBJECT else content)

    def letter(self) -> Letter:
        made = Letter(files=[file for file in self._files if file.data or file.name])
        made.text = self._string(self._message, _TEXT) or self._words(_STRING, self._body)
        kind, html = self._message.get(_HTML, (0, b""))
        if html:
            page = int.from_bytes(self._message.get(_INTERNET_CODE_PAGE, (0, b""))[1][:4], "little")
            made.html = self._words(kind, html) if kind == _UNICODE else decode(html, f"cp{page}")[0]
        elif rtf := unpacked(self._message.get(_RTF, (0, b""))[1]):
            text, is_html = text_of(rtf)
            made.html = text if is_html else ""
            made.text = made.text or ("" if is_html else text)
        made.is_damaged = self.is_damaged
        return made

    def _properties(self, data: bytes) -> _Values:
        found, is_whole = _properties(data)
        self.is_damaged = self.is_damaged or not is_whole
        return found

    def _string(self, values: _Values, name: int) -> str:
        kind, value = values.get(name, (0, b""))
        return self._words(kind, value) if kind in {_STRING, _UNICODE} else ""

    def _words(self, kind: int, value: bytes) -> str:
        return decode(value, "utf-16-le" if kind == _UNICODE else self._page)[0]


def _properties(data: bytes) -> tuple[_Values, bool]:
    """The MAPI properties of a message or an attachment (2.1.3.5), up to where they can be read; and whether none is missing there."""
    found: _Values = {}
    count, at = int.from_bytes(data[:4], "little"), 4
    try:
        for _ in range(min(count, _MOST_PROPERTIES)):
            kind, name = int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")
            at = _after_name(data, at + 4) if name >= _NAMED else at + 4
            value, at = _value(data, at, kind)
            found.setdefault(name, (kind, value))
    except _Damaged:
        return found, False
    except _Unknown:
        pass
    return found, True


def _after_name(data: bytes, at: int) -> int:
    """Behind the name of a named property: a GUID and a number or words."""
    kind = _number(data, at + 16)
    return at + 24 if kind == 0 else at + 24 + _padded(_number(data, at + 20))


def _value(data: bytes, at: int, kind: int) -> tuple[bytes, int]:
    """The first value of a property, and where the next property begins."""
    plain = kind & ~_MULTIPLE
    is_long = plain in {_STRING, _UNICODE, _OBJECT, _BINARY}
    if not is_long and plain not in _SIZES:
        raise _Unknown
    if not is_long and plain == kind:
        return data[at : at + _SIZES[plain]], at + _SIZES[plain]
    count, at = _number(data, at), at + 4
    if not is_long:
        return data[at : at + _SIZES[plain]], at + count * _SIZES[plain]
    first = b""
    for index in range(count):
        length = _number(data, at)
        first = data[at + 4 : at + 4 + length] if index == 0 else first
        at += 4 + _padded(length)
    return first, at


def _number(data: bytes, at: int) -> int:
    if at + 4 > len(data):
        raise _Damaged
    return int.from_bytes(data[at : at + 4], "little")


def _padded(length: int) -> int:
    return -(-length // 4) * 4
