"""Long answers are cut into messages without losing a word, a link or a style."""

import re
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.bots.capabilities import SLACK
from gateway.bots.rendering import to_slack
from gateway.bots.slack import layout
from gateway.bots.slack.layout import pages
from gateway.bots.slack.views import Form, composer
from gateway.core.messages import Answer, Button, Picture
from tests.bots import rendering_samples as samples
from tests.bots.contract import JOINER
from tests.fakes.slack_blocks import block_faults
from tests.fakes.slack_text import pings

WORDS = st.lists(
    st.sampled_from(
        [
            "word",
            "*bold*",
            "[link](https://example.org/x)",
            "`code`",
            "@all",
            "x" * 700,
            "\n\n",
            "\n- item ",
            "\n1. one ",
            "\n> said ",
        ]
    ),
    min_size=1,
    max_size=400,
)


@given(WORDS)
@settings(max_examples=60, deadline=None)
def test_pages_hold_all_the_words_in_order_within_the_limits(words: list[str]) -> None:
    answer = Answer(" ".join(words))
    laid_out = pages(answer, with_pictures=True)
    whole = pages_of_any_length(answer)
    assert "".join(text_of(page.blocks) for page in laid_out).split() == whole.split()
    for page in laid_out:
        assert len(text_of(page.blocks).replace(JOINER, "")) <= SLACK.text + 800  # one list item may stand over
        assert len(page.text) <= 4000
        assert block_faults(list(page.blocks)) == []
        assert pings({"text": page.text, "blocks": list(page.blocks)}) == []


def pages_of_any_length(answer: Answer) -> str:
    shown = to_slack(answer.text, limit=10**9)
    return text_of([layout._defused(element) for block in shown.blocks for element in block["elements"]])


def text_of(value: Any) -> str:
    return "".join(_texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        if "elements" in value:
            yield from _texts(value["elements"])
        elif isinstance(value.get("text"), str):
            yield value["text"]


def test_one_word_without_end_is_cut() -> None:
    laid_out = pages(Answer("x" * 30_000), with_pictures=True)
    assert "".join(text_of(page.blocks) for page in laid_out) == "x" * 30_000
    assert len(laid_out) == 4


def test_an_ordered_list_goes_on_counting_in_the_next_message() -> None:
    text = "\n".join(f"{number}. {'word ' * 50}" for number in range(1, 101))
    lists = [page.blocks[0]["elements"][0] for page in pages(Answer(text), with_pictures=True)]
    offsets = [one.get("offset", 0) for one in lists]
    lengths = [len(one["elements"]) for one in lists]
    assert len(lists) > 2
    assert sum(lengths) == 100
    assert offsets == [sum(lengths[:number]) for number in range(len(lists))]


def test_an_escape_is_never_cut_in_two() -> None:
    for extra in range(8):
        text = pages(Answer("x" * extra + "<" * 5000), with_pictures=True)[0].text
        assert len(text) <= 4000
        assert text.removesuffix("…").lstrip("x").replace("&lt;", "") == ""


NAMING = (
    "@channel",
    "@here",
    "@everyone",
    "@bob",
    "<!channel>",
    "<@U1>",
    "<!subteam^S1>",
    "<!here|here>",
    "&lt;!here&gt;",
    "<",
    ">",
    "!",
    "@",
)
naming = st.lists(st.sampled_from((*NAMING, *samples.WORDS, *samples.MARKUP)), max_size=10).map("".join)


@settings(max_examples=300, deadline=None)
@given(naming, naming, naming, naming)
def test_no_words_anywhere_in_an_answer_notify_anybody(words: str, subject: str, label: str, alt: str) -> None:
    photo = Picture("0" * 64, "image/jpeg", "https://example.org/1", alt=alt)
    buttons = ((Button(label, action="x"),),)
    for answer in (
        Answer(words, subject=subject, buttons=buttons, pictures=(photo,)),
        Answer("", subject=subject, pictures=(photo,)),
    ):
        for page in pages(answer, with_pictures=True):
            shown = {"text": page.text, "blocks": list(page.blocks)}
            assert pings(shown) == []
            assert re.search(r"(?<!\w)@channel", page.text) is None
    form = composer(Form(), markdown=words, about=subject)
    assert (
        pings({"blocks": form["blocks"] + [one.get("element", {}).get("initial_value") for one in form["blocks"]]})
        == []
    )
