"""Parameters of Content-Type and Content-Disposition (RFC 2045, 5.1; RFC 2231), as clients write them.

Linear and without exceptions, where compat32 has both at stake. Borne are: sections in any order and with gaps, encoded and plain sections
mixed, no semicolon after a quoted value, a quote that is never closed, and Windows paths in quotes. Where a name is there both plain and
extended, the extended one is meant (RFC 6266, 4.3).
"""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from gateway.email.charsets import decode, guess

_WHITE = " \t"
_Sections = dict[int, tuple[str, bool]]  # number to the text as it came, and whether it is percent-encoded


@lru_cache(maxsize=64)
def parameters(value: str) -> Mapping[str, str]:
    """The parameters of a header's value by name in lower case; the first of a name counts."""
    plain: dict[str, str] = {}
    extended: dict[str, _Sections] = {}
    for name, text in _pairs(value):
        base, star, number = name.partition("*")
        if not star:
            plain.setdefault(name, text)
            continue
        encoded = not number or number.endswith("*")
        number = number.removesuffix("*")
        if not number or (number.isascii() and number.isdecimal() and len(number) < 6):
            extended.setdefault(base, {}).setdefault(int(number or "0"), (text, encoded))
    found = {name: _readable(text) for name, text in plain.items()}
    for name, sections in extended.items():
        found[name] = _joined(sections) or found.get(name, "")
    return found


def _pairs(value: str) -> list[tuple[str, str]]:
    """Names in lower case and values without their quotes, in order."""
    pairs = []
    at = value.find(";") + 1
    while at and at < len(value):
        equals = value.find("=", at)
        if equals < 0:
            break
        semicolon = value.find(";", at)
        if 0 <= semicolon < equals:
            at = semicolon + 1
            continue
        text, after = _text(value, equals + 1)
        if name := value[at:equals].strip(_WHITE).casefold():
            pairs.append((name, text))
        at = after
    return pairs


def _text(value: str, at: int) -> tuple[str, int]:
    """The value that begins at `at`, and where the next name may begin."""
    while value[at : at + 1] in {" ", "\t"}:
        at += 1
    if value[at : at + 1] == '"':
        end = value.find('"', at + 1)
        while end > 0 and _is_escaped(value, end):
            end = value.find('"', end + 1)
        if end > 0:
            text = value[at + 1 : end].replace("\\\\", "\\").replace('\\"', '"')
            return text, _after_quote(value, end + 1)
        at += 1
    end = value.find(";", at)
    if end < 0:
        end = len(value)
    return value[at:end].strip(_WHITE).removesuffix('"'), end + 1


def _is_escaped(value: str, at: int) -> bool:
    backslashes = 0
    while value[at - 1 - backslashes] == "\\":
        backslashes += 1
    return backslashes % 2 == 1


def _after_quote(value: str, at: int) -> int:
    while value[at : at + 1] in {" ", "\t", ";"}:
        at += 1
    return at


def _joined(sections: _Sections) -> str:
    """Sections put in order, decoded by the charset that the first one names."""
    charset = ""
    data = bytearray()
    for place, number in enumerate(sorted(sections)):
        text, encoded = sections[number]
        if encoded and place == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw = text.encode("utf-8", "surrogateescape")
        data += unquote_to_bytes(raw) if encoded else raw
    return decode(bytes(data), charset)[0]


def _readable(text: str) -> str:
    return text if text.isascii() else guess(text.encode("utf-8", "surrogateescape"))
