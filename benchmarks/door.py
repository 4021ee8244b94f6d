"""Our SMTP door alone, in a process of its own, for benchmarks/intake.py: SQLite with synchronous=FULL, From believed.

    python -m benchmarks.door FOLDER [PROFILE]

Prints its port, takes mail until its input ends, then prints how many mails it holds. With PROFILE, the event loop's thread is profiled into that file.
"""

import asyncio
import cProfile
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.people import accounts
from gateway.core.people.community import Community
from gateway.core.people.tokens import Keyring
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database
from gateway.core.store.migrate import upgrade
from gateway.core.store.models import Inbound
from gateway.core.writing import blogs
from gateway.email.door import Limits
from gateway.email.reception import Reception, not_checked
from gateway.email.server import serve_smtp

SENDER, RECIPIENT = "alice@example.com", "alice@post.example.org"


def open_house(folder: Path) -> House:
    """A community in which alice may post."""
    url = f"sqlite:///{folder / 'postroom.db'}"
    upgrade(url)
    community = Community(
        name="Bench", domain="post.example.org", base_url="https://example.org", keyring=Keyring({0: bytes(32)}, 0)
    )
    house = House(Database(url), FileBlobs(folder / "blobs"), community)

    def join(session: Session) -> None:
        now = datetime.now(UTC)
        blogs.create(session, accounts.join(session, handle="alice", address=SENDER, now=now), now)

    house.database.writer.run(join)
    return house


async def serve(folder: Path) -> None:
    """Until the input ends."""
    house = await asyncio.to_thread(open_house, folder)
    server = await serve_smtp(
        Reception(house, not_checked, folder), "127.0.0.1", 0, Limits(), hostname="post.example.org"
    )
    print(server.port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.close()
    with house.database.read() as session:
        print(session.scalar(select(func.count()).select_from(Inbound)), flush=True)
    house.database.close()


def main() -> None:
    """Serve, profiled or not."""
    folder = Path(sys.argv[1])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if len(sys.argv) > 2:
            profile = cProfile.Profile()
            profile.runcall(runner.run, serve(folder))
            profile.dump_stats(sys.argv[2])
        else:
            runner.run(serve(folder))


if __name__ == "__main__":
    main()
