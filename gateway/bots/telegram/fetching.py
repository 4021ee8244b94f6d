"""Updates fetched by long polling: stored first, confirmed after. A crash in between has them come again, to be known by their keys."""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from gateway.bots.telegram.api import Api
from gateway.bots.telegram.arrivals import take, update_id
from gateway.core.errors import PostroomError
from gateway.core.house import House

log = logging.getLogger("postroom.telegram")

LONGEST_WAIT = 60.0  # seconds
T = TypeVar("T")


async def fetch(house: House, api: Api, stop: asyncio.Event, *, first_wait: float = 1.0) -> None:
    """Fetches and stores until `stop`.

    An offset is sent only right after the batch that it confirms: Telegram may begin a new row of numbers after a quiet week,
    and would take an old offset for their confirmation.
    """
    offset: int | None = None
    patience = Patience(stop, first_wait)
    while not stop.is_set():
        try:
            updates = await unless(stop, api.updates(offset))
            if updates is None:
                return
            await take(house, api.id, updates)
        except (TelegramError, PostroomError) as error:
            await patience.wait(error)
            continue
        numbers = [number for number in map(update_id, updates) if number is not None]
        if updates and not numbers:
            await patience.wait(TelegramError("The Bot API gave updates without numbers."))
            continue
        offset = max(numbers) + 1 if numbers else None
        patience.over()


class Patience:
    """Waits longer after each failure in a row, and says each reason once."""

    def __init__(self, stop: asyncio.Event, first_wait: float) -> None:
        self._stop, self._first, self._next, self._said = stop, first_wait, first_wait, ""

    async def wait(self, error: Exception) -> None:
        """Until it is worth another try, or stop."""
        words = plainly(error)
        if words != self._said:
            log.warning("Telegram: %s Trying again.", words)
            self._said = words
        seconds, self._next = self._next, min(self._next * 2, LONGEST_WAIT)
        if isinstance(error, RetryAfter):
            seconds = seconds_of(error)
        await unless(self._stop, asyncio.sleep(seconds))

    def over(self) -> None:
        """All is well again."""
        if self._said:
            log.info("Telegram: all is well again.")
        self._next, self._said = self._first, ""


def plainly(error: Exception) -> str:
    """What went wrong, in a sentence without secrets."""
    match error:
        case InvalidToken():
            return "The Bot API does not accept the bot's token (setting telegram_token)."
        case Conflict():
            return f"Another program fetches this bot's updates, or has set a webhook ({error.message})."
        case RetryAfter():
            return f"The Bot API asks to wait {seconds_of(error):.0f} seconds."
        case TelegramError():
            return f"The Bot API could not be reached or refused: {error.message}."
        case _:
            return f"Updates could not be stored: {error}"


def seconds_of(error: RetryAfter) -> float:
    """How long a 429 asks to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of the work; None when `stop` came first, and then the work is cancelled."""
    doing, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else None
    finally:
        for task in (doing, stopping):
            task.cancel()
        await asyncio.gather(doing, stopping, return_exceptions=True)
