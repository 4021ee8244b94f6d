"""The outbox: whatever must leave, as rows written in the same transaction as their cause.

    queued ──claim──▶ claimed ──attempt──▶ attempting ──record──▶ sent | failed | queued again (deferred)
      ▲ ▲               │  └─ refused by attempt: suppressed | cancelled
      │ └ lease over ───┘                      │
      └──────── lease over, on_ambiguous=resend┴─ on_ambiguous=hold ──▶ uncertain

Invariants
- (cause, recipient, channel) is unique: queueing twice is harmless.
- A row holds the intent (kind and ids); it is rendered when it is sent. Issue copies join segments that their issue froze.
- Claim is not attempt. `attempt` commits `attempting` just before a body is handed over, in the statement that checks the lease, suppression,
  unsubscription, pause and cancellation. That moment is what "handed over" means everywhere.
- `record` names the fence of its claim: a process stopped past its lease records nothing any more. What it had queued for connections it does
  not hand over either: see leases.py.
- Single mails are claimed in two lanes (`mails`), so that what somebody waits for never stands behind what may wait: kinds.py.
- Whoever works on claims renews their leases (`renew`, three times a lease) until they are recorded; so only a process that died or was
  stopped lets one run out, however long a relay thinks about a body.
- `doubtful` counts how often a row was found `attempting` under an expired lease: then the body may have left. Such rows are the list of
  uncertain ones; with `resend` they go again under the same Message-ID, with `hold` they stay `uncertain` until
  the operator has them sent again (`amending.resend`), if ever.

What SIGKILL leaves behind: `claimed` rows (queued again when the lease is over; they never left) and `attempting` rows (doubtful, as above):
per kill at most what was between an `attempt` commit and its `record` commit. `amending.expire` mends both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from gateway.core.ledger.kinds import is_awaited
from gateway.core.store.at_once import ForEach, OfIds, insert_many_if_new
from gateway.core.store.bell import ring_for
from gateway.core.store.models import Delivery, Issue, Subscriber, Suppression
from gateway.core.store.sql import Claimable, insert_if_new, insert_selected_if_new

LEFT = "They left before this copy was handed over."
UNFINISHED = ("queued", "claimed", "attempting")
FINISHED = ("sent", "failed", "suppressed", "cancelled", "uncertain")
OnAmbiguous = Literal["resend", "hold"]


@dataclass(frozen=True, slots=True)
class Intent:
    """What must leave, and why. `recipient` is a mail address or a place in a chat; `cause` makes it unique."""

    kind: str
    channel: str
    recipient: str
    cause: str
    payload: dict[str, Any] = field(default_factory=dict)
    member_id: int | None = None
    subscriber_id: int | None = None
    issue_id: int | None = None
    post_id: int | None = None
    address_hash: str = ""
    due_at: datetime | None = None  # None: at once


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process may attempt until `lease_until`."""

    id: int
    fence: int
    kind: str
    channel: str
    recipient: str
    cause: str
    payload: dict[str, Any]
    member_id: int | None
    subscriber_id: int | None
    issue_id: int | None
    post_id: int | None
    attempts: int
    doubtful: int
    created_at: datetime
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one attempt. `reason` is what the relay or the platform said.

    `deferred` may say when (`retry_at`), else the usual backoff applies; or until when this whole chat is to be left alone (`shut_until`, only on
    a channel with a pace), and then the delivery keeps its turn. `unreachable` says that this chat is closed to us, `moved_to` where it is now.
    `also` are the ids of further messages that it took (a long text, an album).
    """

    status: Literal["sent", "deferred", "failed", "suppressed", "cancelled", "uncertain"]
    reason: str = ""
    remote_id: str = ""
    retry_at: datetime | None = None
    shut_until: datetime | None = None
    unreachable: bool = False
    moved_to: str = ""
    also: tuple[str, ...] = ()
    counts: bool = True  # False: it was never really tried, through no fault of its own
    bad_address: bool = False  # the recipient's address is at fault, so it may be suppressed


def queue(session: Session, intent: Intent, now: datetime) -> int | None:
    """The new delivery's id, or None when it was queued before."""
    ring_for(session, "outbox")
    return insert_if_new(session, Delivery, _row(intent, now))


def queue_many(session: Session, intents: Iterable[Intent], now: datetime) -> None:
    """Queues what is not queued yet, in one statement."""
    ring_for(session, "outbox")
    insert_many_if_new(session, Delivery, [_row(intent, now) for intent in intents])


def queue_selected(session: Session, like: Intent, each: "Select[*tuple[Any, ...]]", now: datetime) -> None:
    """Queues one like this for every row of a select, whose columns are called as those of deliveries that they fill; in one statement, and no row comes here.

    Rings nobody: who queues a million so, in parts, rings once.
    """
    own = {column.name for column in each.selected_columns}
    row = {name: value for name, value in _row(like, now).items() if name not in own and value is not None}
    same = [literal(value, _TABLE.c[name].type).label(name) for name, value in row.items()]
    insert_selected_if_new(session, Delivery, each.add_columns(*same))


def _row(intent: Intent, now: datetime) -> dict[str, Any]:
    return {
        "kind": intent.kind,
        "awaited": is_awaited(intent.kind),
        "channel": intent.channel,
        "recipient": intent.recipient,
        "cause": intent.cause,
        "payload": intent.payload,
        "member_id": intent.member_id,
        "subscriber_id": intent.subscriber_id,
        "issue_id": intent.issue_id,
        "post_id": intent.post_id,
        "address_hash": intent.address_hash,
        "status": "queued",
        "attempts": 0,
        "fence": 0,
        "due_at": intent.due_at or now,
        "created_at": now,
        "reason": "",
        "reported": "",
        "remote_id": "",
        "doubtful": 0,
    }


class Among(Protocol):
    """What may be claimed: a `Claimable`, the `Turns` of a channel that has a pace, or those of issues."""

    def rows(self, session: Session, *, channel: str, now: datetime, most: int) -> Sequence[Sequence[Any]]: ...


def claim(
    session: Session,
    channel: str,
    now: datetime,
    *,
    limit: int,
    lease: timedelta,
    among: Among | None = None,
) -> list[Claim]:
    """Up to `limit` due deliveries of one channel, oldest due first, among those of `due`: all by default, else one console's own, or whose turn it is."""
    until = now + lease
    rows = (among or _ALL).rows(session, channel=channel, now=now, most=limit)
    claims = [Claim(*[*row, until]) for row in rows]
    if claims:
        _TAKE.run(session, [held.id for held in claims], until=until)
    return claims


def mails(*, awaited: bool) -> Claimable:
    """The mails that are due which somebody waits for, or the others, for `claim`: however many wait of one sort, the other does not read over them."""
    return due(_TABLE.c.awaited == literal(awaited))


def due(where: ColumnElement[bool] | None = None) -> Claimable:
    """The deliveries that are due among those that `where` allows, for `claim`; no copies of issues, for which there is `issue_turns`."""
    row = _TABLE.c
    queued = row.status == literal("queued", literal_execute=True)  # in the words of the partial indexes
    statement = (
        select(*CLAIMED)
        .where(row.channel == bindparam("channel"), queued, row.due_at <= bindparam("now"))
        .where(row.issue_id.is_(None))
        .order_by(row.due_at, row.id)
        .limit(bindparam("most", type_=Integer))
    )
    return Claimable(statement if where is None else statement.where(where))


_TABLE = cast("Table", Delivery.__table__)
# What is asked of the rows to be claimed: the fields of `Claim` in their order, but for the last.
CLAIMED = tuple(
    (_TABLE.c.fence + literal(1)).label("fence") if one.name == "fence" else _TABLE.c[one.name]
    for one in fields(Claim)[:-1]
)
_ALL = due()
_TAKE = OfIds(_TABLE, [], {"status": "claimed", "fence": _TABLE.c.fence + 1, "lease_until": bindparam("until")})


def attempt(session: Session, claims: Sequence[Claim], now: datetime) -> set[int]:
    """The ids that may be handed over now, marked `attempting`; the others are marked suppressed or cancelled with the reason."""
    if not claims:
        return set()
    allowed: set[int] = set()
    for fence, ids in _by_fence(claims).items():
        allowed.update(_ATTEMPT.run(session, ids, row_fence=fence, now=now))
    if len(allowed) < len(claims):
        _refuse(session, [held for held in claims if held.id not in allowed], now)
    return allowed


def _refuse(session: Session, claims: Sequence[Claim], now: datetime) -> None:
    """Says of each, if it is still ours, why it may not be handed over."""
    mine = and_(_fenced(claims), Delivery.status == "claimed", Delivery.lease_until > now)
    _end(session, and_(mine, _suppressed()), "suppressed", "This address must not be mailed.", now)
    _end(session, and_(mine, _left()), "suppressed", LEFT, now)
    _end(session, and_(mine, _stopped("cancelled")), "cancelled", "The issue was cancelled.", now)
    session.execute(update(Delivery).where(mine, _stopped("paused")).values(status="queued", lease_until=None))


def _by_fence(claims: Sequence[Claim]) -> dict[int, list[int]]:
    """The ids by the fence of their claim, which is mostly the same."""
    ids: dict[int, list[int]] = {}
    for held in claims:
        ids.setdefault(held.fence, []).append(held.id)
    return ids


def _fenced(claims: Sequence[Claim]) -> ColumnElement[bool]:
    return or_(*(and_(Delivery.fence == fence, Delivery.id.in_(ids)) for fence, ids in _by_fence(claims).items()))


def _suppressed() -> ColumnElement[bool]:
    return and_(Delivery.address_hash != "", exists().where(Suppression.address_hash == Delivery.address_hash))


def _left() -> ColumnElement[bool]:
    """Of an issue whoever does not read it now; of a question whoever can't answer it with yes any more."""
    gone = or_(Delivery.issue_id.is_not(None), Subscriber.status != "pending")
    return exists().where(Subscriber.id == Delivery.subscriber_id, Subscriber.status != "active", gone)


def _stopped(*statuses: str) -> ColumnElement[bool]:
    named = or_(*(Issue.status == status for status in statuses))  # what is built once expands no IN
    return exists().where(Issue.id == Delivery.issue_id, named)


def _end(session: Session, where: ColumnElement[bool], status: str, reason: str, now: datetime) -> None:
    session.execute(
        update(Delivery).where(where).values(status=status, reason=reason, finished_at=now, lease_until=None)
    )


def renew(session: Session, claims: Sequence[Claim], until: datetime) -> set[int]:
    """Keeps what is still being worked on from looking abandoned; returns the ids that were still ours."""
    if not claims:
        return set()
    mine = and_(
        _fenced(claims),
        Delivery.status.in_(("claimed", "attempting")),
    )
    return set(session.scalars(update(Delivery).where(mine).values(lease_until=until).returning(Delivery.id)))


def record(session: Session, results: Sequence[tuple[Claim, Result]], now: datetime) -> int:
    """Writes down what became of attempts, in one statement each kind; returns how many rows were still ours."""
    if not results:
        return 0
    if any(_again(result) for _, result in results):
        ring_for(session, "outbox")
    sent = [
        {"row_id": held.id, "row_fence": held.fence, "said": result.reason[:1000], "name": result.remote_id}
        for held, result in results
        if result.status == "sent"
    ]
    others = [_outcome(held, result, now) for held, result in results if result.status != "sent"]
    done = _SENT.run(session, sent, now=now) if sent else 0
    return done + (session.connection().execute(_OUTCOME, others).rowcount if others else 0)


def _outcome(held: Claim, result: Result, now: datetime) -> dict[str, Any]:
    again = _again(result)
    return {
        "row_id": held.id,
        "row_fence": held.fence,
        "new_status": "queued" if again else result.status,
        "said": result.reason[:1000],
        "name": result.remote_id,
        "retry_at": result.retry_at,
        "now": None if again else now,
        "new_doubt": 1 if result.status == "uncertain" else 0,
        "uncounted": 0 if result.counts else 1,
    }


def _again(result: Result) -> bool:
    """Whether the delivery goes back to the queue: put off, or doubtful and to be sent again."""
    return result.status == "deferred" or (result.status == "uncertain" and result.retry_at is not None)


# What runs for every copy, built once


_DUE = bindparam("now", type_=_TABLE.c.due_at.type)
_ATTEMPT = OfIds(
    _TABLE,
    [
        _TABLE.c.fence == bindparam("row_fence"),
        _TABLE.c.status == "claimed",
        _TABLE.c.lease_until > _DUE,
        ~_suppressed(),
        ~_left(),
        ~_stopped("cancelled", "paused"),
    ],
    {"status": "attempting", "attempts": _TABLE.c.attempts + 1},
)


def _ours(row_id: Any, row_fence: Any) -> ColumnElement[bool]:
    is_open = or_(_TABLE.c.status == "claimed", _TABLE.c.status == "attempting")
    return and_(_TABLE.c.id == row_id, _TABLE.c.fence == row_fence, is_open)


_SENT = ForEach(
    {
        "row_id": _TABLE.c.id.type,
        "row_fence": _TABLE.c.fence.type,
        "said": _TABLE.c.reason.type,
        "name": _TABLE.c.remote_id.type,
    },
    lambda row: (
        update(_TABLE)
        .where(_ours(row.row_id, row.row_fence))
        .values(status="sent", reason=row.said, remote_id=row.name, finished_at=_DUE, lease_until=None)
    ),
)
_OUTCOME = (
    update(_TABLE)
    .where(_ours(bindparam("row_id"), bindparam("row_fence")))
    .values(
        status=bindparam("new_status"),
        reason=bindparam("said"),
        remote_id=func.coalesce(
            func.nullif(bindparam("name"), ""), _TABLE.c.remote_id
        ),  # of a part that went out before
        due_at=func.coalesce(bindparam("retry_at", type_=_TABLE.c.due_at.type), _TABLE.c.due_at),
        finished_at=_DUE,
        doubtful=_TABLE.c.doubtful + bindparam("new_doubt"),
        attempts=_TABLE.c.attempts
        - case((_TABLE.c.status == "attempting", bindparam("uncounted", type_=Integer)), else_=0),
        lease_until=None,
    )
)
