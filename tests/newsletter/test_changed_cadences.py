"""A reader changes how often they are mailed: no post is lost by it, and none comes alone that they had."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gateway.core.audience import cadences, subscribers, wishes
from gateway.core.desk import acts
from gateway.core.errors import Conflict
from gateway.core.house import House
from gateway.core.store.db import Database
from gateway.core.store.models import Blog, Category, Issue, Member, Post, Subscriber, SubscriberCategory
from gateway.newsletter import drafts, issues, schedule, selection
from tests.newsletter.conftest import Press, at, freeze

CADENCES = ("each", "weekly", "monthly")
MONDAY, FIRST = at("2026-11-30 09:00"), at("2026-12-01 09:00")
EVE = "eve@example.net"


@pytest.fixture
def weekly(press: Press) -> Press:
    """eve reads alice's blog once a week, and others in every way; a post came on Wednesday, an hour after all had confirmed."""
    press.quiet().reader(EVE)
    for cadence in CADENCES:
        press.reader(f"{cadence}@example.net", cadence)
    press.clock.forward(hours=1)
    press.publish("Of Wednesday")
    press.tick()
    press.clock.forward(hours=1)
    return press


def change(press: Press, cadence: str, number: int = 1) -> Subscriber:
    token = subscribers.unsubscribe_token(press.house.community, number)
    row: Subscriber = press.run(
        lambda s: subscribers.change(s, press.house.community, token, cadence, (), press.clock.now)
    )
    return row


def choices(press: Press, number: int = 1) -> tuple[str, str | None]:
    with press.house.database.read() as session:
        row = session.get_one(Subscriber, number)
        return row.cadence, row.next_cadence


def had(press: Press, address: str = EVE) -> list[tuple[str, tuple[int, ...]]]:
    """Cadence and posts of the issues of which they have a copy, in their order."""
    issues = {issue.id: (issue.cadence, tuple(press.posts_of(issue))) for issue in press.issues()}
    return [issues[copy.issue_id] for copy in press.queued() if copy.recipient == address and copy.issue_id is not None]


@pytest.mark.parametrize("wanted", ["each", "monthly"])
def test_what_waits_for_the_weekly_issue_comes_with_it_and_then_as_they_changed(weekly: Press, wanted: str) -> None:
    change(weekly, wanted)
    assert choices(weekly) == ("weekly", wanted)
    weekly.clock.now = MONDAY
    weekly.tick()
    assert (had(weekly), choices(weekly)) == ([("weekly", (1,))], (wanted, None))
    weekly.clock.forward(hours=1)
    weekly.publish("Of Monday")
    weekly.tick()
    for moment in (FIRST, MONDAY + timedelta(days=7)):
        weekly.clock.now = moment
        weekly.tick()
    assert had(weekly)[1:] == ([("each", (2,))] if wanted == "each" else [("monthly", (1, 2))])


def test_what_waits_for_the_monthly_issue_comes_with_it_though_weekly_ones_have_had_it(weekly: Press) -> None:
    assert change(weekly, "weekly", 4).wanted_cadence == "weekly"
    for moment in (MONDAY, FIRST, MONDAY + timedelta(days=7)):
        weekly.clock.now = moment
        weekly.tick()
    assert had(weekly, "monthly@example.net") == [("monthly", (1,))]
    assert choices(weekly, 4) == ("weekly", None)


@pytest.mark.parametrize("others", ["each", "monthly"])
def test_a_change_that_is_taken_back_has_changed_nothing(weekly: Press, others: str) -> None:
    for cadence in (others, "weekly"):
        change(weekly, cadence)
        weekly.clock.forward(minutes=1)
    weekly.clock.now = MONDAY
    weekly.tick()
    assert (had(weekly), choices(weekly)) == ([("weekly", (1,))], ("weekly", None))


def test_who_had_every_post_has_another_cadence_at_once(weekly: Press) -> None:
    assert change(weekly, "monthly", 2).cadence == "monthly"
    for moment in (MONDAY, FIRST):
        weekly.clock.now = moment
        weekly.tick()
    assert had(weekly, "each@example.net") == [("each", (1,))]


def test_a_post_that_is_told_of_but_not_cut_yet_comes_alone_before_the_change_holds(weekly: Press) -> None:
    weekly.publish("Just now")
    change(weekly, "monthly", 2)
    assert choices(weekly, 2) == ("each", "monthly")
    for _ in range(2):
        weekly.tick()
    assert (had(weekly, "each@example.net")[1:], choices(weekly, 2)) == ([("each", (2,))], ("monthly", None))


def test_while_copies_are_being_queued_a_change_waits_for_them(weekly: Press) -> None:
    weekly.clock.now = MONDAY
    weekly.tick()
    weekly.change(Issue, next(one.id for one in weekly.issues() if one.cadence == "weekly"), status="cutting")
    change(weekly, "each")
    assert choices(weekly) == ("weekly", "each")
    for _ in range(2):
        weekly.tick()
    assert choices(weekly) == ("each", None)


def deleted(press: Press) -> None:
    press.run(lambda s: acts.delete(s, s.get_one(Post, 1), s.get_one(Member, press.cast.alice), press.clock.now))


def left_out(press: Press) -> None:
    with press.house.database.read() as session:
        reference = session.get_one(Post, 1).short_reference
    press.run(lambda s: drafts.leave_out(s, s.get_one(Blog, press.cast.blog), "weekly", [reference], press.clock.now))


def switched_off(press: Press) -> None:
    press.change(Blog, press.cast.blog, newsletter="off")


def not_for_them(press: Press) -> None:
    press.run(lambda s: s.add(SubscriberCategory(subscriber_id=1, name="rivers")))


@pytest.mark.parametrize("happens", [deleted, left_out, switched_off, not_for_them])
def test_a_post_that_will_not_come_is_not_waited_for(weekly: Press, happens: Callable[[Press], None]) -> None:
    change(weekly, "each")
    weekly.tick()
    assert choices(weekly) == ("weekly", "each")
    happens(weekly)
    weekly.tick()
    assert (choices(weekly), had(weekly)) == (("each", None), [])


def test_what_an_owner_arranges_in_the_waiting_issue_waits_still(weekly: Press) -> None:
    with weekly.house.database.read() as session:
        reference = session.get_one(Post, 1).short_reference
    weekly.run(lambda s: drafts.arrange(s, s.get_one(Blog, weekly.cast.blog), "weekly", [reference], weekly.clock.now))
    change(weekly, "each")
    assert choices(weekly) == ("weekly", "each")


def test_an_imported_reader_is_owed_nothing_from_before(weekly: Press) -> None:
    weekly.reader("new@example.net", cadence_since=weekly.clock.now)
    assert change(weekly, "each", 5).cadence == "each"


def choose(press: Press, number: int, *names: str) -> None:
    press.run(lambda s: wishes.choose(s, number, names))


def test_what_another_reader_chose_says_nothing_of_what_waits_for_this_one(weekly: Press) -> None:
    choose(weekly, 4, "rivers")
    change(weekly, "each")
    assert choices(weekly) == ("weekly", "each")
    weekly.clock.now = MONDAY
    for _ in range(2):
        weekly.tick()
    assert (had(weekly), choices(weekly)) == ([("weekly", (1,))], ("each", None))


def test_a_post_about_what_only_another_reader_chose_is_not_waited_for(weekly: Press) -> None:
    choose(weekly, 1, "birds")
    choose(weekly, 4, "rivers")
    weekly.run(partial(about_rivers, 1))
    weekly.run(lambda s: cadences.want(s, s.get_one(Subscriber, 1), "each", weekly.clock.now))
    assert choices(weekly) == ("each", None)


def test_who_changes_waits_for_no_second_issue_of_a_blog_that_writes_more_than_one_holds(
    weekly: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MOST_POSTS", 3)
    posts = [1, *(weekly.publish(f"Post {n}") for n in range(4))]
    weekly.tick()
    change(weekly, "monthly")
    weekly.clock.now = MONDAY - timedelta(hours=1)
    weekly.tick()
    assert choices(weekly) == ("weekly", "monthly")
    weekly.clock.now = MONDAY
    weekly.tick()
    assert (had(weekly), choices(weekly)) == ([("weekly", tuple(posts))], ("monthly", None))
    weekly.clock.now = FIRST
    weekly.tick()
    assert had(weekly)[1:] == []
    assert had(weekly, "monthly@example.net") == [("monthly", tuple(posts[:3]))]


def test_who_changes_at_a_blog_that_writes_more_than_anybody_is_mailed_waits_as_long_as_posts_do(
    weekly: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    for most in ("MOST_POSTS", "MOST_FOR_LEAVERS"):
        monkeypatch.setattr(selection, most, 2)
    asked = weekly.clock.now
    change(weekly, "monthly")
    held: list[bool] = []
    while weekly.clock.now < asked + cadences.REACH["weekly"]:
        held.append(choices(weekly) == ("weekly", "monthly"))
        weekly.publish(f"At {weekly.clock.now}")
        weekly.clock.forward(hours=6)
        change(weekly, "monthly")  # who asks again waits no longer
        weekly.tick()
    assert (all(held), choices(weekly)) == (True, ("monthly", None))


on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # on SQLite one writes at a time


@pytest.fixture
def elsewhere(press: Press, database_url: str) -> Iterator[House]:
    """Another process of the same house."""
    other = Database(database_url)
    yield replace(press.house, database=other)
    other.close()


def once(monkeypatch: pytest.MonkeyPatch, room: Any, name: str, act: Callable[[], object]) -> None:
    """Has something happen just before a function is called for the first time."""
    function, acted = getattr(room, name), list[bool]()

    def with_act(*given: Any) -> Any:
        if not acted:
            acted.append(True)
            act()
        return function(*given)

    monkeypatch.setattr(room, name, with_act)


def waits_or_is_done(press: Press, other: Future[Any]) -> bool:
    """Whether what another process does is over, or is held up by a lock."""
    held_up = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with press.house.database.read() as session:
        return other.done() or bool(session.scalar(held_up))


@on_postgresql
@pytest.mark.parametrize("asked_first", ["_waiting", "_waits_for_them"])
def test_an_issue_that_another_process_makes_meanwhile_reaches_who_changes(
    weekly: Press, elsewhere: House, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., None], asked_first: str
) -> None:
    weekly.clock.now = MONDAY
    with monkeypatch.context() as patched, ThreadPoolExecutor() as pool:
        patched.setattr(issues, "queue_copies", lambda *_: None)  # made, and its copies not queued yet
        cutting: list[Future[Any]] = []

        def elsewhere_cut() -> None:
            cutting.append(pool.submit(issues.cut, elsewhere, weekly.cast.blog, "weekly", "2026-W49", freeze))
            eventually(partial(waits_or_is_done, weekly, cutting[0]))

        once(patched, cadences, asked_first, elsewhere_cut)
        change(weekly, "monthly")
        assert cutting[0].result() is not None
    assert choices(weekly) == ("weekly", "monthly")
    for _ in range(2):
        weekly.tick()
    assert (had(weekly), choices(weekly)) == ([("weekly", (1,))], ("monthly", None))


@on_postgresql
def test_a_change_is_taken_back_though_the_clock_has_just_taken_it_up(
    weekly: Press, elsewhere: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(weekly, "monthly")
    weekly.clock.now = MONDAY
    once(monkeypatch, wishes, "known_categories", lambda: schedule.tick(elsewhere, freeze=freeze))
    change(weekly, "weekly")
    assert choices(weekly) == ("weekly", None)


@on_postgresql
def test_who_leaves_while_they_change_has_left(
    weekly: Press, elsewhere: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = subscribers.unsubscribe_token(elsewhere.community, 1)

    def leave() -> None:
        elsewhere.database.writer.run(
            lambda s: subscribers.unsubscribe(s, elsewhere.community, token, weekly.clock.now)
        )

    once(monkeypatch, wishes, "known_categories", leave)
    with pytest.raises(Conflict):
        change(weekly, "each")
    assert choices(weekly) == ("weekly", None)


def about_rivers(post_id: int, session: Session) -> None:
    session.add(Category(post_id=post_id, name="rivers"))


@pytest.mark.parametrize("seed", range(9))
def test_whatever_is_changed_every_post_comes_and_no_issue_without_a_new_one(
    press: Press, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random posts, changes and absences over some months."""
    monkeypatch.setattr(schedule, "_look_after", lambda *_: None)  # nothing is handed over here
    chance = random.Random(seed)
    press.quiet()
    for cadence in CADENCES:
        press.reader(f"{cadence}@example.net", cadence)
    readers = [press.reader(f"r{n}@example.net", chance.choice(CADENCES)) for n in range(4)]
    press.run(lambda s: s.add(SubscriberCategory(subscriber_id=readers[0], name="rivers")))
    for step in range(40):
        press.clock.forward(minutes=chance.choice([1, 7, 90, 600, 1500, 3000]))
        match chance.choice(["post", "post", "change", "change", "back", "tick", "tick"]):
            case "post":
                post = press.publish(f"At {press.clock.now}")
                if chance.random() < 0.6:
                    press.run(partial(about_rivers, post))
            case "change":
                change(press, chance.choice(CADENCES), chance.choice(readers))
            case "back":
                reader = chance.choice(readers)
                was = choices(press, reader)
                change(press, chance.choice(CADENCES), reader)
                press.clock.forward(minutes=1)
                change(press, was[1] or was[0], reader)
            case _:
                press.tick()
        if step % 3 == 0 or chance.random() < 0.7:  # an absence of a week loses posts, as it should
            press.tick()
    for _ in range(14):
        press.clock.forward(days=3)
        press.tick()
    with press.house.database.read() as session:
        posts, rivers = set(session.scalars(select(Post.id))), set(session.scalars(select(Category.post_id)))
    for number in readers:
        mine = had(press, f"r{number - 4}@example.net")
        wanted = rivers if number == readers[0] else posts
        assert wanted <= {post for _, inside in mine for post in inside}
        seen: set[int] = set()
        for _, inside in mine:
            assert set(inside) - seen
            seen |= set(inside)
        assert max(Counter(inside for cadence, inside in mine if cadence == "each").values(), default=1) == 1
