"""The middle of Postroom at work for one chat channel in a test: intake, deliveries, and what came of them."""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway import delivering, roles
from gateway.core.community import micro_monday
from gateway.core.desk import acts, intake, notices
from gateway.core.errors import PostroomError
from gateway.core.house import House
from gateway.core.ledger import inbox, pace
from gateway.core.ledger.inbox import OPEN
from gateway.core.ledger.outbox import UNFINISHED
from gateway.core.messages import Filed, InboundMessage, PreparedMedia, Rendition
from gateway.core.people import accounts
from gateway.core.store.models import Delivery, Inbound, Member, Post
from gateway.core.writing import blogs, media, posting
from gateway.email.workers import Workers
from gateway.newsletter import RENDERERS as NEWSLETTER_RENDERERS
from tests.conftest import Clock

PATIENCE = 60.0  # seconds
RENDERERS = {**notices.RENDERERS, **NEWSLETTER_RENDERERS}


@dataclass(frozen=True, slots=True)
class PostSeen:
    """A post as the database has it; `widths` and `alts` are its photos', in order."""

    id: int
    kind: str
    status: str
    title: str
    markdown: str
    html: str
    source: str
    path: str | None
    short_reference: str
    reply_to_id: int | None
    conversation_id: int | None
    widths: tuple[int, ...]
    alts: tuple[str, ...]

    @property
    def photos(self) -> int:
        return len(self.widths)


@dataclass(frozen=True, slots=True)
class InboundSeen:
    """An inbox row as the database has it."""

    id: int
    unique_key: str
    status: str
    reason: str
    attempts: int
    post_id: int | None


@dataclass(frozen=True, slots=True)
class DeliverySeen:
    """An outbox row as the database has it."""

    id: int
    kind: str
    recipient: str
    status: str
    reason: str
    remote_id: str
    attempts: int
    due_in: timedelta  # from now on, by the house's clock


class ChatHarness:
    """Runs the loops of intake and delivery for one channel. The clock stands still; `forward` moves it and wakes the loops.

    `workers` are for channels that read in other processes.
    """

    def __init__(self, house: House, clock: Clock, workers: Workers | None = None) -> None:
        self.house, self.workers = house, workers
        self.channel = ""
        self._clock = clock
        self._channel: roles.Channel | None = None
        self._carrier: roles.Carrier | None = None
        self._stop = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._base = 0

    async def work(self, channel: roles.Channel, carrier: roles.Carrier) -> None:
        """Starts the loops with this channel's `prepare` and carrier."""
        self.channel, self._channel, self._carrier = channel.name, channel, carrier
        await self.resume()

    async def resume(self) -> None:
        """Starts the loops again, as a new process would."""
        assert self._channel is not None
        assert self._carrier is not None
        self._stop = asyncio.Event()
        self._loops = [
            asyncio.create_task(roles.run_intake(self.house, {self.channel: self._channel}, self._stop)),
            asyncio.create_task(
                delivering.run_deliveries(self.house, self._carrier, RENDERERS, self._stop, limits=self._limits())
            ),
        ]

    def _limits(self) -> pace.Limits | None:
        """A clock that stands still would let one message out for ever; so where there are limits, they are wide here."""
        return pace.Limits() if self.channel in pace.LIMITS else None

    async def rest(self) -> None:
        """Stops the loops; doors go on storing. What the loops raised is raised here."""
        self._stop.set()
        loops, self._loops = self._loops, []
        await asyncio.gather(*loops)

    async def stop(self) -> None:
        await self.rest()

    def forward(self, **time: float) -> None:
        """Moves the clock on by a timedelta's keywords and has everybody look again."""
        self._clock.forward(**time)
        self.house.database.bell.ring()

    # Waiting, for at most PATIENCE

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Until the condition holds; looks after every commit."""
        with self.house.database.bell.listener() as heard:
            deadline = asyncio.get_running_loop().time() + PATIENCE
            while True:
                heard.clear()
                if condition():
                    return
                assert asyncio.get_running_loop().time() < deadline, f"{what} did not come true\n{self.story()}"
                for loop in self._loops:
                    assert not loop.done(), f"a loop ended: {loop.exception()!r}"
                try:
                    await asyncio.wait_for(heard.wait(), 0.05)
                except TimeoutError:
                    continue

    async def idle(self) -> None:
        """Until nothing is due: no message to be processed, nothing of this channel to be sent."""

        def nothing_due() -> bool:
            now = self.house.now()
            with self.house.database.read() as session:
                waiting = select(Inbound.id).where(Inbound.status.in_(OPEN), Inbound.due_at <= now)
                leaving = select(Delivery.id).where(
                    Delivery.status.in_(UNFINISHED), Delivery.channel == self.channel, Delivery.due_at <= now
                )
                return session.scalar(waiting.limit(1)) is None and session.scalar(leaving.limit(1)) is None

        await self.until(nothing_due, "idleness")

    def begin(self) -> None:
        """From now on `received` counts."""
        self._base = self._stored()

    async def received(self, count: int) -> None:
        """Until so many messages were stored since `begin`."""
        await self.until(lambda: self._stored() - self._base >= count, f"receiving {count}")

    def _stored(self) -> int:
        with self.house.database.read() as session:
            return session.scalar(select(func.count()).select_from(Inbound)) or 0

    # What members and the web would do

    def allow_undo(self, window: timedelta) -> None:
        """From now on people are told of posts and replies after so long; before the driver starts."""
        community = replace(self.house.community, undo_posts=window, undo_replies=window)
        self.house = replace(self.house, community=community)

    def is_member(self, handle: str) -> bool:
        with self.house.database.read() as session:
            return session.scalar(select(Member.id).where(Member.handle == handle)) is not None

    def link_code(self, handle: str, channel: str) -> str:
        """A code that links a chat of the channel to this member."""

        def unit(session: Session) -> str:
            member = accounts.by_handle(session, handle)
            return accounts.link_code(session, member, channel, self.house.now(), self.house.randomness)

        return self.house.database.writer.run(unit)

    def link(self, handle: str, account: str, place: str) -> None:
        """Links a chat of this channel as its code would."""
        code = self.link_code(handle, self.channel)
        self.house.database.writer.run(
            lambda session: accounts.link(session, self.channel, account, place, code, self.house.now())
        )

    def hold_mail(self, handle: str, title: str) -> int:
        """The number of a mail that is held, and the question about it queued for the member's chat here."""

        def unit(session: Session) -> int:
            member, now = accounts.by_handle(session, handle), self.house.now()
            facts = {"kind": "blog", "member_id": member.id}
            inbox.store(
                session, inbox.Arrival("email", title, title, raw=b"x", envelope=facts, member_id=member.id), now
            )
            [claimed] = inbox.claim(
                session, now, limit=1, lease=self.house.lease, among=inbox.due(Inbound.channel == "email")
            )
            message = InboundMessage("email", "a@b.example", "a@b.example", title=title, text="x", member_id=member.id)
            plan = intake.Plan(replace(message, hold="It is not signed."))
            intake.apply(session, self.house.community, claimed, plan, now, self.house.randomness)
            return claimed.id

        return self.house.database.writer.run(unit)

    def became(self, key: str) -> str:
        """The state of the message with this key."""
        with self.house.database.read() as session:
            return session.scalars(select(Inbound.status).where(Inbound.unique_key == key)).one()

    def publish(self, handle: str, text: str) -> str:
        """The short reference of a post that a member writes elsewhere."""

        def unit(session: Session) -> str:
            member = accounts.by_handle(session, handle)
            blog = blogs.of_member(session, member.id)
            assert blog is not None
            words = posting.write(session, self.house.community, text)
            return acts.publish(session, self.house.community, blog, member, words, self.house.now()).short_reference

        return self.house.database.writer.run(unit)

    # What came of it

    def posts(self) -> list[PostSeen]:
        """All posts and replies, oldest first, deleted ones too."""
        with self.house.database.read() as session:
            return [_post(post) for post in session.scalars(select(Post).order_by(Post.id))]

    def recommended(self) -> list[str]:
        """Whom this week's page of Micro Monday shows."""
        with self.house.database.read() as session:
            week = micro_monday.week_of(self.house.community, self.house.now())
            return [one.recommended.handle for one in micro_monday.of_week(session, week)]

    def inbound(self) -> list[InboundSeen]:
        """All inbox rows, oldest first."""
        with self.house.database.read() as session:
            rows = session.scalars(select(Inbound).order_by(Inbound.id))
            return [
                InboundSeen(row.id, row.unique_key, row.status, row.reason, row.attempts, row.post_id) for row in rows
            ]

    def deliveries(self, kind: str = "") -> list[DeliverySeen]:
        """This channel's outbox rows, oldest first."""
        with self.house.database.read() as session:
            rows = session.scalars(select(Delivery).where(Delivery.channel == self.channel).order_by(Delivery.id))
            return [
                DeliverySeen(
                    row.id,
                    row.kind,
                    row.recipient,
                    row.status,
                    row.reason,
                    row.remote_id,
                    row.attempts,
                    row.due_at - self.house.now(),
                )
                for row in rows
                if kind in ("", row.kind)
            ]

    def story(self) -> str:
        """What stands in inbox and outbox, for a failing test's words."""
        return "\n".join(map(repr, [*self.inbound(), *self.deliveries()]))

    # Files

    def jpeg(self, *, width: int = 320, height: int = 240, colour: str = "teal") -> bytes:
        out = io.BytesIO()
        Image.new("RGB", (width, height), colour).save(out, "JPEG")
        return out.getvalue()

    async def filer(self, data: bytes, filename: str) -> Filed:
        """Makes a file ready with the real thing, in this process."""
        return await asyncio.to_thread(self._file, data, filename)

    def _file(self, data: bytes, filename: str) -> Filed:
        try:
            ready = media.prepare(data, filename)
        except PostroomError as error:
            return Filed(None, (str(error),))
        renditions = tuple(
            Rendition(self.house.blobs.put(one.data), one.content_type, len(one.data), one.width, one.height)
            for one in ready.renditions
        )
        return Filed(PreparedMedia(ready.kind, renditions, ready.filename), ready.notes)


def _post(post: Post) -> PostSeen:
    return PostSeen(
        id=post.id,
        kind=post.kind,
        status=post.status,
        title=post.title,
        markdown=post.markdown,
        html=post.html,
        source=post.source,
        path=post.path,
        short_reference=post.short_reference,
        reply_to_id=post.reply_to_id,
        conversation_id=post.conversation_id,
        widths=tuple(posting.renditions(item)[0].width for item in post.media),
        alts=tuple(item.alt for item in post.media),
    )
