"""A reader changes how often they are mailed: no post is lost by it, and none comes alone that they had."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience import subscribers
from gateway.core.desk import acts
from gateway.core.store.models import Blog, Category, Issue, Member, Post, Subscriber, SubscriberCategory
from gateway.newsletter import drafts, schedule
from tests.newsletter.conftest import Press, at

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


def about_rivers(post_id: int, session: Session) -> None:
    session.add(Category(post_id=post_id, name="rivers"))


@pytest.mark.parametrize("seed", range(2))
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
