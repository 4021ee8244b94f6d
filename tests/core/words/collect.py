"""The sentences of the code, collected for the catalogues. `make words` brings the PO files up to date: new sentences in, unused ones out."""

import io
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import gateway
from gateway.core import words

GATEWAY = Path(gateway.__file__).parent
CATALOGUES = Path(words.__file__).parent
KEYWORDS = {"t": None, "n": (1, 2), "N": None, "later": None}
HEADERS = {"de": "# German for Postroom: readers are “du”, sentences short, no jargon.\n\n"}
METHODS = [("**.py", "python")]


def collected() -> Catalog:
    """Every sentence that the code marks, with the files it stands in."""
    found = Catalog(charset="utf-8")
    for path, _, message, _, _ in extract_from_dir(GATEWAY, METHODS, keywords=KEYWORDS):
        found.add(message, locations=[(f"gateway/{path}", 0)])
    return found


def written(language: str) -> Catalog:
    """The catalogue as its file stands."""
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def update(language: str) -> int:
    """Brings one PO file up to date; how many of its sentences have no translation."""
    catalogue = written(language)
    catalogue.update(collected(), no_fuzzy_matching=True, update_creation_date=False)
    out = io.BytesIO()
    write_po(out, catalogue, width=0, omit_header=True, ignore_obsolete=True, sort_by_file=True, include_lineno=False)
    (CATALOGUES / f"{language}.po").write_bytes(HEADERS[language].encode() + out.getvalue())
    return sum(1 for one in catalogue if one.id and not is_translated(one))


def is_translated(message: Message) -> bool:
    """Whether it has words in every form."""
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return bool(forms) and all(forms)


if __name__ == "__main__":
    for each in words.LANGUAGES:
        if each != words.SOURCE:
            print(f"{each}.po: {update(each)} sentences without a translation")
