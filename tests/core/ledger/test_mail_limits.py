"""How much mail leaves: never more than the limits in any window whoever sends, nearly all of that, other domains meanwhile, and nothing lost."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.ledger import amending, mail_limits, outbox
from gateway.core.ledger.issue_turns import IssueTurns
from gateway.core.ledger.mail_limits import MailLimits, Turns
from gateway.core.ledger.outbox import Claim, Intent, Result
from gateway.core.ledger.pace import Rate
from gateway.core.people import accounts
from gateway.core.store.db import Database
from gateway.core.store.models import Blog, Delivery, Issue, Pace
from gateway.core.writing import blogs
from tests.conftest import Clock
from tests.core.ledger.test_pace import most_within
from tests.counting import steps

T = TypeVar("T")
LEASE = timedelta(seconds=60)
GMAIL = MailLimits({"gmail.example": Rate(60, 60)})


class Sender:
    """A process that sends issue copies, on connections of its own. What it starts is done when it says so."""

    def __init__(self, url: str, clock: Clock, limits: MailLimits) -> None:
        self.database, self.clock, self.limits = Database(url), clock, limits
        self.turns = Turns(IssueTurns(), limits)

    def run(self, unit: Callable[[Session], T]) -> T:
        return self.database.writer.run(unit)

    def starts(self, most: int = 200) -> list[Claim]:
        """Claims, and marks as attempted what may leave."""

        def claim(session: Session) -> list[Claim]:
            return outbox.claim(session, "newsletter", self.clock(), limit=most, lease=LEASE, among=self.turns)

        def attempt(session: Session) -> list[Claim]:
            allowed = outbox.attempt(
                session, mail_limits.take(session, self.limits, claims, self.clock()), self.clock()
            )
            return [held for held in claims if held.id in allowed]

        started: list[Claim] = []
        while claims := self.run(claim):
            started += self.run(attempt)
        return started

    def ends(self, started: Sequence[Claim]) -> None:
        def unit(session: Session) -> None:
            outbox.record(session, [(held, Result("sent", remote_id="1")) for held in started], self.clock())
            mail_limits.spent(session, self.limits, [held.recipient for held in started], self.clock())

        self.run(unit)


Senders = Callable[[MailLimits], list[Sender]]


@pytest.fixture
def senders(database_url: str, clock: Clock) -> Iterator[Senders]:
    """Two processes under these limits."""
    opened: list[Sender] = []

    def make(limits: MailLimits) -> list[Sender]:
        opened.extend(Sender(database_url, clock, limits) for _ in range(2))
        return opened

    yield make
    for one in opened:
        one.database.close()


def issue(sender: Sender, **readers: int) -> int:
    """An issue that is being sent, to so many readers in each domain (`.example`), mixed; its id."""

    def unit(session: Session) -> int:
        now = sender.clock()
        blog = session.scalars(select(Blog)).first()
        if blog is None:
            alice = accounts.join(session, handle="alice", address="alice@example.com", now=now)
            blog = blogs.create(session, alice, now)
        period = str(session.scalar(select(func.count()).select_from(Issue)))
        made = Issue(blog_id=blog.id, cadence="each", period=period, status="sending", created_at=now, send_at=now)
        session.add(made)
        session.flush()
        places = [(n / count, f"reader{n}@{domain}.example") for domain, count in readers.items() for n in range(count)]
        intents = [
            Intent("issue", "newsletter", place, f"issue:{made.id}", issue_id=made.id) for _, place in sorted(places)
        ]
        outbox.queue_many(session, intents, now)
        return made.id

    return sender.run(unit)


def to(domain: str, sent: Sequence[tuple[datetime, Claim]]) -> list[datetime]:
    return [time for time, held in sent if held.recipient.endswith(f"@{domain}.example")]


def run(senders: list[Sender], clock: Clock, *, count: int) -> list[tuple[datetime, Claim]]:
    """All that is sent until so many have left, and it takes no time: each process looks when it says that there may be more."""
    sent: list[tuple[datetime, Claim]] = []
    while len(sent) < count:
        for sender in senders if len(sent) % 2 else senders[::-1]:
            started = sender.starts()
            sender.ends(started)
            sent += [(clock(), held) for held in started]
        moments = [sender.turns.next_at for sender in senders if sender.turns.next_at is not None]
        if len(sent) < count:
            assert moments, "nobody looks again"
            clock.now = min(moments)
    return sent


def test_a_limited_domain_is_sent_to_at_its_limit_while_others_flow_and_each_copy_is_claimed_about_twice(
    senders: Senders, clock: Clock
) -> None:
    both, begun = senders(GMAIL), clock()
    issue(both[0], gmail=130, other=100)
    sent = run(both, clock, count=230)
    limited = to("gmail", sent)
    assert to("other", sent) == [begun] * 100
    assert most_within(limited, 60) <= 60
    assert len(limited) / ((limited[-1] - begun).total_seconds() + 1) >= 0.95
    with both[0].database.read() as session:
        rows = session.scalars(select(Delivery)).all()
    assert {(row.status, row.attempts, row.doubtful) for row in rows} == {("sent", 1, 0)}
    assert sum(row.fence for row in rows if "gmail" in row.recipient) <= 2.2 * 130


@pytest.mark.parametrize("rate", [Rate(14, 1), Rate(100, 60), Rate(3, 60)], ids=str)
def test_the_limit_of_all_mail_is_used_and_kept_and_nothing_is_claimed_in_vain(
    senders: Senders, clock: Clock, rate: Rate
) -> None:
    both, begun = senders(MailLimits({"*": rate})), clock()
    issue(both[0], gmail=rate.most * 5, other=rate.most * 5)
    sent = run(both, clock, count=rate.most * 10)
    times = [time for time, _ in sent]
    assert most_within(times, rate.seconds) <= rate.most
    before_the_last = sum(1 for time in times if time < times[-1])
    theirs = rate.most - max(1, rate.most // 50)  # the rest is for what somebody waits for
    assert before_the_last / (theirs * (times[-1] - begun).total_seconds() / rate.seconds) >= 0.95
    with both[0].database.read() as session:
        assert set(session.scalars(select(Delivery.fence))) == {1}


def test_processes_that_work_at_the_same_moment_share_a_limit(senders: Senders) -> None:
    both = senders(GMAIL)
    issue(both[0], gmail=150)
    with ThreadPoolExecutor() as threads:
        rounds = [threads.submit(sender.starts) for sender in both]
        assert len({held.id for started in rounds for held in started.result()}) == 59


def test_no_window_of_what_the_relay_receives_holds_more_however_long_it_thinks(senders: Senders, clock: Clock) -> None:
    both = senders(MailLimits({"gmail.example": Rate(10, 1), "*": Rate(15, 1)}))
    issue(both[0], gmail=60, other=60)
    received, under_way = list[tuple[datetime, Claim]](), list[tuple[datetime, Sender, list[Claim]]]()
    lasting = [0.02, 0.3, 0.9]
    while len(received) < 120 or under_way:
        for number, sender in enumerate(both):
            for one in [one for one in under_way if one[0] <= clock() and one[1] is sender]:
                sender.ends(one[2])
                under_way.remove(one)
            if started := sender.starts():
                took = timedelta(seconds=lasting[(len(received) + number) % 3])
                received += [(clock() + took * (n / len(started)), held) for n, held in enumerate(started)]
                under_way.append((clock() + took, sender, started))
        moments = [one[0] for one in under_way] + [one.turns.next_at for one in both if one.turns.next_at]
        if len(received) < 120 or under_way:
            clock.now = min(moment for moment in moments if moment > clock())
    received.sort(key=lambda one: one[0])
    assert most_within([time for time, _ in received], 1) <= 15
    assert most_within(to("gmail", received), 1) <= 10


def test_two_large_issues_share_a_domain_and_use_all_of_its_limit(senders: Senders, clock: Clock) -> None:
    both, begun = senders(GMAIL), clock()
    ids = [issue(both[0], gmail=90), issue(both[0], gmail=90)]
    sent = run(both, clock, count=120)
    shares = [sum(held.issue_id == one for _, held in sent) for one in ids]
    assert min(shares) >= 120 / 4
    sent += run(both, clock, count=60)
    times = [time for time, _ in sent]
    assert most_within(times, 60) <= 60
    assert len(times) / (60 * ((times[-1] - begun) / timedelta(minutes=1))) >= 0.95
    assert sum(held.fence for _, held in sent) <= 3.2 * 180


def test_a_small_issue_does_not_wait_behind_a_large_one(senders: Senders, clock: Clock) -> None:
    both = senders(GMAIL)
    issue(both[0], gmail=300)
    run(both, clock, count=100)
    begun, small = clock(), issue(both[0], gmail=10)
    while left := [row for row in _waiting(both[0]) if row.issue_id == small]:
        run(both, clock, count=1)
        assert clock() - begun < timedelta(minutes=5), f"{len(left)} wait"


@pytest.mark.parametrize(("place", "rate"), [("gmail.example", Rate(60, 60)), ("*", Rate(14, 1)), ("*", Rate(20, 60))])
def test_what_somebody_waits_for_has_room_beside_a_newsletter(
    senders: Senders, clock: Clock, place: str, rate: Rate
) -> None:
    limits = MailLimits({place: rate})
    both = senders(limits)
    one = both[0]
    issue(one, gmail=200)
    run(both, clock, count=rate.most - 1)
    for name in ("bob", "eve"):
        link = Intent("sign_in", "email", f"{name}@gmail.example", f"link:{name}")
        one.run(partial(outbox.queue, intent=link, now=clock()))

    def links() -> list[Claim]:
        claims = one.run(lambda s: outbox.claim(s, "email", clock(), limit=8, lease=LEASE))

        def attempt(session: Session) -> set[int]:
            return outbox.attempt(session, mail_limits.take(session, limits, claims, clock(), soon=True), clock())

        started = one.run(attempt)
        return [held for held in claims if held.id in started]

    [first] = links()
    one.ends([first])
    [left] = [row for row in _waiting(one) if row.channel == "email"]
    assert clock() < left.due_at <= clock() + timedelta(seconds=rate.seconds * 1.1)
    assert left.reason == f"Waits for its turn: mail is limited{'' if place == '*' else ' to gmail.example'}."
    clock.now = left.due_at
    one.ends(one.starts())  # the newsletter comes first
    assert len(links()) == 1


def test_what_a_killed_process_was_handing_over_counts_as_if_it_had_left(senders: Senders, clock: Clock) -> None:
    hourly = MailLimits({"gmail.example": Rate(40, 3600)})
    killed, other = senders(hourly)
    issue(killed, gmail=100)
    killed.starts(30)
    clock.forward(seconds=61)

    def mend(session: Session) -> int:
        mail_limits.in_doubt(session, hourly, clock())
        return amending.expire(session, clock(), on_ambiguous="hold")

    doubtful = other.run(mend)
    assert doubtful + len(other.starts()) <= 40
    assert doubtful >= 30


def test_a_look_costs_as_much_beside_any_number_that_was_put_off(
    new_database: Callable[[str], str], clock: Clock
) -> None:
    one = Sender(new_database("sqlite"), clock, GMAIL)
    costs = []
    for count in (100, 2000):
        issue(one, gmail=count)
        one.ends(one.starts(500))
        costs.append(one.run(lambda session: nothing_due(session, one)))
    one.database.close()
    assert costs[1] <= costs[0] * 2  # one issue more is looked at


def nothing_due(session: Session, sender: Sender) -> int:
    """How many steps it takes to find nothing that is due, and when there will be something."""

    def ask() -> None:
        assert sender.turns.rows(session, channel="newsletter", now=sender.clock(), most=100) == []

    counted = steps(session, ask)
    assert sender.turns.next_at is not None
    return counted


def test_without_a_limit_for_it_mail_is_taken_as_it_is_and_nothing_is_kept(senders: Senders, clock: Clock) -> None:
    one, _ = senders(GMAIL)
    issue(one, other=30)
    started = one.starts()
    one.ends(started)
    assert len(started) == 30
    with one.database.read() as session:
        assert session.scalars(select(Pace)).all() == []
    assert GMAIL.of("Bob@GMAIL.example") == ["gmail.example"]
    assert not MailLimits()


def _waiting(sender: Sender) -> list[Delivery]:
    with sender.database.read() as session:
        return list(session.scalars(select(Delivery).where(Delivery.status == "queued")))
