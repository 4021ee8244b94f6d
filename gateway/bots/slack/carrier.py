"""Answers on their way out to Slack, and changes of what was sent."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from gateway.bots.capabilities import SLACK
from gateway.bots.slack.installs import KEY_WAIT, Unreadable, close_links
from gateway.bots.slack.layout import Page, by_address, has_pictures, pages, without_pictures
from gateway.bots.slack.payloads import CHANNEL
from gateway.bots.slack.reading import TOP_LEVEL
from gateway.bots.slack.results import BAD_BLOCKS, GONE, NO_THREAD, Trouble, error_of, is_limited, result_of, seconds_of
from gateway.bots.slack.workspaces import NotInstalled, Workspaces
from gateway.core.desk.fitting import fitted
from gateway.core.house import House
from gateway.core.ledger.outbox import Result
from gateway.core.ledger.pace import LIMITS, Limits, further
from gateway.core.messages import Answer, Attached, Outgoing, Picture
from gateway.core.words import n, t
from gateway.core.writing.quoting import escaped

log = logging.getLogger("postroom.slack")

ENDINGS = {"image/png": "png", "image/gif": "gif", "image/webp": "webp"}
LONGEST_WAIT = 60  # seconds for the rest of something that is half out
Sleep = Callable[[float], Awaitable[object]]
File = Picture | Attached


class SlackCarrier:
    """Sends one parcel at a time, with the token of the workspace it is for. What it takes beyond the first message waits for its own turn
    within `limits` (None: for nothing).
    """

    channel = CHANNEL

    def __init__(
        self,
        house: House,
        workspaces: Workspaces,
        *,
        limits: Limits | None = LIMITS[CHANNEL],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._house, self._workspaces, self._limits, self._sleep = house, workspaces, limits, sleep

    async def send(self, parcel: Outgoing) -> Result:
        """What became of it; `remote_id` is the first message's ts, `also` has those of further ones, and uploaded files' ids."""
        workspace, asked_at = parcel.recipient.partition(":")[0], self._house.now()
        try:
            api = await self._workspaces.api(workspace)
        except NotInstalled as error:
            await close_links(self._house, workspace)
            return Result("failed", str(error), unreachable=True)
        except Unreadable as error:
            return Result("deferred", str(error), shut_until=asked_at + KEY_WAIT)
        try:
            async with api.client() as client:
                return await (self._change(client, parcel) if parcel.edits else self._tell(client, parcel))
        except Trouble as error:
            result = result_of(error, self._house.now())
            code = error_of(error) if isinstance(error, SlackApiError) else ""
            if await self._workspaces.refused(workspace, code, asked_at):
                return Result("failed", result.reason, unreachable=True)
            if parcel.edits and result.status == "uncertain":
                return Result("deferred", result.reason)  # a change made twice is made once
            return result

    async def _turn(self, parcel: Outgoing) -> None:
        """Waits until the next message may be sent to this conversation, now that one more is done."""
        if self._limits is None:
            return
        limits, now = self._limits, self._house.now
        booking = self._house.database.writer.submit(
            lambda session: further(session, limits, self.channel, parcel.recipient, now(), done=1)
        )
        until = await asyncio.wrap_future(booking)
        await self._sleep(max(0.0, (until - now()).total_seconds()))

    # New messages

    async def _tell(self, client: AsyncWebClient, parcel: Outgoing) -> Result:
        answer = fitted(parcel.answer, SLACK)
        thread, to_upload = _thread(parcel), not by_address(answer.pictures)
        laid_out = pages(answer, with_pictures=not to_upload)
        sent: list[str] = []
        for page in laid_out:
            try:
                ts, fetched = await self._next(client, parcel, page, thread, first=not sent)
            except Trouble as error:
                if not sent:
                    raise
                reason = f"Only {len(sent)} of {len(laid_out)} messages went out: {result_of(error, self._house.now()).reason}"
                return Result("uncertain", reason, remote_id=sent[0], also=tuple(sent[1:]))
            sent.append(ts)
            to_upload = to_upload or not fetched
        if not sent:
            return Result("cancelled", "There was nothing to say.")
        files: list[File] = [*(answer.pictures if to_upload else ()), *answer.attached]
        return await self._with_files(client, parcel, files, sent, thread or sent[0]) if files else _sent(sent)

    async def _next(
        self, client: AsyncWebClient, parcel: Outgoing, page: Page, thread: str, *, first: bool
    ) -> tuple[str, bool]:
        """The page's message, in its turn; the first one's has come. When part of it is out, a 429 is waited for here."""
        if not first:
            await self._turn(parcel)
        try:
            return await self._post(client, parcel, page, thread)
        except SlackApiError as error:
            if first or not is_limited(error) or seconds_of(error) > LONGEST_WAIT:
                raise
            await self._sleep(seconds_of(error))
            return await self._post(client, parcel, page, thread)

    async def _post(self, client: AsyncWebClient, parcel: Outgoing, page: Page, thread: str) -> tuple[str, bool]:
        """The message's ts, and whether Slack could fetch its photos. A thread that is gone is left, blocks that Slack refuses become text."""
        try:
            answer = await client.chat_postMessage(
                channel=_place(parcel),
                text=page.text,
                blocks=list(page.blocks) or None,
                thread_ts=thread or None,
                unfurl_links=False,
                unfurl_media=False,
            )
            return str(answer["ts"]), True
        except SlackApiError as error:
            code = error_of(error)
            if thread and code in NO_THREAD:
                return await self._post(client, parcel, page, "")
            if code not in BAD_BLOCKS or not page.blocks:
                raise
            log.warning("Slack refused the blocks of delivery %d: %s", parcel.delivery_id, code)
            if not has_pictures(page):
                return await self._post(client, parcel, replace(page, blocks=()), thread)
            ts, _ = await self._post(client, parcel, without_pictures(page), thread)
            return ts, False

    # Files

    async def _with_files(
        self, client: AsyncWebClient, parcel: Outgoing, files: Sequence[File], sent: list[str], thread: str
    ) -> Result:
        """The words are out; the files go into their thread, and where Slack won't have them, their addresses do. Where it won't have these
        either, all is in doubt while trying again may help."""
        uploaded = [await self._uploaded(client, parcel, file, thread) for file in files]
        out = [*sent, *filter(None, uploaded)]
        missed = [file for file, number in zip(files, uploaded, strict=True) if number is None]
        try:
            for page in pages(_addresses(missed), with_pictures=False) if missed else ():
                ts, _ = await self._next(client, parcel, page, thread, first=False)
                out.append(ts)
        except Trouble as error:
            met = result_of(error, self._house.now())
            reason = f"The words went out, {len(missed)} of {len(files)} files did not: {met.reason}"
            return replace(_sent(out), status="sent" if met.status == "failed" else "uncertain", reason=reason)
        return _sent(out)

    async def _uploaded(self, client: AsyncWebClient, parcel: Outgoing, file: File, thread: str) -> str | None:
        """The uploaded file's id, in its turn; empty when the file is not kept any more, None when Slack did not take it. A 429 is waited for once."""
        for is_last in (False, True):
            await self._turn(parcel)
            try:
                return await self._upload(client, parcel, file, thread)
            except FileNotFoundError:
                log.warning("a file of delivery %d is not kept any more", parcel.delivery_id)
                return ""
            except Trouble as error:
                wait = seconds_of(error) if isinstance(error, SlackApiError) and is_limited(error) else 0
                if is_last or not 0 < wait <= LONGEST_WAIT:
                    log.warning(
                        "a file of delivery %d could not be uploaded: %s", parcel.delivery_id, type(error).__name__
                    )
                    return None
                await self._sleep(wait)
        return None

    async def _upload(self, client: AsyncWebClient, parcel: Outgoing, file: File, thread: str) -> str:
        alt = file.alt if isinstance(file, Picture) else ""
        name = f"photo.{ENDINGS.get(file.content_type, 'jpg')}" if isinstance(file, Picture) else file.filename
        answer = await client.files_upload_v2(
            content=await asyncio.to_thread(self._house.blobs.get, file.blob),
            filename=name,
            title=alt or name,
            alt_txt=alt or None,
            channel=_place(parcel),
            thread_ts=thread,
        )
        return str(answer["files"][0]["id"])

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
        answer = fitted(parcel.answer, SLACK)
        laid_out = pages(answer, with_pictures=by_address(answer.pictures))
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
            await self._turn(parcel)
        await self._delete(client, parcel, parcel.edits)

    async def _delete(self, client: AsyncWebClient, parcel: Outgoing, ts: str) -> None:
        await client.chat_delete(channel=_place(parcel), ts=ts)


def _sent(ids: Sequence[str]) -> Result:
    """Of everything that is out, what came first is what it is known by."""
    return Result("sent", remote_id=ids[0], also=tuple(ids[1:]))


def _addresses(files: Sequence[File]) -> Answer:
    """Where files are that can't be shown in the chat."""
    names = [(file.alt if isinstance(file, Picture) else file.filename) or t("A photo") for file in files]
    links = "\n\n".join(f"[{escaped(name)}]({file.url})" for name, file in zip(names, files, strict=True))
    return Answer(
        n(
            "A file could not be shown here. This is its address:\n\n{links}",
            "{count} files could not be shown here. These are their addresses:\n\n{links}",
            len(files),
            links=links,
        )
    )


def _place(parcel: Outgoing) -> str:
    """The conversation's id in `team:conversation`."""
    return parcel.recipient.rpartition(":")[2]


def _thread(parcel: Outgoing) -> str:
    """The thread it goes into; empty for none."""
    thread = parcel.thread or parcel.reply_to
    return "" if thread == TOP_LEVEL else thread
