"""A plain body as Markdown: line breaks as people made them, Markdown where they meant it, and nothing by accident.

Members write Markdown in plain mail, so the text is left as it is, but for what a mail program or a typing habit did: lines
wrapped at some 72 columns are whole again, a number that opens no list (“12. May”) is no list, a row of dashes is a rule and
no heading for the whole paragraph above, an indented first line is no code, and `<` that opens no tag is a `<`.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

_FENCE = re.compile(r" {0,3}(```|~~~)")
_ITEM = re.compile(r" {0,9}(?:[-*+]|(\d{1,9})([.)]))(?= |$)")
_HEADING = re.compile(r" {0,3}#{1,6}(?: |$)")
_RULE = re.compile(r" {0,3}(?:-[ -]*|_[ _]*|\*[ *]*|=+ *)$")
_TABLE = re.compile(r" {0,3}\|? {0,3}:?-{1,}:? {0,3}\|")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]{0,10})((?:\s|/)[^<>]{0,500})?>")
_LONGEST_LINK = 1000
_COMMENT = "<!--more-->"
_TAGS = frozenset(
    {
        "a", "abbr", "audio", "b", "blockquote", "br", "code", "dd", "del", "details", "dl", "dt", "em", "figcaption", "figure",
        "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "small",
        "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul", "video",
    }
)  # fmt: skip
_NARROWEST, _WIDEST, _UNBREAKABLE = 60, 80, 40


def markdown(text: str) -> str:
    """The Markdown of a plain body; line ends must be LF."""
    lines = [line.rstrip() for line in text.expandtabs(4).split("\n")]
    width = _wrap_width(lines)
    made: list[str] = []
    number = 0
    for kind, run in _runs(lines):
        if kind == "code":
            made += run
            continue
        number = _number_of(run[0], number)
        made += _run(run, width, number)
    return "\n".join(made).strip("\n")


def without_accidental_tags(markdown: str) -> str:
    """The Markdown with each `<` outside code that opens no link and no tag of a post made a mere letter."""
    if "<" not in markdown:
        return markdown
    return "\n".join(
        line if kind == "code" else _tags_apart(line) for kind, run in _runs(markdown.split("\n")) for line in run
    )


def _runs(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """("code", lines of a fence or blank lines) and ("text", lines with no blank between) in order."""
    run: list[str] = []
    fence = ""
    for line in lines:
        opened = _FENCE.match(line)
        if fence:
            run.append(line)
            if opened and opened[1] == fence and not line.strip("`~ "):
                yield "code", run
                run, fence = [], ""
        elif opened:
            if run:
                yield "text", run
            run, fence = [line], opened[1]
        elif line:
            run.append(line)
        else:
            if run:
                yield "text", run
            run = []
            yield "code", [line]
    if run:
        yield ("code" if fence else "text"), run


def _run(run: list[str], width: int, number: int) -> list[str]:
    if all(line.startswith("    ") for line in run):
        return run  # an indented block: code, or what belongs to a list item
    if run[0].startswith("    ") and not run[1].startswith("    ") and not _starts_block(run[0]):
        run = [run[0].lstrip(), *run[1:]]
    run = [_tags_apart(line) for line in run]
    run[0] = _without_accidental_list(run[0], number)
    if len(run) > 1 and _TABLE.match(run[1]) and "|" in run[0]:
        return run
    return _broken(_rules_apart(_unwrapped(run, width)))


def _broken(run: list[str]) -> list[str]:
    """Each break before a line of running text becomes one that Markdown keeps."""
    made = []
    for line, following in zip(run, [*run[1:], ""], strict=True):
        quotes = line.startswith(">") and following.startswith(">") and line.strip("> ") and following.strip("> ")
        runs_on = following and not _starts_block(following) and not _starts_block(line, items=False)
        made.append(f"{line}  " if quotes or runs_on else line)
    return made


def _starts_block(line: str, *, items: bool = True) -> bool:
    if line.startswith(("|", "~~~", "```")) or _HEADING.match(line) or _RULE.match(line):
        return True
    return items and (line.startswith(">") or bool(_ITEM.match(line)))


def _rules_apart(run: list[str]) -> list[str]:
    """A row of dashes under a paragraph becomes a rule of its own, unless it underlines a heading."""
    made: list[str] = []
    for index, line in enumerate(run):
        bare = line.strip()
        if index and bare and (bare.strip("-") == "" or bare.strip("=") == "") and made[-1]:
            above = made[-1].rstrip()
            underlines = index == 1 and len(bare) >= 3 and len(above) <= 80 and above[-1] not in ".,;!?"
            if not underlines and bare[0] == "-" and len(bare) >= 3:
                made.append("")
            elif not underlines:
                line = f"\\{bare}"
        made.append(line)
    return made


def _wrap_width(lines: list[str]) -> int:
    """The column at which a program wrapped this mail, or 0 when none did."""
    widest = 0
    for line in lines:
        if len(line) > widest and not (len(line) > _NARROWEST and _longest_word(line) > _UNBREAKABLE):
            widest = len(line)
    return widest if _NARROWEST <= widest <= _WIDEST else 0


def _longest_word(line: str) -> int:
    return max(map(len, line[:2000].split()), default=0)


def _unwrapped(run: list[str], width: int) -> list[str]:
    """The run on one line when every break in it was forced: no further word would have fitted before the column."""
    if not width or len(run) < 2 or any(_starts_block(line) for line in run[1:]) or _starts_block(run[0], items=False):
        return run
    for line, following in pairwise(run):
        word = following.lstrip().partition(" ")[0]
        if len(line) + 1 + len(word) <= width:
            return run
    return [" ".join([run[0], *(line.strip() for line in run[1:])])]


def _number_of(line: str, before: int) -> int:
    """The number of the list that a run continues or opens; `before` is where the last list stood."""
    item = _ITEM.match(line)
    if item and item[1]:
        number = int(item[1])
        return number if number <= 1 or number == before + 1 else -1
    return before


def _without_accidental_list(line: str, number: int) -> str:
    item = _ITEM.match(line)
    if number >= 0 or not item or not item[1]:
        return line
    return f"{line[: item.end(1)]}\\{line[item.end(1) :]}"


def _tags_apart(line: str) -> str:
    if "<" not in line or _COMMENT in line:
        return line
    pieces = line.split("`")
    return "`".join(piece if index % 2 else "".join(_escaped(piece)) for index, piece in enumerate(pieces))


def _escaped(piece: str) -> Iterator[str]:
    at = 0
    while (start := piece.find("<", at)) >= 0:
        yield piece[at:start]
        tag = _TAG.match(piece, start)
        meant = tag and tag[1].casefold() in _TAGS and (not (tag[2] or "").strip(" /") or "=" in tag[2])
        escaped = piece[start - 1 : start] == "\\"
        opens = meant or escaped or _is_link(piece, start) or piece[start + 1 : start + 2].isspace()
        yield "<" if opens else "\\<"
        at = start + 1
    yield piece[at:]


def _is_link(piece: str, start: int) -> bool:
    """Whether `<…>` at `start` is a link or a mail address."""
    end = piece.find(">", start, start + _LONGEST_LINK)
    inner = piece[start + 1 : end] if end >= 0 else ""
    return (":" in inner or "@" in inner) and not any(mark == "<" or mark.isspace() for mark in inner)
