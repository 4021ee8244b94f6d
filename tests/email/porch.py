"""A door that knows alice and bob, and a raw client that says whatever it is told to: what the mail server's tests share."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence

from gateway.email.door import ACCEPTED, Envelope, Limits, Refusal, Reply, Session

UNKNOWN = Refusal(550, "5.1.1", "Nobody here has this address. Nothing was stored.")
BUSY = Refusal(451, "4.7.1", "This address takes no more mail just now. Try again later.")
NOT_YOU = Refusal(550, "5.7.1", "You may not write here.")
QUICK = Limits(size=20_000, recipients=3, errors=30, connections_per_address=5)


class Porch:
    """A door that knows alice and bob, keeps what comes in, and fails on command."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.sessions: list[Session] = []
        self.sizes: list[int] = []
        self.arrived = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def sender(self, session: Session, address: str, size: int) -> Refusal | None:
        self.sizes.append(size)
        if address.startswith("fault"):
            raise RuntimeError("secret detail")
        return NOT_YOU if address.startswith("eve") else None

    async def recipient(self, session: Session, address: str) -> Refusal | None:
        self.sessions.append(session)
        if address.startswith("fault"):
            raise RuntimeError("secret detail")
        return None if address.startswith(("alice", "bob", "late", "refuse", "break", "short")) else UNKNOWN

    async def accept(self, envelope: Envelope) -> Sequence[Reply]:
        self.arrived.set()
        await self.go_on.wait()
        self.envelopes.append(envelope)
        if envelope.recipients[0].startswith("break"):
            raise RuntimeError("secret detail")
        if envelope.recipients[0].startswith("short"):
            return []
        return [self._answer(recipient) for recipient in envelope.recipients]

    def _answer(self, recipient: str) -> Reply:
        return BUSY if recipient.startswith("late") else UNKNOWN if recipient.startswith("refuse") else ACCEPTED


class Client:
    """A raw client: it sends bytes and reads replies, each awaited for a minute at most."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def reply(self) -> str:
        """The next reply, all its lines; empty when the server has hung up."""
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), 60)).decode()
            lines.append(line)
            if line[3:4] != "-":
                return "".join(lines)

    def send(self, text: str | bytes) -> None:
        self.writer.write(text if isinstance(text, bytes) else text.encode())

    async def say(self, line: str | bytes) -> str:
        self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return await self.reply()

    async def begin(self, recipient: str = "alice@post.example.org", *, hello: str = "EHLO") -> str:
        """Everything up to the invitation to send content."""
        await self.reply()
        for line in (f"{hello} client.example", "MAIL FROM:<bob@example.org>", f"RCPT TO:<{recipient}>"):
            assert (await self.say(line)).startswith("250")
        return await self.say("DATA")

    def cut(self) -> None:
        """Vanish, as when a cable is pulled: the server is told by a reset."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(), 60) == b""


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds, a minute at most."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0)


Opening = Callable[..., Awaitable[Client]]

HELLO = ["EHLO client.example"]
BEGUN = [*HELLO, "MAIL FROM:<bob@example.org>"]
READY = [*BEGUN, "RCPT TO:<alice@post.example.org>"]
