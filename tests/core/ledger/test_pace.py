"""How fast chats are written to: what the platform allows in any window, nearly all of it, and each chat in its order."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy.orm import Session

from gateway.core.ledger import outbox, pace, retries
from gateway.core.ledger.outbox import Claim, Intent, Result
from gateway.core.ledger.pace import LIMITS, WHOLE, Limits, Rate, Turns
from gateway.core.store.db import Database
from tests.conftest import Clock

TELEGRAM = LIMITS["telegram"]
T = TypeVar("T")
LEASE = timedelta(seconds=60)


class Claimer:
    """A process that works one channel, on connections of its own. `held` are claims that are not sent yet."""

    def __init__(self, url: str, clock: Clock, limits: Limits = TELEGRAM) -> None:
        self.database, self.clock, self.turns = Database(url), clock, Turns(limits)
        self.held: list[Claim] = []
        self.wait: datetime | None = None

    def run(self, unit: Callable[[Session], T]) -> T:
        return self.database.writer.run(unit)

    def claim(self) -> list[Claim]:
        return self.run(self._claim)

    def starts(self) -> list[Claim]:
        """What is on its way now: claims, and attempts as many as it may."""

        def unit(session: Session) -> list[Claim]:
            self.held += self._claim(session)
            started: list[Claim] = []
            self.wait = None
            while self.held and self.wait is None:
                self.wait = pace.admit(session, self.turns.limits, "telegram", self.clock())
                if self.wait is None:
                    started.append(self.held.pop(0))
                    assert outbox.attempt(session, started[-1:], self.clock())
            return started

        return self.run(unit)

    def ends(self, started: Sequence[Claim]) -> None:
        def unit(session: Session) -> None:
            outbox.record(session, [(held, Result("sent", remote_id="1")) for held in started], self.clock())
            for held in started:
                pace.spent(session, self.turns.limits, "telegram", held.recipient, self.clock())

        self.run(unit)

    def sends(self) -> list[Claim]:
        """Sends what may leave, and it takes no time."""
        sent: list[Claim] = []
        while started := self.starts():
            self.ends(started)
            sent += started
        return sent

    def moments(self) -> list[datetime]:
        """When it would look again."""
        return [moment for moment in (self.wait, self.turns.next_at) if moment is not None]

    def _claim(self, session: Session) -> list[Claim]:
        limit = 16 - len(self.held)
        return outbox.claim(session, "telegram", self.clock(), limit=limit, lease=LEASE, among=self.turns)

    def further(self, place: str, *, done: int = 1, together: int = 1) -> float:
        """How many seconds a further message waits."""
        at = self.run(
            lambda s: pace.further(s, TELEGRAM, "telegram", place, self.clock(), done=done, together=together)
        )
        return round((at - self.clock()).total_seconds(), 3)

    def hold(self, place: str, **time: float) -> None:
        self.run(lambda s: pace.hold(s, "telegram", place, self.clock() + timedelta(**time)))


@pytest.fixture
def claimers(database_url: str, clock: Clock) -> Iterator[tuple[Claimer, Claimer]]:
    both = Claimer(database_url, clock), Claimer(database_url, clock)
    yield both
    for one in both:
        one.database.close()


def queue(claimer: Claimer, places: Sequence[str]) -> None:
    """One delivery for each place, in this order."""
    now = claimer.clock()
    rows = [
        Intent("answer", "telegram", place, f"cause:{number}", due_at=now + timedelta(microseconds=number))
        for number, place in enumerate(places, -len(places))
    ]
    claimer.database.writer.run(lambda s: outbox.queue_many(s, rows, now))


def most_within(times: Sequence[datetime], seconds: float) -> int:
    """The most that any window [t, t + seconds) holds."""
    most, first = 0, 0
    for last, time in enumerate(times):
        while (time - times[first]).total_seconds() >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_ten_thousand_notices_use_what_the_platform_allows_and_never_more(
    claimers: tuple[Claimer, Claimer], clock: Clock
) -> None:
    groups, people = [f"-{n}" for n in range(4)], [str(n) for n in range(1, 241)]
    places = groups * 100 + people * 40  # what stands first in the queue is for chats that are busy, more and more
    random.Random(4).shuffle(places)
    queue(claimers[0], places)
    sent: list[tuple[datetime, Claim]] = []
    begun = clock()
    while clock() < begun + timedelta(seconds=80):
        for claimer in claimers if len(sent) % 2 else claimers[::-1]:
            sent += [(clock(), held) for held in claimer.sends()]
        clock.now = min(moment for claimer in claimers for moment in claimer.moments())
    times = [time for time, _ in sent]
    assert most_within(times, 1) == 30
    assert len(sent) / (30 * (clock() - begun).total_seconds()) >= 0.95
    by_place: dict[str, list[tuple[datetime, Claim]]] = defaultdict(list)
    for time, held in sent:
        by_place[held.recipient].append((time, held))
    for place, own in by_place.items():
        assert [held.id for _, held in own] == sorted(held.id for _, held in own), "out of order"
        assert most_within([time for time, _ in own], 1) == 1
        assert most_within([time for time, _ in own], 60) <= (20 if place in groups else 60)


def test_no_window_of_what_the_platform_receives_holds_more_however_long_each_takes(
    claimers: tuple[Claimer, Claimer], clock: Clock
) -> None:
    """What starts late is received late, and what follows a window later must not catch up with it."""
    queue(claimers[0], [str(n % 90) for n in range(400)])
    luck, received = random.Random(5), list[datetime]()
    under_way: list[tuple[datetime, int, Claim]] = []
    while len(received) < 400 or under_way:
        for number, claimer in enumerate(claimers):
            done = [one for one in under_way if one[0] <= clock() and one[1] == number]
            under_way = [one for one in under_way if one not in done]
            if done:
                claimer.ends([held for _, _, held in done])
            for held in claimer.starts():
                took = luck.choice([0.02, 0.05, 0.3, 0.9])
                received.append(clock() + timedelta(seconds=took * luck.random()))
                under_way.append((clock() + timedelta(seconds=took), number, held))
        moments = [one[0] for one in under_way] + [one for claimer in claimers for one in claimer.moments()]
        clock.now = min((moment for moment in moments if moment > clock()), default=clock())
    assert 25 <= most_within(sorted(received), 1) <= 30


@pytest.mark.parametrize(("place", "count", "least"), [("7", 40, 39), ("-7", 60, 120 + 19)])
def test_one_chat_alone_gets_nearly_all_that_it_may(
    claimers: tuple[Claimer, Claimer], clock: Clock, place: str, count: int, least: int
) -> None:
    queue(claimers[0], [place] * count)
    begun, times = clock(), list[datetime]()
    while len(times) < count:
        one, other = claimers if len(times) % 2 else claimers[::-1]
        times += [clock() for _ in one.sends()]
        assert other.sends() == []
        if len(times) < count:
            clock.now = min(other.moments())
    assert most_within(times, 1) == 1
    assert most_within(times, 60) <= (20 if place < "0" else 60)
    assert least <= (times[-1] - begun).total_seconds() <= least / 0.95


def test_processes_that_work_at_the_same_moment_share_what_the_platform_allows(
    claimers: tuple[Claimer, Claimer],
) -> None:
    queue(claimers[0], [str(n) for n in range(50)] * 2)
    with ThreadPoolExecutor() as threads:
        rounds = [threads.submit(claimer.sends) for claimer in claimers]
        places = [held.recipient for sent in rounds for held in sent.result()]
    assert len(places) == len(set(places)) == 30


def test_a_chat_has_one_delivery_in_hand_at_a_time_whichever_process_has_it(
    claimers: tuple[Claimer, Claimer], clock: Clock
) -> None:
    one, other = claimers
    queue(one, ["7", "7", "8"])
    first, elsewhere = one.claim()
    clock.forward(seconds=5)
    assert (first.recipient, elsewhere.recipient, other.claim()) == ("7", "8", [])
    one.ends([first])
    clock.forward(seconds=2)
    [second] = other.claim()
    assert second.id == first.id + 1


def test_a_429_shuts_one_chat_and_what_was_refused_keeps_its_turn(
    claimers: tuple[Claimer, Claimer], clock: Clock
) -> None:
    one, other = claimers
    queue(one, ["7", "7", "8"])
    [refused, _] = one.claim()
    until = clock() + timedelta(seconds=30)
    shut = retries.timed(refused, Result("deferred", "Too Many Requests", shut_until=until), clock())
    one.run(lambda s: outbox.record(s, [(refused, shut)], clock()))
    one.hold("7", seconds=30)
    one.hold("7", seconds=3)  # does not open it sooner
    clock.forward(seconds=29)
    assert other.claim() == []
    assert other.turns.next_at == until
    clock.forward(seconds=1)
    [again] = other.claim()
    assert (again.id, again.fence) == (refused.id, refused.fence + 1)


def test_further_messages_of_a_delivery_wait_and_are_counted(claimers: tuple[Claimer, Claimer], clock: Clock) -> None:
    one, other = claimers
    queue(one, ["7", "8"])
    [first, _] = one.starts()
    assert (first.recipient, one.further("7")) == ("7", 1.01)
    clock.forward(seconds=1.01)
    assert one.further(WHOLE, done=28) == 0.0  # 28, one that is on its way, and this one
    assert one.further(WHOLE, done=1) == 1.01
    queue(other, ["9"])
    assert other.starts() == []
    assert other.wait == clock() + timedelta(seconds=1.01)


def test_an_album_waits_for_its_room_in_a_group_and_not_for_one_a_second(
    claimers: tuple[Claimer, Claimer], clock: Clock
) -> None:
    one, _ = claimers
    assert one.further("7", done=0, together=10) == 0.0
    assert one.further("-7", done=0, together=10) == 0.0
    assert one.further("-7", done=1, together=10) == 0.0
    clock.forward(seconds=10)
    assert one.further("-7", done=1, together=3) == round(60.6 - 10, 3)


def test_a_channel_without_rates_of_its_own_keeps_order_and_waits_for_nothing(database_url: str, clock: Clock) -> None:
    claimer = Claimer(database_url, clock, Limits())
    queue(claimer, ["7", "7", "8"])
    assert [held.recipient for held in claimer.sends()] == ["7", "8", "7"]
    claimer.database.close()


def test_rates_differ_between_chats_groups_and_public_names() -> None:
    assert TELEGRAM.of("7") == (Rate(1, 1),)
    assert TELEGRAM.of("-7") == TELEGRAM.of("@news") == (Rate(1, 1), Rate(20, 60))
    assert TELEGRAM.of(WHOLE) == (Rate(30, 1),)
