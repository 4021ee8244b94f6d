"""Answers on their way out to Telegram, and changes of what was sent."""

from dataclasses import replace
from datetime import datetime

from telegram import InputMediaPhoto, LinkPreviewOptions, Message, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, RetryAfter, TelegramError

from gateway.bots.rendering import TelegramText, to_telegram
from gateway.bots.telegram.api import Api
from gateway.bots.telegram.pages import CAPTION_LIMIT, TEXT_LIMIT, Page, keyboard_of, pages, plain, words_of
from gateway.bots.telegram.results import CLOSED, GONE, result_of, says
from gateway.core.house import House
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Outgoing, Picture

# Previews are noise under what already carries its own words, photos and button.
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
LARGEST_PHOTO = 10_000_000  # bytes
ENDINGS = {"image/png": "png", "image/gif": "gif", "image/webp": "webp"}


class TelegramCarrier:
    """Sends one parcel at a time; a chat that is to wait after a 429 is left alone while others flow."""

    channel = "telegram"

    def __init__(self, house: House, api: Api) -> None:
        self._house, self._api = house, api
        self._waiting: dict[str, datetime] = {}

    async def send(self, parcel: Outgoing) -> Result:
        """What became of it; `remote_id` is the first message's, `also` has those of further ones."""
        now = self._house.now()
        if (until := self._waiting.get(parcel.recipient, now)) > now:
            return Result("deferred", "Telegram asked to leave this chat alone for a moment.", retry_at=until)
        self._waiting.pop(parcel.recipient, None)
        try:
            return await self._change(parcel) if parcel.edits else await self._tell(parcel)
        except ChatMigrated as moved:
            return await self.send(replace(parcel, recipient=str(moved.new_chat_id)))
        except TelegramError as error:
            result = result_of(error, now)
            if isinstance(error, RetryAfter) and result.retry_at is not None:
                self._waiting[parcel.recipient] = result.retry_at
            if parcel.edits and result.status == "uncertain":
                return Result("deferred", result.reason)  # an edit made twice is made once
            return result

    # New messages

    async def _tell(self, parcel: Outgoing) -> Result:
        laid_out = pages(parcel.answer)
        sent: list[str] = []
        for page in laid_out:
            try:
                sent += await self._page(parcel, page, first=not sent)
            except TelegramError as error:
                if not sent:
                    raise
                reason = f"Only {len(sent)} of {len(laid_out)} messages went out: {result_of(error, self._house.now()).reason}"
                return Result("uncertain", reason, remote_id=sent[0], also=tuple(sent[1:]))
        if not sent:
            return Result("cancelled", "There was nothing to say.")
        return Result("sent", remote_id=sent[0], also=tuple(sent[1:]))

    async def _page(self, parcel: Outgoing, page: Page, *, first: bool) -> list[str]:
        """The ids of what was sent; a page that Telegram can't read goes out in plain words."""
        try:
            return [str(message.message_id) for message in await self._sent(parcel, page, first=first)]
        except BadRequest as error:
            if says(error, *CLOSED):
                raise
            return [str(message.message_id) for message in await self._sent(parcel, plain(page), first=first)]

    async def _sent(self, parcel: Outgoing, page: Page, *, first: bool) -> list[Message]:
        chat, bot = _chat(parcel), self._api.bot
        answered = parcel.reply_to if first else ""
        quoted = ReplyParameters(int(answered), allow_sending_without_reply=True) if answered.isdecimal() else None
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

    def _photo(self, picture: Picture) -> tuple[bytes, str] | None:
        """The file and a name for it; None when it is no longer kept, or larger than Telegram takes."""
        try:
            data = self._house.blobs.get(picture.blob)
        except FileNotFoundError:
            return None
        return (data, f"photo.{ENDINGS.get(picture.content_type, 'jpg')}") if len(data) <= LARGEST_PHOTO else None

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
        try:
            await self._edit_text(parcel)
        except BadRequest as error:
            if not says(error, "there is no text in the message"):
                raise
            if parcel.kind != "retract" or not await self._delete(parcel, parcel.edits):
                await self._edit_caption(parcel)

    async def _edit_text(self, parcel: Outgoing) -> None:
        page = _first_page(parcel, TEXT_LIMIT)
        await self._api.bot.edit_message_text(
            page.words,
            _chat(parcel),
            int(parcel.edits),
            entities=page.entities,
            reply_markup=page.keyboard,
            link_preview_options=NO_PREVIEW,
        )

    async def _edit_caption(self, parcel: Outgoing) -> None:
        page = _first_page(parcel, CAPTION_LIMIT)
        await self._api.bot.edit_message_caption(
            _chat(parcel),
            int(parcel.edits),
            caption=page.words,
            caption_entities=page.entities,
            reply_markup=None if parcel.parts else page.keyboard,
        )

    async def _delete(self, parcel: Outgoing, message_id: str) -> bool:
        """Whether the message is gone; Telegram keeps what is older than two days."""
        try:
            return await self._api.bot.delete_message(_chat(parcel), int(message_id))
        except BadRequest as error:
            return says(error, *GONE)


def _first_page(parcel: Outgoing, limit: int) -> Page:
    texts = to_telegram(words_of(parcel.answer), limit) or [TelegramText("…")]
    return Page(texts[0], keyboard=keyboard_of(parcel.answer))


def _chat(parcel: Outgoing) -> int | str:
    return int(parcel.recipient) if parcel.recipient.lstrip("-").isdecimal() else parcel.recipient
