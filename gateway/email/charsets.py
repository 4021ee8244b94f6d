"""Bytes to text, whatever the label says: no label stops it, and none is believed against the bytes."""

import codecs
from collections.abc import Iterator

from gateway.email.charset_labels import codec_of
from gateway.email.japanese import from_iso_2022_jp

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_JAPANESE_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J", b"\x1b(I")
_NOT_C1 = bytes(byte for byte in range(256) if not 0x80 <= byte <= 0x9F)
# ISO sets have control characters where these have quotes, dashes and letters: text with such bytes is of the windows set.
_WINDOWS = {
    "iso8859-2": "cp1250",
    "iso8859-4": "cp1257",
    "iso8859-5": "cp1251",
    "iso8859-6": "cp1256",
    "iso8859-7": "cp1253",
    "iso8859-8": "cp1255",
    "iso8859-13": "cp1257",
    "iso8859-15": "cp1252",
}
_MULTIBYTE = frozenset({"cp932", "euc_jp", "gb18030", "cp949", "big5hkscs", "johab", "shift_jis_2004", "euc_jis_2004"})
_ALSO = {
    "cp932": ("shift_jis_2004",),
    "euc_jp": ("euc_jis_2004",),
    "big5hkscs": ("cp950",),
    "iso2022_jp": ("iso2022_jp_ext", "iso2022_jp_2004", "iso2022_jp_2"),
    "iso2022_jp_ext": ("iso2022_jp_2004", "iso2022_jp_2"),
}
_SURELY_UTF8 = 4  # characters; fewer may be Chinese, Japanese or Korean by chance


def decode(data: bytes, label: str) -> tuple[str, bool]:
    """The text, and whether all of it could be read. NULs are gone; line ends are as they came."""
    text, whole = _decoded(data, label)
    return text.replace("\0", ""), whole


def guess(data: bytes) -> str:
    """The text of bytes that nobody labelled: UTF-8 where that fits, windows-1252 for the bytes where it does not."""
    return _unlabelled(data)[0].replace("\0", "")


def _decoded(data: bytes, label: str) -> tuple[str, bool]:
    codec = codec_of(label)
    if codec is None or codec == "utf-8":
        return _unlabelled(data)
    if codec.startswith(("utf", "cp1252")) and (name := _byte_order_mark(data)):
        return data.decode(name, "replace"), True
    if codec in {"utf-16", "utf-32"}:
        codec = _byte_order(data, codec)
    if (text := _utf8_in_disguise(data, codec)) is not None:
        return text, True
    for name in _candidates(data, codec):
        try:
            text = data.decode(name)
        except (UnicodeError, ValueError):
            continue
        return (_without_halves(text) if name == "utf-7" else text), True
    return _damaged(data, codec)


def _candidates(data: bytes, codec: str) -> Iterator[str]:
    """Codecs in the order in which they are to be tried."""
    if codec in _WINDOWS and data.translate(None, _NOT_C1):
        yield _WINDOWS[codec]
    yield codec
    yield from _ALSO.get(codec, ())


def _without_halves(text: str) -> str:
    """The text without halves of characters, which only UTF-7 lets through."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _damaged(data: bytes, codec: str) -> tuple[str, bool]:
    if codec.startswith("iso2022_jp") and data.isascii():
        return from_iso_2022_jp(data)
    if codec == "euc_jp":
        text = data.decode("euc_jp", "postroom-euc")
        return text, "\ufffd" not in text
    text, fits_utf8 = _unlabelled(data) if codec != "cp1252" else ("", False)
    return (text, True) if fits_utf8 else (data.decode(codec, "replace"), False)


def _byte_order_mark(data: bytes) -> str:
    return next((name for mark, name in _BOMS if data.startswith(mark)), "")


def _byte_order(data: bytes, codec: str) -> str:
    """The codec for UTF-16 or -32 without a mark: by where the NULs of Latin letters stand; big-endian (RFC 2781, 4.3) if nothing tells."""
    if b"\0" not in data:
        return codec if codec == "utf-32" else "utf-16-be"
    width = 2 if codec == "utf-16" else 4
    low = data[::width].count(0) < data[width - 1 :: width].count(0)
    return f"{codec}-{'le' if low else 'be'}"


def _unlabelled(data: bytes) -> tuple[str, bool]:
    if name := _byte_order_mark(data):
        return data.decode(name, "replace"), True
    if b"\x1b" in data and any(escape in data for escape in _JAPANESE_ESCAPES):
        try:
            return data.decode("iso2022_jp_ext"), True
        except UnicodeError:
            if data.isascii():
                return from_iso_2022_jp(data)
    return _mostly_utf8(data)


def _mostly_utf8(data: bytes) -> tuple[str, bool]:
    try:
        return data.decode("utf-8"), True
    except UnicodeError:
        pass
    if b"\xed" in data:  # halves of characters, each in UTF-8, as Java writes them (CESU-8)
        try:
            return data.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16"), True
        except UnicodeError:
            pass
    return data.decode("utf-8", "postroom-1252"), False


def _utf8_in_disguise(data: bytes, codec: str) -> str | None:
    """UTF-8 under another label: a text that happens to be valid UTF-8 practically never is anything else."""
    if data.isascii() and not codec.startswith(("utf-16", "utf-32")):
        return None
    if b"\0" in data:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeError:
        return None
    if codec in _MULTIBYTE and len(data) - len(text) < 2 * _SURELY_UTF8:
        return None
    return text


def _as_1252(error: UnicodeError) -> tuple[str, int]:
    """For bytes that are no UTF-8: what windows-1252 makes of them, which is what most of them are."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("postroom-1252", _as_1252)
