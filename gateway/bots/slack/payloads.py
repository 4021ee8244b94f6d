"""Slack's payloads, read without trusting their shape: what is missing or of another kind is empty."""

from collections.abc import Iterator, Mapping
from typing import Any

CHANNEL = "slack"

Json = Mapping[str, Any]
NOTHING: Json = {}


def inside(value: Json, *names: str) -> Json:
    """The object at the end of a path of names."""
    for name in names:
        found = value.get(name)
        value = found if isinstance(found, Mapping) else NOTHING
    return value


def text(value: Json, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def objects(value: Json, name: str) -> tuple[Json, ...]:
    """The objects of a list."""
    found = value.get(name)
    return tuple(one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else ()


def same_words(now: Json, before: Json) -> bool:
    """A preview of a link, a reaction, a thread that grew: Slack says `changed` for all of them."""
    if text(now, "text") or text(before, "text"):
        return text(now, "text") == text(before, "text")
    return now.get("blocks") == before.get("blocks")


def nodes(values: tuple[Json, ...]) -> Iterator[Json]:
    """All objects in a tree of blocks."""
    waiting: list[Any] = list(values)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
