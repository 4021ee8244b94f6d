"""The whole way of the demo, on SQLite in one process and on PostgreSQL in three with different roles, as whole `postroom` processes.

Time is faketime's (Debian), which all processes read from one file; so weeks pass without waiting.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.__main__ import Play
from demo.town import ZONES, Outside
from tests.fakes.dns import DnsFake
from tests.fakes.slack import SlackFake
from tests.fakes.telegram import TelegramFake
from tests.system.processes import Home

pytestmark = pytest.mark.system

ROLES = {
    "sqlite": ("smtp,web,bots,intake,deliver,clock",),
    "postgresql": ("smtp,web", "bots,intake", "deliver,clock"),
}


def faketime_library() -> Path | None:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found and os.environ.get("POSTROOM_CLIENTS") == "required":
        pytest.fail("faketime is not installed")
    return found[0] if found else None


class Processes(Outside):
    """A town of whole processes."""

    def __init__(self, home: Home, telegram: TelegramFake, slack: SlackFake) -> None:
        self.home, self.telegram, self.slack = home, telegram, slack
        self.web_port, self.viewer_port = home.web, home.viewer
        self.ahead = timedelta()
        self._tell_time()

    @property
    def mailbox(self) -> Path:
        return self.home.folder / "mail"

    @property
    def smtp(self) -> int:
        return self.home.smtp

    async def add(self, handle: str, name: str) -> None:
        done = await asyncio.to_thread(self.home.run, "member", "add", handle, f"{handle}@example.com", "--name", name)
        assert done.returncode == 0, done.stderr.decode()

    async def code(self, handle: str, channel: str) -> str:
        done = await asyncio.to_thread(self.home.run, "member", "link-code", handle, channel)
        return done.stdout.decode().strip()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward_to(self, moment: datetime) -> None:
        self.ahead += moment - self.now()
        self._tell_time()

    def _tell_time(self) -> None:
        part = self.home.folder / "time.part"
        part.write_text(f"+{int(self.ahead.total_seconds())}")
        part.replace(self.home.folder / "time")


@asynccontextmanager
async def processes(kind: str, url: str, folder: Path, library: Path) -> AsyncIterator[Processes]:
    async with TelegramFake(username="demo_town_bot") as telegram, SlackFake() as slack, DnsFake(ZONES) as dns:
        settings = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(folder / "time"),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "POSTROOM_DATABASE_URL": url,
            "POSTROOM_AUTHENTICATION": "on",
            "POSTROOM_DNS_SERVERS": dns.address,
            "POSTROOM_TELEGRAM_TOKEN": telegram.token,
            "POSTROOM_TELEGRAM_API": telegram.url,
            "POSTROOM_SLACK_BOT_TOKEN": slack.bot_token,
            "POSTROOM_SLACK_APP_TOKEN": slack.app_token,
            "POSTROOM_SLACK_API": slack.base_url,
        }
        home = Home(folder, settings)
        town = Processes(home, telegram, slack)
        try:
            for roles in ROLES[kind]:
                await asyncio.to_thread(home.serve, roles)
            yield town
        finally:
            codes = [await asyncio.to_thread(home.stop, process) for process in home.running]
        assert codes == [0] * len(codes), "a process did not stop well"


@pytest.mark.parametrize("kind", list(ROLES))
async def test_the_whole_way(kind: str, new_database: Callable[[str], str], tmp_path: Path) -> None:
    library = faketime_library()
    if library is None:
        pytest.skip("faketime is not installed")
    async with processes(kind, new_database(kind), tmp_path, library) as town:
        for title, step in Play(town).steps():
            try:
                await step()
            except Exception as error:
                logs = "\n".join(log.read_text()[-2000:] for log in tmp_path.glob("*.log"))
                raise AssertionError(f"{title}: {error}\n{logs}") from error
