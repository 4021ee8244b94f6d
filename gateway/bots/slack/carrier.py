"""Answers on their way out to Slack, and changes of what was sent."""

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from gateway.bots.slack.api import Api
from gateway.bots.slack.layout import Page, by_address, has_pictures, pages, without_pictures
from gateway.bots.slack.payloads import CHANNEL
from gateway.bots.slack.reading import TOP_LEVEL
from gateway.bots.slack.results import BAD_BLOCKS, GONE, NO_THREAD, Trouble, error_of, is_limited, result_of
from gateway.core.house import House
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Outgoing, Picture

log = logging.getLogger("postroom.slack")

ENDINGS = {"image/png": "png", "image/gif": "gif", "image/webp": "webp"}


@dataclass(slots=True)
class _Progress:
    """How much of a parcel is out: a later attempt in this process goes on from there."""

    sent: list[str] = field(default_factory=list)  # each message's ts
    files: list[str] = field(default_factory=list)
    to_upload: bool = False  # Slack can't fetch the photos by itself


class SlackCarrier:
    """Sends one parcel at a time; a conversation that is to wait after a 429 is left alone while others flow."""

    channel = CHANNEL

    def __init__(self, house: House, api: Api) -> None:
        self._house, self._api = house, api
        self._waiting: dict[str, datetime] = {}
        self._begun: dict[int, _Progress] = {}

    async def send(self, parcel: Outgoing) -> Result:
        """What became of it; `remote_id` is the first message's ts, `also` has those of further ones, and uploaded files' ids."""
        now = self._house.now()
        if (until := self._waiting.get(parcel.recipient, now)) > now:
            return Result(
                "deferred", "Slack asked to leave this place alone for a moment.", retry_at=until, counts=False
            )
        self._waiting.pop(parcel.recipient, None)
        try:
            async with self._api.client() as client:
                return await (self._change(client, parcel) if parcel.edits else self._tell(client, parcel))
        except Trouble as error:
            return self._failed(parcel, error)

    def _failed(self, parcel: Outgoing, error: Exception) -> Result:
        now = self._house.now()
        result = result_of(error, now)
        if isinstance(error, SlackApiError) and is_limited(error) and result.retry_at is not None:
            self._waiting[parcel.recipient] = result.retry_at
        if result.status != "deferred":
            self._begun.pop(parcel.delivery_id, None)
        if parcel.edits and result.status == "uncertain":
            return Result("deferred", result.reason)  # a change made twice is made once
        return result

    # New messages

    async def _tell(self, client: AsyncWebClient, parcel: Outgoing) -> Result:
        answer, progress = parcel.answer, self._begun.setdefault(parcel.delivery_id, _Progress())
        progress.to_upload = progress.to_upload or not by_address(answer.pictures)
        laid_out = pages(answer, with_pictures=not progress.to_upload)
        thread = _thread(parcel)
        for page in laid_out[len(progress.sent) :]:
            progress.sent.append(await self._post(client, parcel, page, thread, progress))
        if progress.to_upload:
            for picture in answer.pictures[len(progress.files) :]:
                progress.files.append(await self._upload(client, parcel, picture, thread or progress.sent[0]))
        self._begun.pop(parcel.delivery_id, None)
        if not progress.sent:
            return Result("cancelled", "There was nothing to say.")
        also = (*progress.sent[1:], *filter(None, progress.files))
        return Result("sent", remote_id=progress.sent[0], also=also)

    async def _post(
        self, client: AsyncWebClient, parcel: Outgoing, page: Page, thread: str, progress: _Progress
    ) -> str:
        """The message's ts. A thread that is gone is left, photos that Slack can't fetch are uploaded, blocks it refuses become text."""
        try:
            answer = await client.chat_postMessage(
                channel=_place(parcel),
                text=page.text,
                blocks=list(page.blocks) or None,
                thread_ts=thread or None,
                unfurl_links=False,
                unfurl_media=False,
            )
            return str(answer["ts"])
        except SlackApiError as error:
            code = error_of(error)
            if thread and code in NO_THREAD:
                return await self._post(client, parcel, page, "", progress)
            if code not in BAD_BLOCKS or not page.blocks:
                raise
            log.warning("Slack refused the blocks of delivery %d: %s", parcel.delivery_id, code)
            progress.to_upload = progress.to_upload or has_pictures(page)
            simpler = without_pictures(page) if has_pictures(page) else replace(page, blocks=())
            return await self._post(client, parcel, simpler, thread, progress)

    async def _upload(self, client: AsyncWebClient, parcel: Outgoing, picture: Picture, thread: str) -> str:
        """The uploaded file's id; empty when the photo can't be shown. The words are out already, so only a 429 is worth a new attempt."""
        try:
            data = self._house.blobs.get(picture.blob)
            name = f"photo.{ENDINGS.get(picture.content_type, 'jpg')}"
            answer = await client.files_upload_v2(
                content=data,
                filename=name,
                title=picture.alt or name,
                alt_txt=picture.alt,
                channel=_place(parcel),
                thread_ts=thread,
            )
            return str(answer["files"][0]["id"])
        except (FileNotFoundError, *Trouble) as error:
            if isinstance(error, SlackApiError) and is_limited(error):
                raise
            log.warning("a photo of delivery %d could not be uploaded: %s", parcel.delivery_id, type(error).__name__)
            return ""

    # Changes

    async def _change(self, client: AsyncWebClient, parcel: Outgoing) -> Result:
        """Changes or takes back what was sent. What is gone already needs no change."""
        result = Result("sent", remote_id=parcel.edits)
        try:
            if parcel.kind == "retract":
                await self._take_back(client, parcel)
            else:
                await self._update(client, parcel)
        except SlackApiError as error:
            if error_of(error) not in GONE:
                raise
            return replace(result, reason="It was gone from the chat already.")
        return result

    async def _update(self, client: AsyncWebClient, parcel: Outgoing) -> None:
        laid_out = pages(parcel.answer, with_pictures=by_address(parcel.answer.pictures))
        if not laid_out:
            return
        first = laid_out[0]
        blocks = list(first.blocks)
        try:
            await client.chat_update(channel=_place(parcel), ts=parcel.edits, text=first.text, blocks=blocks)
        except SlackApiError as error:
            if error_of(error) not in BAD_BLOCKS:
                raise
            plain = list(without_pictures(first).blocks) if has_pictures(first) else []
            await client.chat_update(channel=_place(parcel), ts=parcel.edits, text=first.text, blocks=plain)

    async def _take_back(self, client: AsyncWebClient, parcel: Outgoing) -> None:
        """All that was sent: photos and further messages first, so that a second attempt finds what is left by the first one's id."""
        for part in parcel.parts:
            try:
                await (client.files_delete(file=part) if part.startswith("F") else self._delete(client, parcel, part))
            except SlackApiError as error:
                if error_of(error) not in GONE:
                    raise
        await self._delete(client, parcel, parcel.edits)

    async def _delete(self, client: AsyncWebClient, parcel: Outgoing, ts: str) -> None:
        await client.chat_delete(channel=_place(parcel), ts=ts)


def _place(parcel: Outgoing) -> str:
    """The conversation's id in `team:conversation`."""
    return parcel.recipient.rpartition(":")[2]


def _thread(parcel: Outgoing) -> str:
    """The thread it goes into; empty for none."""
    thread = parcel.thread or parcel.reply_to
    return "" if thread == TOP_LEVEL else thread
