"""Single mails out: one connection of aiosmtplib for each, or a kept one (kept.py) when many come together; without a relay they land in a local Maildir.

Issue copies: copies.py.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gateway.core.desk.fitting import fitted
from gateway.core.errors import Invalid
from gateway.core.house import House
from gateway.core.ledger import retries
from gateway.core.ledger.kinds import TOGETHER
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Answer, Outgoing, Specimen
from gateway.core.people.community import Community
from gateway.core.people.tokens import mint
from gateway.core.store.models import Blog, Inbound
from gateway.core.writing import blogs
from gateway.core.writing.text import render
from gateway.email import loops, maildir, wire
from gateway.email.capabilities import MAIL
from gateway.email.compose import compose
from gateway.email.fingerprint import header_of
from gateway.email.headers import Mailbox, address_on_wire
from gateway.email.kept import Kept
from gateway.email.relay import Copy, Deferred, Outcome, Refused, Relay, Returned, Sent
from gateway.email.relays import Relays, relays_of
from gateway.email.signing import Signer

log = logging.getLogger("postroom")


def return_path(community: Community, delivery_id: int) -> str:
    """The envelope sender by which a bounce finds its delivery (VERP)."""
    return community.mail("b." + mint(community.keyring, "bounce", delivery_id))


def own_message_id(community: Community, cause: str, recipient_id: int) -> str:
    """The Message-ID, in angle brackets, that this cause always has for this recipient."""
    ring = community.keyring
    return wire.message_id(ring.keys[ring.current], cause, recipient_id, community.domain)


_ANSWERS = frozenset(
    {"answer", "held", "held_list"}
)  # automatic answers to a mail: whoever can't take them is told nothing more


@dataclass(frozen=True, slots=True)
class MailCarrier:
    """Sends answers and notices, one mail each. Without a relay they go to `folder`."""

    house: House
    relay: Relay | Relays | None
    folder: Path
    signers: Sequence[Signer] = ()
    kept: Kept | None = None
    channel: str = "email"

    async def send(self, parcel: Outgoing) -> Result:
        raw, message_id = await asyncio.to_thread(self._made, parcel)
        mail_from = "" if parcel.kind in _ANSWERS else return_path(self.house.community, parcel.delivery_id)
        if self.relay is None:
            await asyncio.to_thread(maildir.deliver, self.folder, raw, mail_from=mail_from, recipient=parcel.recipient)
            return Result("sent", reason="Put into the local mailbox.", remote_id=message_id)
        copy = Copy(parcel.delivery_id, mail_from, parcel.recipient, raw)
        if self.kept is not None and parcel.kind in TOGETHER:
            outcome = await self.kept.send(copy)
        else:
            outcome = await relays_of(self.relay).send_one(copy)
        return result_of(outcome, message_id, self.house.now())

    def _made(self, parcel: Outgoing) -> tuple[bytes, str]:
        community, said = self.house.community, parcel.answer
        message_id = own_message_id(community, "delivery", parcel.delivery_id)
        now = self.house.now()
        if said.specimen is not None:
            return self._copy(said.specimen, parcel.recipient, message_id, now), message_id.strip("<>")
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
            reply_to=writer or self._answered_at(said),
            language=parcel.language,
            extra=loops.marks(community.domain, loops.names(header_of(enclosed))),
            enclosed=enclosed,
        )
        signatures = b"".join(signer.sign(raw, now=int(now.timestamp())) for signer in self.signers)
        return signatures + raw, message_id.strip("<>")

    def _answered_at(self, said: Answer) -> str:
        """The address of ours that takes the answers to this."""
        community = self.house.community
        if said.secret_of is None:
            return community.mail(said.reply_token or "do")
        with self.house.database.read() as session:
            return blogs.secret_address(community, session.get_one(Blog, said.secret_of))

    def _copy(self, one: Specimen, recipient: str, message_id: str, now: datetime) -> bytes:
        """An issue as its readers get it."""
        made = wire.prepare(one.issue, sender=one.sender, list_help=one.issue.help_url)
        values = dict.fromkeys(one.issue.marks, one.leave_url)
        reader = wire.Reader(recipient, message_id, one.leave_url, one.leave_mailto, values=values)
        return made.copy(reader, date=now, signers=self.signers)

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


def result_of(outcome: Outcome, message_id: str, now: datetime) -> Result:
    """What the relay's answer means for the delivery."""
    match outcome:
        case Sent(reply):
            return Result("sent", reason=str(reply), remote_id=message_id)
        case Refused(_, reason):
            return Result("failed", reason=reason, bad_address=outcome.about_recipient)
        case Deferred(_, reason):
            return Result("deferred", reason=reason)
        case Returned(reason, at_once):
            wait = timedelta(0) if at_once else retries.FIRST_RETRY
            return Result("deferred", reason=reason, retry_at=now + wait, counts=False)
        case _:
            return Result("uncertain", reason=outcome.reason)
