"""What an owner says of the next issue of their newsletter: read from the words behind `newsletter`.

newsletter           newsletter intro: A quiet week.          newsletter without k7f          newsletter monthly test   newsletter pause 5

What is mailed can't be called back. So words that only look like these are taken for a command, too, which is then refused with a hint.
"""

import string
from dataclasses import dataclass
from difflib import get_close_matches

from gateway.core.writing.references import is_reference

LOOK = "look"
CADENCES = frozenset({"weekly", "monthly"})
_WORDS = frozenset({"intro", "subject"})  # take words, behind a colon
_POSTS = {"without": "without", "with": "with", "first": "first", "order": "first"}  # take short references
_ALONE = frozenset({"test", "preview"})
_ON_ITS_WAY = frozenset({"pause", "resume", "cancel"})  # alone, or with an issue's number
_GUESSED = frozenset({"send", "stop", "skip", "daily"})  # mean nothing, but are said by who believes so
_SAID = _WORDS | _POSTS.keys() | _ALONE | _ON_ITS_WAY | _GUESSED | CADENCES
_SHORT = 4  # words among which a reference shows what was meant


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done with the issue. `cadence` is empty when none was named."""

    what: str
    cadence: str = ""
    words: str = ""
    references: tuple[str, ...] = ()
    number: int | None = None  # of an issue that is on its way


def asked(words: str) -> Asked | None:
    """What the words behind `newsletter` ask for; None when they are not that."""
    first, rest = _split(words)
    cadence = ""
    if first.lower() in CADENCES:
        cadence, (first, rest) = first.lower(), _split(rest)
    name, colon, tail = first.partition(":")
    name = name.lower()
    if not first:
        return Asked(LOOK, cadence)
    if name in _WORDS and colon:
        return Asked(name, cadence, words=f"{tail} {rest}".strip())
    if name in _ALONE and not rest and not tail:
        return Asked(name, cadence)
    if name in _ON_ITS_WAY and not colon and not cadence and (not rest or (rest.isdecimal() and len(rest) < 16)):
        return Asked(name, number=int(rest) if rest else None)
    references = tuple(one.strip("[]").lower() for one in rest.replace("\\", "").replace(",", " ").split())
    if name in _POSTS and references and all(map(_is_like_reference, references)):
        return Asked(_POSTS[name], cadence, references=references)
    return None


def is_meant(words: str) -> bool:
    """Whether the words behind `newsletter` ask for something, or look as if they were to: one of its words or nearly, `word:`, a reference, numbers."""
    if asked(words) is not None:
        return True
    line = words.split("\n", 1)[0].replace("\\", "").replace(",", " ").split()
    if not line:
        return False
    if line[0].endswith(":") or any(":" in word and _is_nearly(word.partition(":")[0], _WORDS) for word in line[:3]):
        return True
    numbered = [_is_like_reference(word.strip("[].")) or word.isdecimal() for word in line]
    return _is_nearly(line[0], _SAID) or all(numbered[1:] or numbered) or any(map(is_reference, line[:_SHORT]))


def _is_nearly(word: str, known: frozenset[str]) -> bool:
    """Whether it is one of these words, or one with a slip or two letters exchanged."""
    word = word.strip(string.punctuation).lower()
    if not 2 < len(word) < 12:
        return False
    letters = sorted(word)
    return bool(get_close_matches(word, known, n=1, cutoff=0.8)) or any(sorted(one) == letters for one in known)


def takes_all(words: str) -> bool:
    """Whether these words go on to the end of the message, over several paragraphs."""
    said = asked(words)
    return said.what == "intro" if said is not None else is_meant(words)


def _is_like_reference(word: str) -> bool:
    """A mistyped one counts, too: it is answered that there is no such post, and not published."""
    return is_reference(word) or (word.isalnum() and len(word) <= 8 and any(c.isdigit() for c in word))


def _split(text: str) -> tuple[str, str]:
    first, *rest = text.split(None, 1) or [""]
    return first, rest[0] if rest else ""
