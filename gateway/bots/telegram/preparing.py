"""A stored update made ready for the desk: read, its button answered, its files fetched. May be repeated."""

import contextlib
import json
import logging
from dataclasses import replace
from datetime import timedelta
from functools import reduce
from typing import Any

from telegram.error import BadRequest, RetryAfter, TelegramError

from gateway.bots.capabilities import TELEGRAM
from gateway.bots.telegram import channels
from gateway.bots.telegram.api import Api
from gateway.bots.telegram.fetching import plainly, seconds_of
from gateway.bots.telegram.files import Wanted
from gateway.bots.telegram.reading import Read, nothing, read
from gateway.core.errors import Postpone
from gateway.core.house import House
from gateway.core.ledger.inbox import Claim
from gateway.core.messages import Filed, Filer, InboundMessage, Intent, PreparedMedia
from gateway.core.words import Later, N, later

log = logging.getLogger("postroom.telegram")

TOO_LARGE = N(
    "“{name}” is larger than the 20 MB that Telegram lets bots fetch. It was left out. Send it smaller, or mail it to your blog's address."
)
NOT_FETCHED = N("“{name}” could not be fetched from Telegram any more. It was left out. Send it again.")
NOTHING = (later("Nothing was published."), later("Nothing was changed."))
TRY_AGAIN = timedelta(seconds=20)


async def prepare(house: House, api: Api, filer: Filer, held: Claim) -> InboundMessage:
    """The update as a message. One that nobody can read is rejected, never fatal. Raises Postpone while Telegram is down."""
    values = _values(held)
    me = await _me(api) if _in_group(values) else None
    try:
        found = read(values, me)
    except Exception as error:
        log.warning("inbound %d is no update that can be read: %s", held.id, type(error).__name__)
        return replace(
            nothing(""), reject=later("This update could not be read ({name}).", name=type(error).__name__), notes=()
        )
    if found.query:
        # Answered here, the first moment after it is safe: the button spins until then, and what it did is told in a message.
        with contextlib.suppress(TelegramError):
            await api.bot.answer_callback_query(found.query)
        if found.left is not None:
            message, keyboard = found.message, found.left if found.left.inline_keyboard else None
            with contextlib.suppress(TelegramError):
                await api.bot.edit_message_reply_markup(message.place, int(message.external_id), reply_markup=keyboard)
    try:
        found = await channels.posted(house, api, found) if found.in_channel else found
        found = replace(found, message=await channels.offered(house, api, found.message))
    except TelegramError as error:
        raise _later(error) from error
    return await _with_files(api, filer, found)


def _values(held: Claim) -> dict[str, Any]:
    try:
        values = json.loads(held.raw or b"{}")
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _in_group(values: dict[str, Any]) -> bool:
    message = values.get("message") or values.get("edited_message")
    chat = message.get("chat") if isinstance(message, dict) else None
    return isinstance(chat, dict) and chat.get("type") in {"group", "supergroup"}


async def _me(api: Api) -> Any:
    try:
        return await api.me()
    except TelegramError as error:
        raise _later(error) from error


async def _with_files(api: Api, filer: Filer, found: Read) -> InboundMessage:
    """The message with its files; when none is left and there are no words either, that is a refusal."""
    message = found.message
    if not found.files or not (message.private or message.addressed) or message.intent is Intent.BLOCKED:
        return message
    filed = [await _filed(api, filer, wanted) for wanted in found.files]
    media: tuple[PreparedMedia, ...] = tuple(one.media for one in filed if one.media is not None)
    notes = tuple(note for one in filed for note in one.notes)
    reject = "" if media or message.text else together(*notes, NOTHING[message.intent is Intent.EDIT])
    return replace(message, media=media, notes=notes, reject=reject)


async def _filed(api: Api, filer: Filer, wanted: Wanted) -> Filed:
    too_large = _left_out(wanted, TOO_LARGE)
    if wanted.size > TELEGRAM.takes:
        return too_large
    try:
        file = await api.bot.get_file(wanted.file_id)
        data = bytes(await file.download_as_bytearray())
    except BadRequest as error:
        if "too big" in error.message.lower():
            return too_large
        return _left_out(wanted, NOT_FETCHED)
    except TelegramError as error:
        raise _later(error) from error
    return await filer(data, wanted.filename)


def _left_out(wanted: Wanted, why: str) -> Filed:
    return Filed(None, (later(why, name=wanted.filename),))


def together(*sentences: str) -> str:
    """Several sentences as one, still to be said in their reader's language."""
    first, *others = sentences
    return reduce(lambda said, more: Later("{said} {more}", {"said": said, "more": more}), others, first)


def _later(error: TelegramError) -> Postpone:
    wait = timedelta(seconds=seconds_of(error)) if isinstance(error, RetryAfter) else TRY_AGAIN
    return Postpone(plainly(error), wait=wait)
