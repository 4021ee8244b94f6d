"""Pictures in the Markdown of a letter: in which order they stand, what they show, and which stand together.

A caption becomes the description of a picture that has none: the one line below it in its paragraph, or a following paragraph that is all in
italics, as a `<figcaption>` becomes. It stays visible too. A file name, and what a program guessed, is no description. Pictures that follow
each other make one paragraph, which pages show as a gallery.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.core.desk.grammar import unescaped

_IMAGE = re.compile(r"!\[((?:[^\[\]\\\n]|\\[^\n]){0,2000})\]\(<?cid:([^\s<>()]{1,500})>?\)")
_ALONE = re.compile(r"(?:!\[(?:[^\[\]\\\n]|\\[^\n]){0,2000}\]\(<?cid:[^\s<>()]{1,500}>?\)[ \t]{0,4}){1,100}")
_FILE_NAME = re.compile(r"[^/\n]{0,200}\.(?:jpe?g|png|gif|heic|heif|webp|avif|tiff?|bmp)", re.IGNORECASE)
_GUESSED = ("description automatically generated", "automatisch generierte beschreibung", "ai-generated content may be incorrect",
            "description générée automatiquement", "descripción generada automáticamente")  # fmt: skip
_EMPTY = frozenset(
    {"", "image", "img", "photo", "picture", "bild", "foto", "inline image", "inserted image", "pastedgraphic"}
)
_LONGEST_CAPTION = 300


@dataclass(frozen=True, slots=True)
class Described:
    """The text with its pictures in galleries, and what they show, by content id."""

    text: str
    alts: Mapping[str, str] = field(default_factory=dict)


def described(text: str) -> Described:
    """What the pictures of a text show, by its own words and by captions."""
    if "cid:" not in text:
        return Described(text)
    blocks = [block for block in text.split("\n\n") if block.strip()]
    alts: dict[str, str] = {}
    for number, block in enumerate(blocks):
        following = blocks[number + 1] if number + 1 < len(blocks) else ""
        caption = _caption(block, following)
        images = _IMAGE.findall(block)
        for alt, content_id in images:
            if alt := _meant(alt) or (caption if len(images) == 1 else ""):
                alts.setdefault(content_id, alt)
    return Described("\n\n".join(_galleries(text.split("\n\n"))), alts)


def order(text: str, content_ids: Sequence[str]) -> list[str]:
    """The ids in the order in which a reader meets them: those in the text first, then the others."""
    placed = list(dict.fromkeys(content_id for _, content_id in _IMAGE.findall(text)))
    known = set(content_ids)
    return [one for one in placed if one in known] + [one for one in content_ids if one not in set(placed)]


def with_alts(text: str, alts: Mapping[str, str]) -> str:
    """The text with each picture's description in its mark; guesses and file names go."""

    def mark(found: re.Match[str]) -> str:
        alt = "".join(f"\\{one}" if one in "[]\\" else one for one in alts.get(found[2], ""))
        return f"![{alt}](cid:{found[2]})"

    return _IMAGE.sub(mark, text) if "cid:" in text else text


def _meant(alt: str) -> str:
    words = " ".join(unescaped(alt).split()).strip()
    for guess in _GUESSED:
        at = words.lower().rfind(guess)
        if at >= 0:
            words = words[:at].rstrip(" ,.;")
    return "" if words.lower() in _EMPTY or _FILE_NAME.fullmatch(words) else words


def _caption(block: str, following: str) -> str:
    """The words under the one picture of a block."""
    first, _, rest = block.partition("\n")
    if not _ALONE.fullmatch(first.strip().removesuffix("\\").strip()):
        return ""
    line = rest.strip()
    if not line:
        line = following.strip()
        if not (len(line) > 2 and line[0] == line[-1] and line[0] in "*_" and line[1] != line[0]):
            return ""
    if "\n" in line or len(line) > _LONGEST_CAPTION or "![" in line:
        return ""
    return " ".join(unescaped(line.strip("*_")).split())


def _galleries(blocks: Sequence[str]) -> Iterator[str]:
    """The blocks, those that are nothing but pictures and follow each other put into one."""
    waiting: list[str] = []
    for block in blocks:
        lines = [line.strip().removesuffix("\\").strip() for line in block.strip().split("\n")]
        if all(_ALONE.fullmatch(line) for line in lines):
            waiting += lines
            continue
        if waiting:
            yield "\n".join(waiting)
            waiting = []
        yield block
    if waiting:
        yield "\n".join(waiting)
