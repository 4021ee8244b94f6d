"""Feeds: RSS 2.0 and JSON Feed 1.1, read back."""

import xml.etree.ElementTree as ElementTree
from email.utils import parsedate_to_datetime

from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.house import House
from gateway.core.store.models import Member, Post
from gateway.core.writing.posting import write
from tests.conftest import NOON, Cast, Clock
from tests.web.conftest import ALICE, Browser, Publish, Reply


async def test_rss_holds_the_newest_25_posts_and_no_replies(
    browser: Browser, publish: Publish, reply: Reply, cast: Cast, clock: Clock
) -> None:
    for number in range(27):
        post = publish(f"Post {number} & more", title="A <title>" if number == 26 else "", categories=("x & y",))
        clock.forward(minutes=1)
    reply(post, "A reply", cast.bob)
    feed = await browser.get(f"{ALICE}/feed.xml")
    assert (
        feed.headers["content-type"] == "application/rss+xml; charset=utf-8"
        or "rss+xml" in feed.headers["content-type"]
    )
    channel = ElementTree.fromstring(feed.content).find("channel")
    assert channel is not None
    items = channel.findall("item")
    assert len(items) == 25
    assert items[0].findtext("title") == "A <title>"
    assert items[1].find("title") is None
    assert items[0].findtext("link") == items[0].findtext("guid") == f"{ALICE}/2026/11/25/a-title"
    assert items[0].findtext("description") == "<p>Post 26 &amp; more</p>\n"
    assert items[0].findtext("category") == "x & y"
    assert parsedate_to_datetime(items[0].findtext("pubDate") or "") == NOON.replace(minute=26)


async def test_rss_stays_well_formed_whatever_is_posted(browser: Browser, publish: Publish) -> None:
    publish("bell \x07, ]]> and \ufffe and 😀", title="\x0b<&\"'")
    root = ElementTree.fromstring((await browser.get(f"{ALICE}/feed.xml")).content)
    assert "😀" in (root.findtext("channel/item/description") or "")


async def test_json_feed_names_what_its_version_asks_for(browser: Browser, publish: Publish) -> None:
    publish("Hello", title="Title", categories=("a",))
    feed = (await browser.get(f"{ALICE}/feed.json")).json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["title"], feed["home_page_url"], feed["feed_url"]) == ("Alice", ALICE, f"{ALICE}/feed.json")
    assert feed["authors"] == [{"name": "Alice", "url": "https://example.org/@alice"}]
    assert feed["items"] == [
        {
            "id": f"{ALICE}/2026/11/25/title",
            "url": f"{ALICE}/2026/11/25/title",
            "content_html": "<p>Hello</p>\n",
            "date_published": "2026-11-25T12:00:00Z",
            "title": "Title",
            "tags": ["a"],
        }
    ]


async def test_a_reader_who_has_the_feed_gets_304_until_it_changes(
    house: House, browser: Browser, publish: Publish, clock: Clock, cast: Cast
) -> None:
    post = publish("Hello")
    for path in ("/feed.xml", "/feed.json"):
        first = await browser.get(ALICE + path)
        by_tag, by_date = (
            {"If-None-Match": first.headers["etag"]},
            {"If-Modified-Since": first.headers["last-modified"]},
        )
        for known in (by_tag, by_date, {"If-None-Match": f'"other", W/{first.headers["etag"]}'}):
            again = await browser.get(ALICE + path, **known)
            assert (again.status_code, again.content) == (304, b"")
        stale = await browser.get(ALICE + path, **{"If-None-Match": '"other"', **by_date})
        assert stale.status_code == 200  # RFC 9110, 13.1.3: the tag goes before the date
        assert (await browser.get(ALICE + path, **{"If-Modified-Since": "yesterday"})).status_code == 200

    def edit(session: Session) -> None:
        words = write(session, house.community, "Hello again")
        acts.edit(session, session.get_one(Post, post.id), session.get_one(Member, cast.alice), words, house.now())

    clock.forward(minutes=1)
    house.database.writer.run(edit)
    for known in (by_tag, by_date):
        changed = await browser.get(f"{ALICE}/feed.json", **known)
        assert "Hello again" in changed.text
    date = {"If-Modified-Since": changed.headers["last-modified"]}
    clock.forward(minutes=1)
    house.database.writer.run(
        lambda s: acts.delete(s, s.get_one(Post, post.id), s.get_one(Member, cast.alice), house.now())
    )
    assert (await browser.get(f"{ALICE}/feed.json", **date)).json()["items"] == []
