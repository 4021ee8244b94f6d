"""Debian's chromium, asked over its DevTools protocol. Without it a test is skipped, unless POSTROOM_CLIENTS=required."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest


@dataclass
class Page:
    """A tab of the browser."""

    socket: aiohttp.ClientWebSocketResponse
    number: int = 0
    complaints: list[str] = field(default_factory=list)

    async def ask(self, method: str, **parameters: Any) -> Any:
        self.number += 1
        await self.socket.send_json({"id": self.number, "method": method, "params": parameters})
        async with asyncio.timeout(60):
            while (said := await self._hear()).get("id") != self.number:
                pass
        return said["result"]

    async def open(self, url: str) -> None:
        await self.ask("Page.navigate", url=url)
        async with asyncio.timeout(60):
            while (await self._hear()).get("method") != "Page.loadEventFired":
                pass

    async def _hear(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads((await self.socket.receive()).data)
        if said.get("method") == "Log.entryAdded" and said["params"]["entry"]["source"] == "security":
            self.complaints.append(said["params"]["entry"]["text"])
        return said

    async def value(self, expression: str) -> Any:
        """What the expression, or the promise that it is, comes to."""
        answer = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return answer["result"].get("value")


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Page]:
    """A browser with one tab, 320 px wide."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        if os.environ.get("POSTROOM_CLIENTS") == "required":
            pytest.fail("chromium is not installed, and POSTROOM_CLIENTS=required asks for it")
        pytest.skip("chromium is not installed")
    nowhere = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE *.localhost , EXCLUDE 127.0.0.1"
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --remote-debugging-port=0"
    process = await asyncio.create_subprocess_exec(
        program,
        *flags.split(),
        nowhere,
        f"--user-data-dir={folder}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        port = await _port(folder / "DevToolsActivePort")
        async with (
            aiohttp.ClientSession() as web,
            web.get(f"http://127.0.0.1:{port}/json/list") as listing,
        ):
            tab = next(one for one in await listing.json() if one["type"] == "page")
            async with web.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as ws:
                page = Page(ws)
                for domain in ("Page", "Log", "Network"):
                    await page.ask(f"{domain}.enable")
                await page.ask(
                    "Emulation.setDeviceMetricsOverride", width=320, height=640, deviceScaleFactor=1, mobile=True
                )
                yield page
    finally:
        process.terminate()
        await process.wait()


async def _port(file: Path) -> int:
    async with asyncio.timeout(60):
        while not (file.exists() and file.read_text().strip()):
            await asyncio.sleep(0.02)
    return int(file.read_text().split()[0])
