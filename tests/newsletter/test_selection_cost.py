"""What the clock asks at every tick costs by blogs and posts, and not by readers."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from gateway.core.audience import cadences
from gateway.core.audience.withdrawing import NOTHING
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.store.models import Blog, Delivery, Issue, IssuePost, Subscriber
from gateway.newsletter import selection
from tests.counting import steps
from tests.newsletter.conftest import Press

HOUR = timedelta(hours=1)


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


def test_old_posts_cost_the_same_however_many_readers_came_after_them(press: Press) -> None:
    for n in range(5):
        press.clock.forward(minutes=10)
        press.publish(f"Post {n}")
    now = press.clock.forward(hours=1)
    blog = press.cast.blog
    asked: dict[str, Callable[[Session], Any]] = {
        "posts alone": lambda s: selection.posts_alone(s, now, limit=50),
        "posts of a week": lambda s: selection.posts_for(s, s.get_one(Blog, blog), "weekly", now),
        "readers since": lambda s: selection.readers_since(s, blog, "each"),
        "what is scheduled": selection.cadences_with_readers,
    }
    costs: list[dict[str, int]] = []
    known = 0
    for readers in (500, 4000):
        rows = [reader(blog, n, now) for n in range(known, readers)]
        press.run(partial(add, rows))
        known = readers
        with press.house.database.read() as session:
            assert selection.posts_alone(session, now, limit=50) == []
            costs.append({name: steps(session, partial(one, session)) for name, one in asked.items()})
    few, many = costs
    assert {name: many[name] for name in many if many[name] > few[name] * 1.2} == {}


def test_who_changes_costs_the_same_however_many_do_not(press: Press) -> None:
    press.reader(next_cadence="each", next_since=press.clock.now)
    press.clock.forward(minutes=10)
    press.publish("What waits for them")
    now = press.clock.forward(hours=1)
    costs: list[int] = []
    for readers in (range(500), range(500, 4000)):
        press.run(partial(add, [reader(press.cast.blog, n, now) for n in readers]))
        costs.append(press.run(lambda s: steps(s, partial(cadences.take_up, s, now))))
    assert costs[1] <= costs[0] * 1.2
    assert press.run(cadences.anybody_waits)


def issue_without_words(press: Press, readers: int) -> int:
    """An issue that one of its two posts was deleted from, with copies for so many readers."""
    now = press.clock.now
    posts = [press.publish(f"Post {n}") for n in range(2)]
    press.run(partial(add, [reader(press.cast.blog, n, now) | {"cadence": "weekly"} for n in range(readers)]))

    def unit(session: Session) -> int:
        values = {"blog_id": press.cast.blog, "cadence": "weekly", "period": "2026-W49", "status": "scheduled"}
        issue = Issue(**values, segments=NOTHING, created_at=now + HOUR, send_at=now + HOUR)
        session.add(issue)
        session.flush()
        for place, post_id in enumerate(posts):
            row = {"issue_id": issue.id, "post_id": post_id, "cadence": "weekly", "position": place}
            session.add(IssuePost(**row, left_out=place == 0))
        session.flush()
        copies = Intent("issue", "newsletter", "", f"issue:{issue.id}", issue_id=issue.id)
        everybody = select(
            Subscriber.address.label("recipient"), Subscriber.id.label("subscriber_id"), Subscriber.address_hash
        ).where(Subscriber.blog_id == press.cast.blog)
        outbox.queue_selected(session, copies, everybody, now)
        return issue.id

    number: int = press.run(unit)
    return number


def test_whose_copies_are_for_nobody_is_asked_of_each_copy_once(press: Press) -> None:
    issue_id = issue_without_words(press, 4000)
    with press.house.database.read() as session:
        issue = session.get_one(Issue, issue_id)
        costs = []
        for most in (500, 4000):
            asked = select(Delivery.id).join(Subscriber, Subscriber.id == Delivery.subscriber_id)
            asked = asked.where(
                Delivery.issue_id == issue_id, Delivery.id <= most, selection.would_not_get(session, issue)
            )
            costs.append(steps(session, partial(session.scalars, asked)))
    assert costs[1] <= costs[0] * 8 * 1.2


def add(rows: list[dict[str, Any]], session: Session) -> None:
    session.execute(insert(Subscriber), rows)


def reader(blog_id: int, number: int, now: Any) -> dict[str, Any]:
    """Of every post or weekly, one who stayed with what they chose or one who changed to it."""
    return {
        "blog_id": blog_id,
        "address": f"r{number}@example.net",
        "status": "active",
        "cadence": ("each", "weekly")[number // 2 % 2],
        "asked_at": now,
        "confirmed_at": now,
        "cadence_since": (None, now)[number % 2],
    }
