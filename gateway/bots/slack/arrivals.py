"""What Slack brings on its way into the inbox: what each thing is stored under, and the unit that stores it."""

import asyncio
import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gateway.bots.slack.order import one_after_another, placed, word_of
from gateway.bots.slack.payloads import CHANNEL, NOTHING, Json, inside, objects, text
from gateway.bots.slack.views import is_composer, written
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.ledger.inbox import Arrival

LOOKING = timedelta(minutes=15)  # somebody may have their App Home before them so long after they opened it
MOST_WATCHED = 1_000


class Homes:
    """Who opened their App Home lately: it is shown anew after whatever they do. Only this process knows; opening it shows it anew anyway."""

    def __init__(self) -> None:
        self._opened: dict[str, datetime] = {}

    def is_before(self, payload: Json, now: datetime) -> bool:
        """Whether who does this may be looking at their home. Notes who opens it."""
        account = f"{team_of(payload)}:{_user(payload)}"
        if text(inside(payload, "event"), "type") == "app_home_opened":
            self._opened.pop(account, None)
            self._opened[account] = now
            if len(self._opened) > MOST_WATCHED:
                del self._opened[next(iter(self._opened))]
            return False
        return account in self._opened and now - self._opened[account] < LOOKING


async def take(house: House, payload: Json, homes: Homes | None = None) -> bool:
    """Stores the payload; False when it is here already. Raises Unavailable when nothing was saved."""
    is_looking = homes is not None and homes.is_before(payload, house.now())
    one, *more = arrivals(payload, is_looking=is_looking)
    word = word_of(payload, team_of(payload))

    def unit(session: Session) -> bool:
        one_after_another(session)
        place = placed(session, word, house.now()) if word is not None else ""
        envelope = one.envelope | ({"place": place} if place else {})
        is_new = inbox.store(session, replace(one, envelope=envelope), house.now()) is not None
        for another in more if is_new else ():
            inbox.store(session, another, house.now())
        return is_new

    return await asyncio.wrap_future(house.database.writer.submit(unit, ack=True))


def kind_of(payload: Json) -> str:
    """`event`, `command` or `interaction`."""
    if text(payload, "type") == "event_callback":
        return "event"
    return "command" if text(payload, "command") else "interaction"


def arrivals(payload: Json, *, is_looking: bool = False) -> list[Arrival]:
    """The payload, and behind what is done at home or before it the wish to see it anew: both have one ordering key, so that comes after it."""
    done = arrival(payload)
    at_home = is_at_home(payload) or (is_composer(payload) and written(inside(payload, "view")).form.at_home)
    if not (is_looking or at_home):
        return [done]
    seen = {
        "type": "event_callback",
        "event_id": f"home:{done.unique_key}",
        "team_id": team_of(payload),
        "event": {"type": "app_home_opened", "tab": "home", "user": _user(payload)},
    }
    return [done, replace(arrival(seen), ordering_key=done.ordering_key)]


def is_at_home(payload: Json) -> bool:
    """Whether it was pressed in the App Home."""
    return text(inside(payload, "view"), "type") == "home" and text(payload, "type") == "block_actions"


def arrival(payload: Json) -> Arrival:
    """The payload as it is stored, whatever it holds. An edit repeats its message's `ts`, so only Slack's own ids are keys."""
    kept = {name: value for name, value in payload.items() if name != "token"}  # an old secret of the app's
    raw = json.dumps(kept).encode()
    team, channel, user = team_of(payload), _channel(payload), _user(payload)
    key = _key(payload) or hashlib.sha256(raw).hexdigest()
    return Arrival(
        channel=CHANNEL,
        unique_key=key[:200],
        ordering_key=f"{CHANNEL}:{team}:{channel or user}"[:200],
        raw=raw,
        sender=f"{team}:{user}"[:200] if user else "",
        envelope={"kind": kind_of(payload)},
    )


def _key(payload: Json) -> str:
    """What Slack calls it. A form sent by a double click comes under two trigger ids, but it is one form."""
    view = text(inside(payload, "view"), "id") if text(payload, "type") == "view_submission" else ""
    return f"view:{team_of(payload)}:{view}" if view else text(payload, "event_id") or text(payload, "trigger_id")


def team_of(payload: Json) -> str:
    """The id of the workspace whose install this came by; the organisation's, in all of which people have one id, when it installed the app as a whole.

    An event in a channel that workspaces share names the other one as its own, so what it is authorised by goes first.
    """
    install = next(iter(objects(payload, "authorizations")), NOTHING)
    names: tuple[str, ...]
    if install.get("is_enterprise_install") is True or payload.get("is_enterprise_install") in (True, "true"):
        whole = text(inside(payload, "enterprise"), "id")
        names = (text(install, "enterprise_id"), text(payload, "enterprise_id"), whole)
    else:
        team, user = inside(payload, "team"), inside(payload, "user")
        names = (text(install, "team_id"), text(payload, "team_id"), text(team, "id"), text(user, "team_id"))
    return next(filter(None, names), "")


def _channel(payload: Json) -> str:
    event = inside(payload, "event")
    if text(event, "type") == "app_home_opened":
        return ""  # in its order with what they do there
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
