"""The loops of a process: intake works the inbox, deliver works the outbox. Each sleeps on the bell and looks by itself once a second.

Both claim through the writer, do the slow part (reading, downloading, rendering, sending) outside any transaction, and record through the
writer again. An error of one message is that message's; a loop ends only when it is told to.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from weakref import WeakValueDictionary

from sqlalchemy.orm import Session
from starlette.routing import BaseRoute

from gateway.core.audience.suppression import is_suppressed, suppress
from gateway.core.community import telling
from gateway.core.desk import dead, intake, notices
from gateway.core.desk.notices import Renderer
from gateway.core.errors import Postpone, PostroomError, Unavailable
from gateway.core.house import House
from gateway.core.ledger import inbox, outbox
from gateway.core.ledger.outbox import Result
from gateway.core.ledger.told import Told
from gateway.core.messages import InboundMessage, Outgoing
from gateway.core.people.accounts import pause_link
from gateway.core.store.bell import Work
from gateway.core.store.models import Inbound, Post
from gateway.core.writing.message_map import remember_message

log = logging.getLogger("postroom")

LOOK_AGAIN = 1.0  # seconds between looks when no bell rings
TROUBLE_WAIT = timedelta(seconds=30)  # between tries while the database or a file can't be had
TROUBLE_AT_MOST = timedelta(days=1)  # after that the tries count
AT_ONCE = 8  # messages or deliveries worked on together, per loop


Prepare = Callable[[inbox.Claim], Awaitable[InboundMessage]]


@dataclass(frozen=True, slots=True)
class Channel:
    """A way in: how a stored message is read. May be called again for the same message."""

    name: str
    prepare: Prepare


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


class BulkCarrier(Protocol):
    """A way out for many copies of one thing; attempts and records by itself."""

    @property
    def channel(self) -> str: ...

    async def carry(self, claims: Sequence[outbox.Claim], stop: asyncio.Event) -> None: ...


async def on_writer(house: House, unit: Callable[[Session], Any]) -> Any:
    """Runs a unit of change without holding up the loop."""
    return await asyncio.wrap_future(house.database.writer.submit(unit))


async def run_intake(house: House, channels: Mapping[str, Channel], stop: asyncio.Event) -> None:
    """Processes the inbox until `stop`; then finishes what it has begun. Rows of channels it does not know are left to who does."""
    known = Inbound.channel.in_(channels)

    def unit(session: Session, limit: int) -> list[inbox.Claim]:
        def given_up(row_id: int) -> None:
            dead.tell(session, house.community, row_id, house.now())

        return inbox.claim(session, house.now(), limit=limit, lease=house.lease, where=known, given_up=given_up)

    async def claim(limit: int) -> list[inbox.Claim]:
        claims: list[inbox.Claim] = await on_writer(house, lambda session: unit(session, limit))
        return claims

    await _work(house, stop, "inbox", claim, lambda held: process(house, channels, held))


async def process(house: House, channels: Mapping[str, Channel], held: inbox.Claim) -> None:
    """Takes one claimed message to its outcome, or back to the queue."""
    try:
        async with house.renewing(lambda session, until: inbox.renew(session, held, until)):
            channel = channels[held.channel]
            message = await channel.prepare(held)
            parts = await _album(house, channel, held)
        message = intake.with_parts(message, [part for _, part in parts])
        plan = await asyncio.to_thread(_understand, house, message)
        await on_writer(house, lambda session: _apply(session, house, held, plan, [part_id for part_id, _ in parts]))
    except inbox.LostLease:
        log.warning("inbound %d was taken over by another process", held.id)
    except Exception as error:
        if (wait := _pause(house, held, error)) is None:
            log.exception("inbound %d could not be processed (attempt %d)", held.id, held.attempts)
            await _set_aside(house, held, _described(error))
            return
        until, reason = house.now() + wait, str(error)
        log.info("inbound %d waits: %s", held.id, reason)
        await on_writer(house, lambda session: inbox.defer(session, held, until, reason=reason, counts=False))


def _pause(house: House, held: inbox.Claim, error: Exception) -> timedelta | None:
    """How long a message waits for what is no fault of its own, and costs it no attempt."""
    if isinstance(error, Postpone):
        return error.wait
    young = house.now() - held.received_at < TROUBLE_AT_MOST
    ours = isinstance(error, Unavailable) and not error.blames_message
    return TROUBLE_WAIT if young and ours else None


async def _album(house: House, channel: Channel, held: inbox.Claim) -> list[tuple[int, InboundMessage]]:
    if not held.album:
        return []

    def read() -> list[inbox.Claim]:
        with house.database.read() as session:
            return inbox.album_parts(session, held)

    return [(part.id, await channel.prepare(part)) for part in await asyncio.to_thread(read)]


def _understand(house: House, message: InboundMessage) -> intake.Plan:
    with house.database.read() as session:
        return intake.understand(session, house.community, message)


def _apply(session: Session, house: House, held: inbox.Claim, plan: intake.Plan, parts: list[int]) -> None:
    now = house.now()
    spoken = intake.apply(session, house.community, held, plan, now, house.randomness)
    for part in parts:
        inbox.finish_part(session, part, now, post_id=spoken.post_id)


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


async def run_deliveries(
    house: House, carrier: Carrier, renderers: Mapping[str, Renderer], stop: asyncio.Event
) -> None:
    """Sends one channel's deliveries until `stop`; then finishes what it has begun. One place gets its messages in order."""
    busy: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # each lives while somebody holds or awaits it

    async def send(held: outbox.Claim) -> None:
        async with busy.setdefault(held.recipient, asyncio.Lock()):
            await deliver(house, carrier, renderers, held)

    await _work(house, stop, "outbox", _claimer(house, carrier.channel), send)


async def run_bulk(house: House, carrier: BulkCarrier, stop: asyncio.Event, *, batch: int = 500) -> None:
    """Sends one bulk channel's deliveries, a batch at a time, until `stop`."""
    claim = _claimer(house, carrier.channel)
    with house.database.bell.listener("outbox") as heard:
        while not stop.is_set():
            heard.clear()
            try:
                claims = await claim(batch)
                if claims:
                    await carrier.carry(claims, stop)
                    continue
            except Exception:
                log.exception("bulk deliveries could not be claimed or recorded; trying again")
            await sleep(heard, stop)


def _claimer(house: House, channel: str) -> Callable[[int], Awaitable[list[outbox.Claim]]]:
    async def claim(limit: int) -> list[outbox.Claim]:
        claims: list[outbox.Claim] = await on_writer(
            house, lambda session: outbox.claim(session, channel, house.now(), limit=limit, lease=house.lease)
        )
        return claims

    return claim


async def deliver(house: House, carrier: Carrier, renderers: Mapping[str, Renderer], held: outbox.Claim) -> None:
    """Renders, hands over and records one delivery."""
    try:
        parcel = await asyncio.to_thread(_render, house, renderers, held)
    except Exception as error:
        log.exception("delivery %d could not be rendered", held.id)
        await _record(house, held, None, _try_later(house, held, error))
        return
    if isinstance(parcel, Result):
        await _record(house, held, None, parcel)
        return
    allowed = await on_writer(house, lambda session: outbox.attempt(session, [held], house.now()))
    if held.id in allowed:
        async with house.renewing(lambda session, until: outbox.renew(session, [held], until)):
            result = await _sent(carrier, held, parcel)
        await _record(house, held, parcel, result)


def _try_later(house: House, held: outbox.Claim, error: Exception) -> Result:
    """Put off for as long as it has waited already, since nothing was attempted that could be counted."""
    waited = house.now() - held.created_at
    wait = min(max(waited, outbox.FIRST_RETRY), outbox.LONGEST_RETRY)
    return Result("deferred", reason=_described(error), retry_at=house.now() + wait)


async def _sent(carrier: Carrier, held: outbox.Claim, parcel: Outgoing) -> Result:
    """What the carrier says; when it raises instead, nobody knows whether the message left."""
    try:
        return await carrier.send(parcel)
    except Exception as error:
        log.exception("delivery %d may have been sent", held.id)
        return Result("uncertain", reason=_described(error))


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _render(house: House, renderers: Mapping[str, Renderer], held: outbox.Claim) -> Outgoing | Result:
    """What to send, or why nothing is sent."""
    with house.database.read() as session:
        if _is_unwanted(session, house, held):
            return Result("suppressed", reason="This address must not be mailed.")
        said = renderers[held.kind](session, house.community, held)
        if said is None:
            return Result("cancelled", reason="There was nothing left to say.")
        return notices.outgoing(session, house.community, held, said)


def _is_unwanted(session: Session, house: House, held: outbox.Claim) -> bool:
    mailed_unasked = held.channel == "email" and held.kind not in notices.ASKED_FOR
    return mailed_unasked and is_suppressed(session, house.community.keyring, held.recipient)


async def _record(house: House, held: outbox.Claim, parcel: Outgoing | None, result: Result) -> None:
    def unit(session: Session) -> None:
        now = house.now()
        outbox.record(
            session, [(held, outbox.timed(held, result, now, house.on_ambiguous, jitter=house.jitter()))], now
        )
        if result.bad_address:
            suppress(session, house.community.keyring, held.recipient, "hard bounce", now)
        if result.unreachable:
            pause_link(session, held.channel, held.recipient, "blocked")
        if parcel is not None and result.status == "sent" and parcel.answer.post_id is not None and not parcel.edits:
            _remember(session, house, held, parcel, result, session.get_one(Post, parcel.answer.post_id))

    await on_writer(house, unit)


def _remember(session: Session, house: House, held: outbox.Claim, parcel: Outgoing, result: Result, post: Post) -> None:
    """Ties what was sent to its post, and catches up with what became of the post while it was on its way."""
    now = house.now()
    for external_id in (result.remote_id, *result.also):
        remember_message(
            session,
            post,
            channel=held.channel,
            place=held.recipient,
            external_id=external_id,
            thread=parcel.thread,
            direction="out",
            now=now,
            purpose=held.kind,
            delivery_id=held.id,
        )
    if held.kind in telling.TELLING and result.remote_id:
        told = Told(held.id, held.channel, held.recipient, result.remote_id, held.member_id)
        telling.catch_up(session, post, told, held.lease_until - house.lease, now)


async def _work(
    house: House,
    stop: asyncio.Event,
    kind: Work,
    claim: Callable[[int], Awaitable[list[Any]]],
    work: Callable[[Any], Coroutine[Any, Any, None]],
) -> None:
    """Claims and works, AT_ONCE together, until `stop`."""
    running: set[asyncio.Task[None]] = set()
    with house.database.bell.listener(kind) as heard:
        while not stop.is_set():
            heard.clear()
            if len(running) < AT_ONCE:
                try:
                    claims = await claim(AT_ONCE - len(running))
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
            await sleep(heard, stop)
    if running:
        await asyncio.wait(running)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    """Whatever happens to one message, the loop goes on; its row is mended when the lease is over."""
    try:
        await work
    except Exception:
        log.exception("the outcome of a message could not be written down; it is tried again when its lease is over")


async def sleep(heard: asyncio.Event, stop: asyncio.Event) -> None:
    """Until the bell rings, `stop` is set, or it is time to look again."""
    waits = [asyncio.ensure_future(heard.wait()), asyncio.ensure_future(stop.wait())]
    try:
        await asyncio.wait(waits, timeout=LOOK_AGAIN, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
