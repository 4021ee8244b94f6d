"""A post's title: whether it says anything, and the slug of its permalink."""

import re
import unicodedata

LONGEST_SLUG = 60

_LATIN = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "’": "",
        "'": "",
        "ʼ": "",
    }
)
_OF_LANGUAGE = {"de": str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})}  # elsewhere a mark above a vowel is left out
_CYRILLIC = "а-a б-b в-v г-g д-d е-e ж-zh з-z и-i й-y к-k л-l м-m н-n о-o п-p р-r с-s т-t у-u ф-f х-kh ц-ts ч-ch ш-sh щ-shch ъ- ы-y ь- э-e ю-yu я-ya є-ye і-i ї-yi ґ-g"
_GREEK = "α-a β-v γ-g δ-d ε-e ζ-z η-i θ-th ι-i κ-k λ-l μ-m ν-n ξ-x ο-o π-p ρ-r σ-s τ-t υ-y φ-f χ-ch ψ-ps ω-o ς-s"
_OTHER_SCRIPTS = str.maketrans({pair[0]: pair[2:] for pair in f"{_CYRILLIC} {_GREEK}".split()})
_WORD = re.compile(r"[a-z0-9]+")

_CALENDAR = """
    monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec
    montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    januar februar märz april mai juni juli august september oktober november dezember jänner okt dez
    lundi mardi mercredi jeudi vendredi samedi dimanche
    janvier février mars avril juin juillet août septembre octobre novembre décembre
    lunes martes miércoles jueves viernes sábado domingo
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre de
"""
_DAYS_AND_MONTHS = frozenset(_CALENDAR.split())
_NUMBER = re.compile(r"[0-9]+(?:st|nd|rd|th|er|t[0-9]+z?|am|pm|h|z)?")
_PART = re.compile(r"\w+")


def slug(title: str, language: str = "") -> str:
    """The title in ASCII for an address, spelt as its language does: lowercase words joined by hyphens; empty when nothing of it can be written so."""
    composed = unicodedata.normalize("NFC", title[:1000].lower())
    sounded = composed.translate(_OF_LANGUAGE.get(language[:2], {})).translate(_LATIN).translate(_OTHER_SCRIPTS)
    parted = unicodedata.normalize("NFKD", sounded).translate(_OTHER_SCRIPTS)
    letters = "".join(c for c in parted if not unicodedata.combining(c))
    kept = ""
    for word in _WORD.findall(letters):
        longer = f"{kept}-{word}" if kept else word[:LONGEST_SLUG]
        if len(longer) > LONGEST_SLUG:
            break
        kept = longer
    return kept


def display_title(title: str) -> str:
    """The title as shown in a timeline: empty when it is only a date or a number."""
    folded = " ".join(title.split())
    parts = _PART.findall(folded.lower())
    numbers = [part for part in parts if _NUMBER.fullmatch(part)]
    only_date = bool(numbers) and all(part in _DAYS_AND_MONTHS or part in numbers for part in parts)
    return "" if only_date else folded
