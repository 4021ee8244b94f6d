"""A process that holds Slack's door open until it is killed: `python -m tests.bots.slack.door_process DATABASE BLOBS API BOT_TOKEN APP_TOKEN`."""

import asyncio
import sys
from pathlib import Path

from gateway.bots.slack import Slack
from gateway.core.house import House
from gateway.core.messages import Filed
from gateway.core.people.community import Community
from gateway.core.people.tokens import Keyring
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database


async def _no_file(_data: bytes, _name: str) -> Filed:
    return Filed(None)


async def main(database: str, blobs: str, api: str, bot_token: str, app_token: str) -> None:
    community = Community("Demo Town", "post.example.org", "https://example.org", Keyring({0: bytes(32)}, 0))
    house = House(Database(database), FileBlobs(Path(blobs)), community)
    await Slack(house, bot_token=bot_token, app_token=app_token, api=api, filer=_no_file).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
