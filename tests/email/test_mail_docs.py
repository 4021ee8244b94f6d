"""What docs/members/mail.md promises of directives and options is what there is."""

import re
from pathlib import Path

import pytest

from gateway.core.messages import Wishes
from gateway.email.body import draft
from gateway.email.directives import Directives, in_text, of_options
from gateway.email.read import InboundEmail

PAGE = (Path(__file__).resolve().parents[2] / "docs/members/mail.md").read_text(encoding="utf-8")
ASKING = PAGE.partition("## Asking for more")[2].partition("\n## ")[0]
LINES = re.findall(r"^\| `([^`]+)` \|", ASKING, re.MULTILINE)
OPTIONS = sorted(set(re.findall(r"`alice\+([a-z]+)@`", PAGE)))


def test_the_page_lists_lines_and_options() -> None:
    assert len(LINES) >= 10
    assert {"draft", "page", "text", "html", "quiet"} <= set(OPTIONS)


@pytest.mark.parametrize("line", [*LINES, *re.findall(r"`(\[[a-z ,A-Z]+\]|:[a-z]+ [A-Z][a-z]+)`", ASKING)])
def test_every_line_on_the_page_is_a_directive(line: str) -> None:
    found = Directives()
    assert in_text(f"{line}\n\nWords.", found).strip() == "Words."
    assert found != Directives()
    assert found.notes == []


def test_the_example_does_what_it_shows() -> None:
    example = ASKING.partition("```text\n")[2].partition("```")[0]
    made = draft(InboundEmail(title="Harbour light", text=example))
    assert made.categories == ("Sailing", "Harbour")
    assert made.wishes == Wishes(date="tomorrow 9:00")
    assert made.text.startswith("The last ferry")


@pytest.mark.parametrize("option", [one for one in OPTIONS if one != "subscribe"])
def test_every_option_on_the_page_means_something(option: str) -> None:
    assert of_options((option,))[1] == ()


def test_every_option_that_means_something_is_on_the_page() -> None:
    [note] = of_options(("nothing",))[1]
    there_are = note.partition("There are: ")[2].rstrip(".").split(", ")
    assert set(there_are) == set(OPTIONS)
