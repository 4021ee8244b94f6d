"""A process that does all of a Telegram bot's work until it is killed: `python -m tests.bots.telegram.bot_process DATABASE BLOBS API TOKEN`."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from gateway import delivering, roles, upkeep
from gateway.bots.telegram import Telegram
from gateway.core.desk import notices
from gateway.core.house import House
from gateway.core.ledger.pace import Limits
from gateway.core.people.community import Community
from gateway.core.people.tokens import Keyring
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database
from tests.bots.harness import ChatHarness
from tests.conftest import Clock

LEASE = timedelta(seconds=1)


async def main(database: str, blobs: str, api: str, token: str) -> None:
    nothing = timedelta(0)
    keys = Keyring({0: bytes(32)}, 0)
    community = Community(
        "Demo Town", "post.example.org", "https://example.org", keys, undo_posts=nothing, undo_replies=nothing
    )
    house = House(Database(database), FileBlobs(Path(blobs)), community, lease=LEASE)
    bot = Telegram(house, token, api=api, filer=ChatHarness(house, Clock()).filer, limits=None)
    for_ever = asyncio.Event()
    await asyncio.gather(
        bot.run(for_ever),
        roles.run_intake(house, {"telegram": roles.Channel("telegram", bot.prepare)}, for_ever),
        delivering.run_deliveries(house, bot.carrier, notices.RENDERERS, for_ever, limits=Limits()),
        upkeep.run_mending(house, for_ever),
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
