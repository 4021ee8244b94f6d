"""The Bot API's methods, as far as Postroom may need them, with what each refuses."""

from collections.abc import Callable
from typing import Any

from tests.fakes.telegram_call import Call
from tests.fakes.telegram_chats import Chat
from tests.fakes.telegram_errors import Refused, bad_request
from tests.fakes.telegram_files import PHOTO_LIMIT, UPLOAD_LIMIT, Upload
from tests.fakes.telegram_home import about_me
from tests.fakes.wire import Json

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
MEDIA = ("photo", "document", "audio", "video")
PLAYED: dict[str, tuple[str, Json]] = {"audio": ("music", {}), "video": ("videos", {"width": 640, "height": 360})}
TWO_DAYS = 48 * 3600
ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)


def get_me(call: Call) -> Json:
    return about_me(call.home.me)


def get_chat(call: Call) -> Json:
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
    )
    return call.known_chat().about | {"accent_color_id": 3, "max_reaction_count": 11, "accepted_gift_types": gifts}


def get_chat_member(call: Call) -> Json:
    member = call.chat().members.get(call.number("user_id"))
    if member is None:
        bad_request("PARTICIPANT_ID_INVALID")
    return member


def get_chat_administrators(call: Call) -> list[Json]:
    return [one for one in call.chat().members.values() if one["status"] in ("creator", "administrator")]


def send_message(call: Call) -> Json:
    chat = call.chat()
    return chat.post_by_bot(call.text() | call.keyboard(), call.reply_to(chat))


def send_photo(call: Call) -> Json:
    chat = call.chat()
    return chat.post_by_bot(call.caption() | _photo(call, call.upload("photo")) | call.keyboard(), call.reply_to(chat))


def send_document(call: Call) -> Json:
    chat = call.chat()
    return chat.post_by_bot(
        call.caption() | _document(call, call.upload("document")) | call.keyboard(), call.reply_to(chat)
    )


def send_audio(call: Call) -> Json:
    return _send_played(call, "audio")


def send_video(call: Call) -> Json:
    return _send_played(call, "video")


def _send_played(call: Call, kind: str) -> Json:
    """Telegram finds out by itself how long it plays; here it is always a second."""
    chat, file = call.chat(), call.upload(kind)
    return chat.post_by_bot(call.caption() | {kind: _played(call, kind, file)} | call.keyboard(), call.reply_to(chat))


def _played(call: Call, kind: str, file: Upload | str) -> Json:
    if isinstance(file, str):
        return call.home.files.described(file).described
    _not_empty(file)
    folder, facts = PLAYED[kind]
    return call.home.files.add(folder, file.data, file.filename, file.content_type, duration=1, **facts)


def send_media_group(call: Call) -> list[Json]:
    chat, media = call.chat(), call.params.get("media")
    if not isinstance(media, list) or not all(isinstance(one, dict) for one in media):
        bad_request("can't parse media JSON object")
    if len(media) > 10:
        bad_request("too many messages to send as an album")
    if len(media) < 2:  # the documentation says 2-10, so nobody may lean on less
        bad_request("there are no messages to send")
    parts = [call.caption(one) | _part(call, one) for one in media]
    reply_to = call.reply_to(chat)
    group = str(14_000_000_000_000_000 + next(call.home.numbers))
    return [chat.post_by_bot(part | {"media_group_id": group}, reply_to) for part in parts]


def _part(call: Call, one: Json) -> Json:
    file = call.attached(str(one.get("media") or ""))
    match one.get("type"):
        case "photo":
            return _photo(call, file)
        case "document":
            return _document(call, file)
        case "audio" | "video" as kind:
            return {kind: _played(call, kind, file)}
        case kind:
            raise Refused(400, f"Bad Request: can't parse InputMedia: type {kind} is not known to this fake")


def _photo(call: Call, file: Upload | str) -> Json:
    if isinstance(file, str):
        return {"photo": call.home.files.photo_again(file)}
    _not_empty(file)
    if len(file.data) > PHOTO_LIMIT:
        bad_request(
            f"file of size {len(file.data)} bytes is too big for a photo; the maximum size is {PHOTO_LIMIT} bytes"
        )
    return {"photo": call.home.files.add_photo(file.data)}


def _document(call: Call, file: Upload | str) -> Json:
    if isinstance(file, str):
        return {"document": call.home.files.described(file).described}
    _not_empty(file)
    return {"document": call.home.files.add("documents", file.data, file.filename, file.content_type)}


def _not_empty(file: Upload) -> None:
    if not file.data:
        bad_request("file must be non-empty")
    if len(file.data) > UPLOAD_LIMIT:
        raise Refused(413, "Request Entity Too Large")


def edit_message_text(call: Call) -> Json:
    chat, old = _own_message(call)
    if "text" not in old:
        bad_request("there is no text in the message to edit")
    return _changed(call, chat, old, ("text", "entities"), call.text())


def edit_message_caption(call: Call) -> Json:
    chat, old = _own_message(call)
    if "text" in old:
        bad_request("there is no caption in the message to edit")
    return _changed(call, chat, old, ("caption", "caption_entities"), call.caption())


def edit_message_media(call: Call) -> Json:
    """Another photo or file in the place of one, with its caption; in an album it stays of its kind."""
    chat, old = _own_message(call)
    media = call.params.get("media")
    if not isinstance(media, dict):
        bad_request("can't parse InputMedia JSON object")
    if "text" in old:
        bad_request("there is no media in the message to edit")
    new = call.caption(media) | _part(call, media)
    if "media_group_id" in old and not any(kind in new and kind in old for kind in MEDIA):
        bad_request("MEDIA_GROUPED_INVALID")
    return _changed(call, chat, old, (*MEDIA, "caption", "caption_entities"), new)


def edit_message_reply_markup(call: Call) -> Json:
    chat, old = _own_message(call)
    return _changed(call, chat, old, (), {})


def _own_message(call: Call) -> tuple[Chat, Json]:
    chat = call.chat()
    old = chat.stored.get(call.number("message_id"))
    if old is None:
        bad_request("message to edit not found")
    if old["message_id"] not in chat.mine:
        bad_request("message can't be edited")
    return chat, old


def _changed(call: Call, chat: Chat, old: Json, keys: tuple[str, ...], content: Json) -> Json:
    """An edit without a keyboard takes the keyboard away, as on Telegram."""
    kept = {name: value for name, value in old.items() if name not in (*keys, "reply_markup", "edit_date")}
    new = kept | content | call.keyboard()
    if new == {name: value for name, value in old.items() if name != "edit_date"}:
        bad_request(NOT_MODIFIED)
    return chat.put(new | {"edit_date": call.home.seconds()})


def delete_message(call: Call) -> bool:
    chat = call.chat()
    old = chat.stored.get(call.number("message_id"))
    if old is None:
        bad_request("message to delete not found")
    theirs = old["message_id"] not in chat.mine
    if call.home.seconds() - old["date"] > TWO_DAYS or (theirs and chat.kind != "private"):
        bad_request("message can't be deleted for everyone" if chat.kind == "private" else "message can't be deleted")
    chat.delete(old["message_id"])
    return True


def send_chat_action(call: Call) -> bool:
    action = call.word("action")
    if action not in ACTIONS:
        bad_request("wrong parameter action in request")
    call.chat().actions.append(action)
    return True


def answer_callback_query(call: Call) -> bool:
    press = call.home.presses.get(call.word("callback_query_id"))
    if press is None or press.answered:
        bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(call.word("text")) > 200:
        bad_request("MESSAGE_TOO_LONG")
    press.answered, press.text, press.alert = True, call.word("text"), call.flag("show_alert")
    call.home.bell.ring()
    return True


def get_file(call: Call) -> Json:
    return call.home.files.get_file(call.word("file_id"))


async def get_updates(call: Call) -> list[Json]:
    wait, allowed = call.number("timeout"), call.names("allowed_updates")
    return await call.home.updates.fetch(call.number("offset"), call.number("limit"), wait, allowed)


async def set_webhook(call: Call) -> bool:
    if call.flag("drop_pending_updates"):
        call.home.updates.drop_pending()
    secret, allowed = call.word("secret_token"), call.names("allowed_updates")
    await call.home.updates.set_webhook(call.word("url"), secret, allowed, call.number("max_connections"))
    return True


async def delete_webhook(call: Call) -> bool:
    if call.flag("drop_pending_updates"):
        call.home.updates.drop_pending()
    await call.home.updates.set_webhook("", "", None, 0)
    return True


def get_webhook_info(call: Call) -> Json:
    return call.home.updates.webhook_info()


def set_my_commands(call: Call) -> bool:
    commands = call.params.get("commands")
    if not isinstance(commands, list):
        bad_request("can't parse commands: expected an Array of BotCommand")
    if len(commands) > 100:
        bad_request("BOT_COMMANDS_TOO_MUCH")
    for one in commands:
        name = str(one.get("command", "")).removeprefix("/")
        if not (1 <= len(name) <= 32 and name.replace("_", "a").isalnum() and name.isascii() and name == name.lower()):
            bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(one.get("description", ""))) <= 256:
            bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    call.home.commands[_scope(call)] = commands
    return True


def get_my_commands(call: Call) -> list[Json]:
    return call.home.commands.get(_scope(call), [])


def delete_my_commands(call: Call) -> bool:
    call.home.commands.pop(_scope(call), None)
    return True


def _scope(call: Call) -> tuple[str, str]:
    scope = call.params.get("scope") or {"type": "default"}
    return ":".join(str(value) for value in scope.values()), call.word("language_code")


METHODS: dict[str, Callable[[Call], Any]] = {
    "getMe": get_me,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendAudio": send_audio,
    "sendVideo": send_video,
    "sendMediaGroup": send_media_group,
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageMedia": edit_message_media,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "sendChatAction": send_chat_action,
    "answerCallbackQuery": answer_callback_query,
    "getFile": get_file,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
}
