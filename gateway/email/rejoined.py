"""Directives that a mail program wrapped at its column, made whole: `alt: …` over two lines, `[category …` whose bracket closes below.

Words of the text must not vanish in one. So a line goes on only over breaks that the column forced, in small letters or within brackets, and up to a blank line or the next directive.
"""

from collections.abc import Callable

_IN_WORDS = ("alt", "title", "category", "categories", "cat", "tags")  # whose values grow longer than a line
_KEEPING_BACK = ("status", "draft", "private", "date", "delay")
_NARROWEST, _COLUMN, _WIDEST = 60, 72, 80  # at which programs wrap
_MOST = 4  # further lines of one


def rejoined(lines: list[str], most: int, looks_like_one: Callable[[str], bool]) -> list[str]:
    """The lines, of which directives among the first `most` are whole."""
    if not any(looks_like_one(line.strip()) for line in lines[:2]):  # most texts have none
        return lines
    made: list[str] = []
    at = 0
    while at < min(len(lines), most) and (not lines[at].strip() or looks_like_one(lines[at].strip())):
        end = _end(lines, at, looks_like_one)
        made.append(lines[at] if end == at + 1 else " ".join(line.strip() for line in lines[at:end]))
        at = end
    return made + lines[at:]


def _end(lines: list[str], start: int, looks_like_one: Callable[[str], bool]) -> int:
    """The line after a directive that begins at `start`: after the next one when nothing says that it goes on."""
    first = lines[start].strip()
    opened = first.startswith("[") and "]" not in first
    if not first.lstrip("[:").lower().startswith(_IN_WORDS):
        return start + 1
    for end in range(start + 1, min(len(lines), start + 2 + _MOST)):
        above, line = lines[end - 1].rstrip(), lines[end].strip()
        if not line or looks_like_one(line):
            return start + 1 if opened else end
        forced = (
            len(line) <= _WIDEST and len(above) >= _NARROWEST and len(above) + len(line.split(None, 1)[0]) >= _COLUMN
        )
        if (not forced or not (opened or line[0].islower())) and not _keeps_back_below(lines, end, looks_like_one):
            break  # somebody made this break: the text begins below it
        if opened and line.endswith("]"):
            return end + 1
    return start + 1


def _keeps_back_below(lines: list[str], start: int, looks_like_one: Callable[[str], bool]) -> bool:
    """Whether one that keeps the post back stands below in the same paragraph: it must not become text for a break above it."""
    for line in lines[start : start + _MOST + 1]:
        if not line.strip():
            return False
        if looks_like_one(line.strip()):
            return line.strip().lstrip("[:").lower().startswith(_KEEPING_BACK)
    return False
