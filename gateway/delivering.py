"""The loops that work the outbox: one channel's deliveries one by one, or many copies of one thing."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakValueDictionary

from sqlalchemy.orm import Session

from gateway.core.audience.suppression import is_suppressed, suppress
from gateway.core.community import telling
from gateway.core.desk import notices
from gateway.core.desk.closed import close
from gateway.core.desk.notices import Renderer
from gateway.core.errors import PostroomError
from gateway.core.house import House
from gateway.core.ledger import amending, issue_turns, kinds, mail_limits, outbox, pace, retries
from gateway.core.ledger.mail_limits import NO_LIMITS, MailLimits
from gateway.core.ledger.outbox import Result
from gateway.core.ledger.told import Told, as_it_stands
from gateway.core.messages import Outgoing
from gateway.core.people import quiet
from gateway.core.store.models import Post
from gateway.core.words import speaking
from gateway.core.writing.message_map import remember_message
from gateway.roles import AT_ONCE, LOOK_AGAIN, BulkCarrier, Carrier, described, on_writer, sleep, work_on

log = logging.getLogger("postroom")

RELAY_WAIT = 5.0  # seconds between tries while the relay can't be used
CHATS_AT_ONCE = 16  # so that what waits is ready when its turn comes


async def run_deliveries(
    house: House,
    carrier: Carrier,
    renderers: Mapping[str, Renderer],
    stop: asyncio.Event,
    *,
    limits: pace.Limits | None = None,
    unhurried: int = AT_ONCE,
) -> None:
    """Sends one channel's deliveries until `stop`; then finishes what it has begun. One place gets its messages in order: on a
    channel with `limits` whichever process sends them, elsewhere within this one.

    Mail has two lanes, so that what somebody waits for never stands behind what may wait, of which so many go at once; each lane has its own order.
    """
    gate = Gate(limits) if limits is not None else None
    busy: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # each lives while somebody holds or awaits it

    async def send(held: outbox.Claim) -> None:
        async with busy.setdefault(held.recipient, asyncio.Lock()):
            await deliver(house, carrier, renderers, held, gate)

    async def lane(among: outbox.Among, at_once: int) -> None:
        claim = _claimer(house, carrier.channel, among=among)
        turns = among if isinstance(among, pace.Turns | mail_limits.Turns) else None
        next_at = (lambda: turns.next_at) if turns is not None else (lambda: None)
        await work_on(house, stop, "outbox", claim, send, at_once=at_once, next_at=next_at)

    if limits is not None:
        await lane(pace.Turns(limits), CHATS_AT_ONCE)
    elif carrier.channel != "email":
        await lane(outbox.due(), AT_ONCE)
    else:
        async with asyncio.TaskGroup() as lanes:
            for awaited, at_once in ((True, AT_ONCE), (False, max(1, unhurried))):
                mails = outbox.mails(awaited=awaited)
                among = mail_limits.Turns(mails, house.mail_limits) if house.mail_limits else mails
                lanes.create_task(lane(among, at_once))


async def run_bulk(house: House, carrier: BulkCarrier, stop: asyncio.Event) -> None:
    """Sends one bulk channel's deliveries until `stop`: the carrier asks for more as it gets free, and goes on for ever unless it can't."""
    with house.database.bell.listener("outbox") as heard:
        offered = _Offered(house, carrier.channel, heard, stop)
        while not stop.is_set():
            try:
                if trouble := await carrier.carry(offered.claim, stop):
                    log.warning("newsletters wait: %s", trouble)
            except Exception:
                log.exception("bulk deliveries could not be claimed or recorded; trying again")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RELAY_WAIT):
                    await stop.wait()
        await offered.give_back()


class _Offered:
    """What waits for a bulk carrier, claimed as it asks. A claim that nobody waited for any more is kept for who asks next."""

    def __init__(self, house: House, channel: str, heard: asyncio.Event, stop: asyncio.Event) -> None:
        self._house, self._heard, self._stop = house, heard, stop
        self._turns = mail_limits.Turns(issue_turns.IssueTurns(), house.mail_limits) if house.mail_limits else None
        self._claim = _claimer(house, channel, among=self._turns or issue_turns.IssueTurns())
        self._kept: list[outbox.Claim] = []

    async def claim(self, most: int) -> list[outbox.Claim]:
        while not self._stop.is_set():
            self._heard.clear()
            try:
                claims = await self._claimed(most)
            except PostroomError as error:
                log.warning("no copies could be claimed; trying again: %s", error)
                claims = []
            if claims:
                return claims
            due = self._turns.next_at if self._turns else None
            await sleep(
                self._heard, self._stop, LOOK_AGAIN if due is None else (due - self._house.now()).total_seconds()
            )
        return []

    async def give_back(self) -> None:
        """To the queue, for another process."""
        left = Result("deferred", reason="Sending was stopped.", counts=False, retry_at=self._house.now())
        rows = [(one, left) for one in self._kept]
        await on_writer(self._house, lambda session: outbox.record(session, rows, self._house.now()))

    async def _claimed(self, most: int) -> list[outbox.Claim]:
        if self._kept:
            kept, self._kept = self._kept, []
            return kept
        unit = asyncio.ensure_future(self._claim(most))
        try:
            return await asyncio.shield(unit)
        except asyncio.CancelledError:
            self._kept = await unit
            raise


def _claimer(
    house: House, channel: str, among: outbox.Among | None = None
) -> Callable[[int], Awaitable[list[outbox.Claim]]]:
    def unit(session: Session, limit: int) -> list[outbox.Claim]:
        return outbox.claim(session, channel, house.now(), limit=limit, lease=house.lease, among=among)

    async def claim(limit: int) -> list[outbox.Claim]:
        claims: list[outbox.Claim] = await on_writer(house, lambda session: unit(session, limit))
        return claims

    return claim


@dataclass(frozen=True, slots=True)
class Gate:
    """Where one channel's deliveries of a process wait, one behind the other, for the bot to be free."""

    limits: pace.Limits
    queue: asyncio.Lock = field(default_factory=asyncio.Lock)


async def deliver(
    house: House,
    carrier: Carrier,
    renderers: Mapping[str, Renderer],
    held: outbox.Claim,
    gate: Gate | None = None,
) -> None:
    """Renders, hands over when the platform takes more, and records one delivery."""
    try:
        rendered = await asyncio.to_thread(_render, house, renderers, held)
    except Exception as error:
        log.exception("delivery %d could not be rendered", held.id)
        await _record(house, held, None, _try_later(house, held, error))
        return
    if isinstance(rendered, Result):
        await _record(house, held, None, rendered)
        return
    async with house.renewing(lambda session, until: outbox.renew(session, [held], until)):
        if not await _admitted(house, held, gate):
            return
        result = await _sent(carrier, held, rendered.parcel)
    await _record(house, held, rendered, result, gate)


async def _admitted(house: House, held: outbox.Claim, gate: Gate | None) -> bool:
    """Whether it may be handed over, now that the platform takes more; it is marked as attempted, or as what stopped it."""

    def unit(session: Session) -> bool | datetime:
        now = house.now()
        wait = pace.admit(session, gate.limits, held.channel, now) if gate is not None else None
        if wait is not None:
            return wait
        soon = kinds.is_awaited(held.kind)
        return held.id in outbox.attempt(
            session, mail_limits.take(session, _limits(house, held), [held], now, soon=soon), now
        )

    if gate is None:
        return bool(await on_writer(house, unit))
    async with gate.queue:
        with house.database.bell.listener("outbox") as heard:
            while not isinstance(answer := await on_writer(house, unit), bool):
                heard.clear()
                await sleep(heard, asyncio.Event(), (answer - house.now()).total_seconds())
    return answer


def _limits(house: House, held: outbox.Claim) -> MailLimits:
    return house.mail_limits if held.channel == "email" else NO_LIMITS


def _try_later(house: House, held: outbox.Claim, error: Exception) -> Result:
    """Put off for as long as it has waited already, since nothing was attempted that could be counted."""
    waited = house.now() - held.created_at
    wait = min(max(waited, retries.FIRST_RETRY), retries.LONGEST_RETRY)
    return Result("deferred", reason=described(error), retry_at=house.now() + wait)


async def _sent(carrier: Carrier, held: outbox.Claim, parcel: Outgoing) -> Result:
    """What the carrier says; when it raises instead, nobody knows whether the message left."""
    try:
        with speaking(parcel.language):  # what it adds to the words
            return await carrier.send(parcel)
    except Exception as error:
        log.exception("delivery %d may have been sent", held.id)
        return Result("uncertain", reason=described(error))


@dataclass(frozen=True, slots=True)
class _Rendered:
    """What to send, and when the post in it had been edited last."""

    parcel: Outgoing
    edited_at: datetime | None = None


def _render(house: House, renderers: Mapping[str, Renderer], held: outbox.Claim) -> _Rendered | Result:
    """What to send, or why nothing is sent."""
    with house.database.read() as session:
        if _is_unwanted(session, house, held):
            return Result("suppressed", reason="This address must not be mailed.")
        if (until := notices.quiet_until(session, held, house.now())) is not None:
            return Result("deferred", reason=quiet.PUT_OFF, retry_at=until)
        said = notices.outgoing(session, house.community, held, renderers)
        if said is None:
            return Result("cancelled", reason="There was nothing left to say.")
        post = session.get(Post, said.answer.post_id) if said.answer.post_id is not None else None
        return _Rendered(said, post.edited_at if post is not None else None)


def _is_unwanted(session: Session, house: House, held: outbox.Claim) -> bool:
    mailed_unasked = held.channel == "email" and held.kind not in kinds.ASKED_FOR
    return mailed_unasked and is_suppressed(session, house.community.keyring, held.recipient)


async def _record(
    house: House, held: outbox.Claim, rendered: _Rendered | None, result: Result, gate: Gate | None = None
) -> None:
    done = house.now()

    def unit(session: Session) -> None:
        now, post = house.now(), None
        is_out = result.status in {"sent", "uncertain"} and bool(result.remote_id)  # a part of it, at least
        if rendered is not None and is_out and rendered.parcel.answer.post_id is not None and not rendered.parcel.edits:
            post = as_it_stands(session, rendered.parcel.answer.post_id)  # before the delivery's row: `told` says why
        tried = rendered is not None
        timed = retries.timed(held, result, now, house.on_ambiguous, jitter=house.jitter(), tried=tried)
        outbox.record(session, [(held, timed)], now)
        place = result.moved_to or held.recipient
        if result.moved_to:
            amending.move(session, held.channel, held.recipient, place, also=held.id)
        if gate is not None:
            pace.spent(session, gate.limits, held.channel, place, done)
        if result.shut_until is not None:
            pace.hold(session, held.channel, place, result.shut_until)
        if result.bad_address:
            suppress(session, house.community.keyring, held.recipient, "hard bounce", now)
        if result.unreachable:
            close(session, house.community, held.channel, place, now)
        if rendered is not None and post is not None:
            _remember(session, house, held, rendered, result, post)
        if rendered is not None and result.counts:
            mail_limits.spent(session, _limits(house, held), [held.recipient], now)

    await on_writer(house, unit)


def _remember(
    session: Session, house: House, held: outbox.Claim, rendered: _Rendered, result: Result, post: Post
) -> None:
    """Ties what was sent to its post, and catches up with what became of the post while it was on its way."""
    now, place, parcel = house.now(), result.moved_to or held.recipient, rendered.parcel
    for external_id in (result.remote_id, *result.also):
        remember_message(
            session,
            post,
            channel=held.channel,
            place=place,
            external_id=external_id,
            thread=parcel.thread or parcel.reply_to,
            direction="out",
            now=now,
            purpose=parcel.answer.purpose or held.kind,
            delivery_id=held.id,
        )
    if held.kind in telling.TELLING and result.remote_id:
        told = Told(held.id, held.channel, place, result.remote_id, held.member_id)
        telling.catch_up(session, post, told, now, is_edited=post.edited_at != rendered.edited_at)
