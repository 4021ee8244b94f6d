"""The sentences of the code, collected for the catalogues. `make words` brings the PO files up to date: new sentences in, unused ones out."""

import ast
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

import gateway
from gateway.core import words

GATEWAY = Path(gateway.__file__).parent
CATALOGUES = Path(words.__file__).parent
KEYWORDS = {"t": 1, "n": 2, "N": 1, "later": 1}  # how many forms of a sentence each takes
HEADERS = {"de": "# German for Postroom: readers are “du”, sentences short, no jargon.\n\n"}


def collected() -> Catalog:
    """Every sentence that the code marks, with the files it stands in."""
    found = Catalog(charset="utf-8")
    for path in sorted(GATEWAY.rglob("*.py")):
        for message in marked(path.read_text(encoding="utf-8")):
            found.add(message, locations=[(f"gateway/{path.relative_to(GATEWAY).as_posix()}", 0)])
    return found


def marked(code: str) -> Iterator[str | tuple[str, ...]]:
    """The sentences of one file, in order. (Babel's own reader passes over what stands within an f-string.)"""
    calls = [one for one in ast.walk(ast.parse(code)) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)]
    for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        assert isinstance(call.func, ast.Name)
        given = call.args[: KEYWORDS.get(call.func.id, 0)]
        forms = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if all(forms) and 0 < len(forms) == len(given):
            yield forms[0] if len(forms) == 1 else tuple(forms)


def written(language: str) -> Catalog:
    """The catalogue as its file stands."""
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def update(language: str) -> int:
    """Brings one PO file up to date; how many of its sentences have no translation."""
    catalogue = written(language)
    catalogue.update(collected(), no_fuzzy_matching=True, update_creation_date=False)
    for message in catalogue:
        message.user_comments = []  # the head's, which reading gives to the first
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
