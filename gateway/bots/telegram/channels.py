"""Channels bound to blogs: who may post in one, as Telegram says, and whose blog what is posted there is for."""

import asyncio
import logging
from dataclasses import dataclass, replace

from telegram import ChatFullInfo, ChatMember, ChatMemberAdministrator
from telegram.error import BadRequest, ChatMigrated, Forbidden

from gateway.bots.telegram.api import Api
from gateway.bots.telegram.arrivals import CHANNEL
from gateway.bots.telegram.reading import Read, asked_to_bind, nothing
from gateway.core.desk import grammar
from gateway.core.desk.grammar import Command
from gateway.core.house import House
from gateway.core.messages import InboundMessage, Intent, Offered
from gateway.core.people import accounts
from gateway.core.writing import bound

log = logging.getLogger("postroom.telegram")

FINAL = (BadRequest, ChatMigrated, Forbidden)  # no such channel, or the bot is not in it; asking again helps nobody


async def offered(house: House, api: Api, message: InboundMessage) -> InboundMessage:
    """A request to bind or unbind, with which channel it means, whether whoever asks may post there, and whether who bound it before still may. Raises TelegramError."""
    asked = grammar.press(message.action) if message.intent is Intent.PRESS else grammar.read(message.text)
    if not (message.private and isinstance(asked, Command) and asked.verb in {"bind", "unbind"} and asked.target):
        return message
    overheard = message.offered is not None and message.offered.overheard
    try:
        chat = await api.bot.get_chat(asked.target if asked.target.startswith("@") else int(asked.target))
        if chat.type != "channel":
            return message
        may = await _may_post(api, chat.id, int(message.account))
    except (*FINAL, ValueError):
        return replace(message, offered=Offered(asked.target, overheard=overheard))
    place = str(chat.id)
    there = await asyncio.to_thread(_bound, house, place)
    lost_by = there.account if there is not None and not await _counts(api, there) else ""
    return replace(message, offered=Offered(place, _title(chat), may, lost_by, overheard))


async def posted(house: House, api: Api, found: Read) -> Read:
    """What was posted in a channel, for the blog that it is bound to; nothing when there is none. Raises TelegramError."""
    message = found.message
    if message.intent is Intent.SPEAK and message.text.strip().lower().removeprefix("/").partition("@")[0] == "bind":
        return Read(await _asked_there(house, api, message.place))
    there = await asyncio.to_thread(_bound, house, message.place)
    if there is None:
        return Read(nothing("A channel that is bound to no blog.", place=message.place))
    if not await _counts(api, there):
        return Read(InboundMessage(CHANNEL, "", message.place, intent=Intent.BLOCKED, private=False))
    for_blog = replace(message, member_id=there.member_id, blog_id=there.blog_id, answer_place=there.account)
    return replace(found, message=for_blog)


@dataclass(frozen=True, slots=True)
class Bound:
    """A channel that is bound; `is_linked`: whether who bound it there has their chat linked still."""

    place: str
    account: str
    member_id: int
    blog_id: int
    is_linked: bool


def _bound(house: House, place: str) -> Bound | None:
    with house.database.read() as session:
        there = bound.of_place(session, CHANNEL, place)
        if there is None:
            return None
        owner = accounts.by_account(session, CHANNEL, there.account)
        is_linked = owner is not None and owner.id == there.member_id
        return Bound(place, there.account, there.member_id, there.blog_id, is_linked)


async def _counts(api: Api, there: Bound) -> bool:
    """Whether who bound it is who they were, and may post there still."""
    return there.is_linked and await _may_still_post(api, there.place, there.account)


async def _asked_there(house: House, api: Api, place: str) -> InboundMessage:
    """Who posts in a channel has no name there; so the first of its admins who is a member is asked, in private."""
    try:
        admins = [one for one in await api.bot.get_chat_administrators(int(place)) if _posts(one)]
    except FINAL:
        return nothing("The bot was sent away from the channel.", place=place)
    admins.sort(key=lambda one: one.status != ChatMember.OWNER)

    def known() -> list[str]:
        with house.database.read() as session:
            found = [str(one.user.id) for one in admins]
            return [account for account in found if accounts.by_account(session, CHANNEL, account) is not None]

    members = await asyncio.to_thread(known)
    if not members:
        return nothing("None of the channel's admins has linked their chat.", place=place)
    return asked_to_bind(members[0], place, overheard=True)


async def _may_still_post(api: Api, place: str, account: str) -> bool:
    try:
        return await _may_post(api, int(place), int(account))
    except FINAL:
        return False


async def _may_post(api: Api, chat_id: int, account: int) -> bool:
    return _posts(await api.bot.get_chat_member(chat_id, account))


def _posts(member: ChatMember) -> bool:
    """Whether they own the channel, or are an admin who may post."""
    return member.status == ChatMember.OWNER or (
        isinstance(member, ChatMemberAdministrator) and bool(member.can_post_messages)
    )


def _title(chat: ChatFullInfo) -> str:
    return chat.title or ""
