"""What a blog holds of one reader: given to them, and erased at their wish.

Of who was erased a row stays that names nobody, because what was sent counts in an issue's tally; and a keyed hash of blog and address, by which no import
brings them back. They may subscribe again themselves, unless they said that nothing is to be mailed to their address any more.
Their deliveries are found by causes, since that is what these are indexed by.

Whoever was asked and never confirmed is forgotten likewise when the question is over, and may come by a list: they never were here.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import String, cast, func, literal, select, update
from sqlalchemy.orm import Session

from gateway.core.audience import suppression, wishes
from gateway.core.audience.subscribers import CONFIRMING_LASTS, ERASED, WAITING, known_moments, question_cause
from gateway.core.errors import Invalid
from gateway.core.people.accounts import fold_address
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Delivery, Issue, Subscriber
from gateway.core.store.sql import skip_locked

AT_ONCE = 100  # who never confirmed, forgotten in one transaction
_GRACE = timedelta(days=1)
NOBODY = "erased.invalid"  # RFC 2606, 2: no address can be there


@dataclass(frozen=True, slots=True)
class _Mail:
    """One mail to a reader: `status` and `answered` as the outbox has them."""

    kind: str
    subject: str
    status: str
    queued_at: str
    finished_at: str
    answered: str
    reported: str


def check_address(row: Subscriber, address: str) -> None:
    """Raises Invalid unless this is the reader's own: who was forwarded a mail has the link in it too, and may not know or erase."""
    if fold_address(address) != row.address:
        raise Invalid("This is not the address that our mail goes to.", hint="Nothing was changed.")


def held(session: Session, community: Community, row: Subscriber, now: datetime) -> dict[str, Any]:
    """All that is held of a reader, as plain values."""
    asked_at, confirmed_at = known_moments(row)
    why = suppression.why_suppressed(session, community.keyring, row.address)
    return {
        "address": row.address,
        "blog": community.blog_url(row.blog.name),
        "status": row.status,
        "cadence": row.cadence,
        "next_cadence": row.next_cadence,
        "categories": list(wishes.chosen(session, row.id)),
        "came_by": row.source,
        "asked_at": _iso(asked_at),
        "question_at": _iso(row.question_at),
        "confirmed_at": _iso(confirmed_at),
        "left_at": _iso(row.left_at),
        "cadence_changed_at": _iso(row.cadence_since),
        "next_cadence_asked_at": _iso(row.next_since),
        "not_mailed_because": why,
        "mails": [asdict(one) for one in _mails(session, row, now)],
    }


def erase(session: Session, community: Community, row: Subscriber, now: datetime, *, never_again: bool = False) -> None:
    """Forgets the reader; copies that are queued do not leave. `never_again` ends all mail to their address."""
    session.refresh(row, with_for_update=True)
    if row.status == ERASED:
        return
    keyring, address = community.keyring, row.address
    _empty(session, row, now)  # from here on no batch takes them, and what one took before is committed
    _blank(session, row, address, now)
    suppression.keep_out(session, keyring, row.blog_id, {address: "asked"}, now)
    if never_again:
        suppression.suppress(session, keyring, address, "asked", now)
    wishes.choose(session, row.id, ())


def forget_unconfirmed(session: Session, now: datetime) -> int:
    """Forgets up to AT_ONCE of those who were asked and can't confirm any more; how many. Who had left before, and was asked again since, has left."""
    blogs = Subscriber.blog_id.in_(select(Blog.id))  # so that the one index on both columns serves
    last = func.coalesce(Subscriber.question_at, Subscriber.asked_at)
    over = (blogs, Subscriber.status == "pending", last <= now - CONFIRMING_LASTS - _GRACE)
    session.execute(update(Subscriber).where(*over, Subscriber.left_at.is_not(None)).values(status="unsubscribed"))
    some = select(Subscriber).where(*over, Subscriber.left_at.is_(None)).order_by(Subscriber.id).limit(AT_ONCE)
    rows = session.scalars(skip_locked(session, some)).all()
    for row in rows:
        address = row.address
        _empty(session, row, now)
        _blank(session, row, address, now)
        wishes.choose(session, row.id, ())
    return len(rows)


def _empty(session: Session, row: Subscriber, now: datetime) -> None:
    row.address, row.status, row.cadence, row.asked_at, row.source = _nobody(row), ERASED, "each", now, ""
    row.address_hash, row.hash_key = "", None
    row.confirmed_at = row.left_at = row.cadence_since = row.next_cadence = row.next_since = row.question_at = None
    session.flush()


def _blank(session: Session, row: Subscriber, address: str, now: datetime) -> None:
    """What was queued for them names nobody. A copy that is being handed over may have left; what is answered to it is written nowhere."""
    blank = {"recipient": _nobody(row), "address_hash": "", "payload": {}, "reason": "", "reported": ""}
    ended = blank | {"finished_at": now, "lease_until": None, "reason": "The reader was erased."}
    doubtful = {"status": "uncertain", "doubtful": Delivery.doubtful + 1}
    mine = update(Delivery).where(
        Delivery.id.in_([delivery.id for delivery, _ in _deliveries(session, row, address, now)])
    )
    session.execute(mine.where(Delivery.status.in_(("queued", "claimed"))).values(ended | {"status": "suppressed"}))
    session.execute(mine.where(Delivery.status == "attempting").values(ended | doubtful))
    session.execute(mine.where(Delivery.recipient != _nobody(row)).values(blank))


def _nobody(row: Subscriber) -> str:
    return f"erased-{row.id}@{NOBODY}"


def _mails(session: Session, row: Subscriber, now: datetime) -> list[_Mail]:
    return [
        _Mail(
            delivery.kind,
            subject or "",
            delivery.status,
            _iso(delivery.created_at),
            _iso(delivery.finished_at),
            delivery.reason,
            delivery.reported,
        )
        for delivery, subject in _deliveries(session, row, row.address, now)
    ]


def _deliveries(
    session: Session, row: Subscriber, address: str, now: datetime
) -> Sequence[tuple[Delivery, str | None]]:
    """What was queued for a reader under this address, oldest first: copies of the blog's issues, with their subjects, and questions whether they asked."""
    copy_of = literal("issue:") + cast(Issue.id, String)
    copies = (
        select(Delivery, Issue.subject)
        .join(Issue, Delivery.cause == copy_of)
        .where(Issue.blog_id == row.blog_id, Delivery.recipient == address, Delivery.channel == "newsletter")
    )
    days = range((now - row.blog.created_at) // timedelta(days=1) + 2 + WAITING)
    asked = [question_cause(row.blog_id, row.blog.created_at + timedelta(days=n)) for n in days]
    questions = select(Delivery).where(
        Delivery.cause.in_(asked), Delivery.recipient == address, Delivery.channel == "email"
    )
    found: list[tuple[Delivery, str | None]] = [(one, None) for one in session.scalars(questions)]
    found += [(delivery, subject) for delivery, subject in session.execute(copies)]
    return sorted(found, key=lambda one: one[0].id)


def _iso(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at is not None else ""
