"""Mail out: single mails by aiosmtplib, issue copies by the pipelined engine; without a relay, both land in a local Maildir.

The rows are core/ledger/outbox's. A copy's `attempting` is committed just before its body is handed over and its result right after, both in
groups; what a kill leaves between the two is what the outbox calls doubtful.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from gateway.core.audience import subscribers
from gateway.core.audience.suppression import suppress
from gateway.core.desk.fitting import fitted
from gateway.core.errors import Invalid
from gateway.core.house import House
from gateway.core.ledger import outbox, retries
from gateway.core.ledger.outbox import Claim, Result
from gateway.core.messages import Outgoing
from gateway.core.people.community import Community
from gateway.core.people.tokens import mint
from gateway.core.store.models import Inbound, Issue
from gateway.core.writing.text import render
from gateway.email import loops, maildir, wire
from gateway.email.capabilities import MAIL
from gateway.email.compose import compose
from gateway.email.fingerprint import header_of
from gateway.email.headers import Mailbox, address_on_wire
from gateway.email.relay import Copy, Deferred, Outcome, Refused, Relay, Returned, Sent, send_one
from gateway.email.relay import Result as Sending
from gateway.email.sending import send_many
from gateway.email.signing import Signer

log = logging.getLogger("postroom")

TOGETHER = 20  # copies put into the local mailbox between two commits

MakeCopy = Callable[[Claim], bytes]
"""The signed bytes of an issue copy; app joins them from what the issue froze."""


def return_path(community: Community, delivery_id: int) -> str:
    """The envelope sender by which a bounce finds its delivery (VERP)."""
    return community.mail("b." + mint(community.keyring, "bounce", delivery_id))


def own_message_id(community: Community, cause: str, recipient_id: int) -> str:
    """The Message-ID, in angle brackets, that this cause always has for this recipient."""
    ring = community.keyring
    return wire.message_id(ring.keys[ring.current], cause, str(recipient_id), community.domain)


_ANSWERS = frozenset(
    {"answer", "held", "held_list"}
)  # automatic answers to a mail: whoever can't take them is told nothing more


@dataclass(frozen=True, slots=True)
class MailCarrier:
    """Sends answers and notices, one mail each. Without a relay they go to `folder`."""

    house: House
    relay: Relay | None
    folder: Path
    signers: Sequence[Signer] = ()
    channel: str = "email"

    async def send(self, parcel: Outgoing) -> Result:
        raw, message_id = await asyncio.to_thread(self._made, parcel)
        mail_from = "" if parcel.kind in _ANSWERS else return_path(self.house.community, parcel.delivery_id)
        if self.relay is None:
            await asyncio.to_thread(maildir.deliver, self.folder, raw, mail_from=mail_from, recipient=parcel.recipient)
            return Result("sent", reason="Put into the local mailbox.", remote_id=message_id)
        outcome = await send_one(self.relay, Copy(parcel.delivery_id, mail_from, parcel.recipient, raw))
        return result_of(outcome, message_id, self.house.now())

    def _made(self, parcel: Outgoing) -> tuple[bytes, str]:
        community, said = self.house.community, parcel.answer
        message_id = own_message_id(community, "delivery", parcel.delivery_id)
        now = self.house.now()
        shown = f"{said.author} ({community.name})" if said.author else community.name
        enclosed, writer = self._enclosed(said.enclosed_inbound)
        raw = compose(
            fitted(said, MAIL),
            sender=Mailbox(community.mail("do"), shown),
            recipient=Mailbox(parcel.recipient),
            message_id=message_id,
            date=now,
            render_html=render,
            references=[f"<{one}>" for one in parcel.references],
            reply_to=writer or community.mail(said.reply_token or "do"),
            language=parcel.language,
            extra=loops.marks(community.domain, loops.names(header_of(enclosed))),
            enclosed=enclosed,
        )
        signatures = b"".join(signer.sign(raw, now=int(now.timestamp())) for signer in self.signers)
        return signatures + raw, message_id.strip("<>")

    def _enclosed(self, inbound_id: int | None) -> tuple[bytes, str]:
        """A mail that is handed on, and whoever wrote it: they, and not our commands, get what is answered. Empty when there is none, or no address to use."""
        if inbound_id is None:
            return b"", ""
        with self.house.database.read() as session:
            row = session.get_one(Inbound, inbound_id)
        writer = _usable(str(row.envelope.get("from") or row.sender))
        if row.raw is not None:
            return row.raw, writer
        return self.house.blobs.get(row.raw_blob) if row.raw_blob else b"", writer


def _usable(address: str) -> str:
    """An address from outside, if it may stand in a header of ours, which are ASCII; else nothing."""
    try:
        return address if address_on_wire(address).isascii() else ""
    except Invalid:
        return ""


@dataclass(frozen=True, slots=True)
class NewsletterCarrier:
    """Sends issue copies, batch by batch, over many kept connections."""

    house: House
    relay: Relay | None
    folder: Path
    make_copy: MakeCopy
    connections: int = 10
    channel: str = "newsletter"

    async def carry(self, claims: Sequence[Claim], stop: asyncio.Event) -> None:
        unrecorded = {one.id: one for one in claims}

        def renew(session: Session, until: datetime) -> int:
            return outbox.renew(session, list(unrecorded.values()), until)

        async with self.house.renewing(renew):
            await (self._keep(unrecorded) if self.relay is None else self._send(self.relay, unrecorded, stop))

    async def _send(self, relay: Relay, unrecorded: dict[int, Claim], stop: asyncio.Event) -> None:
        held, waiting = dict(unrecorded), list(unrecorded.values())

        async def claim(most: int) -> Sequence[Copy]:
            taken, waiting[:] = waiting[:most], waiting[most:]
            return [self._copy(one) for one in taken]

        async def attempting(ids: Sequence[int]) -> Collection[int]:
            allowed = await self._attempt([held[row_id] for row_id in ids])
            for row_id in set(ids) - allowed:
                unrecorded.pop(row_id, None)
            return allowed

        async def record(results: Sequence[Sending]) -> None:
            now = self.house.now()
            done = [(held[one.copy_id], one.outcome) for one in results]
            await self._record([(one, result_of(outcome, self._message_id(one), now)) for one, outcome in done])
            for one in results:
                unrecorded.pop(one.copy_id, None)

        summary = await send_many(
            relay, claim, attempting=attempting, record=record, connections=self.connections, stop=stop
        )
        if waiting:  # claimed and never offered: the relay could not be used
            reason = summary.trouble or "Sending was stopped."
            await self._record([(one, Result("deferred", reason=reason, counts=False)) for one in waiting])

    def _message_id(self, one: Claim) -> str:
        return own_message_id(self.house.community, one.cause, one.subscriber_id or 0).strip("<>")

    def _copy(self, one: Claim) -> Copy:
        return Copy(one.id, return_path(self.house.community, one.id), one.recipient, lambda: self.make_copy(one))

    async def _attempt(self, claims: Sequence[Claim]) -> set[int]:
        unit = self.house.database.writer.submit(lambda s: outbox.attempt(s, claims, self.house.now()))
        return await asyncio.wrap_future(unit)

    async def _record(self, results: Sequence[tuple[Claim, Result]]) -> None:
        """In one commit: what became of the copies, and that a refused address is not mailed again."""
        if not results:
            return
        house, now = self.house, self.house.now()
        timed = [
            (one, retries.timed(one, result, now, house.on_ambiguous, jitter=house.jitter())) for one, result in results
        ]

        def unit(session: Session) -> None:
            outbox.record(session, timed, now)
            for one, result in timed:
                if result.bad_address:
                    suppress(session, self.house.community.keyring, one.recipient, "hard bounce", now)

        await asyncio.wrap_future(self.house.database.writer.submit(unit))

    async def _keep(self, unrecorded: dict[int, Claim]) -> None:
        """Into the local mailbox, a few at a time, in the same order of commits as to a relay."""
        claims = list(unrecorded.values())
        for start in range(0, len(claims), TOGETHER):
            some = claims[start : start + TOGETHER]
            allowed = await self._attempt(some)
            results = await asyncio.to_thread(lambda: [(one, self._put(one)) for one in some if one.id in allowed])  # noqa: B023
            await self._record(results)
            for one in some:
                unrecorded.pop(one.id)

    def _put(self, one: Claim) -> Result:
        try:
            raw, sender = self.make_copy(one), return_path(self.house.community, one.id)
            maildir.deliver(self.folder, raw, mail_from=sender, recipient=one.recipient)
        except Exception as error:  # one copy that can't be made must not stop the others
            log.exception("delivery %d could not be made", one.id)
            return Result("failed", reason=f"{type(error).__name__}: {error}")
        return Result("sent", reason="Put into the local mailbox.", remote_id=self._message_id(one))


class IssueCopies:
    """Joins and signs copies from what their issues froze; the issues in use are kept taken apart."""

    def __init__(self, house: House, signers: Sequence[Signer]) -> None:
        self._house, self._signers = house, signers
        self._issue = lru_cache(maxsize=16)(self._read)

    def make(self, claim: Claim) -> bytes:
        """The signed bytes of one copy."""
        assert claim.issue_id is not None
        assert claim.subscriber_id is not None
        frozen, blog_name, marks = self._issue(claim.issue_id)
        community, reader = self._house.community, claim.subscriber_id
        copy = wire.Reader(
            address=claim.recipient,
            message_id=own_message_id(community, claim.cause, reader),
            unsubscribe_url=subscribers.unsubscribe_url(community, blog_name, reader),
            unsubscribe_mailto=f"mailto:{subscribers.unsubscribe_address(community, reader)}",
            reply_to=community.mail("n." + mint(community.keyring, "newsletter", reader)),
            values=subscribers.mark_values(community, blog_name, reader, marks),
        )
        return frozen.copy(copy, date=self._house.now(), signers=self._signers)

    def _read(self, issue_id: int) -> tuple[wire.IssueWire, str, tuple[str, ...]]:
        with self._house.database.read() as session:
            issue = session.get_one(Issue, issue_id)
            assert issue.segments is not None
            frozen = wire.IssueWire.from_bytes(issue.segments)
            marks = tuple({part.mark for part in frozen.segments if isinstance(part, wire.Slot)})
            return frozen, issue.blog.name, marks


def result_of(outcome: Outcome, message_id: str, now: datetime) -> Result:
    """What the relay's answer means for the delivery."""
    match outcome:
        case Sent(reply):
            return Result("sent", reason=str(reply), remote_id=message_id)
        case Refused(_, reason):
            return Result("failed", reason=reason, bad_address=outcome.about_recipient)
        case Deferred(_, reason):
            return Result("deferred", reason=reason)
        case Returned(reason):
            return Result("deferred", reason=reason, retry_at=now + retries.FIRST_RETRY, counts=False)
        case _:
            return Result("uncertain", reason=outcome.reason)
