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
MADE_BY_TELEGRAM = frozenset({"url", "mention"})  # found in the text by its servers; nobody sends them
LINKS = (
    *("https://e.org/", "http://a.b/(c)_d*?x=1&copy=2#é", "https://e.org/\\`[x]|y", "javascript:1", "tg://user?id=1"),
    *("http://münchen.de", "HTTPS://E.org:0443?q", "http://u:p@a.b/"),
)
LANGUAGES = ("", "py", "c++", "objective-c", "日本")
ODD = "\u030a\u0333\u033f\u2028\u202a\u202e\u200b\u200d\u2060\ufeff\u2800\ufffc\x01\x7f\x85\t\u0301"
ODD_LINKS = (
    "[x](http://localhost/x)",
    "<https://a>",
    "[y](http://a.b:)",
    "[z](http://münchen.de)",
    "http://a.b:99999/",
)

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map("".join)
markdowns = st.lists(st.sampled_from(WORDS + MARKUP), min_size=1, max_size=16).map("".join)

odd_markdowns = st.lists(
    st.one_of(st.sampled_from((*WORDS, *MARKUP, *ODD_LINKS, *ODD, "a\u030a")), st.text(max_size=5)), max_size=14
).map("".join)
url_parts = (
    *("a", "b", ".", ":", "/", "?", "#", "@", "%", "%41", "80", "0", "65536", " ", "\\", "ü", "日本"),
    *("_", "-", "*", "|", "~", "^", "e.org", "x.y", "]"),
)
urls = st.builds(
    lambda scheme, rest: scheme + "".join(rest),
    st.sampled_from(("http://", "https://", "HTTP://", "ftp://", "")),
    st.lists(st.sampled_from(url_parts), min_size=1, max_size=8),
)


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
        if entity["type"] == "pre" and (language := draw(st.sampled_from(LANGUAGES))):
            entity["language"] = language
        entities.append(entity)
    return text, entities


SLACK_STYLES = ("bold", "italic", "strike", "code")
slack_texts = st.lists(st.sampled_from([word for word in WORDS if "@" not in word]), min_size=1, max_size=4).map(
    "".join
)


@st.composite
def slack_parts(draw: st.DrawFn) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 5))):
        part: dict[str, Any] = {"type": "text", "text": draw(slack_texts)}
        if draw(st.booleans()):
            part |= {
                "type": "link",
                "url": draw(st.sampled_from(("https://e.org/", "http://a.b/(c)?x=1&y=2", "tel:1"))),
            }
        if styles := draw(st.sets(st.sampled_from(SLACK_STYLES))):
            part["style"] = dict.fromkeys(sorted(styles), True)
        parts.append(part)
    return parts


@st.composite
def slack_messages(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The blocks of a message: sections, quotations, code, lists in lists; any style on any part."""
    elements: list[dict[str, Any]] = []
    for kind in draw(st.lists(st.sampled_from(("section", "quote", "preformatted", "list")), min_size=1, max_size=4)):
        inside: list[dict[str, Any]] = draw(slack_parts())
        element: dict[str, Any] = {"type": f"rich_text_{kind}", "elements": inside}
        if kind == "preformatted":
            element["elements"] = [{"type": "text", "text": "".join(part["text"] for part in inside)}]
        if kind == "list":
            items = [inside, *draw(st.lists(slack_parts(), max_size=2))]
            style, indent = draw(st.sampled_from(("ordered", "bullet"))), draw(st.integers(0, 2))
            sections = [{"type": "rich_text_section", "elements": parts} for parts in items]
            element |= {"style": style, "indent": indent, "elements": sections}
        elements.append(element)
    return [{"type": "rich_text", "elements": elements}]
