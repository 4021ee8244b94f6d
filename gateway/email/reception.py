"""The door of a community: asks core who may send and receive, and stores each mail before it says 250.

Whatever can be known cheaply is said in the session, so that no bounce is ever sent. One mail is stored once and gets one inbox row for each
recipient that accepts it; what SPF, DKIM and DMARC said, and who the sender is, stands in the row.
"""

import asyncio
import errno
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from sqlalchemy import func, select

from gateway.core.errors import PostroomError
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.people.domains import a_label
from gateway.core.people.tokens import redacted
from gateway.core.store.models import Refusal as RefusalRow
from gateway.email import senders
from gateway.email.authenticate import Resolver, Trust, Verdict, authenticate
from gateway.email.directory import Directory
from gateway.email.disk import Disk, database_folder
from gateway.email.door import Envelope, Opinion, Refusal, Reply, Session
from gateway.email.fingerprint import content_key, header_of, unique_key
from gateway.email.forwarders import is_elsewhere, meant_for
from gateway.email.limits import LIMITS
from gateway.email.pace import Pace
from gateway.email.parts import NO_HEADER_LINE
from gateway.email.read import InboundEmail, read_header
from gateway.email.senders import Decision, Target
from gateway.email.shelf import Shelf

log = logging.getLogger(__name__)

INLINE_BYTES = 64 * 1024  # raw mail up to this stands in its row
SHORT_HEADER = 8 * 1024  # bytes that are read at once, in well under a millisecond
MOST_NOT_GIVEN = 10  # recipients that refused a mail which others took, and that its sender is told of
MOST_HOPS = 50  # Received headers; RFC 5321 section 6.3 wants at least 100 of a relay, and we are the last stop
DNS_PATIENCE = timedelta(hours=4)

DISK_FULL = Refusal(
    452, "4.3.1", "There is no room left here for now. Your mail was not taken; please try again later."
)
NOT_STORED = Refusal(451, "4.3.0", "Your mail could not be stored. It was not taken; please try again later.")
HEADER_TOO_LONG = Refusal(
    552, "5.3.4", "The header of this mail is longer than any letter's. It was not taken; a shorter one will be."
)
LOOP = Refusal(554, "5.4.6", "This mail has gone through too many servers; it seems to run in a circle.")

# Threads of its own: nothing slow elsewhere in the process, and no slow name server, may hold up RCPT.
_LOOKUPS = ThreadPoolExecutor(8, thread_name_prefix="door")
_CHECKS = ThreadPoolExecutor(32, thread_name_prefix="authenticate")

P = ParamSpec("P")
T = TypeVar("T")
Authenticate = Callable[[bytes, Envelope], Verdict | None]


def checker(resolver: Resolver, authserv_id: str = "", sealers: Sequence[str] = ()) -> Authenticate:
    """The real check. `authserv_id` and `sealers` are whom the operator believes; the former only about mail that a server of our own brings."""
    trusted = frozenset(map(a_label, sealers))

    def check(raw: bytes, envelope: Envelope) -> Verdict:
        return authenticate(
            raw,
            peer_ip=envelope.peer_ip,
            helo=envelope.helo,
            mail_from=envelope.mail_from,
            resolver=resolver,
            trust=Trust(authserv_id if envelope.trusted else "", trusted),
        )

    return check


def not_checked(raw: bytes, envelope: Envelope) -> Verdict | None:
    """For trying out: nobody is asked, From is believed."""
    return None


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is known of a mail from its header alone."""

    mail: InboundEmail
    hops: int
    key: str  # what makes it the same mail as another


@dataclass(frozen=True, slots=True)
class Reception:
    """The door, open. `authenticate` may take long and is called on a thread; `folder` is where free disk is looked at; 0 mails are no limit."""

    house: House
    authenticate: Authenticate
    folder: Path
    min_free_bytes: int = 0
    mails_per_minute: int = 0
    _directory: Directory = field(init=False)
    _shelf: Shelf = field(init=False)
    _pace: Pace = field(init=False)
    _disk: Disk = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_directory", Directory(self.house.community))
        object.__setattr__(self, "_shelf", Shelf(self.house))
        object.__setattr__(self, "_pace", Pace(self.mails_per_minute))
        object.__setattr__(
            self, "_disk", Disk(self.folder, self.min_free_bytes, database=database_folder(self.house.database.url))
        )

    def sender(self, session: Session, address: str, size: int) -> Refusal | None:
        if not self._disk.has_room(size):
            return DISK_FULL
        return self._pace.mail(session.peer_ip, self.house.now().timestamp())

    def recipient(self, session: Session, address: str) -> Opinion:
        known = self._directory.known_target(address)
        return self._looked_up(session, address) if known is None else self._admitted(session, address, known)

    async def _looked_up(self, session: Session, address: str) -> Refusal | None:
        return self._admitted(session, address, await _on(_LOOKUPS, self._find, address))

    def _admitted(self, session: Session, address: str, found: Target | None) -> Refusal | None:
        moment = self.house.now().timestamp()
        if found is not None or (session.trusted and is_elsewhere(address, self.house.community.domain)):
            return self._pace.recipient(session.peer_ip, moment)
        return self._pace.unknown(session.peer_ip, moment) or senders.NOBODY

    async def accept(self, envelope: Envelope) -> Sequence[Reply]:
        if _has_long_header(envelope.raw):
            return [HEADER_TOO_LONG for _ in envelope.recipients]
        envelope, opened = await self.readdressed(envelope), await _opened_soon(envelope.raw)
        decisions = self._remembered(envelope, opened)
        if decisions is None:
            decisions = await _on(_LOOKUPS, self._decide, envelope, opened)
        if any(decision.unproven for decision in decisions):
            decisions = await self._proved(envelope, opened, decisions)
        if not any(decision.reply.accepted for decision in decisions):
            await self._remember_refusals(envelope, opened, decisions)
            return [decision.reply for decision in decisions]
        if refusal := self._pace.members(envelope.peer_ip, _members(decisions), self.house.now().timestamp()):
            return [refusal for _ in decisions]
        try:
            blob = await self._stored(envelope.raw)
            arrivals = self._arrivals(envelope, opened, decisions, blob)
            await self._shelf.put(arrivals, self._refusals(envelope, opened, decisions))
        except OSError as error:
            log.exception("a mail could not be stored")
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            return [DISK_FULL if full else NOT_STORED for _ in decisions]
        except PostroomError:
            log.exception("a mail could not be stored")
            return [NOT_STORED for _ in decisions]
        return [decision.reply for decision in decisions]

    async def readdressed(self, envelope: Envelope) -> Envelope:
        """The mail with those recipients of ours that it was meant for; only a mail server of our own is believed about that."""
        domain = self.house.community.domain
        if not envelope.trusted or not any(is_elsewhere(one, domain) for one in envelope.recipients):
            return envelope
        found = await _on(_LOOKUPS, self._first_known, meant_for(header_of(envelope.raw), domain))
        recipients = tuple(found if found and is_elsewhere(one, domain) else one for one in envelope.recipients)
        return replace(envelope, recipients=recipients, came_to=envelope.recipients)

    def _first_known(self, addresses: Sequence[str]) -> str:
        return next((address for address in addresses if self._find(address) is not None), "")

    def _find(self, address: str) -> Target | None:
        with self.house.database.read() as session:
            return self._directory.target(session, address)

    def _remembered(self, envelope: Envelope, opened: _Opened) -> list[Decision] | None:
        """The decisions when everybody concerned was looked up just now; then neither a thread nor the database is asked."""
        targets = [self._directory.known_target(address) for address in envelope.recipients]
        member_id = self._directory.known_member(opened.mail.sender)  # once: the next time it may be forgotten
        if None in targets or member_id is None:
            return None
        return self._decided(envelope, opened, targets, lambda _: member_id)

    def _decide(self, envelope: Envelope, opened: _Opened) -> list[Decision]:
        with self.house.database.read() as session:
            targets = [self._directory.target(session, address) for address in envelope.recipients]
            return self._decided(envelope, opened, targets, partial(self._directory.member, session))

    def _decided(
        self,
        envelope: Envelope,
        opened: _Opened,
        targets: Sequence[Target | None],
        member_of: Callable[[str], int | None],
    ) -> list[Decision]:
        if opened.hops > MOST_HOPS:
            return [Decision(LOOP) for _ in targets]
        null = not envelope.mail_from
        return [
            Decision(senders.NOBODY)
            if target is None
            else senders.decide(target, opened.mail, member_of, null_sender=null)
            for target in targets
        ]

    async def _proved(self, envelope: Envelope, opened: _Opened, decisions: Sequence[Decision]) -> list[Decision]:
        if self.authenticate is not_checked:
            return self._prove(envelope, opened, decisions)
        return await _on(_CHECKS, self._prove, envelope, opened, decisions)

    def _prove(self, envelope: Envelope, opened: _Opened, decisions: Sequence[Decision]) -> list[Decision]:
        """May wait for the DNS, and holds no database connection meanwhile."""
        verdict = self.authenticate(envelope.raw, envelope)
        if verdict is None:
            return [senders.vouched(one, None) if one.unproven else one for one in decisions]
        headers, domain = verdict.signed_recipients, self.house.community.domain
        came_to = envelope.came_to or envelope.recipients
        proved = [
            senders.vouched(one, verdict, is_named=senders.is_named((recipient, alias), opened.mail, headers, domain))
            if one.unproven
            else one
            for recipient, alias, one in zip(envelope.recipients, came_to, decisions, strict=True)
        ]
        settled = any(one.reply.accepted for one in proved) and not envelope.answers_each
        return [one.later if one.later and (settled or self._lost_patience(opened)) else one for one in proved]

    def _lost_patience(self, opened: _Opened) -> bool:
        """Whether this mail has been put off for four hours because of the DNS."""
        with self.house.database.read() as session:
            statement = select(func.min(RefusalRow.at)).where(RefusalRow.reason == _trouble(opened))
            first = session.scalar(statement)
        return first is not None and self.house.now() - first >= DNS_PATIENCE

    async def _stored(self, raw: bytes) -> str | None:
        if len(raw) <= INLINE_BYTES:
            return None
        return await _on(_LOOKUPS, self.house.blobs.put, raw)

    def _arrivals(
        self, envelope: Envelope, opened: _Opened, decisions: Sequence[Decision], blob: str | None
    ) -> list[inbox.Arrival]:
        """A row for each recipient that takes the mail."""
        mail = opened.mail
        others = _not_given(envelope, decisions)
        is_answered = any(d.reply.accepted and d.facts.get("kind") == "reply" for d in decisions)
        arrivals = []
        for recipient, decision in zip(envelope.recipients, decisions, strict=True):
            if not decision.reply.accepted:
                continue
            facts = decision.facts
            if is_answered and facts["kind"] == "blog":
                # a reply-all to a reply address and the blog is one reply and no post
                facts = {**facts, "kind": "copy"}
            elif others and decision.member_id is not None:
                facts, others = {**facts, "not_given": others}, []
            arrivals.append(
                inbox.Arrival(
                    channel="email",
                    unique_key=unique_key(decision.target, opened.key, self.house.now()),
                    ordering_key=f"email:{decision.member_id or mail.sender or envelope.mail_from}",
                    raw=envelope.raw if blob is None else None,
                    raw_blob=blob,
                    raw_size=len(envelope.raw),
                    recipient=recipient,
                    sender=envelope.mail_from,
                    member_id=decision.member_id,
                    envelope={
                        **facts,
                        "subject": mail.title[:300],
                        "peer": envelope.peer_ip,
                        "helo": envelope.helo,
                        "protocol": envelope.protocol,
                    },
                )
            )
        return arrivals

    async def _remember_refusals(self, envelope: Envelope, opened: _Opened, decisions: Sequence[Decision]) -> None:
        rows = self._refusals(envelope, opened, decisions)
        try:
            await asyncio.wrap_future(self.house.database.writer.submit(lambda session: session.add_all(rows)))
        except PostroomError:
            log.exception("a refusal could not be noted")

    def _refusals(self, envelope: Envelope, opened: _Opened, decisions: Sequence[Decision]) -> list[RefusalRow]:
        return [
            RefusalRow(
                at=self.house.now(),
                sender=envelope.mail_from,
                recipient=redacted(recipient),
                peer=envelope.peer_ip,
                code=f"{decision.reply.code} {decision.reply.enhanced}",
                reason=_trouble(opened) if decision.reply is senders.DNS_TROUBLE else decision.reply.text,
            )
            for recipient, decision in zip(envelope.recipients, decisions, strict=True)
            if not decision.reply.accepted
        ]


def _not_given(envelope: Envelope, decisions: Sequence[Decision]) -> list[tuple[str, str]]:
    """The recipients that refuse the mail, and why: SMTP has one answer for all, which is that it was taken."""
    refused = [
        (redacted(recipient), decision.reply.text)
        for recipient, decision in zip(envelope.recipients, decisions, strict=True)
        if not decision.reply.accepted
    ]
    return [] if envelope.answers_each else refused[:MOST_NOT_GIVEN]


def _members(decisions: Sequence[Decision]) -> set[str]:
    """Who sent what is taken, as text; apart from them those who have yet to be asked."""
    taken = (one for one in decisions if one.reply.accepted and one.member_id is not None)
    return {f"asked {one.member_id}" if "hold" in one.facts else str(one.member_id) for one in taken}


async def _on(pool: ThreadPoolExecutor, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, partial(work, *arguments, **named))


def _trouble(opened: _Opened) -> str:
    return f"{senders.DNS_TROUBLE.text} ({opened.key[:16]})"


def _has_long_header(raw: bytes) -> bool:
    """Whether no blank line, and no line that can't be a header, ends the header within its limits."""
    crlf = raw.find(b"\n\r\n", 0, LIMITS.header)
    ends = [end for end in (crlf, raw.find(b"\n\n", 0, LIMITS.header if crlf < 0 else crlf)) if end >= 0]
    if not ends and len(raw) > LIMITS.header:
        ends = [found.start() for found in NO_HEADER_LINE.finditer(raw, 0, LIMITS.header)][:1]
        if not ends:
            return True
    return raw.count(b"\n", 0, min(ends, default=len(raw))) > LIMITS.header_lines


async def _opened_soon(raw: bytes) -> _Opened:
    """Reads the header; of a long mail on a thread, so that nobody else waits for it."""
    is_short = len(raw) <= INLINE_BYTES and raw.find(b"\n\r\n", 0, SHORT_HEADER) >= 0
    return _opened(raw) if is_short else await _on(_LOOKUPS, _opened, raw)


def _opened(raw: bytes) -> _Opened:
    head = header_of(raw)[: LIMITS.header]
    return _Opened(read_header(head), head.lower().count(b"\nreceived:"), content_key(raw))
