"""Markdown and Slack's rich text say the same, in both directions, and nobody is notified by it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from slack_sdk.models.blocks import Block, RichTextBlock

from gateway.bots.rendering import from_slack, to_plain, to_slack
from gateway.bots.rendering.slack import TEXT_LIMIT
from tests.bots.rendering_samples import markdowns, slack_messages

JOINER = "\u2060"
NAMES = {"U1": "bob", "U2": "", "C1": "general"}


def elements(markdown: str) -> list[Mapping[str, Any]]:
    blocks = to_slack(markdown).blocks
    return list(blocks[0]["elements"]) if blocks else []


def section(*parts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(parts)}]}]


def test_styles_become_styled_text() -> None:
    assert elements("**b** *i* ~~s~~ `c` [l](https://e.org/) <u>u</u>")[0]["elements"] == [
        {"type": "text", "text": "b", "style": {"bold": True}},
        {"type": "text", "text": " "},
        {"type": "text", "text": "i", "style": {"italic": True}},
        {"type": "text", "text": " "},
        {"type": "text", "text": "s", "style": {"strike": True}},
        {"type": "text", "text": " "},
        {"type": "text", "text": "c", "style": {"code": True}},
        {"type": "text", "text": " "},
        {"type": "link", "url": "https://e.org/", "text": "l"},
        {"type": "text", "text": " u"},
    ]


def test_blocks_become_slacks() -> None:
    found = elements("# Tea\n\none\n\n> said\n\n```\ncode\n```\n\n1. a\n   - b\n2. c")
    assert [(e["type"], e.get("style"), e.get("indent"), e.get("offset")) for e in found] == [
        ("rich_text_section", None, None, None),
        ("rich_text_quote", None, None, None),
        ("rich_text_preformatted", None, None, None),
        ("rich_text_list", "ordered", 0, None),
        ("rich_text_list", "bullet", 1, None),
        ("rich_text_list", "ordered", 0, 1),
    ]


@pytest.mark.parametrize(
    "markdown",
    [
        "<!channel>",
        "\\<!channel>",
        "&lt;!here&gt;",
        "`<!everyone>`",
        "<@U12345>",
        "\\<@U12345>",
        "[x](<!channel>)",
        "<!subteam^S1|x>",
    ],
)
def test_no_markdown_notifies_anybody_in_slack(markdown: str) -> None:
    message = to_slack(f"hi {markdown}")
    assert "<" not in message.text
    assert ">" not in message.text
    kinds = {part["type"] for element in elements(f"hi {markdown}") for part in element["elements"]}
    assert kinds <= {"text", "link"}


def test_names_in_the_fallback_are_defused() -> None:
    assert to_slack("@channel & @bob").text == f"@{JOINER}channel &amp; @{JOINER}bob"


def test_a_very_long_post_is_cut_with_an_ellipsis() -> None:
    message = to_slack("word " * 10_000)
    shown = "".join(part["text"] for part in message.blocks[0]["elements"][0]["elements"])
    assert len(shown) <= TEXT_LIMIT + 1
    assert shown.endswith("…")
    assert len(message.text) <= 3_000


def test_nothing_to_say_has_no_blocks() -> None:
    assert to_slack("<!-- x -->") == to_slack("")
    assert to_slack("").blocks == ()


@pytest.mark.parametrize(
    ("parts", "markdown"),
    [
        ([{"type": "text", "text": "2 * 3 <b> # x"}], "2 \\* 3 \\<b> # x"),
        ([{"type": "text", "text": "b", "style": {"bold": True}}, {"type": "text", "text": " x"}], "**b** x"),
        ([{"type": "text", "text": "one\n\ntwo\nthree"}], "one\n\ntwo\\\nthree"),
        ([{"type": "link", "url": "https://e.org/"}], "<https://e.org/>"),
        ([{"type": "link", "url": "https://e.org/", "text": "e"}], "[e](https://e.org/)"),
        ([{"type": "link", "url": "javascript:1", "text": "e"}], "e"),
        ([{"type": "emoji", "name": "tea", "unicode": "1f375"}], "🍵"),
        ([{"type": "emoji", "name": "own_emoji"}], ":own_emoji:"),
        ([{"type": "user", "user_id": "U1"}], "@bob"),
        ([{"type": "user", "user_id": "U2"}], "somebody"),
        ([{"type": "channel", "channel_id": "C1"}], "#general"),
        ([{"type": "broadcast", "range": "channel"}], "everybody"),
        ([{"type": "date", "timestamp": 1, "fallback": "Monday"}], "Monday"),
        ([{"type": "new_in_2030", "text": 7}, {"type": "text"}], ""),
    ],
)
def test_rich_text_becomes_markdown(parts: list[dict[str, Any]], markdown: str) -> None:
    assert from_slack(section(*parts), "fallback", name_of=NAMES.__getitem__) == markdown


def test_blocks_count_more_than_the_text() -> None:
    assert from_slack(section({"type": "text", "text": "a*b"}), "*wrong*") == "a\\*b"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("*bold* _it_ ~st~ `co*d*e`", "**bold** _it_ ~~st~~ `co*d*e`"),
        ("2*3*4 snake_case_x", "2\\*3\\*4 snake_case_x"),
        ("<https://e.org/a_b|label> &lt;3", "[label](https://e.org/a_b) \\<3"),
        ("<mailto:a@b.org|a@b.org>", "<a@b.org>"),
        ("<@U1> <@U9> <!here> <#C1|general> <!subteam^S1|@x>", "@bob somebody everybody #general somebody"),
        ("&gt; q *b*\n&gt; r\nafter", "> q **b**\\\n> r\n\nafter"),
        ("a\n```x *y* &lt;```\nb", "a\n\n```\nx *y* <\n```\n\nb"),
        ("", ""),
        ("*", "\\*"),
    ],
)
def test_mrkdwn_becomes_markdown(text: str, markdown: str) -> None:
    assert from_slack(None, text, name_of=lambda identifier: "bob" if identifier == "U1" else "") == markdown


@pytest.mark.parametrize(
    "blocks", [[], [{}], [{"type": "rich_text"}], [{"type": "rich_text", "elements": 7}], [{"type": "section"}]]
)
def test_without_rich_text_the_text_is_read(blocks: list[dict[str, Any]]) -> None:
    assert from_slack(blocks, "*b*") == "**b**"


def test_nested_lists_come_back_nested() -> None:
    markdown = "1. a\n\n   - b\n\n     - c\n2. d"
    blocks = to_slack(markdown).blocks
    assert to_slack(from_slack(blocks, "")).blocks == blocks
    assert from_slack(blocks, "") == markdown


@settings(max_examples=300, deadline=None)
@given(markdowns.filter(lambda markdown: "@" not in markdown))
def test_markdown_to_slack_and_back_is_the_same_message(markdown: str) -> None:
    """Mail addresses aside: Markdown makes links of them wherever they stand."""
    message = to_slack(markdown)
    assert to_slack(from_slack(message.blocks, message.text)).blocks == message.blocks


def test_a_link_in_code_next_to_other_code_stays_a_link() -> None:
    parts = [
        {"type": "text", "text": "a", "style": {"code": True}},
        {"type": "link", "url": "https://e.org/", "text": "b", "style": {"code": True}},
        {"type": "link", "url": "https://e.org/c", "text": "c", "style": {"bold": True, "code": True}},
        {"type": "text", "text": "d", "style": {"bold": True}},
    ]
    assert from_slack(section(*parts), "") == "`a`[`b`](https://e.org/)<b>[`c`](https://e.org/c)d</b>"
    assert to_slack(from_slack(section(*parts), "")).blocks[0]["elements"][0]["elements"] == parts


def test_code_in_a_link_defines_no_link() -> None:
    linked = {"type": "link", "url": "https://e.org/", "text": "x[1]:2", "style": {"code": True}}
    assert to_slack(from_slack(section(linked), "")).blocks[0]["elements"][0]["elements"] == [linked]


@settings(max_examples=300, deadline=None)
@given(slack_messages())
def test_rich_text_becomes_markdown_and_the_same_rich_text_again(blocks: list[dict[str, Any]]) -> None:
    """Every sign, with its styles and its link, in the same kind of frame; white space has no look."""
    again = to_slack(from_slack(blocks, "")).blocks
    assert signs(again) == signs(blocks)
    assert to_slack(from_slack(again, "")).blocks == again


def signs(blocks: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """For each sign that shows: the frame it stands in, its look, and itself."""
    return [
        (element["type"], element.get("style", ""), *look(part), sign)
        for block in blocks
        for element in block["elements"]
        for part in parts_of(element)
        for sign in part["text"]
        if not sign.isspace()
    ]


def look(part: Mapping[str, Any]) -> tuple[frozenset[str], str]:
    return frozenset(part.get("style", ())), part.get("url", "")


@settings(max_examples=150, deadline=None)
@given(markdowns)
def test_any_message_is_one_that_slack_takes(markdown: str) -> None:
    message = to_slack(markdown)
    for block in message.blocks:
        assert isinstance(Block.parse(json.loads(json.dumps(block))), RichTextBlock)
        assert all(element["elements"] for element in block["elements"])
        for part in parts_of(block):
            assert part["text"]
            assert part["type"] in {"text", "link"}
    assert isinstance(to_plain(markdown), str)
    from_slack(None, markdown)


def parts_of(element: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if "elements" not in element:
        return [element]
    return [part for inner in element["elements"] for part in parts_of(inner)]


def test_plain_text_marks_quotations_and_spells_out_links() -> None:
    assert to_plain("**Tea** [here](https://e.org/) https://e.org/\n\n> said\n\n- a\n- b") == (
        "Tea here (https://e.org/) https://e.org/\n> said\n• a\n• b"
    )
