"""Block Kit as Slack checks it: every fault with its place, in the words of Slack's `response_metadata.messages`.

Limits are those of Slack's reference pages "Blocks", "Block elements" and "Composition objects".
"""

from collections.abc import Callable, Iterator
from typing import Any

from tests.fakes.wire import Json

Faults = Iterator[str]
SECTION_ELEMENTS = frozenset(
    {"text", "link", "user", "usergroup", "channel", "emoji", "broadcast", "date", "color", "team"}
)
STYLE_KEYS = frozenset({"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"})
INPUTS = frozenset(
    [
        "plain_text_input",
        "static_select",
        "multi_static_select",
        "users_select",
        "checkboxes",
        "radio_buttons",
        "datepicker",
        "timepicker",
        "datetimepicker",
        "file_input",
        "email_text_input",
        "url_text_input",
        "number_input",
        "rich_text_input",
    ]
)

MENUS = {"static_select": 100, "radio_buttons": 10, "overflow": 5}  # and how many options each takes


def block_faults(blocks: Any, *, limit: int = 50, where: str = "/blocks") -> list[str]:
    """What is wrong with a list of blocks; empty when Slack would take it."""
    return list(_blocks(blocks, limit, where))


def view_faults(view: Any) -> list[str]:
    """What is wrong with a modal or a home tab."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return [_at("must be modal or home", "/view/type")]
    return list(_view(view))


def _view(view: Json) -> Faults:
    yield from _blocks(view.get("blocks"), 100, "/view/blocks")
    yield from _length(view.get("private_metadata", ""), 0, 3000, "/view/private_metadata")
    yield from _length(view.get("callback_id", ""), 0, 255, "/view/callback_id")
    if view["type"] == "home":
        return
    yield from _text(view.get("title"), 24, "/view/title", plain=True)
    for name in ("submit", "close"):
        if name in view:
            yield from _text(view[name], 24, f"/view/{name}", plain=True)
    if (
        any(isinstance(one, dict) and one.get("type") == "input" for one in view.get("blocks") or [])
        and "submit" not in view
    ):
        yield _at("missing required field: submit", "/view")


def _blocks(blocks: Any, limit: int, where: str) -> Faults:
    if not isinstance(blocks, list):
        yield _at("must be an array", where)
        return
    if len(blocks) > limit:
        yield _at(f"no more than {limit} items allowed", where)
    names = set()
    for number, block in enumerate(blocks):
        place = f"{where}/{number}"
        check = BLOCKS.get(block.get("type", "")) if isinstance(block, dict) else None
        if check is None:
            yield _at(f"unsupported type: {block.get('type') if isinstance(block, dict) else block}", f"{place}/type")
            continue
        yield from check(block, place)
        if name := block.get("block_id"):
            yield from _length(name, 1, 255, f"{place}/block_id")
            if name in names:
                yield _at(f"block_id already exists: {name}", f"{place}/block_id")
            names.add(name)


def _at(words: str, place: str) -> str:
    return f"{words} [json-pointer:{place}]"


def _length(value: Any, least: int, most: int, place: str) -> Faults:
    if not isinstance(value, str):
        yield _at("must be a string", place)
    elif len(value) < least:
        yield _at(f"must be more than {least - 1} characters", place)
    elif len(value) > most:
        yield _at(f"must be less than {most + 1} characters", place)


def _text(value: Any, most: int, place: str, *, plain: bool = False) -> Faults:
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield _at(f"must provide a {' or '.join(kinds)} text object", place)
        return
    yield from _length(value.get("text"), 1, most, f"{place}/text")
    allowed = {"type", "text", "emoji"} if value["type"] == "plain_text" else {"type", "text", "verbatim"}
    yield from (_at(f"invalid additional property: {name}", place) for name in value.keys() - allowed)


def _section(block: Json, place: str) -> Faults:
    fields = block.get("fields", [])
    if "text" not in block and not fields:
        yield _at("missing required field: text", place)
    if "text" in block:
        yield from _text(block["text"], 3000, f"{place}/text")
    if len(fields) > 10:
        yield _at("no more than 10 items allowed", f"{place}/fields")
    for number, one in enumerate(fields):
        yield from _text(one, 2000, f"{place}/fields/{number}")
    if "accessory" in block:
        yield from _element(block["accessory"], f"{place}/accessory")


def _header(block: Json, place: str) -> Faults:
    yield from _text(block.get("text"), 150, f"{place}/text", plain=True)


def _divider(block: Json, place: str) -> Faults:
    yield from ()


def _image(block: Json, place: str) -> Faults:
    yield from _length(block.get("alt_text"), 1, 2000, f"{place}/alt_text")
    if "slack_file" not in block:
        yield from _address(block.get("image_url"), f"{place}/image_url")
    if "title" in block:
        yield from _text(block["title"], 2000, f"{place}/title", plain=True)


def _address(value: Any, place: str) -> Faults:
    yield from _length(value, 1, 3000, place)
    if isinstance(value, str) and not value.startswith(("https://", "http://", "mailto:")):
        yield _at("invalid url", place)


def _actions(block: Json, place: str) -> Faults:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield _at("must have 1 to 25 items", f"{place}/elements")
        return
    names = [one["action_id"] for one in elements if isinstance(one, dict) and "action_id" in one]
    if len(set(names)) < len(names):
        yield _at("`action_id` already exists", f"{place}/elements")
    for number, one in enumerate(elements):
        yield from _element(one, f"{place}/elements/{number}")


def _element(one: Any, place: str) -> Faults:
    if not isinstance(one, dict):
        yield _at("must be an object", place)
        return
    kind = one.get("type")
    if "action_id" in one:
        yield from _length(one["action_id"], 1, 255, f"{place}/action_id")
    if kind == "button":
        yield from _button(one, place)
    elif kind == "image":
        yield from _image(one, place)
    elif kind in MENUS:
        yield from _menu(one, place)
    elif kind not in INPUTS | {"overflow"}:
        yield _at(f"unsupported type: {kind}", f"{place}/type")


def _menu(one: Json, place: str) -> Faults:
    options = one.get("options")
    if not isinstance(options, list) or not 1 <= len(options) <= MENUS[one["type"]]:
        yield _at(f"must have 1 to {MENUS[one['type']]} items", f"{place}/options")
        return
    for number, option in enumerate(options):
        yield from _text(option.get("text"), 75, f"{place}/options/{number}/text", plain=True)
        yield from _length(option.get("value"), 1, 150, f"{place}/options/{number}/value")
    if one.get("initial_option", options[0]) not in options:
        yield _at("must be one of the provided options", f"{place}/initial_option")


def _button(one: Json, place: str) -> Faults:
    yield from _text(one.get("text"), 75, f"{place}/text", plain=True)
    if "value" in one:
        yield from _length(one["value"], 0, 2000, f"{place}/value")
    if "url" in one:
        yield from _address(one["url"], f"{place}/url")
    if one.get("style", "primary") not in ("primary", "danger"):
        yield _at("must be primary or danger", f"{place}/style")


def _context(block: Json, place: str) -> Faults:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        yield _at("must have 1 to 10 items", f"{place}/elements")
        return
    for number, one in enumerate(elements):
        image = isinstance(one, dict) and one.get("type") == "image"
        check = _image(one, f"{place}/elements/{number}") if image else _text(one, 3000, f"{place}/elements/{number}")
        yield from check


def _input(block: Json, place: str) -> Faults:
    yield from _text(block.get("label"), 2000, f"{place}/label", plain=True)
    yield from _element(block.get("element"), f"{place}/element")


def _markdown(block: Json, place: str) -> Faults:
    yield from _length(block.get("text"), 1, 12000, f"{place}/text")


def _rich_text(block: Json, place: str) -> Faults:
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        yield _at("must have at least 1 item", f"{place}/elements")
        return
    for number, one in enumerate(elements):
        yield from _rich_part(one, f"{place}/elements/{number}")


def _rich_part(one: Any, place: str) -> Faults:
    kind = one.get("type") if isinstance(one, dict) else None
    if kind == "rich_text_list":
        if one.get("style") not in ("bullet", "ordered"):
            yield _at("must be bullet or ordered", f"{place}/style")
        if not 0 <= one.get("indent", 0) <= 8:
            yield _at("must be between 0 and 8", f"{place}/indent")
        for number, item in enumerate(one.get("elements") or []):
            if not isinstance(item, dict) or item.get("type") != "rich_text_section":
                yield _at("must be a rich_text_section", f"{place}/elements/{number}")
            else:
                yield from _rich_part(item, f"{place}/elements/{number}")
    elif kind in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
        allowed = frozenset({"text", "link"}) if kind == "rich_text_preformatted" else SECTION_ELEMENTS
        for number, leaf in enumerate(one.get("elements") or []):
            yield from _leaf(leaf, allowed, f"{place}/elements/{number}")
    else:
        yield _at(f"unsupported type: {kind}", f"{place}/type")
        return
    if not isinstance(one.get("elements"), list):
        yield _at("missing required field: elements", place)


REQUIRED = {
    "text": "text",
    "link": "url",
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "emoji": "name",
    "broadcast": "range",
}


def _leaf(leaf: Any, allowed: frozenset[str], place: str) -> Faults:
    kind = leaf.get("type") if isinstance(leaf, dict) else None
    if kind not in allowed:
        yield _at(f"unsupported type: {kind}", f"{place}/type")
        return
    if name := REQUIRED.get(kind):
        yield from _length(leaf.get(name), 1, 1_000_000, f"{place}/{name}")
    for name, value in leaf.get("style", {}).items():
        if name not in STYLE_KEYS or not isinstance(value, bool):
            yield _at(f"invalid additional property: {name}", f"{place}/style")


BLOCKS: dict[str, Callable[[Json, str], Faults]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "image": _image,
    "actions": _actions,
    "context": _context,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
}
