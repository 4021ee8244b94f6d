"""Micro Monday: the question once a week in one's own morning, the round-up on Tuesday with all that came since the last."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.core.community import micro_monday
from gateway.core.desk import round_up_post
from gateway.core.messages import Answer
from gateway.core.people import relations
from gateway.core.store.models import Blog, Member, Occurrence, Post
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
    assert "is **Micro Monday**" not in answer.text  # it may be Tuesday when it is sent
    assert "/me/settings turns this question off." in answer.text


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


def test_who_is_recommended_is_told_by_whom_why_and_how_to_refuse(press: Press) -> None:
    recommend(press, "alice", "bob", "Paints *rivers*")
    [queued] = press.queued("recommended")
    answer = press.said(queued)
    assert answer is not None
    assert answer.text.startswith("Alice recommends you on Micro Monday:\n\n> Paints \\*rivers\\*")
    assert "`refuse @alice`" in answer.text
    [[button]] = answer.buttons
    assert button.url.startswith("https://example.org/micro-monday/refuse/")
    queued.channel, queued.recipient = "telegram", "100"
    in_chat = press.said(queued)
    assert in_chat is not None
    assert in_chat.buttons[0][0].action == "refuse alice"
    press.run(lambda s: micro_monday.refuse(s, micro_monday.refusable(s, press.cast.bob)[0], press.clock.now))
    assert press.said(queued) is None


def with_blog(press: Press) -> Press:
    """bob's blog publishes the round-up, in German; eve subscribes to it, to every post."""
    community = replace(press.house.community, micro_monday_blog="bob")
    with press.house.database.read() as session:
        blog = session.scalars(select(Blog).where(Blog.name == "bob")).one()
    press.change(Blog, blog.id, language="de")
    press.reader(cadence="each", blog_id=blog.id)
    return replace(silent_digests(press), house=replace(press.house, community=community))


def posts(press: Press) -> list[Post]:
    with press.house.database.read() as session:
        return list(session.scalars(select(Post).order_by(Post.id)))


def test_the_round_up_is_a_post_and_an_issue_of_the_communitys_blog_once(press: Press) -> None:
    town = with_blog(press)
    recommend(town, "alice", "carol", "She asks @bob *well*")
    recommend(town, "bob", "alice", "Tea")
    town.clock.now = TUESDAY
    occurrence = "micro_monday_round_up"
    for _ in range(3):  # as when others tick, and after a process that died before it said that it was done
        town.tick()
        town.run(lambda s: s.execute(update(Occurrence).where(Occurrence.schedule == occurrence).values(state="due")))
    town.clock.forward(minutes=2)
    town.tick()
    [post] = posts(town)
    assert (post.title, post.status, post.author_id) == (
        "Micro Monday: die Empfehlungen der Woche",
        "published",
        town.cast.bob,
    )
    assert "[Carol](https://example.org/@carol)**, empfohlen von [Alice](https://example.org/@alice)" in post.markdown
    assert post.markdown.index("Carol") < post.markdown.index("Tea")
    assert town.queued("mention") == []  # who is recommended was told already
    [issue] = town.issues()
    assert town.posts_of(issue) == [post.id]
    assert town.recipients() == ["eve@example.net"]
    [done] = [one for one in town.occurrences(occurrence) if one.state == "done"]
    assert done.note == f"2 recommendations. Published as [{post.short_reference}]." or done.attempts > 1


def test_what_is_refused_later_goes_from_the_post_and_the_post_with_the_last_of_it(press: Press) -> None:
    town = with_blog(press)
    recommend(town, "alice", "carol", "Rivers")
    recommend(town, "bob", "alice", "Tea")
    town.clock.now = TUESDAY
    town.tick()
    [post] = posts(town)
    town.change(Post, post.id, markdown=post.markdown + "\n\nSee you on Monday!")  # its owner's own words
    town.change(Member, town.cast.carol, display_name="C.")

    def refuse(session: Session, who: int) -> None:
        for one in micro_monday.refusable(session, who):
            round_up_post.refuse(session, town.house.community, one, town.clock.now)

    town.run(lambda s: refuse(s, town.cast.carol))
    [post] = posts(town)
    assert "Rivers" not in post.markdown + post.html
    assert "Tea" in post.html
    assert "See you on Monday!" in post.html
    town.run(lambda s: refuse(s, town.cast.alice))
    assert [post.status for post in posts(town)] == ["deleted"]


def test_the_post_needs_nobody_who_wants_to_be_asked(press: Press) -> None:
    town = with_blog(press).quiet()
    recommend(town, "alice", "carol")
    town.clock.now = TUESDAY
    town.tick()
    assert len(posts(town)) == 1
    assert town.queued("micro_monday_round_up") == []


def test_a_blog_that_is_not_there_stops_no_round_up(press: Press) -> None:
    town = replace(
        press, house=replace(press.house, community=replace(press.house.community, micro_monday_blog="town"))
    )
    silent_digests(town)
    recommend(town, "alice", "carol")
    town.clock.now = TUESDAY
    town.tick()
    assert len(town.queued("micro_monday_round_up")) == 3
    [done] = town.occurrences("micro_monday_round_up")
    assert done.note == "1 recommendation. There is no blog called town."
