"""The members' page says of every style what each platform makes of it; the table is what the renderers do."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.bots.rendering import from_slack, from_telegram, to_plain, to_slack, to_telegram
from gateway.core.writing.markup import VOID, tokens
from gateway.core.writing.text import render
from tests.pages import says

PAGE = Path(__file__).resolve().parents[2] / "docs" / "members" / "chats.md"
BEGIN, END = "<!-- The table is checked by tests/bots/test_rendering_docs.py -->\n\n", "\n\n<!-- end of the table -->"
WORD = "tea"
ROWS = {
    "bold": "**tea**",
    "italic": "*tea*",
    "underlined": "<u>tea</u>",
    "struck through": "~~tea~~",
    "spoiler": '<span class="spoiler">tea</span>',
    "code": "`tea`",
    "code block": "```\ntea\n```",
    "code block in a language": "```py\ntea\n```",
    "link": "[tea](https://e.org/)",
    "mail link": "[tea](mailto:a@e.org)",
    "link within your network": "[tea](http://server/)",
    "heading": "# tea",
    "quotation": "> tea",
    "code block in a quotation": "> ```\n> tea\n> ```",
    "list": "- tea",
    "numbered list": "1. tea",
    "list in a list": "- a\n  - tea",
    "table": "|a|\n|-|\n|tea|",
    "picture in the text": "![tea](https://e.org/t.png)",
    "name of a member": "@tea",
}
NAMES = {
    "text_link": "link",
    "pre": "code block",
    "blockquote": "quotation",
    "strikethrough": "struck through",
    "underline": "underlined",
    "strike": "struck through",
    "preformatted": "code block",
    "quote": "quotation",
    "strong": "bold",
    "em": "italic",
    "u": "underlined",
    "del": "struck through",
    "a": "link",
    "h1": "heading",
    "img": "picture",
    "ul": "list",
    "ol": "numbered list",
    "table": "table",
}
PASSED_OVER = frozenset({"p", "li", "thead", "tbody", "tr", "td", "th", "span"})


def telegram(markdown: str) -> str:
    (message,) = to_telegram(markdown, mention_url=page_of)
    at = message.text.index(WORD)
    over = [one for one in message.entities if one["offset"] <= at < one["offset"] + one["length"]]
    kinds = [NAMES.get(one["type"], one["type"]) + (" in its language" if "language" in one else "") for one in over]
    return cell(kinds, message.text.replace("\u2060", "").split("\n")[-1])


def slack(markdown: str) -> str:
    for element in to_slack(markdown, mention_url=page_of).blocks[0]["elements"]:
        kind = element["type"].removeprefix("rich_text_")
        kinds = [] if kind == "section" else [NAMES.get(kind, kind)]
        kinds = ["numbered list"] if element.get("style") == "ordered" else kinds
        kinds += ["in a list"] if element.get("indent") else []
        for part in leaves(element):
            if WORD in part["text"]:
                looks = [NAMES.get(style, style) for style in part.get("style", ())]
                return cell([*kinds, *(["link"] if part["type"] == "link" else []), *looks], part["text"])
    raise AssertionError(markdown)


def console(markdown: str) -> str:
    return cell([], to_plain(markdown).split("\n")[-1])


def mail(markdown: str) -> str:
    inside: list[str] = []
    for token in tokens(render(markdown, mention_url=page_of)):
        if WORD in token.text or (token.name == "img" and WORD in token.attributes.get("alt", "")):
            kinds = [*inside, *([token.name] if token.name else [])]
            return cell(list(html_names(kinds)), token.text)
        if token.name and token.name not in VOID:
            inside = inside[:-1] if token.closing else [*inside, name_of(token.name, token.attributes)]
    raise AssertionError(markdown)


def name_of(tag: str, attributes: Mapping[str, str]) -> str:
    return f"{tag} in its language" if tag == "code" and "class" in attributes else tag


def html_names(tags: list[str]) -> Iterator[str]:
    for at, tag in enumerate(tags):
        if tag == "pre":
            yield "code block" + tags[at + 1].removeprefix("code")
        elif tag == "blockquote":
            yield "quotation"
        elif tag not in PASSED_OVER and not (at and tags[at - 1] == "pre"):
            yield NAMES.get(tag, tag)


def cell(kinds: list[str], text: str) -> str:
    if len(kinds) == 2 and kinds[0] == kinds[1]:
        return f"{kinds[0]} in a {kinds[1]}"
    if kinds[-1:] == ["in a list"]:
        return "list in a list"
    said = ", ".join(kinds)
    return said or ("words only" if text.strip() == WORD else f"`{text}`")


def page_of(handle: str) -> str:
    return f"https://{handle}.example.org/"


def leaves(element: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [leaf for one in element["elements"] for leaf in leaves(one)] if "elements" in element else [element]


PLATFORMS: dict[str, Callable[[str], str]] = {"Telegram": telegram, "Slack": slack, "Console": console, "Mail": mail}


def test_the_members_page_says_what_each_platform_makes_of_every_style() -> None:
    lines = [f"| You write | {' | '.join(PLATFORMS)} |", "|---" * (1 + len(PLATFORMS)) + "|"]
    for name, markdown in ROWS.items():
        lines.append(f"| {name} | {' | '.join(make(markdown) for make in PLATFORMS.values())} |")
    table = "\n".join(lines)
    says("members/chats.md", table, begin=BEGIN, end=END)


def one(kind: str, text: str, **more: Any) -> str:
    """The Markdown of a Telegram message that is one entity."""
    return from_telegram(text, [{"type": kind, "offset": 0, "length": len(text.encode("utf-16-le")) // 2, **more}])


def part(**values: str) -> str:
    """The Markdown of a Slack message that is one part."""
    return from_slack([{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [values]}]}], "")


LOST = [
    ("Custom emoji", one("custom_emoji", "🍵", custom_emoji_id="1"), "🍵"),
    ("Quotations that open", one("expandable_blockquote", "tea"), "> tea"),
    ("Links to Telegram accounts", one("text_link", "x", url="tg://user?id=1"), "x"),
    ("The language of code", one("pre", "x", language="a b"), "```\nx\n```"),
    ("Dates", one("date_time", "noon", unix_time=1), "noon"),
    ("Several empty lines", from_telegram("a\n\n\n\nb"), "a\n\nb"),
    ("Tabs", to_telegram("a\tb")[0].text, "a b"),
    ("Your workspace's own emoji", part(type="emoji", name="party"), ":party:"),
    ("colours", part(type="color", value="#fff"), "#fff"),
]


@pytest.mark.parametrize(("name", "made", "wanted"), LOST, ids=[name for name, _, _ in LOST])
def test_what_is_lost_is_lost_as_the_page_says(name: str, made: str, wanted: str) -> None:
    assert made == wanted
    assert name in PAGE.read_text("utf-8")
