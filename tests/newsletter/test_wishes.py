"""What authors asked for: posts at their time, posts that are in no newsletter."""

from datetime import timedelta

from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.store.models import Blog, Member, Post
from gateway.core.writing import posting
from gateway.core.writing.posting import Terms
from tests.newsletter.conftest import Press


def publish(press: Press, text: str, terms: Terms) -> int:
    def unit(session: Session) -> int:
        alice, blog = session.get_one(Member, press.cast.alice), session.get_one(Blog, press.cast.blog)
        words = posting.write(session, press.house.community, text)
        return acts.publish(session, press.house.community, blog, alice, words, press.house.now(), terms=terms).id

    number: int = press.run(unit)
    return number


def mailed(press: Press) -> list[int]:
    return [post_id for issue in press.issues() for post_id in press.posts_of(issue)]


def test_the_clock_publishes_a_post_at_its_time_and_its_readers_get_it(press: Press) -> None:
    press.quiet().reader(cadence="each")
    press.clock.forward(minutes=1)
    post_id = publish(press, "Later", Terms(at=press.clock.now + timedelta(hours=2)))
    press.clock.forward(hours=1, minutes=59)
    press.tick()
    assert mailed(press) == []
    press.clock.forward(minutes=1)
    press.tick()
    press.tick()
    assert mailed(press) == [post_id]
    [done] = press.occurrences("publish:")
    assert (done.state, done.note.endswith("is published.")) == ("done", True)


def test_a_post_that_was_due_while_nobody_ticked_is_late_and_not_lost(press: Press) -> None:
    press.quiet()
    post_id = publish(press, "Later", Terms(at=press.clock.now + timedelta(hours=2)))
    press.clock.forward(days=40)
    press.tick()
    with press.house.database.read() as session:
        post = session.get_one(Post, post_id)
    assert (post.status, post.published_at) == ("published", press.clock.now)


def test_a_post_that_was_dropped_or_published_before_its_time_is_left_alone(press: Press) -> None:
    press.quiet()
    post_id = publish(press, "Later", Terms(at=press.clock.now + timedelta(hours=2)))
    press.run(lambda s: acts.delete(s, s.get_one(Post, post_id), s.get_one(Member, press.cast.alice), press.clock.now))
    press.clock.forward(hours=3)
    press.tick()
    with press.house.database.read() as session:
        assert session.get_one(Post, post_id).status == "deleted"
    assert [one.state for one in press.occurrences("publish:")] == ["done"]


def test_a_post_kept_from_the_newsletter_a_page_and_a_back_dated_post_are_in_no_issue(press: Press) -> None:
    press.quiet().reader(cadence="each")
    press.reader(address="finn@example.net", cadence="weekly")
    press.clock.forward(minutes=1)
    publish(press, "Not for mail", Terms(newsletter=False))
    publish(press, "About me", Terms(page=True))
    publish(press, "Long ago", Terms(at=press.clock.now - timedelta(days=1)))
    wanted = publish(press, "For all", Terms())
    press.clock.forward(minutes=1)
    press.tick()
    press.clock.forward(days=8)
    press.tick()
    assert set(mailed(press)) == {wanted}
