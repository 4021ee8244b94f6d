"""The Bot API's HTML style: few tags, every one closed, anything else refused with the place where it stands."""

from dataclasses import dataclass
from typing import NoReturn

from tests.fakes.telegram_errors import bad_request
from tests.fakes.wire import Json

KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


@dataclass(slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    offset: int


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.text: list[str] = []
        self.units = 0
        self.open: list[_Open] = []
        self.entities: list[Json] = []

    def read(self) -> None:
        while self.at < len(self.source):
            match self.source[self.at]:
                case "<" if self.source.startswith("</", self.at):
                    self._close()
                case "<":
                    self._begin()
                case "&":
                    self._named()
                case char:
                    self._add(char)
                    self.at += 1
        if self.open:
            self._refuse(f'can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')

    def _refuse(self, words: str) -> NoReturn:
        bad_request(f"can't parse entities: {words}")

    @property
    def _byte(self) -> int:
        return len(self.source[: self.at].encode())

    def _add(self, char: str) -> None:
        self.text.append(char)
        self.units += 2 if ord(char) > 0xFFFF else 1

    def _named(self) -> None:
        end = self.source.find(";", self.at, self.at + 12)
        name = self.source[self.at + 1 : end] if end > 0 else ""
        char = NAMED.get(name) or _numbered(name)
        self._add(char or "&")
        self.at = end + 1 if char else self.at + 1

    def _tag(self) -> str:
        end = self.source.find(">", self.at)
        if end < 0:
            self._refuse(f"unclosed start tag at byte offset {self._byte}")
        return self.source[self.at : end + 1]

    def _begin(self) -> None:
        whole = self._tag()
        name, attributes = _parts(whole[1:-1])
        if name not in KINDS or (name == "span" and attributes.get("class") != "tg-spoiler"):
            self._refuse(f'unsupported start tag "{name}" at byte offset {self._byte}')
        self.open.append(_Open(name, attributes, self.units))
        self.at += len(whole)

    def _close(self) -> None:
        whole = self._tag()
        name = whole[2:-1].strip().lower()
        if not self.open:
            self._refuse(f"unexpected end tag at byte offset {self._byte}")
        top = self.open.pop()
        if name and name != top.tag:
            self._refuse(f'unmatched end tag at byte offset {self._byte}, expected "</{top.tag}>", found "</{name}>"')
        self._record(top)
        self.at += len(whole)

    def _record(self, top: _Open) -> None:
        length = self.units - top.offset
        entity: Json = {"type": KINDS[top.tag], "offset": top.offset, "length": length}
        if top.tag == "a":
            entity["url"] = top.attributes.get("href") or "".join(self.text)[-length:]
        if top.tag == "tg-emoji":
            entity["custom_emoji_id"] = top.attributes.get("emoji-id", "")
        if top.tag == "blockquote" and "expandable" in top.attributes:
            entity["type"] = "expandable_blockquote"
        language = top.attributes.get("class", "").removeprefix("language-")
        if top.tag == "code" and self.open and self.open[-1].tag == "pre":
            self.open[-1].attributes["language"] = language
            return
        if top.tag == "pre" and top.attributes.get("language"):
            entity["language"] = top.attributes["language"]
        if length:
            self.entities.append(entity)


def parse_html(source: str) -> tuple[str, list[Json]]:
    """The text and entities of `parse_mode=HTML`."""
    reader = _Reader(source)
    reader.read()
    return "".join(reader.text), reader.entities


def _numbered(name: str) -> str:
    if not name.startswith("#"):
        return ""
    digits, base = (name[2:], 16) if name[1:2] in ("x", "X") else (name[1:], 10)
    try:
        return chr(int(digits, base))
    except (ValueError, OverflowError):
        return ""


def _parts(inside: str) -> tuple[str, dict[str, str]]:
    """The tag's name and its attributes; values in double or single quotes or bare."""
    name, _, rest = inside.strip().partition(" ")
    attributes: dict[str, str] = {}
    while rest := rest.strip():
        key, equals, after = rest.partition("=")
        if not equals:
            attributes |= {word.lower(): "" for word in rest.split()}
            break
        mark = after[:1] if after[:1] in ("'", '"') else " "
        value, _, rest = after.lstrip("'\"").partition(mark)
        *flags, key = key.split() or [""]
        attributes |= {flag.lower(): "" for flag in flags} | {key.lower(): _unescaped(value)}
    return name.lower(), attributes


def _unescaped(value: str) -> str:
    for name, char in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("amp", "&")):
        value = value.replace(f"&{name};", char)
    return value
