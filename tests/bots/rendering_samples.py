"""What random messages are made of: whatever Markdown, HTML, Telegram or Slack could take for more than text."""

from typing import Any

from hypothesis import strategies as st

from gateway.bots.rendering.telegram import units

WORDS = [
    *(
        "a",
        "tea",
        "x_y",
        "b2",
        "😀",
        "ü",
        "日本",
        "“q”",
        "é",
        "\u00a0",
        "$",
        "{",
        "}",
        "-",
        ".",
        ",",
        '"',
        "'",
        " ",
        "  ",
        "\t",
    ),
    *(
        "_",
        "*",
        "**",
        "~~",
        "`",
        "``",
        "```",
        "~~~",
        "[",
        "]",
        "(",
        ")",
        "<",
        "<b>",
        "<!--",
        "&",
        "&amp;",
        "|",
        "|-|",
        ":-",
    ),
    *(
        "#",
        "# ",
        "- ",
        "1. ",
        "1)",
        "> ",
        "+ ",
        "=",
        "---",
        "***",
        "!",
        "![",
        "\\",
        "^1",
        "[^1]:",
        "_a_",
        "*b*",
        "\n",
        "\n\n",
    ),
    *("http://", "://", "http://x.yz/a_b*c", "https://x.yz/?a=1&copy;=2", "www.a_b.cc", "@bob", "@", "/start"),
]
MARKUP = [
    *(
        "\n- ",
        "\n1. ",
        "\n  - ",
        "\n> ",
        "\n# ",
        "\n---\n",
        "**",
        "_",
        "~~",
        "`",
        "\n\n",
        "\n```py\n",
        "\n```\n",
        "[^1]",
        "\n[^1]: n\n",
    ),
    *("<u>", "</u>", '<span class="spoiler">', "</span>", "<b>", "</b>", "<br>", "<details>", "|a|b|\n|-|-|\n|1|2|\n"),
    *("[a](http://b.c/(d))", "![x](http://i.j/k.png)", "![](cid:x)", "<mailto:a@b.cc>", "[call](tel:123)"),
]
TYPES = (
    *("bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "text_link"),
    *("blockquote", "expandable_blockquote", "url", "mention"),
)
LINKS = ("https://e.org/", "http://a.b/(c)_d*?x=1&copy=2#é", "https://e.org/\\`", "javascript:1", "tg://user?id=1")

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map("".join)
markdowns = st.lists(st.sampled_from(WORDS + MARKUP), min_size=1, max_size=16).map("".join)


@st.composite
def telegram_messages(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """A text with entities anywhere, overlapping as they like."""
    text = draw(texts)
    entities: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 4))):
        offset = draw(st.integers(0, units(text)))
        entity = {
            "type": draw(st.sampled_from(TYPES)),
            "offset": offset,
            "length": draw(st.integers(0, units(text) - offset)),
        }
        if entity["type"] == "text_link":
            entity["url"] = draw(st.sampled_from(LINKS))
        entities.append(entity)
    return text, entities
