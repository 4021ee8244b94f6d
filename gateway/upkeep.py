"""What a process does beside its work: takes back what others left behind, and forgets what is kept no longer than it must be."""

import asyncio
import logging
from functools import partial

from sqlalchemy.orm import Session

from gateway.core.audience import erasure
from gateway.core.desk import unanswered
from gateway.core.house import House
from gateway.core.ledger import amending, mail_limits, sweeping
from gateway.roles import on_writer

log = logging.getLogger("postroom")

SWEEP_SECONDS = 3600.0


async def run_mending(house: House, stop: asyncio.Event) -> None:
    """Takes back what a killed or stopped process held, every few seconds."""
    while not stop.is_set():
        try:
            doubtful = await on_writer(house, lambda session: mend(session, house))
            if doubtful:
                log.warning(
                    "%d deliveries may have left when a process stopped (see `postroom outbox uncertain`)", doubtful
                )
        except Exception:
            log.exception("leases could not be looked through; trying again")
        await _wait(stop, min(5.0, house.lease.total_seconds() / 4))


def mend(session: Session, house: House) -> int:
    """Takes back what is under no lease any more; how much of it may have left."""
    mail_limits.in_doubt(session, house.mail_limits, house.now())
    return amending.expire(session, house.now(), on_ambiguous=house.on_ambiguous)


async def run_sweeping(house: House, raw_days: int, stop: asyncio.Event) -> None:
    """Forgets, once an hour, what is kept no longer than it must be."""
    while not stop.is_set():
        try:
            gone = await on_writer(house, lambda session: forget(session, house, raw_days))
            gone["unconfirmed readers"] = await _forget_unconfirmed(house)
            gone["blobs"] = await asyncio.to_thread(_sweep_blobs, house)
            if any(gone.values()):
                log.info("swept: %s", ", ".join(f"{count} {what}" for what, count in gone.items() if count))
        except Exception:
            log.exception("a sweep failed; the next one tries again")
        await _wait(stop, SWEEP_SECONDS)


def forget(session: Session, house: House, raw_days: int) -> dict[str, int]:
    """Forgets the rows that are over their time, and tells whoever was asked about a message that went with them."""
    now = house.now()
    told = partial(unanswered.tell, session, house.community, now=now)
    return sweeping.rows(session, now, raw_days=raw_days, unanswered=told)


async def _forget_unconfirmed(house: House) -> int:
    """Forgets, in short transactions, who was asked for a newsletter and never confirmed."""
    count = 0
    while some := await on_writer(house, lambda session: erasure.forget_unconfirmed(session, house.now())):
        count += some
    return count


def _sweep_blobs(house: House) -> int:
    with house.database.read() as session:
        found = sweeping.orphans(session, house.blobs, house.now())
    before = (house.now() - sweeping.ORPHANS_FROM).timestamp()
    return sum(house.blobs.forget(key, before) for key in found)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
