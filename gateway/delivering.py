"""The loops that work the outbox: one channel's deliveries one by one, or many copies of one thing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from weakref import WeakValueDictionary

from sqlalchemy.orm import Session

from gateway.core.audience.suppression import is_suppressed, suppress
from gateway.core.community import telling
from gateway.core.desk import notices
from gateway.core.desk.notices import Renderer
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Result
from gateway.core.ledger.told import Told
from gateway.core.messages import Outgoing
from gateway.core.people.accounts import pause_link
from gateway.core.store.models import Post
from gateway.core.writing.message_map import remember_message
from gateway.roles import BulkCarrier, Carrier, described, on_writer, sleep, work_on

log = logging.getLogger("postroom")


async def run_deliveries(
    house: House, carrier: Carrier, renderers: Mapping[str, Renderer], stop: asyncio.Event
) -> None:
    """Sends one channel's deliveries until `stop`; then finishes what it has begun. One place gets its messages in order."""
    busy: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # each lives while somebody holds or awaits it

    async def send(held: outbox.Claim) -> None:
        async with busy.setdefault(held.recipient, asyncio.Lock()):
            await deliver(house, carrier, renderers, held)

    await work_on(house, stop, "outbox", _claimer(house, carrier.channel), send)


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
    return Result("deferred", reason=described(error), retry_at=house.now() + wait)


async def _sent(carrier: Carrier, held: outbox.Claim, parcel: Outgoing) -> Result:
    """What the carrier says; when it raises instead, nobody knows whether the message left."""
    try:
        return await carrier.send(parcel)
    except Exception as error:
        log.exception("delivery %d may have been sent", held.id)
        return Result("uncertain", reason=described(error))


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
