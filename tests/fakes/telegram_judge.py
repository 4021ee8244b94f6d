"""Independent judges of the Bot API: aiogram's typed methods and objects, python-telegram-bot's Update, and the published
JSON where TEST_CORPORA has it.
"""

from typing import Any

import aiogram.methods
import telegram
from aiogram.methods.base import TelegramMethod
from aiogram.types import BufferedInputFile, Update
from pydantic import BaseModel, TypeAdapter, ValidationError

from tests.fakes.telegram_spec import published
from tests.fakes.wire import Json

FILES = frozenset({"photo", "document", "audio", "video", "voice", "certificate"})
TYPED = {name.lower(): getattr(aiogram.methods, name) for name in aiogram.methods.__all__ if name != "Request"}


class AiogramJudge:
    """Writes down every request, answer and update that the Bot API's description does not allow."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._spec = published()

    def call(self, method: str, params: Json) -> None:
        typed = self._method(method)
        uploaded = {
            name: BufferedInputFile(b"-", name) for name in FILES & typed.model_fields.keys() if name not in params
        }
        self._validate(f"request {method} {params}", lambda: typed.model_validate(uploaded | params))
        if self._spec:
            self.faults += [f"request, by bot-api.json: {fault}" for fault in self._spec.call(method, params)]

    def answer(self, method: str, result: Any) -> None:
        returning = TypeAdapter(self._method(method).__returning__)
        self._validate(f"answer to {method} {result}", lambda: returning.validate_python(result))

    def update(self, update: Json) -> None:
        self._validate(f"update {update}", lambda: Update.model_validate(update))
        if self._spec:
            self.faults += [f"update, by bot-api.json: {fault}" for fault in self._spec.value(update, "Update")]
        try:
            chat = telegram.Update.de_json(update, None).effective_chat
        except (TypeError, KeyError, ValueError) as error:
            self.faults.append(f"update {update}: python-telegram-bot cannot read it: {error}")
            return
        if chat is None:
            self.faults.append(f"update {update}: python-telegram-bot finds no chat in it")

    def _method(self, method: str) -> type[TelegramMethod[Any]]:
        typed: type[TelegramMethod[Any]] = TYPED[method.lower()]
        return typed

    def _validate(self, what: str, read: Any) -> None:
        try:
            unknown = list(_unknown(read(), ""))
        except ValidationError as error:
            self.faults.append(f"{what}: {error}")
            return
        if unknown:
            self.faults.append(f"{what}: not in the Bot API: {', '.join(unknown)}")


def _unknown(value: Any, path: str) -> list[str]:
    """The fields, at any depth, that the Bot API does not know; aiogram itself keeps them silently."""
    if isinstance(value, list | tuple):
        return [name for n, one in enumerate(value) for name in _unknown(one, f"{path}[{n}]")]
    if not isinstance(value, BaseModel):
        return []
    names = [f"{path}.{name}" for name in value.model_extra or {}]
    return names + [name for key in type(value).model_fields for name in _unknown(getattr(value, key), f"{path}.{key}")]
