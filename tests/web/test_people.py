"""People: profiles, following, muting, Micro Monday; and what is deliberately shown nowhere."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.community import micro_monday
from gateway.core.house import House
from gateway.core.people import relations
from gateway.core.store.models import Follow, Member, Report, Shun
from tests.conftest import Cast, Clock
from tests.web.conftest import ALICE, Browser, Publish, Reply, words_of


def follows(house: House, follower: int, followed: int) -> bool:
    with house.database.read() as session:
        return session.get(Follow, (follower, followed)) is not None


async def test_a_profile_shows_who_somebody_is_what_they_write_and_whom_they_follow(
    house: House, browser: Browser, publish: Publish, cast: Cast
) -> None:
    def introduce(session: Session) -> None:
        session.get_one(Member, cast.bob).bio = "Cyclist."

    house.database.writer.run(introduce)
    publish("New tyres", by=cast.bob)
    page = await browser.get("/@bob")
    for word in ("Bob", "@", "Cyclist.", "New tyres", "Bob follows", "Alice"):
        assert word in words_of(page)
    assert 'href="https://bob.example.org/"' in page.text
    assert "h-card" in page.text
    assert (await browser.get("/@BOB")).status_code == 200
    assert (await browser.get("/@nobody")).status_code == 404


async def test_nobody_is_shown_who_follows_somebody(
    house: House, browser: Browser, publish: Publish, cast: Cast
) -> None:
    publish("Hello")
    for member_id in (0, cast.alice, cast.carol):
        if member_id:
            await browser.sign_in(member_id)
        page = await browser.get("/@alice")
        assert "Bob" not in page.text, member_id


async def test_no_page_counts_followers_or_offers_what_is_deliberately_absent(
    browser: Browser, publish: Publish, reply: Reply, cast: Cast
) -> None:
    post = publish("A post with a #hashtag in it", title="With #tags", categories=("walks",))
    reply(post, "And #another", cast.bob)
    reference = post.short_reference
    pages = [
        "/",
        "/discover",
        "/@alice",
        "/@bob",
        "/micro-monday",
        f"/conversations/{reference}",
        f"/conversations/{reference}",
    ]
    blog = ["", str(post.path), "/archive", "/2026/11", "/categories/walks", "/subscribe", "/feed.xml", "/feed.json"]
    signed_in = ["/timeline", "/mentions", "/me", "/me/settings", "/write", *pages]
    for member_id, urls in ((0, [*pages, *(ALICE + path for path in blog)]), (cast.alice, signed_in)):
        if member_id:
            await browser.sign_in(member_id)
        for url in urls:
            page = await browser.get(url)
            assert page.status_code == 200, url
            words = words_of(page).lower()
            for absent in ("follower", "followed by", " likes", "boost", "repost", "retweet", "trending", "popular"):
                assert absent not in words, (url, absent)
            assert not re.search(r"<a\b[^>]*>\s*#", page.text), url
            assert "/tags/" not in page.text


async def test_following_and_unfollowing_by_button(house: House, alice: Browser, cast: Cast) -> None:
    assert ">Follow<" in (await alice.get("/@carol")).text
    answer = await alice.post("/@carol/follow")
    assert answer.headers["location"] == "/@carol?done=followed"
    assert "they are not told" in (await alice.get("/@carol?done=followed")).text
    assert follows(house, cast.alice, cast.carol)
    assert ">Unfollow<" in (await alice.get("/@carol")).text
    await alice.post("/@carol/unfollow")
    assert not follows(house, cast.alice, cast.carol)
    with_oneself = await alice.post("/@alice/follow")
    assert with_oneself.status_code == 400
    assert (await alice.post("/@carol/admire")).status_code == 404


@pytest.mark.parametrize(("verb", "kind"), [("mute", "mute"), ("block", "block")])
async def test_muting_and_blocking_are_silent_and_can_be_ended(
    house: House, alice: Browser, publish: Publish, cast: Cast, verb: str, kind: str
) -> None:
    publish("A post by Bob", by=cast.bob)
    assert "A post by Bob" in (await alice.get("/discover")).text
    await alice.post(f"/@bob/{verb}")
    with house.database.read() as session:
        assert session.get_one(Shun, (cast.alice, cast.bob)).kind == kind
    assert "A post by Bob" not in (await alice.get("/discover")).text
    await alice.get("/@bob")
    await alice.post("/@bob/unmute")
    assert "A post by Bob" in (await alice.get("/discover")).text


async def test_a_block_hides_conversations_from_the_blocked(
    house: House, browser: Browser, publish: Publish, cast: Cast
) -> None:
    post = publish("Not for Bob")
    house.database.writer.run(
        lambda s: relations.shun(s, s.get_one(Member, cast.alice), s.get_one(Member, cast.bob), "block", house.now())
    )
    await browser.sign_in(cast.bob)
    assert (await browser.get(f"/conversations/{post.short_reference}")).status_code == 404
    assert (await browser.post(f"/conversations/{post.short_reference}/reply", text="Hey")).status_code == 404
    assert "Not for Bob" not in (await browser.get("/@alice")).text


async def test_the_front_page_is_the_timeline_for_a_member_and_by_time_for_all(
    browser: Browser, publish: Publish, reply: Reply, cast: Cast, clock: Clock
) -> None:
    old = publish("By Alice")
    clock.forward(minutes=1)
    publish("By Carol", by=cast.carol)
    reply(old, "Bob answers", cast.bob)
    front = await browser.get("/")
    assert front.text.index("By Carol") < front.text.index("By Alice")
    assert "Bob answers" not in front.text
    await browser.sign_in(cast.bob)
    timeline = await browser.get("/")
    assert "By Alice" in timeline.text
    assert "By Carol" not in timeline.text
    await browser.sign_in(cast.alice)
    assert "Bob answers" in (await browser.get("/mentions")).text


async def test_the_timeline_is_paged(browser: Browser, publish: Publish, cast: Cast, clock: Clock) -> None:
    for number in range(22):
        publish(f"Number {number:03}")
        clock.forward(minutes=1)
    await browser.sign_in(cast.bob)
    first = await browser.get("/")
    assert "Number 002" in first.text
    assert "Number 001" not in first.text
    _, _, rest = first.text.partition('rel="next" href="')
    second = await browser.get(rest.partition('"')[0])
    assert "Number 001" in second.text
    assert 'rel="next"' not in second.text


async def test_one_recommendation_a_week_stands_in_the_collection_and_as_a_pin(
    house: House, browser: Browser, cast: Cast
) -> None:
    await browser.sign_in(cast.bob)
    answer = await browser.post("/micro-monday/recommend", handle="@Alice", reason="She writes about type.")
    assert answer.headers["location"] == "/micro-monday?done=recommended"
    week = micro_monday.week_of(house.community, house.now())
    page = await browser.get(f"/micro-monday?week={week}")
    assert "She writes about type." in page.text
    assert "Week of 23 November 2026" in page.text
    assert "Recommended on Micro Monday" in (await browser.get("/@alice")).text
    again = await browser.post("/micro-monday/recommend", handle="carol", reason="Her too.")
    assert again.status_code == 409
    assert "one a week" in again.text
    assert 'value="Her too."' in again.text
    for wrong in ("2026-W60", "x", "9999999999-W1", "-W", "\x00"):
        assert (await browser.client.get("https://example.org/micro-monday", params={"week": wrong})).status_code == 404


async def test_a_closed_members_words_are_gone_from_every_page(
    house: House, browser: Browser, publish: Publish, reply: Reply, cast: Cast
) -> None:
    post = publish("By Alice")
    reply(post, "Bob answers", cast.bob)
    publish("By Bob", by=cast.bob)

    def close(session: Session) -> None:
        session.get_one(Member, cast.bob).status = "closed"

    house.database.writer.run(close)
    for url in ("/", "/discover", f"/conversations/{post.short_reference}", f"{ALICE}{post.path}"):
        text = (await browser.get(url)).text
        assert "By Bob" not in text, url
        assert "Bob answers" not in text, url
    for url in ("/@bob", "https://bob.example.org/", "https://bob.example.org/feed.xml"):
        assert (await browser.get(url)).status_code == 404
    with house.database.read() as session:
        assert session.scalar(select(Member).where(Member.handle == "bob")) is not None


async def test_a_report_is_for_managers_and_shown_to_nobody_else(house: House, browser: Browser, cast: Cast) -> None:
    assert "Report @bob" not in (await browser.get("/@bob")).text
    await browser.sign_in(cast.alice)
    done = await browser.post("/@bob/report", reason="He insults me")
    assert done.headers["location"] == "/@bob?done=reported"
    assert "Only the community's managers" in words_of(await browser.get("/@bob?done=reported"))
    with house.database.read() as session:
        report = session.scalars(select(Report)).one()
        assert (report.reporter_id, report.member_id, report.reason) == (cast.alice, cast.bob, "He insults me")
    await browser.sign_in(cast.bob)
    for path in ("/@bob", "/@alice", "/me"):
        assert "insults" not in (await browser.get(path)).text
    assert (await browser.post("/@bob/report", reason="me")).status_code == 400
