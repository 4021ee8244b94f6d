"""TDLib, Telegram's own library, as an offline judge of text and entities: no account, no network."""

import importlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

Entities = Iterable[Mapping[str, Any]]

STYLES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "blockquote": "BlockQuote",
    "expandable_blockquote": "ExpandableBlockQuote",
}
NAMES = {f"textEntityType{theirs}": name for name, theirs in STYLES.items()}
OF_MARKDOWN = str.maketrans(dict.fromkeys("*_~|`[]()", "x"))


class Refused(ValueError):
    """What the Bot API would answer as 400, in TDLib's words."""


def library() -> Any:
    """The `tdjson` package; skips the module where there is none for this machine."""
    try:
        return importlib.import_module("tdjson")
    except ImportError as error:
        made_for_us = (sys.platform, platform.machine()) == ("linux", "x86_64") and sys.version_info < (3, 14)
        if made_for_us and os.environ.get("POSTROOM_CLIENTS") == "required":
            pytest.fail(f"TDLib is not installed ({error}), and POSTROOM_CLIENTS=required asks for it", pytrace=False)
        pytest.skip(f"there is no TDLib here: {error}", allow_module_level=True)


class TDLib:
    def __init__(self) -> None:
        self._execute = library().td_execute
        self.execute("setLogVerbosityLevel", new_verbosity_level=0)

    def execute(self, kind: str, **values: Any) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._execute(json.dumps({"@type": kind, **values}).encode()))
        if answer["@type"] == "error":
            raise Refused(answer["message"])
        return answer

    def text(self, text: str) -> str:
        """The text as Telegram stores it, not yet trimmed."""
        return str(self.execute("getMarkdownText", text=_formatted(text, []))["text"])

    def entities(self, text: str, entities: Entities) -> list[dict[str, Any]]:
        """The entities as Telegram stores them: checked, split, merged and sorted. Raises Refused.

        They are written as Markdown and read back, so signs of Markdown in the text are put out of the way before.
        """
        written = self.execute("getMarkdownText", text=_formatted(text.translate(OF_MARKDOWN), entities))
        read = self.execute("parseMarkdown", text={key: value for key, value in written.items() if key != "@extra"})
        return [_ours(entity) for entity in read["entities"]]

    def takes_link(self, url: str) -> bool:
        try:
            self.entities("x", [{"type": "text_link", "offset": 0, "length": 1, "url": url}])
        except Refused:
            return False
        return True

    def names(self, text: str) -> list[str]:
        """What notifies somebody in the text."""
        raw = text.encode("utf-16-le")
        return [
            raw[one["offset"] * 2 : (one["offset"] + one["length"]) * 2].decode("utf-16-le")
            for one in self.execute("getTextEntities", text=text)["entities"]
            if one["type"]["@type"] == "textEntityTypeMention"
        ]


def _formatted(text: str, entities: Entities) -> dict[str, Any]:
    return {"@type": "formattedText", "text": text, "entities": [_theirs(entity) for entity in entities]}


def _theirs(entity: Mapping[str, Any]) -> dict[str, Any]:
    match entity["type"]:
        case "text_link":
            kind = {"@type": "textEntityTypeTextUrl", "url": entity["url"]}
        case "pre" if entity.get("language"):
            kind = {"@type": "textEntityTypePreCode", "language": entity["language"]}
        case name:
            kind = {"@type": f"textEntityType{STYLES[name]}"}
    return {"@type": "textEntity", "offset": entity["offset"], "length": entity["length"], "type": kind}


def _ours(entity: Mapping[str, Any]) -> dict[str, Any]:
    kind, place = entity["type"], {"offset": entity["offset"], "length": entity["length"]}
    match kind["@type"]:
        case "textEntityTypeTextUrl":
            return {"type": "text_link", "url": kind["url"], **place}
        case "textEntityTypePreCode":
            return {"type": "pre", "language": kind["language"], **place}
        case name:
            return {"type": NAMES.get(name, name), **place}
