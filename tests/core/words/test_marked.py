"""What people are answered goes through the catalogues: no sentence is built where only English would come out."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.words.collect import GATEWAY, KEYWORDS

SAID = frozenset(
    {"Answer", "Button", "Invalid", "NotFound", "NotAllowed", "Conflict", "TooMuch"}
)  # what people are shown
ROOMS = ("bots", "core/desk", "core/people", "core/community", "core/writing", "newsletter")
FILES = sorted(file for room in ROOMS for file in (GATEWAY / room).rglob("*.py"))
PROSE = re.compile(r"[A-Za-z]{2,} [A-Za-z]|[A-Za-z]{3,}[.!?]( |$)|^[A-Z][a-z]+$")
# For those who run the place, who read English: settings, commands of the shell, and the keys' own checks.
OF_OPERATORS = frozenset(
    {"core/desk/reports.py", "core/people/tokens.py", "bots/slack/door.py", "bots/telegram/door.py"}
)


def unmarked(source: str) -> Iterator[tuple[int, str]]:
    """Prose that is given to what people are shown, and that no function of the catalogues has around it: line and words."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SAID:
            for argument in [*call.args, *(named.value for named in call.keywords)]:
                yield from _prose(argument)


def _prose(node: ast.AST) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Call(func=ast.Name(name)) if name in KEYWORDS:
            return
        case ast.Constant(value=str(words)) if PROSE.search(words):
            yield node.lineno, words
        case ast.JoinedStr(values):
            words = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in values)
            if PROSE.search(words):
                yield node.lineno, words
            for part in values:
                if isinstance(part, ast.FormattedValue):
                    yield from _prose(part.value)
        case ast.Call(args=args, keywords=keywords):
            for one in [*args, *(named.value for named in keywords)]:
                yield from _prose(one)
        case ast.Compare() | ast.Subscript():
            return  # names of ours, not words of ours
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _prose(child)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(GATEWAY)))
def test_what_people_are_answered_is_marked_for_the_catalogues(file: Path) -> None:
    if str(file.relative_to(GATEWAY)) not in OF_OPERATORS:
        assert list(unmarked(file.read_text("utf-8"))) == []


def test_the_search_finds_what_is_not_marked() -> None:
    source = 'Answer(f"You follow {name} now.", subject=t("Fine."))\nraise Invalid("Whom?", hint=later("Say so."))\nAnswer(t(x, why="So it is"))'
    assert list(unmarked(source)) == [(1, "You follow … now."), (2, "Whom?")]
