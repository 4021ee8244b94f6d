"""Markdown and Telegram's entities say the same, in both directions, and nobody is notified by it."""

from collections.abc import Mapping
from typing import Any

import pytest
from aiogram.types import MessageEntity
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.bots.capabilities import TELEGRAM
from gateway.bots.rendering import TelegramText, from_telegram, to_telegram
from gateway.bots.rendering.telegram import MOST_ENTITIES, units
from tests.bots.rendering_normal import normal_form
from tests.bots.rendering_samples import MADE_BY_TELEGRAM, markdowns, telegram_messages
from tests.email.growth import grows_linearly

JOINER = "\u2060"
NO_LIMIT = 1_000_000


def one(markdown: str) -> TelegramText:
    messages = to_telegram(markdown)
    assert len(messages) == 1
    return messages[0]


def cut(message: TelegramText, entity: Mapping[str, Any]) -> str:
    raw = message.text.encode("utf-16-le")
    return raw[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2].decode("utf-16-le")


def said(message: TelegramText) -> list[tuple[str, str]]:
    return [(entity["type"], cut(message, entity)) for entity in message.entities]


def valid(message: TelegramText) -> bool:
    """By aiogram's description of the Bot API, inside the text, whole characters, and nested as the API asks."""
    open_ends: list[int] = []
    for entity in message.entities:
        MessageEntity.model_validate(dict(entity), strict=True)
        assert entity["length"] > 0
        assert cut(message, entity).strip(), entity
        while open_ends and open_ends[-1] <= entity["offset"]:
            open_ends.pop()
        end = entity["offset"] + entity["length"]
        assert end <= (open_ends[-1] if open_ends else units(message.text))
        open_ends.append(end)
    return True


def words(text: str) -> str:
    return "".join(character for character in text if not character.isspace() and character != JOINER)


def test_styles_become_entities() -> None:
    message = one("**b** *i* <u>u</u> ~~s~~ `c` <span class='spoiler'>p</span> [l](https://e.org/)")
    assert message.text == "b i u s c p l"
    assert said(message) == [
        ("bold", "b"),
        ("italic", "i"),
        ("underline", "u"),
        ("strikethrough", "s"),
        ("code", "c"),
        ("spoiler", "p"),
        ("text_link", "l"),
    ]
    assert message.entities[-1]["url"] == "https://e.org/"


def test_blocks_become_text_quotations_and_code() -> None:
    message = one("# Tea\n\none\ntwo\\\nthree\n\n> said\n>\n> more\n\n- a\n- b\n  1. c\n\n```py\nx = 1\n```\nend")
    assert message.text == "Tea\n\none two\nthree\nsaid\n\nmore\n• a\n• b\n  1. c\nx = 1\nend"
    assert said(message) == [("bold", "Tea"), ("blockquote", "said\n\nmore"), ("pre", "x = 1")]
    assert message.entities[-1]["language"] == "py"


def test_offsets_count_as_telegram_counts() -> None:
    assert one("😀 **x**").entities == ({"type": "bold", "offset": 3, "length": 1},)
    assert from_telegram("😀 x", [{"type": "bold", "offset": 3, "length": 1}]) == "😀 **x**"


def test_nothing_to_say_is_no_message() -> None:
    assert to_telegram(" \n<!-- x -->") == []
    assert from_telegram("", []) == ""


def test_mail_and_telephone_links_are_spelled_out() -> None:
    assert one("[write](mailto:alice@example.org) or alice@example.org").text == (
        "write (alice@example.org) or alice@example.org"
    )


@pytest.mark.parametrize(
    "markdown",
    [
        "@alice",
        "hi @alice_b!",
        "<b>@</b>alice",
        "(@alice)",
        "[@alice](https://e.org)",
        "@*alice*",
        "x\\\n@alice",
        "`@`alice",
    ],
)
def test_no_name_is_left_for_telegram_to_notify(markdown: str) -> None:
    text = one(markdown).text
    assert "@" + JOINER in text
    assert "@a" not in text
    assert from_telegram(text).replace("\\", "").replace("\n", " ") in {
        "@alice",
        "hi @alice_b!",
        "(@alice)",
        "x @alice",
    }


def test_a_mail_address_stays_as_it_is_for_copying() -> None:
    assert one("write to alice.k3v9@post.example.org").text == "write to alice.k3v9@post.example.org"


def test_no_markdown_makes_a_link_to_a_telegram_account() -> None:
    assert one("[x](tg://user?id=1)").entities == ()
    assert "tg:" not in from_telegram("x", [{"type": "text_link", "offset": 0, "length": 1, "url": "tg://user?id=1"}])


@pytest.mark.parametrize("link", ["http://localhost:8/x", "https://a", "http://a.b:", "http://a.b:0/", "http://."])
def test_a_link_that_telegram_refuses_is_spelled_out(link: str) -> None:
    message = one(f"[tea]({link}) and **pot**")
    assert message.text == f"tea ({link}) and pot"
    assert said(message) == [("bold", "pot")]
    assert one(f"see <{link}>").text == f"see {link}"


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("HTTPS://E.org", "https://e.org/"),
        ("http://münchen.de?q=ü", "http://xn--mnchen-3ya.de/?q=%C3%BC"),
        ("http://e.org:080/[x]|y`", "http://e.org:80/%5Bx%5D%7Cy%60"),
        ("http://me:p%61@e.org/", "http://me:pa@e.org/"),
    ],
)
def test_an_address_is_written_in_one_form(link: str, address: str) -> None:
    assert one(f"[tea](<{link}>)").entities[0]["url"] == address


def test_an_international_address_that_shows_itself_stays_as_it_is() -> None:
    assert one("http://münchen.de/x") == TelegramText("http://münchen.de/x")


def test_signs_that_telegram_changes_are_changed_before_offsets_are_counted() -> None:
    message = one("A\u030angstr\u0333o\u202em\ttea **x**")
    assert message.text == "Ångstrom tea x"
    assert message.entities == ({"type": "bold", "offset": 13, "length": 1},)
    assert one("```\na\n\tb\n```").text == "a\n    b"


@pytest.mark.parametrize("nothing", ["\u200b", "&#8203; &#10240;", "\u2060**\ufeff\u200d**", "```\n\u200b\n```"])
def test_signs_without_a_shape_are_nothing_to_say(nothing: str) -> None:
    assert to_telegram(nothing) == []
    assert from_telegram("\u200b \u200d") == ""


def test_code_in_a_quotation_stays_code_in_it() -> None:
    message = one("> said\n>\n> ```py\n> x = 1\n>\n> y\n> ```\n>\n> more\n\nend")
    assert message.text == "said\nx = 1\n\ny\nmore\nend"
    assert said(message) == [("blockquote", "said\nx = 1\n\ny\nmore"), ("pre", "x = 1\n\ny")]
    assert (
        from_telegram(message.text, message.entities) == "> said\n>\n> ```py\n> x = 1\n>\n> y\n> ```\n>\n> more\n\nend"
    )


def test_a_long_quotation_with_code_is_parted_into_whole_ones() -> None:
    quoted = "\n".join(f"> line {number}" for number in range(30))
    messages = to_telegram(f"> ```\n{quoted}\n> ```\n>\n{quoted}", 120)
    assert all(valid(message) for message in messages)
    assert all(said(message)[0] == ("blockquote", message.text) for message in messages)


def test_mentions_may_link_to_members_pages() -> None:
    message = to_telegram("@alice", mention_url=lambda handle: f"https://{handle}.example.org/")[0]
    assert message.entities[0]["url"] == "https://alice.example.org/"
    assert message.text == f"@{JOINER}alice"


def test_a_long_post_is_parted_between_words_and_none_is_lost() -> None:
    post = "\n\n".join(f"{number} " + "word " * 200 + f"**bold {number}**" for number in range(20))
    messages = to_telegram(post)
    assert len(messages) > 4
    assert all(units(message.text) <= TELEGRAM.text and valid(message) for message in messages)
    assert " ".join(message.text for message in messages).split() == post.replace("*", "").split()
    assert [text for message in messages for kind, text in said(message)] == [f"bold {number}" for number in range(20)]


def test_a_caption_is_short() -> None:
    messages = to_telegram("word " * 500, TELEGRAM.caption)
    assert all(units(message.text) <= TELEGRAM.caption for message in messages)


def test_text_is_parted_beside_an_entity_rather_than_in_it() -> None:
    messages = to_telegram("word " * 10 + "[a long link](https://e.org) word", 60)
    assert said(messages[1]) == [("text_link", "a long link")]


def test_no_emoji_is_torn_apart() -> None:
    messages = to_telegram("👨‍👩‍👧" * 100, 41)
    assert "".join(message.text for message in messages) == "👨‍👩‍👧" * 100
    assert all(not message.text.startswith("\u200d") and not message.text.endswith("\u200d") for message in messages)


def test_long_code_is_parted_into_whole_code_blocks() -> None:
    code = "\n".join(f"line {number}" for number in range(1000))
    messages = to_telegram(f"```py\n{code}\n```")
    assert len(messages) > 1
    assert all([kind for kind, _ in said(message)] == ["pre"] for message in messages)
    assert "\n".join(message.text for message in messages) == code


def test_no_message_has_more_entities_than_telegram_keeps() -> None:
    messages = to_telegram("**a** b " * 500)
    assert all(len(message.entities) <= MOST_ENTITIES and valid(message) for message in messages)
    assert sum(len(message.entities) for message in messages) == 500


@pytest.mark.parametrize(
    ("text", "entities", "markdown"),
    [
        ("2 * 3 * 4 and snake_case", [], "2 \\* 3 \\* 4 and snake_case"),
        ("# no heading\n- no list", [], "\\# no heading\\\n\\- no list"),
        ("1. no list", [], "1\\. no list"),
        ("one\n\n\ntwo", [], "one\n\ntwo"),
        ("<b>&amp;", [], "\\<b>\\&amp;"),
        ("see https://e.org/a_b.", [{"type": "url", "offset": 4, "length": 17}], "see <https://e.org/a_b>."),
        ("see e.org", [{"type": "url", "offset": 4, "length": 5}], "see [e.org](http://e.org)"),
        ("ab", [{"type": "bold", "offset": 1, "length": 1}], "a<b>b</b>"),
        ("a b ", [{"type": "bold", "offset": 0, "length": 2}], "**a** b"),
        ("said\nyes", [{"type": "blockquote", "offset": 0, "length": 4}], "> said\n\nyes"),
        ("x\ny", [{"type": "pre", "offset": 0, "length": 3, "language": "c++"}], "```c++\nx\ny\n```"),
        ("x", [{"type": "pre", "offset": 0, "length": 1, "language": "日本"}], "```日本\nx\n```"),
        ("@bob @alice", [{"type": "mention", "offset": 0, "length": 4}], "@bob @alice"),
        ("bob", [{"type": "text_mention", "offset": 0, "length": 3, "user": {"id": 1}}], "bob"),
    ],
)
def test_a_message_becomes_markdown(text: str, entities: list[dict[str, Any]], markdown: str) -> None:
    assert from_telegram(text, entities) == markdown


@pytest.mark.parametrize(
    "entity",
    [
        {},
        {"type": "bold"},
        {"type": "bold", "offset": -1, "length": 2},
        {"type": "bold", "offset": 1, "length": -1},
        {"type": "bold", "offset": "0", "length": None},
        {"type": "bold", "offset": 90, "length": 9},
        {"type": "text_link", "offset": 0, "length": 1},
        {"type": "pre", "offset": 0, "length": 1, "language": 7},
        {"type": "custom_emoji", "offset": 0, "length": 2, "custom_emoji_id": "1"},
        {"type": "new_in_2030", "offset": 0, "length": 2},
    ],
)
def test_entities_that_make_no_sense_are_left_out(entity: dict[str, Any]) -> None:
    assert from_telegram("text", [entity]) in {"text", "```\nt\n```\n\next"}


def test_an_entity_past_the_end_reaches_to_the_end() -> None:
    assert from_telegram("text", [{"type": "bold", "offset": 0, "length": 99}]) == "**text**"


@settings(max_examples=300, deadline=None)
@given(telegram_messages())
def test_every_character_of_a_message_survives(message: tuple[str, list[dict[str, Any]]]) -> None:
    text, entities = message
    shown = to_telegram(from_telegram(text, entities), NO_LIMIT)
    assert words("".join(part.text for part in shown)) == words(text)
    assert all(valid(part) for part in shown)


@settings(max_examples=300, deadline=None)
@given(telegram_messages())
def test_every_style_frame_and_link_survives_in_normal_form(message: tuple[str, list[dict[str, Any]]]) -> None:
    """Overlapping as no server would send them, too: rendering_normal.py says what wins."""
    text, entities = message[0], [entity for entity in message[1] if entity["type"] not in MADE_BY_TELEGRAM]
    shown = to_telegram(from_telegram(text, entities), NO_LIMIT)
    again = shown[0] if shown else TelegramText("")
    assert normal_form(again.text, again.entities) == normal_form(text, entities)


@settings(max_examples=300, deadline=None)
@given(st.one_of(markdowns, telegram_messages().map(lambda message: from_telegram(*message))))
def test_markdown_to_telegram_and_back_is_the_same_message(markdown: str) -> None:
    shown = to_telegram(markdown, NO_LIMIT)
    assert all(valid(part) for part in shown)
    again = to_telegram(from_telegram(shown[0].text, shown[0].entities), NO_LIMIT) if shown else []
    assert again == shown


@settings(max_examples=100, deadline=None)
@given(markdowns, st.integers(20, 60))
def test_parts_are_within_the_limit_and_lose_nothing(markdown: str, limit: int) -> None:
    whole, parts = to_telegram(markdown, NO_LIMIT), to_telegram(markdown, limit)
    assert all(0 < units(part.text) <= limit and valid(part) for part in parts)
    assert words("".join(part.text for part in parts)) == words("".join(part.text for part in whole))


@pytest.mark.parametrize(("piece", "end"), [("word ", ""), ("**a** _b_ ", ""), ("@a ", ""), ("> ", "a"), ("*", "")])
def test_the_cost_of_long_text_grows_with_its_length(piece: str, end: str) -> None:
    def there_and_back(markdown: str) -> None:
        for message in to_telegram(markdown)[:3]:
            from_telegram(message.text, message.entities)

    grows_linearly(lambda size: piece * (size // len(piece)) + end, there_and_back, size=3_000)
