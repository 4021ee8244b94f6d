"""A process with all that a Slack community needs, until it is killed: `python -m tests.bots.slack.town_process DATABASE BLOBS API BOT_TOKEN APP_TOKEN`."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from gateway import delivering, roles, upkeep
from gateway.bots.slack import Slack
from gateway.core.desk import notices
from gateway.core.house import House
from gateway.core.ledger import pace
from gateway.core.messages import Filed, PreparedMedia, Rendition
from gateway.core.people.community import Community
from gateway.core.people.tokens import Keyring
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database
from gateway.core.writing import media
from gateway.roles import Channel

LEASE = timedelta(seconds=1)


async def main(database: str, blobs: str, api: str, bot_token: str, app_token: str) -> None:
    community = Community(
        "Demo Town",
        "post.example.org",
        "https://example.org",
        Keyring({0: bytes(32)}, 0),
        undo_posts=timedelta(0),
        undo_replies=timedelta(0),
    )
    house = House(Database(database), FileBlobs(Path(blobs)), community, lease=LEASE)

    def file(data: bytes, name: str) -> Filed:
        ready = media.prepare(data, name)
        renditions = tuple(
            Rendition(house.blobs.put(one.data), one.content_type, len(one.data), one.width, one.height)
            for one in ready.renditions
        )
        return Filed(PreparedMedia(ready.kind, renditions, ready.filename))

    async def filer(data: bytes, name: str) -> Filed:
        return await asyncio.to_thread(file, data, name)

    slack, stop = Slack(house, bot_token=bot_token, app_token=app_token, api=api, filer=filer), asyncio.Event()
    await asyncio.gather(
        slack.run(stop),
        roles.run_intake(house, {"slack": Channel("slack", slack.prepare)}, stop),
        delivering.run_deliveries(house, slack.carrier, notices.RENDERERS, stop, limits=pace.Limits()),
        upkeep.run_mending(house, stop),
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
