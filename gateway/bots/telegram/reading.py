"""An update made into a message: whose words, where, what they answer, which files. Decides nothing about members or posts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from telegram import CallbackQuery, ChatMemberUpdated, Message, MessageOriginUser, Update, User

from gateway.bots.rendering import from_telegram
from gateway.bots.telegram.arrivals import CHANNEL
from gateway.core.desk import grammar
from gateway.core.desk.grammar import Command
from gateway.core.messages import InboundMessage, Intent

UNSUPPORTED = {
    "animation": "GIFs and silent videos",
    "audio": "music",
    "checklist": "checklists",
    "contact": "contacts",
    "dice": "dice",
    "game": "games",
    "live_photo": "live photos",
    "location": "locations",
    "paid_media": "paid media",
    "poll": "polls",
    "rich_message": "messages of this new kind",
    "sticker": "stickers",
    "story": "stories",
    "venue": "places",
    "video": "videos",
    "video_note": "video messages",
    "voice": "voice messages",
}
PICTURES = frozenset(
    {".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".heif", ".avif", ".bmp", ".tif", ".tiff", ".svg"}
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch: its id at Telegram, a name for it, its size in bytes if known."""

    file_id: str
    filename: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """What stands in an update, before its files are fetched. `query` is a pressed button that waits to be answered."""

    message: InboundMessage
    files: tuple[Wanted, ...] = ()
    query: str = ""


def read(values: Mapping[str, Any], me: User | None) -> Read:
    """The update as a message. `me` is the bot, needed in groups. Raises almost anything for what is no update."""
    update = Update.de_json(dict(values), None)
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.my_chat_member is not None:
        return Read(_membership(update.my_chat_member))
    if update.edited_message is not None:
        return Read(_edited(update.edited_message, me))
    if update.message is not None:
        return _said(update.message, me)
    return Read(nothing("Telegram's housekeeping, or a channel's post."))


def nothing(note: str, *, account: str = "", place: str = "") -> InboundMessage:
    """Something that is recorded and leads to nothing."""
    return InboundMessage(CHANNEL, account, place, intent=Intent.NOTHING, notes=(note,))


def _said(message: Message, me: User | None) -> Read:
    author = message.from_user
    if message.migrate_to_chat_id is not None:
        place, now_at = str(message.chat.id), str(message.migrate_to_chat_id)
        return Read(InboundMessage(CHANNEL, "", place, intent=Intent.MOVED, action=now_at, private=False))
    if author is None or author.is_bot:
        return Read(nothing("Not said by a person."))
    said = _base(message, author, me)
    picture, refusal = _file(message), _refusal(message)
    if not (said.text or picture or refusal):
        return Read(replace(said, intent=Intent.NOTHING, notes=("Telegram's housekeeping: nothing was said.",)))
    if refusal:
        return Read(replace(said, reject=f"{refusal} Nothing was published.", notes=(f"{refusal} It was left out.",)))
    return Read(said, (picture,) if picture else ())


def _edited(message: Message, me: User | None) -> InboundMessage:
    author = message.from_user
    if author is None or author.is_bot:
        return nothing("Not changed by a person.")
    return replace(_base(message, author, me), intent=Intent.EDIT)


def _base(message: Message, author: User, me: User | None) -> InboundMessage:
    """Who, where, the words, and what they answer."""
    private = message.chat.type == "private"
    text = _markdown(message)
    mention = f"@{me.username}".lower() if me is not None and me.username else ""
    addressed = private or _is_spoken_to(message, me, mention)
    if not private and mention and text.lower().startswith((f"{mention} ", f"{mention}\n")):
        text = text[len(mention) :].strip()
    return InboundMessage(
        channel=CHANNEL,
        account=str(author.id),
        place=str(message.chat.id),
        external_id=str(message.message_id),
        text=text,
        answers=_answers(message),
        private=private,
        addressed=addressed,
        account_name=f"@{author.username}" if author.username else author.full_name,
        date=message.date,
    )


def _markdown(message: Message) -> str:
    text = message.text or message.caption or ""
    entities = message.entities or message.caption_entities
    return from_telegram(text, [entity.to_dict() for entity in entities])


def _answers(message: Message) -> tuple[str, ...]:
    """The message it is a reply to; in a forum every message seems to answer the one that opened its topic."""
    answered = message.reply_to_message
    if answered is None or answered.forum_topic_created is not None:
        return ()
    return (str(answered.message_id),)


def _is_spoken_to(message: Message, me: User | None, mention: str) -> bool:
    """In a group: a command that is ours, our name, or a command in reply to us. Other replies to us are talk among people."""
    text = message.text or message.caption or ""
    word = text.split(maxsplit=1)[0].lower() if text.strip() else ""
    if word.startswith("/"):
        _, at, name = word.partition("@")
        return f"@{name}" == mention if at else isinstance(grammar.read(text), Command)
    if mention and mention in text.lower().split():
        return True
    answered = message.reply_to_message
    if me is None or answered is None or answered.from_user is None or answered.from_user.id != me.id:
        return False
    return isinstance(grammar.read(text, answering=True), Command)


def _refusal(message: Message) -> str:
    """Why this message can't be published, in a sentence; empty when it can."""
    origin = message.forward_origin
    if origin is not None and not (isinstance(origin, MessageOriginUser) and origin.sender_user == message.from_user):
        return "This message was forwarded, and Postroom publishes your own words only."
    for name, words in UNSUPPORTED.items():
        if (
            getattr(message, name, None) or name in message.api_kwargs
        ):  # the latter for what the library does not know yet
            return f"Postroom can't publish {words} yet."
    if message.document is not None and not _is_picture(message):
        ending = PurePosixPath(message.document.file_name or "").suffix.lower()
        return f"Postroom can't publish {ending or 'such'} files yet."
    return ""


def _file(message: Message) -> Wanted | None:
    """The photo in its largest size, or the picture that was sent as a file."""
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return Wanted(largest.file_id, "photo.jpg", largest.file_size or 0)
    document = message.document
    if document is not None and _is_picture(message):
        return Wanted(document.file_id, document.file_name or "picture", document.file_size or 0)
    return None


def _is_picture(message: Message) -> bool:
    document = message.document
    if document is None or message.animation is not None:
        return False
    ending = PurePosixPath(document.file_name or "").suffix.lower()
    return (document.mime_type or "").startswith("image/") or ending in PICTURES


def _pressed(query: CallbackQuery) -> Read:
    account = str(query.from_user.id)
    if query.message is None or not query.data:
        return Read(nothing("A button that is not ours.", account=account), query=query.id)
    message = InboundMessage(
        channel=CHANNEL,
        account=account,
        place=str(query.message.chat.id),
        external_id=str(query.message.message_id),
        intent=Intent.PRESS,
        action=query.data,
        private=query.message.chat.type == "private",
    )
    return Read(message, query=query.id)


def _membership(change: ChatMemberUpdated) -> InboundMessage:
    """Somebody stopped or restarted the bot; what happens to it in groups concerns no linked account."""
    account, place = str(change.from_user.id), str(change.chat.id)
    if change.chat.type != "private":
        return nothing("The bot's place in a group changed.", account=account, place=place)
    closed = change.new_chat_member.status in {"kicked", "left"}
    return InboundMessage(CHANNEL, account, place, intent=Intent.BLOCKED if closed else Intent.UNBLOCKED)
