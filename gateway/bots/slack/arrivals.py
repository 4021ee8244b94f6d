"""What Slack brings on its way into the inbox: what each thing is stored under, and the unit that stores it."""

import asyncio
import hashlib
import json
from typing import Any

from sqlalchemy.orm import Session

from gateway.bots.slack.payloads import CHANNEL, Json, inside, text
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.ledger.inbox import Arrival


async def take(house: House, payload: Json) -> bool:
    """Stores the payload; False when it is here already. Raises Unavailable when nothing was saved."""
    one = arrival(payload)

    def unit(session: Session) -> bool:
        return inbox.store(session, one, house.now()) is not None

    return await asyncio.wrap_future(house.database.writer.submit(unit, ack=True))


def kind_of(payload: Json) -> str:
    """`event`, `command` or `interaction`."""
    if text(payload, "type") == "event_callback":
        return "event"
    return "command" if text(payload, "command") else "interaction"


def arrival(payload: Json) -> Arrival:
    """The payload as it is stored, whatever it holds. An edit repeats its message's `ts`, so only Slack's own ids are keys."""
    kept = {name: value for name, value in payload.items() if name != "token"}  # an old secret of the app's
    raw = json.dumps(kept).encode()
    team, channel, user = team_of(payload), _channel(payload), _user(payload)
    key = text(payload, "event_id") or text(payload, "trigger_id") or hashlib.sha256(raw).hexdigest()
    return Arrival(
        channel=CHANNEL,
        unique_key=key[:200],
        ordering_key=f"{CHANNEL}:{team}:{channel or user}"[:200],
        raw=raw,
        sender=f"{team}:{user}"[:200] if user else "",
        envelope={"kind": kind_of(payload)},
    )


def team_of(payload: Json) -> str:
    """The workspace's id."""
    return text(payload, "team_id") or text(inside(payload, "team"), "id") or text(inside(payload, "user"), "team_id")


def _channel(payload: Json) -> str:
    event = inside(payload, "event")
    places = (
        text(event, "channel"),
        text(inside(event, "item"), "channel"),
        text(payload, "channel_id"),
        text(inside(payload, "channel"), "id"),
        text(inside(payload, "container"), "channel_id"),
    )
    return next(filter(None, places), "")


def _user(payload: Json) -> str:
    """Who did it; for a message that changed or went, whose it was."""
    event = inside(payload, "event")
    names: tuple[Any, ...] = (
        text(event, "user"),
        text(inside(event, "message"), "user") if text(event, "subtype") == "message_changed" else "",
        text(inside(event, "previous_message"), "user"),
        text(payload, "user_id"),
        text(inside(payload, "user"), "id"),
    )
    return next(filter(None, names), "")
