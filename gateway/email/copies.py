"""Issue copies out: claimed as connections get free, joined and signed, sent by the pipelined engine; without a relay they land in a local Maildir.

The rows are core/ledger/outbox's. A copy's `attempting` is committed just before its body is handed over and its result right after, both in
groups; what a kill leaves between the two is what the outbox calls doubtful. A process that is stopped past its lease hands over nothing that
it had ready: `Leases` is asked before each body.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import NoReturn, TypeVar

from sqlalchemy.orm import Session

from gateway.core.audience import subscribers
from gateway.core.audience.suppression import suppress
from gateway.core.errors import Invalid
from gateway.core.house import House
from gateway.core.ledger import mail_limits, outbox, retries
from gateway.core.ledger.leases import Leases
from gateway.core.ledger.outbox import Claim, Result
from gateway.core.people.tokens import mint
from gateway.core.store.models import Issue
from gateway.email import maildir, wire
from gateway.email.carrier import own_message_id, result_of, return_path
from gateway.email.making import Making
from gateway.email.relay import NOT_MADE, Copy, Deferred, Outcome, Relay
from gateway.email.relay import Result as Sending
from gateway.email.relays import Relays
from gateway.email.sending import send_many
from gateway.email.signing import Signer

log = logging.getLogger("postroom")

A = TypeVar("A")
R = TypeVar("R")
_AGAIN = 0.5  # seconds
TOGETHER = 20  # copies put into the local mailbox between two commits

ClaimMore = Callable[[int], Awaitable[list[Claim]]]
"""At most so many due copies, waited for; none when the process stops."""
MakeCopy = Callable[[Claim], wire.UnsignedCopy]
"""An issue copy that is to be signed, as it goes over the wire (see `Copy.ready`); app joins it from what the issue froze."""


@dataclass(frozen=True, slots=True)
class NewsletterCarrier:
    """Sends issue copies over many kept connections."""

    house: House
    relay: Relay | Relays | None
    folder: Path
    make_copy: MakeCopy
    connections: int = 10
    channel: str = "newsletter"

    async def carry(self, claim: ClaimMore, stop: asyncio.Event) -> str:
        """Sends what it is given until `stop`, or until the relay can't be used; then the answer says why."""
        leases = Leases(self.house.lease, self.house.now)

        def renew(session: Session, until: datetime) -> tuple[list[Claim], set[int]]:
            claims = leases.all()
            return claims, outbox.renew(session, claims, until)

        async with self.house.renewing(renew, lambda asked, until: leases.renewed(*asked, until)):
            if self.relay is None:
                return await self._keep(claim, leases)
            return await _Carrying(self, self.relay, claim, leases).until(stop)

    async def _keep(self, claim: ClaimMore, leases: Leases) -> str:
        """Into the local mailbox, a few at a time, in the same order of commits as to a relay."""
        while some := await claim(TOGETHER):
            leases.take(some)
            allowed = await self.attempt(some)
            await self.record(
                await asyncio.to_thread(self._put_all, [one for one in some if one.id in allowed], leases)
            )
            for one in some:
                leases.done(one.id)
        return ""

    def _put_all(self, claims: Sequence[Claim], leases: Leases) -> list[tuple[Claim, Result]]:
        return [(one, self._put(one)) for one in claims if leases.ours(one.id)]

    async def attempt(self, claims: Sequence[Claim]) -> set[int]:
        """The ids that may be handed over, marked so."""

        def unit(session: Session) -> set[int]:
            now = self.house.now()
            return outbox.attempt(session, mail_limits.take(session, self.house.mail_limits, claims, now), now)

        return await asyncio.wrap_future(self.house.database.writer.submit(unit))

    async def record(self, results: Sequence[tuple[Claim, Result]]) -> None:
        """In one commit: what became of the copies, and that a refused address is not mailed again."""
        if not results:
            return
        now = self.house.now()
        timed = [(one, self._timed(one, result, now)) for one, result in results]

        def unit(session: Session) -> None:
            outbox.record(session, timed, now)
            for one, result in timed:
                if result.bad_address:
                    suppress(session, self.house.community.keyring, one.recipient, "hard bounce", now)
            tried = (one.recipient for one, result in timed if result.counts)
            mail_limits.spent(session, self.house.mail_limits, tried, now)

        await asyncio.wrap_future(self.house.database.writer.submit(unit))

    def _timed(self, one: Claim, result: Result, now: datetime) -> Result:
        if result.status == "sent":  # no dice for most copies
            return result
        return retries.timed(one, result, now, self.house.on_ambiguous, jitter=self.house.jitter())

    def message_id(self, one: Claim) -> str:
        """A copy's Message-ID, without brackets."""
        return own_message_id(self.house.community, one.cause, one.subscriber_id or 0).strip("<>")

    def _put(self, one: Claim) -> Result:
        try:
            raw, sender = self.make_copy(one).signed(), return_path(self.house.community, one.id)
            maildir.deliver(self.folder, raw, mail_from=sender, recipient=one.recipient)
        except Invalid as error:
            return Result("failed", reason=str(error))
        except Exception:  # one copy that can't be made must not stop the others
            log.exception("delivery %d could not be made now; it is tried again", one.id)
            return retries.unmade(one, NOT_MADE, self.house.now())
        return Result("sent", reason="Put into the local mailbox.", remote_id=self.message_id(one))


class _Carrying:
    """One run of the engine: its hooks, and what they hold in common."""

    def __init__(self, carrier: NewsletterCarrier, relay: Relay | Relays, claim: ClaimMore, leases: Leases) -> None:
        self._carrier, self._relay, self._claim, self._leases = carrier, relay, claim, leases
        self._making = Making(self._claimed, self._copies)

    async def until(self, stop: asyncio.Event) -> str:
        trouble = ""
        try:
            summary = await send_many(
                self._relay,
                self._making.offer,
                attempting=self._attempting,
                record=self._record,
                connections=self._carrier.connections,
                stop=stop,
                ours=self._leases.ours,
            )
            trouble = summary.trouble
        finally:
            unoffered = await self._making.close()
        left = Result("deferred", reason=trouble or "Sending was stopped.", counts=False)
        await self._carrier.record([(one, left) for one in unoffered])
        return trouble

    async def _claimed(self, most: int) -> list[Claim]:
        claims = await self._claim(most)
        self._leases.take(claims)
        return claims

    def _copies(self, claims: Sequence[Claim]) -> list[Copy]:
        """In a thread of its own; all of them are joined before the first is signed. One that can't be made raises when its bytes are asked for."""
        unsigned = [_or_error(self._carrier.make_copy, one) for one in claims]
        made = [one if isinstance(one, Exception) else _or_error(wire.UnsignedCopy.signed, one) for one in unsigned]
        return [self._copy(one, data) for one, data in zip(claims, made, strict=True)]

    def _copy(self, one: Claim, made: bytes | Exception) -> Copy:
        data = partial(_raise, made) if isinstance(made, Exception) else made
        return Copy(one.id, return_path(self._carrier.house.community, one.id), one.recipient, data, ready=True)

    async def _attempting(self, ids: Sequence[int]) -> Collection[int]:
        allowed = await self._carrier.attempt([self._leases[row_id] for row_id in ids])
        for row_id in set(ids) - allowed:
            self._leases.done(row_id)
        return allowed

    async def _record(self, results: Sequence[Sending]) -> None:
        carrier, now = self._carrier, self._carrier.house.now()
        done = [(self._leases[one.copy_id], one.outcome) for one in results]
        became = [(one, self._result(one, outcome, now)) for one, outcome in done]
        while True:
            try:
                await carrier.record(became)
                break
            except Exception:  # giving up would leave all bodies in flight in doubt, though their answers come
                if not all(self._leases.ours(one.id) for one, _ in became):
                    raise
                log.exception("what became of %d copies could not be recorded; trying again", len(became))
                await asyncio.sleep(_AGAIN)
        for one, _ in done:
            self._leases.done(one.id)

    def _result(self, one: Claim, outcome: Outcome, now: datetime) -> Result:
        if isinstance(outcome, Deferred) and outcome.stage == "compose":
            return retries.unmade(one, outcome.reason, now)
        return result_of(outcome, self._carrier.message_id(one), now)


def _or_error(do: Callable[[A], R], one: A) -> R | Exception:
    try:
        return do(one)
    except Exception as error:
        return error


def _raise(error: Exception) -> NoReturn:
    raise error


class IssueCopies:
    """Joins and signs copies from what their issues froze; the issues in use are kept taken apart."""

    def __init__(self, house: House, signers: Sequence[Signer]) -> None:
        self._house, self._signers = house, signers
        self._issue = lru_cache(maxsize=16)(self._read)

    def make(self, claim: Claim) -> wire.UnsignedCopy:
        """One copy, to be signed."""
        assert claim.issue_id is not None
        assert claim.subscriber_id is not None
        frozen, blog_name, marks = self._issue(claim.issue_id)
        community, reader = self._house.community, claim.subscriber_id
        url, address = subscribers.ways_to_leave(community, blog_name, reader)
        copy = wire.Reader(
            address=claim.recipient,
            message_id=own_message_id(community, claim.cause, reader),
            unsubscribe_url=url,
            unsubscribe_mailto=f"mailto:{address}",
            reply_to=community.mail("n." + mint(community.keyring, "newsletter", reader)),
            values=subscribers.mark_values(url, marks),
        )
        return frozen.unsigned(copy, date=self._house.now(), signers=self._signers)

    def _read(self, issue_id: int) -> tuple[wire.IssueWire, str, tuple[str, ...]]:
        with self._house.database.read() as session:
            issue = session.get_one(Issue, issue_id)
            assert issue.segments is not None
            frozen = wire.IssueWire.from_bytes(issue.segments)
            marks = tuple({part.mark for part in frozen.segments if isinstance(part, wire.Slot)})
            return frozen, issue.blog.name, marks
