"""When, where and for whom a post is published, as its author asked."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.community.timeline import mentions_page, timeline_page
from gateway.core.desk import acts, intake, phrases
from gateway.core.desk.turns import Spoken
from gateway.core.errors import Conflict
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.messages import InboundMessage, Wishes
from gateway.core.store.models import Blog, Occurrence, Post
from gateway.core.writing import blogs, posting
from tests.conftest import Cast, Clock
from tests.core.hands import deliveries, do, link, member, publish, told


def mail(
    house: House, wishes: Wishes, text: str = "Words", *, title: str = "", by: str = "alice"
) -> tuple[Post, Spoken]:
    """What becomes of a mail with these wishes."""

    def arrive(session: Session) -> None:
        arrival = inbox.Arrival(
            channel="email", unique_key=house.randomness(8).hex(), ordering_key="alice", raw=b"x", raw_size=1
        )
        inbox.store(session, arrival, house.now())

    def read(session: Session) -> inbox.Claim:
        return inbox.claim(session, house.now(), limit=1, lease=timedelta(minutes=1))[0]

    do(house, arrive)
    held = do(house, read)
    address = f"{by}@example.com"
    with house.database.read() as session:
        blog = session.scalars(select(Blog).where(Blog.name == by)).one()
        who = member(session, by).id
        message = InboundMessage(
            "email", address, address, text=text, title=title, wishes=wishes, blog_id=blog.id, member_id=who
        )
        plan = intake.understand(session, house.community, message)
    spoken = do(house, lambda s: intake.apply(s, house.community, held, plan, house.now(), house.randomness))
    with house.database.read() as session:
        return session.get_one(Post, spoken.post_id), spoken


def test_a_post_for_later_is_published_at_its_time_on_the_blogs_clock(house: House, cast: Cast, clock: Clock) -> None:
    do(house, lambda s: blogs.change(s, s.get_one(Blog, cast.blog), member(s, "alice"), time_zone="Asia/Tokyo"))
    link(house, "bob", "42")
    post, spoken = mail(house, Wishes(date="2026-11-26 09:00"), "Hello @carol", title="Tomorrow")
    at = datetime(2026, 11, 26, 0, 0, tzinfo=UTC)
    assert (post.status, post.publish_at, spoken.outcome) == ("draft", at, "answered")
    assert spoken.answer is not None
    assert "Thursday, 26 November 2026, 09:00 (Asia/Tokyo)" in spoken.answer.text
    assert told(house, "post") == told(house, "mention") == set()
    with house.database.read() as session:
        [due] = session.scalars(select(Occurrence).where(Occurrence.schedule == f"publish:{post.id}")).all()
    assert due.due_at == at

    clock.now = at + timedelta(seconds=3)
    assert do(house, lambda s: acts.publish_scheduled(s, house.community, post.id, house.now()))
    with house.database.read() as session:
        out = session.get_one(Post, post.id)
    assert (out.status, out.path, out.publish_at) == ("published", "/2026/11/26/tomorrow", None)
    assert out.published_at == clock.now
    assert (told(house, "post"), told(house, "mention")) == ({("telegram", "42")}, {("email", "carol@example.com")})
    assert do(house, lambda s: acts.publish_scheduled(s, house.community, post.id, house.now())) == ""


def test_a_delay_counts_from_now_and_a_draft_can_be_published_or_dropped_before(
    house: House, cast: Cast, clock: Clock
) -> None:
    first, _ = mail(house, Wishes(delay="2h"))
    second, _ = mail(house, Wishes(delay="1d"))
    assert first.publish_at == clock.now + timedelta(hours=2)
    do(
        house,
        lambda s: acts.publish_draft(s, house.community, s.get_one(Post, first.id), member(s, "alice"), house.now()),
    )
    do(house, lambda s: acts.delete(s, s.get_one(Post, second.id), member(s, "alice"), house.now()))
    clock.forward(days=2)
    for post in (first, second):
        due = partial(acts.publish_scheduled, community=house.community, post_id=post.id, now=house.now())
        assert do(house, due) == ""
    with house.database.read() as session:
        assert session.get_one(Post, first.id).published_at == clock.now - timedelta(days=2)
        assert session.get_one(Post, second.id).status == "deleted"


def test_a_past_date_is_the_date_it_bears_and_nobody_is_told(house: House, cast: Cast) -> None:
    link(house, "bob", "42")
    post, spoken = mail(house, Wishes(date="2020-05-01 10:00"), "Hello @carol", title="Long ago")
    assert (post.status, post.path) == ("published", "/2020/05/01/long-ago")
    assert post.published_at == datetime(2020, 5, 1, 10, tzinfo=UTC)
    assert posting.is_back_dated(post)
    assert told(house, "post") == told(house, "mention") == set()
    assert spoken.answer is not None
    assert phrases.DATED_PUBLIC in spoken.answer.text


def test_undo_takes_back_what_was_published_last_whatever_date_it_bears(house: House, cast: Cast, clock: Clock) -> None:
    first = publish(house, "alice", "First")
    clock.forward(hours=1)
    old, _ = mail(house, Wishes(date="2020-05-01 10:00"))
    taken = do(house, lambda s: acts.undo(s, house.community, member(s, "alice"), house.now())[0].id)
    assert taken == old.id != first.id
    clock.forward(hours=1)
    with pytest.raises(Conflict):
        do(house, lambda s: acts.undo(s, house.community, member(s, "alice"), house.now()))


def test_a_slug_names_the_post_whatever_its_title(house: House, cast: Cast) -> None:
    assert mail(house, Wishes(slug="light"), title="Harbour")[0].path == "/2026/11/25/light"
    assert mail(house, Wishes(slug="light"))[0].path == "/2026/11/25/light-2"


def test_a_draft_keeps_its_wishes_until_it_is_published(house: House, cast: Cast) -> None:
    link(house, "bob", "42")
    post, spoken = mail(house, Wishes(state="draft", slug="light", chats=False, newsletter=False, date="2027-01-01"))
    assert (post.status, post.publish_at) == ("draft", None)
    assert spoken.answer is not None
    assert "date was left out" in spoken.answer.text
    do(
        house,
        lambda s: acts.publish_draft(s, house.community, s.get_one(Post, post.id), member(s, "alice"), house.now()),
    )
    with house.database.read() as session:
        out = session.get_one(Post, post.id)
    assert (out.path, out.newsletter) == ("/2026/11/25/light", False)
    assert told(house, "post") == set()


def test_a_post_kept_from_chats_and_newsletter_still_tells_whom_it_mentions(house: House, cast: Cast) -> None:
    link(house, "bob", "42")
    _, spoken = mail(house, Wishes(newsletter=False, chats=False), "Hello @carol")
    assert told(house, "post") == set()
    assert told(house, "mention") == {("email", "carol@example.com")}
    assert spoken.answer is not None
    assert "not in your newsletter" in spoken.answer.text


def test_a_moment_that_cannot_be_read_makes_a_draft(house: House, cast: Cast) -> None:
    post, spoken = mail(house, Wishes(date="31 February 2027"))
    assert post.status == "draft"
    assert spoken.answer is not None
    assert "no moment that I know" in spoken.answer.text


def test_a_draft_of_a_page_is_published_as_one(house: House, cast: Cast, clock: Clock) -> None:
    draft, _ = mail(house, Wishes(state="draft", page=True), "All about me", title="About me")
    assert (draft.kind, draft.status, draft.path) == ("page", "draft", None)
    clock.forward(days=1)
    page = do(
        house,
        lambda s: posting.publish_draft(s, house.community, s.get_one(Post, draft.id), member(s, "alice"), clock.now),
    )
    assert (page.kind, page.status, page.path) == ("page", "published", "/about-me")


def test_a_page_stands_at_its_own_name_and_in_nobodys_timeline(house: House, cast: Cast) -> None:
    link(house, "bob", "42")
    page, spoken = mail(house, Wishes(page=True), "All about me and @carol", title="About me")
    assert (page.kind, page.status, page.path) == ("page", "published", "/about-me")
    assert mail(house, Wishes(page=True), title="Archive")[0].path == "/archive-page"
    assert mail(house, Wishes(page=True), title="")[0].path == "/page"
    assert mail(house, Wishes(page=True, slug="about-me"))[0].path == "/about-me-2"
    with house.database.read() as session:
        for reader in (cast.alice, cast.bob):
            assert timeline_page(session, house.community, reader).items == ()
        assert mentions_page(session, house.community, cast.carol).items == ()
        assert page.id in [one.id for one in session.get_one(Blog, cast.blog).pages]
    assert [d.kind for d in deliveries(house) if d.kind != "answer"] == []
    assert spoken.answer is not None
    assert phrases.PAGE_PUBLIC in spoken.answer.text
