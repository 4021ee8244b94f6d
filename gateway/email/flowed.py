"""format=flowed undone (RFC 3676): lines that a client broke are whole again, lines that a person broke stay."""


def unflow(text: str, *, delsp: bool) -> str:
    """The text with soft breaks joined, stuffing removed, and quotes as `> ` per level. Line ends must be LF."""
    lines: list[str] = []
    pieces: list[str] = []
    level = 0
    for line in text.split("\n"):
        depth, content = _quoted(line)
        if pieces and depth != level:  # a flowed line before another depth is malformed: 4.5 says it ends there
            lines.append(_line(level, pieces))
            pieces = []
        level = depth
        if content.endswith(" ") and content != "-- ":
            pieces.append(content[:-1] if delsp else content)
            continue
        if content == "-- " and pieces:
            lines.append(_line(level, pieces))
            pieces = []
        lines.append(_line(level, [*pieces, content]))
        pieces = []
    if pieces:
        lines.append(_line(level, pieces))
    return "\n".join(lines)


def _quoted(line: str) -> tuple[int, str]:
    content = line.lstrip(">")
    depth = len(line) - len(content)
    return depth, content.removeprefix(" ")


def _line(level: int, pieces: list[str]) -> str:
    content = "".join(pieces)
    if content != "-- ":
        content = content.rstrip(" ")
    return f"{'>' * level} {content}".rstrip(" ") if level else content
