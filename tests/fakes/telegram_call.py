"""One Bot API call: its parameters, whether they came as JSON, as a form or as multipart, typed and checked."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.telegram_chats import Chat
from tests.fakes.telegram_entities import formatted, is_link, utf16_length
from tests.fakes.telegram_errors import Refused, bad_request, forbidden
from tests.fakes.telegram_files import Upload
from tests.fakes.telegram_home import Home
from tests.fakes.wire import Json

# Parameters that are serialised as JSON when the body is a form.
STRUCTURED = frozenset(
    [
        "entities",
        "caption_entities",
        "reply_markup",
        "reply_parameters",
        "link_preview_options",
        "allowed_updates",
        "media",
        "commands",
        "scope",
        "message_ids",
    ]
)
TEXT_LIMIT, CAPTION_LIMIT, DATA_LIMIT = 4096, 1024, 64


async def read_parameters(request: web.Request) -> tuple[Json, dict[str, Upload]]:
    """The parameters of query and body together, structured ones decoded; the files by their part's name."""
    params: Json = dict(request.query)
    files: dict[str, Upload] = {}
    if request.content_type == "application/json":
        try:
            params |= json.loads(await request.text() or "{}")
        except (ValueError, TypeError) as error:
            raise Refused(400, "Bad Request: can't parse request body as JSON") from error
    else:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = Upload(value.filename, value.content_type, value.file.read())
            else:
                params[name] = value if isinstance(value, str) else bytes(value).decode()
    return {name: _decoded(name, value) for name, value in params.items()}, files


def _decoded(name: str, value: Any) -> Any:
    if name not in STRUCTURED or not isinstance(value, str) or not value:
        return value
    try:
        return json.loads(value)
    except ValueError:
        bad_request(f"can't parse {name} JSON object")


@dataclass(slots=True)
class Call:
    """A call on its way through a method."""

    home: Home
    chats: dict[int, Chat]
    params: Json
    files: dict[str, Upload] = field(default_factory=dict)

    def word(self, name: str) -> str:
        return str(self.params.get(name) or "")

    def number(self, name: str, default: int = 0) -> int:
        try:
            return int(self.params.get(name) or default)
        except (TypeError, ValueError):
            bad_request(f'invalid parameter "{name}" specified')

    def flag(self, name: str) -> bool:
        return str(self.params.get(name, "")).lower() in ("true", "1")

    def names(self, name: str) -> list[str] | None:
        value = self.params.get(name)
        return [str(one) for one in value] if isinstance(value, list) else None

    def known_chat(self) -> Chat:
        """The chat of `chat_id`, which may be a public name."""
        wanted = self.word("chat_id")
        if not wanted:
            bad_request("chat_id is empty")
        for chat in self.chats.values():
            if wanted in (str(chat.id), f"@{chat.about.get('username', '')}"):
                return chat
        raise Refused(400, "Bad Request: chat not found")

    def chat(self) -> Chat:
        """The chat to write to; refused where the bot may not."""
        chat = self.known_chat()
        if chat.migrated_to:
            words = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refused(400, words, {"migrate_to_chat_id": chat.migrated_to})
        if chat.blocked:
            where = "by the user" if chat.kind == "private" else f"from the {chat.kind} chat"
            forbidden(f"bot was {'blocked' if chat.kind == 'private' else 'kicked'} {where}")
        return chat

    def text(self) -> Json:
        text, entities = formatted(self.word("text"), self.params.get("entities"), self.word("parse_mode"))
        if not text:
            bad_request("message text is empty")
        if utf16_length(text) > TEXT_LIMIT:
            bad_request("message is too long")
        return {"text": text} | ({"entities": entities} if entities else {})

    def caption(self, given: Json | None = None) -> Json:
        given = self.params if given is None else given
        raw, mode = str(given.get("caption") or ""), str(given.get("parse_mode") or "")
        text, entities = formatted(raw, given.get("caption_entities"), mode)
        if utf16_length(text) > CAPTION_LIMIT:
            bad_request("message caption is too long")
        return ({"caption": text} if text else {}) | ({"caption_entities": entities} if entities else {})

    def keyboard(self) -> Json:
        """`reply_markup` as it will stand under the message; other keyboards than inline ones leave no trace there."""
        markup = self.params.get("reply_markup")
        if not markup:
            return {}
        if not isinstance(markup, dict):
            bad_request("object expected as reply markup")
        if "inline_keyboard" not in markup:
            return {}
        rows = markup["inline_keyboard"]
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
        if sum(map(len, rows)) > 100:
            bad_request("REPLY_MARKUP_TOO_LONG")
        shown = [[_button(one) for one in row] for row in rows if row]
        return {"reply_markup": {"inline_keyboard": shown}} if shown else {}

    def reply_to(self, chat: Chat) -> int | None:
        wanted = self.params.get("reply_parameters") or {}
        number = int(wanted.get("message_id") or self.number("reply_to_message_id"))
        if not number or number in chat.stored:
            return number or None
        if not wanted.get("allow_sending_without_reply") and not self.flag("allow_sending_without_reply"):
            bad_request("message to be replied not found")
        return None

    def upload(self, name: str) -> Upload | str:
        """The file of a parameter: uploaded under its name or through `attach://`, or a file id or address."""
        value = self.word(name)
        return self.attached(value) if value else self.files.get(name) or _missing(name)

    def attached(self, value: str) -> Upload | str:
        if not value.startswith("attach://"):
            return value
        return self.files.get(value.removeprefix("attach://")) or _missing("file")


def _missing(name: str) -> str:
    bad_request(f"there is no {name} in the request")


def _button(one: Any) -> Json:
    if not isinstance(one, dict) or not isinstance(one.get("text"), str):
        bad_request('can\'t parse inline keyboard button: field "text" must be of type String')
    if not one["text"].strip():
        bad_request("can't parse inline keyboard button: text must be non-empty")
    if "callback_data" in one:
        if not 1 <= len(str(one["callback_data"]).encode()) <= DATA_LIMIT:
            bad_request("BUTTON_DATA_INVALID")
    elif "url" in one:
        if not is_link(str(one["url"])):
            bad_request(f"inline keyboard button URL '{one['url']}' is invalid: Wrong HTTP URL")
    elif len(one) < 2:
        bad_request("can't parse inline keyboard button: text buttons are unallowed in the inline keyboard")
    return dict(one)
