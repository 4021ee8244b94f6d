"""A real SMTP server on loopback whose answers a test writes, stage by stage.

    async with FakeRelay(Rule("rcpt", Say(550, "5.1.1 No such user"), match="eve@")) as relay: ...

It keeps what it took in `received` and what no relay should ever see in `violations`.
"""

import asyncio
import base64
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType


@dataclass(frozen=True)
class Say:
    """Answer this; a 421 also closes the connection. With `drop`, any answer does."""

    code: int
    text: str = "as told"
    drop: bool = False


@dataclass(frozen=True)
class Hang:
    """Never answer, and keep the connection."""


@dataclass(frozen=True)
class Drop:
    """Close without a word."""


@dataclass(frozen=True)
class Raw:
    """Answer these very bytes."""

    data: bytes


@dataclass(frozen=True)
class Late:
    """Answer as usual, after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Until:
    """Answer as usual, once this is set."""

    event: asyncio.Event


Reaction = Say | Hang | Drop | Raw | Late | Until


@dataclass
class Rule:
    """At this stage (connect, ehlo, starttls, auth, mail, rcpt, data, body), when `match` stands in the command (for data and
    body: in the recipient), react so, at most `times` times."""

    stage: str
    reaction: Reaction
    match: str = ""
    times: int = 1_000_000


@dataclass(frozen=True)
class Received:
    """A message the relay answered 250."""

    mail_from: str
    rcpt: str
    data: bytes
    connection: int


@dataclass
class _Session:
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    buffer: bytes = b""
    mail_from: str | None = None
    rcpts: list[str] = field(default_factory=list)


class _End(Exception):
    """The session is over."""


class FakeRelay:
    """An SMTP relay on 127.0.0.1. `keep=False` only counts messages; `lenient` says 354 even when nobody may get it."""

    def __init__(
        self,
        *rules: Rule,
        pipelining: bool = True,
        extensions: tuple[str, ...] = ("8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"),
        ehlo: bool = True,
        lenient: bool = False,
        keep: bool = True,
        login: tuple[str, str] | None = None,
        mechanisms: str = "PLAIN LOGIN",
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
    ) -> None:
        self.rules = list(rules)
        self.pipelining, self.extensions, self.ehlo, self.lenient, self.keep = (
            pipelining,
            extensions,
            ehlo,
            lenient,
            keep,
        )
        self.login, self.mechanisms, self.tls, self.implicit_tls = login, mechanisms, tls, implicit_tls
        self.received: list[Received] = []
        self.count = 0
        self.commands: list[str] = []
        self.violations: list[str] = []
        self.connections = 0
        self.open = 0
        self.port = 0
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "FakeRelay":
        context = self.tls if self.implicit_tls else None
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something that the relay sees makes this true."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        self.open += 1
        session = _Session(self.connections, reader, writer)
        try:
            await self._serve(session)
        except (_End, OSError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            writer.close()
            await self._notify()

    async def _serve(self, session: _Session) -> None:
        await self._react(session, "connect", "", Say(220, "relay.example.org ESMTP"))
        while True:
            line = await self._line(session)
            self.commands.append(line)
            await self._notify()
            verb = line.split(" ", 1)[0].upper()
            if session.buffer and (not self.pipelining or verb in ("DATA", "STARTTLS", "EHLO", "AUTH")):
                self.violations.append(f"{verb} with more behind it")
            await self._command(session, verb, line)

    async def _command(self, session: _Session, verb: str, line: str) -> None:
        match verb:
            case "EHLO":
                await self._react(session, "ehlo", line, self._greeting(session))
            case "HELO" | "NOOP":
                await self._say(session, Say(250, "fine"))
            case "STARTTLS":
                await self._react(session, "starttls", line, Say(220, "go ahead"))
                await session.writer.start_tls(self.tls or ssl.create_default_context(ssl.Purpose.CLIENT_AUTH))
            case "AUTH":
                await self._auth(session, line)
            case "RSET":
                session.mail_from, session.rcpts = None, []
                await self._say(session, Say(250, "reset"))
            case "MAIL":
                nested = Say(503, "5.5.1 nested MAIL") if session.mail_from is not None else Say(250, "2.1.0 fine")
                if (await self._react(session, "mail", line, nested)).code == 250:
                    session.mail_from = line.partition("<")[2].partition(">")[0]
            case "RCPT":
                usual = Say(503, "5.5.1 no MAIL") if session.mail_from is None else Say(250, "2.1.5 fine")
                if (await self._react(session, "rcpt", line, usual)).code == 250:
                    session.rcpts.append(line.partition("<")[2].partition(">")[0])
            case "DATA":
                usual = Say(354, "go on") if session.rcpts or self.lenient else Say(554, "5.5.1 nobody to send to")
                if (await self._react(session, "data", " ".join(session.rcpts), usual)).code == 354:
                    await self._body(session)
            case "QUIT":
                await self._say(session, Say(221, "bye", drop=True))
            case _:
                await self._say(session, Say(500, "5.5.2 what?"))

    async def _body(self, session: _Session) -> None:
        while not (session.buffer.startswith(b".\r\n") or b"\r\n.\r\n" in session.buffer):
            await self._more(session)
        head, _, session.buffer = (b"\r\n" + session.buffer).partition(b"\r\n.\r\n")
        data = (head + b"\r\n").replace(b"\r\n.", b"\r\n")[2:]
        mail_from, rcpts = session.mail_from, session.rcpts
        session.mail_from, session.rcpts = None, []
        self.commands.append(f"BODY {' '.join(rcpts)}")
        await self._notify()
        usual = Say(250, "2.0.0 queued") if rcpts else Say(554, "5.5.1 nobody to send to")
        answer = await self._react(session, "body", " ".join(rcpts), usual)
        if answer.code == 250:
            self.count += 1
            if self.keep:
                self.received += [Received(mail_from or "", rcpt, data, session.number) for rcpt in rcpts]
            await self._notify()

    async def _auth(self, session: _Session, line: str) -> None:
        words = line.split(" ")
        if words[1].upper() == "PLAIN":
            _, user, password = base64.b64decode(words[2]).decode().split("\0")
        else:
            if len(words) == 2:
                await self._say(session, Say(334, "VXNlcm5hbWU6"))
                words.append(await self._line(session))
            user = base64.b64decode(words[2]).decode()
            await self._say(session, Say(334, "UGFzc3dvcmQ6"))
            password = base64.b64decode(await self._line(session)).decode()
        right = (user, password) == self.login
        await self._react(session, "auth", words[1], Say(235, "welcome") if right else Say(535, "5.7.8 wrong"))

    def _greeting(self, session: _Session) -> Reaction:
        if not self.ehlo:
            return Say(502, "5.5.1 no EHLO here")
        offers = ["relay.example.org", *self.extensions]
        secured = session.writer.get_extra_info("sslcontext") is not None
        offers += ["PIPELINING"] * self.pipelining + ["STARTTLS"] * (self.tls is not None and not secured)
        offers += [f"AUTH {self.mechanisms}"] * (self.login is not None)
        lines = [f"250-{offer}\r\n" for offer in offers[:-1]] + [f"250 {offers[-1]}\r\n"]
        return Raw("".join(lines).encode())

    async def _react(self, session: _Session, stage: str, argument: str, usual: Reaction) -> Say:
        for rule in self.rules:
            if rule.stage == stage and rule.match in argument and rule.times > 0:
                rule.times -= 1
                return await self._do(session, rule.reaction, usual)
        return await self._do(session, usual, usual)

    async def _do(self, session: _Session, reaction: Reaction, usual: Reaction) -> Say:
        match reaction:
            case Late(seconds):
                await asyncio.sleep(seconds)
                return await self._do(session, usual, usual)
            case Until(event):
                await event.wait()
                return await self._do(session, usual, usual)
            case Hang():
                while True:
                    await self._more(session)
            case Drop():
                raise _End
            case Raw(data):
                session.writer.write(data)
                return Say(0)
            case Say():
                await self._say(session, reaction)
                return reaction

    async def _say(self, session: _Session, answer: Say) -> None:
        session.writer.write(f"{answer.code} {answer.text}\r\n".encode())
        await session.writer.drain()
        if answer.drop or answer.code == 421:
            raise _End

    async def _line(self, session: _Session) -> str:
        while b"\r\n" not in session.buffer:
            await self._more(session)
        line, _, session.buffer = session.buffer.partition(b"\r\n")
        return line.decode("utf-8", "replace")

    async def _more(self, session: _Session) -> None:
        if not (chunk := await session.reader.read(262_144)):
            raise _End
        session.buffer += chunk

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()
