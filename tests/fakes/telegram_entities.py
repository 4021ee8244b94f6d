"""Text with entities as the Bot API counts it: in UTF-16 units, trimmed, with links and commands found by the server.

What is refused, changed and trimmed, and the words of the refusal, follow TDLib's MessageEntity.cpp and the Bot API's
"MessageEntity"; tests/bots/test_rendering_tdlib.py holds this beside TDLib itself.
"""

import re
from itertools import accumulate

from tests.fakes.telegram_errors import bad_request
from tests.fakes.telegram_html import parse_html
from tests.fakes.wire import Json

STYLES = frozenset(
    [
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "date_time",
    ]
)
DETECTED = frozenset(
    [
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
        "bank_card_number",
        "media_timestamp",
    ]
)
EXTRAS = ("url", "user", "language", "custom_emoji_id", "unix_time", "date_time_format")
CHANGED = dict.fromkeys((*range(10), *range(11, 32)), " ") | dict.fromkeys(
    (0x0D, 0x030A, 0x0333, 0x033F, *range(0x2028, 0x202F)), ""
)
UNSEEN = frozenset(" \n\u1680\u180e\u202f\u205f\u2800\u3000\ufffc") | {chr(code) for code in range(0x2000, 0x2010)}
NEEDS = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id"}


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def formatted(text: str, entities: object, parse_mode: str) -> tuple[str, list[Json]]:
    """The text and entities as they will stand in the message; refuses what the Bot API refuses."""
    if parse_mode.lower() == "html":
        text, found = parse_html(text)
        found = [one for one in found if one["type"] != "text_link" or is_link(one["url"])]  # dropped without a word
    elif parse_mode:
        bad_request(f"unsupported parse_mode (this fake reads HTML, not {parse_mode})")
    else:
        found = _checked(text, entities or [])
    text, found = _trimmed(*_cleaned(text, found))
    if not any(char not in UNSEEN for char in text):
        return "", []
    return text, _with_detected(text, found)


def _checked(text: str, entities: object) -> list[Json]:
    if not isinstance(entities, list):
        bad_request("can't parse entities: expected an Array of MessageEntity")
    return [entity for entity in (_entity(text, one) for one in entities) if entity is not None]


def _entity(text: str, one: object) -> Json | None:
    if not isinstance(one, dict):
        bad_request("can't parse MessageEntity: expected an Object")
    kind, offset, length = one.get("type"), one.get("offset"), one.get("length")
    if not isinstance(offset, int) or not isinstance(length, int):
        bad_request('can\'t parse MessageEntity: field "offset" and "length" must be of type Number')
    if kind in DETECTED:
        return None  # the server finds these by itself
    if kind not in STYLES:
        bad_request("can't parse MessageEntity: unsupported type specified")
    if kind in NEEDS and not one.get(NEEDS[kind]):
        bad_request(f"can't parse MessageEntity: can't find field \"{NEEDS[kind]}\"")
    if kind == "text_link" and not is_link(str(one["url"])):
        bad_request(f"entity URL '{one['url']}' is invalid: Wrong HTTP URL")
    if offset < 0:
        bad_request(f"receive an entity with incorrect offset {offset}")
    if length < 0:
        bad_request(f"receive an entity with incorrect length {length}")
    _on_characters(text, offset, offset + length)
    if length == 0:
        return None
    return {"type": kind, "offset": offset, "length": length} | {key: one[key] for key in EXTRAS if one.get(key)}


def _on_characters(text: str, begin: int, end: int) -> None:
    total = utf16_length(text)
    if end > total:
        bad_request(f"entity beginning at UTF-16 offset {begin} ends after the end of the text at UTF-16 offset {end}")
    starts = character_offsets(text)
    if begin not in starts:
        bad_request(f"entity begins in a middle of a UTF-16 symbol at UTF-16 offset {begin}")
    if end not in starts:
        bad_request(
            f"entity beginning at UTF-16 offset {begin} ends in a middle of a UTF-16 symbol at UTF-16 offset {end}"
        )


def character_offsets(text: str) -> dict[int, int]:
    """UTF-16 offset of each character's start, and of the end, → index into the text."""
    offsets = accumulate((2 if ord(char) > 0xFFFF else 1 for char in text), initial=0)
    return {offset: index for index, offset in enumerate(offsets)}


def cut(text: str, entity: Json) -> str:
    """The part of the text that an entity covers."""
    at = character_offsets(text)
    return text[at[entity["offset"]] : at[entity["offset"] + entity["length"]]]


def _cleaned(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Control characters become spaces, a few signs go, and entities move with the text."""
    kept = [char.translate(CHANGED) for char in text]
    old = accumulate((utf16_length(char) for char in text), initial=0)
    new = dict(zip(old, accumulate(map(utf16_length, kept), initial=0), strict=True))
    moved = [
        one | {"offset": new[one["offset"]], "length": new[one["offset"] + one["length"]] - new[one["offset"]]}
        for one in entities
    ]
    return "".join(kept), [one for one in moved if one["length"]]


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Spaces and line ends go from the end, and from the start as far as no entity holds them; entities move along."""
    first_entity = min((one["offset"] for one in entities), default=utf16_length(text))
    gone = min(len(text) - len(text.lstrip(" \n")), first_entity)
    bare = text[gone:].rstrip(" \n")
    end = utf16_length(bare)
    kept = []
    for entity in entities:
        first = min(max(entity["offset"] - gone, 0), end)
        last = min(max(entity["offset"] + entity["length"] - gone, 0), end)
        if last > first:
            kept.append(entity | {"offset": first, "length": last - first})
    return bare, sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))


def is_link(url: str) -> bool:
    """Whether Telegram takes it for a link: its own scheme, or the web's with a dot in the host (not `localhost`)."""
    scheme, mark, rest = url.partition("://")
    scheme, rest = (scheme.lower(), rest) if mark else ("http", url)
    if scheme in ("tg", "ton") or url.lower().startswith(("tg:", "ton:")):
        return True
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    user, _, place = authority.rpartition("@")
    if scheme not in ("http", "https") or not _allowed(user.replace(":", "")):
        return False
    if place.startswith("["):
        host, _, rest = place.removeprefix("[").partition("]")
        return ":" in host and set(host.lower()) <= set("0123456789abcdef:.") and _is_port(rest)
    host, colon, port = place.partition(":")
    return "." in host and host != "." and _allowed(host) and _is_port(colon + port)


def _allowed(name: str) -> bool:
    """Letters, digits, the signs of RFC 3986, percent-encoded bytes, and all that is not ASCII."""
    bare = re.sub("%[0-9A-Fa-f]{2}", "", name)
    return all(not char.isascii() or char.isalnum() or char in "-._~!$&'()*+,;=" for char in bare)


def _is_port(port: str) -> bool:
    number = port.removeprefix(":")
    return not port or (number.isascii() and number.isdigit() and 0 < int(number) < 65536)


def _with_detected(text: str, entities: list[Json]) -> list[Json]:
    covered = [
        (one["offset"], one["offset"] + one["length"])
        for one in entities
        if one["type"] in ("code", "pre", "text_link")
    ]
    found = [
        one
        for one in detected(text)
        if not any(one["offset"] < end and begin < one["offset"] + one["length"] for begin, end in covered)
    ]
    return sorted(entities + found, key=lambda entity: (entity["offset"], -entity["length"]))


def detected(text: str) -> list[Json]:
    """The commands, links, names, tags and mail addresses that Telegram marks by itself, word by word."""
    found, position = [], 0
    for line in text.splitlines(keepends=True):
        for word in line.split(" "):
            bare = word.strip("\r\n\t")
            core = bare.rstrip(".,;:!?)")
            if kind := _kind(core):
                begin = position + utf16_length(word[: word.index(bare)])
                found.append({"type": kind, "offset": begin, "length": utf16_length(core)})
            position += utf16_length(word) + 1
        position -= 1
    return found


def _kind(word: str) -> str:
    name = word[1:].replace("_", "a")
    if word.startswith(("http://", "https://")) and len(word) > 8:
        return "url"
    if word.startswith("/") and name.replace("@", "a", 1).isalnum() and name.isascii():
        return "bot_command"
    if word.startswith("@") and name.isalnum() and name.isascii() and len(name) > 2:
        return "mention"
    if word.startswith("#") and name.isalnum() and not name.isdigit():
        return "hashtag"
    user, at, host = word.partition("@")
    return "email" if at and user and "." in host.strip(".") and "/" not in word else ""
