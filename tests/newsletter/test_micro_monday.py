"""Micro Monday: the question once a week in one's own morning, the round-up on Tuesday with all that came since the last."""

from datetime import timedelta

from sqlalchemy.orm import Session

from gateway.core.community import micro_monday
from gateway.core.messages import Answer
from gateway.core.people import relations
from gateway.core.store.models import Member
from tests.newsletter.conftest import Press, at

MONDAY, TUESDAY = at("2026-11-30 09:00"), at("2026-12-01 09:00")


def silent_digests(press: Press) -> Press:
    for member_id in (press.cast.alice, press.cast.bob, press.cast.carol):
        press.change(Member, member_id, digest="off")
    return press


def recommend(press: Press, who: str, whom: str, reason: str = "Good words") -> None:
    def unit(session: Session) -> None:
        member, other = (session.get_one(Member, getattr(press.cast, name)) for name in (who, whom))
        micro_monday.recommend(session, press.house.community, member, other, reason, press.clock.now)

    press.run(unit)


def said(press: Press, recipient: str) -> Answer | None:
    [*_, last] = [d for d in press.queued("micro_monday_round_up") if d.recipient == recipient]
    return press.said(last)


def test_the_question_comes_on_monday_at_nine_in_each_members_zone_once(press: Press) -> None:
    silent_digests(press)
    press.change(Member, press.cast.bob, time_zone="Asia/Tokyo")
    press.change(Member, press.cast.carol, time_zone="America/New_York")
    asked: dict[str, object] = {}
    press.clock.now = at("2026-11-29 18:00")
    while press.clock.now < at("2026-11-30 20:00"):
        press.tick()
        for delivery in press.queued("micro_monday_prompt"):
            asked.setdefault(delivery.recipient, delivery.created_at)
        press.clock.forward(hours=1)
    assert asked == {
        "bob@example.com": at("2026-11-30 00:00"),
        "alice@example.com": MONDAY,
        "carol@example.com": at("2026-11-30 14:00"),
    }
    assert len(press.queued("micro_monday_prompt")) == 3


def test_who_travels_on_monday_is_asked_once(press: Press) -> None:
    silent_digests(press)
    press.clock.now = at("2026-11-30 00:00")
    press.change(Member, press.cast.bob, time_zone="Asia/Tokyo")
    press.tick()
    press.change(Member, press.cast.bob, time_zone="America/New_York")
    for _ in range(24):
        press.clock.forward(hours=1)
        press.tick()
    assert press.recipients("micro_monday_prompt").count("bob@example.com") == 1


def test_the_question_says_how_and_is_spared_for_who_has_answered_or_wants_none(press: Press) -> None:
    silent_digests(press)
    press.clock.now = MONDAY
    press.tick()
    alice, bob, carol = press.queued("micro_monday_prompt")
    recommend(press, "alice", "bob")
    press.change(Member, press.cast.bob, micro_monday=False)
    assert press.said(alice) is None
    assert press.said(bob) is None
    answer = press.said(carol)
    assert answer is not None
    assert "`recommend @name why`" in answer.text


def test_the_round_up_carries_all_since_the_last_one_once(press: Press) -> None:
    silent_digests(press)
    recommend(press, "alice", "carol", "Paints *rivers*")
    press.clock.now = MONDAY
    recommend(press, "bob", "alice", "Tea")
    press.clock.now = TUESDAY
    press.tick()
    press.tick()
    assert press.recipients("micro_monday_round_up") == ["alice@example.com", "bob@example.com", "carol@example.com"]
    answer = said(press, "bob@example.com")
    assert answer is not None
    assert answer.text.index("Carol") < answer.text.index("Bob says: Tea")
    assert r"Alice says: Paints \*rivers\*" in answer.text
    assert [button.action for row in answer.buttons for button in row] == ["follow carol", "follow alice"]
    press.clock.forward(days=7)
    press.tick()
    assert len(press.queued("micro_monday_round_up")) == 3
    assert press.occurrences("micro_monday_round_up")[-1].state == "skipped"


def test_what_comes_after_nine_on_tuesday_waits_for_the_next(press: Press) -> None:
    silent_digests(press)
    press.clock.now = TUESDAY - timedelta(hours=1)
    recommend(press, "alice", "carol", "Early")
    press.clock.now = TUESDAY + timedelta(minutes=5)  # nobody ticked at nine
    recommend(press, "bob", "alice", "Late")
    press.tick()
    answer = said(press, "carol@example.com")
    assert answer is not None
    assert "Early" in answer.text
    assert "Late" not in answer.text
    press.clock.now = TUESDAY + timedelta(days=7)
    press.tick()
    answer = said(press, "carol@example.com")
    assert answer is not None
    assert "Late" in answer.text
    assert "Early" not in answer.text


def test_nobody_reads_in_it_of_whom_they_shut_out(press: Press) -> None:
    silent_digests(press)
    recommend(press, "alice", "carol")

    def mute(session: Session) -> None:
        bob, carol = session.get_one(Member, press.cast.bob), session.get_one(Member, press.cast.carol)
        relations.shun(session, bob, carol, "mute", press.clock.now)

    press.run(mute)
    press.clock.now = TUESDAY
    press.tick()
    assert said(press, "bob@example.com") is None
    assert said(press, "alice@example.com") is not None
