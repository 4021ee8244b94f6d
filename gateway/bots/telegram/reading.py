"""An update made into a message: whose words, where, what they answer, which files. Decides nothing about members or posts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from telegram import (
    CallbackQuery,
    ChatMemberUpdated,
    InlineKeyboardMarkup,
    MaybeInaccessibleMessage,
    Message,
    MessageOriginUser,
    Update,
    User,
)

from gateway.bots.rendering import from_telegram
from gateway.bots.telegram.arrivals import CHANNEL
from gateway.bots.telegram.files import ENDINGS, Wanted, file_of, refusal
from gateway.core.desk import grammar
from gateway.core.desk.grammar import Command
from gateway.core.desk.spent import is_spent
from gateway.core.messages import InboundMessage, Intent, Offered
from gateway.core.words import later

# What of a message is read. The rest, which the library might not know how to read, is left alone.
READ = frozenset(
    {"message_id", "date", "edit_date", "chat", "from", "text", "entities", "caption", "caption_entities", "photo"}
    | {"live_photo", "reply_to_message", "forward_origin", "forum_topic_created", "migrate_to_chat_id", *ENDINGS}
)
ANSWERED = frozenset({"message_id", "date", "chat", "from", "forum_topic_created"})
MESSAGES = ("message", "edited_message", "channel_post", "edited_channel_post")


@dataclass(frozen=True, slots=True)
class Read:
    """What stands in an update, before its files are fetched. `query` is a pressed button that waits to be answered, `left` what of its keyboard is
    of use still, None for all of it."""

    message: InboundMessage
    files: tuple[Wanted, ...] = ()
    query: str = ""
    left: InlineKeyboardMarkup | None = None
    in_channel: bool = False


def read(values: Mapping[str, Any], me: User | None) -> Read:
    """The update as a message. `me` is the bot, needed in groups. Raises almost anything for what is no update."""
    update = Update.de_json(_readable(values), None)
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.my_chat_member is not None:
        return Read(_membership(update.my_chat_member))
    if update.edited_message is not None:
        return _edited(update, update.edited_message, me)
    if update.message is not None:
        return _said(update.message, me, refusal(values["message"]))
    post = update.channel_post or update.edited_channel_post
    if post is not None:
        return _posted(update, post, refusal(values.get("channel_post", {})))
    return Read(nothing("Telegram's housekeeping."))


def _readable(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _kept(value, READ) if name in MESSAGES else value for name, value in values.items()}


def _kept(message: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {
        name: _kept(value, ANSWERED) if name == "reply_to_message" else value
        for name, value in message.items()
        if name in names
    }


def nothing(note: str, *, account: str = "", place: str = "") -> InboundMessage:
    """Something that is recorded and leads to nothing."""
    return InboundMessage(CHANNEL, account, place, intent=Intent.NOTHING, notes=(note,))


def _said(message: Message, me: User | None, refused: str) -> Read:
    author = message.from_user
    if message.migrate_to_chat_id is not None:
        place, now_at = str(message.chat.id), str(message.migrate_to_chat_id)
        return Read(InboundMessage(CHANNEL, "", place, intent=Intent.MOVED, action=now_at, private=False))
    if author is None or author.is_bot:
        return Read(nothing("Not said by a person."))
    said = _base(message, author, me)
    file, why_not = file_of(message), _is_forwarded(message) or refused
    if not (said.text or file or why_not):
        return Read(replace(said, intent=Intent.NOTHING, notes=("Telegram's housekeeping: nothing was said.",)))
    if why_not:
        return Read(replace(said, reject=later("{why} Nothing was published.", why=why_not), notes=(why_not,)))
    return Read(said, (file,) if file else ())


def _posted(update: Update, message: Message, refused: str) -> Read:
    """What was posted in a channel, by nobody in particular. What no post can hold, or is not its own, is passed over: nobody asked for an answer."""
    place, file = str(message.chat.id), file_of(message)
    text = _markdown(message)
    if message.forward_origin is not None or refused or not (text or file):
        return Read(nothing("Not the channel's own words or files.", place=place))
    posted = InboundMessage(
        CHANNEL,
        account="",
        place=place,
        external_id=str(message.message_id),
        text=text,
        private=False,
        account_name=message.chat.title or "",
        date=message.date,
    )
    if update.edited_channel_post is not None:
        posted = replace(posted, intent=Intent.EDIT, revision=_revision(update, message))
    return Read(posted, (file,) if file else (), in_channel=True)


def _edited(update: Update, message: Message, me: User | None) -> Read:
    author, file = message.from_user, file_of(message)
    if author is None or author.is_bot:
        return Read(nothing("Not changed by a person."))
    edited = replace(_base(message, author, me), intent=Intent.EDIT, revision=_revision(update, message))
    return Read(edited, (file,) if file else ())


def _revision(update: Update, message: Message) -> int:
    """Later versions of a message have larger ones: by the second of the edit, and within it by the update's number."""
    second = int(message.edit_date.timestamp()) if message.edit_date is not None else 0
    return (second << 31) + update.update_id % (1 << 31)


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
        language=author.language_code or "",
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


def _is_forwarded(message: Message) -> str:
    """Why a message that somebody else wrote is not published; empty for one's own."""
    origin = message.forward_origin
    if origin is None or (isinstance(origin, MessageOriginUser) and origin.sender_user == message.from_user):
        return ""
    return later("This message was forwarded, and Postroom publishes your own words only.")


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
    return Read(message, query=query.id, left=_left(query.message, query.data))


def _left(message: MaybeInaccessibleMessage, pressed: str) -> InlineKeyboardMarkup | None:
    """The keyboard without what was settled by pressing one of its buttons; None when that is nothing."""
    before = message.reply_markup.inline_keyboard if isinstance(message, Message) and message.reply_markup else ()
    rows = [[one for one in row if not is_spent(str(one.callback_data or ""), pressed)] for row in before]
    if sum(map(len, rows)) == sum(map(len, before)):
        return None
    return InlineKeyboardMarkup([row for row in rows if row])


def _membership(change: ChatMemberUpdated) -> InboundMessage:
    """Somebody stopped or restarted the bot; what happens to it in groups concerns no linked account."""
    account, place = str(change.from_user.id), str(change.chat.id)
    if change.chat.type == "channel":
        return _in_channel(change, account, place)
    if change.chat.type != "private":
        return nothing("The bot's place in a group changed.", account=account, place=place)
    closed = change.new_chat_member.status in {"kicked", "left"}
    return InboundMessage(CHANNEL, account, place, intent=Intent.BLOCKED if closed else Intent.UNBLOCKED)


def _in_channel(change: ChatMemberUpdated, account: str, place: str) -> InboundMessage:
    """The bot was sent away from a channel; or taken in, and whoever did it is asked in private whether to bind it."""
    if change.new_chat_member.status in {"kicked", "left"}:
        return InboundMessage(CHANNEL, account, place, intent=Intent.BLOCKED, private=False)
    if change.new_chat_member.status != "administrator" or change.old_chat_member.status == "administrator":
        return nothing("The bot's place in a channel changed.", account=account, place=place)
    return asked_to_bind(account, place)


def asked_to_bind(account: str, place: str, *, overheard: bool = False) -> InboundMessage:
    """As if this person had asked for it in their private chat, which has their own number."""
    offered = Offered(place, overheard=overheard)
    return InboundMessage(CHANNEL, account, account, text=f"bind {place}", offered=offered)
