"""People in Slack: what they see of a conversation, and what they do in it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tests.fakes.slack_text import pings, shown, typed
from tests.fakes.slack_views import Answered, Viewer, interaction, trigger
from tests.fakes.slack_world import Channel, File, World
from tests.fakes.wire import Json


@dataclass(frozen=True, slots=True)
class SlackButton:
    label: str
    action_id: str
    value: str
    block_id: str
    url: str


@dataclass(frozen=True, slots=True)
class SlackSeen:
    """A message as it stands now. `text` is what is read on the screen; `raw` is Slack's message object."""

    ts: str
    text: str
    from_bot: bool
    raw: Json
    thread_ts: str
    buttons: tuple[SlackButton, ...]
    files: tuple[bytes, ...]
    edited: bool
    ephemeral: bool
    pings: tuple[str, ...]

    def button(self, label_or_action_id: str) -> SlackButton:
        for one in self.buttons:
            if label_or_action_id in (one.label, one.action_id, one.value):
                return one
        raise AssertionError(f"no button {label_or_action_id!r} under {self.text!r}, only {self.buttons}")


class Conversation:
    """A conversation through the eyes of one person in it."""

    def __init__(self, world: World, channel: Channel, who: str) -> None:
        self._world = world
        self._channel = channel
        self._who = who

    @property
    def id(self) -> str:
        return self._channel.id

    # What the person does

    def say(self, text: str, thread_ts: str | None = None, *, blocks: list[Json] | None = None) -> SlackSeen:
        """They write; Slack's client makes rich_text of what was typed."""
        words, made = typed(text)
        return self._said({"text": words, "blocks": blocks or made}, thread_ts)

    def file(
        self, data: bytes, name: str, text: str = "", *, content_type: str = "image/jpeg", readable: bool = True
    ) -> SlackSeen:
        """They share a file; an unreadable one is shown to the app as an id only, as files of other workspaces are."""
        file = self._world.add_file(data, name, content_type, self._who)
        file.complete = True
        hidden = {"id": file.described["id"], "mode": "file_access", "file_access": "check_file_info"}
        words, blocks = typed(text)
        content: Json = {"subtype": "file_share", "text": words, "upload": False, "display_as_bot": False}
        content |= {"files": [file.described if readable else hidden]} | ({"blocks": blocks} if blocks else {})
        return self._said(content, None)

    def _said(self, content: Json, thread_ts: str | None) -> SlackSeen:
        message: Json = {
            "client_msg_id": f"b2c1d0e0-0000-4000-8000-{self._world.number():012d}",
            "type": "message",
            "user": self._who,
            "ts": self._world.ts(),
            "team": self._world.team["id"],
        }
        message |= content | ({"thread_ts": thread_ts} if thread_ts else {})
        return self._see(self._world.post(self._channel, message))

    def edit(self, ts: str, text: str) -> SlackSeen:
        words, blocks = typed(text)
        edited = {"user": self._who, "ts": self._world.ts()}
        self._world.change(
            self._channel, ts, self._channel.messages[ts] | {"text": words, "blocks": blocks, "edited": edited}
        )
        return self.message(ts)

    def unfurl(self, ts: str, url: str) -> None:
        """Slack itself adds a preview of a link: a change in which nobody's words changed."""
        preview = [{"id": 1, "from_url": url, "original_url": url, "title": "A page", "fallback": "A page"}]
        self._world.change(self._channel, ts, self._channel.messages[ts] | {"attachments": preview})

    def delete(self, ts: str) -> None:
        self._world.remove(self._channel, ts)

    def press(self, ts: str, label_or_action_id: str) -> Answered:
        """They press a button; what the app does about it shows in the conversation."""
        seen = self.message(ts)
        button = seen.button(label_or_action_id)
        action = {
            "type": "button",
            "action_id": button.action_id,
            "block_id": button.block_id,
            "text": {"type": "plain_text", "text": button.label, "emoji": True},
            "value": button.value,
            "action_ts": self._world.ts(),
        }
        container = {"type": "message", "message_ts": ts, "channel_id": self.id, "is_ephemeral": seen.ephemeral}
        return self._interactive("block_actions", ts, container=container, actions=[action], state={"values": {}})

    def shortcut(self, ts: str, callback_id: str) -> Answered:
        """They choose a message shortcut from the message's menu."""
        return self._interactive(
            "message_action", ts, callback_id=callback_id, message_ts=ts, action_ts=self._world.ts()
        )

    def _interactive(self, kind: str, ts: str, **more: object) -> Answered:
        channel = {"id": self.id, "name": self._channel.name}
        about = interaction(self._world, kind, self._who) | {"channel": channel, "message": self.message(ts).raw}
        about["response_url"] = response_url(self._world, self.id, self._who, ts)
        return self._world.delivery.carry("interactive", about | more)

    # What the person sees

    @property
    def messages(self) -> list[SlackSeen]:
        """What stands in the conversation now, oldest first, with what only this person was shown."""
        mine = [message for user, message in self._channel.ephemeral if user == self._who]
        return sorted(map(self._see, [*self._channel.messages.values(), *mine]), key=lambda message: message.ts)

    @property
    def answers(self) -> list[SlackSeen]:
        """What the bot said and has not taken back."""
        return [message for message in self.messages if message.from_bot]

    def message(self, ts: str) -> SlackSeen:
        return next(message for message in self.messages if message.ts == ts)

    async def wait_for(
        self, wanted: str | Callable[[SlackSeen], object], timeout: float = 20, *, after: str = ""
    ) -> SlackSeen:
        """The first message later than the ts `after` that the predicate likes, or from the bot with these words in it."""

        def fits(message: SlackSeen) -> bool:
            return message.from_bot and wanted in message.text if isinstance(wanted, str) else bool(wanted(message))

        def look() -> SlackSeen | None:
            return next((one for one in self.messages if one.ts > after and fits(one)), None)

        found = await self._world.bell.until(look, timeout)
        if found is None:
            said = "\n".join(f"  {one.ts} {'bot' if one.from_bot else 'person'}: {one.text!r}" for one in self.messages)
            raise AssertionError(f"Waited {timeout} s for {wanted!r}. The conversation shows:\n{said}")
        return found

    def _see(self, message: Json) -> SlackSeen:
        hidden = any(message is one for _, one in self._channel.ephemeral)
        files = [self._world.files.get(file["id"], File({})).data for file in message.get("files", [])]
        return SlackSeen(
            ts=message["ts"],
            text=shown(message),
            from_bot="bot_id" in message,
            raw=message,
            thread_ts=message.get("thread_ts", ""),
            buttons=tuple(_buttons(message)),
            files=tuple(files),
            edited="edited" in message,
            ephemeral=hidden,
            pings=tuple(pings(message)),
        )


def _buttons(message: Json) -> list[SlackButton]:
    blocks = message.get("blocks") or []
    placed = [(block, one) for block in blocks for one in [*block.get("elements", []), block.get("accessory", {})]]
    return [
        SlackButton(
            one["text"]["text"], one.get("action_id", ""), one.get("value", ""), block["block_id"], one.get("url", "")
        )
        for block, one in placed
        if one.get("type") == "button"
    ]


class Person(Viewer):
    """Somebody in the workspace."""

    def dm(self) -> Conversation:
        """Their direct conversation with the bot."""
        return Conversation(self._world, self._world.dm(self.id), self.id)

    def looks_at(self, channel: Conversation) -> Conversation:
        """The same conversation through their eyes; they are in it from now on."""
        place = self._world.channels[channel.id]
        place.members.add(self.id)
        return Conversation(self._world, place, self.id)

    def slash(self, command: str, text: str = "", where: Conversation | None = None) -> Answered:
        """They type a slash command; the app's immediate answer is shown to them only, unless it says otherwise."""
        channel = self._world.channels[where.id] if where else self._world.dm(self.id)
        fields = {
            "token": "legacy",
            "team_id": self._world.team["id"],
            "team_domain": self._world.team["domain"],
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": self.id,
            "user_name": self._world.users[self.id]["name"],
            "command": command,
            "text": text,
            "api_app_id": self._world.app.app_id,
            "is_enterprise_install": str(self._world.as_whole).lower(),
            "response_url": response_url(self._world, channel.id, self.id, ""),
            "trigger_id": trigger(self._world, self.id),
        }
        if self._world.organisation:
            fields |= {"enterprise_id": self._world.organisation, "enterprise_name": "The Whole"}
        return asyncio.create_task(self._slashed(channel, fields))

    async def _slashed(self, channel: Channel, fields: Json) -> Json | None:
        answer = await self._world.delivery.carry("slash_commands", fields)
        if answer is None:
            answer = {"text": f"{fields['command']} failed with the error “operation_timeout”"}
        if answer.get("text") or answer.get("blocks"):
            respond(self._world, channel, self.id, answer)
        return answer


def response_url(world: World, channel: str, user: str, ts: str) -> str:
    name = f"{world.team['id']}/{world.number()}"
    world.responses[name] = (channel, user, ts)
    return f"{world.url}/actions/{name}"


def respond(world: World, channel: Channel, user: str, answer: Json) -> None:
    """Shows the app's direct answer: to everybody with response_type in_channel, else to this person only."""
    message = bot_message(world, {key: answer[key] for key in ("text", "blocks", "thread_ts") if key in answer})
    if answer.get("response_type") == "in_channel":
        world.post(channel, message)
        return
    channel.ephemeral.append((user, message))
    world.bell.ring()


def bot_message(world: World, content: Json) -> Json:
    """A message of the app's bot, blocks with the ids Slack gives them."""
    blocks = [
        block if block.get("block_id") else block | {"block_id": f"b{n}"}
        for n, block in enumerate(content.get("blocks") or [])
    ]
    message: Json = {
        "type": "message",
        "ts": world.ts(),
        "user": world.app.user_id,
        "bot_id": world.app.bot_id,
        "app_id": world.app.app_id,
        "team": world.team["id"],
        "text": "",
        "bot_profile": {
            "id": world.app.bot_id,
            "app_id": world.app.app_id,
            "name": world.app.name,
            "team_id": world.team["id"],
        },
    }
    return message | {key: value for key, value in content.items() if value} | ({"blocks": blocks} if blocks else {})
