"""Markdown as plain text: it is readable as it stands, but for links, pictures and escapes."""

from collections.abc import Collection

from gateway.core.words import t

_ESCAPABLE = frozenset("\\`*_{}[]()<>#+-.!~|\"'&:/@")
_URL_LIMIT = 2000
_DEPTH = 32  # of brackets in a URL, as in CommonMark; it also keeps hostile text linear


def plain(markdown: str) -> str:
    """The text with `text <url>` for links, `[picture: alt] <url>` for images, escapes undone; code blocks are left alone."""
    lines: list[str] = []
    text: list[str] = []
    fence = ""
    for line in markdown.replace("\r\n", "\n").split("\n"):
        mark = line.lstrip()[:3]
        if fence:
            lines.append(line)
            fence = "" if mark == fence else fence
        elif mark in ("```", "~~~"):
            lines += [*_without_links(text), line]
            text, fence = [], mark
        else:
            text.append(line)
    return "\n".join([*lines, *_without_links(text)]).strip()


def pictures_as_links(markdown: str, own: Collection[str]) -> str:
    """The Markdown with every picture that is not one of our own turned into a link, so that opening a mail tells nobody."""
    first, *rest = markdown.split("![")
    out = [first]
    for piece in rest:
        end = piece.find("](")
        link = _target(piece, end + 1) if end >= 0 else None
        if link is None or link[0] in own:
            out.append("![" + piece)
        else:
            out.append(f"[{piece[:end].strip() or t('picture')}{piece[end:]}")
    return "".join(out)


def _without_links(lines: list[str]) -> list[str]:
    return _inline("\n".join(lines)).split("\n") if lines else []


def _inline(text: str) -> str:
    """One pass: each piece is appended once, and a closing bracket joins what its opening one began."""
    out: list[str] = []
    opened: list[tuple[int, bool]] = []
    at = 0
    while at < len(text):
        mark = text[at]
        if mark == "\\" and text[at + 1 : at + 2] in _ESCAPABLE and at + 1 < len(text):
            out.append(text[at + 1])
            at += 2
            continue
        if mark == "`":
            end = text.find("`", at + 1, at + _URL_LIMIT)
            out.append(text[at : end + 1] if end > 0 else mark)
            at = end + 1 if end > 0 else at + 1
            continue
        if mark == "!" and text[at + 1 : at + 2] == "[":
            opened.append((len(out), True))
            out.append("![")
            at += 2
            continue
        if mark == "[":
            opened.append((len(out), False))
        elif mark == "]" and opened:
            start, picture = opened.pop()
            if link := _target(text, at + 1):
                url, at = link
                _join(out, start, url, picture=picture)
                continue
        out.append(mark)
        at += 1
    return "".join(out)


def _join(out: list[str], start: int, url: str, *, picture: bool) -> None:
    label = "".join(out[start + 1 :])
    del out[start:]
    if picture:
        out.append(f"{t('[picture: {alt}]', alt=label) if label else t('[picture]')} <{url}>")
    else:
        out.append(f"<{url}>" if label in (url, "") else f"{label} <{url}>")


def _target(text: str, at: int) -> tuple[str, int] | None:
    """The URL of `(url "title")` that begins here, and where it ends."""
    if text[at : at + 1] != "(":
        return None
    end = _closing(text, at)
    inner = text[at + 1 : end].strip() if end else ""
    url = inner.split(None, 1)[0].strip("<>") if inner else ""
    return (url, end + 1) if url and end else None


def _closing(text: str, at: int) -> int:
    depth = 0
    for position in range(at, min(at + _URL_LIMIT, len(text))):
        if text[position] == "(":
            depth += 1
            if depth > _DEPTH:
                return 0
        elif text[position] == ")":
            depth -= 1
            if depth == 0:
                return position
        elif text[position] == "\n":
            return 0
    return 0
