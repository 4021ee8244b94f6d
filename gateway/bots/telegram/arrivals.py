"""Updates on their way into the inbox: what each is stored under, and a batch stored in one commit."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from gateway.bots.telegram.api import KINDS
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.ledger.inbox import Arrival

CHANNEL = "telegram"


async def take(house: House, bot_id: str, updates: Iterable[Any]) -> None:
    """Stores the updates that are not here yet, all of them in one commit. Raises Unavailable when nothing was saved."""
    arrivals = [arrival(bot_id, update) for update in updates if update_id(update) is not None]

    def unit(session: Session) -> None:
        now = house.now()
        for one in arrivals:
            inbox.store(session, one, now)

    await asyncio.wrap_future(house.database.writer.submit(unit, ack=True))


def update_id(update: Any) -> int | None:
    """The number of an update; None for what is none."""
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def arrival(bot_id: str, update: Mapping[str, Any]) -> Arrival:
    """The update as it is stored, whatever it holds: what can't be read now is read, or set aside, later."""
    number = update["update_id"]
    kind = next((kind for kind in KINDS if kind in update), "")
    content = _within(update, kind)
    message = _within(content, "message") if kind == "callback_query" else content
    chat = _within(message, "chat").get("id")
    album = message.get("media_group_id") if kind in ("message", "channel_post") else None
    changed = kind.startswith("edited_")
    return Arrival(
        channel=CHANNEL,
        unique_key=f"{bot_id}:{number}",
        ordering_key=f"{CHANNEL}:{chat}" if isinstance(chat, int) else f"{CHANNEL}:update {number}",
        raw=json.dumps(update).encode(),
        sender=str(_within(content, "from").get("id", "")),
        album=f"{chat}:{album}" if isinstance(chat, int) and isinstance(album, str) else None,
        edit_of=inbox.message_key(str(chat), str(message.get("message_id"))) if changed else None,
    )


def _within(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = values.get(name)
    return value if isinstance(value, dict) else {}
