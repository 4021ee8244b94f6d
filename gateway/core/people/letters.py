"""Mails with a link that works once: to sign in, to join, to confirm an address. Nothing said to the asker tells whether an address is known.

The link's secret is made when the mail is rendered (desk/notices); rows hold its nonce and its hash.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.errors import Conflict, TooMuch
from gateway.core.ledger import outbox
from gateway.core.people.accounts import (
    INVITATION_LASTS,
    SIGN_IN_LASTS,
    VERIFYING_LASTS,
    Randomness,
    by_address,
    fold_address,
    issue_mailed_token,
)
from gateway.core.people.community import Community
from gateway.core.store.models import Address, Delivery, Member, OneTimeToken
from gateway.core.words import later

INVITATIONS_A_DAY = 20


def ask_to_sign_in(session: Session, community: Community, address: str, now: datetime, randomness: Randomness) -> None:
    """Mails a link that signs in, if the address is a member's; at most three in fifteen minutes. Raises Invalid for no address."""
    folded = fold_address(address)
    member = by_address(session, folded)
    if member is None:
        return
    cause = _free_cause(session, "sign_in", folded, now, every=timedelta(minutes=15), most=3)
    if cause:
        subject = {"member_id": member.id}
        nonce = issue_mailed_token(session, community.keyring, "sign-in", subject, now, SIGN_IN_LASTS, randomness)
        _queue(session, "sign_in", folded, cause, {"nonce": nonce}, now, member)


def invite(
    session: Session, community: Community, inviter: Member | None, address: str, now: datetime, randomness: Randomness
) -> None:
    """Mails an invitation to an address. Raises Invalid, Conflict for a member's address, TooMuch."""
    folded = fold_address(address)
    if by_address(session, folded) is not None:
        raise Conflict(
            later("{folded} belongs to a member already.", folded=folded), hint=later("No invitation was sent.")
        )
    if inviter is not None and _invitations(session, inviter, now) >= INVITATIONS_A_DAY:
        raise TooMuch(
            later("You have invited many people today."), hint=later("No invitation was sent. Invite more tomorrow.")
        )
    cause = _free_cause(session, "invitation", folded, now, every=timedelta(days=1), most=2)
    if not cause:
        raise TooMuch(
            later("{folded} was invited twice today.", folded=folded),
            hint=later("Ask them to look among their junk mail."),
        )
    subject: dict[str, Any] = {"address": folded, "inviter": inviter.id if inviter else None}
    nonce = issue_mailed_token(session, community.keyring, "invitation", subject, now, INVITATION_LASTS, randomness)
    _queue(session, "invitation", folded, cause, {"nonce": nonce, "inviter": subject["inviter"]}, now, None)


def ask_to_verify(
    session: Session, community: Community, member: Member, address: str, now: datetime, randomness: Randomness
) -> None:
    """Mails a link that adds the address to the member's; nothing when it is somebody's already. Raises Invalid, TooMuch."""
    folded = fold_address(address)
    if session.scalar(select(Address.id).where(Address.address == folded)) is not None:
        return
    cause = _free_cause(session, "verify_address", folded, now, every=timedelta(days=1), most=3)
    if not cause:
        raise TooMuch(
            later("{folded} was sent three links today.", folded=folded),
            hint=later("Look among your junk mail, or try tomorrow."),
        )
    subject = {"member_id": member.id, "address": folded}
    nonce = issue_mailed_token(session, community.keyring, "address", subject, now, VERIFYING_LASTS, randomness)
    _queue(session, "verify_address", folded, cause, {"nonce": nonce}, now, member)


def _invitations(session: Session, inviter: Member, now: datetime) -> int:
    statement = select(func.count()).where(
        OneTimeToken.purpose == "invitation",
        OneTimeToken.created_at > now - timedelta(days=1),
        OneTimeToken.subject["inviter"].as_integer() == inviter.id,
    )
    return session.scalar(statement) or 0


def _free_cause(session: Session, kind: str, address: str, now: datetime, *, every: timedelta, most: int) -> str:
    """A cause that no mail of this kind to this address has in this stretch of time; empty when `most` are used up."""
    stretch = int(now.timestamp() // every.total_seconds())
    causes = [f"{kind}:{stretch}:{number}" for number in range(most)]
    used = set(session.scalars(select(Delivery.cause).where(Delivery.cause.in_(causes), Delivery.recipient == address)))
    return next((cause for cause in causes if cause not in used), "")


def _queue(
    session: Session, kind: str, address: str, cause: str, payload: dict[str, Any], now: datetime, to: Member | None
) -> None:
    member_id = to.id if to else None
    outbox.queue(session, outbox.Intent(kind, "email", address, cause, payload, member_id=member_id), now)
