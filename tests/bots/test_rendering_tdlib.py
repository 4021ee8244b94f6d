"""Telegram's own library takes what we send as it is, and what people send there survives becoming Markdown.

TDLib (PyPI `tdjson`) knows nothing of us. Its wheels are for Linux on x86-64 and Python up to 3.13.
"""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.bots.rendering import TelegramText, from_telegram, to_telegram
from gateway.bots.rendering.addresses import web_address
from tests.bots.rendering_normal import normal_form
from tests.bots.rendering_samples import MADE_BY_TELEGRAM, markdowns, odd_markdowns, telegram_messages, urls
from tests.bots.tdlib import Refused, TDLib
from tests.fakes.telegram_entities import formatted, is_link
from tests.fakes.telegram_errors import Refused as RefusedByFake

NO_LIMIT = 1_000_000
TDLIB = TDLib()


def taken(message: TelegramText) -> None:
    """Telegram stores just this."""
    assert TDLIB.text(message.text) == message.text
    assert message.text.rstrip(" \n") == message.text
    first = message.entities[0]["offset"] if message.entities else 0
    assert first == 0 or message.text.lstrip(" \n") == message.text
    stored = TDLIB.entities(message.text, message.entities)
    assert normal_form(message.text, stored) == normal_form(message.text, message.entities)
    assert {one.get("url") for one in stored} == {one.get("url") for one in message.entities}


@settings(max_examples=500, deadline=None)
@given(st.one_of(markdowns, odd_markdowns), st.sampled_from((NO_LIMIT, 50)))
def test_telegram_takes_every_message_made_from_markdown_as_it_is(markdown: str, limit: int) -> None:
    for message in to_telegram(markdown, limit):
        taken(message)


@settings(max_examples=500, deadline=None)
@given(telegram_messages())
def test_a_message_from_telegram_survives_becoming_markdown(message: tuple[str, list[dict[str, Any]]]) -> None:
    text, entities = TDLIB.text(message[0]), [one for one in message[1] if one["type"] not in MADE_BY_TELEGRAM]
    assume(text == message[0])
    try:
        stored = TDLIB.entities(text, entities)
    except Refused:
        assume(False)
    assume(all("Mention" not in one["type"] for one in stored))
    markdown = from_telegram(text, stored)
    shown = to_telegram(markdown, NO_LIMIT)
    assert len(shown) <= 1
    again = shown[0] if shown else TelegramText("")
    assert normal_form(again.text, again.entities) == normal_form(text, stored), markdown
    assert to_telegram(from_telegram(again.text, again.entities), NO_LIMIT) == shown, markdown
    for part in shown:
        taken(part)


@settings(max_examples=300, deadline=None)
@given(st.one_of(markdowns, odd_markdowns))
def test_no_message_names_anybody(markdown: str) -> None:
    for message in to_telegram(markdown):
        raw = bytearray(message.text, "utf-16-le")
        for entity in message.entities:
            if entity["type"] in {"code", "pre"}:  # where Telegram looks for no names
                raw[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2] = b" \0" * entity["length"]
        assert TDLIB.names(raw.decode("utf-16-le")) == []


def test_telegram_would_find_a_name_that_is_not_defused() -> None:
    assert TDLIB.names("hi @alice") == ["@alice"]


@pytest.mark.parametrize(
    "entity",
    [
        {"type": "bold", "offset": 1, "length": 2},
        {"type": "bold", "offset": 0, "length": 9},
        {"type": "bold", "offset": -1, "length": 2},
        {"type": "text_link", "offset": 2, "length": 1, "url": "http://localhost/x"},
        {"type": "text_link", "offset": 2, "length": 1, "url": "https://a.org:/"},
    ],
)
def test_our_fake_refuses_what_telegram_refuses(entity: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        TDLIB.entities("😀 x", [entity])
    with pytest.raises(RefusedByFake):
        formatted("😀 x", [entity], "")


@settings(max_examples=400, deadline=None)
@given(urls)
def test_our_fake_knows_a_link_as_telegram_does(url: str) -> None:
    assert is_link(url) == TDLIB.takes_link(url)


@settings(max_examples=400, deadline=None)
@given(urls)
def test_our_one_form_of_an_address_is_telegrams(url: str) -> None:
    for address in filter(None, (web_address(url), web_address(f"http://e.org/{url}"))):
        (stored,) = TDLIB.entities("x", [{"type": "text_link", "offset": 0, "length": 1, "url": address}])
        assert stored["url"] == address


@settings(max_examples=200, deadline=None)
@given(odd_markdowns)
def test_our_fake_changes_text_as_telegram_does(text: str) -> None:
    shown, _ = formatted(text, [], "")
    assert shown == TDLIB.text(text).strip(" \n") or not shown
