"""An answer laid out as Slack messages: rich text, which can ping nobody, then photos, buttons and the short reference.

Limits are those of Slack's reference pages "Blocks" and "Block elements".
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.bots.capabilities import SLACK
from gateway.bots.rendering import to_slack
from gateway.bots.rendering.names import defused
from gateway.bots.rendering.slack import escape_mrkdwn
from gateway.core.messages import Answer, Button, Picture
from gateway.core.words import t

SHORTEST_CUT = 500  # less room than this is left empty
TEXT_LIMIT = 3_500  # chat.update takes 4000
LABEL_LIMIT, URL_LIMIT, ALT_LIMIT, IN_A_ROW = 75, 3000, 2000, 25

Element = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One message: `blocks` to see, `text` for notifications and where blocks are refused."""

    blocks: tuple[Element, ...]
    text: str


def pages(answer: Answer, *, with_pictures: bool) -> list[Page]:
    """The messages that carry the answer, in order; none when there is nothing in it."""
    shown = to_slack(answer.text, limit=max(len(answer.text), 1) * 2)
    elements = [element for block in shown.blocks for element in block["elements"]]
    parts = _paged([_defused(element) for element in elements])
    laid_out = [Page(({"type": "rich_text", "elements": part},), _plain(part)) for part in parts]
    more = (*(_pictures(answer.pictures) if with_pictures else ()), *_buttons(answer), *_reference(answer))
    if not laid_out and not (answer.pictures or answer.attached or more):
        return []
    last = laid_out.pop() if laid_out else Page((), _cut_text(escape_mrkdwn(answer.subject or _shown(answer))))
    return [*laid_out, replace(last, blocks=last.blocks + more)]


def _shown(answer: Answer) -> str:
    return t("A photo") if answer.pictures else t("A file")


def rich(markdown: str, limit: int = SLACK.text) -> Element | None:
    """Words as one block of rich text that names nobody, cut after `limit` characters; None for no words."""
    shown = to_slack(markdown, limit)
    elements = [_defused(element) for block in shown.blocks for element in block["elements"]]
    return {"type": "rich_text", "elements": elements} if elements else None


def plain(words: str, limit: int) -> Element:
    """Words as a text object that is only text; never empty."""
    kept = defused(words)
    return {
        "type": "plain_text",
        "text": (kept if len(kept) <= limit else kept[: limit - 1] + "…") or "…",
        "emoji": False,
    }


def without_pictures(page: Page) -> Page:
    """For when Slack could not fetch a photo."""
    return replace(page, blocks=tuple(block for block in page.blocks if block["type"] != "image"))


def has_pictures(page: Page) -> bool:
    return any(block["type"] == "image" for block in page.blocks)


def by_address(pictures: Iterable[Picture]) -> bool:
    """Whether Slack can fetch them all by itself."""
    return all(picture.url.startswith("https://") and len(picture.url) <= URL_LIMIT for picture in pictures)


def _pictures(pictures: Iterable[Picture]) -> tuple[Element, ...]:
    return tuple(
        {"type": "image", "image_url": picture.url, "alt_text": (picture.alt or "Photo")[:ALT_LIMIT]}
        for picture in pictures
    )


def _buttons(answer: Answer) -> tuple[Element, ...]:
    rows = []
    for number, row in enumerate(answer.buttons):
        made = [_button(button, f"{number}.{place}") for place, button in enumerate(row[:IN_A_ROW])]
        if fitting := [one for one in made if one is not None]:
            rows.append({"type": "actions", "elements": fitting})
    return tuple(rows[:10])


def _button(button: Button, action_id: str) -> Element | None:
    label = {"type": "plain_text", "text": button.label[:LABEL_LIMIT] or "…", "emoji": False}
    made: Element = {"type": "button", "text": label, "action_id": action_id}
    if button.action and len(button.action) <= SLACK.button_data:
        return made | {"value": button.action}
    if button.url.startswith(("https://", "http://")) and len(button.url) <= URL_LIMIT:
        return made | {"url": button.url}
    return None


def _reference(answer: Answer) -> tuple[Element, ...]:
    mark = f"[{answer.short_reference}]"
    if not answer.short_reference or mark in answer.text:
        return ()
    return ({"type": "context", "elements": [{"type": "plain_text", "text": mark, "emoji": False}]},)


# Rich text, cut into messages


def _paged(elements: list[Element]) -> list[list[Element]]:
    """The elements in groups of at most SLACK.text characters; what fits in no group is cut between words or items."""
    groups: list[list[Element]] = [[]]
    room, waiting = SLACK.text, deque(elements)
    while waiting:
        element = waiting.popleft()
        size = _length(element)
        if size <= room:
            groups[-1].append(element)
            room -= size
        elif groups[-1] and (size <= SLACK.text or room < SHORTEST_CUT):
            groups.append([])
            room = SLACK.text
            waiting.appendleft(element)
        else:
            head, tail = _cut(element, room)
            groups[-1].append(head)
            waiting.appendleft(tail)
            room = 0
    return [group for group in groups if group]


def _length(element: Element) -> int:
    if "elements" in element:
        return sum(map(_length, element["elements"]))
    return len(element.get("text", ""))


def _cut(element: Element, room: int) -> tuple[Element, Element]:
    """The element in two; the first has at most `room` characters and at least one, the second all the others."""
    if "elements" not in element:
        text: str = element["text"]
        at = max(text.rfind(" ", 1, room), text.rfind("\n", 1, room))
        at = at if at > 0 else room
        return element | {"text": text[:at]}, element | {"text": text[at:]}
    kept: list[Element] = []
    left = deque(element["elements"])
    while left and (size := _length(left[0])) <= room:
        kept.append(left.popleft())
        room -= size
    if left and (not kept or "elements" not in left[0]) and room > 0:
        head, tail = _cut(left.popleft(), room)
        kept.append(head)
        left.appendleft(tail)
    rest = element | {"elements": list(left)}
    if element.get("style") == "ordered":
        rest["offset"] = element.get("offset", 0) + len(kept)
    return element | {"elements": kept}, rest


def _defused(element: Element) -> Element:
    """Rich text pings nobody anyway; its names are defused for whoever copies it."""
    if "elements" in element:
        return element | {"elements": [_defused(inner) for inner in element["elements"]]}
    style = element.get("style")
    if isinstance(style, Mapping) and style.get("code"):
        return element
    return element | {"text": defused(element["text"])}


def _plain(elements: Iterable[Element]) -> str:
    """The words of some elements as mrkdwn that names nobody."""
    return _cut_text(escape_mrkdwn("\n".join(map(_words, elements)))) or "…"


def _words(element: Element) -> str:
    if "elements" in element:
        between = "\n" if element["type"] == "rich_text_list" else ""
        return between.join(map(_words, element["elements"]))
    return str(element.get("text", ""))


def _cut_text(text: str) -> str:
    """Escaped text, never cut within an escape."""
    if len(text) <= TEXT_LIMIT:
        return text
    kept = text[:TEXT_LIMIT]
    escape = kept.rfind("&", TEXT_LIMIT - 6)
    return (kept if escape < 0 or ";" in kept[escape:] else kept[:escape]) + "…"
