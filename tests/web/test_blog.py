"""A blog's pages: what strangers read."""

import re

from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.house import House
from gateway.core.store.models import Member, Post
from gateway.core.writing import blogs
from tests.conftest import Cast, Clock
from tests.web.conftest import ALICE, COMMUNITY, Browser, Publish, Reply, words_of


async def test_home_shows_posts_newest_first_and_no_replies_or_drafts(
    browser: Browser, publish: Publish, reply: Reply, cast: Cast, clock: Clock
) -> None:
    first = publish("The first post")
    clock.forward(minutes=1)
    publish("The second post", title="Second")
    publish("Not finished", draft=True)
    reply(first, "A reply by Bob", cast.bob)
    page = await browser.get(ALICE)
    assert page.status_code == 200
    assert page.text.index("The second post") < page.text.index("The first post")
    assert "A reply by Bob" not in page.text
    assert "Not finished" not in page.text


async def test_home_is_paged_by_cursor_and_every_post_stands_on_one_page(
    browser: Browser, publish: Publish, clock: Clock
) -> None:
    for number in range(45):
        publish(f"Post number {number:03}")
        clock.forward(seconds=1 if number % 3 else 0)  # some share a moment
    url, seen = ALICE + "/", list[str]()
    for _ in range(3):
        page = await browser.get(url)
        seen += [word for word in words_of(page).split() if word.isdigit() and len(word) == 3]
        _, _, rest = page.text.partition('rel="next" href="')
        url = ALICE + rest.partition('"')[0]
    assert seen == [f"{number:03}" for number in reversed(range(45))]
    assert rest == ""


async def test_a_foreign_cursor_is_refused_readably(browser: Browser, publish: Publish) -> None:
    publish("Hello")
    for cursor in ("zzz", "b2c", "²", "1-", "-1", "9" * 17 + "-1", "'; drop table post", "\0", "x" * 3000):
        for path in (f"{ALICE}/", f"{COMMUNITY}/discover"):
            page = await browser.client.get(path, params={"before": cursor})
            assert page.status_code == 400, (path, cursor)
            assert "Go back to the first page" in page.text


async def test_a_post_page_carries_its_conversation_with_links_to_its_authors(
    browser: Browser, publish: Publish, reply: Reply, cast: Cast
) -> None:
    post = publish("Good morning", title="A morning")
    answer = reply(post, "Good morning to you", cast.bob)
    reply(answer, "And to you both", cast.carol)
    page = await browser.get(f"{ALICE}{post.path}")
    assert post.path == "/2026/11/25/a-morning"
    assert "A morning" in page.text
    assert page.text.index("Good morning to you") < page.text.index("And to you both")
    assert 'href="https://example.org/@bob"' in page.text
    assert "answers Bob" in words_of(page)
    assert f"https://example.org/conversations/{post.short_reference}" in page.text


async def test_links_in_a_reply_earn_nothing_on_somebody_elses_page(
    browser: Browser, publish: Publish, reply: Reply, cast: Cast
) -> None:
    post = publish("[mine](https://mine.example)")
    reply(post, "[theirs](https://theirs.example)", cast.bob)
    page = (await browser.get(f"{ALICE}{post.path}")).text
    assert '<a href="https://theirs.example" rel="nofollow noopener ugc">' in page
    assert '<a href="https://mine.example" rel="noopener">' in page


async def test_a_deleted_post_is_gone_and_an_unknown_one_not_found(
    house: House, browser: Browser, publish: Publish, cast: Cast
) -> None:
    post = publish("Oops", title="Oops")
    house.database.writer.run(
        lambda s: acts.delete(s, s.get_one(Post, post.id), s.get_one(Member, cast.alice), house.now())
    )
    gone = await browser.get(f"{ALICE}{post.path}")
    assert (gone.status_code, "was deleted" in gone.text, "Oops" in words_of(gone)) == (410, True, False)
    assert (await browser.get(f"{ALICE}/2026/11/25/never")).status_code == 404
    assert (await browser.get(f"{ALICE}/")).text.count("h-entry") == 0


async def test_a_post_is_found_on_its_own_blog_only(browser: Browser, publish: Publish) -> None:
    post = publish("Hello", title="Hello")
    assert (await browser.get(f"https://bob.example.org{post.path}")).status_code == 404


async def test_the_archive_lists_months_by_the_blogs_own_calendar(
    house: House, browser: Browser, publish: Publish, clock: Clock, cast: Cast
) -> None:
    def move(session: Session) -> None:
        blogs.by_name(session, "alice").time_zone = "Pacific/Auckland"

    house.database.writer.run(move)
    clock.now = clock.now.replace(year=2025, month=12, day=31, hour=20)
    publish("Already next year", title="Already next year")
    page = await browser.get(f"{ALICE}/archive")
    assert 'href="/2026/01"' in page.text
    assert "1 post " in words_of(page).replace("\n", " ") + " "
    month = await browser.get(f"{ALICE}/2026/01")
    assert "Already next year" in month.text
    for missing in ("/2025/12", "/2026/13", "/2026/1", "/abcd/01", "/0000/00", "/0000/01"):
        assert (await browser.get(ALICE + missing)).status_code == 404, missing


async def test_a_category_page_shows_its_posts_whatever_its_name(browser: Browser, publish: Publish) -> None:
    publish("In it", categories=("Arts & Crafts?",))
    publish("Not in it")
    home = await browser.get(ALICE)
    assert 'href="/categories/Arts%20%26%20Crafts%3F"' in home.text
    page = await browser.get(f"{ALICE}/categories/Arts%20%26%20Crafts%3F")
    assert "In it" in page.text
    assert "Not in it" not in page.text
    assert (await browser.get(f"{ALICE}/categories/none")).status_code == 404


async def test_a_long_post_ends_on_the_front_page_at_its_mark_for_more(browser: Browser, publish: Publish) -> None:
    post = publish("The beginning\n\n<!--more-->\n\nThe rest")
    home = (await browser.get(ALICE)).text
    assert "The beginning" in home
    assert "The rest" not in home
    assert "Read on" in home
    assert "The rest" in (await browser.get(f"{ALICE}{post.path}")).text


async def test_what_members_write_never_runs(
    house: House, browser: Browser, publish: Publish, reply: Reply, cast: Cast
) -> None:
    def rename(session: Session) -> None:
        member = session.get_one(Member, cast.alice)
        member.display_name = member.bio = "<script>alert(1)</script>"
        blog = blogs.by_name(session, "alice")
        blog.title = blog.description = '"><script>alert(2)</script>'

    house.database.writer.run(rename)
    post = publish(
        "<script>alert(3)</script> <img src=x onerror=alert(4)>\n\n[x](javascript:alert(5)) ![y](javascript:alert(5))",
        title="<script>alert(6)</script>",
        categories=('"><script>alert(7)</script>',),
    )
    reply(post, "<svg onload=alert(8)> <a href='javascript:alert(9)'>x</a>", cast.bob)
    pages = [
        f"{ALICE}/", f"{ALICE}{post.path}", f"{ALICE}/archive", f"{ALICE}/2026/11", f"{ALICE}/subscribe", "/", "/discover",
        "/@alice", f"/conversations/{post.short_reference}",
    ]  # fmt: skip
    for url in pages:
        text = (await browser.get(url)).text
        assert "<script" not in text, url
        assert "onerror=" not in text.replace("&lt;img src=x onerror=", ""), url
        assert not re.search(r"""(?:href|src)=["']?\s*javascript:""", text), url
        assert "<svg" not in text, url


async def test_a_host_that_is_no_blog_is_not_found(browser: Browser, cast: Cast) -> None:
    for url in (
        "https://nobody.example.org/",
        "https://a.b.example.org/",
        "https://example.com/",
        "https://r.example.org/",
    ):
        page = await browser.get(url)
        assert page.status_code == 404, url
        assert "<html" in page.text


async def test_pages_carry_microformats_feeds_and_one_language(browser: Browser, publish: Publish) -> None:
    post = publish("Hello", title="Hello")
    for url in (ALICE, f"{ALICE}{post.path}"):
        page = (await browser.get(url)).text
        for mark in ("h-entry", "e-content", "dt-published", "u-url", "p-author h-card", 'lang="en"', "<main"):
            assert mark in page, (url, mark)
        assert 'type="application/rss+xml"' in page
        assert 'type="application/feed+json"' in page
    assert "h-feed" in (await browser.get(ALICE)).text


async def test_a_blog_never_shows_its_secret_address(house: House, browser: Browser, publish: Publish) -> None:
    with house.database.read() as session:
        secret = blogs.secret_address(house.community, blogs.by_name(session, "alice")).split("@")[0].split(".")[1]
    post = publish("Hello")
    for url in ("/", "/archive", "/feed.xml", "/feed.json", "/subscribe", post.path):
        assert secret not in (await browser.get(f"{ALICE}{url}")).text
    for url in ("/", "/@alice", "/discover", f"/conversations/{post.short_reference}"):
        assert secret not in (await browser.get(url)).text
