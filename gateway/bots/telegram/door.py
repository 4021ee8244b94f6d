"""Telegram as app wires it: how updates come in, how they are read, how answers leave."""

import asyncio
import logging
from typing import Literal

from starlette.routing import BaseRoute
from telegram.error import TelegramError

from gateway.bots.telegram import webhook
from gateway.bots.telegram.api import KINDS, Api
from gateway.bots.telegram.carrier import TelegramCarrier
from gateway.bots.telegram.fetching import Patience, fetch, unless
from gateway.bots.telegram.menu import set_menus
from gateway.bots.telegram.preparing import prepare
from gateway.core.errors import Invalid
from gateway.core.house import House
from gateway.core.ledger.inbox import Claim
from gateway.core.ledger.pace import LIMITS, Limits
from gateway.core.messages import Filer, InboundMessage

log = logging.getLogger("postroom.telegram")


class Telegram:
    """One bot. `run` is its way in, `prepare` reads what came, `carrier` is its way out, `routes` hold the webhook if there is one.

    `patience` is how many seconds a call to the Bot API may take, `first_wait` the first pause after a failure, `limits` how fast a
    delivery's further messages go. Close it in the end.
    """

    def __init__(
        self,
        house: House,
        token: str,
        *,
        filer: Filer,
        api: str = "https://api.telegram.org",
        mode: Literal["polling", "webhook"] = "polling",
        webhook_secret: str = "",
        webhook_url: str = "",
        patience: float = 20.0,
        first_wait: float = 1.0,
        limits: Limits | None = LIMITS["telegram"],
    ) -> None:
        if mode == "webhook" and not webhook_secret:
            raise Invalid("telegram_webhook_secret: needed when telegram_mode is webhook.")
        self._house, self._filer, self._mode, self._first_wait = house, filer, mode, first_wait
        self._secret = webhook_secret
        self._url = webhook_url or house.community.base_url + webhook.PATH
        self.api = Api(token, api.rstrip("/"), patience)
        self.carrier = TelegramCarrier(house, self.api, limits=limits)

    @property
    def routes(self) -> list[BaseRoute]:
        """What the web application must serve."""
        return [webhook.route(self._house, self.api.id, self._secret)] if self._mode == "webhook" else []

    async def prepare(self, held: Claim) -> InboundMessage:
        """The message of a stored update. Raises Postpone."""
        return await prepare(self._house, self.api, self._filer, held)

    async def run(self, stop: asyncio.Event) -> None:
        """Takes updates until `stop`, whatever happens to the network meanwhile."""
        await self._begin(stop)
        if self._mode == "polling":
            await fetch(self._house, self.api, stop, first_wait=self._first_wait)
        await stop.wait()

    async def close(self) -> None:
        """Lets go of the connections; call it when nothing is sent or read any more."""
        await self.api.close()

    async def _begin(self, stop: asyncio.Event) -> None:
        """Tells Telegram how updates come, and which commands there are."""
        patience = Patience(stop, self._first_wait)
        while not stop.is_set():
            try:
                if await unless(stop, self._choose_way()):
                    await unless(stop, self._set_menu())
                    return
            except TelegramError as error:
                await patience.wait(error)

    async def _choose_way(self) -> bool:
        bot = self.api.bot
        if self._mode == "webhook":
            return await bot.set_webhook(self._url, secret_token=self._secret, allowed_updates=KINDS)
        return await bot.delete_webhook()

    async def _set_menu(self) -> None:
        """The command menus; without them everything works all the same."""
        try:
            await set_menus(self.api.bot)
        except TelegramError as error:
            log.info("Telegram did not take the command menu: %s", error.message)
