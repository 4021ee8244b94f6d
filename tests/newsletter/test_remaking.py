"""A post that is deleted while its issue waits is in nobody's copy, and nobody gets the rest twice, or not at all."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from email import policy
from email.parser import BytesParser
from functools import partial

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from gateway.core.audience import issue_controls, subscribers, withdrawing
from gateway.core.desk import acts, round_up_post
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.issue_turns import IssueTurns
from gateway.core.ledger.outbox import Result
from gateway.core.messages import RenderedIssue
from gateway.core.store.db import Database
from gateway.core.store.models import Blog, Category, Issue, Member, Post, Recommendation, SubscriberCategory
from gateway.core.writing import posting
from gateway.email.copies import IssueCopies
from gateway.newsletter import cutting, drafts, remaking, schedule, stages
from gateway.newsletter.issues import Masthead
from tests.newsletter.conftest import Press, at, freeze
from tests.newsletter.test_selection_cost import add, reader

MONDAY = at("2026-11-30 09:00")
WINDOW = timedelta(minutes=10)
READERS = ["r0@example.net", "r1@example.net", "r2@example.net"]


def with_window(press: Press, window: timedelta = WINDOW) -> Press:
    """Three weekly readers, who joined an hour ago."""
    town = replace(press.house.community, undo_issues=window)
    press = replace(press, house=replace(press.house, community=town)).quiet()
    for address in READERS:
        press.reader(address)
    press.clock.forward(hours=1)
    return press


@pytest.fixture
def waiting(press: Press) -> Press:
    """An issue of two posts (1 and 2) that waits to leave."""
    press = with_window(press)
    press.publish("Regretted words", title="Regretted title")
    press.publish("Kept words", title="Kept title")
    press.clock.now = MONDAY
    press.tick()
    assert press.issues()[0].status == "scheduled"
    return press


def delete(press: Press, post_id: int = 1) -> None:
    def unit(session: Session) -> None:
        post = session.get_one(Post, post_id)
        acts.delete(session, post, post.author, press.clock.now)

    press.run(unit)


def control(press: Press, verb: str) -> None:
    def unit(session: Session) -> None:
        alice = session.get_one(Member, press.cast.alice)
        now = () if verb in {"pause", "cancel"} else (press.clock.now,)
        getattr(issue_controls, verb)(session, session.get_one(Issue, 1), alice, *now)

    press.run(unit)


def read(mail: bytes) -> str:
    """The subject and both parts of a mail."""
    parts = BytesParser(policy=policy.default).parsebytes(mail)
    words = [part.get_content() for part in parts.walk() if part.get_content_maintype() == "text"]
    return "\n".join([str(parts["Subject"]), *words])


def sent(press: Press) -> dict[str, str]:
    """The words of all copies that may leave now, by who got them; each once."""

    def claim(session: Session) -> list[outbox.Claim]:
        now, lease = press.clock.now, press.house.lease
        return outbox.claim(session, "newsletter", now, limit=99, lease=lease, among=IssueTurns())

    claims = press.run(claim)
    copies = IssueCopies(press.house, ())
    allowed = press.run(lambda s: outbox.attempt(s, claims, press.clock.now))
    words = {one.recipient: read(copies.make(one).signed()) for one in claims if one.id in allowed}
    done = [(one, Result("sent", reason="250 ok")) for one in claims if one.id in allowed]
    press.run(lambda s: outbox.record(s, done, press.clock.now))
    assert len(done) == len(words)
    return words


def over(press: Press) -> dict[str, str]:
    """The same once the window is over and two ticks are done, and nothing after that."""
    press.clock.forward(minutes=11)
    press.tick()
    words = sent(press)
    for _ in range(2):
        press.clock.forward(minutes=5)
        press.tick()
        assert sent(press) == {}
    return words


def hold_only_what_was_kept(words: dict[str, str]) -> None:
    assert sorted(words) == READERS
    assert all("Kept words" in one and "Regretted" not in one for one in words.values())


def test_a_post_that_is_deleted_in_the_window_is_in_no_copy_and_the_rest_comes_once(waiting: Press) -> None:
    assert b"Regretted" in (waiting.issues()[0].segments or b"")
    delete(waiting)
    [issue] = waiting.issues()
    assert (issue.segments, issue.html, issue.text) == (b"", "", "")
    waiting.tick()
    [issue] = waiting.issues()
    assert (issue.id, issue.status, issue.subject, issue.send_at) == (1, "scheduled", "Kept title", MONDAY + WINDOW)
    assert "Regretted" not in issue.html + issue.text
    hold_only_what_was_kept(over(waiting))
    assert waiting.issues()[0].status == "finished"
    assert [one.kind for one in waiting.queued("issue_scheduled")] == ["issue_scheduled"]


@pytest.mark.parametrize("verbs", [("pause", "resume"), ("send_now",)])
def test_nothing_leaves_before_it_is_made_anew_whatever_its_owner_does(waiting: Press, verbs: tuple[str, ...]) -> None:
    delete(waiting)
    for verb in verbs:
        control(waiting, verb)
    waiting.clock.forward(minutes=11)
    stages.begin_due(waiting.house)
    assert (sent(waiting), waiting.issues()[0].status) == ({}, "scheduled")
    waiting.tick()
    hold_only_what_was_kept(sent(waiting))


def test_who_pauses_and_deletes_later_is_heard_too(waiting: Press) -> None:
    control(waiting, "pause")
    waiting.clock.forward(hours=3)
    delete(waiting)
    waiting.tick()
    assert waiting.issues()[0].status == "paused"
    control(waiting, "resume")
    hold_only_what_was_kept(over(waiting))


@pytest.mark.parametrize("paused", [False, True])
def test_once_a_copy_was_handed_out_nothing_is_changed(waiting: Press, paused: bool) -> None:
    waiting.clock.forward(minutes=11)
    waiting.tick()

    def one(session: Session) -> list[outbox.Claim]:
        now, lease = waiting.clock.now, waiting.house.lease
        return outbox.claim(session, "newsletter", now, limit=1, lease=lease, among=IssueTurns())

    claims = waiting.run(one)
    if paused:
        control(waiting, "pause")
        waiting.run(lambda s: outbox.attempt(s, claims, waiting.clock.now))  # it is put back
    frozen = waiting.issues()[0].segments
    delete(waiting)
    assert waiting.issues()[0].segments == frozen != b""
    waiting.clock.forward(hours=1)
    waiting.tick()
    if paused:
        control(waiting, "resume")
    assert [word for word in sent(waiting).values() if "Regretted" not in word] == []


def test_an_issue_whose_only_post_is_deleted_is_cancelled(waiting: Press) -> None:
    delete(waiting, 1)
    delete(waiting, 2)
    assert over(waiting) == {}
    [issue] = waiting.issues()
    assert (issue.status, issue.finished_at is not None) == ("cancelled", True)
    assert {one.status for one in waiting.queued()} == {"cancelled"}
    assert [waiting.said(one) for one in waiting.queued("issue_scheduled")] == [None]


def test_the_owners_words_and_order_stay_and_what_was_left_out_stays_out(press: Press) -> None:
    press = with_window(press)
    posts = [press.publish(f"{word} words", title=word) for word in ("Regretted", "Third", "Second", "Secret")]
    with press.house.database.read() as session:
        names = [session.get_one(Post, one).short_reference for one in posts]

    def unit(session: Session) -> None:
        blog, now = session.get_one(Blog, press.cast.blog), press.clock.now
        drafts.introduce(session, press.house.community, blog, "weekly", "My own intro", now)
        drafts.entitle(session, press.house.community, blog, "weekly", "My subject", now)
        drafts.arrange(session, blog, "weekly", [names[2], names[1]], now)
        drafts.leave_out(session, blog, "weekly", [names[3]], now)

    press.run(unit)
    press.clock.now = MONDAY
    press.tick()
    delete(press)
    words = over(press)
    [issue] = press.issues()
    assert issue.subject == "My subject"
    assert sorted(words) == READERS
    text = issue.text
    assert text.index("My own intro") < text.index("Second words") < text.index("Third words")
    assert "Regretted" not in text + words[READERS[0]]
    assert "Secret" not in text + words[READERS[0]]


@pytest.fixture
def birds(press: Press) -> Press:
    """The same with a fourth reader, who chose only what the first post is about."""
    press = with_window(press)
    reader = press.reader("birds@example.net", confirmed_at=press.clock.now - timedelta(minutes=5))
    press.run(lambda s: s.add(SubscriberCategory(subscriber_id=reader, name="Birds")))
    gone = press.publish("Regretted words")
    press.publish("Kept words")
    press.run(lambda s: s.add(Category(post_id=gone, name="Birds")))
    press.clock.now = MONDAY
    press.tick()
    assert len(press.recipients()) == 4
    return press


def leave(press: Press, *readers: int) -> None:
    def unit(session: Session) -> None:
        for number in readers:
            token = subscribers.unsubscribe_token(press.house.community, number)
            subscribers.unsubscribe(session, press.house.community, token, press.clock.now)

    press.run(unit)


def come_back(press: Press, *readers: int) -> None:
    def unit(session: Session) -> None:
        for number in readers:
            town, token = press.house.community, subscribers.unsubscribe_token(press.house.community, number)
            subscribers.come_back(session, town, token, press.clock.now, press.house.randomness)

    press.run(unit)


def test_who_chose_only_what_is_gone_gets_no_copy(birds: Press) -> None:
    delete(birds)
    hold_only_what_was_kept(over(birds))
    [ended] = [one for one in birds.queued() if one.recipient == "birds@example.net"]
    assert (ended.status, ended.reason) == ("cancelled", remaking.FOR_NOBODY)


def test_who_left_meanwhile_comes_back_to_what_they_chose_and_to_nothing_else(birds: Press) -> None:
    leave(birds, 1, 4)
    delete(birds)
    birds.tick()
    come_back(birds, 1, 4)
    hold_only_what_was_kept(over(birds))


def test_who_comes_back_before_it_is_made_anew_is_asked_like_the_others(birds: Press) -> None:
    leave(birds, 1, 4)
    delete(birds)
    come_back(birds, 1, 4)
    hold_only_what_was_kept(over(birds))


def test_who_leaves_while_it_is_made_anew_finds_the_same(birds: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    end, left = remaking._end, list[bool]()

    def once_they_left(session: Session, house: House, ids: Sequence[int]) -> None:
        if not left:
            left.append(True)
            token = subscribers.unsubscribe_token(house.community, 4)
            subscribers.unsubscribe(session, house.community, token, house.now())
        end(session, house, ids)

    monkeypatch.setattr(remaking, "_end", once_they_left)
    delete(birds)
    birds.tick()
    come_back(birds, 4)
    hold_only_what_was_kept(over(birds))
    assert left


def test_who_chose_only_what_is_gone_gets_no_copy_though_they_changed_cadence_since(birds: Press) -> None:
    token = subscribers.unsubscribe_token(birds.house.community, 4)
    birds.run(lambda s: subscribers.change(s, birds.house.community, token, "monthly", ["Birds"], birds.clock.now))
    delete(birds)
    hold_only_what_was_kept(over(birds))


@pytest.mark.parametrize("at_once", [1, 2, 5000])
def test_all_are_asked_however_few_at_a_time(birds: Press, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(remaking, "_AT_ONCE", at_once)
    birds.run(lambda s: s.add_all([SubscriberCategory(subscriber_id=one, name="Birds") for one in (1, 2)]))
    leave(birds, 2)
    delete(birds)
    birds.tick()
    come_back(birds, 2)
    assert sorted(over(birds)) == READERS[2:]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_issue_with_more_readers_than_a_server_keeps_in_its_memory_is_made_anew(
    waiting: Press, database_url: str
) -> None:
    """Asked for all readers at once instead of each by itself, 40,000 take a minute with so little memory, and 400,000 never end."""
    now = MONDAY - timedelta(days=5)
    rows = [
        reader(waiting.cast.blog, n + 100, now) | {"cadence": "weekly", "cadence_since": None} for n in range(40_000)
    ]
    waiting.run(partial(add, rows))
    waiting.change(Issue, 1, status="cutting", cut_cursor=0)
    waiting.tick()
    delete(waiting)
    own = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with own.connect() as connection:
        name = connection.scalar(text("SELECT current_database()"))
        for setting in ("work_mem = '64kB'", "statement_timeout = '15s'"):
            connection.execute(text(f'ALTER DATABASE "{name}" SET {setting}'))
        connection.execute(text("ANALYZE"))
    own.dispose()
    small = Database(database_url)  # these settings are for whoever connects from now on
    try:
        remaking.remake_due(replace(waiting.house, database=small), freeze)
    finally:
        small.close()
    assert "Regretted" not in waiting.issues()[0].text
    assert "Kept words" in waiting.issues()[0].text
    assert Counter(one.status for one in waiting.queued()) == {"queued": 40_003}


class Broken(Exception):
    """What a template does, or a disk."""


def broken(rendered: RenderedIssue, head: Masthead) -> bytes:
    raise Broken


def killed(rendered: RenderedIssue, head: Masthead) -> bytes:
    raise KeyboardInterrupt


def tried_in_vain(press: Press, freeze: Callable[[RenderedIssue, Masthead], bytes], times: int) -> int:
    """How often of so many ticks it was tried."""
    tried = 0
    for _ in range(times):
        try:
            remaking.remake_due(press.house, freeze)
        except (ExceptionGroup, KeyboardInterrupt):
            tried += 1
    return tried


@pytest.mark.parametrize("fails", [broken, killed])
@pytest.mark.parametrize("paused", [False, True])
def test_an_issue_that_cannot_be_made_anew_is_paused_and_owner_and_operators_are_told_once(
    waiting: Press, fails: Callable[[RenderedIssue, Masthead], bytes], *, paused: bool
) -> None:
    waiting.change(Member, waiting.cast.carol, role="operator")
    if paused:
        control(waiting, "pause")
    delete(waiting)
    assert tried_in_vain(waiting, fails, 15) == remaking.MOST_TRIES
    [issue] = waiting.issues()
    assert (issue.status, issue.paused_why) == ("paused", remaking.WHY)
    notices = waiting.queued("issue_paused")
    assert sorted(one.member_id or 0 for one in notices) == sorted([waiting.cast.alice, waiting.cast.carol])
    for notice, words in zip(
        notices, ("Let it go on at https://example.org/me/issues/1", "newsletter show 1"), strict=True
    ):
        answer = waiting.said(notice)
        assert answer is not None
        assert "could not be made anew" in answer.text
        assert words in answer.text


def test_who_lets_it_go_on_has_it_tried_again(waiting: Press) -> None:
    delete(waiting)
    tried_in_vain(waiting, broken, 12)
    waiting.clock.forward(hours=1)
    control(waiting, "resume")
    [told] = waiting.queued("issue_paused")
    assert waiting.said(told) is None
    assert tried_in_vain(waiting, broken, 12) == remaking.MOST_TRIES
    assert len(waiting.queued("issue_paused")) == 2
    waiting.clock.forward(hours=1)
    control(waiting, "resume")
    hold_only_what_was_kept(over(waiting))


def test_who_deletes_what_it_failed_for_has_it_tried_again(press: Press) -> None:
    press = with_window(press)
    for words in ("Regretted words", "Kept words", "Regretted, too: nobody can render this"):
        press.publish(words)
    press.clock.now = MONDAY
    press.tick()
    delete(press)
    tried_in_vain(press, broken, 12)
    delete(press, 3)
    press.tick()
    control(press, "resume")
    hold_only_what_was_kept(over(press))


def test_a_few_failures_tell_nobody_and_are_forgotten(waiting: Press) -> None:
    for _ in range(3):
        waiting.run(lambda s: withdrawing.withdraw(s, 1, wholly=False))
        assert tried_in_vain(waiting, broken, 4) == 4
        waiting.tick()
    assert (waiting.issues()[0].status, waiting.issues()[0].tries) == ("scheduled", 0)
    assert waiting.queued("issue_paused") == []
    assert sorted(over(waiting)) == READERS


@pytest.mark.parametrize("window", [timedelta(0), WINDOW])
def test_a_post_that_is_deleted_while_copies_are_queued(
    press: Press, monkeypatch: pytest.MonkeyPatch, window: timedelta
) -> None:
    press = with_window(press, window)
    press.publish("Regretted words")
    press.publish("Kept words")
    press.clock.now = MONDAY
    monkeypatch.setattr(cutting, "BATCH", 1)
    batch, seen = cutting._batch, []

    def and_then_delete(session: Session, house: object, issue_id: int) -> bool:
        more = batch(session, press.house, issue_id)
        seen.append(issue_id)
        if len(seen) == 1:
            post = session.get_one(Post, 1)
            acts.delete(session, post, post.author, press.clock.now)
        return more

    monkeypatch.setattr(cutting, "_batch", and_then_delete)
    press.tick()
    press.tick()
    hold_only_what_was_kept(sent(press) or over(press))


def test_who_is_killed_while_making_it_anew_leaves_it_to_the_next(waiting: Press) -> None:
    delete(waiting)
    with pytest.raises(KeyboardInterrupt):
        schedule.tick(waiting.house, freeze=killed)
    waiting.clock.forward(minutes=11)
    stages.begin_due(waiting.house)
    assert sent(waiting) == {}
    hold_only_what_was_kept(over(waiting))


def during(press: Press, act: Callable[[], None]) -> Callable[[RenderedIssue, Masthead], bytes]:
    """Freezes an issue while somebody else acts, once."""
    acted: list[bool] = []

    def slowly(rendered: RenderedIssue, head: Masthead) -> bytes:
        if not acted:
            acted.append(True)
            act()
        return freeze(rendered, head)

    return slowly


def test_two_processes_make_it_anew_once(waiting: Press) -> None:
    delete(waiting)
    made: list[bytes | None] = []

    def other_process() -> None:
        remaking.remake_due(waiting.house, freeze)
        made.append(waiting.issues()[0].segments)

    remaking.remake_due(waiting.house, during(waiting, other_process))
    assert made == [waiting.issues()[0].segments]
    hold_only_what_was_kept(over(waiting))


def test_what_is_deleted_while_it_is_made_anew_is_gone_too(press: Press) -> None:
    press = with_window(press)
    for words in ("Regretted words", "Regretted as well", "Kept words"):
        press.publish(words)
    press.clock.now = MONDAY
    press.tick()
    delete(press, 1)
    remaking.remake_due(press.house, during(press, lambda: delete(press, 2)))
    hold_only_what_was_kept(over(press))


def test_what_is_cancelled_while_it_is_made_anew_stays_so(waiting: Press) -> None:
    delete(waiting)
    remaking.remake_due(waiting.house, during(waiting, lambda: control(waiting, "cancel")))
    assert over(waiting) == {}
    assert waiting.issues()[0].status == "cancelled"


def test_an_edit_in_the_window_comes_too_late_for_an_issue_that_is_whole(waiting: Press) -> None:
    def unit(session: Session) -> None:
        post = session.get_one(Post, 1)
        words = posting.write(session, waiting.house.community, "Other words", title="Other title")
        acts.edit(session, post, post.author, words, waiting.clock.now)

    waiting.run(unit)
    waiting.tick()
    words = over(waiting)
    assert sorted(words) == READERS
    assert all("Regretted words" in one and "Other words" not in one for one in words.values())


def test_a_recommendation_that_is_refused_in_the_window_is_in_no_copy(press: Press) -> None:
    press = with_window(press)
    now = press.clock.now
    for by, whom, reason in (("bob", "carol", "Regretted reason"), ("carol", "bob", "Kept reason")):

        def recommend(session: Session, by: str = by, whom: str = whom, reason: str = reason) -> None:
            session.add(
                Recommendation(
                    member_id=getattr(press.cast, by),
                    recommended_id=getattr(press.cast, whom),
                    week="2026-W48",
                    reason=reason,
                    created_at=now,
                    round_up="2026-W48",
                )
            )

        press.run(recommend)
    with press.house.database.read() as session:
        written = round_up_post.write(session, press.house.community, "alice", "2026-W48")
    assert written is not None
    press.run(lambda s: round_up_post.publish(s, press.house.community, written, now))
    press.clock.now = MONDAY
    press.tick()
    assert "Regretted reason" in press.issues()[0].text

    def refuse(session: Session) -> None:
        one = session.scalars(select(Recommendation).where(Recommendation.reason == "Regretted reason")).one()
        round_up_post.refuse(session, press.house.community, one, press.clock.now)

    press.run(refuse)
    words = over(press)
    assert sorted(words) == READERS
    assert all("Kept reason" in one and "Regretted" not in one for one in words.values())
