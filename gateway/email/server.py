"""Servers for SMTP and LMTP: they listen, and close without losing a mail."""

import asyncio
import os
import ssl
from pathlib import Path

from gateway.email.capacity import Capacity
from gateway.email.connection import Front
from gateway.email.door import Door, Limits
from gateway.email.networks import Networks
from gateway.email.protocol import Conversation, LocalConversation

_BACKLOG = 1024
_HANDSHAKE_SECONDS = 15.0
_DEFAULTS = Limits()


class Server:
    """A listening server. `port` is the one it really has, 0 on a Unix socket."""

    def __init__(self, listening: asyncio.Server, capacity: Capacity, path: Path | None = None) -> None:
        self._listening, self._capacity, self._path = listening, capacity, path
        self.port = 0 if path else int(listening.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        """How many connections are open, on all servers that share its capacity."""
        return len(self._capacity.guests)

    async def close(self, grace: float = 10.0) -> None:
        """Stop listening, say 421 to whoever is silent, and let mails under way finish for `grace` seconds.

        Content that is still coming in after that is dropped whole and answered 421; a mail that is being stored is waited for
        once more as long.
        """
        self._listening.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        await self._capacity.close(grace)
        await self._listening.wait_closed()


async def serve_smtp(
    door: Door,
    host: str | None,
    port: int,
    limits: Limits = _DEFAULTS,
    *,
    hostname: str,
    tls: ssl.SSLContext | None = None,
    require_tls: bool = False,
    from_the_start: bool = False,
    proxies: Networks = (),
    capacity: Capacity | None = None,
) -> Server:
    """A server for SMTP on `host` (None: every interface) and `port` (0: a free one). `hostname` is what it calls itself.

    With a context in `tls` STARTTLS is offered, and with `require_tls` no mail is taken without; `from_the_start` speaks TLS from the first
    byte. Connections from `proxies` must begin with a PROXY header, unless they speak TLS from the start. Servers that are given one `capacity` share
    their limits. Raises OSError when the port cannot be had.
    """
    capacity = capacity or Capacity(limits)
    context = tls if from_the_start else None
    front = Front(hostname) if from_the_start else Front(hostname, tls, require_tls, proxies)

    def conversation() -> Conversation:
        return Conversation(door, capacity, limits, front)

    listening = await asyncio.get_running_loop().create_server(
        conversation,
        host,
        port,
        backlog=_BACKLOG,
        ssl=context,
        ssl_handshake_timeout=_HANDSHAKE_SECONDS if context else None,
    )
    return Server(listening, capacity)


async def serve_lmtp(
    door: Door,
    host: str | None,
    port: int,
    limits: Limits = _DEFAULTS,
    *,
    hostname: str,
    tls: ssl.SSLContext | None = None,
) -> Server:
    """The same for LMTP (RFC 2033), for a site whose own mail server stands in front. Never offer it to the world."""
    capacity = Capacity(limits)

    def conversation() -> Conversation:
        return LocalConversation(door, capacity, limits, Front(hostname, tls))

    listening = await asyncio.get_running_loop().create_server(conversation, host, port, backlog=_BACKLOG)
    return Server(listening, capacity)


async def serve_lmtp_socket(
    door: Door, path: Path, limits: Limits = _DEFAULTS, *, hostname: str, mode: int = 0o660
) -> Server:
    """LMTP on a Unix socket with these permissions. A socket left over from a crash is replaced."""
    capacity = Capacity(limits)

    def conversation() -> Conversation:
        return LocalConversation(door, capacity, limits, Front(hostname))

    listening = await asyncio.get_running_loop().create_unix_server(conversation, str(path), backlog=_BACKLOG)
    os.chmod(path, mode)
    return Server(listening, capacity, path)
