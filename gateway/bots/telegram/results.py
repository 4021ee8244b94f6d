"""What an error of the Bot API means for a delivery."""

from datetime import datetime, timedelta

import httpx
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from gateway.bots.telegram.fetching import plainly, seconds_of
from gateway.core.ledger.outbox import Result

# The request did not leave, or not whole: nothing can have come of it.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.WriteError, httpx.WriteTimeout)
GONE = ("message to edit not found", "message can't be edited", "message_id_invalid", "message to delete not found")
CLOSED = ("chat not found", "peer_id_invalid", "user_deactivated", "group chat was deactivated")


def result_of(error: TelegramError, now: datetime) -> Result:
    """How a delivery stands after this error."""
    match error:
        case RetryAfter():
            return Result("deferred", plainly(error), shut_until=now + timedelta(seconds=seconds_of(error)))
        case Forbidden():
            return Result("failed", error.message, unreachable=True)
        case InvalidToken():
            return Result("deferred", plainly(error))
        case BadRequest():
            return Result("failed", error.message, unreachable=says(error, *CLOSED))
        case NetworkError() if isinstance(error.__cause__, httpx.HTTPError) and not isinstance(
            error.__cause__, NOT_SENT
        ):
            # Sent, and then no answer: a time-out or a lost connection.
            return Result("uncertain", f"Telegram did not answer; it may have taken the message ({error.message}).")
        case _:
            return Result("deferred", plainly(error))


def says(error: BadRequest, *words: str) -> bool:
    """Whether the Bot API's words are among these; python-telegram-bot changes their case."""
    told = error.message.lower()
    return any(word in told for word in words)
