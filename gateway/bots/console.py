"""The console: a member talks to the desk in a terminal, in the same words as in every chat, whether a server runs or not.

It works on its own rows only. A line is stored and claimed in one commit, so that no server takes it first; answers are claimed by their place,
which is this session's own. What a killed console leaves behind: a claimed line, which a server's intake does after its lease
(app gives it `reader`), and queued answers, which the member's next console cancels.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count
from threading import Thread
from typing import TypeVar

from sqlalchemy import update
from sqlalchemy.orm import Session

from gateway.bots.capabilities import CONSOLE
from gateway.bots.rendering import to_plain
from gateway.core.desk import intake, notices
from gateway.core.desk.fitting import fitted
from gateway.core.desk.turns import Spoken
from gateway.core.errors import PostroomError, Unavailable
from gateway.core.house import House
from gateway.core.ledger import inbox, outbox
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Answer, InboundMessage, Outgoing
from gateway.core.people import accounts
from gateway.core.store.models import Delivery, Inbound, Member
from gateway.core.words import speaking, t

log = logging.getLogger("postroom.console")

CHANNEL = "console"
QUIT = frozenset({"/quit", "/exit", "/q"})
FORGOTTEN = timedelta(hours=1)  # an answer this old belongs to a console that is gone
T = TypeVar("T")

ReadLine = Callable[[str], Awaitable[str | None]]
Show = Callable[[str], None]


async def talk(house: House, handle: str, *, read_line: ReadLine | None = None, show: Show = print) -> None:
    """A conversation until `/quit` or the end of input. Raises NotFound when there is no such member."""
    console = Console(house, handle, show)
    await console.open()
    read_line = read_line or keyboard
    while (text := await _message(read_line)) is not None:
        if text.strip().lower() in QUIT:
            return
        if text.strip():
            await console.say(text)


async def _message(read_line: ReadLine) -> str | None:
    """What was typed; a backslash at the end of a line goes on in the next one. None at the end of input."""
    line = await read_line("> ")
    whole = line
    while line is not None and line.endswith("\\"):
        line = await read_line("… ")
        whole = f"{(whole or '')[:-1]}\n{line or ''}"
    return whole


async def keyboard(prompt: str) -> str | None:
    """One line from standard input, None at its end. Waits in a thread that nobody has to wait for. Raises OSError when nobody reads what we show."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str | None] = loop.create_future()

    def hand_over(line: str | OSError | None) -> None:
        if typed.done():
            return
        if isinstance(line, OSError):
            typed.set_exception(line)
        else:
            typed.set_result(line)

    def wait() -> None:
        line: str | OSError | None
        try:
            sys.stdout.flush()  # `input` passes over its failure, and would wait for what nobody will type
            line = input(prompt)
        except (EOFError, UnicodeDecodeError):
            line = None
        except OSError as error:
            line = error
        loop.call_soon_threadsafe(hand_over, line)

    Thread(target=wait, name="keyboard", daemon=True).start()
    return await typed


def reader(house: House) -> Callable[[inbox.Claim], Awaitable[InboundMessage]]:
    """How a stored line is read: `prepare` of the channel."""

    async def prepare(held: inbox.Claim) -> InboundMessage:
        return await asyncio.to_thread(_read, house, held)

    return prepare


def _read(house: House, held: inbox.Claim) -> InboundMessage:
    with house.database.read() as session:
        member_id = accounts.by_handle(session, held.sender).id
    return InboundMessage(
        channel=CHANNEL,
        account=held.sender,
        place=str(held.envelope["place"]),
        external_id=str(held.envelope["line"]),
        text=(held.raw or b"").decode("utf-8", "replace").replace("\0", ""),
        account_name=held.sender,
        member_id=member_id,
    )


class Console:
    """One session of one member. `show` is told what to write."""

    channel = CHANNEL

    def __init__(self, house: House, handle: str, show: Show) -> None:
        self._house, self._show = house, show
        self.handle = handle.strip().lower().removeprefix("@")
        self.place = f"{CHANNEL}:{self.handle}:{house.randomness(6).hex()}"
        self._lines = count(1)

    async def open(self) -> None:
        """Greets. Raises NotFound when there is no such member."""
        member = await asyncio.to_thread(self._member)
        await self._write(self._cancel_forgotten)
        with speaking(member.language or self._house.community.language):
            self._show(
                t(
                    "You are {name} on {community}. What you write here is published on your blog. Send `help` for all the words. A backslash at the end of a line goes on in the next one. `/quit` ends.",
                    name=member.shown_name,
                    community=self._house.community.name,
                )
            )

    async def say(self, text: str) -> None:
        """Stores what was said, does what it asks for, and shows the answers."""
        try:
            held = await self._write(lambda session: self._store(session, text))
        except Unavailable as error:
            self._show(error.said())
            return
        try:
            spoken = await self._process(held)
            if spoken.answer is None:
                self._show(f"({spoken.outcome}) {spoken.reason}".strip())
            await self._show_answers()
        except BrokenPipeError:  # what was said is done, and nobody reads the answer
            raise
        except Exception as error:
            log.exception("inbound %d could not be processed", held.id)
            await self._set_aside(held, error)

    # Inbox

    def _store(self, session: Session, text: str) -> inbox.Claim:
        line = f"{self.place}:{next(self._lines)}"
        now = self._house.now()
        row_id = inbox.store(
            session,
            inbox.Arrival(
                channel=CHANNEL,
                unique_key=line,
                ordering_key=line,
                raw=text.encode("utf-8", "replace"),
                sender=self.handle,
                envelope={"place": self.place, "line": line},
            ),
            now,
        )
        [held] = inbox.claim(session, now, limit=1, lease=self._house.lease, among=inbox.due(Inbound.id == row_id))
        return held

    async def _process(self, held: inbox.Claim) -> Spoken:
        house = self._house
        message = await reader(house)(held)

        def understand() -> intake.Plan:
            with house.database.read() as session:
                return intake.understand(session, house.community, message)

        plan = await asyncio.to_thread(understand)
        return await self._write(
            lambda session: intake.apply(
                session, house.community, held, plan, house.now(), house.randomness, house.newsroom
            )
        )

    async def _set_aside(self, held: inbox.Claim, error: Exception) -> None:
        """Ours or theirs, it is kept and can be looked at; a line that was done already stays done."""
        reason = f"{type(error).__name__}: {error}"[:1000]
        try:
            await self._write(lambda session: inbox.finish(session, held, "dead", self._house.now(), reason=reason))
        except PostroomError:
            self._show(
                "Something went wrong after your message was dealt with. Look at `timeline` before you repeat it."
            )
            return
        self._show(f"Something went wrong, and nothing was published. Your message is kept as number {held.id}.")

    # Outbox

    async def _show_answers(self) -> None:
        """Shows what is queued for this session, each answer once."""
        house, mine = self._house, outbox.due(Delivery.recipient == self.place)
        while True:
            claims = await self._write(
                lambda session: outbox.claim(session, CHANNEL, house.now(), limit=10, lease=house.lease, among=mine)
            )
            for held in claims:
                await self._deliver(held)
            if not claims:
                return

    async def _deliver(self, held: outbox.Claim) -> None:
        house = self._house
        parcel = await asyncio.to_thread(self._render, held)
        allowed = await self._write(lambda session: outbox.attempt(session, [held], house.now()))
        if held.id not in allowed:
            return
        result = Result("cancelled", "There was nothing left to say.") if parcel is None else await self.send(parcel)
        await self._write(lambda session: outbox.record(session, [(held, result)], house.now()))

    async def send(self, parcel: Outgoing) -> Result:
        """Shows an answer."""
        with speaking(parcel.language):
            self._show(in_words(parcel.answer))
        return Result("sent", remote_id=f"{self.place}:answer {parcel.delivery_id}")

    def _render(self, held: outbox.Claim) -> Outgoing | None:
        with self._house.database.read() as session:
            return notices.outgoing(session, self._house.community, held)

    # Within

    def _member(self) -> Member:
        with self._house.database.read() as session:
            return accounts.by_handle(session, self.handle)

    def _cancel_forgotten(self, session: Session) -> None:
        now: datetime = self._house.now()
        session.execute(
            update(Delivery)
            .where(
                Delivery.channel == CHANNEL,
                Delivery.recipient.startswith(f"{CHANNEL}:{self.handle}:", autoescape=True),
                Delivery.status == "queued",
                Delivery.created_at < now - FORGOTTEN,
            )
            .values(status="cancelled", reason="The console was closed before it could be shown.", finished_at=now)
        )

    async def _write(self, unit: Callable[[Session], T]) -> T:
        return await asyncio.wrap_future(self._house.database.writer.submit(unit))


def in_words(answer: Answer) -> str:
    """An answer as plain text: photos by their addresses, buttons by what to send instead."""
    answer = fitted(answer, CONSOLE)
    photos = [f"[{picture.alt or t('photo')}] {picture.url}" for picture in answer.pictures]
    buttons = [button for row in answer.buttons for button in row]
    pages = [f"{button.label}: {button.url}" for button in buttons if button.url]
    words = [
        t("{label}: send `{words}`", label=button.label, words=button.action) for button in buttons if button.action
    ]
    mark = f"[{answer.short_reference}]"
    marks = [mark] if answer.short_reference and mark not in answer.text else []
    return "\n\n".join([to_plain(answer.text), *("\n".join(part) for part in (photos, pages + words, marks) if part)])
