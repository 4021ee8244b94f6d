"""When a delivery that did not go is tried again, and when it is given up."""

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.core.ledger.outbox import Claim, OnAmbiguous, Result

FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=30), timedelta(hours=4)
GIVE_UP_AFTER, AT_LEAST = timedelta(days=5), 10  # tries: what was kept waiting by us for days has had few
LONGEST_UNMADE = timedelta(minutes=10)
GIVEN_UP = "Given up after five days: "  # how the reason of such a one begins


def timed(
    held: Claim,
    result: Result,
    now: datetime,
    on_ambiguous: OnAmbiguous = "resend",
    *,
    jitter: float = 0.5,
    tried: bool = True,
) -> Result:
    """A result that means "again" with its time: 30 s doubling to 4 h, a fifth less to a fifth more; after five days and ten tries it has failed.

    What can't even be `tried`, because it can't be made, has failed after five days. `jitter`, from 0 to 1, says how much less or more, so that not everything put off together comes again together. A doubtful one goes again only under `resend`; it is counted as doubtful either way.
    """
    if result.status not in {"deferred", "uncertain"} or (result.status == "uncertain" and on_ambiguous == "hold"):
        return result
    if now - held.created_at > GIVE_UP_AFTER and (held.attempts >= AT_LEAST or not tried):
        return Result("failed", reason=f"{GIVEN_UP}{result.reason}")
    if result.retry_at is not None or result.shut_until is not None:
        return result
    wait = min(FIRST_RETRY * 2 ** min(held.attempts, 10), LONGEST_RETRY) * (0.8 + 0.4 * jitter)
    return replace(result, retry_at=now + wait)


def unmade(held: Claim, reason: str, now: datetime) -> Result:
    """The result for an issue copy that could not be made, for `timed`: mostly a database that was away for a moment, so it is tried again and nothing is counted.

    What waited long already waits a little longer, so that an issue that can't be made does not cost all the time. After five days it counts, so that it
    has an end.
    """
    waited = now - held.created_at
    if waited > GIVE_UP_AFTER:
        return Result("deferred", reason=reason)
    wait = min(max(waited, FIRST_RETRY), LONGEST_UNMADE)
    return Result("deferred", reason=reason, retry_at=now + wait, counts=False)
