"""Issues: what they hold, who gets them, and that every reader gets every issue exactly once, whatever happens in between."""

import itertools
import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from gateway.core.audience import subscribers
from gateway.core.audience.issue_progress import Tally
from gateway.core.audience.suppression import suppress
from gateway.core.desk import acts
from gateway.core.house import House
from gateway.core.ledger import amending, outbox
from gateway.core.ledger.issue_turns import IssueTurns
from gateway.core.ledger.outbox import Result
from gateway.core.messages import RenderedIssue
from gateway.core.people.tokens import Keyring
from gateway.core.store.db import Database
from gateway.core.store.models import Blog, Issue, Member, Post, Subscriber, SubscriberCategory
from gateway.core.writing import changing, posting
from gateway.email.wire import IssueWire, Reader
from gateway.newsletter import cutting, schedule, stages
from gateway.newsletter.issues import Masthead
from tests.newsletter.conftest import Press, at, freeze

MONDAY = at("2026-11-30 09:00")  # alice's blog is in UTC, weekly on Mondays at nine


@pytest.fixture
def weekly(press: Press) -> Press:
    """One weekly reader, confirmed on Wednesday at noon."""
    press.quiet().reader()
    press.clock.forward(hours=1)
    return press


def test_a_weekly_issue_is_cut_at_its_local_hour_with_the_weeks_posts_in_order(weekly: Press) -> None:
    weekly.change(Blog, weekly.cast.blog, time_zone="America/New_York")
    first = weekly.publish("First")
    weekly.clock.forward(days=1)
    second = weekly.publish("Second", title="A title")
    weekly.clock.now = at("2026-11-30 13:59")
    weekly.tick()
    assert weekly.issues() == []
    weekly.clock.now = at("2026-11-30 14:00")
    weekly.tick()
    [issue] = weekly.issues()
    assert (issue.cadence, issue.period, issue.status, issue.subject) == (
        "weekly",
        "2026-W49",
        "sending",
        "First and 1 more post",
    )
    assert weekly.posts_of(issue) == [first, second]
    [copy] = weekly.queued()
    assert (copy.channel, copy.recipient, copy.cause) == ("newsletter", "eve@example.net", f"issue:{issue.id}")
    assert (copy.issue_id, copy.status, bool(copy.address_hash)) == (issue.id, "queued", True)


def test_ticking_again_and_again_sends_nothing_twice(weekly: Press) -> None:
    weekly.publish()
    weekly.clock.now = MONDAY
    for _ in range(3):
        weekly.tick()
        weekly.clock.forward(hours=7)
    assert len(weekly.queued()) == 1
    weekly.clock.now = MONDAY + timedelta(days=7)
    weekly.publish("Of the next week")
    weekly.clock.forward(minutes=1)
    weekly.tick()
    assert [weekly.posts_of(issue) for issue in weekly.issues()] == [[1], [2]]


def test_a_week_without_posts_is_skipped_and_says_so(weekly: Press) -> None:
    weekly.clock.now = MONDAY
    weekly.tick()
    assert weekly.issues() == []
    [row] = weekly.occurrences()
    assert (row.state, row.note) == ("skipped", "There was nothing to send.")


def test_the_issue_is_frozen_and_each_copy_carries_its_own_link(weekly: Press) -> None:
    weekly.publish("As it was")
    weekly.clock.now = MONDAY
    weekly.tick()
    [issue] = weekly.issues()
    assert "unsubscribe-" not in issue.html + issue.text
    assert "https://alice.example.org/subscribe" in issue.text
    assert issue.segments is not None
    frozen = IssueWire.from_bytes(issue.segments)
    marks = [part.mark for part in frozen.segments if not isinstance(part, bytes)]
    own, address = subscribers.ways_to_leave(weekly.house.community, "alice", 1)
    values, address = subscribers.mark_values(own, marks), f"mailto:{address}"
    raw = frozen.copy(Reader("eve@example.net", "<1@post.example.org>", own, address, values=values), date=MONDAY)
    body = raw.replace(b"=\r\n", b"").decode()
    assert body.count(own) == 3  # the header, the text, the HTML
    assert "As it was" in body


def test_a_post_alone_is_mailed_after_its_undo_window(press: Press) -> None:
    press.quiet().reader(cadence="each")
    press.clock.forward(hours=1)
    post = press.publish("Hello")
    press.change(Post, post, notify_at=press.clock.now + timedelta(seconds=30))
    press.clock.forward(seconds=29)
    press.tick()
    assert press.issues() == []
    press.clock.forward(seconds=1)
    press.tick()
    press.tick()
    [issue] = press.issues()
    assert (issue.cadence, issue.period, issue.subject) == ("each", str(post), "Hello")
    assert [(copy.recipient, copy.post_id) for copy in press.queued()] == [("eve@example.net", post)]


def test_readers_get_the_issues_of_their_own_cadence(press: Press) -> None:
    press.quiet()
    for cadence in ("each", "weekly", "monthly"):
        press.reader(f"{cadence}@example.net", cadence)
    press.clock.forward(hours=1)
    press.publish()
    press.tick()
    assert press.recipients() == ["each@example.net"]
    press.clock.now = MONDAY
    press.tick()
    assert press.recipients() == ["each@example.net", "weekly@example.net"]
    press.clock.now = at("2026-12-01 09:00")
    press.tick()
    assert press.recipients() == ["each@example.net", "weekly@example.net", "monthly@example.net"]
    assert [issue.period for issue in press.issues()] == ["1", "2026-W49", "2026-12"]


def test_a_first_reader_finds_the_posts_of_the_week_they_joined_in(press: Press) -> None:
    post = press.quiet().publish("Written on Wednesday morning")
    press.clock.forward(hours=1)
    press.reader(cadence="weekly")
    press.clock.now = MONDAY
    press.tick()
    assert [press.posts_of(issue) for issue in press.issues()] == [[post]]


@pytest.mark.parametrize("cadence", ["each", "weekly"])
def test_never_mailed_are_replies_drafts_deleted_backdated_and_unconfirmed(press: Press, cadence: str) -> None:
    press.clock.forward(days=-8)
    before = press.quiet().publish("Before anybody read")
    press.clock.forward(days=8, hours=1)
    press.reader(cadence=cadence)
    press.reader("pending@example.net", cadence, status="pending", confirmed_at=None)
    press.reader("left@example.net", cadence, status="unsubscribed")
    press.clock.forward(hours=1)
    shown, deleted, backdated, imported, draft = [press.publish(word) for word in ("a", "b", "c", "d", "e")]
    press.reply(shown)
    press.change(Post, backdated, published_at=press.clock.now - timedelta(hours=1))
    press.change(Post, imported, notify_at=None)
    press.change(Post, draft, status="draft", published_at=None, notify_at=None)

    def delete(session: Session) -> None:
        acts.delete(session, session.get_one(Post, deleted), session.get_one(Member, press.cast.alice), press.clock.now)

    press.run(delete)
    press.clock.now = MONDAY
    press.tick()
    assert [press.posts_of(issue) for issue in press.issues()] == [[shown]]
    assert press.recipients() == ["eve@example.net"]
    assert before not in press.posts_of(press.issues()[0])


@pytest.mark.parametrize("cadence", ["each", "weekly", "monthly"])
def test_an_edited_or_redated_post_is_never_mailed_again(press: Press, cadence: str) -> None:
    press.quiet().reader(cadence=cadence)
    press.clock.forward(hours=1)
    post = press.publish("Once")
    press.clock.now = at("2026-12-01 09:00")
    press.tick()
    assert len(press.issues()) == 1
    press.clock.forward(days=1)

    def edit(session: Session) -> None:
        words = posting.write(session, press.house.community, "Changed")
        row, alice = session.get_one(Post, post), session.get_one(Member, press.cast.alice)
        changing.edit(session, row, alice, words, press.clock.now)
        row.published_at = row.notify_at = press.clock.now

    press.run(edit)
    for _ in range(40):
        press.clock.forward(days=1)
        press.tick()
    assert len(press.issues()) == len(press.queued()) == 1


def test_an_owner_who_toggles_the_newsletter_causes_no_extra_issue(weekly: Press) -> None:
    weekly.publish()
    weekly.clock.now = MONDAY
    weekly.tick()
    weekly.publish("After the issue")
    for newsletter in ("off", "monthly", "each", "weekly"):
        weekly.clock.forward(minutes=10)
        weekly.change(Blog, weekly.cast.blog, newsletter=newsletter)
        weekly.tick()
    for hour in (15, 8, 9):
        weekly.change(Blog, weekly.cast.blog, newsletter_hour=hour)
        weekly.clock.forward(hours=3)
        weekly.tick()
    assert len(weekly.issues()) == 1


def test_nothing_is_cut_while_the_newsletter_is_off(press: Press) -> None:
    press.quiet().reader("a@example.net", "each")
    press.reader("b@example.net", "weekly")
    press.change(Blog, press.cast.blog, newsletter="off")
    press.clock.forward(hours=1)
    press.publish()
    press.clock.now = MONDAY
    press.tick()
    assert press.issues() == []


def toggle(press: Press, subscriber_id: int, cadence: str) -> None:
    token = subscribers.unsubscribe_token(press.house.community, subscriber_id)
    press.run(lambda s: subscribers.change(s, press.house.community, token, cadence, (), press.clock.now))


def test_a_reader_who_toggles_gets_no_post_again_that_they_had(press: Press) -> None:
    reader = press.quiet().reader(cadence="each")
    press.reader("other@example.net", "weekly")
    press.clock.forward(hours=1)
    press.publish("Had it at once")
    press.tick()
    press.clock.forward(hours=1)
    toggle(press, reader, "weekly")
    press.clock.now = MONDAY
    press.tick()
    assert press.recipients() == ["eve@example.net", "other@example.net"]
    press.publish("New to both")
    press.clock.forward(days=7)
    press.tick()
    assert press.recipients() == ["eve@example.net", "other@example.net", "eve@example.net", "other@example.net"]


def test_who_changes_between_two_posts_gets_the_issue_of_both_rather_than_neither(press: Press) -> None:
    reader = press.quiet().reader(cadence="each")
    press.clock.forward(hours=1)
    had = press.publish("Had it at once")
    press.tick()
    press.clock.forward(hours=1)
    toggle(press, reader, "weekly")
    press.clock.forward(hours=1)
    new = press.publish("New")
    press.clock.now = MONDAY
    press.tick()
    assert [(one.cadence, press.posts_of(one)) for one in press.issues()] == [("each", [had]), ("weekly", [had, new])]
    assert press.recipients() == ["eve@example.net"] * 2


def test_a_reader_who_toggles_to_every_post_is_not_sent_the_older_ones(weekly: Press) -> None:
    weekly.publish("Older")
    weekly.clock.now = MONDAY
    weekly.tick()
    weekly.clock.forward(hours=1)
    toggle(weekly, 1, "each")
    for _ in range(3):
        weekly.tick()
        weekly.clock.forward(minutes=5)
    assert [issue.cadence for issue in weekly.issues()] == ["weekly"]
    weekly.publish("Newer")
    weekly.tick()
    assert [issue.subject for issue in weekly.issues()] == ["Older", "Newer"]


def test_no_issue_is_made_for_nobody_and_its_posts_wait_for_one_that_somebody_gets(press: Press) -> None:
    press.quiet()
    first = press.publish("Of Wednesday")
    press.clock.forward(hours=1)
    reader = press.reader(cadence_since=press.clock.now)
    press.clock.now = MONDAY
    press.tick()
    [row] = press.occurrences()
    assert (press.issues(), row.state) == ([], "skipped")
    press.change(Subscriber, reader, cadence_since=None, confirmed_at=MONDAY - timedelta(days=10))
    press.clock.now = MONDAY + timedelta(days=7)
    press.tick()
    assert [press.posts_of(issue) for issue in press.issues()] == [[first]]


def test_a_post_alone_about_what_no_reader_chose_leaves_no_issue_that_anybody_sees(press: Press) -> None:
    reader = press.quiet().reader(cadence="each")
    press.run(lambda s: s.add(SubscriberCategory(subscriber_id=reader, name="rivers")))
    press.clock.forward(hours=1)
    press.publish()
    for _ in range(2):
        press.tick()
    [issue] = press.issues()
    assert (issue.status, press.queued("issue_finished")) == ("cancelled", [])


def test_who_confirmed_after_the_cut_gets_the_next_issue_only(weekly: Press) -> None:
    weekly.publish()
    weekly.clock.now = MONDAY
    weekly.tick()
    weekly.clock.forward(seconds=1)
    weekly.reader("late@example.net")
    weekly.change(Issue, 1, status="cutting")
    weekly.tick()
    assert weekly.recipients() == ["eve@example.net"]


def many(press: Press, number: int) -> list[str]:
    addresses = [f"reader{n:02}@example.net" for n in range(number)]

    def unit(session: Session) -> None:
        now = press.clock.now
        for address in addresses:
            row = {"asked_at": now, "confirmed_at": now, "status": "active", "cadence": "weekly"}
            session.add(Subscriber(blog_id=press.cast.blog, address=address, **row))

    press.run(unit)
    press.clock.forward(hours=1)
    return addresses


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it, and the transaction it falls into is lost."""


def dying(house: House, moment: int) -> House:
    """A house whose process is killed when it looks at the clock for the `moment`th time."""
    looks = itertools.count(1)

    def now() -> datetime:
        if next(looks) == moment:
            raise Killed
        return house.now()

    return replace(house, now=now)


@pytest.mark.parametrize("moment", [1, 4, 6, 7, 8, 9, 10, 12])
def test_whenever_cutting_dies_a_fresh_process_queues_every_copy_once(
    press: Press, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    monkeypatch.setattr(cutting, "BATCH", 3)
    addresses = many(press.quiet(), 10)
    press.publish()
    press.clock.now = MONDAY
    with pytest.raises(Killed):
        schedule.tick(dying(press.house, moment), freeze=freeze)
    if 0 < len(press.queued()) < 10:
        assert [issue.status for issue in press.issues()] == ["cutting"]
        assert press.run(lambda s: claim(s, press)) == []
    press.clock.forward(minutes=2)  # the dead process's lease is over
    fresh = Database(press.house.database.url)
    try:
        schedule.tick(replace(press.house, database=fresh), freeze=freeze)
    finally:
        fresh.close()
    assert press.recipients() == addresses
    assert [(issue.status, issue.cut_cursor) for issue in press.issues()] == [("sending", 10)]
    [row] = press.occurrences()
    assert (row.state, row.note) == ("done", "Issue 1, 10 copies.")


def test_two_processes_that_tick_at_once_send_one_issue(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BATCH", 3)
    addresses = many(press.quiet(), 10)
    press.reader("each@example.net", "each", confirmed_at=press.clock.now - timedelta(hours=1))
    press.publish()
    press.clock.now = MONDAY
    others = [Database(press.house.database.url) for _ in range(2)]
    together = threading.Barrier(2)
    failures: list[BaseException] = []

    def work(database: Database) -> None:
        house = replace(press.house, database=database)
        try:
            for _ in range(3):
                together.wait(timeout=60)
                schedule.tick(house, freeze=freeze)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(database,)) for database in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for database in others:
        database.close()
    assert failures == []
    assert sorted(press.recipients()) == sorted(["each@example.net", *addresses])
    assert [issue.status for issue in press.issues()] == ["sending", "sending"]


def claim(session: Session, press: Press) -> list[outbox.Claim]:
    turns, lease = IssueTurns(), press.house.lease
    return outbox.claim(session, "newsletter", press.clock.now, limit=99, lease=lease, among=turns)


def send_all(press: Press) -> list[str]:
    """Hands over what may be handed over; whom."""
    claims = press.run(lambda s: claim(s, press))
    allowed = press.run(lambda s: outbox.attempt(s, claims, press.clock.now))
    sent = [claim for claim in claims if claim.id in allowed]
    results = [(claim, Result("sent")) for claim in sent]
    press.run(lambda s: outbox.record(s, results, press.clock.now))
    return [claim.recipient for claim in sent]


def test_leaving_in_the_middle_of_an_issue_stops_the_copy_and_the_issue_says_what_became_of_all(press: Press) -> None:
    addresses = many(press.quiet(), 4)
    press.publish()
    press.clock.now = MONDAY
    press.tick()
    token = subscribers.unsubscribe_token(press.house.community, 2)
    press.run(lambda s: subscribers.unsubscribe(s, press.house.community, token, press.clock.now))
    press.run(lambda s: suppress(s, press.house.community.keyring, addresses[2], "complaint", press.clock.now))
    press.tick()
    assert [issue.status for issue in press.issues()] == ["sending"]
    assert send_all(press) == [addresses[0], addresses[3]]
    assert stages.finish_due(press.house) == {1: Tally(sent=2, suppressed=2)}
    assert stages.finish_due(press.house) == {}
    [issue] = press.issues()
    assert (issue.status, issue.finished_at) == ("finished", press.clock.now)


def test_an_issue_is_not_finished_while_a_copy_is_attempting(weekly: Press) -> None:
    weekly.publish()
    weekly.clock.now = MONDAY
    weekly.tick()
    claims = weekly.run(lambda s: claim(s, weekly))
    weekly.run(lambda s: outbox.attempt(s, claims, MONDAY))
    assert stages.finish_due(weekly.house) == {}
    later = weekly.clock.forward(minutes=2)
    weekly.run(lambda s: amending.expire(s, later, on_ambiguous="hold"))
    assert stages.finish_due(weekly.house) == {1: Tally(uncertain=1, held=1)}


def test_a_suppression_from_before_a_key_was_rotated_still_holds(weekly: Press) -> None:
    keys = weekly.house.community.keyring.keys
    weekly.run(lambda s: suppress(s, weekly.house.community.keyring, "eve@example.net", "complaint", MONDAY))
    weekly.publish()
    weekly.clock.now = MONDAY
    rotated = replace(weekly.house.community, keyring=Keyring({**keys, 1: b"n" * 32}, 1))
    schedule.tick(replace(weekly.house, community=rotated), freeze=freeze)
    assert send_all(weekly) == []
    assert [copy.status for copy in weekly.queued()] == ["suppressed"]


def test_a_post_deleted_after_the_cut_takes_its_queued_copies_with_it(press: Press) -> None:
    press.quiet().reader(cadence="each")
    press.clock.forward(hours=1)
    post = press.publish()
    press.tick()

    def delete(session: Session) -> None:
        acts.delete(session, session.get_one(Post, post), session.get_one(Member, press.cast.alice), press.clock.now)

    press.run(delete)
    assert send_all(press) == []
    assert stages.finish_due(press.house) == {1: Tally(cancelled=1)}


def test_a_post_that_changes_while_the_issue_is_made_is_read_again(weekly: Press) -> None:
    post = weekly.publish("Before")
    weekly.clock.now = MONDAY
    frozen: list[str] = []

    def slow(rendered: RenderedIssue, head: Masthead) -> bytes:
        frozen.append(rendered.text)
        if len(frozen) == 1:

            def edit(session: Session) -> None:
                words = posting.write(session, weekly.house.community, "After")
                row, alice = session.get_one(Post, post), session.get_one(Member, weekly.cast.alice)
                changing.edit(session, row, alice, words, MONDAY)

            weekly.run(edit)
        return freeze(rendered, head)

    schedule.tick(weekly.house, freeze=slow)
    [issue] = weekly.issues()
    assert "After" in issue.text
    assert len(frozen) == 2


def test_what_email_refuses_is_tried_again_later_and_sent_once(weekly: Press) -> None:
    weekly.publish()
    weekly.clock.now = MONDAY
    broken = [True]

    def fragile(rendered: RenderedIssue, head: Masthead) -> bytes:
        if broken:
            broken.pop()
            raise RuntimeError("no disk")
        return freeze(rendered, head)

    schedule.tick(weekly.house, freeze=fragile)
    [row] = weekly.occurrences()
    assert (row.state, row.note) == ("due", "RuntimeError: no disk")
    weekly.clock.forward(minutes=1)
    schedule.tick(weekly.house, freeze=fragile)
    assert weekly.recipients() == ["eve@example.net"]
