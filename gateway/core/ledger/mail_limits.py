"""How much mail may leave, in all and to one domain: what left is kept in the database, shared by all processes.

A mail may be attempted when those done within the window before, and those that are on their way in any process, are fewer than its limits allow. The
relay receives it between the two; so no window of its own ever holds more, whoever sends and however long anything takes.

- `take`, in the transaction that marks the attempts, says which may start. The others are put off without counting as tried, each to a time of its own: one
  behind the other at the pace of the limit, for each issue by itself. So a copy is claimed about twice, those for other domains flow on meanwhile, and a
  small issue does not wait behind a large one.
- `spent`, in the transaction that records what became of them, writes down that they are done. `in_doubt` does so for what a killed process left.
- `Turns` claims no more issue copies than the limit of all mail has room for.
- What somebody waits for (`soon`: an answer, a link to sign in) has a fiftieth of each limit to itself, one at least, and is put off only until there is room.

In `pace`, channel `mail`, a limit's row holds pairs of a moment and how many were done by then; a row named by a limit and an issue says up to when that issue's
copies have been given times. Without limits nothing of this runs. As with chats, it follows one transaction behind the other.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, func, literal, or_, select, text, update
from sqlalchemy.orm import Session

from gateway.core.ledger.outbox import Among, Claim
from gateway.core.ledger.pace import MARGIN, MICROSECOND, Rate, one_after_another, writing
from gateway.core.store.models import Delivery, Pace

CHANNEL = "mail"
WHOLE = "*"  # the limit of all mail
ISSUES = "newsletter"  # the channel of issue copies
_CHANNELS = ("email", ISSUES)
_SLACK = 1.02  # between the times that are given, so that what comes late finds room all the same
_GRAIN = 200  # what was done is counted by so many parts of the window
_GOLDEN = 0.618034  # its multiples are spread evenly
_KEPT_BACK = 50  # of so many, one for what somebody waits for
_LOOK_AGAIN = 60.0  # seconds at most until room is looked for again by what somebody waits for
_FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MailLimits:
    """So much mail to each domain, and under `WHOLE` in all. None: as much as there is."""

    rates: Mapping[str, Rate] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rates)

    def of(self, recipient: str) -> list[str]:
        """The limits that a mail to this address counts against."""
        domain = recipient.rpartition("@")[2].lower()
        return [place for place in (WHOLE, domain) if place in self.rates]


NO_LIMITS = MailLimits()


class Turns:
    """What `among` offers, for `outbox.claim`; of issue copies no more than may leave. `next_at`: when there may be more, if nothing new comes."""

    def __init__(self, among: Among, limits: MailLimits) -> None:
        self._among, self._limits = among, limits
        self.next_at: datetime | None = None

    def rows(self, session: Session, *, channel: str, now: datetime, most: int) -> Sequence[Sequence[Any]]:
        """At most `most`, as `among` orders them."""
        if channel == ISSUES and WHOLE in self._limits.rates:
            one_after_another(session, CHANNEL)
            state = _State(session, self._limits, [WHOLE], now, ("claimed", "attempting"))
            most = min(most, state.room(WHOLE))
            if most <= 0:
                self.next_at = state.first_room(WHOLE)
                return []
        found = self._among.rows(session, channel=channel, now=now, most=most)
        values = {"channel": channel, "now": now}
        self.next_at = None if len(found) == most else session.connection().execute(_NEXT_DUE, values).scalar()
        return found


def take(
    session: Session, limits: MailLimits, claims: Sequence[Claim], now: datetime, *, soon: bool = False
) -> Sequence[Claim]:
    """Those of the claims that may be attempted now, in this transaction; the others are put off."""
    places = {place for one in claims for place in limits.of(one.recipient)} if limits else set()
    if not places:
        return claims
    one_after_another(session, CHANNEL)
    state = _State(session, limits, places, now, ("attempting",))
    taken, put_off = list[Claim](), list[dict[str, Any]]()
    for one in claims:
        own = limits.of(one.recipient)
        full = [place for place in own if state.room(place, soon=soon) < 1]
        if not full:
            taken.append(one)
            state.on_their_way.update(own)
            continue
        times = [state.first_room(place, soon=soon) if soon else state.book(place, one) for place in full]
        reason = "Waits for its turn: mail is limited" + (f" to {full[-1]}." if full[-1] != WHOLE else ".")
        put_off.append({"row_id": one.id, "row_fence": one.fence, "until": max(times), "said": reason})
    if put_off:
        state.keep_times()
        _put_off(session, put_off)
    return taken


def _put_off(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """In one statement on PostgreSQL: several that are sent together could be left half done, for as long as this process is stopped, and the lock with them."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_PUT_OFF_TOGETHER, {name: [row[name] for row in rows] for name in rows[0]})
    else:
        connection.execute(_PUT_OFF, rows)


def spent(session: Session, limits: MailLimits, recipients: Iterable[str], now: datetime) -> None:
    """Mails to these addresses are done, whatever came of them. To be called last in its transaction, for it holds everybody else up until that ends."""
    done = Counter(place for recipient in recipients for place in limits.of(recipient)) if limits else None
    if not done:
        return
    one_after_another(session, CHANNEL)
    state = _State(session, limits, done, now, ())
    for place, count in done.items():
        state.count(place, count)
    session.connection().execute(_OVER, {"over": now - _FORGOTTEN})


def in_doubt(session: Session, limits: MailLimits, now: datetime) -> None:
    """What a killed process was handing over may have left, and counts as if it had. To be called before its rows are queued again."""
    if limits:
        spent(session, limits, session.connection().execute(_ABANDONED, {"now": now}).scalars(), now)


class _State:
    """What some limits came to at one moment, read behind the lock."""

    def __init__(
        self, session: Session, limits: MailLimits, places: Iterable[str], now: datetime, statuses: tuple[str, ...]
    ) -> None:
        self._session, self._limits, self._now = session, limits, now.timestamp()
        rows = session.connection().execute(_KNOWN, {"places": list(places), "now": now}).all()
        self._done = {row.place: self._within(row.place, row.times) for row in rows if row.place in limits.rates}
        self._given = {row.place: row.free_at.timestamp() for row in rows if row.place not in limits.rates}
        self._changed: set[str] = set()
        self.on_their_way: Counter[str] = Counter()
        if statuses:
            for recipient, count in session.connection().execute(_IN_HAND[statuses]):
                for place in limits.of(recipient):
                    self.on_their_way[place] += count

    def room(self, place: str, *, soon: bool = False) -> int:
        """How many more may start now."""
        done = sum(count for _, count in self._done.get(place, ()))
        return self._most(place, soon=soon) - done - self.on_their_way[place]

    def first_room(self, place: str, *, soon: bool = False) -> datetime:
        """From when one more fits, as far as what is done tells."""
        lacking, window = 1 - self.room(place, soon=soon), self._window(place)
        for moment, count in self._done.get(place, ()):
            lacking -= count
            if lacking <= 0:
                return _moment(moment + window)
        return _moment(
            self._now + (min(window, _LOOK_AGAIN) if soon else window)
        )  # those on their way are not even done

    def book(self, place: str, one: Claim) -> datetime:
        """The next time that was not given yet, to a copy of this issue or a mail of no issue."""
        own, apart = f"{place} {one.issue_id or 0}", self._limits.rates[place].seconds * _SLACK / self._most(place)
        at = max(self._given.get(own, 0.0), self.first_room(place).timestamp())
        self._given[own] = at + apart
        self._changed.add(own)
        is_shared = any(name != own and name.startswith(f"{place} ") for name in self._given)
        return _moment(at + (apart * (one.id * _GOLDEN % 1) if is_shared else 0))  # else one might always come first

    def keep_times(self) -> None:
        """Write down up to when times are given."""
        rows = [{"place": own, "times": [], "free_at": _moment(self._given[own])} for own in self._changed]
        self._write(rows)

    def count(self, place: str, count: int) -> None:
        """So many more are done."""
        grain = self._limits.rates[place].seconds / _GRAIN
        moment, done = ceil(self._now / grain) * grain, self._done.get(place, [])
        if done and done[-1][0] >= moment:
            done[-1] = (done[-1][0], done[-1][1] + count)
        else:
            done = [*done, (moment, count)]
        self._write(
            [
                {
                    "place": place,
                    "times": [number for pair in done for number in pair],
                    "free_at": _moment(done[-1][0] + self._window(place)),
                }
            ]
        )

    def _most(self, place: str, *, soon: bool = False) -> int:
        most = self._limits.rates[place].most
        return most if soon or most == 1 else most - max(1, most // _KEPT_BACK)

    def _window(self, place: str) -> float:
        return self._limits.rates[place].seconds * MARGIN

    def _within(self, place: str, times: Sequence[float]) -> list[tuple[float, int]]:
        """The pairs that are not older than the window."""
        pairs = zip(times[::2], times[1::2], strict=True)
        return [
            (moment, int(count)) for moment, count in pairs if moment + self._window(place) > self._now + MICROSECOND
        ]

    def _write(self, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        connection = self._session.connection()
        connection.execute(writing(connection.dialect.name), [{"channel": CHANNEL, **row} for row in rows])


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# The tables


_DELIVERY, _PACE = cast("Table", Delivery.__table__), cast("Table", Pace.__table__)
_KNOWN = select(_PACE.c.place, _PACE.c.times, _PACE.c.free_at).where(
    _PACE.c.channel == CHANNEL,
    or_(_PACE.c.place.in_(bindparam("places", expanding=True)), _PACE.c.free_at > bindparam("now")),
)
_OVER = delete(_PACE).where(_PACE.c.channel == CHANNEL, _PACE.c.free_at < bindparam("over"))


def _is(*statuses: str) -> Any:
    """Written out, for partial indexes are found by their words."""
    return _DELIVERY.c.status.in_([literal(status, literal_execute=True) for status in statuses])


_MAILS = _DELIVERY.c.channel.in_(_CHANNELS)
_IN_HAND: dict[tuple[str, ...], Any] = {
    statuses: select(_DELIVERY.c.recipient, func.count()).where(_is(*statuses), _MAILS).group_by(_DELIVERY.c.recipient)
    for statuses in (("attempting",), ("claimed", "attempting"))
}
_ABANDONED = select(_DELIVERY.c.recipient).where(_is("attempting"), _MAILS, _DELIVERY.c.lease_until <= bindparam("now"))
_NEXT_DUE = select(func.min(_DELIVERY.c.due_at)).where(
    _DELIVERY.c.status == literal("queued", literal_execute=True),
    _DELIVERY.c.channel == bindparam("channel"),
    _DELIVERY.c.due_at > bindparam("now"),
)
_PUT_OFF = (
    update(_DELIVERY)
    .where(
        _DELIVERY.c.id == bindparam("row_id"),
        _DELIVERY.c.fence == bindparam("row_fence"),
        _DELIVERY.c.status == "claimed",
    )
    .values(
        status="queued",
        due_at=bindparam("until", type_=_DELIVERY.c.due_at.type),
        lease_until=None,
        reason=bindparam("said"),
    )
)
_PUT_OFF_TOGETHER = text("""
UPDATE delivery SET status = 'queued', due_at = off.until, lease_until = NULL, reason = off.said
FROM unnest(CAST(:row_id AS bigint[]), CAST(:row_fence AS integer[]), CAST(:until AS timestamptz[]), CAST(:said AS text[]))
  AS off(row_id, row_fence, until, said)
WHERE delivery.id = off.row_id AND delivery.fence = off.row_fence AND delivery.status = 'claimed'
""")
