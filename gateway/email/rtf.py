"""RTF as Outlook puts it into winmail.dat: unpacked (MS-OXRTFCP), and made the HTML it was (MS-OXRTFEX) or plain text.

Formatting of letters that were written as RTF is lost; their words are not. Linear, and within `LIMITS.text`.
"""

import re
from dataclasses import dataclass, replace

from gateway.email.charsets import decode
from gateway.email.limits import LIMITS

_PACKED, _UNPACKED = 0x75465A4C, 0x414C454D
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArial"
    b"Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)  # MS-OXRTFCP, 2.1.2.1
_WINDOW = 4096
_LONGEST = 2 * LIMITS.text

_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,9})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
_SILENT = frozenset({"fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "listtable", "themedata"})  # fmt: skip
_SIGNS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "cell": "\t", "tab": "\t", "lquote": "‘", "rquote": "’", "ldblquote": "“",
    "rdblquote": "”", "bullet": "•", "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ",
}  # fmt: skip
_SYMBOLS = {"~": "\xa0", "_": "-", "-": "", "\\": "\\", "{": "{", "}": "}", "\n": "\n", "\r": "\n"}
_CODE_PAGES = {128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250}  # fmt: skip
_LEADS = {932: frozenset([*range(0x81, 0xA0), *range(0xE0, 0xFD)])} | dict.fromkeys(
    (936, 949, 950), frozenset(range(0x81, 0xFF))
)
_DEEPEST = 500  # groups; further ones change nothing


def unpacked(data: bytes) -> bytes:
    """The RTF of a PidTagRtfCompressed value; what can't be unpacked is left out."""
    if len(data) < 16:
        return b""
    kind = int.from_bytes(data[8:12], "little")
    size = min(int.from_bytes(data[4:8], "little"), _LONGEST)
    if kind == _UNPACKED:
        return data[16 : 16 + size]
    return _unpacked(data, size) if kind == _PACKED else b""


def _unpacked(data: bytes, size: int) -> bytes:
    out = bytearray(_DICTIONARY)
    begun, at, end = len(out), 16, len(data)
    size += begun
    while at < end and len(out) < size:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= end:
                break
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            token = int.from_bytes(data[at : at + 2], "big")
            at += 2
            back = (len(out) - (token >> 4)) % _WINDOW
            if not back or back > len(out):
                return bytes(out[begun:size])
            _repeat(out, back, (token & 15) + 2)
    return bytes(out[begun:size])


def _repeat(out: bytearray, back: int, length: int) -> None:
    """Appends what stands `back` bytes before, which may reach into what is being appended."""
    start = len(out) - back
    if back >= length:
        out += out[start : start + length]
    else:
        out += (out[start:] * (length // back + 1))[:length]


def text_of(rtf: bytes) -> tuple[str, bool]:
    """The HTML that the RTF carries and True, or its plain text and False."""
    source = rtf[:_LONGEST].decode("latin-1")
    reading = _Reading(html="\\fromhtml1" in source[:2000])
    reading.read(source)
    text = "".join(reading.out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", ""), reading.html


@dataclass(slots=True)
class _Group:
    """What holds until the closing brace."""

    silent: bool = False
    only_for_rtf: bool = False
    starred: bool = False
    fonts: bool = False
    fallback: int = 1  # characters that stand for one given as \u
    page: int = 0


class _Reading:
    """RTF being read into text."""

    def __init__(self, *, html: bool) -> None:
        self.html = html
        self.out: list[str] = []
        self._bytes = bytearray()
        self._lacks_a_byte = (
            False  # a character of two bytes is begun; its second may stand as the letter that it looks like
        )
        self._deeper = 0
        self._group = _Group()
        self._outer: list[_Group] = []
        self._fonts: dict[int, int] = {}
        self._font = 0
        self._page = 1252
        self._skip = 0

    def read(self, source: str) -> None:
        at = 0
        while at < len(source):
            token = _TOKEN.match(source, at)
            if token is None:
                at += 1
                continue
            at = token.end()
            if token[1]:
                number = int(token[2]) if token[2] else None
                at += max(number or 0, 0) if token[1] == "bin" else 0
                self._word(token[1].lower(), number)
            else:
                self._mark(token)
        self._flush()

    def _mark(self, token: re.Match[str]) -> None:
        if token[3]:
            self._byte(int(token[3], 16))
        elif token[4] == "*":
            self._group.starred = True
        elif token[4]:
            self._say(_SYMBOLS.get(token[4], ""))
        elif token[5]:
            self._brace(token[5])
        elif token[6]:
            self._text(token[6])

    def _brace(self, brace: str) -> None:
        if brace == "{" and len(self._outer) < _DEEPEST:
            self._outer.append(replace(self._group))
        elif brace == "{":
            self._deeper += 1
        elif self._deeper:
            self._deeper -= 1
        elif self._outer:
            self._flush()
            self._group = self._outer.pop()

    def _text(self, text: str) -> None:
        dropped = min(self._skip, len(text))
        self._skip -= dropped
        text = text[dropped:]
        if not text.isascii() and self._is_said():
            self._bytes += text.encode("latin-1")
            return
        if text and self._lacks_a_byte:
            self._bytes.append(ord(text[0]))
            self._lacks_a_byte = False
            text = text[1:]
        self._say(text)

    def _word(self, word: str, number: int | None) -> None:
        group = self._group
        if group.starred:
            group.starred = False
            group.silent = group.silent or not (self.html and word == "htmltag")
            group.only_for_rtf = group.only_for_rtf and word != "htmltag"
        elif word in _SILENT:
            group.silent, group.fonts = True, word == "fonttbl"
        elif word == "htmlrtf":
            group.only_for_rtf = number != 0
        elif word == "u" and number is not None:
            self._say(chr(number % 65536))
            self._skip = group.fallback
        elif word == "uc":
            group.fallback = min(max(number or 0, 0), 8)
        elif word in _SIGNS:
            self._say(_SIGNS[word])
        else:
            self._font_word(word, number or 0)

    def _font_word(self, word: str, number: int) -> None:
        if word == "ansicpg":
            self._page = number
        elif word == "f" and self._group.fonts:
            self._font = number
        elif word == "fcharset" and self._group.fonts and number in _CODE_PAGES:
            self._fonts[self._font] = _CODE_PAGES[number]
        elif word in {"f", "plain"}:
            self._flush()
            self._group.page = self._fonts.get(number, 0) if word == "f" else 0

    def _byte(self, byte: int) -> None:
        if self._skip:
            self._skip -= 1
        elif self._is_said():
            self._bytes.append(byte)
            self._lacks_a_byte = (
                not self._lacks_a_byte and self._page_now() in _LEADS and byte in _LEADS[self._page_now()]
            )

    def _say(self, text: str) -> None:
        self._skip = 0 if text else self._skip
        if text and self._is_said():
            self._flush()
            self.out.append(text)

    def _is_said(self) -> bool:
        return not (self._group.silent or self._group.only_for_rtf)

    def _page_now(self) -> int:
        return self._group.page or self._page

    def _flush(self) -> None:
        if self._bytes:
            self.out.append(decode(bytes(self._bytes), f"cp{self._page_now()}")[0])
            self._bytes.clear()
            self._lacks_a_byte = False
