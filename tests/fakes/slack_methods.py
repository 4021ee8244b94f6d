"""The Web API's methods, as far as Postroom may need them, with the scopes they ask for and what each refuses."""

import mimetypes
from collections.abc import Callable
from typing import NoReturn

from tests.fakes.slack_blocks import block_faults, view_faults
from tests.fakes.slack_people import bot_message
from tests.fakes.slack_world import Channel, File, World
from tests.fakes.wire import Json

TEXT_LIMIT, UPDATE_LIMIT = 40_000, 4_000


class SlackError(Exception):
    """An answer with `ok: false`."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.body: Json = {"ok": False, "error": error} | more


def refuse(error: str, **more: object) -> NoReturn:
    raise SlackError(error, **more)


def auth_test(world: World, params: Json) -> Json:
    return {
        "url": f"https://{world.team['domain']}.slack.com/",
        "team": world.team["name"],
        "user": world.app.name,
        "team_id": world.team["id"],
        "user_id": world.app.user_id,
        "bot_id": world.app.bot_id,
        "is_enterprise_install": world.as_whole,
    }


def auth_revoke(world: World, params: Json) -> Json:
    world.app.revoked = True
    return {"revoked": True}


def connections_open(world: World, params: Json) -> Json:
    return {"url": f"{world.url.replace('http', 'ws', 1)}/link/?ticket={world.number()}&app_id={world.app.app_id}"}


def post_message(world: World, params: Json) -> Json:
    channel = _channel(world, params, writable=True)
    message = world.post(channel, bot_message(world, _content(params, TEXT_LIMIT) | _thread(channel, params)))
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def post_ephemeral(world: World, params: Json) -> Json:
    channel, user = _channel(world, params, writable=True), params.get("user", "")
    if user not in channel.members:
        refuse("user_not_in_channel")
    message = bot_message(world, _content(params, TEXT_LIMIT) | _thread(channel, params))
    channel.ephemeral.append((user, message))
    world.bell.ring()
    return {"message_ts": message["ts"]}


def update(world: World, params: Json) -> Json:
    channel, old = _own_message(world, params, "cant_update_message")
    content = _content(params, UPDATE_LIMIT)
    new = bot_message(world, content) | {"ts": old["ts"], "edited": {"user": world.app.user_id, "ts": world.ts()}}
    kept: Json = {key: old[key] for key in ("thread_ts", "reply_count", "files") if key in old}
    if "blocks" not in params and "blocks" in old:
        kept["blocks"] = old["blocks"]
    world.change(channel, old["ts"], new | kept)
    return {"channel": channel.id, "ts": old["ts"], "text": new["text"], "message": new | kept}


def delete(world: World, params: Json) -> Json:
    channel, old = _own_message(world, params, "cant_delete_message")
    world.remove(channel, old["ts"])
    return {"channel": channel.id, "ts": old["ts"]}


def _own_message(world: World, params: Json, otherwise: str) -> tuple[Channel, Json]:
    channel = _channel(world, params, writable=True)
    old = channel.messages.get(str(params.get("ts", "")))
    if old is None:
        refuse("message_not_found")
    if old.get("bot_id") != world.app.bot_id:
        refuse(otherwise)
    return channel, old


def _channel(world: World, params: Json, *, writable: bool = False) -> Channel:
    """The channel, which may be named by a person's id or, with #, by its name."""
    wanted = str(params.get("channel", ""))
    if wanted in world.users:
        return world.dm(wanted)
    for channel in world.channels.values():
        if wanted in (channel.id, f"#{channel.name}"):
            if writable and world.app.user_id not in channel.members:
                refuse("not_in_channel")
            return channel
    refuse("channel_not_found")


def _content(params: Json, limit: int) -> Json:
    text, blocks = str(params.get("text") or ""), params.get("blocks") or []
    if not text and not blocks and not params.get("attachments"):
        refuse("no_text")
    if len(text) > limit:
        refuse("msg_too_long")
    if not isinstance(blocks, list):
        refuse("invalid_blocks_format")
    if faults := block_faults(blocks):
        refuse("invalid_blocks", errors=faults, response_metadata={"messages": [f"[ERROR] {one}" for one in faults]})
    return {"text": text, "blocks": blocks}


def _thread(channel: Channel, params: Json) -> Json:
    """Slack would post to a thread that is not there and show it to nobody; here that is an error."""
    thread = str(params.get("thread_ts") or "")
    if thread and thread not in channel.messages:
        refuse("thread_not_found")
    return {"thread_ts": thread} if thread else {}


def conversations_open(world: World, params: Json) -> Json:
    users = str(params.get("users") or "").split(",")
    if params.get("channel"):
        return {"channel": {"id": _channel(world, params).id}}
    if len(users) != 1 or users[0] not in world.users:
        refuse("user_not_found" if len(users) == 1 else "users_list_not_supplied")
    return {"channel": {"id": world.dm(users[0]).id}, "no_op": False, "already_open": False}


def conversations_info(world: World, params: Json) -> Json:
    channel = _channel(world, params)
    about: Json = {"id": channel.id, "created": 1_700_000_000, "is_archived": False, "is_im": channel.kind == "im"}
    if channel.kind == "im":
        return {"channel": about | {"user": next(iter(channel.members - {world.app.user_id}))}}
    kinds = {
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_private": channel.kind == "group",
    }
    return {"channel": about | kinds | {"name": channel.name, "is_member": world.app.user_id in channel.members}}


def users_info(world: World, params: Json) -> Json:
    user = world.users.get(str(params.get("user", "")))
    return {"user": user} if user else refuse("user_not_found")


def team_info(world: World, params: Json) -> Json:
    return {"team": world.team}


def views_open(world: World, params: Json) -> Json:
    user, until = world.triggers.pop(str(params.get("trigger_id", "")), ("", 0.0))
    if not user:
        refuse("invalid_trigger_id")
    if world.clock().timestamp() > until:
        refuse("expired_trigger_id")
    view = _view(world, params, "modal")
    world.views.setdefault(user, []).append(view)
    world.bell.ring()
    return {"view": view}


def views_update(world: World, params: Json) -> Json:
    for stack in world.views.values():
        for place, old in enumerate(stack):
            if params.get("view_id") == old["id"]:
                stack[place] = _view(world, params, "modal") | {"id": old["id"]}
                world.bell.ring()
                return {"view": stack[place]}
    refuse("not_found")


def views_publish(world: World, params: Json) -> Json:
    user = str(params.get("user_id", ""))
    if user not in world.users:
        refuse("invalid_arguments", response_metadata={"messages": ["[ERROR] user not found [json-pointer:/user_id]"]})
    world.homes[user] = _view(world, params, "home")
    world.bell.ring()
    return {"view": world.homes[user]}


def _view(world: World, params: Json, kind: str) -> Json:
    view = params.get("view")
    faults = view_faults(view)
    if not isinstance(view, dict) or view["type"] != kind or faults:
        refuse("invalid_arguments", response_metadata={"messages": [f"[ERROR] {one}" for one in faults]})
    blocks = [
        block if block.get("block_id") else block | {"block_id": f"b{n}"} for n, block in enumerate(view["blocks"])
    ]
    ids = {"id": world.new_id("V"), "team_id": world.team["id"], "hash": str(world.number()), "state": {"values": {}}}
    return {"private_metadata": "", "callback_id": ""} | view | {"blocks": blocks} | ids


def files_info(world: World, params: Json) -> Json:
    return {"file": _file(world, str(params.get("file", ""))).described}


def _file(world: World, number: str) -> File:
    return world.files.get(number) or refuse("file_not_found")


def get_upload_url(world: World, params: Json) -> Json:
    name, length = str(params.get("filename") or ""), int(params.get("length") or 0)
    if not name or length <= 0:
        refuse(
            "invalid_arguments", response_metadata={"messages": ["[ERROR] missing required field: filename or length"]}
        )
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = world.add_file(b"", name, content_type, world.app.user_id)
    file.described |= {"size": length} | ({"alt_txt": params["alt_txt"]} if params.get("alt_txt") else {})
    return {
        "upload_url": f"{world.url}/upload/v1/{world.team['id']}-{file.described['id']}",
        "file_id": file.described["id"],
    }


def complete_upload(world: World, params: Json) -> Json:
    wanted = params.get("files")
    if not isinstance(wanted, list) or not wanted:
        refuse("invalid_arguments", response_metadata={"messages": ["[ERROR] missing required field: files"]})
    files = [_file(world, str(one.get("id", ""))) for one in wanted]
    for file, one in zip(files, wanted, strict=True):
        if len(file.data) != file.described["size"]:
            refuse("file_update_failed")
        file.described |= {"title": one.get("title") or file.described["name"]}
        file.complete = True
    described = [file.described for file in files]
    if params.get("channel_id"):
        channel = _channel(world, {"channel": params["channel_id"]}, writable=True)
        shared: Json = {"subtype": "file_share", "files": described, "text": str(params.get("initial_comment") or "")}
        world.post(channel, bot_message(world, shared | _thread(channel, params)))
    return {"files": described}


def delete_file(world: World, params: Json) -> Json:
    """The file goes, and with it the messages that it was shared in."""
    file = _file(world, str(params.get("file", "")))
    if file.described["user"] != world.app.user_id:
        refuse("cant_delete_file")
    del world.files[file.described["id"]]
    for channel in world.channels.values():
        for message in list(channel.messages.values()):
            if any(one["id"] == file.described["id"] for one in message.get("files", [])):
                world.remove(channel, message["ts"])
    return {}


def add_reaction(world: World, params: Json) -> Json:
    message = _channel(world, params).messages.get(str(params.get("timestamp", "")))
    if message is None:
        refuse("message_not_found")
    names = [one["name"] for one in message.setdefault("reactions", [])]
    if params.get("name") in names:
        refuse("already_reacted")
    message["reactions"].append({"name": params.get("name"), "users": [world.app.user_id], "count": 1})
    return {}


Method = Callable[[World, Json], Json]
METHODS: dict[str, tuple[Method, str]] = {  # method, and the scope it needs
    "auth.test": (auth_test, ""),
    "auth.revoke": (auth_revoke, ""),
    "apps.connections.open": (connections_open, "connections:write"),
    "chat.postMessage": (post_message, "chat:write"),
    "chat.postEphemeral": (post_ephemeral, "chat:write"),
    "chat.update": (update, "chat:write"),
    "chat.delete": (delete, "chat:write"),
    "conversations.open": (conversations_open, "im:write"),
    "conversations.info": (conversations_info, "im:read"),
    "users.info": (users_info, "users:read"),
    "team.info": (team_info, "team:read"),
    "views.open": (views_open, ""),
    "views.update": (views_update, ""),
    "views.publish": (views_publish, ""),
    "files.info": (files_info, "files:read"),
    "files.delete": (delete_file, "files:write"),
    "files.getUploadURLExternal": (get_upload_url, "files:write"),
    "files.completeUploadExternal": (complete_upload, "files:write"),
    "reactions.add": (add_reaction, "reactions:write"),
}
