"""Answers on their way out to Telegram, and changes of what was sent."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from telegram import (
    InputMedia,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, RetryAfter, TelegramError

from gateway.bots.capabilities import TELEGRAM
from gateway.bots.telegram.api import Api
from gateway.bots.telegram.fetching import seconds_of
from gateway.bots.telegram.pages import ENDINGS, Page, changed_page, inline, pages, plain
from gateway.bots.telegram.results import CLOSED, GONE, result_of, says
from gateway.core.house import House
from gateway.core.ledger.outbox import Result
from gateway.core.ledger.pace import LIMITS, WHOLE, Limits, further
from gateway.core.messages import Attached, Outgoing, Picture

# Previews are noise under what already carries its own words, photos and button.
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
PLAYED = frozenset(
    {"audio/mpeg", "audio/mp4", "video/mp4"}
)  # sendAudio, sendVideo: "other formats may be sent as Document"
LONGEST_WAIT = 60.0  # seconds for the rest of something that is half out
Sleep = Callable[[float], Awaitable[object]]


class TelegramCarrier:
    """Sends one parcel at a time. What it takes beyond the first message waits for its own turn within `limits` (None: for nothing)."""

    channel = "telegram"

    def __init__(
        self, house: House, api: Api, *, limits: Limits | None = LIMITS["telegram"], sleep: Sleep = asyncio.sleep
    ) -> None:
        self._house, self._api, self._limits, self._sleep = house, api, limits, sleep

    async def send(self, parcel: Outgoing) -> Result:
        """What became of it; `remote_id` is the first message's, `also` has those of further ones. A group that moved is followed once."""
        try:
            return await self._send(parcel)
        except ChatMigrated as moved:
            place = str(moved.new_chat_id)
            try:
                return replace(await self._send(replace(parcel, recipient=place)), moved_to=place)
            except ChatMigrated as again:
                return Result("failed", f"The group moved from place to place: {again.message}")

    async def _send(self, parcel: Outgoing) -> Result:
        try:
            return await self._change(parcel) if parcel.edits else await self._tell(parcel)
        except ChatMigrated:
            raise
        except TelegramError as error:
            result = result_of(error, self._house.now())
            if parcel.edits and result.status == "uncertain":
                return Result("deferred", result.reason)  # an edit made twice is made once
            return result

    async def _turn(self, place: str, *, done: int = 1, together: int = 1) -> None:
        """Waits until the next messages may be sent to this chat, so many in one call, and then until the bot may send them."""
        if self._limits is None or not (done or together > 1):
            return
        limits, now = self._limits, self._house.now

        def booking(scope: str) -> Callable[[Session], datetime]:
            return lambda s: further(s, limits, self.channel, scope, now(), done=done, together=together)

        for scope in (place, WHOLE):
            until = await asyncio.wrap_future(self._house.database.writer.submit(booking(scope)))
            await self._sleep(max(0.0, (until - now()).total_seconds()))

    # New messages

    async def _tell(self, parcel: Outgoing) -> Result:
        laid_out = pages(parcel.answer)
        sent: list[str] = []
        for page in laid_out:
            try:
                sent += await self._next(parcel, page, first=not sent)
            except TelegramError as error:
                if not sent:
                    raise
                reason = f"Only {len(sent)} of {len(laid_out)} messages went out: {result_of(error, self._house.now()).reason}"
                return Result("uncertain", reason, remote_id=sent[0], also=tuple(sent[1:]))
        if not sent:
            return Result("cancelled", "There was nothing to say.")
        return Result("sent", remote_id=sent[0], also=tuple(sent[1:]))

    async def _next(self, parcel: Outgoing, page: Page, *, first: bool) -> list[str]:
        """The page's messages, each in its turn; the first one's has come. When part of it is out, a 429 is waited for here."""
        size = max(1, len(page.pictures))
        await self._turn(parcel.recipient, done=0 if first else 1, together=size)
        try:
            return await self._page(parcel, page, first=first)
        except RetryAfter as error:
            if first or seconds_of(error) > LONGEST_WAIT:
                raise
            await self._sleep(seconds_of(error))
            return await self._page(parcel, page, first=first)

    async def _page(self, parcel: Outgoing, page: Page, *, first: bool) -> list[str]:
        """The ids of what was sent; a page that Telegram can't read goes out in plain words."""
        try:
            return [str(message.message_id) for message in await self._sent(parcel, page, first=first)]
        except BadRequest as error:
            if says(error, *CLOSED):
                raise
        await self._turn(parcel.recipient, together=max(1, len(page.pictures)))
        return [str(message.message_id) for message in await self._sent(parcel, plain(page), first=first)]

    async def _sent(self, parcel: Outgoing, page: Page, *, first: bool) -> list[Message]:
        chat, bot = _chat(parcel), self._api.bot
        answered = parcel.reply_to if first else ""
        quoted = ReplyParameters(int(answered), allow_sending_without_reply=True) if answered.isdecimal() else None
        if page.file is not None and (data := self._bytes(page.file)) is not None:
            return [await self._send_file(chat, page, page.file, data, quoted)]
        photos = [photo for photo in map(self._photo, page.pictures) if photo is not None]
        if len(photos) > 1:
            album = [
                InputMediaPhoto(
                    data,
                    caption=page.words if number == 0 else None,
                    caption_entities=page.entities if number == 0 else None,
                    filename=name,
                )
                for number, (data, name) in enumerate(photos)
            ]
            return list(await bot.send_media_group(chat, album, reply_parameters=quoted))
        if photos:
            [(data, name)] = photos
            message = await bot.send_photo(
                chat,
                data,
                caption=page.words or None,
                caption_entities=page.entities,
                reply_markup=page.keyboard,
                reply_parameters=quoted,
                filename=name,
            )
            return [message]
        if not page.words:
            return []
        message = await bot.send_message(
            chat,
            page.words,
            entities=page.entities,
            reply_markup=page.keyboard,
            reply_parameters=quoted,
            link_preview_options=NO_PREVIEW,
        )
        return [message]

    async def _send_file(
        self, chat: int | str, page: Page, file: Attached, data: bytes, quoted: ReplyParameters | None
    ) -> Message:
        """As music or film where Telegram plays the kind, else as a document."""
        bot = self._api.bot
        send: Any = bot.send_document
        if file.content_type in PLAYED:
            send = bot.send_audio if file.kind == "audio" else bot.send_video
        message: Message = await send(
            chat,
            data,
            filename=file.filename,
            caption=page.words or None,
            caption_entities=page.entities,
            reply_markup=page.keyboard,
            reply_parameters=quoted,
        )
        return message

    def _photo(self, picture: Picture) -> tuple[bytes, str] | None:
        """The file and a name for it; None when it is no longer kept."""
        data = self._bytes(picture)
        return (data, _name(picture)) if data is not None else None

    def _bytes(self, file: Picture | Attached) -> bytes | None:
        try:
            return self._house.blobs.get(file.blob)
        except FileNotFoundError:
            return None

    # Changes

    async def _change(self, parcel: Outgoing) -> Result:
        """Edits what was sent. What says so already is done, and what is gone needs no change."""
        result = Result("sent", remote_id=parcel.edits)
        try:
            await self._edit(parcel)
        except BadRequest as error:
            if says(error, *GONE):
                return replace(result, reason=error.message)
            if not says(error, "message is not modified"):
                raise
        return result

    async def _edit(self, parcel: Outgoing) -> None:
        """The text, or the caption of a photo. A deleted post's photos are taken away with all that was sent with them."""
        if parcel.kind == "retract":
            for part in parcel.parts:
                await self._delete(parcel, part)
                await self._turn(parcel.recipient)
        elif parcel.files_changed and await self._edit_files(parcel):
            return
        try:
            await self._edit_text(parcel)
        except BadRequest as error:
            if not says(error, "there is no text in the message"):
                raise
            await self._turn(parcel.recipient)
            if parcel.kind == "retract":
                if await self._delete(parcel, parcel.edits):
                    return
                await self._turn(parcel.recipient)
            await self._edit_caption(parcel)

    async def _edit_files(self, parcel: Outgoing) -> bool:
        """Puts the post's files as they are now where the earlier ones stand, with the caption; whether that was all. An album takes no further photo."""
        messages, said = [parcel.edits, *parcel.parts], pages(parcel.answer)
        slots = [(page, file) for page in said for file in (page.file, *page.pictures) if file or not page.pictures]
        if len(slots) != len(messages):
            return False
        for message_id, (page, file) in zip(messages, slots, strict=True):
            if file is not None and (data := self._bytes(file)) is not None:
                await self._replace(parcel, message_id, _media_of(file, data, page), page)
                await self._turn(parcel.recipient)
        return slots[0][1] is not None

    async def _replace(self, parcel: Outgoing, message_id: str, media: InputMedia, page: Page) -> None:
        """An album's messages have no keyboard. What is no longer there, or can't change its kind, stays as it is."""
        keyboard = inline(page) if len(page.pictures) < 2 else None
        try:
            await self._api.bot.edit_message_media(media, _chat(parcel), int(message_id), reply_markup=keyboard)
        except BadRequest as error:
            if says(error, *CLOSED):
                raise

    async def _edit_text(self, parcel: Outgoing) -> None:
        page = changed_page(parcel.answer, TELEGRAM.text)
        await self._api.bot.edit_message_text(
            page.words,
            _chat(parcel),
            int(parcel.edits),
            entities=page.entities,
            reply_markup=inline(page),
            link_preview_options=NO_PREVIEW,
        )

    async def _edit_caption(self, parcel: Outgoing) -> None:
        page = changed_page(parcel.answer, TELEGRAM.caption)
        await self._api.bot.edit_message_caption(
            _chat(parcel),
            int(parcel.edits),
            caption=page.words,
            caption_entities=page.entities,
            reply_markup=None if parcel.parts else inline(page),
        )

    async def _delete(self, parcel: Outgoing, message_id: str) -> bool:
        """Whether the message is gone; Telegram keeps what is older than two days."""
        try:
            return await self._api.bot.delete_message(_chat(parcel), int(message_id))
        except BadRequest as error:
            return says(error, *GONE)


def _media_of(file: Picture | Attached, data: bytes, page: Page) -> InputMedia:
    """A page's file with what stands under it: of several photos under the first."""
    is_first = file is page.file or file is page.pictures[0]
    words, entities = (page.words, page.entities) if is_first else (None, None)
    if isinstance(file, Picture):
        return InputMediaPhoto(data, caption=words, caption_entities=entities, filename=_name(file))
    kind: Any = InputMediaDocument
    if file.content_type in PLAYED:
        kind = InputMediaAudio if file.kind == "audio" else InputMediaVideo
    media: InputMedia = kind(data, caption=words, caption_entities=entities, filename=file.filename)
    return media


def _name(picture: Picture) -> str:
    return f"photo.{ENDINGS.get(picture.content_type, 'jpg')}"


def _chat(parcel: Outgoing) -> int | str:
    return int(parcel.recipient) if parcel.recipient.lstrip("-").isdecimal() else parcel.recipient
