"""Servers for SMTP and LMTP: they listen, and close without losing a mail."""

import asyncio
import os
import ssl
from collections.abc import Callable
from pathlib import Path

from gateway.email.capacity import Capacity
from gateway.email.door import Door, Limits
from gateway.email.protocol import Conversation, LocalConversation

_BACKLOG = 1024
_DEFAULTS = Limits()


class Server:
    """A listening server. `port` is the one it really has, 0 on a Unix socket."""

    def __init__(self, listening: asyncio.Server, capacity: Capacity, path: Path | None = None) -> None:
        self._listening, self._capacity, self._path = listening, capacity, path
        self.port = 0 if path else int(listening.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        """How many connections are open."""
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
) -> Server:
    """A server for SMTP on `host` (None: every interface) and `port` (0: a free one). `hostname` is what it calls itself.

    With a context in `tls` STARTTLS is offered, and with `require_tls` no mail is taken without. Raises OSError when the port
    cannot be had.
    """
    capacity = Capacity(limits)
    protocol = _protocols(Conversation, door, capacity, limits, hostname, tls, require_tls)
    listening = await asyncio.get_running_loop().create_server(protocol, host, port, backlog=_BACKLOG)
    return Server(listening, capacity)


async def serve_lmtp(
    door: Door,
    host: str | None,
    port: int,
    limits: Limits = _DEFAULTS,
    *,
    hostname: str,
) -> Server:
    """The same for LMTP (RFC 2033), for a site whose own mail server stands in front. Never offer it to the world."""
    capacity = Capacity(limits)
    protocol = _protocols(LocalConversation, door, capacity, limits, hostname)
    listening = await asyncio.get_running_loop().create_server(protocol, host, port, backlog=_BACKLOG)
    return Server(listening, capacity)


async def serve_lmtp_socket(
    door: Door, path: Path, limits: Limits = _DEFAULTS, *, hostname: str, mode: int = 0o660
) -> Server:
    """LMTP on a Unix socket with these permissions. A socket left over from a crash is replaced."""
    capacity = Capacity(limits)
    protocol = _protocols(LocalConversation, door, capacity, limits, hostname)
    listening = await asyncio.get_running_loop().create_unix_server(protocol, str(path), backlog=_BACKLOG)
    os.chmod(path, mode)
    return Server(listening, capacity, path)


def _protocols(
    kind: type[Conversation],
    door: Door,
    capacity: Capacity,
    limits: Limits,
    hostname: str,
    tls: ssl.SSLContext | None = None,
    require_tls: bool = False,
) -> Callable[[], Conversation]:
    def protocol() -> Conversation:
        return kind(door, capacity, limits, hostname=hostname, tls=tls, require_tls=require_tls)

    return protocol
