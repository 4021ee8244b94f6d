"""Japanese text with the signs that vendors added (①, ㈱, Ⅲ), which Python's ISO-2022-JP and EUC-JP do not know: read as windows-31j has them."""

import codecs

_ESCAPE = b"\x1b"
_DOUBLE = (b"$B", b"$@", b"$(B", b"$(@")
_KATAKANA = (b"(I",)
_SINGLE = (b"(B", b"(J", b"(H")


def from_iso_2022_jp(data: bytes) -> tuple[str, bool]:
    """The text of ISO-2022-JP, and whether all of it could be read."""
    first, *rest = data.split(_ESCAPE)
    made = bytearray(first)
    for piece in rest:
        for marks, convert in ((_DOUBLE, _double), (_KATAKANA, _katakana), (_SINGLE, bytes)):
            mark = next((mark for mark in marks if piece.startswith(mark)), None)
            if mark is not None:
                made += convert(piece[len(mark) :])
                break
        else:
            made += piece
    text = made.decode("cp932", "replace")
    return text, "\ufffd" not in text


def _double(piece: bytes) -> bytes:
    """JIS X 0208 pairs as Shift_JIS has them, up to the end of the line; what is no pair stays."""
    line, newline, rest = piece.partition(b"\n")
    made = bytearray()
    at = 0
    while at < len(line):
        pair = line[at : at + 2]
        if len(pair) == 2 and 0x21 <= pair[0] <= 0x7E and 0x21 <= pair[1] <= 0x7E:
            made += _shift_jis(pair[0], pair[1])
            at += 2
        else:
            made += pair[:1]
            at += 1
    return bytes(made) + newline + rest


def _katakana(piece: bytes) -> bytes:
    line, newline, rest = piece.partition(b"\n")
    return bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in line) + newline + rest


def _shift_jis(row: int, cell: int) -> bytes:
    first = (row - 0x21 >> 1) + 0x81
    if first > 0x9F:
        first += 0x40
    second = cell + 0x7E if row % 2 == 0 else cell + 0x1F + (cell >= 0x60)
    return bytes((first, second))


def _vendor_euc(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    pair = error.object[error.start : error.start + 2]
    if len(pair) == 2 and all(0xA1 <= byte <= 0xFE for byte in pair):
        return _shift_jis(pair[0] & 0x7F, pair[1] & 0x7F).decode("cp932", "replace"), error.start + 2
    return "\ufffd", error.start + 1


codecs.register_error("postroom-euc", _vendor_euc)
