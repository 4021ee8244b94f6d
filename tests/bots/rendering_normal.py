"""The normal form of a Telegram message: what of it a member would call the same.

- The text is parted into stretches: plain, of one quotation, of one block of code (in or outside a quotation).
- Tabs are spaces. Signs that Telegram takes away or that only join are left out. So is white space at both ends of a
  stretch and before a line's end; several empty lines are one, and so is a stretch without a word.
- White space has no style. Code has no other style, and no link.
- An address is as RFC 3986 writes it. What leads to no web page is no link.
- An expandable quotation is a quotation.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from gateway.bots.rendering.addresses import web_address
from gateway.bots.rendering.rich import tidy_code
from gateway.bots.rendering.telegram import units

STYLES = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
GONE = re.compile("[\x00-\x08\x0b-\x1f\x7f\u2028-\u202e\u030a\u0333\u033f\u2060\ufeff]")
SPACE = re.compile(r"\s+")

Look = tuple[frozenset[str], str]
PLAIN: Look = (frozenset(), "")


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch; `quote` tells neighbouring quotations apart by their order."""

    text: str
    looks: tuple[Look, ...] = ()
    quote: int = 0
    language: str | None = None  # of code


@dataclass(frozen=True, slots=True)
class _Sign:
    text: str
    quote: int
    pre: int
    language: str
    look: Look


def normal_form(text: str, entities: Iterable[Mapping[str, Any]]) -> list[Stretch]:
    signs = [sign for sign in _signs(text, list(entities)) if not GONE.match(sign.text)]
    found: list[Stretch] = []
    quotes: dict[int, int] = {}
    for (quote, pre, language), group in groupby(signs, key=lambda sign: (sign.quote, sign.pre, sign.language)):
        inside = list(group)
        stretch = _code(inside, language) if pre else _words(inside)
        if not stretch.text:
            continue
        number = quotes.setdefault(quote, len(quotes) + 1) if quote else 0
        before = found[-1] if found else None
        if before and not pre and before.language is None and before.quote == number:  # parted by nothing to see
            stretch = Stretch(f"{before.text}\n\n{stretch.text}", (*before.looks, PLAIN, PLAIN, *stretch.looks))
            found.pop()
        found.append(Stretch(stretch.text, stretch.looks, number, stretch.language))
    return found


def _signs(text: str, entities: list[Mapping[str, Any]]) -> Iterable[_Sign]:
    inner = sorted(entities, key=lambda one: (one["offset"], -one["length"]))
    at = 0
    for character in text:
        end = at + units(character)
        over = [one for one in inner if one["offset"] <= at < one["offset"] + one["length"]]
        quote = next((one["offset"] + 1 for one in over if one["type"] in QUOTES), 0)
        pre = next((one for one in over if one["type"] == "pre"), None)
        kinds = {one["type"] for one in over}
        look = (
            (frozenset({"code"}), "")
            if "code" in kinds
            else (frozenset(kinds & STYLES), next((web_address(one["url"]) for one in over if "url" in one), ""))
        )
        language = pre.get("language", "") if pre else ""
        yield _Sign(character, quote, pre["offset"] + 1 if pre else 0, language, look)
        at = end


def _code(signs: list[_Sign], language: str) -> Stretch:
    return Stretch(tidy_code("".join(sign.text for sign in signs).expandtabs(4)), language=language)


def _words(signs: list[_Sign]) -> Stretch:
    text = "".join(sign.text for sign in signs).replace("\t", " ")
    looks = [PLAIN if sign.text.isspace() else sign.look for sign in signs]
    parts: list[str] = []
    kept: list[Look] = []
    at = 0
    for space in SPACE.finditer(text):
        parts += [text[at : space.start()], _one_space(space[0])]
        kept += [*looks[at : space.start()], *[PLAIN] * len(parts[-1])]
        at = space.end()
    whole = "".join((*parts, text[at:]))
    kept += looks[at:]
    first, last = len(whole) - len(whole.lstrip()), len(whole.rstrip())
    return Stretch(whole[first:last], tuple(kept[first:last]))


def _one_space(space: str) -> str:
    match space.count("\n"):
        case 0:
            return space
        case 1:
            return space[space.index("\n") :]
    return "\n\n"
