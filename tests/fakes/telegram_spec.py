"""The Bot API as published in JSON (`telegram/bot-api.json` of the corpora): a judge who shares no code with aiogram.

Source of the form: github.com/PaulSonOfLars/telegram-bot-api-spec, `methods` and `types` with their fields' types.
"""

import json
import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.fakes.wire import Json

SCALARS: Mapping[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (int, float),
    "String": (str,),
    "Boolean": (bool,),
    "True": (bool,),
    "InputFile": (str,),  # `attach://…`, a file's id or its address
}


NEWER = frozenset({"can_send_welcome_messages"})  # aiogram asks for it already, the published JSON is a version behind


@lru_cache(maxsize=1)
def published() -> "Spec | None":
    """The one in the corpora; None when TEST_CORPORA does not say where they are."""
    folder = os.environ.get("TEST_CORPORA", "")
    file = Path(folder, "telegram", "bot-api.json")
    return Spec(json.loads(file.read_text("utf-8"))) if folder and file.exists() else None


class Spec:
    def __init__(self, described: Json) -> None:
        self._methods: Json = described["methods"]
        self._types: Json = described["types"]
        self.judged = 0

    def call(self, method: str, params: Json) -> list[str]:
        """What is wrong with a request. A form has text where JSON has numbers; files are parts of their own."""
        self.judged += 1
        described = {name.lower(): one for name, one in self._methods.items()}.get(method.lower())
        if described is None:
            return [f"{method}: no such method"]
        fields = described.get("fields", [])
        files = {field["name"]: "" for field in fields if "InputFile" in field["types"]}
        types = {field["name"]: field["types"] for field in fields}
        read = {name: _of_form(value, types.get(name, [])) for name, value in params.items()}
        return list(self._fields(files | read, fields, method))

    def value(self, value: Any, kind: str) -> list[str]:
        """What is wrong with an object, such as an Update."""
        self.judged += 1
        return self._faults(value, kind, kind)

    def _fields(self, values: Json, fields: list[Json], path: str) -> Iterator[str]:
        known = {field["name"]: field for field in fields}
        yield from (f"{path}.{name}: unknown" for name in values if name not in known and name not in NEWER)
        yield from (f"{path}.{name}: missing" for name, one in known.items() if one["required"] and name not in values)
        for name in values.keys() & known.keys():
            yield from self._any(values[name], known[name]["types"], f"{path}.{name}")

    def _any(self, value: Any, kinds: list[str], path: str) -> list[str]:
        """Nothing when one of the types fits, else what the nearest says."""
        return min((self._faults(value, kind, path) for kind in kinds), key=len)

    def _faults(self, value: Any, kind: str, path: str) -> list[str]:
        if kind.startswith("Array of "):
            if not isinstance(value, list):
                return [f"{path}: no array"]
            return [
                fault
                for at, one in enumerate(value)
                for fault in self._faults(one, kind.removeprefix("Array of "), f"{path}[{at}]")
            ]
        if kind in SCALARS:
            right = isinstance(value, SCALARS[kind]) and isinstance(value, bool) == (kind in {"Boolean", "True"})
            return [] if right else [f"{path}: no {kind}: {value!r}"]
        described = self._types[kind]
        if described.get("subtypes"):
            return self._any(value, described["subtypes"], path)
        return (
            list(self._fields(value, described.get("fields", []), path))
            if isinstance(value, dict)
            else [f"{path}: no {kind}"]
        )


def _of_form(value: Any, kinds: list[str]) -> Any:
    """A form's text as the scalar that is meant."""
    if not isinstance(value, str) or "String" in kinds:
        return value
    if "Boolean" in kinds and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    digits = value.removeprefix("-")
    return int(value) if "Integer" in kinds and digits.isascii() and digits.isdecimal() else value
