"""A workspace: who and what is in it, and the events that every change makes."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from tests.fakes.slack_delivery import Delivery
from tests.fakes.wire import Bell, Clock, Json

CHANNEL_TYPES = {"D": "im", "C": "channel", "G": "group"}


@dataclass(slots=True)
class App:
    """The app and its bot user as installed in the workspace."""

    app_id: str = "A07P0STR00M"
    bot_id: str = "B07P0STR00M"
    user_id: str = "U07P0STR00M"
    name: str = "postroom"
    bot_token: str = "xoxb-1111-2222-not-a-real-token"
    app_token: str = "xapp-1-A07P0STR00M-3333-not-a-real-token"
    signing_secret: str = "00000000000000000000not000secret"
    scopes: frozenset[str] = frozenset()
    revoked: bool = False


@dataclass(slots=True)
class Channel:
    """A conversation: its messages by ts, and what only one person was shown."""

    id: str
    name: str
    members: set[str]
    messages: dict[str, Json] = field(default_factory=dict)
    ephemeral: list[tuple[str, Json]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return CHANNEL_TYPES[self.id[0]]


@dataclass(slots=True)
class File:
    described: Json
    data: bytes = b""
    complete: bool = False


@dataclass(slots=True)
class World:
    app: App
    clock: Clock
    delivery: Delivery
    team: Json
    bell: Bell
    users: dict[str, Json] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    triggers: dict[str, tuple[str, float]] = field(default_factory=dict)  # → who, and until when in seconds
    views: dict[str, list[Json]] = field(default_factory=dict)  # open modals of each person, the top one last
    homes: dict[str, Json] = field(default_factory=dict)
    responses: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # → channel, user, ts
    organisation: str = ""  # the id of the one it belongs to
    as_whole: bool = False  # the organisation installed the app for all its workspaces
    events: list[Json] = field(default_factory=list)  # every event's envelope, as first delivered
    url: str = ""
    _numbers: Iterator[int] = field(default_factory=lambda: count(100))

    @property
    def install(self) -> Json:
        """How the app came here, as most payloads say."""
        return {"enterprise_id": self.organisation or None, "is_enterprise_install": self.as_whole}

    def ts(self) -> str:
        """A message's time and name: no two are the same, later ones are larger."""
        return f"{self.clock().timestamp():.0f}.{next(self._numbers):06d}"

    def number(self) -> int:
        return next(self._numbers)

    def new_id(self, letter: str) -> str:
        return f"{letter}08{next(self._numbers):08X}"

    def tell(self, event: Json) -> asyncio.Task[Json | None]:
        """Wraps an event in its envelope and delivers it to the app."""
        envelope = {
            "token": "legacy",
            "team_id": self.team["id"],
            "context_team_id": self.team["id"],
            "enterprise_id": self.organisation or None,
            "context_enterprise_id": self.organisation or None,
            "api_app_id": self.app.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{self.team['id'][1:]}{self.number():08X}",
            "event_time": int(self.clock().timestamp()),
            "authorizations": [
                self.install | {"team_id": self.team["id"], "user_id": self.app.user_id, "is_bot": True}
            ],
            "is_ext_shared_channel": False,
            "event_context": f"4-{self.number()}",
        }
        self.events.append(envelope)
        return self.delivery.carry("events_api", envelope)

    def post(self, channel: Channel, message: Json) -> Json:
        """Puts a message into a channel and tells the app, if its bot is in there to hear it."""
        channel.messages[message["ts"]] = message
        parent = channel.messages.get(message.get("thread_ts", ""))
        if parent is not None and parent is not message:
            parent["reply_count"] = parent.get("reply_count", 0) + 1
            parent["thread_ts"] = parent["ts"]
        self.bell.ring()
        self._message_event(channel, message | {"event_ts": message["ts"]})
        return message

    def change(self, channel: Channel, ts: str, new: Json) -> None:
        old, channel.messages[ts] = channel.messages[ts], new
        self.bell.ring()
        moment = self.ts()
        event = {"type": "message", "subtype": "message_changed", "message": new, "previous_message": old}
        self._message_event(channel, event | {"hidden": True, "ts": moment, "event_ts": moment})

    def remove(self, channel: Channel, ts: str) -> None:
        old = channel.messages.pop(ts)
        self.bell.ring()
        moment = self.ts()
        event = {"type": "message", "subtype": "message_deleted", "previous_message": old, "deleted_ts": ts}
        self._message_event(channel, event | {"hidden": True, "ts": moment, "event_ts": moment})

    def _message_event(self, channel: Channel, event: Json) -> None:
        if self.app.user_id in channel.members:
            self.tell(event | {"channel": channel.id, "channel_type": channel.kind})

    def dm(self, user: str) -> Channel:
        """The one direct conversation of a person with the bot, opened when it was not."""
        for channel in self.channels.values():
            if channel.kind == "im" and user in channel.members:
                return channel
        channel = Channel(self.new_id("D"), "directmessage", {user, self.app.user_id})
        self.channels[channel.id] = channel
        return channel

    def add_file(self, data: bytes, name: str, content_type: str, user: str, title: str = "") -> File:
        number = self.new_id("F")
        address = f"{self.url}/files-pri/{self.team['id']}-{number}"
        described = {
            "id": number,
            "created": int(self.clock().timestamp()),
            "timestamp": int(self.clock().timestamp()),
            "name": name,
            "title": title or name,
            "mimetype": content_type,
            "filetype": name.rpartition(".")[2],
            "user": user,
            "size": len(data),
            "mode": "hosted",
            "is_external": False,
            "file_access": "visible",
            "url_private": f"{address}/{name}",
            "url_private_download": f"{address}/download/{name}",
            "permalink": f"{self.url}/files/{user}/{number}/{name}",
        }
        self.files[number] = File(described, data)
        return self.files[number]
