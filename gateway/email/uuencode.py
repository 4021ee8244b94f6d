"""Files that were put into a text by uuencode (POSIX), as programs did before MIME and some still do.

A block counts only when all of it is sound, from `begin 644 name` to `end`; anything else is text. yEnc is left alone: it needs bytes that
no charset keeps, and is not used in mail.
"""

import binascii

_MARK = "begin "
_LONGEST_NAME = 200


def take_out(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text without its blocks, and the files in them by name. Line ends must be LF."""
    if not (text.startswith(_MARK) or f"\n{_MARK}" in text):
        return text, []
    lines = text.split("\n")
    kept: list[str] = []
    files: list[tuple[str, bytes]] = []
    at = 0
    while at < len(lines):
        name = _name(lines[at])
        end, data = _block(lines, at + 1) if name else (0, b"")
        if end:
            files.append((name, data))
            at = end
        else:
            kept.append(lines[at])
            at += 1
    return "\n".join(kept), files


def _name(line: str) -> str:
    """The file name of a line that begins a block, or ""."""
    if not line.startswith(_MARK):
        return ""
    mode, _, name = line.removeprefix(_MARK).strip().partition(" ")
    is_mode = mode.isascii() and mode.isdecimal() and len(mode) in {3, 4}
    return name.strip()[:_LONGEST_NAME] if is_mode else ""


def _block(lines: list[str], at: int) -> tuple[int, bytes]:
    """Where the block whose data begin at `at` is over, and its bytes; 0 when it is none."""
    data = bytearray()
    for index in range(at, len(lines)):
        line = lines[index]
        if line == "end":
            return (index + 1, bytes(data)) if data else (0, b"")
        decoded = _line(line)
        if decoded is None:
            return 0, b""
        data += decoded
    return 0, b""


def _line(line: str) -> bytes | None:
    """The bytes of one line of data; spaces lost at its end do not matter."""
    if line in {"", "`", " "}:
        return b""
    length = (ord(line[0]) - 32) & 63
    needed = (length + 2) // 3 * 4
    if not line.isascii() or len(line) - 1 > needed + 1 or not " " <= line[0] <= "`":
        return None
    try:
        return binascii.a2b_uu(line[: needed + 1])
    except (binascii.Error, ValueError):
        return None
