"""How fast a chat platform may be written to: what was sent is kept in the database, shared by all processes.

The table holds, for each chat and (`place` empty) for the whole bot, when the last messages were done: sent, and answered for by the platform. A message may
start when those done within the window before, and those that are on their way in any process, are fewer than the platform allows. Whatever the
platform receives, it receives between start and answer; so however long anything takes, no window of its own ever holds more.

- A claim (`Turns`) takes one delivery for each chat, none for a chat that is not free or has a delivery in some process's hands. So the order within a
  chat holds across processes too.
- `admit`, in the transaction that marks the attempt, says whether the whole bot may start one more; rows `attempting` are what is on its way.
- `spent`, in the transaction that records the result, writes down that it is done. What a delivery takes beyond its first message (pages, parts of an
  album, deletions) is written down by `further` before it starts.
- `hold` shuts one chat after a 429.

Claims and admissions of one channel follow each other: on SQLite by the writer's BEGIN IMMEDIATE, on PostgreSQL by a lock that ends with the
transaction. A process that is killed leaves rows `attempting`, which count as on their way until their lease is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Integer, Row, Table, bindparam, case, func, literal, select, text, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gateway.core.ledger.outbox import CLAIMED
from gateway.core.store.models import Delivery, Pace
from gateway.core.store.sql import Claimable

MARGIN = 1.01  # of each window, for clocks that differ
SOON = 0.02  # seconds until the next look when all that may be is on its way
LOOK_AT = 200  # deliveries, the first time; four times as many each time after
WHOLE = ""  # the place that stands for the whole bot
MICROSECOND = 1e-6  # what a moment is rounded to
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many messages in any window of so many seconds."""

    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform takes: from one bot, in one chat, in one group (a Telegram id below zero, or a public name)."""

    whole: tuple[Rate, ...] = ()
    chat: tuple[Rate, ...] = ()
    group: tuple[Rate, ...] = ()

    def of(self, place: str) -> tuple[Rate, ...]:
        if place == WHOLE:
            return self.whole
        return self.group if self.group and place.startswith(("-", "@")) else self.chat


# Telegram: core.telegram.org/bots/faq, "My bot is hitting limits". Slack: docs.slack.dev, "Rate limits", chat.postMessage.
LIMITS = {
    "telegram": Limits(whole=(Rate(30, 1),), chat=(Rate(1, 1),), group=(Rate(1, 1), Rate(20, 60))),
    "slack": Limits(chat=(Rate(1, 1),)),
}


class Turns:
    """The deliveries of one channel whose turn it is: for `outbox.claim` as what to claim among. `next_at`: when the next chat is free, if any waits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.next_at: datetime | None = None

    def rows(self, session: Session, *, channel: str, now: datetime, most: int) -> Sequence[Row[Any]]:
        """At most `most`, one for each chat, oldest due first."""
        session.flush()
        one_after_another(session, channel)
        chosen = _chosen(session, channel, now, most)
        full = len(chosen) == most
        self.next_at = (
            None if full else session.connection().execute(_FIRST_FREE, {"channel": channel, "now": now}).scalar()
        )
        return chosen


def admit(session: Session, limits: Limits, channel: str, now: datetime) -> datetime | None:
    """None when the bot may start one more message now, in this transaction; else when to ask again."""
    if not limits.whole:
        return None
    one_after_another(session, channel)
    times = _times(session, channel, [WHOLE]).get(WHOLE, [])
    begin = _begin(times, limits.whole, now.timestamp(), on_their_way=_on_their_way(session, channel))
    return _moment(begin) if begin > now.timestamp() + MICROSECOND else None


def spent(session: Session, limits: Limits, channel: str, place: str, now: datetime) -> None:
    """One message to this chat is done, whatever came of it."""
    one_after_another(session, channel)
    known = _times(session, channel, [place, WHOLE])
    at = now.timestamp()
    _write(session, channel, limits, {scope: [*known.get(scope, []), at] for scope in (place, WHOLE)}, at)


def further(
    session: Session, limits: Limits, channel: str, place: str, now: datetime, *, done: int, together: int = 1
) -> datetime:
    """When a delivery's next messages may start, so many `together` in one call, now that `done` of its own are done. Asked for the chat first; when
    that time has come, for WHOLE.

    A rate that allows fewer than an album holds can't be kept within it, only after it.
    """
    one_after_another(session, channel)
    times = _times(session, channel, [place]).get(place, []) + [now.timestamp()] * done
    others = _on_their_way(session, channel) - 1 if place == WHOLE else 0
    rates = tuple(rate for rate in limits.of(place) if rate.most >= together)
    begin = _begin(times, rates, now.timestamp(), count=together, on_their_way=max(others, 0))
    _write(session, channel, limits, {place: times + [begin] * (together - 1)}, now.timestamp())
    return _moment(begin)


def hold(session: Session, channel: str, place: str, until: datetime) -> None:
    """Nothing more to this chat until then: the platform said so. Other chats go on."""
    row = {"channel": channel, "place": place, "times": [], "free_at": until}
    session.connection().execute(_holding(session.connection().dialect.name), row)


# Counting


def _begin(
    times: Sequence[float], rates: Sequence[Rate], now: float, *, count: int = 1, on_their_way: int = 0
) -> float:
    """From when so many fit, in seconds since 1970."""
    begin = now
    for rate in rates:
        room = rate.most - on_their_way - count
        if room < 0:
            begin = max(begin, now + SOON)
        elif len(times) > room:
            begin = max(begin, times[-room - 1] + rate.seconds * MARGIN)
    return begin


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# The tables


def one_after_another(session: Session, channel: str) -> None:
    """Holds back other transactions that ask for the same, until this one ends."""
    if session.connection().dialect.name == "postgresql":
        session.connection().execute(_LOCK, {"name": f"pace {channel}"})


def _times(session: Session, channel: str, places: Sequence[str]) -> dict[str, list[float]]:
    rows = session.connection().execute(_TIMES, {"channel": channel, "places": places})
    return {place: list(times) for place, times in rows}


def _on_their_way(session: Session, channel: str) -> int:
    return session.connection().execute(_ATTEMPTING, {"channel": channel}).scalar_one()


def _write(session: Session, channel: str, limits: Limits, done: dict[str, list[float]], now: float) -> None:
    rows = [
        {
            "channel": channel,
            "place": place,
            "times": sorted(times)[-max(rate.most for rate in rates) :],
            "free_at": _moment(_begin(sorted(times), rates, now)),
        }
        for place, times in done.items()
        if (rates := limits.of(place))
    ]
    if rows:
        session.connection().execute(writing(session.connection().dialect.name), rows)


def _chosen(session: Session, channel: str, now: datetime, most: int) -> Sequence[Row[Any]]:
    """The oldest due delivery of each chat that is free, at most so many."""
    firsts: dict[str, int] = {}
    after, look_at = (EARLIEST, 0), LOOK_AT
    while len(firsts) < most:
        values = {"channel": channel, "now": now, "after_due": after[0], "after_id": after[1], "look_at": look_at}
        rows = session.connection().execute(_WAITING, values).all()
        for row in rows:
            if len(firsts) < most:
                firsts.setdefault(row.recipient, row.id)
        if len(rows) < look_at:
            break
        after, look_at = (rows[-1].due_at, rows[-1].id), look_at * 4
    return _THESE.rows(session, ids=list(firsts.values())) if firsts else []


_DELIVERY, _PACE = cast("Table", Delivery.__table__), cast("Table", Pace.__table__)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_TIMES = select(_PACE.c.place, _PACE.c.times).where(
    _PACE.c.channel == bindparam("channel"), _PACE.c.place.in_(bindparam("places", expanding=True))
)
_SHUT = (_PACE.c.channel == bindparam("channel"), _PACE.c.place != WHOLE, _PACE.c.free_at > bindparam("now"))
_FIRST_FREE = select(func.min(_PACE.c.free_at)).where(*_SHUT)


def _is(*statuses: str) -> Any:
    """Written out, for partial indexes are found by their words."""
    return _DELIVERY.c.status.in_([literal(status, literal_execute=True) for status in statuses])


_IN_HAND = select(_DELIVERY.c.recipient).where(
    _is("claimed", "attempting"), _DELIVERY.c.channel == bindparam("channel")
)
_ATTEMPTING = select(func.count()).where(_is("attempting"), _DELIVERY.c.channel == bindparam("channel"))
_WAITING = (
    select(_DELIVERY.c.id, _DELIVERY.c.recipient, _DELIVERY.c.due_at)
    .where(
        _DELIVERY.c.status == literal("queued", literal_execute=True),
        _DELIVERY.c.channel == bindparam("channel"),
        _DELIVERY.c.due_at <= bindparam("now"),
        tuple_(_DELIVERY.c.due_at, _DELIVERY.c.id)
        > tuple_(bindparam("after_due", type_=_DELIVERY.c.due_at.type), bindparam("after_id", type_=Integer)),
        _DELIVERY.c.recipient.not_in(select(_PACE.c.place).where(*_SHUT)),
        _DELIVERY.c.recipient.not_in(_IN_HAND),
    )
    .order_by(_DELIVERY.c.due_at, _DELIVERY.c.id)
    .limit(bindparam("look_at", type_=Integer))
)
_THESE = Claimable(
    select(*CLAIMED)
    .where(_DELIVERY.c.id.in_(bindparam("ids", expanding=True)), _DELIVERY.c.status == "queued")
    .order_by(_DELIVERY.c.due_at, _DELIVERY.c.id)
)


@lru_cache
def writing(dialect: str) -> Any:
    """Inserts rows of `pace`, or changes what stands there."""
    build: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    made = build(_PACE)
    changes = {"times": made.excluded.times, "free_at": made.excluded.free_at}
    return made.on_conflict_do_update(index_elements=["channel", "place"], set_=changes)


@lru_cache
def _holding(dialect: str) -> Any:
    build: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    made = build(_PACE)
    later = case((made.excluded.free_at > _PACE.c.free_at, made.excluded.free_at), else_=_PACE.c.free_at)
    return made.on_conflict_do_update(index_elements=["channel", "place"], set_={"free_at": later})
