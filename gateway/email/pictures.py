"""Pictures in the Markdown of a letter: in which order they stand, what they show, and which stand together.

A caption becomes the description of a picture that has none: the one line below it in its paragraph, or a following paragraph that is all in
italics, as a `<figcaption>` becomes, or that looks like a caption (`_is_caption`), unless one that looks so stands above the picture, too: people write
captions above photos as well as below. It stays visible too. A file name, and what a program guessed, is no description. Pictures that follow
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
_LONGEST_CAPTION, _MOST_CAPTION_WORDS = 300, 20


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
    used = -1  # the number of the last block that is a caption of the picture above it
    for number, block in enumerate(blocks):
        following = blocks[number + 1] if number + 1 < len(blocks) else ""
        caption = _caption(block, following)
        above = blocks[number - 1] if number else ""
        if not caption and _is_caption(following, is_last=number + 2 == len(blocks)):
            is_clear = number - 1 == used or not (_is_caption(above) or _is_picture(above))
            caption = _words(following) if is_clear and _is_picture(block) else ""
            used = number + 1 if caption else used
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
    return _words(line)


def _is_picture(block: str) -> bool:
    return bool(_ALONE.fullmatch(block.strip().removesuffix("\\").strip()))


def _is_caption(block: str, *, is_last: bool = False) -> bool:
    """Whether a paragraph looks like a caption: one line of 3 to 20 words that is no sentence, list or heading. At the end of a letter a comma
    makes it a greeting (“Best wishes, Alice”)."""
    line = block.strip()
    if not line or "\n" in line or len(line) > _LONGEST_CAPTION or "![" in line or line[0] in "#>|-+*_`~":
        return False
    if not 3 <= len(line.split()) <= _MOST_CAPTION_WORDS or (is_last and "," in line):
        return False
    number = line.split()[0].rstrip(".)")
    return line[-1] not in ".!?:;,…-" and not (number.isdigit() and number != line.split()[0])


def _words(line: str) -> str:
    return " ".join(unescaped(line.strip().strip("*_")).split())


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
