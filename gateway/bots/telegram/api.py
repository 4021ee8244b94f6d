"""The Bot API as we speak it: one python-telegram-bot `Bot`, raw updates fetched past its parser, and no token in any log."""

import json
import logging
import os
import re
from typing import Any
from urllib.parse import urlencode

from telegram import Bot, User
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

os.environ.setdefault("PTB_TIMEDELTA", "true")  # else python-telegram-bot warns at every 429

KINDS = ("message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "my_chat_member")
LONG_POLL = 50  # seconds that Telegram keeps a request for updates open

Json = dict[str, Any]


class Api:
    """One bot. `patience` is how many seconds a call may take; close it in the end."""

    def __init__(self, token: str, api: str, patience: float) -> None:
        plain = {"trust_env": False, "verify": False} if api.startswith("http://") else {}  # a server beside us, no TLS
        self.id = token.partition(":")[0]
        self._calls = HTTPXRequest(
            read_timeout=patience, write_timeout=patience, pool_timeout=patience, httpx_kwargs=plain
        )
        self._polls = HTTPXRequest(connection_pool_size=2, read_timeout=LONG_POLL + patience, httpx_kwargs=plain)
        self.bot = Bot(
            token,
            base_url=f"{api}/bot",
            base_file_url=f"{api}/file/bot",
            request=self._calls,
            get_updates_request=self._polls,
        )
        self._me: User | None = None

    async def updates(self, offset: int | None) -> list[Any]:
        """Updates as they came, in order, waiting for the first. `offset` confirms all before it. Raises TelegramError."""
        asked: Json = {"timeout": LONG_POLL, "allowed_updates": json.dumps(KINDS)}
        query = urlencode(asked if offset is None else asked | {"offset": offset})
        found = await self._polls.post(f"{self.bot.base_url}/getUpdates?{query}")
        if not isinstance(found, list):
            raise TelegramError("The Bot API answered with something else than updates.")
        return found

    async def me(self) -> User:
        """Who the bot is; asked once. Raises TelegramError."""
        if self._me is None:
            self._me = await self.bot.get_me()
        return self._me

    async def close(self) -> None:
        await self._calls.shutdown()
        await self._polls.shutdown()


class _Discreet(logging.Filter):
    """Takes bot tokens, the paths of people's files, and people's words out of what libraries log."""

    _SECRET = re.compile(r"/file/bot\d+(?::|%3A)[^\s\"']+|/bot\d+(?::|%3A)[\w-]+", re.IGNORECASE)

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "telegram.Bot" and record.levelno < logging.INFO:
            return False  # whole calls and answers
        words = record.getMessage()
        if "/bot" in words:
            record.msg, record.args = self._SECRET.sub("/bot[token]", words), ()
        return True


for _name in ("httpx", "telegram.Bot"):
    logging.getLogger(_name).addFilter(_Discreet())
