"""The catalogues: PO files of this folder, read when their language is first spoken."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from gettext import c2py
from importlib.resources import files

from babel.messages.pofile import read_po

SOURCE = "en"  # what the code is written in
LANGUAGES = {"en": ("English", "English"), "de": ("Deutsch", "German")}  # their own names, and the English ones


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Sentences by their English; plural forms by the English singular, in the order that `form_of` counts them."""

    sentences: dict[str, str]
    plurals: dict[str, tuple[str, ...]]
    form_of: Callable[[int], int]


def sentence_of(language: str, sentence: str) -> str:
    """The sentence in that language, its fields not yet filled in; itself where there is no translation."""
    return sentence if language == SOURCE else catalogue(language).sentences.get(sentence, sentence)


def plural_of(language: str, one: str, many: str, count: int) -> str:
    """The form that goes with the count."""
    if language != SOURCE:
        known = catalogue(language)
        if forms := known.plurals.get(one):
            return forms[known.form_of(count)]
    return one if count == 1 else many


@cache
def catalogue(language: str) -> Catalogue:
    """What the language's file holds; fuzzy and empty translations are none."""
    with files(__package__).joinpath(f"{language}.po").open("rb") as file:
        read = read_po(file, locale=language, abort_invalid=True)
    told = [one for one in read if one.id and one.string and not one.fuzzy]
    sentences = {one.id: one.string for one in told if isinstance(one.id, str) and isinstance(one.string, str)}
    plurals = {
        one.id[0]: tuple(one.string)
        for one in told
        if not isinstance(one.id, str) and not isinstance(one.string, str | None) and all(one.string)
    }
    return Catalogue(sentences, plurals, c2py(read.plural_expr))
