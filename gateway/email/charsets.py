"""Bytes to text, whatever the label says: no label stops it, and none is believed against the bytes."""

import codecs
from functools import lru_cache

# Labels that are subsets of, or commonly used for, a larger set (WHATWG Encoding, "Names and labels", and what clients send).
_MEANT = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "johab": "johab",
    "big5": "big5hkscs",
}
_UNKNOWN_TO_PYTHON = {
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "cp-850": "cp850",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
}
_SAYS_NOTHING = frozenset(
    {"ascii", "us-ascii", "unknown-8bit", "x-unknown", "unknown", "default", "binary", "8bit", "7bit", ""}
)
_NOT_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_JAPANESE_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J")


def decode(data: bytes, label: str) -> tuple[str, bool]:
    """The text, and whether all of it could be read. NULs are gone; line ends are as they came."""
    text, whole = _decoded(data, label)
    return text.replace("\0", ""), whole


def guess(data: bytes) -> str:
    """The text of bytes that nobody labelled: UTF-8 where that fits, windows-1252 for the bytes where it does not."""
    return _unlabelled(data)[0].replace("\0", "")


def _decoded(data: bytes, label: str) -> tuple[str, bool]:
    codec = codec_of(label)
    if codec is None:
        return _unlabelled(data)
    for mark, name in _BOMS:
        if data.startswith(mark) and codec.startswith(("utf", "cp1252")):
            return data.decode(name, "replace"), True
    if codec == "utf-8":
        return _mostly_utf8(data)
    if codec in {"cp1252", "iso8859-15"} and not data.isascii():
        text = _utf8_in_disguise(data)
        if text is not None:
            return text, True
    for name in (codec, "iso2022_jp_ext") if codec.startswith("iso2022_jp") else (codec,):
        try:
            return data.decode(name), True
        except (UnicodeError, ValueError):
            continue
    text, fits_utf8 = _unlabelled(data) if codec != "cp1252" else ("", False)
    return (text, True) if fits_utf8 else (data.decode(codec, "replace"), False)


@lru_cache(maxsize=256)
def codec_of(label: str) -> str | None:
    """Python's codec for a charset label, or None when the label says nothing that helps."""
    label = label[:60].strip(" \t\r\n\"'<>").casefold()
    if label in _SAYS_NOTHING or not label.isascii() or not label.isprintable():
        return None
    if label in _UNKNOWN_TO_PYTHON:
        return _UNKNOWN_TO_PYTHON[label]
    try:
        info = codecs.lookup(label)
        "".encode(info.name)  # refused for codecs that make no text, such as zlib
    except (LookupError, ValueError, UnicodeError):
        return None
    if info.name in _NOT_CHARSETS:
        return None
    return _MEANT.get(info.name, info.name)


def _unlabelled(data: bytes) -> tuple[str, bool]:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace"), True
    if b"\x1b" in data and any(escape in data for escape in _JAPANESE_ESCAPES):
        try:
            return data.decode("iso2022_jp_ext"), True
        except UnicodeError:
            pass
    return _mostly_utf8(data)


def _mostly_utf8(data: bytes) -> tuple[str, bool]:
    try:
        return data.decode("utf-8"), True
    except UnicodeError:
        return data.decode("utf-8", "postroom-1252"), False


def _utf8_in_disguise(data: bytes) -> str | None:
    """UTF-8 under a Latin label: a text that happens to be valid UTF-8 practically never is Latin."""
    try:
        return data.decode("utf-8")
    except UnicodeError:
        return None


def _as_1252(error: UnicodeError) -> tuple[str, int]:
    """For bytes that are no UTF-8: what windows-1252 makes of them, which is what most of them are."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("postroom-1252", _as_1252)
