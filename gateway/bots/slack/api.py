"""The Web API as we speak it: a client for one piece of work, files fetched with the token, and quiet libraries."""

import base64
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

# Of its own, so that the libraries' debug lines, which hold what people write, need to be asked for.
LIBRARY = logging.getLogger("postroom.slack.library")
LIBRARY.setLevel(logging.WARNING)

CONNECT_SECONDS = 5.0
CHUNK = 65_536


class NotRead(Exception):
    """Slack did not give the file, and will not."""


class Busy(Exception):
    """Slack does not give the file now."""


class _Client(AsyncWebClient):
    """Sends what slack_sdk would put into a POST's query string as a form, as Slack's reference asks; not every peer reads the other."""

    async def api_call(self, api_method: str, *, http_verb: str = "POST", **what: Any) -> AsyncSlackResponse:
        if http_verb == "POST" and what.get("params") and not (what.get("data") or what.get("json")):
            told = what["params"]
            what["data"] = {name: value for name, value in told.items() if name != "token"}
            what["params"] = {"token": told["token"]} if told.get("token") else None  # which slack_sdk makes a header
        if auth := what.pop("auth", None):  # for which slack_sdk takes a class that aiohttp gives up
            pair = base64.b64encode(f"{auth['client_id']}:{auth['client_secret']}".encode()).decode()
            what["headers"] = {**(what.get("headers") or {}), "Authorization": f"Basic {pair}"}
        return await super().api_call(api_method, http_verb=http_verb, **what)


class Api:
    """One bot token. `patience` is how many seconds a call may take."""

    def __init__(self, token: str, base_url: str, patience: float = 20.0) -> None:
        self._token, self._base_url, self._patience = token, base_url, patience

    def plain_client(self) -> AsyncWebClient:
        """A client that opens a connection for every call. It never tries a call again by itself: a message would come twice."""
        return _Client(
            token=self._token or None,
            base_url=self._base_url,
            timeout=int(self._patience),
            logger=LIBRARY,
            retry_handlers=[],
        )

    @asynccontextmanager
    async def client(self) -> AsyncIterator[AsyncWebClient]:
        """A client whose connection lasts for some calls, and which tells a refused connection from a silent one."""
        timeout = aiohttp.ClientTimeout(total=self._patience, sock_connect=min(CONNECT_SECONDS, self._patience))
        async with aiohttp.ClientSession(timeout=timeout) as session:
            client = self.plain_client()
            client.session = session
            yield client

    async def download(self, url: str, largest: int) -> bytes:
        """A file of the workspace. Raises NotRead when Slack won't give it or it is too large, Busy when it can't just now.

        A bot that may not read it is shown the sign-in page, with status 200.
        """
        if not self._is_slack(url):
            raise NotRead("it is not kept by Slack")
        timeout = aiohttp.ClientTimeout(total=self._patience * 3, sock_connect=CONNECT_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(url, headers={"Authorization": f"Bearer {self._token}"}, max_redirects=3) as response,
            ):
                if response.status == 429 or response.status >= 500:
                    raise Busy(f"Slack answered {response.status}")
                if response.status != 200 or response.content_type == "text/html":
                    raise NotRead("Slack did not let me read it")
                return await _whole(response, largest)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Busy(type(error).__name__) from error

    async def say_at(self, url: str, words: str) -> None:
        """Says something to one person at a response_url of Slack's."""
        if not self._is_slack(url):
            return
        timeout = aiohttp.ClientTimeout(total=self._patience, sock_connect=CONNECT_SECONDS)
        body = {"response_type": "ephemeral", "replace_original": False, "text": words}
        async with aiohttp.ClientSession(timeout=timeout) as session, session.post(url, json=body) as response:
            response.raise_for_status()

    def _is_slack(self, url: str) -> bool:
        """The token goes to Slack only, or to where the settings say that the Web API is."""
        there, ours = urlsplit(url), urlsplit(self._base_url)
        if (there.scheme, there.netloc) == (ours.scheme, ours.netloc):
            return True
        return there.scheme == "https" and (there.hostname or "").endswith(".slack.com")


async def _whole(response: aiohttp.ClientResponse, largest: int) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        data += chunk
        if len(data) > largest:
            raise NotRead("it is too large")
    return bytes(data)
