"""The loops of a process: intake works the inbox, here, and deliver the outbox (`delivering.py`). Each sleeps on the bell and looks by itself once a second.

Both claim through the writer, do the slow part (reading, downloading, rendering, sending) outside any transaction, and record through the
writer again. An error of one message is that message's; a loop ends only when it is told to.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.orm import Session
from starlette.routing import BaseRoute

from gateway.core.desk import dead, intake
from gateway.core.errors import Postpone, PostroomError, Unavailable
from gateway.core.house import House
from gateway.core.ledger import inbox, outbox
from gateway.core.ledger.outbox import Result
from gateway.core.messages import InboundMessage, Intent, Outgoing
from gateway.core.store.bell import Work
from gateway.core.store.models import Inbound

log = logging.getLogger("postroom")

LOOK_AGAIN = 1.0  # seconds between looks when no bell rings
TROUBLE_WAIT = timedelta(seconds=30)  # between tries while the database or a file can't be had
TROUBLE_AT_MOST = timedelta(days=1)  # after that the tries count
POSTPONED_AT_MOST = timedelta(days=3)  # the same of what waits for others: longer than a weekend
AT_ONCE = 8  # messages or deliveries worked on together, per loop


Prepare = Callable[[inbox.Claim], Awaitable[InboundMessage]]


@dataclass(frozen=True, slots=True)
class Channel:
    """A way in: how a stored message is read. May be called again for the same message."""

    name: str
    prepare: Prepare
    edits: bool = True  # whether messages are edited there


class Carrier(Protocol):
    """A way out, one message at a time."""

    @property
    def channel(self) -> str: ...

    async def send(self, parcel: Outgoing) -> Result: ...


class Bot(Protocol):
    """A chat platform as app wires it: a way in, a way out, and perhaps pages for its webhooks."""

    @property
    def carrier(self) -> Carrier: ...

    @property
    def routes(self) -> list[BaseRoute]: ...

    async def prepare(self, held: inbox.Claim) -> InboundMessage: ...

    async def run(self, stop: asyncio.Event) -> None: ...

    async def close(self) -> None: ...


ClaimMany = Callable[[int], Awaitable[list[outbox.Claim]]]
"""At most so many due deliveries, waited for; none when the process stops."""


class BulkCarrier(Protocol):
    """A way out for many copies of one thing; attempts and records by itself."""

    @property
    def channel(self) -> str: ...

    async def carry(self, claim: ClaimMany, stop: asyncio.Event) -> str:
        """Carries what it is given until `stop`, or until it can't; then the answer says why."""
        ...


async def on_writer(house: House, unit: Callable[[Session], Any]) -> Any:
    """Runs a unit of change without holding up the loop."""
    return await asyncio.wrap_future(house.database.writer.submit(unit))


async def run_intake(house: House, channels: Mapping[str, Channel], stop: asyncio.Event) -> None:
    """Processes the inbox until `stop`; then finishes what it has begun. Rows of channels it does not know are left to who does."""
    among = inbox.due(Inbound.channel.in_(channels))

    def unit(session: Session, limit: int) -> list[inbox.Claim]:
        def given_up(row_id: int) -> None:
            dead.tell(session, house.community, row_id, house.now())

        return inbox.claim(session, house.now(), limit=limit, lease=house.lease, among=among, given_up=given_up)

    async def claim(limit: int) -> list[inbox.Claim]:
        claims: list[inbox.Claim] = await on_writer(house, lambda session: unit(session, limit))
        return claims

    await work_on(house, stop, "inbox", claim, lambda held: process(house, channels, held))


async def process(house: House, channels: Mapping[str, Channel], held: inbox.Claim) -> None:
    """Takes one claimed message to its outcome, or back to the queue."""
    try:
        async with house.renewing(lambda session, until: inbox.renew(session, held, until)):
            channel = channels[held.channel]
            message, merged = await _whole(house, channel, held)
        plan = await asyncio.to_thread(_understand, house, message)
        await on_writer(house, lambda session: _apply(session, house, held, plan, merged))
    except inbox.LostLease:
        log.warning("inbound %d was taken over by another process", held.id)
    except Exception as error:
        if (wait := _pause(house, held, error)) is None:
            log.exception("inbound %d could not be processed (attempt %d)", held.id, held.attempts)
            await _set_aside(house, held, described(error))
            return
        until, reason = house.now() + wait, str(error)
        log.info("inbound %d waits: %s", held.id, reason)
        await on_writer(house, lambda session: inbox.defer(session, held, until, reason=reason, counts=False))


def _pause(house: House, held: inbox.Claim, error: Exception) -> timedelta | None:
    """How long a message waits for what is no fault of its own, and costs it no attempt."""
    age = house.now() - held.received_at
    if isinstance(error, Postpone):
        return error.wait if age < POSTPONED_AT_MOST else None
    ours = isinstance(error, Unavailable) and not error.blames_message
    return TROUBLE_WAIT if age < TROUBLE_AT_MOST and ours else None


async def _whole(house: House, channel: Channel, held: inbox.Claim) -> tuple[InboundMessage, list[int]]:
    """The message with the further parts of its album, all as they read now; and the rows that are in it besides its own."""
    message, merged = await _newest(house, channel, held)
    if not held.album:
        return intake.with_parts(message, []), merged

    def read() -> tuple[list[inbox.Claim], int | None]:
        with house.database.read() as session:
            return inbox.album_parts(session, held), inbox.album_post(session, held)

    waiting, joins = await asyncio.to_thread(read)
    parts = []
    for one in waiting:
        part, more = await _newest(house, channel, one)
        parts.append(part)
        merged += [one.id, *more]
    return replace(intake.with_parts(message, parts), joins_post_id=joins), merged


async def _newest(house: House, channel: Channel, held: inbox.Claim) -> tuple[InboundMessage, list[int]]:
    """The message as it reads after the edits that came before it, and the rows of these."""
    message = await channel.prepare(held)
    if message.intent is not Intent.SPEAK or not (channel.edits and message.external_id):
        return message, []
    key = inbox.message_key(message.place, message.external_id)

    def read() -> list[inbox.Claim]:
        with house.database.read() as session:
            return inbox.early_edits(session, held.channel, key)

    early = await asyncio.to_thread(read)
    edits = [await channel.prepare(one) for one in early]
    return intake.in_its_last_version(message, edits), [one.id for one in early]


def _understand(house: House, message: InboundMessage) -> intake.Plan:
    with house.database.read() as session:
        return intake.understand(session, house.community, message)


def _apply(session: Session, house: House, held: inbox.Claim, plan: intake.Plan, merged: list[int]) -> None:
    now = house.now()
    spoken = intake.apply(session, house.community, held, plan, now, house.randomness, house.newsroom)
    for row in merged:
        inbox.finish_part(session, row, now, post_id=spoken.post_id)


async def _set_aside(house: House, held: inbox.Claim, reason: str) -> None:
    """Back to the queue after a fault of ours; dead when it was tried often enough."""

    def unit(session: Session) -> None:
        if held.attempts >= inbox.MAX_ATTEMPTS:
            inbox.finish(session, held, "dead", house.now(), reason=f"Tried {held.attempts} times. {reason}"[:1000])
            dead.tell(session, house.community, held.id, house.now())
        else:
            inbox.defer(session, held, house.now() + timedelta(seconds=5 * held.attempts), reason=reason[:1000])

    try:
        await on_writer(house, unit)
    except PostroomError:
        log.exception("inbound %d could not be put back; its lease will end", held.id)


def described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


async def work_on(
    house: House,
    stop: asyncio.Event,
    kind: Work,
    claim: Callable[[int], Awaitable[list[Any]]],
    work: Callable[[Any], Coroutine[Any, Any, None]],
    *,
    at_once: int = AT_ONCE,
    next_at: Callable[[], datetime | None] = lambda: None,
) -> None:
    """Claims and works, `at_once` together, until `stop`. `next_at` says when there may be more to claim though no bell rings."""
    running: set[asyncio.Task[None]] = set()
    with house.database.bell.listener(kind) as heard:
        while not stop.is_set():
            heard.clear()
            if len(running) < at_once:
                try:
                    claims = await claim(at_once - len(running))
                except Exception:
                    log.exception("nothing could be claimed; trying again")
                    claims = []
                for held in claims:
                    task = asyncio.create_task(_logged(work(held)))
                    running.add(task)
                    task.add_done_callback(running.discard)
                    task.add_done_callback(lambda _: heard.set())
                if claims:
                    continue
            due = next_at()
            await sleep(heard, stop, LOOK_AGAIN if due is None else (due - house.now()).total_seconds())
    if running:
        await asyncio.wait(running)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    """Whatever happens to one message, the loop goes on; its row is mended when the lease is over."""
    try:
        await work
    except Exception:
        log.exception("the outcome of a message could not be written down; it is tried again when its lease is over")


async def sleep(heard: asyncio.Event, stop: asyncio.Event, seconds: float = LOOK_AGAIN) -> None:
    """Until the bell rings, `stop` is set, or it is time to look again: after `seconds`, or sooner."""
    waits = [asyncio.ensure_future(heard.wait()), asyncio.ensure_future(stop.wait())]
    try:
        await asyncio.wait(waits, timeout=min(max(seconds, 0.0), LOOK_AGAIN), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
