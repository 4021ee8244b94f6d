"""An occurrence stays with the process that works on it, however long that takes."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.core.house import House
from gateway.core.ledger import occurrences
from gateway.core.ledger.inbox import LostLease

log = logging.getLogger("postroom")


@contextmanager
def holding(house: House, held: occurrences.Claim) -> Iterator[None]:
    """Renews the lease three times a lease while the work inside goes on, from a thread of its own: as `House.renewing`, for work in threads."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(house.lease.total_seconds() / 3):
            try:
                house.database.writer.run(lambda session: occurrences.renew(session, held, house.now() + house.lease))
            except LostLease:
                return
            except Exception as error:  # the next beat tries again; the lease outlasts two that fail
                log.warning("a lease could not be renewed: %s", error)

    beating = threading.Thread(target=beat, name="renewing an occurrence", daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()
