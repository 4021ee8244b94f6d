"""Text as Slack's client makes it when somebody types, as it shows what a bot sent, and whom it would notify."""

from typing import Any

from tests.fakes.wire import Json

MARKS = {"*": "bold", "_": "italic", "~": "strike", "`": "code"}


def escape(text: str) -> str:
    """The three characters that mrkdwn keeps for itself."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def typed(text: str) -> tuple[str, list[Json]]:
    """The mrkdwn `text` and the rich_text `blocks` of a message typed into Slack's own client."""
    parts: list[Json] = []
    lines = text.split("\n")
    while lines:
        if lines[0].startswith("```"):
            parts.append(_preformatted(lines))
        elif lines[0].startswith("> "):
            parts.append({"type": "rich_text_quote", "elements": inline("\n".join(_run(lines, "> ")))})
        elif lines[0].startswith(("• ", "- ")):
            items = _run(lines, "• ", "- ")
            sections = [{"type": "rich_text_section", "elements": inline(item)} for item in items]
            parts.append({"type": "rich_text_list", "style": "bullet", "indent": 0, "border": 0, "elements": sections})
        else:
            parts.append({"type": "rich_text_section", "elements": inline("\n".join(_plain(lines)))})
    blocks = [{"type": "rich_text", "block_id": "Pm0s", "elements": parts}] if text else []
    return _mrkdwn(parts), blocks


def _preformatted(lines: list[str]) -> Json:
    body = [lines.pop(0).removeprefix("```")]
    while lines and not body[-1].endswith("```"):
        body.append(lines.pop(0))
    code = "\n".join(body).removesuffix("```").strip("\n")
    return {"type": "rich_text_preformatted", "border": 0, "elements": [{"type": "text", "text": code or " "}]}


def _run(lines: list[str], *marks: str) -> list[str]:
    taken = []
    while lines and lines[0].startswith(marks):
        taken.append(lines.pop(0)[2:])
    return taken


def _plain(lines: list[str]) -> list[str]:
    taken = [lines.pop(0)]
    while lines and not lines[0].startswith(("```", "> ", "• ", "- ")):
        taken.append(lines.pop(0))
    return taken


def inline(text: str, style: dict[str, bool] | None = None) -> list[Json]:
    """The elements of one section: styled text, links, `<@U1>` mentions."""
    found: list[Json] = []
    plain, at = "", 0
    while at < len(text):
        element, length = _element_at(text, at, style or {})
        if not length:
            plain, at = plain + text[at], at + 1
            continue
        found += _leaf(plain, style) + element
        plain, at = "", at + length
    return found + _leaf(plain, style)


def _leaf(text: str, style: dict[str, bool] | None) -> list[Json]:
    return [{"type": "text", "text": text} | ({"style": style} if style else {})] if text else []


def _element_at(text: str, at: int, style: dict[str, bool]) -> tuple[list[Json], int]:
    """What begins here other than plain text, and how many characters it takes; nothing is ([], 0)."""
    before = text[at - 1] if at else " "
    styled: Json = {"style": style} if style else {}
    if text.startswith("<@", at) and (end := text.find(">", at)) > 0:
        return [{"type": "user", "user_id": text[at + 2 : end]}], end + 1 - at
    if text.startswith(("https://", "http://"), at):
        address = text[at:].split(maxsplit=1)[0].rstrip(".,;:!?)*_~")
        return [{"type": "link", "url": address} | styled], len(address)
    mark = text[at]
    if mark not in MARKS or before.isalnum() or text[at + 1 : at + 2] in ("", " ", "\n", mark):
        return [], 0
    end = text.find(mark, at + 1)
    inner = text[at + 1 : end]
    if end < 0 or "\n" in inner or inner.endswith(" ") or text[end + 1 : end + 2].isalnum():
        return [], 0
    inside = style | {MARKS[mark]: True}
    return (_leaf(inner, inside) if mark == "`" else inline(inner, inside)), end + 1 - at


def _mrkdwn(parts: list[Json]) -> str:
    lines = []
    for part in parts:
        match part["type"]:
            case "rich_text_preformatted":
                lines.append(f"```{_mrkdwn_inline(part['elements'])}```")
            case "rich_text_quote":
                lines += [f"&gt; {line}" for line in _mrkdwn_inline(part["elements"]).split("\n")]
            case "rich_text_list":
                lines += [f"• {_mrkdwn_inline(item['elements'])}" for item in part["elements"]]
            case _:
                lines.append(_mrkdwn_inline(part["elements"]))
    return "\n".join(lines)


def _mrkdwn_inline(elements: list[Json]) -> str:
    words = []
    for element in elements:
        match element["type"]:
            case "user":
                words.append(f"<@{element['user_id']}>")
            case "link":
                words.append(f"<{escape(element['url'])}>")
            case _:
                marks = "".join(mark for mark, name in MARKS.items() if element.get("style", {}).get(name))
                words.append(marks + escape(element["text"]) + marks[::-1])
    return "".join(words)


def shown(message: Json) -> str:
    """What a person reads: the blocks where there are any, else the text."""
    blocks = message.get("blocks")
    return "\n".join(filter(None, map(_block_shown, blocks))) if blocks else unescape(message.get("text", ""))


def _block_shown(block: Json) -> str:
    match block["type"]:
        case "section":
            texts = [block["text"]] if "text" in block else []
            return "\n".join(_object_shown(text) for text in texts + block.get("fields", []))
        case "input":
            return _object_shown(block["label"])
        case "header":
            return _object_shown(block["text"])
        case "context":
            return " ".join(_object_shown(one) for one in block["elements"])
        case "image":
            return f"[{block['alt_text']}]"
        case "markdown":
            return str(block["text"])
        case "rich_text":
            return "\n".join(_part_shown(part) for part in block["elements"])
    return ""


def _object_shown(one: Json) -> str:
    if one["type"] == "image":
        return f"[{one['alt_text']}]"
    return unescape(one["text"]) if one["type"] == "mrkdwn" else str(one["text"])


def _part_shown(part: Json) -> str:
    match part["type"]:
        case "rich_text_list":
            marks = (f"{n}. " if part["style"] == "ordered" else "• " for n in range(1, len(part["elements"]) + 1))
            return "\n".join(
                mark + _leaves(item["elements"]) for mark, item in zip(marks, part["elements"], strict=True)
            )
        case "rich_text_quote":
            return "\n".join(f"> {line}" for line in _leaves(part["elements"]).split("\n"))
    return _leaves(part["elements"])


def _leaves(elements: list[Json]) -> str:
    return "".join(
        one.get("text") or one.get("url") or f"@{one.get('user_id') or one.get('range') or one.get('name', '')}"
        for one in elements
    )


def pings(message: Json) -> list[str]:
    """Whom the message notifies: `<!channel>`, `<@U1>` … in mrkdwn, user, usergroup and broadcast nodes in rich_text.

    Slack notifies by the text as well as by the blocks.
    """
    found = _in_mrkdwn(message.get("text", ""))
    waiting: list[Any] = list(message.get("blocks") or [])
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            if node.get("type") in ("user", "usergroup", "broadcast"):
                found.append(str(node.get("user_id") or node.get("usergroup_id") or node.get("range")))
            elif node.get("type") in ("mrkdwn", "markdown"):
                found += _in_mrkdwn(str(node.get("text", "")))
            waiting += [value for value in node.values() if isinstance(value, dict | list)]
    return found


def _in_mrkdwn(text: str) -> list[str]:
    pieces = [piece.partition(">")[0] for piece in text.split("<")[1:] if ">" in piece]
    return [piece for piece in pieces if piece.startswith(("!", "@")) and not piece.startswith("!date")]
