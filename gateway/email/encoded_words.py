"""Header text decoded: encoded words (RFC 2047) as the standard has them and as clients write them, and raw 8-bit between them.

Borne are words that split a character, or the base64 of one, between them; missing spaces; spaces inside; a word cut off at the end;
ISO-2022-JP without any encoding.
"""

import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from gateway.email.charsets import decode, guess
from gateway.email.transfer import lenient_base64

_LONGEST_CHARSET, _LONGEST_WORD, _LONGEST_CUT = 60, 8000, 200


@dataclass(frozen=True, slots=True)
class _Word:
    """An encoded word: what it says of itself, and where it ends."""

    charset: str
    is_base64: bool
    payload: bytes
    end: int


def decoded(value: str, charset: str = "") -> str:
    """The text of a header's value; `charset` is believed for raw bytes that are no UTF-8. Bytes above ASCII come as surrogates."""
    if "=?" not in value:
        return raw_text(value, charset)
    return "".join(_pieces(value, charset))


def _pieces(value: str, charset: str) -> Iterator[str]:
    """Text in order; words with nothing but space between them are taken together, for some share a character."""
    at = 0
    held: list[_Word] = []
    while (start := value.find("=?", at)) >= 0:
        word = _word_at(value, start)
        between = value[at:start]
        if between.strip() or word is None or not held:
            yield from _texts(held)
            held = []
            yield raw_text(between, charset)
        if word is None:
            yield value[start : start + 2]
            at = start + 2
            continue
        held.append(word)
        at = word.end
    yield from _texts(held)
    yield raw_text(value[at:], charset)


def _word_at(value: str, start: int) -> _Word | None:
    charset_end = value.find("?", start + 2, start + 2 + _LONGEST_CHARSET)
    kind = value[charset_end + 1 : charset_end + 2].casefold()
    begin = charset_end + 3
    if charset_end < 0 or value[charset_end + 2 : begin] != "?" or kind not in {"b", "q"}:
        return None
    end = value.find("?=", begin, begin + _LONGEST_WORD)
    if end < 0 and not _is_cut_off(value, begin):
        return None
    payload = value[begin : end if end >= 0 else len(value)].encode("utf-8", "surrogateescape")
    charset = value[start + 2 : charset_end].partition("*")[0].casefold()
    return _Word(charset, kind == "b", payload, end + 2 if end >= 0 else len(value))


def _is_cut_off(value: str, begin: int) -> bool:
    """Whether the value ends within the word whose content begins here."""
    rest = value[begin:] if len(value) - begin <= _LONGEST_CUT else ""
    return bool(rest) and not any(mark in rest for mark in " \t?")


def _texts(held: list[_Word]) -> Iterator[str]:
    for charset, words in groupby(held, lambda word: word.charset):
        together = list(words)
        text, whole = decode(b"".join(map(_data, together)), charset)
        if not whole and len(together) > 1 and all(word.is_base64 for word in together):
            split, split_whole = decode(_split_base64(together), charset)
            text = split if split_whole else text
        yield text


def _data(word: _Word) -> bytes:
    return lenient_base64(word.payload) if word.is_base64 else binascii.a2b_qp(word.payload, header=True)


def _split_base64(words: list[_Word]) -> bytes:
    """The bytes of base64 that was cut into words anywhere."""
    return lenient_base64(b"".join(word.payload for word in words))


def raw_text(piece: str, charset: str = "") -> str:
    """Text that nobody encoded; `charset` is believed where it is no UTF-8."""
    if piece.isascii() and "\x1b" not in piece:
        return piece
    data = piece.encode("utf-8", "surrogateescape")
    return decode(data, charset)[0] if charset and not _is_utf8(data) else guess(data)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeError:
        return False
    return True
