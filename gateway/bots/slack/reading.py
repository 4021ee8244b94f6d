"""A stored payload read: who, where, what they did. Names, files and the thread it belongs to are looked up afterwards.

Sources: Slack's reference, "Event types" (message and its subtypes), "Slash commands", "block_actions payloads",
"view_submission payloads".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from gateway.bots.slack import views
from gateway.bots.slack.arrivals import is_at_home, kind_of, team_of
from gateway.bots.slack.manifest import COMMANDS
from gateway.bots.slack.order import Place
from gateway.bots.slack.payloads import CHANNEL, Json, inside, nodes, objects, same_words, text
from gateway.core.desk.spent import is_spent
from gateway.core.messages import InboundMessage, Intent, Wishes

SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})
TOP_LEVEL = "0"  # as a thread: an answer that belongs to none, since what it answers is gone


@dataclass(frozen=True, slots=True)
class Left:
    """A message whose button was pressed, without what is settled by that."""

    blocks: tuple[Json, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Read:
    """A message without its words, which may name people, and what else must be fetched for it."""

    message: InboundMessage
    blocks: tuple[Json, ...] = ()
    words: str = ""  # Slack's mrkdwn, used where there are no blocks
    prefix: str = ""  # the command in front of the words
    files: tuple[Json, ...] = ()
    dm_with: str = ""  # the answer goes to this user's conversation with the bot
    left: Left | None = None  # how the message with the button is to be from now on
    home_of: str = ""  # this account's App Home is to be shown, and that is all
    removed_from: str = ""  # the app was removed from this workspace, and that is all
    at: datetime | None = None  # when, as Slack says


def read(payload: Json, place: Place = "") -> Read:
    """What the payload is, in this place among all that was heard of its message. Never raises; what is not understood leads to nothing."""
    if place == "late":
        return nothing("It was edited or deleted before it came, and that counts.")
    if place == "stale":
        return nothing("A newer edit came before this one, or the message is gone.")
    found, event = _read(payload), inside(payload, "event")
    # In a channel an edit is for us when it mentions us, which is an event of its own; any other changes what it may have made, and no more.
    is_for_us = found.message.private or text(event, "type") == "app_mention"
    if place == "first" and found.message.intent is Intent.EDIT and is_for_us:
        whole = inside(event, "message") or event
        return replace(found, message=replace(found.message, intent=Intent.SPEAK), files=objects(whole, "files"))
    return found


def _read(payload: Json) -> Read:
    match kind_of(payload):
        case "event":
            return _event(payload)
        case "command":
            return _command(payload)
        case _:
            return _interaction(payload)


def nothing(note: str, *, account: str = "", place: str = "") -> Read:
    """Something that is recorded and leads to nothing."""
    return Read(InboundMessage(CHANNEL, account, place, intent=Intent.NOTHING, notes=(note,)))


# Events


def _event(payload: Json) -> Read:
    event, team = inside(payload, "event"), team_of(payload)
    match text(event, "type"):
        case "message":
            return _message(team, event, _bot(payload))
        case "app_mention":
            return _mention(team, event, _bot(payload))
        case "app_home_opened" if text(event, "tab") in {"", "home"} and text(event, "user"):
            return Read(nothing("An App Home.").message, home_of=f"{team}:{text(event, 'user')}")
        case "app_uninstalled" | "tokens_revoked":
            return _removed(team, payload)
        case other:
            return nothing(f"Slack's housekeeping: {other[:60] or 'no event'}.")


def _removed(team: str, payload: Json) -> Read:
    """The app was removed, or its token revoked; only people's own tokens, which we have none of, may have been, too."""
    revoked = inside(payload, "event", "tokens").get("bot")
    if text(inside(payload, "event"), "type") == "tokens_revoked" and not revoked:
        return nothing("Slack's housekeeping: tokens of people.")
    moment = payload.get("event_time")
    at = datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) and 0 <= moment < 2**37 else None
    return Read(InboundMessage(CHANNEL, "", f"{team}:", intent=Intent.REPORT), removed_from=team, at=at)


def _bot(payload: Json) -> str:
    """Our own user id in that workspace."""
    return next((text(one, "user_id") for one in objects(payload, "authorizations") if one.get("is_bot") is True), "")


def _message(team: str, event: Json, bot: str) -> Read:
    match text(event, "subtype"):
        case "message_changed":
            return _changed(team, event, bot)
        case "message_deleted":
            return _deleted(team, event, inside(event, "previous_message"), bot)
        case subtype if subtype in SPOKEN:
            return _said(team, event, event, bot)
        case other:
            return nothing(f"Slack's housekeeping: {other[:60]}.")


def _said(team: str, event: Json, message: Json, bot: str) -> Read:
    """Words or files of a person. In a channel they are for us only when we are mentioned, which is an event of its own."""
    if not _by_person(message, bot):
        return nothing("Not said by a person.")
    private = _is_private(event)
    base = InboundMessage(
        channel=CHANNEL,
        account=f"{team}:{text(message, 'user')}",
        place=f"{team}:{text(event, 'channel')}",
        external_id=text(message, "ts"),
        thread=_thread(message),
        private=private,
        addressed=private,
    )
    blocks, words = without_bot(objects(message, "blocks"), text(message, "text"), bot)
    return Read(base, blocks, words, files=objects(message, "files"))


def _mention(team: str, event: Json, bot: str) -> Read:
    if _is_private(event):
        return nothing("Said in private, where it is a message too.")
    found = _said(team, event, event, bot)
    intent = Intent.EDIT if event.get("edited") else found.message.intent  # an edit that keeps our name comes again
    return replace(found, message=replace(found.message, addressed=True, intent=intent))


def _changed(team: str, event: Json, bot: str) -> Read:
    now, before = inside(event, "message"), inside(event, "previous_message")
    if text(now, "subtype") == "tombstone":  # what stays of a deleted message with a thread
        return _deleted(team, {**event, "deleted_ts": text(now, "ts")}, before, bot)
    if same_words(now, before):
        return nothing("Nothing in its words changed.")
    found = _said(team, event, now, bot)
    if found.message.intent is Intent.NOTHING:
        return found
    return replace(found, message=replace(found.message, intent=Intent.EDIT, addressed=True), files=())


def _deleted(team: str, event: Json, before: Json, bot: str) -> Read:
    if not _by_person(before, bot):
        return nothing("Not deleted by a person, or not known whose it was.")
    gone = text(event, "deleted_ts") or text(before, "ts")
    message = InboundMessage(
        channel=CHANNEL,
        account=f"{team}:{text(before, 'user')}",
        place=f"{team}:{text(event, 'channel')}",
        external_id=gone,
        intent=Intent.DELETE,
        thread=_thread(before) or TOP_LEVEL,
        private=_is_private(event),
    )
    return Read(message)


def _by_person(message: Json, bot: str) -> bool:
    user = text(message, "user")
    return bool(user) and user not in (bot, "USLACKBOT") and not text(message, "bot_id")


def _is_private(event: Json) -> bool:
    return text(event, "channel").startswith("D")


def _thread(message: Json) -> str:
    """The first message of its thread; nothing when it is in none, or is the first itself."""
    thread = text(message, "thread_ts")
    return "" if thread == text(message, "ts") else thread


def without_bot(blocks: tuple[Json, ...], words: str, bot: str) -> tuple[tuple[Json, ...], str]:
    """What was said without our own name in it: that was the address, not the words."""
    if not bot or not (f"<@{bot}>" in words or any(_is_bot(node, bot) for node in nodes(blocks))):
        return blocks, words
    return tuple(_without(block, bot) for block in blocks), words.replace(f"<@{bot}>", "").strip()


def _without(value: Any, bot: str, depth: int = 0) -> Any:
    if depth > 30:
        return value
    if isinstance(value, Mapping):
        return {name: _without(one, bot, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [_without(one, bot, depth + 1) for one in value if not _is_bot(one, bot)]
    return value


def _is_bot(node: Any, bot: str) -> bool:
    return isinstance(node, Mapping) and node.get("type") == "user" and node.get("user_id") == bot


# Slash commands, buttons and forms


def _command(payload: Json) -> Read:
    """A slash command, which only its author saw: it is answered in their own conversation with the bot."""
    team, user, command = team_of(payload), text(payload, "user_id"), text(payload, "command")
    message = InboundMessage(
        CHANNEL, f"{team}:{user}", f"{team}:{text(payload, 'channel_id')}", account_name=_at(text(payload, "user_name"))
    )
    verb = COMMANDS.get(command, command.lstrip("/"))
    return Read(message, words=text(payload, "text"), prefix=f"/{verb}", dm_with=user)


def _interaction(payload: Json) -> Read:
    team, user = team_of(payload), inside(payload, "user")
    account = f"{team}:{text(user, 'id')}"
    if views.is_composer(payload):
        return _composed(payload, account)
    if text(payload, "type") != "block_actions":
        return nothing(f"Not a button: {text(payload, 'type')[:60] or 'nothing known'}.", account=account)
    chosen = next(filter(None, map(_chosen, objects(payload, "actions"))), "")
    if not chosen:
        return nothing("A button that opens a page.", account=account)
    channel = text(inside(payload, "channel"), "id") or text(inside(payload, "container"), "channel_id")
    shown = inside(payload, "message")
    ts = text(inside(payload, "container"), "message_ts") or text(shown, "ts")
    message = InboundMessage(
        channel=CHANNEL,
        account=account,
        place=f"{team}:{channel}",
        external_id=ts,
        intent=Intent.PRESS,
        answers=(ts,) if ts else (),
        thread=_thread(shown),
        private=channel.startswith("D") or is_at_home(payload),
        account_name=_name(payload),
        action=chosen,
    )
    return Read(message, left=_left(shown, chosen), dm_with="" if channel else text(user, "id"))


def _left(shown: Json, pressed: str) -> Left | None:
    """The message without the buttons that were settled by pressing one; None when that is none of them."""
    left, is_fewer = list[Json](), False
    for block in objects(shown, "blocks"):
        buttons = objects(block, "elements") if text(block, "type") == "actions" else ()
        kept = [one for one in buttons if not is_spent(text(one, "value"), pressed)]
        is_fewer = is_fewer or len(kept) < len(buttons)
        if kept or not buttons:
            left.append({**block, "elements": kept} if buttons else block)
    return Left(tuple(left), text(shown, "text")) if is_fewer else None


def _chosen(action: Json) -> str:
    """What a button, or the choice in a menu, stands for."""
    return text(action, "value") or text(inside(action, "selected_option"), "value")


def _composed(payload: Json, account: str) -> Read:
    """A form that was sent: a post or a reply, whatever its words are. It is answered in their own conversation with the bot."""
    found = views.written(inside(payload, "view"))
    team, _, user = account.partition(":")
    message = InboundMessage(
        CHANNEL,
        account,
        f"{team}:",
        title=found.title,
        categories=found.categories,
        wishes=Wishes(state="draft" if found.state == views.DRAFT else "publish"),
        reply_to_post_id=found.form.post_id or None,
        account_name=_name(payload),
    )
    files = tuple({"id": number, "file_access": "check_file_info"} for number in found.form.files)
    return Read(message, found.words, prefix="" if found.form.post_id else "/post", files=files, dm_with=user)


def _name(payload: Json) -> str:
    user = inside(payload, "user")
    return _at(text(user, "username") or text(user, "name"))


def _at(name: str) -> str:
    return f"@{name}" if name else ""
