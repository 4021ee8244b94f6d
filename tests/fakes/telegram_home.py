"""One bot's account: who it is, its updates, files, commands and the presses that wait for an answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.fakes.telegram_files import Files
from tests.fakes.telegram_updates import Updates
from tests.fakes.wire import Bell, Clock, Json


class Judge(Protocol):
    """Says whether a request, an answer or an update is valid; complains to `faults` when not."""

    def update(self, update: Json) -> None: ...
    def call(self, method: str, params: Json) -> None: ...
    def answer(self, method: str, result: Any) -> None: ...


class NoJudge:
    def update(self, update: Json) -> None: ...
    def call(self, method: str, params: Json) -> None: ...
    def answer(self, method: str, result: Any) -> None: ...


@dataclass(slots=True)
class Press:
    """A pressed button; the person sees it spin until `answered`, then `text`, as a small note or as an alert."""

    id: str
    data: str
    answered: bool = False
    text: str = ""
    alert: bool = False


@dataclass(slots=True)
class Home:
    """What all chats of one bot share."""

    token: str
    me: Json
    updates: Updates
    clock: Clock
    judge: Judge
    message_ids: Iterator[int]
    numbers: Iterator[int]
    files: Files = field(default_factory=Files)
    bell: Bell = field(default_factory=Bell)
    presses: dict[str, Press] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)

    def seconds(self) -> int:
        return int(self.clock().timestamp())


def person(number: int, first_name: str, username: str = "", *, language: str = "en") -> Json:
    """A User who is a human being."""
    user: Json = {"id": number, "is_bot": False, "first_name": first_name, "language_code": language}
    return user | ({"username": username} if username else {})


def bot_user(number: int, username: str) -> Json:
    """A User who is a bot, with what getMe adds."""
    return {"id": number, "is_bot": True, "first_name": username.replace("_", " ").title(), "username": username}


def about_me(me: Json) -> Json:
    return me | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
