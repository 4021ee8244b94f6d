"""Charset labels as mail bears them, to Python's codecs.

A label is often a name that nobody registered, or one for a smaller set than was used (WHATWG Encoding, "Names and labels").
"""

import codecs
import re
from functools import lru_cache

# The name of Python's codec, where another one is meant: the larger set of which the label's is a part.
_MEANT = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "utf-8-sig": "utf-8",
}
# Labels by their letters and digits alone, an `x-` before them left out.
_UNKNOWN_TO_PYTHON = {
    "sjis": "cp932", "mscp932": "cp932", "windows31j": "cp932", "macjapanese": "cp932",
    "eucjpms": "euc_jp", "cp51932": "euc_jp", "eucjp": "euc_jp",
    "iso2022jpms": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext", "cp50221": "iso2022_jp_ext", "cp50222": "iso2022_jp_ext",
    "gbk": "gb18030", "gb231280": "gb18030", "cp936": "gb18030", "gb": "gb18030", "euccn": "gb18030", "maccn": "gb18030",
    "cp54936": "gb18030", "macchinesesimp": "gb18030", "hzgb2312": "hz", "cp52936": "hz",
    "xbig5": "big5hkscs", "cnbig5": "big5hkscs", "big5eten": "big5hkscs", "macchinesetrad": "big5hkscs",
    "ksc56011987": "cp949", "ksc56011989": "cp949", "ksc5601": "cp949", "windows949": "cp949", "uhc": "cp949", "euckr": "cp949", "cseuckr": "cp949",
    "cp51949": "cp949", "mackorean": "cp949",
    "iso88596i": "iso8859-6", "iso88596e": "iso8859-6", "iso88598i": "iso8859-8", "iso88598e": "iso8859-8", "logical": "iso8859-8",
    "visual": "iso8859-8", "cp38598": "iso8859-8",
    "macintosh": "mac_roman", "mac": "mac_roman", "macroman": "mac_roman", "cp10000": "mac_roman", "macce": "mac_latin2",
    "maccentraleurroman": "mac_latin2", "macgreek": "mac_greek", "macturkish": "mac_turkish", "macicelandic": "mac_iceland",
    "maccroatian": "mac_croatian", "macromanian": "mac_romanian", "maccyrillic": "mac_cyrillic", "macukrainian": "mac_cyrillic",
    "macarabic": "mac_arabic", "macfarsi": "mac_farsi",
    "koi": "koi8_r", "koi8": "koi8_r", "koi8ru": "koi8_u", "cp20866": "koi8_r", "cp21866": "koi8_u",
    "utf8mb3": "utf-8", "utf8mb4": "utf-8", "utf8mac": "utf-8", "unicode11utf8": "utf-8", "cp65001": "utf-8", "utf": "utf-8",
    "utf8http": "utf-8", "unicode11utf7": "utf-7", "cp65000": "utf-7", "cp1200": "utf-16-le", "cp1201": "utf-16-be",
    "iso10646ucs2": "utf-16", "ucs2": "utf-16", "unicode": "utf-16", "unicodefeff": "utf-16", "iso10646ucs4": "utf-32", "ucs4": "utf-32",
    "ansi": "cp1252", "isolatin1": "cp1252", "latin1": "cp1252", "88591": "cp1252", "iso88591windows31latin1": "cp1252", "cp28591": "cp1252",
    "latin9": "iso8859-15", "iso8859151998": "iso8859-15", "roman8": "hp_roman8", "cp28605": "iso8859-15", "cp28592": "iso8859-2",
}  # fmt: skip
_SAYS_NOTHING = frozenset(
    {
        "", "ascii", "usascii", "iso646us", "iso646irv1991", "646", "ansix341968", "unknown8bit", "unknown", "default", "binary", "8bit",
        "7bit", "none", "null", "undefined", "userdefined", "usercharset", "text", "plain", "charset",
    }
)  # fmt: skip
_NO_TEXT = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_CODE_PAGE = re.compile(r"(?:windows|win|cp|ibm|ms|dos|csibm|cswindows)(\d{3,5})")


@lru_cache(maxsize=256)
def codec_of(label: str) -> str | None:
    """Python's codec for a charset label, or None when the label says nothing that helps."""
    label = label[:60].strip(" \t\r\n\"'<>").casefold().removeprefix("charset=").strip("\"' ")
    for mark in " ;,(":
        label = label.partition(mark)[0]
    label = label.removeprefix("x-")
    key = "".join(mark for mark in label if mark.isalnum())
    if key in _SAYS_NOTHING or not label.isascii() or not label.isprintable():
        return None
    if key in _UNKNOWN_TO_PYTHON:
        return _UNKNOWN_TO_PYTHON[key]
    page = _CODE_PAGE.fullmatch(key)
    return _python_codec(label) or _python_codec(f"cp{page[1]}" if page else key)


def _python_codec(label: str) -> str | None:
    try:
        info = codecs.lookup(label)
        "".encode(info.name)  # refused for codecs that make no text, such as zlib
    except (LookupError, ValueError, UnicodeError):
        return None
    return None if info.name in _NO_TEXT else _MEANT.get(info.name, info.name)
