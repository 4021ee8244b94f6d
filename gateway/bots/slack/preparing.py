"""A stored payload made ready for the desk: its words in Markdown, its place in a thread, its files fetched. May be repeated."""

import asyncio
import contextlib
import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from slack_sdk.errors import SlackApiError
from sqlalchemy import select

from gateway.bots.rendering import from_slack
from gateway.bots.slack import home
from gateway.bots.slack.api import Api
from gateway.bots.slack.asking import asked
from gateway.bots.slack.at_once import names
from gateway.bots.slack.files import filed, left_out
from gateway.bots.slack.installs import KEY_WAIT, Unreadable
from gateway.bots.slack.order import Place
from gateway.bots.slack.payloads import CHANNEL, Json, inside, text
from gateway.bots.slack.reading import Left, Read, nothing, read
from gateway.bots.slack.results import error_of
from gateway.bots.slack.workspaces import NotInstalled, Workspaces
from gateway.core.desk import grammar
from gateway.core.desk.grammar import Command
from gateway.core.errors import Postpone
from gateway.core.house import House
from gateway.core.ledger.inbox import Claim
from gateway.core.messages import Filed, Filer, InboundMessage, Intent
from gateway.core.store.models import MessageMap
from gateway.core.words import later, together

log = logging.getLogger("postroom.slack")

TELLING = ("post", "mention", "reply")  # what told somebody of a post, as a confirmation of their own does not
FILES_WAIT = timedelta(hours=1)  # after that the words go out without what Slack does not give


async def prepare(house: House, workspaces: Workspaces, filer: Filer, held: Claim) -> InboundMessage:
    """The payload as a message. Raises Postpone while Slack is down, or a token can't be read. From where the app is not installed nothing is taken."""
    found = _read(held)
    if found.removed_from:
        note = await workspaces.removed(found.removed_from, found.at or held.received_at)
        return replace(found.message, notes=(note,))
    if (found.message.intent is Intent.NOTHING and not found.home_of) or not _is_wanted(found.message):
        return found.message
    try:
        api = await workspaces.api((found.home_of or found.message.account).partition(":")[0])
    except NotInstalled as error:
        return nothing(str(error)).message
    except Unreadable as error:
        raise Postpone(str(error), wait=KEY_WAIT) from error
    if found.home_of:
        note = await home.show(house, api, found.home_of, held.received_at)
        return nothing(note).message
    if found.left is not None:
        await _leave(api, found.message, found.left)
    message = await asyncio.to_thread(_looked_up, house, found)
    if found.dm_with:
        message = replace(message, place=f"{message.place.partition(':')[0]}:{await _dm(api, found.dm_with)}")
    if found.files:
        may_wait = house.now() - held.received_at < FILES_WAIT
        message = await _with_files(api, filer, found, message, may_wait=may_wait)
    return await _named(api, message)


def _read(held: Claim) -> Read:
    try:
        payload: Any = json.loads(held.raw or b"{}")
    except (ValueError, RecursionError):
        payload = None
    place = str(held.envelope.get("place", ""))
    return read(payload, cast("Place", place)) if isinstance(payload, dict) else nothing("Not a payload of Slack's.")


def _is_wanted(message: InboundMessage) -> bool:
    """Whether anything may come of it: what is said to others in a channel is neither looked up nor fetched."""
    return message.private or message.addressed


def _looked_up(house: House, found: Read) -> InboundMessage:
    """With its words, in which linked people have their names here, and with what it answers."""
    message = found.message
    team = message.account.partition(":")[0]
    with house.database.read() as session:
        words = from_slack(found.blocks, found.words, name_of=names(session, team)).strip()
        answers = message.answers
        if message.thread and message.intent is Intent.SPEAK:
            sent = select(MessageMap.external_id).where(
                MessageMap.channel == CHANNEL,
                MessageMap.place == message.place,
                MessageMap.thread == message.thread,
                MessageMap.external_id < message.external_id,  # of one length: seconds and a number
                MessageMap.direction == "out",
            )
            told = sent.where(MessageMap.purpose.in_(TELLING)).order_by(MessageMap.external_id.desc()).limit(1)
            first = sent.order_by(MessageMap.external_id).limit(1)  # for a thread that began with a command
            answers = (*session.scalars(told), message.thread, *session.scalars(first))
    return replace(message, text=f"{found.prefix} {words}".strip(), answers=answers)


async def _leave(api: Api, message: InboundMessage, left: Left) -> None:
    """Under the message stay the buttons that are of use still. When Slack does not take that, what was pressed is done all the same."""
    channel, blocks = message.place.partition(":")[2], json.dumps(left.blocks)
    with contextlib.suppress(SlackApiError, Postpone):
        await asked(api, "chat.update", channel=channel, ts=message.external_id, text=left.words, blocks=blocks)


async def _dm(api: Api, user: str) -> str:
    """The id of the person's conversation with the bot, opened when it was not; their own id, which serves as one, when Slack won't open it."""
    try:
        answer = await asked(api, "conversations.open", users=user)
    except SlackApiError as error:
        log.warning("a conversation with %s can't be opened: %s (does the app have im:write?)", user, error_of(error))
        return user
    return text(inside(answer, "channel"), "id") or user


async def _with_files(
    api: Api, filer: Filer, found: Read, message: InboundMessage, *, may_wait: bool
) -> InboundMessage:
    """The message with its files; when none is left and there are no words either, that is a refusal."""
    done = [await _filed(api, filer, one, may_wait=may_wait) for one in found.files]
    media = tuple(one.media for one in done if one.media is not None)
    notes = tuple(note for one in done for note in one.notes)
    has_words = message.text.removeprefix(found.prefix).strip()
    reject = "" if media or has_words else together(*notes, later("Nothing was published."))
    return replace(message, media=media, notes=notes, reject=reject)


async def _filed(api: Api, filer: Filer, file: Json, *, may_wait: bool) -> Filed:
    """The file made ready. Raises Postpone while Slack can't give it and `may_wait`."""
    try:
        return await filed(api, filer, file)
    except Postpone as error:
        if may_wait:
            raise
        return left_out(error.message)


async def _named(api: Api, message: InboundMessage) -> InboundMessage:
    """With the account's name, which is shown where linked chats are listed: asked for only when a chat is being linked."""
    command = grammar.read(message.text) if message.intent is Intent.SPEAK and message.private else None
    if message.account_name or not (isinstance(command, Command) and command.verb == "link"):
        return message
    try:
        answer = await asked(api, "users.info", user=message.account.partition(":")[2])
    except SlackApiError:
        return message  # without users:read; the link works all the same
    name = text(inside(answer, "user"), "name")
    return replace(message, account_name=f"@{name}" if name else "")
