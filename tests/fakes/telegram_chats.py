"""A chat as people see it, and what they do in it: say, send photos, edit, press, block."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.fakes.telegram_entities import formatted
from tests.fakes.telegram_home import Home, Press
from tests.fakes.wire import Json

RIGHTS = dict.fromkeys(
    [
        "can_be_edited",
        "can_manage_chat",
        "can_delete_messages",
        "can_manage_video_chats",
        "can_restrict_members",
        "can_promote_members",
        "can_change_info",
        "can_invite_users",
        "can_post_stories",
        "can_edit_stories",
        "can_delete_stories",
        "can_send_welcome_messages",
    ],
    False,
)


@dataclass(frozen=True, slots=True)
class SeenButton:
    label: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it stands in the chat now. `text` is a caption where there is media; `raw` is the Bot API's Message."""

    id: int
    text: str
    from_bot: bool
    raw: Json
    entities: tuple[Json, ...] = ()
    buttons: tuple[tuple[SeenButton, ...], ...] = ()
    reply_to: int | None = None
    album: str = ""
    edited: bool = False
    file: bytes = b""  # the largest photo, or the document

    def button(self, label_or_data: str) -> SeenButton:
        for one in (one for row in self.buttons for one in row):
            if label_or_data in (one.label, one.data):
                return one
        raise AssertionError(f"no button {label_or_data!r} under {self.text!r}, only {self.buttons}")


class Chat:
    """A private chat, group, supergroup or channel with one bot in it."""

    def __init__(self, home: Home, about: Json, *, who: Json | None = None, privacy: bool = False) -> None:
        self.id: int = about["id"]
        self.about = about
        self.who = who  # whose doing it is when nobody else is named
        self.privacy = privacy
        self.blocked = False
        self.migrated_to = 0
        self.mine: set[int] = set()  # messages of the bot
        self.stored: dict[int, Json] = {}
        self.members: dict[int, Json] = {}
        self.actions: list[str] = []
        self._home = home

    @property
    def kind(self) -> str:
        return str(self.about["type"])

    # What a person does

    def say(
        self,
        text: str,
        *,
        entities: Sequence[Json] | None = None,
        parse_mode: str = "",
        reply_to: int | None = None,
        by: Json | None = None,
    ) -> Seen:
        """A person writes; Telegram marks commands, links and names by itself."""
        text, found = formatted(text, list(entities or []), parse_mode)
        return self.send(by=by, reply_to=reply_to, text=text, **({"entities": found} if found else {}))

    def photo(
        self,
        data: bytes,
        caption: str = "",
        *,
        entities: Sequence[Json] | None = None,
        reply_to: int | None = None,
        album: str = "",
        by: Json | None = None,
    ) -> Seen:
        """A person sends a photo; `album` names the group of an earlier part that this one comes late to."""
        content = self._captioned(caption, entities) | {"photo": self._home.files.add_photo(data)}
        return self.send(by=by, reply_to=reply_to, **content | ({"media_group_id": album} if album else {}))

    def album(self, photos: Sequence[bytes], caption: str = "", *, by: Json | None = None) -> list[Seen]:
        """A person sends photos together: one message each, the caption on the first."""
        group = str(13_000_000_000_000_000 + next(self._home.numbers))
        return [self.photo(data, caption if n == 0 else "", album=group, by=by) for n, data in enumerate(photos)]

    def document(self, data: bytes, name: str, content_type: str, caption: str = "", *, by: Json | None = None) -> Seen:
        file = self._home.files.add("documents", data, name, content_type)
        return self.send(by=by, **self._captioned(caption, None) | {"document": file})

    def file(
        self,
        kind: str,
        data: bytes,
        content_type: str,
        caption: str = "",
        *,
        name: str = "",
        reply_to: int | None = None,
        album: str = "",
        by: Json | None = None,
        **facts: object,
    ) -> Seen:
        """A person sends `audio`, `voice`, `video`, `video_note`, `animation` or `document`; `facts` are what else Telegram says of it."""
        file = self._home.files.add(kind, data, name, content_type)
        played = {} if kind == "document" else {"duration": 3}
        content = self._captioned(caption, None) | {kind: file | played | facts}
        content |= {"document": file} if kind == "animation" else {}
        return self.send(by=by, reply_to=reply_to, **content | ({"media_group_id": album} if album else {}))

    def send(self, *, by: Json | None = None, reply_to: int | None = None, **content: object) -> Seen:
        """A person sends any content, named as in the Bot API's Message (`location`, `sticker`, `forward_origin` …)."""
        message = self._new(by or self.who) | self._reply_fields(reply_to) | content
        self.stored[message["message_id"]] = message
        if self._reaches_bot(message):
            self._home.updates.put("channel_post" if self.kind == "channel" else "message", message)
        self._home.bell.ring()
        return self.see(message)

    def edit(self, message_id: int, text: str, *, entities: Sequence[Json] | None = None, photo: bytes = b"") -> Seen:
        """A person changes their text or caption, or the photo; the same text again tells the bot all the same."""
        words, found = formatted(text, list(entities or []), "")
        old = self.stored[message_id]
        key, marks = ("text", "entities") if "text" in old else ("caption", "caption_entities")
        message = {name: value for name, value in old.items() if name not in (key, marks)}
        message |= (
            ({key: words} if words else {}) | {"edit_date": self._home.seconds()} | ({marks: found} if found else {})
        )
        message |= {"photo": self._home.files.add_photo(photo)} if photo else {}
        self.stored[message_id] = message
        if self._reaches_bot(message):
            self._home.updates.put("edited_channel_post" if self.kind == "channel" else "edited_message", message)
        self._home.bell.ring()
        return self.see(message)

    def delete(self, message_id: int) -> None:
        """A person takes a message away; no bot is ever told."""
        del self.stored[message_id]
        self._home.bell.ring()

    def press(self, message_id: int, label_or_data: str, *, by: Json | None = None) -> Press:
        """A person presses an inline button; look at the returned press for the bot's answer to it."""
        button = self.message(message_id).button(label_or_data)
        if not button.data:
            raise AssertionError(f"{label_or_data!r} opens {button.url}; the bot does not hear of it")
        press = Press(str(4_382_000_000_000_000_000 + next(self._home.numbers)), button.data)
        self._home.presses[press.id] = press
        query = {"id": press.id, "from": by or self.who, "message": self.stored[message_id], "data": button.data}
        self._home.updates.put("callback_query", query | {"chat_instance": str(self.id * 7919)})
        return press

    def block(self) -> None:
        """The person stops the bot, or it is thrown out of the group."""
        self._membership(to="kicked")

    def unblock(self) -> None:
        self._membership(to="member")

    def promote(self, who: Json, status: str = "administrator", *, may_post: bool = True) -> None:
        """Makes somebody `creator`, `administrator`, `member` or `left` of a channel; the bot is told of its own place only."""
        rights = {"is_anonymous": False} | (
            RIGHTS | {"can_post_messages": may_post} if status == "administrator" else {}
        )
        with_rights = rights if status in ("creator", "administrator") else {}
        self.members[who["id"]] = {"user": who, "status": status} | with_rights

    def take_bot_in(self, by: Json) -> None:
        """Somebody makes the bot an admin of the channel."""
        before, admin = self._member("left"), {"user": self._home.me, "status": "administrator", "is_anonymous": False}
        about = {"chat": self.about, "from": by, "date": self._home.seconds()}
        change = {"old_chat_member": before, "new_chat_member": admin | RIGHTS | {"can_post_messages": True}}
        self._home.updates.put("my_chat_member", about | change)

    # What a person sees

    @property
    def messages(self) -> list[Seen]:
        """What stands in the chat now, oldest first."""
        return [self.see(message) for message in self.stored.values()]

    @property
    def answers(self) -> list[Seen]:
        """What the bot said and has not taken back."""
        return [message for message in self.messages if message.from_bot]

    def message(self, message_id: int) -> Seen:
        return self.see(self.stored[message_id])

    async def wait_for(self, wanted: str | Callable[[Seen], object], timeout: float = 20, *, after: int = 0) -> Seen:
        """The first message with an id above `after` that the predicate likes, or from the bot with these words in it."""

        def fits(message: Seen) -> bool:
            return message.from_bot and wanted in message.text if isinstance(wanted, str) else bool(wanted(message))

        def look() -> Seen | None:
            return next((one for one in self.messages if one.id > after and fits(one)), None)

        found = await self._home.bell.until(look, timeout)
        if found is None:
            said = "\n".join(f"  {one.id} {'bot' if one.from_bot else 'person'}: {one.text!r}" for one in self.messages)
            raise AssertionError(f"Waited {timeout} s for {wanted!r}. The chat shows:\n{said}")
        return found

    def see(self, message: Json) -> Seen:
        markup = message.get("reply_markup", {}).get("inline_keyboard", [])
        seen = Seen(
            id=message["message_id"],
            text=message.get("text") or message.get("caption") or "",
            from_bot=message["message_id"] in self.mine,
            raw=message,
            entities=tuple(message.get("entities") or message.get("caption_entities") or ()),
            buttons=tuple(
                tuple(SeenButton(one["text"], one.get("callback_data", ""), one.get("url", "")) for one in row)
                for row in markup
            ),
            reply_to=message.get("reply_to_message", {}).get("message_id"),
            album=message.get("media_group_id", ""),
            edited="edit_date" in message,
        )
        file = message["photo"][-1] if "photo" in message else message.get("document")
        return replace(seen, file=self._home.files.described(file["file_id"]).data) if file else seen

    # What the Bot API's methods do here

    def post_by_bot(self, content: Json, reply_to: int | None = None) -> Json:
        message = self._new(self._home.me) | self._reply_fields(reply_to) | content
        self.mine.add(message["message_id"])
        self.stored[message["message_id"]] = message
        self._home.bell.ring()
        return message

    def put(self, message: Json) -> Json:
        self.stored[message["message_id"]] = message
        self._home.bell.ring()
        return message

    def serve(self, by: Json, **content: object) -> None:
        """A service message, such as a migration, told to the bot whatever its privacy."""
        self._home.updates.put("message", self.put(self._new(by) | content))

    # Within

    def _new(self, author: Json | None) -> Json:
        number = next(self._home.message_ids)
        message: Json = {"message_id": number, "date": self._home.seconds(), "chat": self.about}
        if self.kind == "channel":
            return message | {"sender_chat": self.about}
        if author is None:
            raise AssertionError("In a group somebody says it: by=fake.person(…)")
        return message | {"from": author}

    def _captioned(self, caption: str, entities: Sequence[Json] | None) -> Json:
        text, found = formatted(caption, list(entities or []), "")
        return ({"caption": text} if text else {}) | ({"caption_entities": found} if found else {})

    def _reply_fields(self, reply_to: int | None) -> Json:
        if reply_to is None:
            return {}
        return {
            "reply_to_message": {
                key: value for key, value in self.stored[reply_to].items() if key != "reply_to_message"
            }
        }

    def _reaches_bot(self, message: Json) -> bool:
        """Whether privacy mode lets the bot see it: commands that may be for it, and replies to it."""
        if self.blocked or not self.privacy:
            return not self.blocked
        command = message.get("text", "").split(maxsplit=1)[:1]
        _, at, name = command[0].partition("@") if command else ("", "", "")
        for_us = bool(command) and command[0].startswith("/") and (not at or name == self._home.me["username"])
        return for_us or message.get("reply_to_message", {}).get("message_id") in self.mine

    def _membership(self, to: str) -> None:
        before, self.blocked = ("kicked" if self.blocked else "member"), to == "kicked"
        self._home.updates.put(
            "my_chat_member",
            {
                "chat": self.about,
                "from": self.who or self._home.me,
                "date": self._home.seconds(),
                "old_chat_member": self._member(before),
                "new_chat_member": self._member(to),
            },
        )

    def _member(self, status: str) -> Json:
        return {"user": self._home.me, "status": status} | ({"until_date": 0} if status == "kicked" else {})
